//! `cognito-idp:UserPool`.

mod driver;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use driver::UserPoolDriver;
