//! The endpoints that are not deleted: a deleted one stays listed for a while.

use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::alive::at_once;
use crate::drivers::batch;
use crate::drivers::ec2::FILTER_VALUES;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    at_once(found, FILTER_VALUES, |ids| async move {
        let endpoints = batch::found(&ids, FILTER_VALUES, |ids| async move {
            let answer = aws.ec2.describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send().await;
            Ok(answer.map_err(failed(anchor, "ec2:DescribeVpcEndpoints"))?.vpc_endpoints.unwrap_or_default())
        })
        .await?;
        // EC2 spells the states in lower case, its model does not.
        let deleted = |state: &str| state.eq_ignore_ascii_case("deleted");
        let alive = endpoints.into_iter().filter(|one| !one.state().is_some_and(|state| deleted(state.as_str())));
        Ok(alive.filter_map(|one| one.vpc_endpoint_id).collect())
    })
    .await
}
