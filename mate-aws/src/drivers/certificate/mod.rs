//! A TLS certificate with its DNS validation record (`acm:Certificate`).

mod actions;
mod driver;
mod live;
mod records;
mod regions;
#[cfg(test)]
mod tests;

pub(crate) use driver::CertificateDriver;
