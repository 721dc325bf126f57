//! How each kind behaves: its ids and outputs in AWS's forms, its states' names, its calls' and errors' names.

mod platform;
mod tenant;

use serde_json::{Value, json};

use super::naming::Naming;
use crate::model::KindModel;
use crate::model::Outputs;
use crate::model::ids::KindName;

/// How a kind behaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behaviour {
    pub(super) kind: &'static str,
    pub(super) physical_id: fn(&Naming<'_>) -> String,
    pub(super) outputs: fn(&Naming<'_>) -> Outputs,
    /// Outputs that exist only once the object was ready.
    pub(super) late: &'static [&'static str],
    /// Names mean nothing to AWS: objects are known by their ownership tags, and two may have one name.
    pub(super) by_tags: bool,
    /// The input within whose value names are unique; empty for names unique in the account.
    pub(super) scope: &'static str,
    /// Inputs of which the same values can exist only once.
    pub(super) place: &'static [&'static str],
    /// AWS's words for being made and being changed.
    pub(super) words: (&'static str, &'static str),
    /// AWS's calls: create, update, delete.
    pub(super) calls: (&'static str, &'static str, &'static str),
    /// The code when something has the name.
    pub(super) exists: &'static str,
    /// The code when the object is busy; empty where a busy object can be changed and deleted.
    pub(super) busy: &'static str,
    /// The code when the account's limit is reached.
    pub(super) quota: &'static str,
}

fn out<const N: usize>(outputs: [(&str, Value); N]) -> Outputs {
    outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn named(n: &Naming<'_>) -> String {
    n.name.to_owned()
}

const PLAIN: Behaviour = Behaviour {
    kind: "",
    physical_id: named,
    outputs: |_| Outputs::new(),
    late: &[],
    by_tags: false,
    scope: "",
    place: &[],
    words: ("creating", "modifying"),
    calls: ("Create", "Modify", "Delete"),
    exists: "ResourceAlreadyExistsException",
    busy: "",
    quota: "ServiceQuotaExceededException",
};

/// Every kind of this crate, one entry each.
fn standard() -> impl Iterator<Item = &'static Behaviour> {
    tenant::KINDS.iter().chain(platform::KINDS)
}

/// The behaviour of `kind`; a plain one for an embedder's own kinds.
pub(super) fn behaviour(kind: &KindName) -> &'static Behaviour {
    static GENERIC: Behaviour = Behaviour { physical_id: generic_id, ..PLAIN };
    standard().find(|behaviour| behaviour.kind == kind.as_str()).unwrap_or(&GENERIC)
}

fn generic_id(n: &Naming<'_>) -> String {
    format!("{}-{}", n.kind.as_str().rsplit(':').next().unwrap_or_default().to_ascii_lowercase(), n.hex("id", 17))
}

/// The outputs of a kind that has no behaviour of its own: what its model declares, or `id`, `arn` and `name`.
pub(super) fn generic_outputs(n: &Naming<'_>, model: Option<&KindModel>) -> Outputs {
    let (service, noun) = n.kind.as_str().split_once(':').unwrap_or_default();
    let declared = model.map_or(&["id", "arn", "name"][..], |model| model.outputs);
    let value = |output: &str| match output {
        "arn" => json!(n.arn(service, &format!("{}/{}", noun.to_ascii_lowercase(), n.name))),
        "name" => json!(n.name),
        "id" => json!(generic_id(n)),
        other if !n.inputs[other].is_null() => n.inputs[other].clone(),
        other => json!(format!("{}-{}-{}", n.name, other.replace('_', "-"), n.hex(other, 8))),
    };
    declared.iter().map(|output| ((*output).to_owned(), value(output))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kinds;
    use crate::sim::seed::Seed;

    #[test]
    fn every_standard_kind_has_a_behaviour() {
        let missing: Vec<_> = Kinds::standard()
            .iter()
            .filter(|model| behaviour(&model.name).kind != model.name.as_str())
            .cloned()
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(standard().count(), Kinds::standard().iter().count());
    }

    #[test]
    fn an_unknown_kind_has_id_arn_and_name() {
        let kind = KindName::new("sqs:Queue").unwrap();
        let inputs = json!({});
        let n = Naming {
            seed: Seed(1),
            region: "us-east-1",
            account: "123456789012",
            kind: &kind,
            name: "jobs",
            serial: 1,
            revision: 1,
            inputs: &inputs,
        };
        let outputs = generic_outputs(&n, None);
        assert_eq!(outputs["arn"], "arn:aws:sqs:us-east-1:123456789012:queue/jobs");
        assert_eq!(outputs.keys().collect::<Vec<_>>(), ["arn", "id", "name"]);
    }
}
