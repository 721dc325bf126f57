//! The comparison of two values of a field: one for plan, drivers, SimCloud and the conformance suite, so that none of
//! them sees a difference where another sees none.

use serde_json::Value;

use super::{FieldRule, KindModel};

/// True if two values of a field mean the same: `null` is as good as a missing member, 5 is 5.0, and a list whose order
/// means nothing ([`FieldRule::unordered`]) may be in any order.
///
/// ```
/// use mate_core::model::{FieldRule, Impact, compare};
/// use serde_json::json;
///
/// let groups = FieldRule::new("security_group_ids", Impact::InPlace).unordered();
/// assert!(compare::same(&groups, &json!(["sg-1", "sg-2"]), &json!(["sg-2", "sg-1"])));
/// let command = FieldRule::new("command", Impact::InPlace);
/// assert!(!compare::same(&command, &json!(["run", "now"]), &json!(["now", "run"])));
/// ```
#[must_use]
pub fn same(rule: &FieldRule, old: &Value, new: &Value) -> bool {
    if rule.unordered { same_members(old, new) } else { same_value(old, new) }
}

/// True if two values mean the same, lists in their order.
#[must_use]
pub fn same_value(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(old), Value::Number(new)) => old == new || old.as_f64() == new.as_f64(),
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same_value(old, new))
        }
        (Value::Object(old), Value::Object(new)) => {
            let null = Value::Null;
            old.keys()
                .chain(new.keys())
                .all(|name| same_value(old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null)))
        }
        _ => old == new,
    }
}

/// True if two lists have the same members, each as often, in any order. Values that are no lists are compared as they are.
#[must_use]
pub fn same_members(old: &Value, new: &Value) -> bool {
    let (Value::Array(old), Value::Array(new)) = (old, new) else { return same_value(old, new) };
    if old.len() != new.len() {
        return false;
    }
    let mut left: Vec<&Value> = new.iter().collect();
    old.iter().all(|item| {
        let place = left.iter().position(|other| same_value(item, other));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}

/// The fields of a kind in which the inputs that the cloud tells are not the wanted ones. Fields that the cloud does not tell
/// back ([`FieldRule::write_only`]) and those that only make an edge are left out.
pub fn differing<'a>(
    model: &KindModel,
    told: &'a Value,
    wanted: &'a Value,
) -> impl Iterator<Item = &'static FieldRule> + use<'a> {
    let read = |rule: &&FieldRule| !rule.write_only && !rule.edge_only;
    model.fields.iter().filter(read).filter(move |rule| !same(rule, &told[rule.field], &wanted[rule.field]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{DriftClass, Impact};

    const LIST: FieldRule = FieldRule::new("list", Impact::InPlace).class(DriftClass::Capacity);

    #[test]
    fn the_order_of_a_list_counts_unless_its_rule_says_otherwise() {
        let (one, other) = (json!([1, 2]), json!([2, 1]));
        assert!(!same(&LIST, &one, &other));
        assert!(same(&LIST.unordered(), &one, &other));
    }

    #[test]
    fn a_member_that_stands_twice_is_missed_once() {
        let rule = LIST.unordered();
        assert!(!same(&rule, &json!([1, 1, 2]), &json!([1, 2, 2])));
        assert!(!same(&rule, &json!([1, 2]), &json!([1, 2, 2])));
        assert!(same(&rule, &json!([1, 2, 1]), &json!([1, 1, 2])));
    }

    #[test]
    fn a_missing_member_is_null_and_a_whole_number_is_a_number() {
        assert!(same_value(&json!({"a": 5, "b": null}), &json!({"a": 5.0})));
        assert!(same(&LIST.unordered(), &json!([{"a": 1}]), &json!([{"a": 1.0, "b": null}])));
        assert!(!same_value(&json!({"a": 5}), &json!({"a": "5"})));
    }

    #[test]
    fn only_fields_that_the_cloud_tells_differ() {
        use crate::kinds::LogGroup;
        use crate::model::Kind;

        let model = LogGroup::model();
        let fields = |told: Value| differing(&model, &told, &json!({"retention_days": 7})).count();
        assert_eq!(fields(json!({"retention_days": 7.0})), 0);
        assert_eq!(fields(json!({"retention_days": 30})), 1);
        assert_eq!(fields(json!({})), 1, "what is not told is not known to be as wanted");
    }
}
