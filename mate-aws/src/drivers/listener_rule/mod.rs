//! A rule of a listener (`elbv2:ListenerRule`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ListenerRuleDriver;
