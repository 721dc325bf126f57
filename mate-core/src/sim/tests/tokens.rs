//! The tokens of creations: the answer to one that is used again, and the time for which it is known.

use std::time::Duration;

use serde_json::json;

use super::world::{World, id, keep, kind};
use crate::provider::{CreateRequest, Created, ErrorClass, Observation, Provider, ProviderError, Status};
use crate::sim::{Fault, FaultRule, SimCloud, SimImage};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// A world where new objects stay unseen for a while, with what `node` needs and no more.
async fn before(node: &str) -> World {
    let mut world = World::empty(SimCloud::builder().eventual_consistency(Duration::from_secs(600)));
    let mut needed = vec![id(node)];
    while let Some(next) = needed.iter().find_map(|one| {
        let node = world.graph.get(one).unwrap();
        world.graph.dependencies(node).into_iter().find(|other| !needed.contains(other))
    }) {
        needed.push(next);
    }
    for one in world.graph.order().unwrap() {
        if needed.contains(&one) && one != id(node) {
            world.make(one.as_str()).await;
        }
    }
    world
}

async fn create(world: &World, node: &str, token: &str) -> Result<Created, ProviderError> {
    world.cloud.create(CreateRequest { target: world.target(node), token: token.to_owned() }).await
}

fn change(world: &mut World, node: &str, field: &str, value: serde_json::Value) {
    world.graph.get_mut(&id(node)).unwrap().inputs[field] = value;
}

fn tag(world: &mut World, node: &str) {
    world.graph.get_mut(&id(node)).unwrap().tags.insert("CostCenter".into(), "another".into());
}

fn refused(answer: Result<Created, ProviderError>) -> (ErrorClass, String) {
    let error = answer.unwrap_err();
    (error.class, error.code.unwrap_or_default())
}

/// The number of objects of the kind of a node.
fn count(world: &World, node: &str) -> usize {
    let kind = world.target(node).kind;
    world.cloud.objects().iter().filter(|object| object.kind == kind).count()
}

async fn vanish(world: &World, node: &str) {
    let target = world.target(node);
    world.cloud.vanish(&target.kind, &target.name).unwrap();
}

#[tokio::test]
async fn the_same_token_answers_the_same_object_though_it_is_not_seen_yet_and_another_makes_another() {
    for node in ["nat-gateway", "s3-endpoint", "public-routes", "certificate", "task"] {
        let world = before(node).await;
        let made = count(&world, node);
        let first = create(&world, node, "one").await.unwrap();
        assert!(matches!(world.look(node).await, Observation::Absent), "{node} is seen at once");
        assert_eq!(create(&world, node, "one").await.unwrap().physical_id, first.physical_id, "{node}");
        assert_eq!(count(&world, node), made + 1, "{node}");
        assert_ne!(create(&world, node, "other").await.unwrap().physical_id, first.physical_id, "{node}");
        assert_eq!(count(&world, node), made + 2, "{node}");
    }
}

#[tokio::test]
async fn the_same_token_with_other_parameters_is_refused() {
    let mismatch = (ErrorClass::Invalid, "IdempotentParameterMismatch".to_owned());
    let conflict = (ErrorClass::Conflict, "ConflictException".to_owned());
    let other = [
        ("flow-log", "max_aggregation_seconds", json!(60), &mismatch),
        ("s3-endpoint", "private_dns_enabled", json!(true), &mismatch),
        ("task", "command", json!(["another"]), &conflict),
    ];
    for (node, field, value, expected) in other {
        let mut world = before(node).await;
        create(&world, node, "one").await.unwrap();
        let inputs = world.graph.get(&id(node)).unwrap().inputs.clone();
        change(&mut world, node, field, value);
        assert_eq!(refused(create(&world, node, "one").await), *expected, "{node}");
        world.graph.get_mut(&id(node)).unwrap().inputs = inputs;
        tag(&mut world, node);
        assert_eq!(refused(create(&world, node, "one").await), *expected, "tags are parameters too: {node}");
        assert_eq!(count(&world, node), 1, "{node}");
    }
}

#[tokio::test]
async fn what_has_a_call_of_its_own_is_no_parameter_of_the_creation() {
    let mut world = before("public-routes").await;
    let first = create(&world, "public-routes", "one").await.unwrap();
    change(&mut world, "public-routes", "routes", json!([]));
    assert_eq!(create(&world, "public-routes", "one").await.unwrap().physical_id, first.physical_id);
    tag(&mut world, "public-routes");
    assert_eq!(refused(create(&world, "public-routes", "one").await).1, "IdempotentParameterMismatch");
}

#[tokio::test]
async fn what_is_gone_is_answered_as_it_is_by_now_until_its_token_is_forgotten() {
    let world = before("nat-gateway").await;
    let first = create(&world, "nat-gateway", "one").await.unwrap();
    vanish(&world, "nat-gateway").await;
    world.wait(DAY - HOUR).await;
    let again = create(&world, "nat-gateway", "one").await.unwrap();
    assert_eq!((again.physical_id, again.status), (first.physical_id.clone(), Status::Deleting));
    assert_eq!((again.outputs, count(&world, "nat-gateway")), (first.outputs, 0));
    world.wait(2 * HOUR).await;
    let anew = create(&world, "nat-gateway", "one").await.unwrap();
    assert_ne!(anew.physical_id, first.physical_id);
    assert_eq!(count(&world, "nat-gateway"), 1);
}

#[tokio::test]
async fn the_token_of_an_object_that_stands_is_not_forgotten() {
    let world = before("flow-log").await;
    let first = create(&world, "flow-log", "one").await.unwrap();
    world.wait(30 * DAY).await;
    assert_eq!(create(&world, "flow-log", "one").await.unwrap().physical_id, first.physical_id);
}

#[tokio::test]
async fn the_reference_of_a_zone_is_spent_for_good() {
    let world = before("zone").await;
    create(&world, "zone", "one").await.unwrap();
    let spent = (ErrorClass::EventualConsistency, "HostedZoneAlreadyExists".to_owned());
    assert_eq!(refused(create(&world, "zone", "one").await), spent);
    vanish(&world, "zone").await;
    world.wait(365 * DAY).await;
    assert_eq!(refused(create(&world, "zone", "one").await), spent);
    create(&world, "zone", "other").await.unwrap();
}

#[tokio::test]
async fn the_token_of_a_certificate_answers_it_for_an_hour_whatever_its_names() {
    let mut world = before("certificate").await;
    let first = create(&world, "certificate", "one").await.unwrap();
    change(&mut world, "certificate", "domain_name", json!("another.example.com"));
    assert_eq!(create(&world, "certificate", "one").await.unwrap().physical_id, first.physical_id);
    vanish(&world, "certificate").await;
    let gone = (ErrorClass::EventualConsistency, "ResourceNotFoundException".to_owned());
    assert_eq!(refused(create(&world, "certificate", "one").await), gone);
    world.wait(HOUR).await;
    assert_ne!(create(&world, "certificate", "one").await.unwrap().physical_id, first.physical_id);
}

#[tokio::test]
async fn the_token_of_a_file_system_is_its_name_and_stands_for_it_while_it_is_there() {
    let world = before("file-system").await;
    create(&world, "file-system", "one").await.unwrap();
    let exists = (ErrorClass::EventualConsistency, "FileSystemAlreadyExists".to_owned());
    for token in ["one", "other"] {
        assert_eq!(refused(create(&world, "file-system", token).await), exists);
    }
    world.ready("file-system").await;
    create(&world, "file-system", "other").await.unwrap();
    world.gone("file-system", keep()).await;
    create(&world, "file-system", "one").await.unwrap();
    assert_eq!(count(&world, "file-system"), 1);
}

#[tokio::test]
async fn an_access_point_that_is_not_seen_is_refused_for_its_token_and_made_again_for_another() {
    let world = before("access-point").await;
    create(&world, "access-point", "one").await.unwrap();
    let exists = (ErrorClass::EventualConsistency, "AccessPointAlreadyExists".to_owned());
    assert_eq!(refused(create(&world, "access-point", "one").await), exists);
    create(&world, "access-point", "other").await.unwrap();
    assert_eq!(count(&world, "access-point"), 2);
}

#[tokio::test]
async fn the_token_of_a_task_is_known_until_an_hour_after_its_end_and_for_a_day_at_most() {
    let world = before("task").await;
    let first = create(&world, "task", "one").await.unwrap();
    world.wait(HOUR).await;
    assert_eq!(create(&world, "task", "one").await.unwrap().physical_id, first.physical_id, "it has ended since");
    world.wait(HOUR).await;
    let second = create(&world, "task", "one").await.unwrap();
    assert_ne!(second.physical_id, first.physical_id);

    let stuck = before("task").await;
    stuck.cloud.inject(FaultRule::new(Fault::StuckCreate).node("task"));
    let first = create(&stuck, "task", "one").await.unwrap();
    stuck.wait(DAY - 1).await;
    assert_eq!(create(&stuck, "task", "one").await.unwrap().physical_id, first.physical_id, "it runs still");
    stuck.wait(1).await;
    assert_ne!(create(&stuck, "task", "one").await.unwrap().physical_id, first.physical_id);
}

#[tokio::test]
async fn a_family_that_is_not_seen_gets_one_revision_more() {
    let world = before("task-definition").await;
    let first = create(&world, "task-definition", "one").await.unwrap();
    let second = create(&world, "task-definition", "one").await.unwrap();
    assert_ne!(first.outputs["arn"], second.outputs["arn"]);
    assert_eq!(
        (first.outputs["family"].clone(), count(&world, "task-definition")),
        (second.outputs["family"].clone(), 1)
    );
}

#[tokio::test]
async fn an_image_keeps_the_tokens_with_their_parameters_and_what_they_stand_for() {
    let mut world = before("nat-gateway").await;
    let first = create(&world, "nat-gateway", "one").await.unwrap();
    create(&world, "nat-gateway", "other").await.unwrap();
    let name = world.target("nat-gateway").name;
    // The one that is found first is the one that was made first.
    world.cloud.vanish(&kind("ec2:NatGateway"), &name).unwrap();
    let text = serde_json::to_string(&world.cloud.image()).unwrap();
    let image: SimImage = serde_json::from_str(&text).unwrap();
    world.cloud = SimCloud::builder().restore(&image).unwrap();
    assert_eq!(world.cloud.image(), image);
    let again = create(&world, "nat-gateway", "one").await.unwrap();
    assert_eq!((again.physical_id, again.status), (first.physical_id, Status::Deleting));
    tag(&mut world, "nat-gateway");
    assert_eq!(refused(create(&world, "nat-gateway", "other").await).1, "IdempotentParameterMismatch");
}
