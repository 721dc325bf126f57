//! The conformance suite against the simulated cloud, and against clouds that are broken on purpose.

use std::sync::Arc;
use std::time::Duration;

use super::broken::{Break, Broken};
use super::world::kind;
use crate::clock::{Clock, attend_as};
use crate::model::Graph;
use crate::proof::conformance::{
    Check, Exemption, Report, Setup, run, sample_base, sample_graph, sample_tenant, sample_updates,
};
use crate::provider::Provider;
use crate::sim::{Fault, FaultRule, Faults, Latencies, SimCloud};

fn dark() -> SimCloud {
    SimCloud::builder().faults(Faults::none().with(FaultRule::new(Fault::FailBefore))).build()
}

fn setup() -> Setup {
    let base = sample_base();
    let tenant = sample_tenant(&base);
    let graph = sample_graph(&base, &tenant.tenant);
    Setup::new(tenant, graph).updates(sample_updates()).unreachable(Arc::new(dark()))
}

#[tokio::test]
async fn the_simulated_cloud_keeps_every_promise() {
    let cloud = SimCloud::new(1);
    let report = run(Arc::new(cloud.clone()), setup()).await;
    report.assert_ok();
    assert!(report.skipped.is_empty() && report.passed_count() > 400, "{report}");
    assert!(cloud.objects().is_empty());
    assert_eq!(cloud.sim_clock().occupancy(), (0, 0));
}

#[tokio::test]
async fn it_keeps_them_when_calls_fail_and_new_objects_are_not_seen_at_once() {
    let faults = [Fault::FailBefore, Fault::LoseAnswer, Fault::Throttle, Fault::Delay(Duration::from_secs(7))];
    let faults = faults.map(|fault| FaultRule::new(fault).probability(0.08));
    for seed in 0..4 {
        let cloud = SimCloud::builder()
            .seed(seed)
            .latencies(Latencies::typical().jitter(0.3).call(Duration::from_millis(200)))
            .eventual_consistency(Duration::from_secs(20))
            .faults(faults.iter().cloned().fold(Faults::none(), Faults::with))
            .build();
        run(Arc::new(cloud.clone()), setup()).await.assert_ok();
        assert!(cloud.calls().iter().any(|call| call.fault.is_some()));
    }
}

async fn broken(how: Break) -> Report {
    let setup = setup().poll(Duration::from_secs(60)).patience(Duration::from_secs(900));
    let setup = setup.unreachable(Arc::new(Broken::new(dark(), how)));
    run(Arc::new(Broken::new(SimCloud::new(1), how)), setup).await
}

#[tokio::test]
async fn every_broken_promise_is_named() {
    let expected = [
        (Break::CreatesTwice, Check::SameTokenMakesOne),
        (Break::CreatesTwice, Check::NothingLeft),
        (Break::ForgetsATag, Check::CarriesTags),
        (Break::LosesOutputs, Check::HasOutputs),
        (Break::TellsOtherInputs, Check::InputsReadBack),
        (Break::NeedsThePhysicalId, Check::FoundByName),
        (Break::AnswersBackwards, Check::BatchAsSingle),
        (Break::AnswersAbsentOnError, Check::UnknownIsNotAbsent),
        (Break::SeesStrangersAsOurs, Check::ForeignIsTold),
        (Break::AdoptsForeign, Check::ForeignIsNotAdopted),
        (Break::DeletesForeign, Check::ForeignIsNotDeleted),
        (Break::IgnoresUpdates, Check::UpdateIsVisible),
        (Break::IgnoresTagUpdates, Check::TagsAreUpdated),
        (Break::DiscoversHalf, Check::Discovered),
        (Break::FailsOnAbsent, Check::DeleteOfAbsent),
        (Break::OnlySaysDeleted, Check::Deleted),
        (Break::SearchesOnlyTenants, Check::EnvironmentIsSearched),
        (Break::HidesWhatIsNobodys, Check::ClaimIsHonoured),
        (Break::SeesNobodysAsOurs, Check::ClaimIsHonoured),
        (Break::NeverAdopts, Check::IsAdopted),
        (Break::UntagsNothing, Check::UntagIsExact),
        (Break::UntagsTooMuch, Check::UntagIsExact),
        (Break::WritesWhatItReads, Check::ReadOnlyIsNotWritten),
    ];
    for (how, check) in expected {
        let report = broken(how).await;
        assert!(report.names(check), "{how:?} was not named {check}: {report}");
        assert!(!report.is_ok());
    }
}

#[tokio::test]
async fn what_is_broken_is_named_with_node_kind_promise_and_what_was_seen() {
    let report = broken(Break::ForgetsATag).await;
    assert!(report.failures.iter().all(|failure| failure.check == Check::CarriesTags
        || failure.check == Check::TagsAreUpdated
        || failure.check == Check::ForeignIsNotAdopted
        || failure.check == Check::ForeignIsNotDeleted));
    let text = report.to_string();
    let db = "CarriesTags of db (rds:DBInstance): promised the tags that it was given; seen without CostCenter";
    assert!(text.contains(db), "{text}");
}

#[tokio::test]
async fn an_exemption_covers_its_failures_and_is_stale_without_one() {
    let exempt = |kinds: &[&str]| {
        let setup = kinds.iter().fold(setup(), |setup, name| {
            setup.exempt(Exemption::new(kind(name), Check::Discovered, "a known gap of the test"))
        });
        async { run(Arc::new(Broken::new(SimCloud::new(1), Break::DiscoversHalf)), setup).await }
    };
    let gaps = exempt(&[]).await;
    let of: Vec<&str> =
        gaps.failures.iter().filter_map(|failure| failure.kind.as_ref()).map(|kind| kind.as_str()).collect();
    let covered = exempt(&of).await;
    covered.assert_ok();
    assert_eq!(covered.exempted.len(), gaps.failures.len());

    let setup = setup().exempt(Exemption::new(kind("iam:Role"), Check::Create, "no gap at all"));
    let stale = run(Arc::new(SimCloud::new(1)), setup).await;
    assert!(stale.failures.is_empty() && !stale.is_ok());
    assert!(stale.to_string().contains("stale exemption: Create of iam:Role (no gap at all)"));
}

#[tokio::test]
async fn what_stands_behind_a_failed_creation_is_skipped_and_the_rest_goes_on() {
    let rule = FaultRule::new(Fault::StuckCreate).node("file-system");
    let cloud = SimCloud::builder().faults(Faults::none().with(rule)).build();
    let report = run(Arc::new(cloud.clone()), setup().patience(Duration::from_secs(900))).await;
    assert!(report.names(Check::BecomesReady));
    let skipped: Vec<&str> = report.skipped.iter().map(|node| node.as_str()).collect();
    assert!(skipped.contains(&"mount-target-1") && skipped.contains(&"service"), "{skipped:?}");
    assert!(!skipped.contains(&"db"), "{skipped:?}");
    assert!(cloud.objects().is_empty(), "{:?}", cloud.objects());
}

#[tokio::test]
async fn a_graph_that_cannot_be_ordered_is_a_failure() {
    let mut graph = Graph::new();
    let base = sample_base();
    let tenant = sample_tenant(&base);
    let mut node = sample_graph(&base, &tenant.tenant).get(&"alb-group".parse().unwrap()).unwrap().clone();
    node.inputs["vpc_id"] = serde_json::json!({"$node": "nowhere", "$output": "id"});
    graph.insert(node).unwrap();
    let cloud: Arc<dyn Provider> = Arc::new(SimCloud::new(1));
    assert!(run(cloud, Setup::new(tenant, graph)).await.names(Check::Create));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tenants_at_once_take_no_more_virtual_time_than_one() {
    let base = sample_base();
    let of = |tenant: String| {
        let tenant = crate::model::ids::TenantKey::new(base.environment.clone(), tenant.parse().unwrap());
        Setup::new(tenant.clone(), sample_graph(&base, &tenant.tenant)).updates(sample_updates())
    };
    // Calls take no time: else their number counts, and the names of the tenants.
    let cloud = || SimCloud::builder().seed(1).latencies(Latencies::typical().call(Duration::ZERO)).build();
    let alone = cloud();
    run(Arc::new(alone.clone()), of("one".into())).await.assert_ok();

    let cloud = cloud();
    // The suite enters when it is first polled; until then its place is held.
    let entered: Vec<_> = (0..12).map(|index| (index, cloud.sim_clock().enter().unwrap())).collect();
    let start = |(index, presence)| {
        let (cloud, setup) = (cloud.clone(), of(format!("tenant-{index}")));
        tokio::spawn(async move { attend_as(presence, run(Arc::new(cloud), setup)).await.assert_ok() })
    };
    let runs: Vec<_> = entered.into_iter().map(start).collect();
    for run in runs {
        run.await.unwrap();
    }
    assert_eq!(cloud.sim_clock().now(), alone.sim_clock().now());
    assert!(cloud.objects().is_empty());
}
