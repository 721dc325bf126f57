use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::engine::fixtures::{begun, id, ready, record};
use crate::model::Kinds;
use crate::plan::{Observed, Snapshot};
use crate::provider::{Concern, Diagnosis, Live, Status};
use crate::state::Record;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

/// A tenant with a web service, a worker, a database, a cache, a load balancer, a secret and a certificate, all of them ready.
struct World {
    record: Record,
    snapshot: Snapshot,
    answers: Answers,
    certificate: Option<Result<Vec<Diagnosis>, String>>,
}

fn world() -> World {
    let mut record = record();
    record.run = None;
    let web = json!({"desired_count": 2, "load_balancers": [{"target_group_arn": "tg"}], "autoscaling": null});
    let nodes = [
        ("web", "ecs:Service", web),
        (
            "worker",
            "ecs:Service",
            json!({"desired_count": 3, "load_balancers": [], "autoscaling": {"min": 1, "max": 9}}),
        ),
        ("db", "rds:DBInstance", json!({})),
        ("redis", "elasticache:ReplicationGroup", json!({})),
        ("alb", "elbv2:LoadBalancer", json!({})),
        ("secret", "secretsmanager:Secret", json!({})),
        ("certificate", "acm:Certificate", json!({})),
    ];
    let mut snapshot = Snapshot::new();
    record.nodes = nodes
        .into_iter()
        .map(|(node, kind, inputs)| {
            let mut found = ready(node);
            found.kind = kind.parse().unwrap();
            found.inputs = inputs.clone().into();
            let live = Live {
                physical_id: format!("{node}-id"),
                status: Status::Ready,
                inputs,
                outputs: BTreeMap::new(),
                tags: BTreeMap::new().into(),
            };
            snapshot.insert(id(node), Observed::Present(live));
            (id(node), found)
        })
        .collect();
    World { record, snapshot, answers: Answers::new(), certificate: None }
}

impl World {
    fn live(&mut self, node: &str) -> &mut Live {
        match self.snapshot.get_mut(&id(node)) {
            Some(Observed::Present(live)) => live,
            other => panic!("{other:?}"),
        }
    }

    fn status(mut self, node: &str, status: Status) -> Self {
        self.live(node).status = status;
        self
    }

    fn told(mut self, node: &str, count: u64) -> Self {
        self.live(node).inputs["desired_count"] = json!(count);
        self
    }

    /// Sets the desired value of a field in the record.
    fn wanted(mut self, node: &str, field: &str, value: Value) -> Self {
        self.record.nodes.get_mut(&id(node)).unwrap().inputs[field] = value;
        self
    }

    fn seen(mut self, node: &str, observed: Observed) -> Self {
        self.snapshot.insert(id(node), observed);
        self
    }

    fn answer(mut self, node: &str, found: Diagnosis) -> Self {
        self.answers.insert(id(node), Ok(vec![found]));
        self
    }

    fn health(&self) -> Health {
        assess(HealthRequest {
            kinds: &Kinds::standard(),
            record: &self.record,
            snapshot: &self.snapshot,
            answers: &self.answers,
            certificate: self.certificate.as_ref(),
            now: NOW,
        })
    }

    /// The only reason, and the verdict that follows from it.
    fn only(&self) -> (Verdict, HealthIssue, Option<String>) {
        let health = self.health();
        let [reason] = health.reasons.as_slice() else { panic!("{health}") };
        assert_eq!(health.verdict, reason.verdict, "{health}");
        assert!(!reason.text.is_empty() && !reason.next.is_empty(), "{health}");
        (reason.verdict, reason.issue, reason.node.as_ref().map(ToString::to_string))
    }

    fn is(&self, verdict: Verdict, issue: HealthIssue, node: &str) {
        assert_eq!(self.only(), (verdict, issue, Some(node.to_owned())));
    }
}

fn pending(word: &str) -> Status {
    Status::Pending(word.to_owned())
}

fn failed(word: &str) -> Status {
    Status::Failed(word.to_owned())
}

fn found(finding: &str, terminal: bool) -> Diagnosis {
    Diagnosis { finding: finding.to_owned(), advice: Some("do this".to_owned()), terminal, concern: None }
}

#[test]
fn a_database_that_somebody_stopped_does_not_serve_although_aws_has_nothing_against_it() {
    let mut stopped = world();
    stopped.live("db").inputs["stopped"] = json!(true);
    stopped.is(Verdict::Unhealthy, HealthIssue::DatabaseNotAvailable, "db");
    let resting = stopped.wanted("db", "stopped", json!(true));
    assert!(resting.health().is_healthy(), "{}", resting.health());
}

#[test]
fn a_tenant_of_which_everything_is_ready_is_healthy() {
    let health = world().health();
    assert!(health.is_healthy() && health.reasons.is_empty(), "{health}");
    assert_eq!((health.objects, health.at), (7, NOW));
    assert_eq!(health.to_string(), format!("{}: healthy, 7 objects looked at", health.key));
}

#[test]
fn a_service_without_the_tasks_that_are_wanted() {
    let missing = |wanted| HealthIssue::TasksMissing { wanted };
    world().status("web", pending("1 of 2 tasks running")).is(Verdict::Degraded, missing(2), "web");
    world().status("web", failed("0 of 2 tasks running")).is(Verdict::Unhealthy, missing(2), "web");
    world().status("worker", failed("0 of 3 tasks running")).is(Verdict::Degraded, missing(1), "worker");
    world().told("web", 1).is(Verdict::Degraded, missing(2), "web");
    world().told("web", 0).is(Verdict::Unhealthy, missing(2), "web");
    world().told("worker", 0).is(Verdict::Degraded, missing(1), "worker");
    assert!(world().told("worker", 1).health().is_healthy(), "autoscaling may have as few as one");
    assert!(world().told("web", 5).health().is_healthy());
    let stuck = world().status("web", pending("0 of 2 tasks running")).answer("web", found("exit code 137", true));
    stuck.is(Verdict::Unhealthy, missing(2), "web");
    let reason = &stuck.health().reasons[0];
    assert_eq!((reason.text.as_str(), reason.next.as_str()), ("0 of 2 tasks running; exit code 137", "do this"));
}

#[test]
fn a_tenant_that_is_suspended_on_purpose_is_not_ill() {
    let suspended = || {
        world()
            .wanted("web", "desired_count", json!(0))
            .wanted("worker", "desired_count", json!(0))
            .wanted("db", "stopped", json!(true))
            .told("web", 0)
            .told("worker", 0)
            .status("web", pending("0 of 0 tasks running"))
            .status("db", failed("stopped"))
            .answer("web", Diagnosis::about(Concern::UnhealthyTargets, "Target.NotInUse", "nothing"))
    };
    assert!(suspended().health().is_healthy(), "{}", suspended().health());
    suspended().status("redis", failed("create-failed")).is(
        Verdict::Unhealthy,
        HealthIssue::CacheNotAvailable,
        "redis",
    );
    let full = Diagnosis::about(Concern::StorageNearlyFull, "low storage", "more");
    suspended().answer("db", full).is(Verdict::Degraded, HealthIssue::StorageNearlyFull, "db");
    world().status("db", failed("stopped")).is(Verdict::Unhealthy, HealthIssue::DatabaseNotAvailable, "db");
}

#[test]
fn a_database_a_cache_and_other_objects_that_are_not_ready() {
    world().status("db", pending("modifying")).is(Verdict::Degraded, HealthIssue::DatabaseNotAvailable, "db");
    world().status("db", failed("storage-full")).is(Verdict::Unhealthy, HealthIssue::DatabaseNotAvailable, "db");
    world().status("redis", pending("modifying")).is(Verdict::Degraded, HealthIssue::CacheNotAvailable, "redis");
    world().status("redis", Status::Deleting).is(Verdict::Unhealthy, HealthIssue::CacheNotAvailable, "redis");
    world().status("alb", failed("failed")).is(Verdict::Unhealthy, HealthIssue::NotReady, "alb");
    world().status("secret", failed("lost")).is(Verdict::Degraded, HealthIssue::NotReady, "secret");
}

#[test]
fn what_is_gone_somebody_elses_or_cannot_be_told() {
    world().seen("db", Observed::Absent).is(Verdict::Unhealthy, HealthIssue::Missing, "db");
    world().seen("web", Observed::Absent).is(Verdict::Unhealthy, HealthIssue::Missing, "web");
    world().seen("secret", Observed::Absent).is(Verdict::Degraded, HealthIssue::Missing, "secret");
    world().seen("alb", Observed::Foreign("ours no more".into())).is(Verdict::Degraded, HealthIssue::NotOurs, "alb");
    let unread = world().seen("db", Observed::Unknown("access denied".into()));
    unread.is(Verdict::Unknown, HealthIssue::NotAnswered, "db");
    let mut unasked = world();
    unasked.answers.insert(id("db"), Err("throttled".to_owned()));
    unasked.is(Verdict::Unknown, HealthIssue::NotAnswered, "db");
    // An object that is down outweighs an unknown one, and that outweighs one that only needs attention.
    let mixed = unread.status("web", failed("no tasks")).status("secret", failed("lost")).health();
    let verdicts: Vec<_> = mixed.reasons.iter().map(|reason| reason.verdict).collect();
    assert_eq!(verdicts, [Verdict::Unhealthy, Verdict::Unknown, Verdict::Degraded]);
    assert_eq!(mixed.verdict, Verdict::Unhealthy);
}

#[test]
fn what_the_cloud_says_of_objects_that_are_ready() {
    for (node, concern, issue) in [
        ("db", Concern::StorageNearlyFull, HealthIssue::StorageNearlyFull),
        ("db", Concern::PendingMaintenance, HealthIssue::PendingMaintenance),
        ("web", Concern::UnhealthyTargets, HealthIssue::UnhealthyTargets),
        ("web", Concern::DeploymentStuck, HealthIssue::DeploymentStuck),
    ] {
        let world = world().answer(node, Diagnosis::about(concern, "found", "do this"));
        world.is(Verdict::Degraded, issue, node);
        assert_eq!(world.health().to_string().lines().last(), Some("  next: do this"));
    }
    let event = world().answer("db", found("Backing up DB instance", false));
    assert!(event.health().is_healthy(), "an event of what is ready is no reason: {}", event.health());
}

#[test]
fn a_certificate_that_ends_within_thirty_days() {
    let ends = |at| Diagnosis::about(Concern::CertificateExpires(at), "valid until then", "see to it");
    for (at, wanted) in [
        (NOW + 365 * DAY, None),
        (NOW + 30 * DAY, None),
        (NOW + 30 * DAY - 1, Some((Verdict::Degraded, 29))),
        (NOW + 1, Some((Verdict::Degraded, 0))),
        (NOW, Some((Verdict::Unhealthy, 0))),
        (NOW - DAY, Some((Verdict::Unhealthy, -1))),
    ] {
        let issue = |days| HealthIssue::CertificateEnds { days };
        let own = world().answer("certificate", ends(at));
        let beneath = World { certificate: Some(Ok(vec![ends(at)])), ..world() };
        match wanted {
            None => assert!(own.health().is_healthy() && beneath.health().is_healthy(), "{at}"),
            Some((verdict, days)) => {
                own.is(verdict, issue(days), "certificate");
                assert_eq!(beneath.only(), (verdict, issue(days), None), "{at}");
            }
        }
    }
    let unasked = World { certificate: Some(Err("denied".to_owned())), ..world() };
    assert_eq!(unasked.only(), (Verdict::Unknown, HealthIssue::NotAnswered, None));
}

#[test]
fn a_run_that_has_not_ended_is_a_reason_and_so_is_what_it_has_not_made() {
    let mut interrupted = world();
    interrupted.record = begun(interrupted.record);
    assert_eq!(interrupted.only(), (Verdict::Degraded, HealthIssue::RunUnfinished, None));
    interrupted.record.nodes.get_mut(&id("db")).unwrap().physical_id = None;
    let health = interrupted.seen("db", Observed::Absent).health();
    assert_eq!(health.verdict, Verdict::Unhealthy);
    assert_eq!((health.reasons[0].issue, health.reasons[0].text.as_str()), (HealthIssue::Missing, "it was not made"));
}

#[test]
fn the_cloud_is_asked_about_what_is_not_ready_and_what_may_have_to_be_seen_to() {
    let asked = |world: &World| {
        questions(&Kinds::standard(), &world.record, &world.snapshot)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(asked(&world()), "certificate db redis web worker");
    assert_eq!(asked(&world().status("alb", pending("provisioning"))), "alb certificate db redis web worker");
    assert_eq!(asked(&world().seen("db", Observed::Absent)), "certificate redis web worker");
}

#[test]
fn a_verdict_is_read_back_as_it_was_written() {
    let health = world().told("web", 1).status("db", failed("storage-full")).health();
    let text = serde_json::to_string(&health).unwrap();
    assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
    assert!(text.contains(r#""issue":{"is":"tasks_missing","wanted":2}"#), "{text}");
}
