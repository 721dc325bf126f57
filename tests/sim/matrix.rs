//! The exhaustive matrix: every call of a run, struck by every fault, ends in the cloud of the undisturbed run.
//!
//! A case is one call of one run: of the creation, of a change, of a deployment, of suspensions and resumptions, of the
//! destruction, of a repair of a part and of a rename of nodes of the complete tenant, and of the creation and the destruction of
//! the complete platform. It fails before its effect, loses its answer, is throttled, or the
//! process dies before or after it and the run is resumed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use mate::graph::Tags;
use mate::ids::{Address, KindName};
use mate::kinds::DriftClass;
use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Change, Deployment, Migration, SuspendedCache, Suspension};
use mate::plan::{Consents, RepairSelection};
use mate::sim::{Fault, FaultRule, Latencies, Method, SimCloudBuilder, SimObject, crash};
use mate::spec::{EngineVersion, ImageReference, ServiceName, TenantSpec};
use mate::{DestroyOptions, Error, MaintenanceOptions, MemoryStore, SimCloud, StateStore};

use serde_json::{Value, json};

use crate::figures::tell;
use crate::{amend, cloud, platform};

const FAULTS: [Fault; 5] = [Fault::FailBefore, Fault::LoseAnswer, Fault::Throttle, Fault::KillBefore, Fault::KillAfter];

const CACHE: &str = "elasticache:ReplicationGroup";
/// What the cache holds before it is removed.
const HELD: &str = "sessions and queues";

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

/// A run of which every call is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Provision,
    Change,
    Deploy,
    Suspend,
    Resume,
    SuspendWithoutCache,
    ResumeWithoutCache,
    Rotate,
    Maintain,
    Destroy,
    Repair,
    Rename,
    PlatformProvision,
    PlatformDestroy,
}

/// A world in which the run is to happen.
enum World {
    Tenant(cloud::World),
    Platform(platform::World),
}

fn tenant() -> TenantSpec {
    cloud::example("medcenter.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

/// Services, database, cache and storage of the tenant, all of them different.
fn changed() -> TenantSpec {
    let text = std::fs::read_to_string("examples/tenants/medcenter.tfvars").unwrap();
    let changes = [
        ("rds_allocated_storage = 100", "rds_allocated_storage = 200"),
        ("django_memory       = 4096", "django_memory       = 8192"),
        ("celery_desired_count = 3", "celery_desired_count = 4"),
        ("max_capacity        = 20", "max_capacity        = 30"),
        ("efs_throughput_mibps = 100", "efs_throughput_mibps = 150"),
        ("cache.r7g.large", "cache.r7g.xlarge"),
        ("department       = \"radiology\"", "department       = \"cardiology\""),
    ];
    let text = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    cloud::tfvars(&text).into_builder().with_deletion_protection(false).build().unwrap()
}

/// Another major version of the database, with a parameter group of its own.
fn upgraded() -> TenantSpec {
    let database = tenant().database().clone().with_engine_version(EngineVersion::new("18").unwrap());
    tenant().into_builder().with_database(database).build().unwrap()
}

/// An open and a missing security group, a role that may do more; a bucket without versions, and a service without tasks.
async fn drifted(world: &cloud::World) {
    let status = world.mate.status(&tenant().id()).await.unwrap();
    let object = |node: &str| status.nodes.iter().find(|found| found.node.as_str() == node).unwrap();
    let tamper = |node: &str, change: fn(&mut Value)| {
        world.cloud.tamper(&object(node).kind, &object(node).name, change).unwrap();
    };
    tamper("ecs-security-group", |inputs| inputs["egress"] = json!([]));
    tamper("task-role", |inputs| {
        inputs["managed_policy_arns"] = json!(["arn:aws:iam::aws:policy/AdministratorAccess"])
    });
    tamper("bucket", |inputs| inputs["versioning"] = json!(false));
    tamper("django-service", |inputs| inputs["desired_count"] = json!(0));
    let lost = object("alb-security-group");
    world.cloud.vanish(&lost.kind, &lost.name).unwrap();
}

fn security() -> RepairSelection {
    RepairSelection::classes([DriftClass::Security])
}

fn removing() -> Suspension {
    Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved)
}

/// The one object of a kind.
fn object(cloud: &SimCloud, kind: &str) -> SimObject {
    cloud.objects().into_iter().find(|object| object.kind.as_str() == kind).unwrap()
}

/// A release with a migration, over two target groups.
fn deployment() -> Deployment {
    let canary = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 1, bake_minutes: 1 };
    let migration = Migration::new(ServiceName::new("django").unwrap(), ["migrate"]);
    Deployment::of(ImageReference::new("v1").unwrap()).with_migration(migration).with_strategy(canary)
}

fn options() -> DestroyOptions {
    DestroyOptions::new().without_final_snapshot().empty_bucket()
}

impl Subject {
    /// The world before the run.
    async fn before(self, cloud: SimCloudBuilder) -> World {
        // Waits are short: the calls are the same, and there are fewer looks in between.
        let cloud = cloud.seed(7).latencies(Latencies::typical().scaled(0.2)).build();
        match self {
            Self::Provision => World::Tenant(cloud::on(cloud)),
            Self::PlatformProvision => World::Platform(platform::on(cloud, MemoryStore::new())),
            Self::PlatformDestroy => {
                let world = platform::on(cloud, MemoryStore::new());
                world.platform.provision(&platform::complete()).await.unwrap();
                World::Platform(world)
            }
            _ => {
                let world = cloud::on(cloud);
                world.mate.provision(&tenant()).await.unwrap();
                let cache = object(&world.cloud, CACHE);
                world.cloud.fill(&cache.kind, &cache.name, HELD).unwrap();
                match self {
                    Self::Maintain => {
                        let upgrade = Change::Update(Box::new(upgraded()));
                        drop(world.mate.defer(&tenant().id(), upgrade, Consents::none()).await.unwrap());
                    }
                    Self::Resume => drop(world.mate.suspend(&tenant().id(), Suspension::new()).await.unwrap()),
                    Self::ResumeWithoutCache => drop(world.mate.suspend(&tenant().id(), removing()).await.unwrap()),
                    Self::Repair => drifted(&world).await,
                    _ => {}
                }
                World::Tenant(world)
            }
        }
    }

    async fn run(self, world: &World) -> Result<(), Error> {
        match (self, world) {
            (Self::Provision, World::Tenant(world)) => world.mate.provision(&tenant()).await.map(drop),
            (Self::Change, World::Tenant(world)) => {
                let plan = world.mate.plan(&changed()).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Deploy, World::Tenant(world)) => {
                world.mate.deploy(&tenant().id(), &deployment(), Consents::none()).await.map(drop)
            }
            (Self::Suspend, World::Tenant(world)) => {
                world.mate.suspend(&tenant().id(), Suspension::new()).await.map(drop)
            }
            (Self::SuspendWithoutCache, World::Tenant(world)) => {
                world.mate.suspend(&tenant().id(), removing()).await.map(drop)
            }
            (Self::Resume | Self::ResumeWithoutCache, World::Tenant(world)) => {
                world.mate.resume(&tenant().id()).await.map(drop)
            }
            (Self::Maintain, World::Tenant(world)) => {
                let options = MaintenanceOptions::new().regardless_of_time();
                world.mate.maintain(&tenant().id(), &options).await.map(drop)
            }
            (Self::Rotate, World::Tenant(world)) => world.mate.rotate(&tenant().id(), &[]).await.map(drop),
            (Self::Destroy, World::Tenant(world)) => {
                let plan = world.mate.plan_destroy(&tenant().id(), &options()).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Repair, World::Tenant(world)) => {
                world.mate.repair(&tenant().id(), &security(), Consents::none()).await.map(drop)
            }
            (Self::Rename, World::Tenant(world)) => {
                let plan = world.mate.plan_amend(&tenant().id(), &amend::renames()).await?;
                world.mate.apply(plan, Consents::none()).await.map(drop)
            }
            (Self::PlatformProvision, World::Platform(world)) => {
                world.platform.provision(&platform::complete()).await.map(drop)
            }
            (Self::PlatformDestroy, World::Platform(world)) => world.destroy().await,
            _ => unreachable!("a run happens in its own world"),
        }
    }

    /// Goes on after a death: what was begun is resumed, what was not even begun is begun.
    async fn recover(self, world: &World) -> Result<(), Error> {
        let resumed = match world {
            World::Tenant(world) => world.mate.resume_run(&tenant().id()).await.map(drop),
            World::Platform(world) => world.platform.resume_run(&platform::dev()).await.map(drop),
        };
        match resumed {
            Err(Error::NotFound(_)) if matches!(self, Self::Destroy | Self::PlatformDestroy) => Ok(()),
            // It has two runs: the second one retires the token before, and `tend` makes up for it.
            Ok(()) | Err(Error::NothingInterrupted(_)) if self == Self::Rotate => match world {
                World::Tenant(world) if rotated(world).await => world.mate.tend(&tenant().id()).await.map(drop),
                world => self.run(world).await,
            },
            // It has three runs, and goes on with the next one.
            Ok(()) if self == Self::Maintain => self.run(world).await,
            Err(Error::NotFound(_) | Error::NothingInterrupted(_)) => self.run(world).await,
            // The record of a platform does not hold its spec.
            Err(Error::NotPossible { .. }) => self.run(world).await,
            other => other,
        }
    }
}

impl World {
    fn cloud(&self) -> &SimCloud {
        match self {
            Self::Tenant(world) => &world.cloud,
            Self::Platform(world) => &world.cloud,
        }
    }

    /// What carries ownership tags and stands in no record, and whether the next plan has nothing to do.
    async fn is_right(&self, subject: Subject) -> (Vec<String>, bool) {
        let arns = |found: Vec<mate::provider::Discovered>| found.into_iter().map(|object| object.arn).collect();
        match (self, subject) {
            (Self::Tenant(world), Subject::Destroy) => {
                (arns(world.mate.unclaimed().await.unwrap()), world.mate.tenants().await.unwrap().is_empty())
            }
            (Self::Tenant(world), Subject::Repair) => {
                let drift = world.mate.drift(&tenant().id()).await.unwrap();
                let left: Vec<_> = drift.changed.iter().map(|node| node.node.as_str()).collect();
                let as_left = left == ["bucket", "django-service"] && drift.lost.is_empty();
                (arns(world.mate.unclaimed().await.unwrap()), as_left && drift.worst() == Some(DriftClass::Data))
            }
            (Self::Tenant(world), Subject::Rename) => {
                let renamed = cloud::with_blueprint(world, amend::Renamed(amend::RENAMES.to_vec()));
                let plan = renamed.plan(&tenant()).await.unwrap();
                (arns(renamed.unclaimed().await.unwrap()), plan.is_empty())
            }
            (Self::Tenant(world), _) => {
                let spec = match subject {
                    Subject::Change => changed(),
                    Subject::Maintain => upgraded(),
                    _ => tenant(),
                };
                let plan = world.mate.plan(&spec).await.unwrap();
                let right = plan.is_empty() && data_is_kept(world, subject).await;
                (arns(world.mate.unclaimed().await.unwrap()), right)
            }
            (Self::Platform(world), Subject::PlatformDestroy) => {
                (arns(world.platform.unclaimed(&platform::dev()).await.unwrap()), true)
            }
            (Self::Platform(world), _) => {
                let plan = world.platform.plan(&platform::complete()).await.unwrap();
                (arns(world.platform.unclaimed(&platform::dev()).await.unwrap()), plan.is_empty())
            }
        }
    }
}

/// Whether the secrets have other values than those that they were made with.
async fn rotated(world: &cloud::World) -> bool {
    let record = world.store.get(&world.mate.key(&tenant().id())).await.unwrap().unwrap();
    !record.operating.secrets.is_empty()
}

/// Whether database and cache take the present values of their secrets, and no others.
fn values_are_taken(cloud: &SimCloud) -> bool {
    ["rds:DBInstance", CACHE].into_iter().all(|kind| {
        let object = object(cloud, kind);
        let arn = object.inputs["master_user_secret_arn"].as_str().or(object.inputs["auth_token_secret_arn"].as_str());
        cloud.takes(&object.kind, &object.name, arn.unwrap()) && cloud.credentials(&object.kind, &object.name) == 1
    })
}

/// Whether what the cache held is in it, or, while it is removed, in the one snapshot that the record names.
async fn data_is_kept(world: &cloud::World, subject: Subject) -> bool {
    let record = world.store.get(&world.mate.key(&tenant().id())).await.unwrap().unwrap();
    let snapshots = world.cloud.snapshots();
    if subject == Subject::SuspendWithoutCache {
        let named: Vec<_> = record.resting.values().map(|resting| resting.snapshot.as_ref()).collect();
        let [snapshot] = &snapshots[..] else { return false };
        return named == [Some(&snapshot.name)] && snapshot.content.as_deref() == Some(HELD);
    }
    let cache = object(&world.cloud, CACHE);
    let known = record.left_snapshots().into_iter().map(|left| left.name);
    let holds = subject == Subject::Provision || world.cloud.content(&cache.kind, &cache.name).as_deref() == Some(HELD);
    holds && values_are_taken(&world.cloud) && known.eq(snapshots.into_iter().map(|snapshot| snapshot.name))
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

/// What is wrong at the end of one case; nothing when all is right.
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

/// All cases of a run, over all cores.
fn matrix(subject: Subject) {
    let (points, wanted) = runtime().block_on(undisturbed(subject));
    let cases: Vec<(&Point, Fault)> = points.iter().flat_map(|point| FAULTS.map(|fault| (point, fault))).collect();
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
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let calls = |method| points.iter().filter(|point| point.method == method).count();
    tell(format!(
        "{subject:?}: {} cases, {} faults at each of {} creates, {} updates, {} deletes, {} batches of looks, {} searches",
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
