//! `logs:LogGroup`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::LogGroupDriver;
