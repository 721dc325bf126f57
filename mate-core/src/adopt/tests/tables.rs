use std::collections::BTreeSet;

use super::super::telling::{outputs_of, table};
use super::super::{forms, terraform};
use super::*;
use crate::model::Kinds;

#[test]
fn a_state_can_tell_of_every_kind() {
    let told: BTreeSet<&str> = terraform::kinds_of_types().collect();
    let kinds = Kinds::standard();
    let all: BTreeSet<&str> = kinds.iter().filter(|model| !model.run_once).map(|model| model.name.as_str()).collect();
    assert_eq!(told, all);
}

#[test]
fn ids_and_outputs_are_of_kinds_that_exist() {
    let kinds = Kinds::standard();
    for name in forms::kinds().chain(terraform::kinds_of_outputs()) {
        assert!(kinds.get(&kind(name)).is_ok(), "{name}");
    }
}

#[test]
fn objects_are_told_apart_by_fields_that_their_kinds_have() {
    let kinds = Kinds::standard();
    for (name, field) in table() {
        assert!(kinds.get(&kind(name)).unwrap().field(field).is_some_and(|rule| !rule.write_only), "{name} {field}");
    }
}

#[test]
fn what_follows_from_an_id_are_outputs_of_the_kind() {
    for model in Kinds::standard().iter() {
        for physical_id in ["arn:aws:ecs:us-east-1:123456789012:service/cluster/name", "plain"] {
            for output in outputs_of(&model.name, physical_id, Some("name")).keys() {
                assert!(model.outputs.contains(&output.as_str()), "{} {output}", model.name);
            }
        }
    }
}
