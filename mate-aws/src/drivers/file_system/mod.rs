//! `efs:FileSystem`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::FileSystemDriver;
