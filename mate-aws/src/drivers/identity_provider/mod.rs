//! `cognito-idp:IdentityProvider`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::IdentityProviderDriver;
