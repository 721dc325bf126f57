//! A cloud that is saved and gone on with.

use serde_json::json;

use super::world::{World, kind};
use crate::clock::Clock;
use crate::sim::{Selector, SimCloud, SimImage};

const DB: (&str, &str) = ("rds:DBInstance", "mate-conform-dev-db");

/// The same world over a cloud that was saved as text and read again.
fn restored(world: World) -> World {
    let text = serde_json::to_string(&world.cloud.image()).unwrap();
    let image: SimImage = serde_json::from_str(&text).unwrap();
    World { cloud: SimCloud::builder().restore(&image).unwrap(), ..world }
}

#[tokio::test]
async fn a_cloud_that_is_restored_is_the_one_that_was_saved() {
    let world = World::built(SimCloud::builder().seed(3), &[]).await;
    world.cloud.put_object("uploads", "scan.dcm");
    world.cloud.fill(&kind(DB.0), DB.1, "a table").unwrap();
    world.cloud.put_image("mate-django-dev", "v1");
    world.cloud.break_image("v2", "exit code 1");
    world.cloud.fail(Selector::Node("cache".to_owned()), "no capacity");
    let (objects, image, now) = (world.cloud.objects(), world.cloud.image(), world.cloud.sim_clock().now());
    let world = restored(world);
    assert_eq!(world.cloud.objects(), objects);
    assert_eq!(world.cloud.image(), image);
    assert_eq!((world.cloud.sim_clock().now(), world.cloud.calls()), (now, Vec::new()));
    assert_eq!(world.cloud.content(&kind(DB.0), DB.1).as_deref(), Some("a table"));
}

#[tokio::test]
async fn what_is_under_way_when_a_cloud_is_saved_ends_in_the_restored_one_and_is_made_once() {
    let world = World::built(SimCloud::builder(), &["db"]).await;
    let created = world.create("db").await.unwrap();
    let world = restored(world);
    let again = world.create("db").await.unwrap();
    assert_eq!((again.physical_id, &again.status), (created.physical_id, &created.status), "it is the same token");
    world.ready("db").await;
    let databases = world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == DB.0).count();
    assert_eq!(databases, 1);
}

#[tokio::test]
async fn secrets_keep_their_values_and_their_consumers_in_a_restored_cloud() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    let secret = world.live("db-secret").await.physical_id;
    let first = world.cloud.secret_value(&secret);
    world.set("db-secret", "generation", json!(4)).await.unwrap();
    world.ready("db-secret").await;
    let second = world.cloud.secret_value(&secret);
    let mut world = restored(world);
    assert_eq!(world.cloud.secret_value(&secret), second);
    assert!(!world.cloud.takes(&kind(DB.0), DB.1, &secret), "the database was not told yet");
    world.set("db-secret", "generation", json!(0)).await.unwrap();
    world.ready("db-secret").await;
    assert_eq!(world.cloud.secret_value(&secret), first, "the value before is kept");
    assert!(world.cloud.takes(&kind(DB.0), DB.1, &secret));
}

#[tokio::test]
async fn no_value_of_a_secret_is_in_an_image() {
    let world = World::built(SimCloud::builder(), &[]).await;
    let values = world.cloud.secret_values();
    let image = world.cloud.image();
    let told = format!("{} {image:?}", serde_json::to_string(&image).unwrap());
    assert!(!values.is_empty());
    assert!(values.iter().all(|value| !told.contains(value)), "a secret's value is told");
}

#[test]
fn an_image_of_another_format_is_refused() {
    let mut value = serde_json::to_value(SimCloud::new(1).image()).unwrap();
    value["format"] = json!(2);
    let image: SimImage = serde_json::from_value(value).unwrap();
    let error = SimCloud::builder().restore(&image).unwrap_err();
    assert_eq!(error.to_string(), "the image has format 2, and this version reads format 1");
}
