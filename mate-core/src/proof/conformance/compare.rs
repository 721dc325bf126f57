//! The comparison of a provider's answers with the inputs and tags that were given.

use serde_json::Value;

use crate::model::{FieldRule, KindModel, Tags, compare};
use crate::provider::{Live, Observation};

/// Each field that differs, as `field: wanted …, told …`; none when all that is told back is right.
pub(super) fn differences(model: &KindModel, wanted: &Value, told: &Value) -> Vec<String> {
    let told_otherwise =
        |rule: &FieldRule| format!("{}: wanted {}, told {}", rule.field, wanted[rule.field], told[rule.field]);
    compare::differing(model, told, wanted).map(told_otherwise).collect()
}

/// The outputs that an object with these inputs must have.
pub(super) fn expected_outputs(model: &KindModel, inputs: &Value) -> Vec<&'static str> {
    model.outputs.iter().copied().filter(|output| (model.has_output)(inputs, output)).collect()
}

/// The tags of `wanted` that `told` lacks or has otherwise.
pub(super) fn missing_tags(wanted: &Tags, told: &Tags) -> Vec<String> {
    let lacks = wanted.iter().filter(|(key, value)| told.get(*key) != Some(*value));
    lacks.map(|(key, value)| format!("{key}={value}")).collect()
}

/// An observation in few words.
pub(super) fn brief(observation: &Observation) -> String {
    match observation {
        Observation::Absent => "absent".to_owned(),
        Observation::Foreign(whose) => format!("foreign ({whose})"),
        Observation::Unknown(error) => format!("unknown ({error})"),
        Observation::Present(Live { physical_id, status, .. }) => format!("present ({physical_id}, {status})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Listener, ListenerRule, SecurityGroup};
    use crate::model::Kind;
    use serde_json::json;

    #[test]
    fn the_order_of_unordered_lists_is_no_difference() {
        let model = SecurityGroup::model();
        let one = json!({"description": "d", "vpc_id": "v", "ingress": [1, 2], "egress": []});
        let other = json!({"description": "d", "vpc_id": "v", "ingress": [2, 1], "egress": []});
        assert!(differences(&model, &one, &other).is_empty());
        let third = json!({"description": "d", "vpc_id": "v", "ingress": [2], "egress": []});
        assert_eq!(differences(&model, &one, &third), ["ingress: wanted [1,2], told [2]"]);
    }

    #[test]
    fn only_a_listener_that_forwards_has_a_target_group() {
        let redirect = json!({"default_action": {"redirect_to_https": {"port": 443}}});
        assert_eq!(expected_outputs(&Listener::model(), &redirect), ["arn"]);
        let forward = json!({"default_action": {"forward": {"target_group_arn": "arn"}}});
        assert_eq!(expected_outputs(&Listener::model(), &forward), ["arn", "target_group_arn"]);
        let rule = json!({"action": {"forward": {"target_group_arn": "arn"}}});
        assert_eq!(expected_outputs(&ListenerRule::model(), &rule), ["arn", "target_group_arn"]);
        let either =
            json!({"action": {"forward_to_either": {"target_group_arn": "a", "alternate_target_group_arn": "b"}}});
        assert_eq!(expected_outputs(&ListenerRule::model(), &either).len(), 3);
    }
}
