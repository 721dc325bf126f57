//! A public DNS zone (`route53:HostedZone`).

mod actions;
mod driver;
mod live;
#[cfg(test)]
mod tests;

pub(crate) use driver::HostedZoneDriver;
