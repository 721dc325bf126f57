//! The runs that the matrix strikes, each in its own world.

use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Change, Deployment};
use mate::model::DriftClass;
use mate::model::ids::NodeId;
use mate::sim::{Latencies, SimCloudBuilder, SimObject};
use mate::spec::{EngineVersion, ImageReference, ServiceName, TenantSpec, Tier};
use mate::state::Records;
use mate::vocab::{Command, Migration, Page, SuspendedCache, Suspension};
use mate::vocab::{Consents, RepairSelection};
use mate::{DestroyOptions, Error, MaintenanceOptions, MemoryStore, SimCloud};
use serde_json::{Value, json};

use crate::{amend, cloud, platform};

pub(super) const CACHE: &str = "elasticache:ReplicationGroup";
/// The content of the cache before the cache is removed.
const HELD: &str = "sessions and queues";

/// A run of which every call is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Provision,
    Change,
    Deploy,
    Suspend,
    Resume,
    SuspendWithoutCache,
    ResumeWithoutCache,
    Rotate,
    ChangeTier,
    Rollback,
    Restart,
    RunCommand,
    Deactivate,
    Activate,
    ShutDown,
    Tend,
    Defer,
    Maintain,
    Destroy,
    Repair,
    Replace,
    Rename,
    PlatformProvision,
    PlatformDestroy,
}

/// A world in which the run is to happen.
pub(super) enum World {
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
    let status = world.mate.tenant(&tenant().id()).status().await.unwrap();
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

/// One that stands beside the old object at first, and one that takes its place.
fn replaced() -> Vec<NodeId> {
    ["ecs-security-group", "celery-service"].map(|node| node.parse().unwrap()).to_vec()
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

fn command() -> Command {
    Command::new(ServiceName::new("django").unwrap(), ["python", "manage.py", "check"])
}

fn options() -> DestroyOptions {
    DestroyOptions::new().without_final_snapshot().empty_bucket()
}

impl Subject {
    /// The world before the run.
    pub(super) async fn before(self, cloud: SimCloudBuilder) -> World {
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
                        drop(world.mate.tenant(&tenant().id()).defer(upgrade, Consents::none()).await.unwrap());
                    }
                    Self::Rollback => {
                        for tag in ["v1", "v2"] {
                            let release = Deployment::of(ImageReference::new(tag).unwrap());
                            drop(world.mate.tenant(&tenant().id()).deploy(&release, Consents::none()).await.unwrap());
                        }
                    }
                    Self::Activate => {
                        drop(world.mate.tenant(&tenant().id()).deactivate(Page::deactivated()).await.unwrap())
                    }
                    // AWS has started the database after seven days.
                    Self::Tend => {
                        drop(world.mate.tenant(&tenant().id()).suspend(Suspension::new()).await.unwrap());
                        world.cloud.sim_clock().advance(std::time::Duration::from_secs(8 * 24 * 60 * 60));
                    }
                    Self::Resume => drop(world.mate.tenant(&tenant().id()).suspend(Suspension::new()).await.unwrap()),
                    Self::ResumeWithoutCache => {
                        drop(world.mate.tenant(&tenant().id()).suspend(removing()).await.unwrap())
                    }
                    Self::Repair => drifted(&world).await,
                    _ => {}
                }
                World::Tenant(world)
            }
        }
    }

    pub(super) async fn run(self, world: &World) -> Result<(), Error> {
        match (self, world) {
            (Self::Provision, World::Tenant(world)) => world.mate.provision(&tenant()).await.map(drop),
            (Self::Change, World::Tenant(world)) => {
                let plan = world.mate.plan(&changed()).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Deploy, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).deploy(&deployment(), Consents::none()).await.map(drop)
            }
            (Self::Suspend, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).suspend(Suspension::new()).await.map(drop)
            }
            (Self::SuspendWithoutCache, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).suspend(removing()).await.map(drop)
            }
            (Self::Resume | Self::ResumeWithoutCache, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).resume().await.map(drop)
            }
            (Self::ChangeTier, World::Tenant(world)) => {
                let plan = world.mate.tenant(&tenant().id()).plan_change(Change::ChangeTier(Tier::standard())).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Rollback, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).rollback(None, Consents::none()).await.map(drop)
            }
            (Self::Restart, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).restart(Vec::new()).await.map(drop)
            }
            (Self::RunCommand, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).run_command(&command()).await.map(drop)
            }
            (Self::Deactivate, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).deactivate(Page::deactivated()).await.map(drop)
            }
            (Self::Activate, World::Tenant(world)) => world.mate.tenant(&tenant().id()).activate().await.map(drop),
            (Self::ShutDown, World::Tenant(world)) => world.mate.tenant(&tenant().id()).shut_down().await.map(drop),
            (Self::Tend, World::Tenant(world)) => world.mate.tenant(&tenant().id()).tend().await.map(drop),
            (Self::Defer, World::Tenant(world)) => {
                let update = Change::Update(Box::new(upgraded()));
                world.mate.tenant(&tenant().id()).defer(update, Consents::none()).await.map(drop)
            }
            (Self::Maintain, World::Tenant(world)) => {
                let options = MaintenanceOptions::new().regardless_of_time();
                world.mate.tenant(&tenant().id()).maintain(&options).await.map(drop)
            }
            (Self::Rotate, World::Tenant(world)) => world.mate.tenant(&tenant().id()).rotate(&[]).await.map(drop),
            (Self::Destroy, World::Tenant(world)) => {
                let plan = world.mate.tenant(&tenant().id()).plan_destroy(&options()).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Repair, World::Tenant(world)) => {
                world.mate.tenant(&tenant().id()).repair(&security(), Consents::none()).await.map(drop)
            }
            (Self::Replace, World::Tenant(world)) => {
                let plan = world.mate.tenant(&tenant().id()).plan_replace(&replaced()).await?;
                let consents = Consents::to_every_step_of(&plan);
                world.mate.apply(plan, consents).await.map(drop)
            }
            (Self::Rename, World::Tenant(world)) => {
                let plan = world.mate.tenant(&tenant().id()).plan_amend(&amend::renames()).await?;
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
    pub(super) async fn recover(self, world: &World) -> Result<(), Error> {
        let resumed = match world {
            World::Tenant(world) => world.mate.tenant(&tenant().id()).resume_run().await.map(drop),
            World::Platform(world) => world.platform.resume_run(&platform::dev()).await.map(drop),
        };
        match resumed {
            Err(Error::NotFound(_)) if matches!(self, Self::Destroy | Self::PlatformDestroy) => Ok(()),
            // It has two runs: the second one retires the token before, and `tend` makes up for it.
            Ok(()) | Err(Error::NothingInterrupted(_)) if self == Self::Rotate => match world {
                World::Tenant(world) if rotated(world).await => {
                    world.mate.tenant(&tenant().id()).tend().await.map(drop)
                }
                world => self.run(world).await,
            },
            // It has run, and only its answer was lost: the log of the tenant tells that it succeeded.
            Err(Error::NothingInterrupted(_)) if self == Self::RunCommand && has_run(world.cloud()) => Ok(()),
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
    pub(super) fn cloud(&self) -> &SimCloud {
        match self {
            Self::Tenant(world) => &world.cloud,
            Self::Platform(world) => &world.cloud,
        }
    }

    /// Returns the objects that carry ownership tags and stand in no record, and true if the next plan has nothing to
    /// do.
    pub(super) async fn is_right(&self, subject: Subject) -> (Vec<String>, bool) {
        let arns = |found: Vec<mate::provider::Discovered>| found.into_iter().map(|object| object.arn).collect();
        match (self, subject) {
            (Self::Tenant(world), Subject::Destroy) => {
                (arns(world.mate.unclaimed().await.unwrap()), world.mate.tenants().await.unwrap().is_empty())
            }
            (Self::Tenant(world), Subject::Repair) => {
                let drift = world.mate.tenant(&tenant().id()).drift().await.unwrap();
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
                    Subject::Maintain | Subject::Defer => upgraded(),
                    Subject::ChangeTier => tenant().into_builder().with_tier(Tier::standard()).build().unwrap(),
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

/// Returns true if a one-off task was started.
fn has_run(cloud: &SimCloud) -> bool {
    cloud.objects().iter().any(|object| object.kind.as_str() == "ecs:Task")
}

/// Returns true if the secrets have other values than at their creation.
async fn rotated(world: &cloud::World) -> bool {
    let record = world.store.get(world.mate.tenant(&tenant().id()).key()).await.unwrap().unwrap();
    !record.operating.secrets.is_empty()
}

/// Returns true if database and cache take the present values of their secrets, and no others.
fn values_are_taken(cloud: &SimCloud) -> bool {
    ["rds:DBInstance", CACHE].into_iter().all(|kind| {
        let object = object(cloud, kind);
        let arn = object.inputs["master_user_secret_arn"].as_str().or(object.inputs["auth_token_secret_arn"].as_str());
        cloud.takes(&object.kind, &object.name, arn.unwrap()) && cloud.credentials(&object.kind, &object.name) == 1
    })
}

/// Returns true if the cache still has its content or, while it is removed, the one snapshot in the record has it.
async fn data_is_kept(world: &cloud::World, subject: Subject) -> bool {
    let record = world.store.get(world.mate.tenant(&tenant().id()).key()).await.unwrap().unwrap();
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
