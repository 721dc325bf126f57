//! The values from which ids and outputs are made.

use serde_json::Value;

use super::Seed;
use crate::model::Outputs;
use crate::model::ids::KindName;

/// The values from which the ids and outputs of an object are made.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    pub(crate) seed: Seed,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) kind: &'a KindName,
    pub(crate) name: &'a str,
    pub(crate) serial: u32,
    pub(crate) revision: u32,
    pub(crate) inputs: &'a Value,
}

impl<'a> Naming<'a> {
    /// An object of a kind and name with these inputs, in a region and an account; its first of this name, unchanged.
    #[must_use]
    pub fn new(
        seed: Seed,
        (region, account): (&'a str, &'a str),
        kind: &'a KindName,
        name: &'a str,
        inputs: &'a Value,
    ) -> Self {
        Self { seed, region, account, kind, name, serial: 1, revision: 1, inputs }
    }

    /// An id in the form of EC2's and EFS's: `{prefix}-` and 17 hex digits.
    #[must_use]
    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.hex("id", 17))
    }

    /// The object's physical name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Its inputs.
    #[must_use]
    pub fn inputs(&self) -> &'a Value {
        self.inputs
    }

    /// `length` letters and digits that follow from the name and the number of the object alone, and not from its kind.
    #[must_use]
    pub fn lettered(&self, label: &str, length: usize) -> String {
        self.seed.alphanumeric(&[label, self.name, &self.serial.to_string()], length)
    }

    /// `length` decimal digits that follow from the name and the number of the object alone, and not from its kind.
    #[must_use]
    pub fn digits(&self, label: &str, length: usize) -> String {
        self.seed.digits(&[label, self.name, &self.serial.to_string()], length)
    }

    /// `length` hex digits, the same for the same object at every call with this `label`.
    #[must_use]
    pub fn hex(&self, label: &str, length: usize) -> String {
        self.seed.hex(&[label, self.kind.as_str(), self.name, &self.serial.to_string()], length)
    }

    /// A UUID in AWS's spelling, the same for the same object at every call with this `label`.
    #[must_use]
    pub fn uuid(&self, label: &str) -> String {
        hyphened(&self.hex(label, 32))
    }

    /// An ARN in the simulated account and region.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The region of the cloud.
    #[must_use]
    pub fn region(&self) -> &'a str {
        self.region
    }

    /// The account of the cloud.
    #[must_use]
    pub fn account(&self) -> &'a str {
        self.account
    }

    /// The number of times that the object was made or changed under its name, from 1: the revision of a task definition.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// `length` characters of `alphabet`, the same for the same object.
    #[must_use]
    pub fn drawn(&self, label: &str, alphabet: &[u8], length: usize) -> String {
        self.seed.text(&[label, self.kind.as_str(), self.name, &self.serial.to_string()], alphabet, length)
    }

    /// A figure below `most`, the same for the same object.
    #[must_use]
    pub fn figure(&self, label: &str, most: u32) -> u32 {
        let label = [label, self.kind.as_str(), self.name, &self.serial.to_string()];
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let figure = (self.seed.unit(&label) * f64::from(most)) as u32;
        figure
    }

    /// An input that is a text; empty where it is none.
    #[must_use]
    pub fn text(&self, field: &str) -> &'a str {
        self.inputs[field].as_str().unwrap_or_default()
    }

    /// The part of every endpoint that is the same within an account and region.
    #[must_use]
    pub fn zone(&self) -> String {
        self.seed.text(&["endpoint", self.account, self.region], b"abcdefghijklmnopqrstuvwxyz0123456789", 6)
    }

    /// The ARN of `field`'s object with another resource type, and this object's own part behind it.
    #[must_use]
    pub fn below(&self, field: &str, from: &str, to: &str) -> String {
        format!("{}/{}", self.text(field).replacen(from, to, 1), self.hex("id", 16))
    }
}

/// Outputs from their names and values.
#[must_use]
pub fn outputs<const N: usize>(outputs: [(&str, Value); N]) -> Outputs {
    outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// 32 hex digits with the hyphens of a UUID.
#[must_use]
pub fn hyphened(hex: &str) -> String {
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
