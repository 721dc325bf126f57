//! The exhaustive matrix: every call of a run, struck by every fault, ends in the cloud of the undisturbed run.
//!
//! A case is one call of one run: of each verb on the complete tenant, and of the creation and the destruction of the complete
//! platform. It fails before its effect, loses its answer, is throttled, takes effect only when its caller has given it up, what
//! it makes stays unseen for a while, or the process dies before or after it and the run is resumed. `./test exhaustive matrix` runs every case, and every other run a tenth of those of each verb, drawn by a seed.

#[path = "matrix/subjects.rs"]
mod subjects;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use mate::SimCloud;
use mate::model::Tags;
use mate::model::ids::{Address, KindName};
use mate::sim::{Fault, FaultRule, Method, crash};
use serde_json::{Value, json};

use self::subjects::{CACHE, Subject};
use crate::figures::{count, tell};
use crate::sample::{again, sample};

const FAULTS: [Fault; 7] = [
    Fault::FailBefore,
    Fault::LoseAnswer,
    Fault::Throttle,
    Fault::KillBefore,
    Fault::KillAfter,
    Fault::LateEffect(Duration::from_secs(20)),
    Fault::Unseen(Duration::from_secs(90)),
];

/// Everything that tells one object from another, and how it is set.
type Object = (KindName, String, String, Tags, String);

fn inventory(cloud: &SimCloud) -> Vec<Object> {
    let mut objects: Vec<Object> = cloud
        .objects()
        .into_iter()
        .map(|object| {
            let inputs = compared(&object.kind, object.inputs).to_string();
            (object.kind, object.name, object.physical_id, object.tags, inputs)
        })
        .collect();
    objects.sort();
    objects
}

/// The inputs apart from what follows from the record's version, which counts the tries too: under which name a snapshot was
/// taken, and which generation a secret has that was rotated.
fn compared(kind: &KindName, mut inputs: Value) -> Value {
    let fields: &[&str] = match kind.as_str() {
        CACHE => &["snapshot_name", "auth_token_secret_version"],
        "rds:DBInstance" => &["master_user_secret_version"],
        "secretsmanager:Secret" => &["generation"],
        _ => &[],
    };
    for field in fields {
        if inputs[field].is_string() || inputs[field].as_u64() > Some(0) {
            inputs[field] = json!("decided by the run");
        }
    }
    for value in inputs["restart_on"].as_array_mut().into_iter().flatten() {
        let secret = value.as_str().and_then(|text| text.rsplit_once(' ')).map(|(secret, _)| secret.to_owned());
        *value = json!(secret);
    }
    inputs
}

/// One call of a run: the `n`-th of its method about its object.
#[derive(Debug, Clone)]
struct Point {
    method: Method,
    address: Option<Address>,
    nth: u64,
}

impl Point {
    fn rule(&self, fault: Fault) -> FaultRule {
        let rule = FaultRule::new(fault).on(self.method).nth(self.nth);
        match &self.address {
            Some(address) => rule.node(address.node.as_str()),
            None => rule,
        }
    }
}

/// Every call of the undisturbed run, and the cloud that it leaves.
async fn undisturbed(subject: Subject) -> (Vec<Point>, Vec<Object>) {
    let world = subject.before(SimCloud::builder()).await;
    let earlier = world.cloud().calls().len();
    subject.run(&world).await.unwrap();
    let mut counts: BTreeMap<(Method, Option<Address>), u64> = BTreeMap::new();
    let mut points = Vec::new();
    for call in world.cloud().calls().into_iter().skip(earlier) {
        // A batch of looks is struck at its first object; each object of it counts.
        let batch = call.method == Method::Observe;
        let address = call.address.filter(|_| !batch);
        let count = counts.entry((call.method, address.clone())).or_default();
        points.push(Point { method: call.method, address, nth: *count + 1 });
        *count += if batch { call.targets as u64 } else { 1 };
    }
    (points, inventory(world.cloud()))
}

/// Runs one case and returns what is wrong at its end; `None` when all is right.
async fn case(subject: Subject, point: &Point, fault: Fault, wanted: &[Object]) -> Option<String> {
    let world = subject.before(SimCloud::builder()).await;
    let earlier = world.cloud().calls().len();
    world.cloud().inject(point.rule(fault));
    let ended = match crash::until_killed(world.cloud(), subject.run(&world)).await {
        Some(ended) => ended,
        None => subject.recover(&world).await,
    };
    if let Err(error) = ended {
        return Some(format!("it failed: {error}"));
    }
    let struck = world.cloud().calls().iter().skip(earlier).filter(|call| call.fault == Some(fault)).count();
    if struck != 1 {
        return Some(format!("the fault struck {struck} times"));
    }
    let found = inventory(world.cloud());
    if found != wanted {
        let more: Vec<_> = found.iter().filter(|object| !wanted.contains(object)).collect();
        let less: Vec<_> = wanted.iter().filter(|object| !found.contains(object)).collect();
        return Some(format!("the cloud differs: more {more:?}, less {less:?}"));
    }
    match world.is_right(subject).await {
        (unclaimed, true) if unclaimed.is_empty() => None,
        (unclaimed, settled) => Some(format!("unclaimed: {unclaimed:?}; next plan empty: {settled}")),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The cases of a run, over all cores.
fn matrix(subject: Subject) {
    let (points, wanted) = runtime().block_on(undisturbed(subject));
    let fits = |(point, fault): &(&Point, Fault)| fault.fits(point.method);
    let all: Vec<(&Point, Fault)> =
        points.iter().flat_map(|point| FAULTS.map(|fault| (point, fault))).filter(fits).collect();
    let many = all.len();
    let cases = sample(format!("{subject:?}"), all);
    let (next, wrong) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let runtime = runtime();
                loop {
                    let Some((point, fault)) = next.lock().unwrap().next() else { return };
                    if let Some(what) = runtime.block_on(case(subject, point, *fault, &wanted)) {
                        wrong.lock().unwrap().push(format!("{fault:?} at {point:?}: {what}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cases, {}:\n{}", wrong.len(), cases.len(), again(), wrong.join("\n"));
    count("matrix", cases.len(), format!("cases of {subject:?}"));
    let calls = |method| points.iter().filter(|point| point.method == method).count();
    tell(format!(
        "{subject:?}: {} of {many} cases, {} faults at each of {} creates, {} updates, {} deletes, {} batches of looks, {} searches",
        cases.len(),
        FAULTS.len(),
        calls(Method::Create),
        calls(Method::Update),
        calls(Method::Delete),
        calls(Method::Observe),
        calls(Method::Discover),
    ));
}

#[test]
fn every_call_of_a_provision_may_fail_in_every_way() {
    matrix(Subject::Provision);
}

#[test]
fn every_call_of_a_change_may_fail_in_every_way() {
    matrix(Subject::Change);
}

#[test]
fn every_call_of_a_deployment_may_fail_in_every_way() {
    matrix(Subject::Deploy);
}

#[test]
fn every_call_of_a_suspension_may_fail_in_every_way() {
    matrix(Subject::Suspend);
}

#[test]
fn every_call_of_a_resumption_may_fail_in_every_way() {
    matrix(Subject::Resume);
}

#[test]
fn every_call_of_a_suspension_that_removes_the_cache_may_fail_in_every_way() {
    matrix(Subject::SuspendWithoutCache);
}

#[test]
fn every_call_of_a_resumption_that_makes_the_cache_anew_may_fail_in_every_way() {
    matrix(Subject::ResumeWithoutCache);
}

#[test]
fn every_call_of_a_rotation_may_fail_in_every_way() {
    matrix(Subject::Rotate);
}

#[test]
fn every_call_of_a_change_of_tier_may_fail_in_every_way() {
    matrix(Subject::ChangeTier);
}

#[test]
fn every_call_of_a_rollback_may_fail_in_every_way() {
    matrix(Subject::Rollback);
}

#[test]
fn every_call_of_a_restart_may_fail_in_every_way() {
    matrix(Subject::Restart);
}

#[test]
fn every_call_of_a_command_may_fail_in_every_way() {
    matrix(Subject::RunCommand);
}

#[test]
fn every_call_of_a_deactivation_may_fail_in_every_way() {
    matrix(Subject::Deactivate);
}

#[test]
fn every_call_of_an_activation_may_fail_in_every_way() {
    matrix(Subject::Activate);
}

#[test]
fn every_call_of_an_emergency_shutdown_may_fail_in_every_way() {
    matrix(Subject::ShutDown);
}

#[test]
fn every_call_of_a_tending_may_fail_in_every_way() {
    matrix(Subject::Tend);
}

#[test]
fn every_call_of_a_deferred_change_may_fail_in_every_way() {
    matrix(Subject::Defer);
}

#[test]
fn every_call_of_a_maintenance_may_fail_in_every_way() {
    matrix(Subject::Maintain);
}

#[test]
fn every_call_of_a_destroy_may_fail_in_every_way() {
    matrix(Subject::Destroy);
}

#[test]
fn every_call_of_a_repair_of_a_part_may_fail_in_every_way() {
    matrix(Subject::Repair);
}

#[test]
fn every_call_of_a_replacement_may_fail_in_every_way() {
    matrix(Subject::Replace);
}

#[test]
fn every_call_of_a_rename_may_fail_in_every_way() {
    matrix(Subject::Rename);
}

#[test]
fn every_call_of_the_creation_of_a_platform_may_fail_in_every_way() {
    matrix(Subject::PlatformProvision);
}

#[test]
fn every_call_of_the_destruction_of_a_platform_may_fail_in_every_way() {
    matrix(Subject::PlatformDestroy);
}
