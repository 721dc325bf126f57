//! Topics and their subscriptions over the wire, and AWS's own client that looks at them.

use std::sync::Arc;
use std::time::Duration;

use mate::aws::AwsProviderBuilder;
use mate::kinds::policy::Statement;
use mate::kinds::subscription::SubscriptionInputs;
use mate::kinds::topic::TopicInputs;
use mate::kinds::{Subscription, Topic};
use mate::model::ids::{Address, NodeId, TenantKey};
use mate::model::{Graph, Inputs, Ownership};
use mate::provider::{CreateRequest, Provider, Target};
use mate::testing::conformance::{self, Setup};
use serde_json::{Value, json};

use crate::world::{World, unreachable};

const NAME: &str = "mate-watched-dev-notices";
const MAIL: &str = "operations@example.org";

fn tenant(world: &World) -> TenantKey {
    TenantKey::new(world.base.environment.clone(), "watched".parse().unwrap())
}

fn node(text: &str) -> NodeId {
    NodeId::new(text).unwrap()
}

/// A topic that CloudWatch may publish to, and an address that is told.
fn graph(tenant: &TenantKey) -> Graph {
    let tags = |id: &str| Ownership(tenant.node(node(id))).tags();
    let alarms = Statement {
        principals: vec!["cloudwatch.amazonaws.com".into()],
        ..Statement::allow("Alarms", ["sns:Publish"], Vec::new())
    };
    let topic = TopicInputs {
        display_name: Some("Watched".into()),
        fifo: false,
        content_based_deduplication: false,
        kms_key_arn: None,
        policy: vec![alarms],
    };
    let mut graph = Graph::new();
    let topic = graph.add::<Topic>(node("topic"), NAME, &topic, tags("topic")).unwrap();
    let mail = SubscriptionInputs {
        topic_arn: topic.out(Topic::ARN),
        protocol: "email".into(),
        endpoint: MAIL.to_owned().into(),
        raw_message_delivery: false,
    };
    graph.add::<Subscription>(node("mail"), format!("{NAME}-mail"), &mail, tags("mail")).unwrap();
    graph
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drivers_of_notices_keep_every_promise() {
    let world = World::with(AwsProviderBuilder::without_rate_budget).await;
    let tenant = tenant(&world);
    let setup = Setup::new(tenant.clone(), graph(&tenant))
        .poll(Duration::from_millis(500))
        .patience(Duration::from_secs(60))
        .update(node("topic"), "display_name", json!("Other words"))
        .unreachable(unreachable().await);
    conformance::run(Arc::new(world.provider.clone()), setup).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_s_own_client_sees_the_topic_with_its_policy_its_tags_and_its_subscription() {
    let world = World::with(AwsProviderBuilder::without_rate_budget).await;
    let graph = graph(&tenant(&world));
    let make = async |id: &str, inputs: Inputs| {
        let node = graph.get(&node(id)).unwrap();
        let key = tenant(&world);
        let target = Target {
            address: Address { tenant: key.tenant, environment: key.environment, node: node.id.clone() },
            kind: node.kind.clone(),
            name: node.name.clone(),
            physical_id: None,
            inputs,
            tags: node.tags.clone(),
            claim: Default::default(),
        };
        world.provider.create(CreateRequest { target, token: id.to_owned() }).await.unwrap().physical_id
    };
    let topic = make("topic", graph.get(&node("topic")).unwrap().inputs.clone()).await;
    let mail = json!({"topic_arn": topic, "protocol": "email", "endpoint": MAIL, "raw_message_delivery": false});
    let mail = make("mail", mail.into()).await;

    let told = world.aws(&["sns", "get-topic-attributes", "--topic-arn", &topic]);
    assert_eq!(told["Attributes"]["DisplayName"], "Watched");
    let policy: Value = serde_json::from_str(told["Attributes"]["Policy"].as_str().unwrap()).unwrap();
    let sids: Vec<&str> =
        policy["Statement"].as_array().unwrap().iter().filter_map(|one| one["Sid"].as_str()).collect();
    assert_eq!(sids, ["__default_statement_ID", "Alarms"]);
    let tags = world.aws(&["sns", "list-tags-for-resource", "--resource-arn", &topic]);
    assert!(tags["Tags"].as_array().unwrap().contains(&json!({"Key": "Tenant", "Value": "watched"})), "{tags}");
    let told = world.aws(&["sns", "list-subscriptions-by-topic", "--topic-arn", &topic]);
    let [subscription] = told["Subscriptions"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!(subscription["Endpoint"], MAIL);
    assert_eq!(subscription["SubscriptionArn"], mail);
}
