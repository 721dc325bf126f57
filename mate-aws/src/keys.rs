//! KMS keys in the forms that services take and tell: id, ARN, alias, ARN of an alias.

use serde_json::Value;

/// Returns true if both name one key. An alias and a key id never count as the same: only KMS could tell.
pub(crate) fn same_key(one: &str, other: &str) -> bool {
    tail(one) == tail(other)
}

fn tail(key: &str) -> &str {
    let resource = if key.starts_with("arn:") { key.splitn(6, ':').nth(5).unwrap_or(key) } else { key };
    resource.strip_prefix("key/").unwrap_or(resource)
}

/// The key that a service tells, in the form that is desired when it is the same key; null for the service's own key
/// (`default`, an alias such as `alias/aws/secretsmanager`) or for none.
pub(crate) fn report(desired: Option<&str>, live: Option<&str>, default: &str) -> Value {
    match (desired, live) {
        (Some(desired), Some(live)) if same_key(desired, live) => Value::from(desired),
        (_, Some(live)) if !same_key(live, default) => Value::from(live),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b";
    const DEFAULT: &str = "alias/aws/secretsmanager";

    #[test]
    fn an_id_and_its_arn_are_one_key() {
        assert!(same_key(ARN, "0a1b") && same_key("0a1b", ARN) && same_key(ARN, ARN));
        assert!(same_key("arn:aws:kms:us-east-1:123456789012:alias/mate", "alias/mate"));
        assert!(!same_key(ARN, "alias/0a1b") && !same_key(ARN, "0a1c"));
    }

    #[test]
    fn the_desired_form_is_reported() {
        assert_eq!(report(Some("0a1b"), Some(ARN), DEFAULT), Value::from("0a1b"));
        assert_eq!(report(Some("ffff"), Some(ARN), DEFAULT), Value::from(ARN));
        assert_eq!(report(None, Some("arn:aws:kms:us-east-1:1:alias/aws/secretsmanager"), DEFAULT), Value::Null);
        assert_eq!(report(Some("0a1b"), None, DEFAULT), Value::Null);
    }
}
