//! The policy as IAM takes it: statements, and documents that are small enough.

use std::collections::{BTreeMap, BTreeSet};

use mate_core::kinds::policy::{Effect, PolicyDocument, Statement};
use mate_core::model::Input;
use mate_core::model::Ownership;
use serde_json::Value;

use super::{Condition, ExecutorPolicy, Scope};

/// Most characters of a managed policy, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_CHARACTERS: usize = 6144;

impl ExecutorPolicy {
    /// The policy as one document, whatever its size.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json(self.statements())
    }

    /// The policy as managed policies: as many documents as are needed for each to be within IAM's limit of 6,144
    /// characters. A role takes ten managed policies unless its quota is raised.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        let mut documents: Vec<Vec<Statement>> = Vec::new();
        for statement in self.statements().into_iter().flat_map(fitting) {
            match documents.last_mut() {
                Some(last) if size(&[last.as_slice(), std::slice::from_ref(&statement)].concat()) <= MAX_CHARACTERS => {
                    last.push(statement);
                }
                _ => documents.push(vec![statement]),
            }
        }
        documents.into_iter().map(json).collect()
    }

    /// The statements in the order of accesses, then of what they are about.
    pub(super) fn statements(&self) -> Vec<Statement> {
        let mut sids: BTreeMap<String, usize> = BTreeMap::new();
        // Without its condition a statement can be the same as another.
        let mut merged: BTreeMap<Scope, BTreeSet<&str>> = BTreeMap::new();
        for (scope, actions) in &self.allowed {
            let mut scope = scope.clone();
            if !self.tag_conditions && scope.condition == Condition::Tagged {
                scope.condition = Condition::None;
            }
            merged.entry(scope).or_default().extend(actions.iter().map(String::as_str));
        }
        let statements = merged.into_iter().map(|(scope, actions)| {
            let count = sids.entry(format!("{}{}", scope.access, scope.label)).or_default();
            *count += 1;
            let number = if *count == 1 { String::new() } else { count.to_string() };
            Statement {
                sid: format!("{}{}{number}", scope.access, scope.label),
                effect: Effect::Allow,
                principals: Vec::new(),
                actions: actions.into_iter().map(str::to_owned).collect(),
                resources: scope.resources.iter().map(|pattern| Input::Literal(self.arn(pattern))).collect(),
                conditions: self.conditions(&scope.condition),
            }
        });
        statements.collect()
    }

    fn conditions(&self, condition: &Condition) -> BTreeMap<String, BTreeMap<String, Vec<Input<String>>>> {
        let (operator, key, value) = match condition {
            Condition::None => return BTreeMap::new(),
            Condition::Tagged => ("StringEquals", "aws:ResourceTag/ManagedBy", Ownership::MANAGER.to_owned()),
            Condition::MadeBy(call) => ("StringEquals", "ec2:CreateAction", (*call).to_owned()),
            Condition::KeyVia(of) => ("StringLike", "kms:ViaService", format!("{of}.{}.amazonaws.com", self.region)),
            Condition::PassedTo(of) => ("StringEquals", "iam:PassedToService", (*of).to_owned()),
            Condition::LinkedRole(of) => ("StringEquals", "iam:AWSServiceName", (*of).to_owned()),
        };
        BTreeMap::from([(operator.to_owned(), BTreeMap::from([(key.to_owned(), vec![Input::Literal(value)])]))])
    }

    /// `service:resource` as an ARN; `*` and what is an ARN already are left.
    fn arn(&self, pattern: &str) -> String {
        let Some((service, resource)) = pattern.split_once(':').filter(|(service, _)| *service != "arn") else {
            return pattern.to_owned();
        };
        let partition = match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let (region, account) = match service {
            "s3" | "route53" => ("", ""),
            "iam" => ("", self.account.as_str()),
            _ => (self.region.as_str(), self.account.as_str()),
        };
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

fn json(statements: Vec<Statement>) -> Value {
    PolicyDocument { statements }.to_aws().expect("every resource is a literal")
}

fn size(statements: &[Statement]) -> usize {
    json(statements.to_vec()).to_string().chars().filter(|character| !character.is_whitespace()).count()
}

/// The statement in parts, each of which fits into a document of its own.
fn fitting(statement: Statement) -> Vec<Statement> {
    let (resources, actions) = (statement.resources.len(), statement.actions.len());
    if size(std::slice::from_ref(&statement)) <= MAX_CHARACTERS || (resources < 2 && actions < 2) {
        return vec![statement];
    }
    let (mut first, mut second) = (statement.clone(), statement);
    second.sid.push('B');
    if resources > 1 {
        second.resources = first.resources.split_off(resources / 2);
    } else {
        second.actions = first.actions.split_off(actions / 2);
    }
    [first, second].into_iter().flat_map(fitting).collect()
}
