use std::collections::BTreeSet;

use super::*;

#[test]
fn a_state_can_tell_of_every_kind() {
    let kinds = Kinds::standard();
    let names = |test: fn(&crate::model::KindModel) -> bool| -> BTreeSet<String> {
        kinds.iter().filter(|model| test(model)).map(|model| model.name.to_string()).collect()
    };
    assert_eq!(names(|model| !model.adopt.terraform.is_empty()), names(|model| !model.run_once));
}

#[test]
fn a_terraform_type_is_of_one_kind() {
    let kinds = Kinds::standard();
    let mut seen = BTreeSet::new();
    for name in kinds.iter().flat_map(|model| model.adopt.terraform).flat_map(|known| known.names) {
        assert!(seen.insert(name), "{name}");
    }
}

#[test]
fn objects_are_told_apart_by_fields_that_their_kinds_have() {
    for model in Kinds::standard().iter() {
        for field in model.adopt.keys.iter().chain(model.adopt.place) {
            assert!(model.field(field).is_some_and(|rule| !rule.write_only), "{} {field}", model.name);
        }
    }
}

#[test]
fn what_follows_from_an_id_are_outputs_of_the_kind() {
    for model in Kinds::standard().iter() {
        for physical_id in ["arn:aws:ecs:us-east-1:123456789012:service/cluster/name", "plain"] {
            for output in model.adopt.outputs_of(physical_id, Some("name")).keys() {
                assert!(model.outputs.contains(&output.as_str()), "{} {output}", model.name);
            }
        }
    }
}
