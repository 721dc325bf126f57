use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::describe_events::{DescribeEventsError, DescribeEventsOutput};
use aws_smithy_mocks::mock;

use super::super::ReplicationGroupDriver;
use super::super::tests::{group, node, standing, target};
use crate::drivers::Driver;
use crate::drivers::testing::code;

#[tokio::test]
async fn a_creation_that_failed_ends_the_wait_though_its_events_cannot_be_read() {
    let denied = mock!(Client::describe_events).then_error(|| DescribeEventsError::generic(code("AccessDenied")));
    let aws = standing(group().status("create-failed"), node(), vec![denied]);
    let found = ReplicationGroupDriver.diagnose(&aws, &target()).await.unwrap();
    assert_eq!(found[0].finding, "the status is create-failed");
    assert!(found[0].terminal && found[0].advice.as_deref().unwrap().contains("delete it"), "{found:?}");
    assert!(found[1].finding.contains("elasticache:DescribeEvents") && !found[1].terminal, "{found:?}");
}

#[tokio::test]
async fn a_node_that_is_broken_is_told_of_a_group_that_is_still_made() {
    for (word, advice) in [("incompatible-network", "free addresses"), ("restore-failed", "snapshot")] {
        let none = mock!(Client::describe_events).then_output(|| DescribeEventsOutput::builder().build());
        let aws = standing(group().status("creating"), node().cache_cluster_status(word), vec![none]);
        let found = ReplicationGroupDriver.diagnose(&aws, &target()).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].finding, format!("the status of its nodes is {word}"));
        assert!(found[0].terminal && found[0].advice.as_deref().unwrap().contains(advice), "{found:?}");
    }
    let none = mock!(Client::describe_events).then_output(|| DescribeEventsOutput::builder().build());
    let aws = standing(group().status("creating"), node().cache_cluster_status("creating"), vec![none]);
    assert_eq!(ReplicationGroupDriver.diagnose(&aws, &target()).await.unwrap(), []);
}
