//! Rotation of secrets on the simulated cloud: new values, who takes them, and the way back.

use mate::model::ids::{KindName, NodeId};
use mate::sim::{Fault, FaultRule, Method, Selector, crash};
use mate::spec::TenantSpec;
use mate::state::Records;
use mate::{Applied, Error, Operation};

use crate::cloud::{World, example, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

fn arn(world: &World, name: &str) -> String {
    world.cloud.object(&"secretsmanager:Secret".parse().unwrap(), name).unwrap().physical_id
}

const SECRETS: [&str; 3] =
    ["mate-clinic-dev-database-credentials", "mate-clinic-dev-redis-auth", "mate-clinic-dev-django-secret-key"];

fn values(world: &World) -> Vec<String> {
    SECRETS.map(|name| world.cloud.secret_value(&arn(world, name)).unwrap()).to_vec()
}

/// Returns true for the database and for the cache if it takes the present value, and the number of the cache's tokens.
fn taken(world: &World) -> (bool, bool, usize) {
    let (db, redis): (KindName, KindName) =
        ("rds:DBInstance".parse().unwrap(), "elasticache:ReplicationGroup".parse().unwrap());
    let cloud = &world.cloud;
    let cache = cloud.objects().into_iter().find(|object| object.kind == redis).unwrap().name;
    (
        cloud.takes(&db, "mate-clinic-dev-db", &arn(world, SECRETS[0])),
        cloud.takes(&redis, &cache, &arn(world, SECRETS[1])),
        cloud.credentials(&redis, &cache),
    )
}

#[tokio::test]
async fn every_secret_gets_a_new_value_that_its_consumers_take_and_no_other() {
    let world = provisioned().await;
    let before = values(&world);
    world.mate.tenant(&clinic().id()).rotate(&[]).await.unwrap();
    let after = values(&world);
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "each is new");
    assert_eq!(taken(&world), (true, true, 1), "the token before is retired");
    let restarted = |name: &str| {
        let service = world.cloud.object(&"ecs:Service".parse().unwrap(), name).unwrap();
        service.inputs["restart_on"].as_array().unwrap().len()
    };
    for service in ["mate-clinic-dev-django", "mate-clinic-dev-celery", "mate-clinic-dev-beat"] {
        assert_eq!(restarted(service), 3, "{service} reads all three anew");
    }
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
    world.mate.tenant(&clinic().id()).rotate(&[]).await.unwrap();
    assert!(values(&world).iter().zip(&after).all(|(now, then)| now != then), "and again");
}

#[tokio::test]
async fn one_secret_alone_is_rotated() {
    let world = provisioned().await;
    let before = values(&world);
    let django: NodeId = "django-secret-key".parse().unwrap();
    world.mate.tenant(&clinic().id()).rotate(&[django]).await.unwrap();
    let after = values(&world);
    assert_eq!((&before[..2], before[2] == after[2]), (&after[..2], false));
    let unknown: NodeId = "django-secret".parse().unwrap();
    let error = world.mate.tenant(&clinic().id()).rotate(&[unknown]).await.unwrap_err();
    assert!(error.to_string().contains("did you mean `django-secret-key`?"), "{error}");
}

/// Runs a rotation that celery does not survive, until it comes up with the old values again.
async fn without_celery(world: &World, operation: Operation<Applied>) -> Error {
    let celery = Selector::Node("celery-service".to_owned());
    world.cloud.fail(celery.clone(), "exit code 1: password authentication failed");
    let mut events = operation.events();
    let healed = async {
        while let Some(event) = events.next().await {
            if matches!(event.kind, mate::engine::EventKind::RunFinished) {
                world.cloud.heal(&celery);
            }
        }
    };
    let (rotated, ()) = tokio::join!(operation, healed);
    rotated.unwrap_err()
}

#[tokio::test]
async fn a_consumer_that_does_not_come_up_puts_every_value_back() {
    let world = provisioned().await;
    let before = values(&world);
    let error = without_celery(&world, world.mate.tenant(&clinic().id()).rotate(&[])).await;
    assert!(matches!(error, Error::PutBack { .. }), "{error}");
    assert!(error.to_string().contains("password authentication failed"), "{error}");
    assert_eq!(values(&world), before);
    assert_eq!(taken(&world), (true, true, 1));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

/// A rotation whose process dies when the cache takes its new token.
async fn interrupted(world: &World) {
    world.cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Update).node("redis").nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.tenant(&clinic().id()).rotate(&[])).await.is_none());
}

#[tokio::test]
async fn a_rotation_that_is_resumed_and_fails_puts_every_value_back_too() {
    let world = provisioned().await;
    let before = values(&world);
    interrupted(&world).await;
    let error = without_celery(&world, world.mate.tenant(&clinic().id()).resume_run()).await;
    assert!(matches!(error, Error::PutBack { .. }), "{error}");
    assert_eq!(values(&world), before);
    assert_eq!(taken(&world), (true, true, 1));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rotation_that_is_resumed_retires_the_token_before_too() {
    let world = provisioned().await;
    let before = values(&world);
    interrupted(&world).await;
    world.mate.tenant(&clinic().id()).resume_run().await.unwrap();
    assert!(values(&world).iter().zip(&before).all(|(now, then)| now != then));
    assert_eq!(taken(&world), (true, true, 1));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_whose_retirement_was_cut_off_is_retired_by_tend() {
    let world = provisioned().await;
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Update).node("redis").nth(2));
    let died = crash::until_killed(&world.cloud, world.mate.tenant(&clinic().id()).rotate(&[])).await;
    assert!(died.is_none());
    assert_eq!(taken(&world), (true, true, 2), "both tokens are good until then");
    world.mate.tenant(&clinic().id()).resume_run().await.unwrap();
    world.mate.tenant(&clinic().id()).tend().await.unwrap();
    assert_eq!(taken(&world), (true, true, 1));
}

#[tokio::test]
async fn no_value_is_in_plan_record_or_history() {
    let world = provisioned().await;
    let id = clinic().id();
    let plan = world.mate.tenant(&id).plan_rotate(&[]).await.unwrap();
    world.mate.tenant(&id).rotate(&[]).await.unwrap();
    let record = world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
    let history = world.mate.tenant(&id).history().await.unwrap();
    let told = format!("{plan:?} {record:?} {} {history:?}", record.to_json());
    for value in world.cloud.secret_values() {
        assert!(!told.contains(&value), "a secret's value is told");
    }
}
