//! The conformance suite against the simulated cloud, and against clouds that are broken on purpose.

use std::sync::Arc;
use std::time::Duration;

use crate::provider::Provider;
use crate::provider::conformance::{Report, Setup, run, sample_base, sample_graph, sample_tenant, sample_updates};
use crate::sim::{Fault, FaultRule, Faults, SimCloud};

fn setup() -> Setup {
    let base = sample_base();
    let tenant = sample_tenant(&base);
    let graph = sample_graph(&base, &tenant.tenant);
    let dark = SimCloud::builder().faults(Faults::none().with(FaultRule::new(Fault::FailBefore))).build();
    Setup::new(tenant, graph).updates(sample_updates()).unreachable(Arc::new(dark))
}

#[tokio::test]
async fn the_simulated_cloud_keeps_every_promise() {
    let cloud = SimCloud::new(1);
    let report = run(Arc::new(cloud.clone()), setup()).await;
    report.assert_ok();
    assert!(report.skipped.is_empty() && report.passed_count() > 400, "{report}");
    assert!(cloud.objects().is_empty());
}
