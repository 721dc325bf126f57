//! Whatever is lost on the way, the tenant ends as the undisturbed run leaves it: with the same objects, none of them twice.

use mate::clock::Clock;
use mate::engine::RunError;
use mate::model::Tags;
use mate::model::ids::KindName;
use mate::sim::Selector;
use mate::sim::crash::{at_await, awaits};
use mate::spec::TenantSpec;
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, SimCloud, StoreError};

use crate::cloud::{World, example, world};

type Inventory = Vec<(KindName, String, Tags)>;

fn spec() -> TenantSpec {
    example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

fn inventory(cloud: &SimCloud) -> Inventory {
    let mut objects: Inventory =
        cloud.objects().into_iter().map(|object| (object.kind, object.name, object.tags)).collect();
    objects.sort();
    objects
}

async fn undisturbed() -> Inventory {
    let world = world();
    world.mate.provision(&spec()).await.unwrap();
    inventory(&world.cloud)
}

async fn assert_right(world: &World, wanted: &Inventory, case: &str) {
    assert_eq!(inventory(&world.cloud), *wanted, "{case}");
    assert!(world.mate.unclaimed().await.unwrap().is_empty(), "{case}");
    assert!(world.mate.plan(&spec()).await.unwrap().is_empty(), "{case}");
}

async fn destroy(mate: &Mate) -> Result<(), Error> {
    let plan = mate.tenant(&spec().id()).plan_destroy(&DestroyOptions::new()).await?;
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.map(drop)
}

/// Goes on after a death, whatever the record knows.
async fn recover(mate: &Mate) {
    match mate.tenant(&spec().id()).resume_run().await {
        Ok(_) => {}
        Err(Error::NotFound(_) | Error::NothingInterrupted(_)) => drop(mate.provision(&spec()).await.unwrap()),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_provision_that_dies_at_any_moment_is_resumed_to_the_same_end() {
    let wanted = undisturbed().await;
    let all = awaits(world().mate.provision(&spec())).await;
    assert!(all > 40, "{all}");
    let mut killed = 0;
    for n in (1..=all).step_by((all / 40).max(1)) {
        let world = world();
        let died = at_await(n, world.mate.provision(&spec())).await.is_none();
        killed += usize::from(died);
        recover(&world.mate).await;
        assert_right(&world, &wanted, &format!("await {n} of {all}")).await;
    }
    assert!(killed >= 39, "{killed}");
}

#[tokio::test]
async fn a_destroy_that_dies_at_any_moment_is_resumed_to_an_empty_cloud() {
    let fresh = async || {
        let world = world();
        world.mate.provision(&spec()).await.unwrap();
        world
    };
    let first = fresh().await;
    let all = awaits(destroy(&first.mate)).await;
    let mut killed = 0;
    for n in (1..=all).step_by((all / 20).max(1)) {
        let world = fresh().await;
        killed += usize::from(at_await(n, destroy(&world.mate)).await.is_none());
        match world.mate.tenant(&spec().id()).resume_run().await {
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(Error::NothingInterrupted(_)) => destroy(&world.mate).await.unwrap(),
            Err(error) => panic!("await {n}: {error}"),
        }
        assert_eq!(inventory(&world.cloud), [], "await {n} of {all}");
        assert!(world.mate.tenants().await.unwrap().is_empty());
    }
    assert!(killed >= 10, "{killed} of {all}");
}

#[tokio::test]
async fn of_two_that_provision_one_tenant_at_once_one_does_and_the_other_is_told_who() {
    let wanted = undisturbed().await;
    let world = world();
    let spec = spec();
    let (one, other) = tokio::join!(world.mate.provision(&spec), world.mate.provision(&spec));
    let (done, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    done.unwrap();
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::Store(StoreError::Held { .. }) | Error::Stale { .. }), "{refused}");
    assert_right(&world, &wanted, "two at once").await;
}

#[tokio::test]
async fn an_owner_whose_lease_was_taken_away_writes_nothing_more_and_the_next_one_ends_it() {
    let wanted = undisturbed().await;
    let world = world();
    let (spec, clock) = (spec(), world.cloud.sim_clock().clone());
    let takes_it = async {
        clock.sleep_until(std::time::Duration::from_secs(45)).await;
        let holder = world.mate.tenant(&spec.id()).lease().await.unwrap().holder.expect("a run is under way");
        let entry = world.mate.tenant(&spec.id()).force_unlock(holder.fence, "ops", "its host is gone").await.unwrap();
        entry.expect("it was held")
    };
    let (result, entry) = tokio::join!(world.mate.provision(&spec), takes_it);
    let Error::Run(error) = result.unwrap_err() else { panic!("the run was stopped") };
    assert!(matches!(*error, RunError::Store { source: StoreError::Fenced { .. }, .. }), "{error}");
    assert_eq!(world.mate.tenant(&spec.id()).lease().await.unwrap().unlocked, [entry]);
    world.mate.tenant(&spec.id()).resume_run().await.unwrap();
    assert_right(&world, &wanted, "after the lost lease").await;
}

#[tokio::test]
async fn a_service_that_keeps_failing_ends_the_run_within_minutes_and_an_unwind_leaves_nothing() {
    let world = world();
    world.cloud.fail(Selector::Node("celery-service".into()), "exit code 137: out of memory");
    let error = world.mate.provision(&spec()).await.unwrap_err();
    assert!(error.to_string().contains("exit code 137"), "{error}");
    assert!(world.cloud.sim_clock().now().as_secs() < 20 * 60, "{:?}", world.cloud.sim_clock().now());
    let status = world.mate.tenant(&spec().id()).status().await.unwrap();
    assert_eq!(status.run, Some(mate::vocab::Goal::Apply));

    let plan = world.mate.tenant(&spec().id()).plan_unwind(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert_eq!(inventory(&world.cloud), []);
    assert!(world.mate.tenants().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unwound_change_brings_the_tenant_back_to_the_spec_that_it_had() {
    let world = world();
    world.mate.provision(&spec()).await.unwrap();
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").unwrap();
    let changed = crate::cloud::tfvars(&text.replace("\"trial\"", "\"standard\""));
    let changed = changed.into_builder().with_deletion_protection(false).build().unwrap();
    let plan = world.mate.plan(&changed).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    let all = awaits(async { drop(world.mate.plan(&changed).await) }).await;
    assert!(at_await(all + 20, world.mate.apply(plan, consents)).await.is_none(), "it dies half-way");
    let plan = world.mate.tenant(&spec().id()).plan_unwind(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.mate.plan(&spec()).await.unwrap().is_empty());
    assert_eq!(world.mate.tenant(&spec().id()).status().await.unwrap().run, None);
}

#[tokio::test]
async fn without_an_interrupted_run_there_is_nothing_to_resume_or_to_unwind() {
    let world = world();
    world.mate.provision(&spec()).await.unwrap();
    let id = spec().id();
    assert!(matches!(world.mate.tenant(&id).resume_run().await, Err(Error::NothingInterrupted(_))));
    assert!(matches!(world.mate.tenant(&id).unwind(&DestroyOptions::new()).await, Err(Error::NothingInterrupted(_))));
}
