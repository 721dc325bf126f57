//! Policies of resources: whether two mean the same, however AWS writes the one of them back.

use std::collections::BTreeSet;

use mate_core::kinds::policy::Statement;
use mate_core::provider::{ErrorClass, ProviderError};
use serde_json::{Map, Value, json};

/// A refused policy that names a role or user may be right: IAM shows a new one to other services a little later, and
/// until then they have the same code as for a policy that is wrong.
pub(crate) fn unseen(mut error: ProviderError, statements: &[Statement]) -> ProviderError {
    let new = |principal: &String| principal.contains(":role/") || principal.contains(":user/");
    let refused = matches!(error.code.as_deref(), Some("MalformedPolicy" | "InvalidPolicyException"));
    if refused && statements.iter().flat_map(|statement| &statement.principals).any(new) {
        error.class = ErrorClass::EventualConsistency;
        error.retry = error.class.retry();
    }
    error
}

/// The meaning of a statement, in one spelling. Lists are sets, actions and the keys of conditions are
/// case-insensitive, and an account is its number, which AWS writes back as the ARN of the account's root.
pub(crate) fn meaning(statement: &Statement) -> Value {
    fn set(values: impl IntoIterator<Item = String>) -> Value {
        json!(values.into_iter().collect::<BTreeSet<_>>())
    }
    let conditions: Map<String, Value> = statement
        .conditions
        .iter()
        .map(|(operator, keys)| {
            let keys = keys.iter().map(|(key, values)| {
                let values = values.iter().map(|value| json!(value).to_string());
                (key.to_lowercase(), set(values))
            });
            (operator.clone(), Value::Object(keys.collect()))
        })
        .collect();
    json!({
        "sid": statement.sid,
        "effect": statement.effect,
        "principals": set(statement.principals.iter().map(|principal| account(principal).to_owned())),
        "actions": set(statement.actions.iter().map(|action| action.to_lowercase())),
        "resources": set(statement.resources.iter().map(|resource| json!(resource).to_string())),
        "conditions": conditions,
    })
}

/// The number of the account whose root it is, or the principal itself.
fn account(principal: &str) -> &str {
    let root = || {
        let (partition, rest) = principal.strip_prefix("arn:")?.split_once(":iam::")?;
        rest.strip_suffix(":root").filter(|_| !partition.contains(':'))
    };
    root().unwrap_or(principal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::testing::address;

    fn logs() -> Statement {
        Statement {
            principals: vec!["logdelivery.elasticloadbalancing.amazonaws.com".into()],
            ..Statement::allow("Logs", ["s3:PutObject", "s3:GetBucketAcl"], vec!["arn:aws:s3:::b/*".into()])
        }
    }

    fn owner() -> Statement {
        Statement {
            principals: vec!["arn:aws:iam::123456789012:root".into()],
            ..Statement::allow("Owner", ["s3:ListBucket"], vec!["arn:aws:s3:::b".into()])
        }
    }

    #[test]
    fn a_refusal_is_waited_out_only_where_a_role_is_named() {
        let refusal = |statement: Statement| {
            let error = ProviderError::new(ErrorClass::Invalid, "s3:PutBucketPolicy", address("thing"));
            unseen(error.with_code("MalformedPolicy"), &[statement]).class
        };
        assert_eq!(refusal(logs()), ErrorClass::Invalid);
        assert_eq!(refusal(owner()), ErrorClass::Invalid);
        let role = Statement { principals: vec!["arn:aws:iam::123456789012:role/reader".into()], ..owner() };
        assert_eq!(refusal(role), ErrorClass::EventualConsistency);
    }
}
