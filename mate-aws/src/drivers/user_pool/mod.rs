//! `cognito-idp:UserPool`.

mod actions;
mod driver;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use driver::UserPoolDriver;
