use aws_sdk_rds::Client;
use aws_sdk_rds::operation::describe_events::{DescribeEventsError, DescribeEventsOutput};
use aws_sdk_rds::types::{Event, PendingModifiedValues};
use aws_smithy_mocks::mock;
use aws_smithy_types::DateTime;

use super::super::DbInstanceDriver;
use super::super::tests::{described, instance, target, without_secret};
use super::standing;
use crate::drivers::Driver;
use crate::drivers::testing::{client, code};

#[test]
fn a_status_that_does_not_end_by_itself_ends_the_wait_and_has_its_advice() {
    for (word, advice) in [
        ("failed", "snapshot"),
        ("restore-error", "another snapshot"),
        ("storage-full", "allocated_storage_gib"),
        ("insufficient-capacity", "instance class"),
        ("incompatible-network", "free addresses"),
        ("incompatible-parameters", "parameter group"),
        ("incompatible-option-group", "options"),
        ("incompatible-restore", "another snapshot"),
        ("inaccessible-encryption-credentials", "another key"),
        ("inaccessible-encryption-credentials-recoverable", "enable the KMS key"),
    ] {
        let found = standing(&instance().db_instance_status(word).build()).unwrap_or_else(|| panic!("{word}"));
        assert_eq!(found.finding, format!("the status is {word}"));
        assert!(found.terminal && found.advice.as_deref().unwrap().contains(advice), "{found:?}");
    }
}

#[test]
fn what_goes_on_by_itself_is_waited_for() {
    for word in ["available", "creating", "backing-up", "modifying", "rebooting", "stopped"] {
        assert_eq!(standing(&instance().db_instance_status(word).build()), None, "{word}");
    }
    let more = PendingModifiedValues::builder().allocated_storage(40).build();
    let grows = instance().db_instance_status("storage-full").pending_modified_values(more);
    assert!(!standing(&grows.build()).unwrap().terminal, "room is being made");
}

#[tokio::test]
async fn events_of_failures_come_first_with_advice() {
    let event = |message: &str, category: &str, at: i64| {
        Event::builder().message(message).event_categories(category).date(DateTime::from_secs(at)).build()
    };
    let events = DescribeEventsOutput::builder()
        .events(event("Backing up DB instance", "backup", 9))
        .events(event("The free storage capacity is low", "low storage", 2))
        .events(event("The DB instance cannot start", "failure", 3))
        .build();
    let told = mock!(Client::describe_events).then_output(move || events.clone());
    let creating = instance().db_instance_status("creating");
    let aws = without_secret(client!(aws_sdk_rds, [described(creating), told]));
    let found = DbInstanceDriver.diagnose(&aws, &target()).await.unwrap();
    let told: Vec<(&str, bool)> = found.iter().map(|one| (one.finding.as_str(), one.advice.is_some())).collect();
    assert_eq!(
        told,
        [
            ("1970-01-01T00:00:03Z: The DB instance cannot start", true),
            ("1970-01-01T00:00:02Z: The free storage capacity is low", true),
            ("1970-01-01T00:00:09Z: Backing up DB instance", false),
        ]
    );
}

#[tokio::test]
async fn events_that_cannot_be_read_hide_nothing() {
    let denied = mock!(Client::describe_events).then_error(|| DescribeEventsError::generic(code("AccessDenied")));
    let broken = instance().db_instance_status("incompatible-parameters");
    let aws = without_secret(client!(aws_sdk_rds, [described(broken), denied]));
    let found = DbInstanceDriver.diagnose(&aws, &target()).await.unwrap();
    assert_eq!(found[0].finding, "the status is incompatible-parameters");
    assert!(found[1].finding.contains("rds:DescribeEvents") && !found[1].terminal, "{found:?}");
}
