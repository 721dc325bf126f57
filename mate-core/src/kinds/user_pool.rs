//! A Cognito user pool (`cognito-idp:UserPool`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, Data, Deduplication, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Naming, Output,
    Quota, Refused, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A Cognito user pool (`cognito-idp:UserPool`). People sign in with their e-mail address, which Cognito verifies.
#[derive(Debug)]
pub struct UserPool;

impl UserPool {
    /// Its id, `us-east-1_…`.
    pub const ID: Output<Self, String> = Output::new("user_pool_id");
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a user pool. Pool names are not unique: a pool is identified by its tags and its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPoolInputs {
    /// Fewest characters of a password, 6 to 99.
    pub password_minimum_length: u8,
    /// True if only administrators can create users; otherwise anybody can sign up.
    pub admin_create_user_only: bool,
    /// True if AWS refuses to delete it.
    pub deletion_protection: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("password_minimum_length", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("admin_create_user_only", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("deletion_protection", Impact::InPlace).class(DriftClass::Data),
];

const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn pool_id(n: &Naming<'_>) -> String {
    format!("{}_{}", n.region(), n.drawn("id", MIXED, 9))
}

/// `us-east-1_AbCdEf123`.
fn is_pool(text: &str) -> bool {
    let is_region = |region: &str| {
        let parts: Vec<&str> = region.split('-').collect();
        parts.len() >= 3
            && parts[0].len() == 2
            && parts[..parts.len() - 1].iter().all(|part| part.bytes().all(|b| b.is_ascii_lowercase()))
            && parts[parts.len() - 1].bytes().all(|b| b.is_ascii_digit())
            && parts.iter().all(|part| !part.is_empty())
    };
    text.split_once('_').is_some_and(|(region, id)| {
        is_region(region) && (9..=55).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if !(6..=99).contains(&inputs["password_minimum_length"].as_u64().unwrap_or(0)) {
        return Refused::invalid("InvalidParameterException", "MinimumLength must be 6 to 99");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: pool_id,
    outputs: Some(|n| {
        let id = pool_id(n);
        outputs([("arn", json!(n.arn("cognito-idp", &format!("userpool/{id}")))), ("user_pool_id", json!(id))])
    }),
    by_tags: true,
    calls: ("CreateUserPool", "UpdateUserPool", "DeleteUserPool"),
    quota: "LimitExceededException",
    read: Some(("cognito-idp:DescribeUserPool", 1)),
    protected: Some(("InvalidParameterException", "the user pool {id} has deletion protection activated")),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    shape: Some(|text| is_pool(text).then_some(text)),
    known: &[("user_pool_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_cognito_user_pool"],
        id: |r| r.first(&["id", "user_pool_id"]),
        name: &["name"],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "cognito-idp",
    "L-66E6DF30",
    "User pools per account",
    1000,
    "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "user-pool",
    |base| base.name("users"),
    |_| json!(UserPoolInputs { password_minimum_length: 12, admin_create_user_only: true, deletion_protection: true }),
)
.updated("password_minimum_length", || json!(14))];

impl Kind for UserPool {
    const NAME: &'static str = "cognito-idp:UserPool";
    type Inputs = UserPoolInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["user_pool_id", "arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("every user of the pool"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(128)
            .with_deduplication(Deduplication::Never)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::of_id("cognito-idp", "userpool/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
