//! A Cognito user pool (`cognito-idp:UserPool`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A Cognito user pool (`cognito-idp:UserPool`). People sign in with their e-mail address, which Cognito verifies.
#[derive(Debug)]
pub struct UserPool;

impl UserPool {
    /// Its id, `us-east-1_…`.
    pub const ID: Output<Self, String> = Output::new("user_pool_id");
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a pool is made from. Its name can be taken by another pool too: it is known by tags and id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPoolInputs {
    /// Fewest characters of a password, 6 to 99.
    pub password_minimum_length: u8,
    /// Whether only an administrator makes users; otherwise anybody can sign up.
    pub admin_create_user_only: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("password_minimum_length", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("admin_create_user_only", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("deletion_protection", Impact::InPlace).class(DriftClass::Data),
];

impl Kind for UserPool {
    const NAME: &'static str = "cognito-idp:UserPool";
    type Inputs = UserPoolInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["user_pool_id", "arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("every user of the pool"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 128 },
            taggable: true,
            deduplicated: false,
            run_once: false,
        }
    }
}
