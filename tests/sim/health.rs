//! The health of a tenant, over the whole client.

use mate::clock::Clock;
use mate::health::{Health, HealthIssue, Verdict};
use mate::provider::{Concern, Diagnosis};
use mate::sim::{Fault, FaultRule, Method, Selector};
use serde_json::json;

use crate::cloud::World;
use crate::drift::{provisioned, spec, tamper, vanish};

async fn health(world: &World) -> Health {
    world.mate.tenant(&spec().id()).health().await.unwrap()
}

fn node(id: &str) -> Selector {
    Selector::Node(id.to_owned())
}

fn kind(name: &str) -> Selector {
    Selector::Kind(name.parse().unwrap())
}

/// The worst reason.
async fn worst(world: &World) -> (Verdict, HealthIssue, String) {
    let health = health(world).await;
    let reason = health.reasons.first().unwrap_or_else(|| panic!("{health}"));
    let node = reason.node.as_ref().map(ToString::to_string).unwrap_or_default();
    (health.verdict, reason.issue, node)
}

#[tokio::test]
async fn a_tenant_that_was_just_made_is_healthy_and_nothing_is_written() {
    let world = provisioned().await;
    let before = world.cloud.call_counts();
    let found = health(&world).await;
    assert!(found.is_healthy() && found.reasons.is_empty(), "{found}");
    assert_eq!(found.at, world.cloud.sim_clock().unix_seconds());
    let after = world.cloud.call_counts();
    for method in [Method::Create, Method::Update, Method::Delete] {
        assert_eq!(before.get(&method), after.get(&method), "{method:?}");
    }
}

#[tokio::test]
async fn what_befalls_it_is_a_reason_and_passes_when_it_is_healed() {
    let world = provisioned().await;
    for (selector, concern, issue, at) in [
        (node("db"), Concern::StorageNearlyFull, HealthIssue::StorageNearlyFull, "db"),
        (node("db"), Concern::PendingMaintenance, HealthIssue::PendingMaintenance, "db"),
        (node("redis"), Concern::PendingMaintenance, HealthIssue::PendingMaintenance, "redis"),
        (node("django-service"), Concern::UnhealthyTargets, HealthIssue::UnhealthyTargets, "django-service"),
        (node("django-service"), Concern::DeploymentStuck, HealthIssue::DeploymentStuck, "django-service"),
    ] {
        world.cloud.report(selector.clone(), Diagnosis::about(concern, "told by the cloud", "do this"));
        assert_eq!(worst(&world).await, (Verdict::Degraded, issue, at.to_owned()));
        world.cloud.heal(&selector);
        assert!(health(&world).await.is_healthy());
    }
    let service = node("django-service");
    world.cloud.fail(service.clone(), "exit code 137: out of memory");
    let found = health(&world).await;
    assert_eq!(found.verdict, Verdict::Unhealthy, "{found}");
    assert!(matches!(found.reasons[0].issue, HealthIssue::TasksMissing { wanted } if wanted > 0), "{found}");
    assert!(found.reasons[0].text.contains("137") && found.reasons[0].next.contains("memory"), "{found}");
    world.cloud.heal(&service);
    assert!(health(&world).await.is_healthy());
    world.cloud.fail(node("db"), "storage-full");
    assert_eq!(worst(&world).await, (Verdict::Unhealthy, HealthIssue::DatabaseNotAvailable, "db".to_owned()));
}

#[tokio::test]
async fn the_certificate_of_the_base_ends_for_its_tenants_too() {
    let world = provisioned().await;
    let certificate = kind("acm:Certificate");
    let now = world.cloud.sim_clock().unix_seconds();
    for (days, wanted) in [(60, Verdict::Healthy), (29, Verdict::Degraded), (-1, Verdict::Unhealthy)] {
        let until = Concern::CertificateExpires(now + days * 86_400 + 60);
        world.cloud.report(certificate.clone(), Diagnosis::about(until, "valid until then", "see why"));
        let found = health(&world).await;
        assert_eq!(found.verdict, wanted, "{found}");
        if let Some(reason) = found.reasons.first() {
            assert_eq!((reason.issue, &reason.node), (HealthIssue::CertificateEnds { days }, &None));
        }
        world.cloud.heal(&certificate);
    }
}

#[tokio::test]
async fn what_somebody_did_behind_its_back_is_a_reason() {
    let world = provisioned().await;
    tamper(&world, "django-service", |inputs| inputs["desired_count"] = json!(0)).await;
    let (verdict, issue, at) = worst(&world).await;
    assert_eq!((verdict, at.as_str()), (Verdict::Unhealthy, "django-service"));
    assert!(matches!(issue, HealthIssue::TasksMissing { .. }), "{issue:?}");

    let world = provisioned().await;
    vanish(&world, "dns-record").await;
    assert_eq!(worst(&world).await, (Verdict::Unhealthy, HealthIssue::Missing, "dns-record".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_asked_is_unknown_and_no_error() {
    let world = provisioned().await;
    world.cloud.inject(FaultRule::new(Fault::Throttle).on(Method::Diagnose).node("db"));
    assert_eq!(worst(&world).await, (Verdict::Unknown, HealthIssue::NotAnswered, "db".to_owned()));
    let nobody = "nobody".parse().unwrap();
    assert!(matches!(world.mate.tenant(&nobody).health().await, Err(mate::Error::NotFound(_))));
}
