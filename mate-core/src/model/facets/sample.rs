//! The sample nodes of a kind, from which the conformance suite makes objects.

use serde_json::Value;

use crate::model::{Input, Output, OutputRef};

/// The base under the sample nodes: objects that exist where the suite runs. The sample nodes of all kinds are one graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SampleBase {
    /// The tenant.
    pub tenant: String,
    /// The environment.
    pub environment: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The domain of the base.
    pub domain: String,
    /// The ARN of the key that encrypts.
    pub kms_key_arn: String,
    /// The VPC.
    pub vpc_id: String,
    /// The public subnets, two or more.
    pub public_subnet_ids: Vec<String>,
    /// The private subnets, two or more.
    pub private_subnet_ids: Vec<String>,
    /// The name of the ECS cluster.
    pub cluster: String,
    /// The ARN of a certificate.
    pub certificate_arn: String,
    /// The id of the zone of the domain.
    pub hosted_zone_id: String,
    /// The ARN of a web ACL, where there is one.
    pub web_acl_arn: Option<String>,
    /// The id of a user pool, where there is one.
    pub user_pool_id: Option<String>,
    /// The image of a container.
    pub image: String,
}

impl SampleBase {
    /// The name of a part of the sample: `mate-{tenant}-{environment}-{part}`.
    #[must_use]
    pub fn name(&self, part: &str) -> String {
        format!("mate-{}-{}-{part}", self.tenant, self.environment)
    }

    /// The domain of the sample's own zone.
    #[must_use]
    pub fn zone(&self) -> String {
        format!("{}.conformance.{}", self.tenant, self.domain)
    }

    /// The key that encrypts.
    #[must_use]
    pub fn key(&self) -> Input<String> {
        self.kms_key_arn.clone().into()
    }

    /// The private subnets.
    #[must_use]
    pub fn private_subnets(&self) -> Vec<Input<String>> {
        self.private_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    /// An output of another sample node.
    ///
    /// # Panics
    /// When `node` is not the id of a node.
    #[must_use]
    pub fn out<K, T>(&self, node: &str, output: Output<K, T>) -> Input<T> {
        Input::Ref(OutputRef {
            node: node.parse().expect("the id of a sample node"),
            output: output.name().to_owned(),
            prefix: String::new(),
            suffix: String::new(),
        })
    }
}

/// Another value of a field.
type OtherValue = fn() -> Value;

/// A sample node of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The id of its node.
    pub node: &'static str,
    /// Its name.
    pub name: fn(&SampleBase) -> String,
    /// Its inputs. [`SampleBase::out`] refers to another sample node.
    pub inputs: fn(&SampleBase) -> Value,
    /// False for a base over which there is no such node.
    pub exists: fn(&SampleBase) -> bool,
    /// A field, and another value of it to which every provider can change the object.
    pub update: Option<(&'static str, OtherValue)>,
}

impl Sample {
    /// A sample node.
    #[must_use]
    pub const fn new(node: &'static str, name: fn(&SampleBase) -> String, inputs: fn(&SampleBase) -> Value) -> Self {
        Self { node, name, inputs, exists: |_| true, update: None }
    }

    /// A node that is there over some bases only.
    #[must_use]
    pub const fn only_if(mut self, exists: fn(&SampleBase) -> bool) -> Self {
        self.exists = exists;
        self
    }

    /// A change that every provider can make.
    #[must_use]
    pub const fn updated(mut self, field: &'static str, value: fn() -> Value) -> Self {
        self.update = Some((field, value));
        self
    }
}
