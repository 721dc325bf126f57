//! A plan tells everything that its application changes, also where that is in the record alone.

use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Change, Deployment};
use mate::plan::Plan;
use mate::sim::{ChaosStore, Latencies};
use mate::spec::{ImageReference, InstanceClass, ServiceName, TenantSpec};
use mate::state::Records;
use mate::tiers::TierCatalogue;
use mate::vocab::{Command, CommandRun, Consents, MaintenanceWindow};
use mate::{Error, Mate, SimCloud};

use crate::cloud::{World, base, example, on, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

fn sunday() -> MaintenanceWindow {
    "sun:03:00-sun:05:00".parse().unwrap()
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.record_changes.iter().map(|change| change.path.as_str()).collect()
}

/// Applies a plan, and says whether the record was written.
async fn writes(world: &World, plan: Plan) -> bool {
    let key = plan.key.clone();
    let before = world.store.get(&key).await.unwrap().unwrap().version;
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    world.store.get(&key).await.unwrap().unwrap().version > before
}

#[tokio::test]
async fn a_plan_that_sets_a_window_says_so() {
    let world = provisioned().await;
    let plan =
        world.mate.tenant(&clinic().id()).plan_change(Change::SetMaintenanceWindow(Some(sunday()))).await.unwrap();
    assert!(!plan.is_empty(), "{}", plan.headline());
    assert_eq!(paths(&plan), ["window"]);
    assert!(writes(&world, plan).await);
}

#[tokio::test]
async fn a_plan_that_only_defers_says_so() {
    let world = provisioned().await;
    let class = mate::lifecycle::Scale::new().with_instance_class(InstanceClass::new("db.t4g.medium").unwrap());
    let plan = world.mate.tenant(&clinic().id()).plan_deferred(Change::Scale(Box::new(class))).await.unwrap();
    assert!(!plan.is_empty() && paths(&plan).contains(&"deferred"), "{:?}", paths(&plan));
    assert!(writes(&world, plan).await);
}

#[tokio::test]
async fn a_plan_with_another_strategy_or_a_command_says_so() {
    let world = provisioned().await;
    let strategy = DeploymentStrategy::BlueGreen { bake_minutes: 1 };
    let deployment = Deployment::of(ImageReference::new("v1").unwrap()).with_strategy(strategy);
    let plan = world.mate.tenant(&clinic().id()).plan_deploy(&deployment).await.unwrap();
    assert!(paths(&plan).contains(&"strategy"), "{:?}", paths(&plan));
    let command = Command::new(ServiceName::new("django").unwrap(), ["check"]);
    let run: CommandRun = serde_json::from_value(serde_json::json!({"run": "a", "command": command})).unwrap();
    let plan = world.mate.tenant(&clinic().id()).plan_change(Change::RunCommand(run)).await.unwrap();
    assert!(paths(&plan).contains(&"command"), "{:?}", paths(&plan));
}

#[tokio::test]
async fn a_plan_that_is_empty_writes_nothing_and_one_that_writes_is_not_empty() {
    let world = provisioned().await;
    let spec = clinic();
    let stored = serde_json::to_value(&spec).unwrap();
    // The same tenant in other words: a value that is the default, said aloud.
    let same = spec.clone().into_builder().with_deletion_protection(base().enable_deletion_protection).build().unwrap();
    assert_ne!(serde_json::to_value(&same).unwrap(), stored);
    for (what, spec) in [("unchanged", spec), ("said aloud", same)] {
        let plan = world.mate.plan(&spec).await.unwrap();
        let (empty, told) = (plan.is_empty(), plan.headline());
        assert_ne!(writes(&world, plan).await, empty, "{what}: {told}");
    }
}

/// One controller whose store answers late, and another that sets a window meanwhile.
#[tokio::test]
async fn what_another_controller_changes_while_a_verb_is_planned_is_not_undone() {
    let (mut set_meanwhile, mut stale) = (0, 0);
    for seed in 0..40 {
        let world = on(SimCloud::builder().seed(seed).latencies(Latencies::typical().scaled(0.02)).build());
        world.mate.provision(&clinic()).await.unwrap();
        let clock = world.cloud.sim_clock().clone();
        let late =
            ChaosStore::new(world.store.clone(), seed, 0.2).late(clock.clone(), std::time::Duration::from_secs(20));
        let slow = Mate::builder()
            .provider(world.cloud.clone())
            .store(late)
            .catalogue(TierCatalogue::standard())
            .base(base())
            .build()
            .unwrap();
        let id = clinic().id();
        let begin = mate::clock::Clock::now(&clock);
        let other = async {
            mate::clock::Clock::sleep_until(&clock, begin + std::time::Duration::from_secs(2)).await;
            world.mate.tenant(&id).set_maintenance_window(Some(sunday())).await
        };
        let (restarted, set) = tokio::join!(slow.tenant(&id).restart(Vec::new()), other);
        let record = world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
        if set.is_ok() {
            set_meanwhile += 1;
            stale += usize::from(matches!(restarted, Err(Error::Stale { .. })));
            assert_eq!(record.operating.window, Some(sunday()), "seed {seed}: {:?}", restarted.map(|_| ()));
        }
    }
    assert!(stale > 0, "the window was set in {set_meanwhile} of 40 runs, and no plan was stale");
}
