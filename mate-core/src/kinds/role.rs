//! An IAM role with its trust, its inline policy and its managed policies (`iam:Role`).

use serde::{Deserialize, Serialize};

use super::policy::PolicyDocument;
use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, Reach, ReplaceOrder, Timing};

/// An IAM role with its trust, its inline policy and its managed policies (`iam:Role`).
#[derive(Debug)]
pub struct Role;

impl Role {
    /// The role's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The role's name.
    pub const NAME: Output<Self, String> = Output::new("role_name");
}

/// What a role is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleInputs {
    /// What it is for.
    pub description: String,
    /// Who may take it.
    pub assume_role_policy: PolicyDocument,
    /// What it may do: one inline policy, called as the role is.
    pub policy: Option<PolicyDocument>,
    /// Managed policies by ARN.
    pub managed_policy_arns: Vec<String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("assume_role_policy", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("managed_policy_arns", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for Role {
    const NAME: &'static str = "iam:Role";
    const REACH: Reach = Reach::Account;
    type Inputs = RoleInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "role_name"],
            revised_outputs: &[],
            named_outputs: &["arn", "role_name"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(3, 2, 2),
            name_rule: NameRule { max: 64 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
