//! The versions of database engines, by their numbers.

use serde_json::Value;

/// True if one version is older than the other, in the parts that both name: `16.3` is older than `16.4` and `17`, and `16` is
/// not older than `16.4`.
pub(super) fn is_older(one: &Value, other: &Value) -> bool {
    let numbers = |version: &Value| -> Vec<u32> {
        let text = version.as_str().unwrap_or_default();
        text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    one.iter().zip(&other).find(|(one, other)| one != other).is_some_and(|(one, other)| one < other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_is_older_by_its_numbers_in_the_parts_that_both_name() {
        let older = |one: &str, other: &str| is_older(&json!(one), &json!(other));
        assert!(older("16.3", "16.4") && older("16.9", "16.10") && older("16.4", "17") && older("7.0", "7.1"));
        assert!(!older("16.4", "16.4") && !older("16", "16.4") && !older("16.4", "16") && !older("17", "16.4"));
    }
}
