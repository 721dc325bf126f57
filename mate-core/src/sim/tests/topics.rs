//! Topics and their subscriptions, as SNS has them.

use serde_json::{Value, json};

use super::super::{Latencies, SimCloud};
use crate::kinds::{Subscription, Topic};
use crate::model::ids::{Address, KindName};
use crate::model::{Kind, Ownership};
use crate::provider::{CreateRequest, DataPolicy, DeleteRequest, Deleted, ErrorClass, Provider, ProviderError, Target};

fn address(node: &str) -> Address {
    Address { tenant: "clinic".parse().unwrap(), environment: "dev".parse().unwrap(), node: node.parse().unwrap() }
}

fn cloud() -> SimCloud {
    SimCloud::builder().latencies(Latencies::none()).build()
}

fn target(kind: KindName, node: &str, name: &str, inputs: Value) -> Target {
    let address = address(node);
    let tags = Ownership(address.clone()).tags();
    Target {
        address,
        kind,
        name: name.into(),
        physical_id: None,
        inputs: inputs.into(),
        tags,
        claim: Default::default(),
    }
}

fn topic(name: &str, fifo: bool) -> Target {
    let inputs = json!({
        "display_name": null, "fifo": fifo, "content_based_deduplication": false, "kms_key_arn": null, "policy": [],
    });
    target(Topic::name(), "topic", name, inputs)
}

fn subscription(topic_arn: &str, protocol: &str, endpoint: &str) -> Target {
    let inputs =
        json!({"topic_arn": topic_arn, "protocol": protocol, "endpoint": endpoint, "raw_message_delivery": false});
    target(Subscription::name(), "subscription", "mail", inputs)
}

async fn make(cloud: &SimCloud, target: Target, token: &str) -> Result<String, ProviderError> {
    let created = cloud.create(CreateRequest { target, token: token.into() }).await?;
    Ok(created.outputs["arn"].as_str().unwrap().to_owned())
}

async fn refused(cloud: &SimCloud, target: Target) -> (ErrorClass, String) {
    let error = make(cloud, target, "refused").await.unwrap_err();
    (error.class, error.code.unwrap_or_default())
}

#[tokio::test]
async fn a_topic_that_is_made_again_is_the_same_topic() {
    let cloud = cloud();
    let first = make(&cloud, topic("mate-clinic-dev-notices", false), "1").await.unwrap();
    assert_eq!(first, "arn:aws:sns:us-east-1:123456789012:mate-clinic-dev-notices");
    assert_eq!(make(&cloud, topic("mate-clinic-dev-notices", false), "2").await.unwrap(), first);
    assert_eq!(cloud.objects().len(), 1);
}

#[tokio::test]
async fn the_name_of_a_fifo_topic_ends_with_fifo_and_of_no_other() {
    let cloud = cloud();
    make(&cloud, topic("orders.fifo", true), "1").await.unwrap();
    for (name, fifo) in [("orders", true), ("orders-2.fifo", false), ("a name", false)] {
        assert_eq!(
            refused(&cloud, topic(name, fifo)).await,
            (ErrorClass::Invalid, "InvalidParameter".into()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_same_endpoint_is_subscribed_once() {
    let cloud = cloud();
    let topic = make(&cloud, topic("notices", false), "1").await.unwrap();
    let first = make(&cloud, subscription(&topic, "email", "ops@example.org"), "2").await.unwrap();
    assert!(first.starts_with(&format!("{topic}:")), "{first}");
    assert_eq!(make(&cloud, subscription(&topic, "email", "ops@example.org"), "3").await.unwrap(), first);
    let mut other = subscription(&topic, "email", "other@example.org");
    (other.address, other.name) = (address("other"), "other".into());
    assert_ne!(make(&cloud, other, "4").await.unwrap(), first);
}

#[tokio::test]
async fn an_endpoint_fits_its_protocol_and_its_topic() {
    let cloud = cloud();
    let (plain, fifo) = (topic("notices", false), topic("orders.fifo", true));
    let (plain, fifo) = (make(&cloud, plain, "1").await.unwrap(), make(&cloud, fifo, "2").await.unwrap());
    for (topic, protocol, endpoint) in [
        (&plain, "email", "no address"),
        (&plain, "https", "http://example.org"),
        (&plain, "pigeon", "ops@example.org"),
        (&fifo, "email", "ops@example.org"),
    ] {
        let answer = refused(&cloud, subscription(topic, protocol, endpoint)).await;
        assert_eq!(answer, (ErrorClass::Invalid, "InvalidParameter".into()), "{protocol} {endpoint}");
    }
}

#[tokio::test]
async fn a_deleted_topic_takes_its_subscriptions_along_and_a_missing_one_is_deleted_again() {
    let cloud = cloud();
    let arn = make(&cloud, topic("notices", false), "1").await.unwrap();
    make(&cloud, subscription(&arn, "email", "ops@example.org"), "2").await.unwrap();
    let gone = DeleteRequest { target: topic("notices", false), data: DataPolicy::Discard };
    assert_eq!(cloud.delete(gone.clone()).await.unwrap(), Deleted::Gone);
    assert!(cloud.objects().is_empty(), "{:?}", cloud.objects());
    assert_eq!(cloud.delete(gone).await.unwrap(), Deleted::Gone);
}
