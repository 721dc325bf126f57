//! A customer-managed KMS key with its alias (`kms:Key`).

use serde::{Deserialize, Serialize};

use super::policy::PolicyDocument;
use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A customer-managed KMS key with its alias (`kms:Key`): symmetric, of one region.
///
/// A key has no name: it is known by `alias/{name}`, its ownership tags and its id. A deleted key is pending for some
/// days, in which its alias is free again; it counts as absent.
#[derive(Debug)]
pub struct Key;

impl Key {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its id.
    pub const ID: Output<Self, String> = Output::new("key_id");
}

/// What a key is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyInputs {
    /// What it is for.
    pub description: String,
    /// Its alias, `alias/mate-dev`; a key that has none yet tells none.
    pub alias: String,
    /// Whether AWS draws new key material every year.
    pub enable_key_rotation: bool,
    /// Who may use it.
    pub policy: PolicyDocument,
    /// Days between its deletion and its end, 7 to 30.
    pub pending_window_days: u8,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("alias", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("enable_key_rotation", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("pending_window_days", Impact::InPlace).class(DriftClass::Data).write_only(),
];

impl Kind for Key {
    const NAME: &'static str = "kms:Key";
    type Inputs = KeyInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "key_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held(
                "whatever the key encrypted, snapshots and backups included, once its waiting period is over",
            ),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(2, 2, 2),
            // `alias/` and the name together have 256.
            name_rule: NameRule { max: 250 },
            taggable: true,
            deduplicated: false,
            run_once: false,
        }
    }
}
