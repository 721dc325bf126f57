//! `ec2:FlowLog`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::FlowLogDriver;
