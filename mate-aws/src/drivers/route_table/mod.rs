//! `ec2:RouteTable`.

mod actions;
mod driver;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use driver::RouteTableDriver;
