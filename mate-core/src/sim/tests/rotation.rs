//! Passwords and tokens that change: who takes which, while a cache takes two.

use serde_json::json;

use super::world::{World, kind};
use crate::provider::ErrorClass;
use crate::sim::SimCloud;

const DB: (&str, &str) = ("rds:DBInstance", "mate-conform-dev-db");
const CACHE: (&str, &str) = ("elasticache:ReplicationGroup", "mate-conform-dev-redis");

fn takes(world: &World, (of, name): (&str, &str), secret: &str) -> bool {
    world.cloud.takes(&kind(of), name, secret)
}

async fn arn(world: &World, node: &str) -> String {
    world.live(node).await.physical_id
}

#[tokio::test]
async fn a_database_takes_a_new_password_only_once_it_is_told_of_it() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    let secret = arn(&world, "db-secret").await;
    assert!(takes(&world, DB, &secret));
    world.set("db-secret", "generation", json!(1)).await.unwrap();
    world.ready("db-secret").await;
    assert!(!takes(&world, DB, &secret));
    world.set("db", "master_user_secret_version", json!("1")).await.unwrap();
    assert!(takes(&world, DB, &secret));
    assert_eq!(world.cloud.credentials(&kind(DB.0), DB.1), 1);
    let told = world.live("db").await.inputs;
    assert!(world.cloud.secret_values().iter().all(|value| !told.to_string().contains(value)));
}

#[tokio::test]
async fn a_cache_takes_the_token_before_until_the_new_one_is_the_only_one() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    let secret = arn(&world, "cache-secret").await;
    world.set("cache", "auth_token_only", json!(false)).await.unwrap();
    world.ready("cache").await;
    world.set("cache-secret", "generation", json!(1)).await.unwrap();
    world.ready("cache-secret").await;
    assert!(!takes(&world, CACHE, &secret));
    world.set("cache", "auth_token_secret_version", json!("1")).await.unwrap();
    world.ready("cache").await;
    assert!(takes(&world, CACHE, &secret));
    assert_eq!(world.cloud.credentials(&kind(CACHE.0), CACHE.1), 2);

    // The value before is put back, and good at once: the cache takes both.
    world.set("cache-secret", "generation", json!(0)).await.unwrap();
    assert!(takes(&world, CACHE, &secret));
    world.set("cache-secret", "generation", json!(1)).await.unwrap();
    world.ready("cache-secret").await;
    world.set("cache", "auth_token_only", json!(true)).await.unwrap();
    assert!(takes(&world, CACHE, &secret));
    assert_eq!(world.cloud.credentials(&kind(CACHE.0), CACHE.1), 1);
}

#[tokio::test]
async fn only_the_value_before_comes_back() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    for generation in [1, 2] {
        world.set("app-secret", "generation", json!(generation)).await.unwrap();
        world.ready("app-secret").await;
    }
    let error = world.set("app-secret", "generation", json!(0)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    world.set("app-secret", "generation", json!(1)).await.unwrap();
}
