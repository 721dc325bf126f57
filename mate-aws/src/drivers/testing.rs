//! The common base of the drivers' tests: clients that reach nothing, and one that answers by rules.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::error::ErrorMetadata;
use mate_core::model::ids::{Address, NodeId};
use mate_core::model::{ArnForm, Kind, KindModel, Ownership, Tags};
use mate_core::provider::{
    Claim, CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Discovered, ErrorClass, Observation,
    ProviderError, Scope, Target, UpdateRequest,
};

use super::Driver;
use crate::context::Aws;
use crate::policy::{Access, Actions, Grant, On};
use crate::secrets::RandomSecrets;

/// A client of an SDK crate that answers by the rules: in their order, or `any` of them that fits.
macro_rules! client {
    ($sdk:ident, any, [$($rule:expr),* $(,)?]) => {
        client!($sdk, aws_smithy_mocks::RuleMode::MatchAny, [$(&$rule),*])
    };
    ($sdk:ident, [$($rule:expr),* $(,)?]) => {
        client!($sdk, aws_smithy_mocks::RuleMode::Sequential, [$(&$rule),*])
    };
    ($sdk:ident, any, $rules:expr) => {
        client!($sdk, aws_smithy_mocks::RuleMode::MatchAny, $rules)
    };
    ($sdk:ident, $rules:expr) => {
        client!($sdk, aws_smithy_mocks::RuleMode::Sequential, $rules)
    };
    ($sdk:ident, $mode:expr, $rules:expr) => {{
        let mocks = aws_smithy_mocks::MockResponseInterceptor::new().rule_mode($mode);
        let mocks = $rules.iter().fold(mocks, |mocks, rule| mocks.with_rule(rule));
        let config = $crate::drivers::testing::config();
        $sdk::Client::from_conf($sdk::config::Builder::from(&config).interceptor(mocks).build())
    }};
}
pub(crate) use client;

/// A configuration of invented credentials whose connections are all refused by the test's own HTTP client.
pub(crate) fn config() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_mocks::create_mock_http_client())
        .build()
}

/// Every client, none of which reaches anything.
pub(crate) fn aws() -> Aws {
    Aws::new(&config(), "us-east-1".into(), Arc::new(RandomSecrets))
}

/// The address of the node `node` of tenant `acme` in `dev`.
pub(crate) fn address(node: &str) -> Address {
    Address {
        tenant: "acme".parse().expect("a tenant"),
        environment: "dev".parse().expect("an environment"),
        node: NodeId::new(node).expect("a node"),
    }
}

/// A target with the ownership tags.
pub(crate) fn target<K: Kind>(name: &str, inputs: &K::Inputs) -> Target {
    let address = address("thing");
    Target {
        kind: K::name(),
        name: name.into(),
        physical_id: None,
        inputs: serde_json::to_value(inputs).expect("inputs have a JSON form").into(),
        tags: Ownership(address.clone()).tags(),
        claim: Default::default(),
        address,
    }
}

/// A request to create.
pub(crate) fn create(target: Target) -> CreateRequest {
    CreateRequest { target, token: "0123456789abcdef".repeat(4) }
}

/// A request to update the named fields.
pub(crate) fn update(target: Target, fields: &[&str]) -> UpdateRequest {
    UpdateRequest {
        target,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        untag: Default::default(),
        token: "0123456789abcdef".repeat(4),
    }
}

/// A request to delete and keep the data.
pub(crate) fn delete(target: Target) -> DeleteRequest {
    DeleteRequest { target, data: DataPolicy::Keep { final_snapshot: None } }
}

/// The metadata of a service's error with this code.
pub(crate) fn code(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("said the service").build()
}

/// The live object of an observation that must be present.
pub(crate) fn present(observation: Observation) -> mate_core::provider::Live {
    match observation {
        Observation::Present(live) => live,
        other => panic!("not present: {other:?}"),
    }
}

/// The object that existed by the time a call failed.
pub(crate) fn made(error: ProviderError) -> mate_core::provider::Created {
    *error.created.expect("the error says what exists")
}

/// The keys of the ownership tags of a tenant's object, in their order.
pub(crate) const OWNERSHIP: [&str; 4] = ["Component", "Environment", "ManagedBy", "Tenant"];

/// The target while it is being adopted.
pub(crate) fn unowned(target: Target) -> Target {
    Target { claim: Claim::Unowned, ..target }
}

/// A request to take the ownership tags off an object, as it is disowned.
pub(crate) fn give_back(target: Target) -> UpdateRequest {
    let mut request = update(target, &["tags"]);
    request.untag = Ownership::KEYS.iter().map(|key| (*key).to_owned()).collect();
    request.target.tags.retain(|key, _| !request.untag.contains(key));
    request
}

/// The ownership tags of another tenant.
pub(crate) fn somebody_s() -> Tags {
    Ownership(Address { tenant: "other".parse().expect("a tenant"), ..address("thing") }).tags()
}

/// A driver of an embedder's own kind, `sqs:Queue`. It makes nothing; a queue whose name ends with `-old` is not alive.
#[derive(Debug)]
pub(crate) struct QueueDriver;

#[async_trait]
impl Driver for QueueDriver {
    fn model(&self) -> KindModel {
        KindModel::new("sqs:Queue".parse().expect("a kind"), &[]).with_arn(ArnForm::whole("sqs", ""))
    }

    fn actions(&self) -> Actions {
        Actions::new(&[
            Grant(Access::Read, "sqs", "GetQueueAttributes", On::Any),
            Grant(Access::Create, "sqs", "CreateQueue", On::Arn("sqs:{name}")),
        ])
    }

    async fn alive(&self, _: &Aws, _: &Scope, mut found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        found.retain(|object| !object.arn.ends_with("-old"));
        Ok(found)
    }

    async fn observe(&self, _: &Aws, targets: &[Target]) -> Vec<Observation> {
        targets.iter().map(|_| Observation::Absent).collect()
    }

    async fn create(&self, _: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        Err(ProviderError::new(ErrorClass::Denied, "queue", request.target.address.clone()))
    }

    async fn update(&self, _: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        Err(ProviderError::new(ErrorClass::Denied, "queue", request.target.address.clone()))
    }

    async fn delete(&self, _: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        Err(ProviderError::new(ErrorClass::Denied, "queue", request.target.address.clone()))
    }
}
