//! The one conformance suite, run by the AWS provider.

use std::sync::Arc;
use std::time::Duration;

use mate::aws::AwsProviderBuilder;
use mate::model::ids::TenantKey;
use mate::testing::conformance::{self, Setup};

use crate::world::{World, example, unreachable};

/// A whole tenant, as its blueprint makes it.
#[tokio::test(flavor = "multi_thread")]
async fn every_driver_keeps_every_promise() {
    // A thousand calls in a row: on AWS they take as long as its rate limits say.
    let world = World::with(AwsProviderBuilder::without_rate_budget).await;
    let spec = example("medcenter.tfvars");
    let graph = world.mate.design(&spec).unwrap().graph;
    let tenant = TenantKey::new(world.base.environment.clone(), spec.id());
    let setup = Setup::new(tenant, graph)
        .poll(Duration::from_millis(500))
        .patience(Duration::from_secs(60))
        .unreachable(unreachable().await);
    let report = conformance::run(Arc::new(world.provider.clone()), setup).await;
    report.assert_ok();
}
