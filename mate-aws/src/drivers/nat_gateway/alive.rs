//! The NAT gateways that are not deleted: a deleted one stays listed for an hour.

use aws_sdk_ec2::types::{Filter, NatGatewayState};
use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::alive::at_once;
use crate::drivers::ec2::FILTER_VALUES;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    at_once(found, FILTER_VALUES, |ids| async move {
        let filter = Filter::builder().name("nat-gateway-id").set_values(Some(ids)).build();
        let mut pages = aws.ec2.describe_nat_gateways().filter(filter).into_paginator().items().send();
        let mut alive = Vec::new();
        while let Some(gateway) = pages.next().await {
            let gateway = gateway.map_err(failed(anchor, "ec2:DescribeNatGateways"))?;
            alive.extend(gateway.nat_gateway_id.filter(|_| gateway.state != Some(NatGatewayState::Deleted)));
        }
        Ok(alive)
    })
    .await
}
