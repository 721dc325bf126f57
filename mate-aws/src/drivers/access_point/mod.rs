//! `efs:AccessPoint`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::AccessPointDriver;
