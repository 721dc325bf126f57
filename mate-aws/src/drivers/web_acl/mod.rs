//! `wafv2:WebACL`.

mod actions;
mod driver;
mod rules;
#[cfg(test)]
mod tests;

pub(crate) use driver::WebAclDriver;
