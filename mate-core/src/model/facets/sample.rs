//! A sample node of a kind, from which the conformance suite makes an object.

use serde_json::Value;

use crate::model::{Input, Output, OutputRef};

/// The base under a sample node: ids that exist where the suite runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SampleBase {
    /// The prefix of every name, `mate-conform-dev`.
    pub prefix: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The domain.
    pub domain: String,
    /// The ARN of the key that encrypts.
    pub kms_key_arn: String,
    /// The VPC.
    pub vpc_id: String,
    /// Two private subnets.
    pub private_subnet_ids: Vec<String>,
}

impl SampleBase {
    pub(crate) fn new(prefix: String, base: [&str; 5], private_subnet_ids: Vec<String>) -> Self {
        let [region, account, domain, kms_key_arn, vpc_id] = base.map(str::to_owned);
        Self { prefix, region, account, domain, kms_key_arn, vpc_id, private_subnet_ids }
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

    /// The name of a part of the sample: `mate-conform-dev-{part}`.
    #[must_use]
    pub fn name(&self, part: &str) -> String {
        format!("{}-{part}", self.prefix)
    }
}

/// A sample node of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The id of its node.
    pub node: &'static str,
    /// Its name.
    pub name: fn(&SampleBase) -> String,
    /// Its inputs. [`SampleBase::out`] refers to another sample node.
    pub inputs: fn(&SampleBase) -> Value,
    /// A field, and another value of it to which every provider can change the object.
    pub update: Option<(&'static str, fn() -> Value)>,
}

impl Sample {
    /// A sample node.
    #[must_use]
    pub const fn new(node: &'static str, name: fn(&SampleBase) -> String, inputs: fn(&SampleBase) -> Value) -> Self {
        Self { node, name, inputs, update: None }
    }

    /// A change that every provider can make.
    #[must_use]
    pub const fn updated(mut self, field: &'static str, value: fn() -> Value) -> Self {
        self.update = Some((field, value));
        self
    }
}
