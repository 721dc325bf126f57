//! A secret whose value is generated where it is written (`secretsmanager:Secret`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, Data, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Mechanism, Naming, Output,
    Quota, ReplaceOrder, Sample, SampleBase, SimFacet, TerraformType, Timing, outputs,
};

/// A secret whose value is generated where it is written (`secretsmanager:Secret`).
#[derive(Debug)]
pub struct Secret;

impl Secret {
    /// The secret's ARN. Its value is never an output.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a secret. They exclude the value: the provider generates the value, writes it and drops it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretInputs {
    /// The description of the secret.
    pub description: String,
    /// The key that encrypts it; AWS's own key for Secrets Manager when none is given.
    pub kms_key_id: Option<Input<String>>,
    /// The rule by which the value is generated at creation.
    pub generate: Generate,
    /// Days in which a deleted secret can be brought back: 0 (deleted for good at once, the name free again) or 7 to 30.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
    pub recovery_window_days: u8,
    /// The number of changes of the value. A higher number writes a new value and keeps the one before as the previous
    /// version, which its own number restores. Older values are lost.
    #[serde(default)]
    pub generation: u32,
}

/// The rule by which a secret's value is generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Generate {
    /// A secret string of `length` letters and digits.
    Token {
        /// Characters.
        length: u8,
    },
    /// The JSON object `{"username": …, "password": …}` with a generated password of letters and digits.
    Credentials {
        /// The user name, not generated.
        username: String,
        /// Characters of the password.
        length: u8,
    },
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("kms_key_id", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("generate", Impact::Never("a secret's value is changed by rotating it"))
        .class(DriftClass::Security)
        .write_only(),
    FieldRule::new("recovery_window_days", Impact::InPlace).class(DriftClass::Data).write_only(),
    FieldRule::new("generation", Impact::InPlace).class(DriftClass::Security),
];

fn secret_arn(n: &Naming<'_>) -> String {
    let suffix = n.lettered("secret", 6);
    n.arn("secretsmanager", &format!("secret:{}-{suffix}", n.name()))
}

/// A secret's name: AWS puts a hyphen and six random characters behind it.
fn secret_name(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((name, random)) if random.len() == 6 && random.bytes().all(|b| b.is_ascii_alphanumeric()) => name,
        _ => name,
    }
}

const SIM: SimFacet = SimFacet {
    physical_id: secret_arn,
    outputs: Some(|n| outputs([("arn", json!(secret_arn(n)))])),
    calls: ("CreateSecret", "UpdateSecret", "DeleteSecret"),
    exists: "ResourceExistsException",
    quota: "LimitExceededException",
    read: Some(("secretsmanager:DescribeSecret", 1)),
    mechanism: Mechanism::Secret,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_id", "EncryptionFailure")];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.strip_prefix("secret:").map(secret_name),
    terraform: &[TerraformType { names: &["aws_secretsmanager_secret"], ..TerraformType::ARN }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "secretsmanager",
    "",
    "Secrets",
    500_000,
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
)
.without_code()
.fixed()];

fn sample_name(base: &SampleBase, node: &str) -> String {
    format!("mate/{}/{}/{node}", base.tenant, base.environment)
}

fn sample(base: &SampleBase, generate: Generate) -> Value {
    json!(SecretInputs {
        description: "conformance suite".into(),
        kms_key_id: Some(base.key()),
        generate,
        recovery_window_days: 0,
        generation: 0,
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new(
        "db-secret",
        |base| sample_name(base, "db-secret"),
        |base| sample(base, Generate::Credentials { username: "mate".into(), length: 32 }),
    )
    .updated("description", || json!("other words")),
    Sample::new(
        "cache-secret",
        |base| sample_name(base, "cache-secret"),
        |base| sample(base, Generate::Token { length: 64 }),
    ),
    Sample::new(
        "app-secret",
        |base| sample_name(base, "app-secret"),
        |base| sample(base, Generate::Token { length: 50 }),
    )
    .updated("generation", || json!(1)),
];

impl Kind for Secret {
    const NAME: &'static str = "secretsmanager:Secret";
    type Inputs = SecretInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("the secret value"))
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(512)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("secretsmanager", "secret:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
