//! `wafv2:WebACL`.

mod driver;
mod rules;
#[cfg(test)]
mod tests;

pub(crate) use driver::WebAclDriver;
