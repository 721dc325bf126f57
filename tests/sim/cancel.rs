//! A cancel that comes before anything was begun.

use mate::engine::RunError;
use mate::sim::Method;
use mate::state::Records;
use mate::vocab::Consents;
use mate::{Applied, DestroyOptions, Error, Operation};

use crate::cloud::{World, example, world};

/// The calls that changed something in the cloud.
fn changes(world: &World) -> usize {
    let writes = [Method::Create, Method::Update, Method::Delete];
    world.cloud.calls().iter().filter(|call| writes.contains(&call.method)).count()
}

async fn cancelled(operation: Operation<Applied>) -> RunError {
    operation.cancel();
    let Err(Error::Run(error)) = operation.await else { panic!("it was cancelled before it was polled") };
    *error
}

#[tokio::test]
async fn a_provision_that_is_cancelled_before_it_begins_makes_nothing_and_records_nothing() {
    let world = world();
    let error = cancelled(world.mate.provision(&example("clinic.tfvars"))).await;
    assert!(matches!(error, RunError::Cancelled { done: 0, .. }), "{error}");
    assert_eq!(changes(&world), 0, "{error}");
    assert!(world.store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_destroy_that_is_cancelled_before_it_begins_leaves_the_tenant_as_it_is() {
    let world = world();
    let spec = example("clinic.tfvars");
    world.mate.provision(&spec).await.unwrap();
    let before = changes(&world);
    let options = DestroyOptions::new().without_final_snapshot().empty_bucket();
    let plan = world.mate.tenant(&spec.id()).plan_destroy(&options).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    let error = cancelled(world.mate.apply(plan, consents)).await;
    assert_eq!(changes(&world), before, "{error}");
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}
