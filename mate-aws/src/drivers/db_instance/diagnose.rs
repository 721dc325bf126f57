//! The diagnosis of a database instance that does not become available: its status, the changes that wait for a
//! restart, its events.

use aws_sdk_rds::types::{DbInstance as Instance, Event};
use mate_core::provider::{Concern, Diagnosis, Status};

use super::live::status;

/// The category of events that tell of storage that runs out.
const LOW_STORAGE: &str = "low storage";

/// Categories of events that tell of a failure, and what to do about it.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
const FAILURES: [(&str, &str); 2] = [
    (LOW_STORAGE, "raise allocated_storage_gib and max_allocated_storage_gib, and apply"),
    ("failure", "put right what the event names, and apply again"),
];

/// The diagnosis of a status that does not end well; none for any other status.
pub(super) fn standing(instance: &Instance) -> Option<Diagnosis> {
    let word = match status(instance) {
        Status::Failed(word) => word,
        _ => return None,
    };
    let advice = match word.as_str() {
        "storage-full" => "raise allocated_storage_gib and max_allocated_storage_gib, and apply",
        "insufficient-capacity" => "choose another instance class or zone, or delete it and try again in some hours",
        "incompatible-network" => "see that the subnets have free addresses and the security groups still exist",
        "incompatible-parameters" => {
            "undo the parameters in its parameter group that this class cannot carry, and restart it"
        }
        "incompatible-option-group" => "undo the options that this engine version cannot carry",
        "incompatible-restore" | "restore-error" => "restore again from another snapshot or point in time",
        "inaccessible-encryption-credentials-recoverable" => {
            "enable the KMS key and let RDS use it, then start the instance"
        }
        "inaccessible-encryption-credentials" => "its KMS key is lost: restore it from a snapshot with another key",
        _ => "restore it from its latest snapshot",
    };
    // More storage that is on its way makes room.
    let grows = instance.pending_modified_values().is_some_and(|pending| pending.allocated_storage().is_some());
    let passes = word == "storage-full" && grows;
    Some(Diagnosis {
        concern: None,
        terminal: !passes,
        finding: format!("the status is {word}"),
        advice: Some(advice.to_owned()),
    })
}

/// Settings that wait for a restart.
pub(super) fn unapplied(instance: &Instance) -> Option<Diagnosis> {
    let group = instance.db_parameter_groups().iter().find(|g| g.parameter_apply_status() == Some("pending-reboot"))?;
    Some(Diagnosis {
        concern: Some(Concern::PendingMaintenance),
        terminal: false,
        finding: format!(
            "settings of {} wait for a restart",
            group.db_parameter_group_name().unwrap_or("its parameter group")
        ),
        advice: Some("restart the instance in its maintenance window".to_owned()),
    })
}

/// The events, those of failures first, the latest first.
pub(super) fn events(mut events: Vec<Event>) -> Vec<Diagnosis> {
    events.sort_by_key(|event| (advice(event).is_none(), std::cmp::Reverse(event.date().map(|date| date.secs()))));
    let told = |event: Event| {
        let advice = advice(&event).map(str::to_owned);
        let full = event.event_categories().iter().any(|category| category == LOW_STORAGE);
        let concern = full.then_some(Concern::StorageNearlyFull);
        let when = event.date.map(|date| format!("{date}: ")).unwrap_or_default();
        Some(Diagnosis { concern, terminal: false, finding: format!("{when}{}", event.message?), advice })
    };
    events.into_iter().filter_map(told).collect()
}

fn advice(event: &Event) -> Option<&'static str> {
    let of = |(category, _): &&(&str, &str)| event.event_categories().iter().any(|one| one == category);
    FAILURES.iter().find(of).map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests;
