//! `logs:LogGroup`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::LogGroupDriver;
