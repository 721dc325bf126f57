//! `wafv2:WebACLAssociation`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::WebAclAssociationDriver;
