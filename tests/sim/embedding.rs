//! An embedding service's own handler, tested with a mock of the verbs, and run against the simulated cloud.

use std::collections::BTreeMap;

use mate::model::ids::TenantId;
use mate::testing::MockTenantLifecycle;
use mate::vocab::{Suspension, TenantPhase, TenantVerb};
use mate::{Applied, Error, TenantLifecycle};

use crate::cloud::{example, world};

/// The handling of an unpaid invoice in the billing of a SaaS company.
async fn unpaid(tenants: &dyn TenantLifecycle, tenant: &TenantId) -> Result<&'static str, Error> {
    match tenants.phase(tenant).await? {
        TenantPhase::Suspended => Ok("suspended already"),
        phase if phase.admits(TenantVerb::Suspend) => {
            tenants.suspend(tenant, Suspension::new()).await?;
            Ok("suspended")
        }
        _ => Ok("asked again tomorrow"),
    }
}

#[tokio::test]
async fn a_handler_is_tested_without_any_cloud() {
    let tenant: TenantId = "clinic".parse().unwrap();
    let mut tenants = MockTenantLifecycle::new();
    tenants.expect_phase().times(1).returning(|_| Ok(TenantPhase::Active));
    tenants.expect_suspend().withf(|tenant, _| tenant.as_str() == "clinic").times(1).returning(|tenant, _| {
        let key = mate::model::ids::TenantKey::new("dev".parse().unwrap(), tenant.clone());
        Ok(Applied::new(key, BTreeMap::new(), 7))
    });
    assert_eq!(unpaid(&tenants, &tenant).await.unwrap(), "suspended");

    let mut busy = MockTenantLifecycle::new();
    busy.expect_phase().returning(|_| Ok(TenantPhase::Updating));
    busy.expect_suspend().never();
    assert_eq!(unpaid(&busy, &tenant).await.unwrap(), "asked again tomorrow");
}

#[tokio::test]
async fn the_same_handler_runs_over_a_cloud() {
    let world = world();
    let spec = example("clinic.tfvars");
    world.mate.provision(&spec).await.unwrap();
    assert_eq!(unpaid(&world.mate, &spec.id()).await.unwrap(), "suspended");
    assert_eq!(unpaid(&world.mate, &spec.id()).await.unwrap(), "suspended already");
}
