//! An IAM role with its trust, its inline policy and its managed policies (`iam:Role`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LogGroup;
use super::policy::PolicyDocument;
use super::policy::Statement;
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Output, Quota, Reach, ReplaceOrder,
    Sample, SimFacet, TerraformType, Timing, outputs,
};

/// An IAM role with its trust, its inline policy and its managed policies (`iam:Role`).
#[derive(Debug)]
pub struct Role;

impl Role {
    /// The role's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The role's name.
    pub const NAME: Output<Self, String> = Output::new("role_name");
}

/// The inputs of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleInputs {
    /// The description of the role.
    pub description: String,
    /// The trust policy: the principals that may assume the role.
    pub assume_role_policy: PolicyDocument,
    /// The permissions of the role: one inline policy, with the name of the role.
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

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        let arn = format!("arn:aws:iam::{}:role/{}", n.account(), n.name());
        outputs([("arn", json!(arn)), ("role_name", json!(n.name()))])
    }),
    calls: ("CreateRole", "UpdateRole", "DeleteRole"),
    exists: "EntityAlreadyExists",
    quota: "LimitExceeded",
    read: Some(("iam:GetRole", 1)),
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next(),
    known: &[("arn", KnownId::Arn), ("role_name", KnownId::Name)],
    terraform: &[TerraformType {
        names: &["aws_iam_role"],
        id: |r| r.text("arn"),
        name: &["name"],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "iam",
    "L-FE177D64",
    "Roles per account",
    1000,
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)
.account()];

fn sample(service: &str, statements: Vec<Statement>) -> Value {
    json!(RoleInputs {
        description: "conformance suite".into(),
        assume_role_policy: PolicyDocument::trust(service),
        policy: (!statements.is_empty()).then_some(PolicyDocument { statements }),
        managed_policy_arns: Vec::new(),
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new(
        "flow-log-role",
        |base| base.name("flow-log-role"),
        |base| {
            let actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
            let groups = base.out("flow-log-group", LogGroup::ARN).with_suffix(":*");
            sample("vpc-flow-logs.amazonaws.com", vec![Statement::allow("Write", actions, vec![groups])])
        },
    ),
    Sample::new(
        "execution-role",
        |base| base.name("execution-role"),
        |base| {
            let group = base.out("logs", LogGroup::ARN).with_suffix(":*");
            sample("ecs-tasks.amazonaws.com", vec![Statement::allow("Logs", ["logs:PutLogEvents"], vec![group])])
        },
    ),
    Sample::new("task-role", |base| base.name("task-role"), |_| sample("ecs-tasks.amazonaws.com", Vec::new())),
];

impl Kind for Role {
    const NAME: &'static str = "iam:Role";
    const REACH: Reach = Reach::Account;
    type Inputs = RoleInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "role_name"])
            .with_named_outputs(&["arn", "role_name"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(3, 2, 2))
            .with_name_max(64)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::whole("iam", "role/").global())
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
