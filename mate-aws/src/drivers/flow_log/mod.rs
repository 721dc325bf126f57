//! `ec2:FlowLog`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::FlowLogDriver;
