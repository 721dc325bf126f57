//! The SDK's own machinery over an HTTP client that answers as it is told, on a clock that jumps.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use mate_core::clock::{Clock, Presence};
use mate_core::kinds::LogGroup;
use mate_core::model::Kind;
use mate_core::model::ids::TenantKey;
use mate_core::provider::{CreateRequest, Provider};
use mate_core::rate::{Caller, Priority, RateSettings, Usage, group_of};

use super::*;
use crate::drivers::testing;
use crate::provider::AwsProvider;

/// Time that has come as soon as somebody waits for it.
#[derive(Debug, Default)]
struct Hurried(Mutex<Duration>);

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn unix_seconds(&self) -> i64 {
        0
    }

    async fn sleep_until(&self, deadline: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        None
    }
}

/// The time of a request, and its caller.
type Arrived = (Duration, Option<Caller>);

/// Answers in their order, then with an empty object; notes when each request came, and who asked.
#[derive(Debug, Clone)]
struct Script {
    clock: Arc<Hurried>,
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    requests: Arc<Mutex<Vec<Arrived>>>,
}

impl HttpConnector for Script {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        self.requests.lock().unwrap().push((self.clock.now(), Caller::current()));
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap_or((200, "{}"));
        HttpConnectorFuture::ready(Ok(response(status, body)))
    }
}

fn response(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

struct World {
    provider: AwsProvider,
    budget: RateBudget,
    script: Script,
}

impl World {
    async fn new(settings: RateSettings, answers: &[(u16, &'static str)]) -> Self {
        let clock = Arc::new(Hurried::default());
        let budget = RateBudget::new(settings, clock.clone());
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let script = Script { clock, answers, requests: Arc::default() };
        let connector = SharedHttpConnector::new(script.clone());
        let config: SdkConfig =
            testing::config().into_builder().http_client(http_client_fn(move |_, _| connector.clone())).build();
        let provider = AwsProvider::builder()
            .sdk_config(config)
            .sdk_retry(3, Duration::from_millis(1))
            .rate_budget(budget.clone())
            .build()
            .await
            .unwrap();
        Self { provider, budget, script }
    }

    fn usage(&self) -> Usage {
        self.budget.usage().pop().unwrap()
    }

    fn requests(&self) -> Vec<Arrived> {
        self.script.requests.lock().unwrap().clone()
    }
}

const BROKEN: (u16, &str) = (500, r#"{"__type":"ServerException","message":"broken"}"#);
const THROTTLE: (u16, &str) = (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);

#[tokio::test]
async fn every_attempt_of_the_sdk_passes_the_budget_and_the_later_ones_are_retries() {
    let world = World::new(RateSettings::published(), &[BROKEN, BROKEN]).await;
    world.provider.aws().ecs.list_clusters().send().await.unwrap();
    let usage = world.usage();
    assert_eq!((usage.group, usage.granted, usage.retries, usage.throttled), ("ecs reads", 3, 2, 0));
    assert_eq!(world.requests().len(), 3);
}

#[tokio::test]
async fn what_aws_cannot_deduplicate_is_sent_once() {
    let world = World::new(RateSettings::published(), &[BROKEN]).await;
    let aws = world.provider.aws();
    aws.ecs.register_task_definition().family("web").send().await.unwrap_err();
    assert_eq!(world.requests().len(), 1);
    aws.ecs.list_clusters().send().await.unwrap();
    assert_eq!(world.requests().len(), 2);
}

/// The models of the kinds name those that AWS does not deduplicate; the executor's policy names the call that creates
/// each.
#[test]
fn each_kind_that_aws_does_not_deduplicate_has_its_creation_in_the_list() {
    use crate::policy::{Access, ExecutorPolicy};

    let kinds = mate_core::model::Kinds::standard();
    for model in kinds.iter().filter(|model| !model.deduplicated()) {
        let policy = ExecutorPolicy::for_kinds([&model.name], &[Access::Create]);
        let actions = policy.actions();
        assert!(ONCE.iter().any(|creation| actions.contains(creation)), "{}: {actions:?}", model.name);
    }
}

#[tokio::test]
async fn every_page_passes_the_budget() {
    let pages = [(200, r#"{"clusterArns":["a"],"nextToken":"1"}"#), (200, r#"{"clusterArns":["b"],"nextToken":"2"}"#)];
    let world = World::new(RateSettings::published(), &pages).await;
    let mut pages = world.provider.aws().ecs.list_clusters().into_paginator().send();
    while let Some(page) = pages.next().await {
        page.unwrap();
    }
    assert_eq!((world.usage().granted, world.requests().len()), (3, 3));
}

#[tokio::test]
async fn a_throttle_that_the_sdk_hides_by_a_retry_halves_the_rate_all_the_same() {
    let world = World::new(RateSettings::published().share(1.0), &[THROTTLE]).await;
    world.provider.aws().ecs.list_clusters().send().await.unwrap();
    let usage = world.usage();
    assert_eq!((usage.throttled, usage.granted), (1, 2));
    assert!(usage.rate < 10.3, "20 a second before: {usage:?}");
}

#[tokio::test]
async fn a_request_is_made_when_its_token_is_there() {
    let settings = RateSettings::published().share(1.0).limit("ecs:ListClusters", 2.0, 0.1);
    let world = World::new(settings, &[]).await;
    for _ in 0..4 {
        world.provider.aws().ecs.list_clusters().send().await.unwrap();
    }
    let at: Vec<u64> = world.requests().iter().map(|(at, _)| at.as_secs()).collect();
    assert_eq!(at, [0, 0, 10, 20]);
}

#[tokio::test]
async fn who_asks_is_known_where_the_request_is_made() {
    let world = World::new(RateSettings::published(), &[]).await;
    let caller = Caller::new(TenantKey::new("dev".parse().unwrap(), "acme".parse().unwrap()), Priority::NewTenant);
    caller.clone().asks(world.provider.aws().ecs.list_clusters().send()).await.unwrap();
    assert_eq!(world.requests()[0].1, Some(caller));
}

#[tokio::test]
async fn an_error_of_the_provider_says_how_often_aws_was_asked() {
    let world = World::new(RateSettings::published(), &[BROKEN; 3]).await;
    let mut target = testing::target::<LogGroup>(
        "/ecs/acme",
        &serde_json::from_value(serde_json::json!({"retention_days": 7})).unwrap(),
    );
    target.kind = LogGroup::name();
    let error = world.provider.create(CreateRequest { target, token: "0".repeat(64) }).await.unwrap_err();
    assert_eq!((error.attempts, world.requests().len()), (3, 3), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_although_the_wait_for_the_budget_has_no_limit() {
    // The connection is taken by the system, and nobody ever answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = testing::config().into_builder();
    config.set_http_client(None).set_endpoint_url(Some(format!("http://{}", silent.local_addr().unwrap())));
    let builder = AwsProvider::builder().sdk_config(config.build()).sdk_retry(1, Duration::ZERO);
    let provider = builder.attempt_timeout(Duration::from_millis(100)).build().await.unwrap();
    let answer = provider.aws().ecs.list_clusters().send().await;
    let error = answer.map_err(crate::failed(&testing::address("thing"), "ecs:ListClusters")).unwrap_err();
    assert_eq!((error.class, error.message.as_deref()), (ErrorClass::Transient, Some("no answer in time")));
}

#[test]
fn a_throttle_is_known_by_its_code_in_every_protocol() {
    for (status, body, expected) in [
        (400, r#"{"__type":"com.amazonaws.ecs#ThrottlingException"}"#, Answer::Throttled),
        (400, r#"{"code":"TooManyRequestsException:http://internal"}"#, Answer::Throttled),
        (
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
            Answer::Throttled,
        ),
        (
            400,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code></Error></ErrorResponse>",
            Answer::Throttled,
        ),
        (503, "<Error><Code>SlowDown</Code></Error>", Answer::Throttled),
        (429, "", Answer::Throttled),
        (500, r#"{"__type":"ServerException"}"#, Answer::Failed),
        (503, "", Answer::Failed),
        // A quota, which the SDK takes for a throttle by its name.
        (400, r#"{"__type":"LimitExceededException"}"#, Answer::Done),
        (404, "<Error><Code>NoSuchBucket</Code></Error>", Answer::Done),
        (403, "", Answer::Done),
    ] {
        assert_eq!(answer(&response(status, body)), expected, "{status} {body}");
    }
}

#[test]
fn the_code_in_the_header_comes_first() {
    let mut response = response(400, r#"{"message":"Rate exceeded"}"#);
    response.headers_mut().insert("x-amzn-errortype", "TooManyRequestsException");
    assert_eq!(answer(&response), Answer::Throttled);
}

#[test]
fn services_are_called_as_in_the_table_of_limits() {
    for (service, operation, group) in [
        ("ECS", "CreateService", "ecs service writes"),
        ("EC2", "CreateSubnet", "ec2 writes"),
        ("Elastic Load Balancing v2", "DescribeRules", "elbv2"),
        ("Route 53", "ChangeResourceRecordSets", "route53"),
        ("Secrets Manager", "CreateSecret", "secretsmanager writes"),
        ("KMS", "DescribeKey", "kms reads"),
        ("RDS", "CreateDBInstance", "rds writes"),
        ("ElastiCache", "CreateReplicationGroup", "elasticache writes"),
        ("EFS", "CreateFileSystem", "efs writes"),
        ("IAM", "CreateRole", "iam writes"),
        ("CloudWatch Logs", "DescribeLogGroups", "logs reads"),
        ("Cognito Identity Provider", "CreateUserPool", "cognito-idp"),
        ("Resource Groups Tagging API", "GetResources", "tagging"),
        ("S3", "CreateBucket", "s3 writes"),
        ("STS", "GetCallerIdentity", "sts"),
        ("Application Auto Scaling", "PutScalingPolicy", "other writes"),
        ("WAFV2", "GetWebACL", "other reads"),
        ("EventBridge", "PutEvents", "events"),
    ] {
        assert_eq!(group_of(&api(&Metadata::new(operation, service))).name, group, "{service}");
    }
}
