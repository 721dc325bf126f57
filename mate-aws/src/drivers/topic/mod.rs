//! `sns:Topic`.

mod actions;
mod driver;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use driver::TopicDriver;
