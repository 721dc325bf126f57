//! A customer-managed KMS key with its alias (`kms:Key`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::PolicyDocument;
use super::policy::Statement;
use crate::model::{
    AdoptFacet, ArnForm, Data, Deduplication, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Naming, Output,
    Quota, Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimView, SimWorld, TerraformAlias, TerraformOutput,
    TerraformType, Timing, outputs,
};

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

/// The inputs of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyInputs {
    /// The description of the key.
    pub description: String,
    /// Its alias, `alias/mate-dev`; a key that has none yet tells none.
    pub alias: String,
    /// True if AWS rotates the key material every year.
    pub enable_key_rotation: bool,
    /// The key policy.
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

fn key_arn(n: &Naming<'_>) -> String {
    n.arn("kms", &format!("key/{}", n.uuid("id")))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if !(7..=30).contains(&inputs["pending_window_days"].as_u64().unwrap_or(0)) {
        return Refused::invalid("ValidationException", "PendingWindowInDays must be 7 to 30");
    }
    Ok(())
}

/// An alias leads to one key.
fn check_alias(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let alias = &request.inputs["alias"];
    let mut taken = |key: &SimView<'_>| Some(key.uid) != request.own && key.inputs["alias"] == *alias;
    match world.find("kms:Key", &mut taken) {
        Some(key) => {
            Refused::exists("AlreadyExistsException", format!("the alias {alias} leads to {}", key.physical_id))
        }
        None => Ok(()),
    }
}

const SIM: SimFacet = SimFacet {
    physical_id: key_arn,
    outputs: Some(|n| outputs([("arn", json!(key_arn(n))), ("key_id", json!(n.uuid("id")))])),
    by_tags: true,
    words: ("Creating", "Updating"),
    calls: ("CreateKey", "UpdateKeyDescription", "ScheduleKeyDeletion"),
    exists: "AlreadyExistsException",
    quota: "LimitExceededException",
    read: Some(("kms:DescribeKey", 1)),
    // A deleted key only waits, and its alias is free: nobody can use or see it as a key.
    gone_at_once: true,
    inputs: check_inputs,
    request: check_alias,
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    keys: &["alias"],
    known: &[("arn", KnownId::Arn), ("key_id", KnownId::By(|id| id.rsplit('/').next()))],
    terraform: &[TerraformType { names: &["aws_kms_key"], name: &[], ..TerraformType::ARN }],
    outputs: &[TerraformOutput::new(&["kms_key_id", "kms_key_ids", "key_id"], |text| {
        let id = text.strip_prefix("mrk-").unwrap_or(text);
        TerraformOutput::within(id, 32, 36, |b| b.is_ascii_hexdigit() || b == b'-')
    })],
    alias: Some(TerraformAlias {
        of_type: "aws_kms_alias",
        target: &["target_key_arn", "target_key_id"],
        prefix: "alias/",
        of_aws: "alias/aws/",
        field: "alias",
    }),
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "kms",
    "L-C2F1777E",
    "Customer Master Keys (CMKs)",
    100_000,
    "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "key",
    |base| base.name("key"),
    |base| {
        let root = format!("arn:aws:iam::{}:root", base.account);
        let everything = Statement::allow("Account", ["kms:*"], vec!["*".into()]);
        json!(KeyInputs {
            description: "conformance suite".into(),
            alias: format!("alias/{}", base.name("key")),
            enable_key_rotation: true,
            policy: PolicyDocument { statements: vec![Statement { principals: vec![root], ..everything }] },
            pending_window_days: 7,
        })
    },
)
.updated("description", || json!("other words"))];

impl Kind for Key {
    const NAME: &'static str = "kms:Key";
    type Inputs = KeyInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "key_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held(
                "whatever the key encrypted, snapshots and backups included, once its waiting period is over",
            ))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            // `alias/` and the name together have 256.
            .with_name_max(250)
            .with_deduplication(Deduplication::Never)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::whole("kms", "key/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
