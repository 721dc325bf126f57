//! The effect of a deletion on data.

use super::step::{OldObject, Risk};
use crate::model::ids::NodeId;
use crate::model::names;
use crate::model::{Data, KindModel};
use crate::provider::DataPolicy;
use crate::state::Record;
use crate::vocab::{Deletions, FinalSnapshot};

/// The longest name that RDS and ElastiCache take for a snapshot.
const SNAPSHOT_NAME_MAX: usize = 255;

/// The effect of a deletion on the object's data, and its risk.
pub(super) struct Loss {
    pub(super) policy: DataPolicy,
    pub(super) risk: Risk,
    /// The fate of the data, for the reason of the step.
    pub(super) text: String,
}

pub(super) fn loss(
    node: &NodeId,
    old: &OldObject,
    model: &KindModel,
    deletions: &Deletions,
    record: Option<&Record>,
) -> Loss {
    let Data::Held(what) = model.data else {
        return Loss { policy: DataPolicy::Keep { final_snapshot: None }, risk: Risk::None, text: String::new() };
    };
    let lost = || Loss {
        policy: DataPolicy::Discard,
        risk: Risk::DataLoss(format!("loses {what} for good: {}", old.name)),
        text: String::new(),
    };
    match (model.snapshot, deletions.final_snapshots.get(node)) {
        (Some(_), Some(FinalSnapshot::Discard)) => return lost(),
        (Some(_), Some(FinalSnapshot::Named(name))) => return kept(name.clone()),
        (Some(rule), None) if rule.usual => return kept(derived_snapshot_name(&old.name, record)),
        (Some(_) | None, _) => {}
    }
    match model.content.filter(|_| !deletions.empty) {
        Some(content) => Loss {
            policy: DataPolicy::Keep { final_snapshot: None },
            risk: Risk::None,
            text: format!("refused while it still holds {content}"),
        },
        None => lost(),
    }
}

fn kept(name: String) -> Loss {
    let text = kept_in(&name);
    Loss { policy: DataPolicy::Keep { final_snapshot: Some(name) }, risk: Risk::None, text }
}

pub(super) fn kept_in(snapshot: &str) -> String {
    format!("its data stays in the final snapshot {snapshot}")
}

/// A name that no earlier snapshot of an object of this name has: the lineage and version of the record are in it.
pub(super) fn derived_snapshot_name(instance: &str, record: Option<&Record>) -> String {
    let identity = record.map_or_else(String::new, |record| format!("{}/{}", record.lineage, record.version));
    names::hashed(&format!("{instance}-final"), &format!("{instance}/{identity}"), "", SNAPSHOT_NAME_MAX)
}
