//! Any order of verbs, under any faults: a tenant is only ever in a phase that the table knows, what the phase does not admit is
//! refused and changes nothing, its data stays, and once everything works again nothing is left to do.

use mate::state::Records;
use std::sync::Mutex;

use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Change, Deployment, Scale, ServiceScale};
use mate::plan::Risk;
use mate::sim::{Fault, FaultRule, Faults, Method, crash};
use mate::spec::{ImageReference, ServiceName, TaskCount, TenantSpec, Tier};
use mate::vocab::Consents;
use mate::vocab::{Command, Page, SuspendedCache, Suspension, TenantPhase, TenantVerb};
use mate::{DestroyOptions, Error, MaintenanceOptions};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::cloud::{World, example, world};
use crate::figures::tell;

const CACHE: &str = "mate-clinic-dev-redis";
const HELD: &str = "sessions and queues";

#[derive(Debug, Clone)]
enum Step {
    Scale(u32),
    Tier(&'static str),
    Deploy(&'static str),
    Canary(&'static str),
    Rollback,
    RunCommand,
    Defer(&'static str),
    Maintain,
    Restart,
    Suspend(SuspendedCache),
    Resume,
    Deactivate,
    Activate,
    ShutDown,
    Tend,
    ResumeRun,
    Unwind,
}

/// The trouble during a step.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Nothing,
    Noise,
    Death(Fault, Method, u64),
}

impl Step {
    fn verb(&self) -> TenantVerb {
        match self {
            Self::Scale(_) => TenantVerb::Scale,
            Self::Tier(_) => TenantVerb::ChangeTier,
            Self::Deploy(_) | Self::Canary(_) => TenantVerb::Deploy,
            Self::RunCommand => TenantVerb::RunCommand,
            Self::Defer(_) => TenantVerb::ChangeTier,
            Self::Maintain => TenantVerb::Maintain,
            Self::Rollback => TenantVerb::Rollback,
            Self::Restart => TenantVerb::Restart,
            Self::Suspend(_) => TenantVerb::Suspend,
            Self::Resume => TenantVerb::Resume,
            Self::Deactivate => TenantVerb::Deactivate,
            Self::Activate => TenantVerb::Activate,
            Self::ShutDown => TenantVerb::ShutDown,
            Self::Tend => TenantVerb::Tend,
            Self::ResumeRun => TenantVerb::ResumeRun,
            Self::Unwind => TenantVerb::Unwind,
        }
    }

    /// The phase of the tenant after the step, if it does not depend on the phase before.
    fn leads_to(&self) -> Option<TenantPhase> {
        match self {
            Self::Suspend(_) | Self::ShutDown => Some(TenantPhase::Suspended),
            Self::Resume | Self::Activate => Some(TenantPhase::Active),
            Self::Deactivate => Some(TenantPhase::Deactivated),
            _ => None,
        }
    }

    async fn run(&self, world: &World, spec: &TenantSpec) -> Result<(), Error> {
        let (mate, id) = (&world.mate, spec.id());
        let tag = |tag: &str| Deployment::of(ImageReference::new(tag).unwrap());
        match self {
            Self::Scale(count) => {
                let count = ServiceScale::count(TaskCount::new(*count).unwrap());
                let scale = Scale::new().with_service(ServiceName::new("django").unwrap(), count);
                consented(world, &id, Change::Scale(Box::new(scale))).await
            }
            Self::Tier(tier) => consented(world, &id, Change::ChangeTier(Tier::new(*tier).unwrap())).await,
            Self::Deploy(name) => mate.tenant(&id).deploy(&tag(name), Consents::none()).await.map(drop),
            Self::Canary(name) => {
                let canary = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 2, bake_minutes: 1 };
                mate.tenant(&id).deploy(&tag(name).with_strategy(canary), Consents::none()).await.map(drop)
            }
            Self::RunCommand => {
                let check = Command::new(ServiceName::new("django").unwrap(), ["manage.py", "check"]);
                mate.tenant(&id).run_command(&check).await.map(drop)
            }
            Self::Defer(tier) => {
                let change = Change::ChangeTier(Tier::new(*tier).unwrap());
                mate.tenant(&id).defer(change, Consents::none()).await.map(drop)
            }
            Self::Maintain => {
                mate.tenant(&id).maintain(&MaintenanceOptions::new().regardless_of_time()).await.map(drop)
            }
            Self::Rollback => mate.tenant(&id).rollback(None, Consents::none()).await.map(drop),
            Self::Restart => mate.tenant(&id).restart(Vec::new()).await.map(drop),
            Self::Suspend(cache) => mate.tenant(&id).suspend(Suspension::new().with_cache(*cache)).await.map(drop),
            Self::Resume => mate.tenant(&id).resume().await.map(drop),
            Self::Deactivate => mate.tenant(&id).deactivate(Page::deactivated()).await.map(drop),
            Self::Activate => mate.tenant(&id).activate().await.map(drop),
            Self::ShutDown => mate.tenant(&id).shut_down().await.map(drop),
            Self::Tend => mate.tenant(&id).tend().await.map(drop),
            Self::ResumeRun => mate.tenant(&id).resume_run().await.map(drop),
            Self::Unwind => unwind(world, &id).await,
        }
    }
}

async fn consented(world: &World, id: &mate::model::ids::TenantId, change: Change) -> Result<(), Error> {
    let plan = world.mate.tenant(id).plan_change(change).await?;
    assert!(plan.steps.iter().all(|step| !matches!(step.risk, Risk::DataLoss(_))), "no verb loses data: {plan:?}");
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.map(drop)
}

async fn unwind(world: &World, id: &mate::model::ids::TenantId) -> Result<(), Error> {
    let plan = world.mate.tenant(id).plan_unwind(&DestroyOptions::new()).await?;
    assert!(plan.steps.iter().all(|step| !matches!(step.risk, Risk::DataLoss(_))), "nor does the way back: {plan:?}");
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.map(drop)
}

fn steps() -> impl Strategy<Value = Vec<(Step, Trouble)>> {
    let step = prop_oneof![
        (1_u32..5).prop_map(Step::Scale),
        prop_oneof![Just("trial"), Just("standard"), Just("enterprise")].prop_map(Step::Tier),
        prop_oneof![Just("v1"), Just("v2"), Just("bad")].prop_map(Step::Deploy),
        prop_oneof![Just("v3"), Just("bad")].prop_map(Step::Canary),
        Just(Step::RunCommand),
        prop_oneof![Just("standard"), Just("enterprise")].prop_map(Step::Defer),
        Just(Step::Maintain),
        Just(Step::Rollback),
        Just(Step::Restart),
        prop_oneof![Just(SuspendedCache::Kept), Just(SuspendedCache::SnapshottedAndRemoved)].prop_map(Step::Suspend),
        Just(Step::Resume),
        Just(Step::Deactivate),
        Just(Step::Activate),
        Just(Step::ShutDown),
        Just(Step::Tend),
        Just(Step::ResumeRun),
        Just(Step::Unwind),
    ];
    let method = prop_oneof![Just(Method::Update), Just(Method::Create), Just(Method::Delete)];
    let death = prop_oneof![Just(Fault::KillBefore), Just(Fault::KillAfter)];
    let trouble = prop_oneof![
        2 => Just(Trouble::Nothing),
        1 => Just(Trouble::Noise),
        2 => (death, method, 1_u64..4).prop_map(|(fault, method, nth)| Trouble::Death(fault, method, nth)),
    ];
    prop::collection::vec((step, trouble), 3..9)
}

/// The numbers of steps of all lives, by their end.
#[derive(Debug, Default)]
struct Tally {
    done: usize,
    refused: usize,
    failed: usize,
    died: usize,
}

impl Tally {
    fn count(&mut self, ended: &Option<Result<(), Error>>) {
        *match ended {
            Some(Ok(())) => &mut self.done,
            Some(Err(Error::IllegalTransition { .. })) => &mut self.refused,
            Some(Err(_)) => &mut self.failed,
            None => &mut self.died,
        } += 1;
    }
}

/// The objects that may never be lost, with their identity.
fn data(world: &World) -> Vec<(String, String)> {
    let kinds = ["rds:DBInstance", "s3:Bucket", "efs:FileSystem", "secretsmanager:Secret"];
    let objects = world.cloud.objects().into_iter().filter(|object| kinds.contains(&object.kind.as_str()));
    objects.map(|object| (object.kind.to_string(), object.physical_id)).collect()
}

/// The content of the cache, or of the snapshot that it left.
async fn held(world: &World, spec: &TenantSpec) -> Option<String> {
    let kind = "elasticache:ReplicationGroup".parse().unwrap();
    let record = world.store.get(world.mate.tenant(&spec.id()).key()).await.unwrap().unwrap();
    let Some(snapshot) = record.resting.values().next().and_then(|resting| resting.snapshot.clone()) else {
        return world.cloud.content(&kind, CACHE);
    };
    world.cloud.snapshots().into_iter().find(|taken| taken.name == snapshot)?.content
}

async fn live(steps: Vec<(Step, Trouble)>, tally: &Mutex<Tally>) {
    let (world, spec) = (world(), example("clinic.tfvars"));
    let (mate, id) = (&world.mate, spec.id());
    mate.provision(&spec).await.unwrap();
    let bad = mate.tenant(&id).plan_deploy(&Deployment::of(ImageReference::new("bad").unwrap())).await.unwrap();
    world.cloud.break_image(&bad.after.operating.release.unwrap().images["django"], "exit code 137, out of memory");
    let kept = data(&world);
    world.cloud.fill(&"elasticache:ReplicationGroup".parse().unwrap(), CACHE, HELD).unwrap();

    for (step, trouble) in steps {
        let before = mate.tenant(&id).phase().await.unwrap();
        match trouble {
            Trouble::Nothing => {}
            Trouble::Noise => world.cloud.set_faults(Faults::random(0.03)),
            Trouble::Death(fault, method, nth) => world.cloud.inject(FaultRule::new(fault).on(method).nth(nth)),
        }
        let calls = world.cloud.calls().len();
        let ended = crash::until_killed(&world.cloud, step.run(&world, &spec)).await;
        world.cloud.set_faults(Faults::none());
        let after = mate.tenant(&id).phase().await.unwrap();
        let what = format!("{step:?} with {trouble:?} in phase {before} led to {after}: {ended:?}");
        tally.lock().unwrap().count(&ended);
        match &ended {
            Some(Err(Error::IllegalTransition { phase, verb, .. })) => {
                assert!(!before.admits(step.verb()), "the table admits it: {what}");
                assert_eq!((*phase, *verb), (before, step.verb()), "{what}");
                assert_eq!(
                    (world.cloud.calls().len(), after),
                    (calls, before),
                    "nothing is asked and nothing changes: {what}"
                );
            }
            Some(Ok(())) => {
                assert!(before.admits(step.verb()), "{what}");
                assert!(step.leads_to().is_none_or(|phase| phase == after), "{what}");
            }
            Some(Err(_)) | None => {}
        }
        let possible = [
            TenantPhase::Active,
            TenantPhase::Updating,
            TenantPhase::Suspended,
            TenantPhase::Deactivated,
            TenantPhase::Maintained,
        ];
        assert!(possible.contains(&after), "{what}");
        assert_eq!(data(&world), kept, "{what}");
    }
    heal(&world, &spec).await;
    assert_eq!(data(&world), kept);
    assert_eq!(held(&world, &spec).await.as_deref(), Some(HELD));
    let record = world.store.get(mate.tenant(&id).key()).await.unwrap().unwrap();
    let wanted: TenantSpec = serde_json::from_value(record.spec.clone().unwrap()).unwrap();
    let plan = mate.plan(&wanted).await.unwrap();
    assert!(plan.is_empty(), "{:?} {:?}", record.operating, plan.record_changes);
    assert!(mate.unclaimed().await.unwrap().is_empty());
}

/// Nothing fails any more: what was interrupted is brought to its end, or back where its end cannot be reached.
async fn heal(world: &World, spec: &TenantSpec) {
    let id = spec.id();
    let updating = async || world.mate.tenant(&id).phase().await.unwrap() == TenantPhase::Updating;
    if updating().await && world.mate.tenant(&id).resume_run().await.is_err() && updating().await {
        unwind(world, &id).await.unwrap();
    }
    world.mate.tenant(&id).tend().await.unwrap();
}

#[test]
fn any_order_of_verbs_under_any_faults_leaves_a_tenant_whole() {
    let tally = Mutex::new(Tally::default());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ran = runner.run(&steps(), |steps| {
        runtime.block_on(live(steps, &tally));
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let tally = tally.into_inner().unwrap();
    tell(format!("16 lives: {tally:?}"));
    assert!(tally.done > 0 && tally.refused > 0 && tally.died > 0 && tally.failed > 0, "{tally:?}");
}
