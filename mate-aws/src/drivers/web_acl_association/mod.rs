//! `wafv2:WebACLAssociation`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::WebAclAssociationDriver;
