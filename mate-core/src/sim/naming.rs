//! What ids and outputs are made from.

use serde_json::Value;

use super::seed::Seed;
use crate::model::ids::KindName;

/// What the ids and outputs of an object are made from.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    pub(super) seed: Seed,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) kind: &'a KindName,
    pub(super) name: &'a str,
    pub(super) serial: u32,
    pub(super) revision: u32,
    pub(super) inputs: &'a Value,
}

impl<'a> Naming<'a> {
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

    /// `length` characters of `alphabet`, the same for the same object.
    pub(super) fn drawn(&self, label: &str, alphabet: &[u8], length: usize) -> String {
        self.seed.text(&[label, self.kind.as_str(), self.name, &self.serial.to_string()], alphabet, length)
    }

    /// A figure below `most`, the same for the same object.
    pub(super) fn figure(&self, label: &str, most: u32) -> u32 {
        let label = [label, self.kind.as_str(), self.name, &self.serial.to_string()];
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let figure = (self.seed.unit(&label) * f64::from(most)) as u32;
        figure
    }

    pub(super) fn text(&self, field: &str) -> &'a str {
        self.inputs[field].as_str().unwrap_or_default()
    }

    /// The part of every endpoint that is the same within an account and region.
    pub(super) fn zone(&self) -> String {
        self.seed.text(&["endpoint", self.account, self.region], b"abcdefghijklmnopqrstuvwxyz0123456789", 6)
    }

    /// The ARN of `field`'s object with another resource type, and this object's own part behind it.
    pub(super) fn below(&self, field: &str, from: &str, to: &str) -> String {
        format!("{}/{}", self.text(field).replacen(from, to, 1), self.hex("id", 16))
    }
}

/// 32 hex digits with the hyphens of a UUID.
pub(super) fn hyphened(hex: &str) -> String {
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
