//! The policy of a topic: the statement that lets its account in, and those that are wanted beside it.

use mate_core::kinds::policy::{PolicyDocument, Statement};
use mate_core::provider::{ErrorClass, ProviderError, Target};
use serde_json::{Value, json};

use crate::drivers::policies;

/// The name of the statement that SNS gives to every topic.
const OWNER: &str = "__default_statement_ID";

/// The statement that SNS gives to every topic: whoever IAM lets in the topic's account may do these. It stays, because a
/// policy that is set takes the place of the whole one.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
fn owner(arn: &str) -> Statement {
    let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    let statement = Statement::allow(OWNER, actions, vec![arn.to_owned().into()]);
    let statement = statement.when("StringEquals", "AWS:SourceOwner", vec![account.into()]);
    Statement { principals: vec!["*".to_owned()], ..statement }
}

/// The document with these statements, as SNS takes it.
pub(super) fn document(
    target: &Target,
    operation: &str,
    arn: &str,
    statements: &[Statement],
) -> Result<String, ProviderError> {
    let own = statements.iter().cloned().map(|statement| on(statement, arn));
    let policy = PolicyDocument { statements: std::iter::once(owner(arn)).chain(own).collect() };
    let document = policy.to_aws();
    let document = document
        .map_err(|error| ProviderError::new(ErrorClass::Bug, operation, target.address.clone()).with_source(error))?;
    Ok(document.to_string())
}

/// A statement without resources is about the topic.
fn on(mut statement: Statement, arn: &str) -> Statement {
    if statement.resources.is_empty() {
        statement.resources.push(arn.to_owned().into());
    }
    statement
}

/// The statements beside the owner's in the model's form, and in the desired words when they mean the same. A policy that the
/// model cannot express is told as it stands: it differs from every desired one.
pub(super) fn read(target: &Target, arn: &str, text: Option<&str>) -> Value {
    let text = text.unwrap_or(r#"{"Statement":[]}"#);
    let mut raw: Value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    if let Some(statements) = raw["Statement"].as_array_mut() {
        statements.retain(|statement| statement["Sid"] != OWNER);
    }
    let Ok(live) = PolicyDocument::from_aws(&raw) else { return raw };
    let wanted = target.inputs.get("policy").cloned().unwrap_or_default();
    match serde_json::from_value::<Vec<Statement>>(wanted.clone()) {
        Ok(desired) if means(&desired, arn) == means(&live.statements, arn) => wanted,
        _ => json!(live.statements),
    }
}

/// The meaning of statements on a topic, in any order.
fn means(statements: &[Statement], arn: &str) -> Vec<String> {
    let statements = statements.iter().cloned().map(|statement| on(statement, arn));
    let mut all: Vec<String> = statements.map(|statement| policies::meaning(&statement).to_string()).collect();
    all.sort();
    all
}
