//! The table, for what every standard kind needs of it.

use serde_json::json;

use super::{Compared, Creation, all, facts};
use crate::model::Kinds;

#[test]
fn every_standard_kind_has_an_entry_about_inputs_that_it_has() {
    let kinds = Kinds::standard();
    let known: Vec<&str> = kinds.iter().map(|model| model.name.as_str()).collect();
    let told: Vec<&str> = all().map(|facts| facts.kind).collect();
    assert_eq!(known, told);
    for model in kinds.iter() {
        let facts = facts(model.name.as_str()).unwrap();
        let mut named: Vec<&str> = facts.fixed.iter().map(|fixed| fixed.field).collect();
        match facts.creation {
            Creation::ByName { within, .. } if !within.is_empty() => named.push(within),
            Creation::ByPlace { inputs, .. } => named.extend(inputs),
            Creation::ByToken(token) => {
                if let Compared::Only(inputs) = token.compared {
                    named.extend(inputs);
                }
            }
            _ => {}
        }
        let unknown: Vec<_> = named.into_iter().filter(|field| model.field(field).is_none()).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", model.name);
        assert!(!model.samples.is_empty(), "{} has no sample from which a change could be tried", model.name);
    }
}

#[test]
fn a_version_is_lower_by_its_numbers_not_by_its_text() {
    let lower = |old: &str, new: &str| super::is_lower(&json!(old), &json!(new));
    assert!(lower("16.10", "16.9") && lower("17", "16.4") && lower("7.1", "7.0"));
    assert!(!lower("16.9", "16.10") && !lower("16.4", "16") && !lower("16", "16.4") && !lower("16.4", "17"));
}
