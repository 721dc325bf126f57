//! `cognito-idp:IdentityProvider`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::IdentityProviderDriver;
