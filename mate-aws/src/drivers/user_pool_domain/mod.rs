//! `cognito-idp:UserPoolDomain`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::UserPoolDomainDriver;
