use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_flow_logs::{CreateFlowLogsError, CreateFlowLogsOutput};
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::delete_flow_logs::{DeleteFlowLogsError, DeleteFlowLogsOutput};
use aws_sdk_ec2::operation::delete_tags::DeleteTagsOutput;
use aws_sdk_ec2::operation::describe_flow_logs::{DescribeFlowLogsError, DescribeFlowLogsOutput};
use aws_sdk_ec2::types::{
    FlowLog as SdkFlowLog, FlowLogsResourceType, LogDestinationType, TrafficType, UnsuccessfulItem,
    UnsuccessfulItemError,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::FlowLog;
use mate_core::kinds::flow_log::FlowLogInputs;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::FlowLogDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::ec2::to_sdk;
use crate::drivers::testing::{self, aws, client, code, create, delete, present, update};

const ID: &str = "fl-1";
const ROLE: &str = "arn:aws:iam::123456789012:role/mate-dev-flow-logs";

fn target() -> Target {
    testing::target::<FlowLog>(
        "mate-dev-flow-log",
        &FlowLogInputs {
            vpc_id: "vpc-1".into(),
            traffic_type: "ALL".into(),
            log_group_name: "/vpc/mate-dev".into(),
            role_arn: ROLE.into(),
            max_aggregation_seconds: 600,
        },
    )
}

/// The flow log as EC2 tells it when it is as the target wants.
fn steady() -> SdkFlowLog {
    SdkFlowLog::builder()
        .flow_log_id(ID)
        .resource_id("vpc-1")
        .traffic_type(TrafficType::All)
        .log_group_name("/vpc/mate-dev")
        .deliver_logs_permission_arn(ROLE)
        .deliver_logs_status("SUCCESS")
        .max_aggregation_interval(600)
        .set_tags(Some(to_sdk(&target().tags)))
        .build()
}

fn like(change: impl FnOnce(&mut SdkFlowLog)) -> SdkFlowLog {
    let mut log = steady();
    change(&mut log);
    log
}

fn undelivered(message: &'static str) -> SdkFlowLog {
    like(|one| {
        one.deliver_logs_status = Some("FAILED".into());
        one.deliver_logs_error_message = Some(message.into());
    })
}

fn described(logs: Vec<SdkFlowLog>) -> Rule {
    mock!(Client::describe_flow_logs)
        .then_output(move || DescribeFlowLogsOutput::builder().set_flow_logs(Some(logs.clone())).build())
}

/// The rules for a VPC that has these flow logs, none of which carries the target's tags.
fn in_the_vpc(logs: Vec<SdkFlowLog>) -> [Rule; 2] {
    let of_vpc = mock!(Client::describe_flow_logs)
        .match_requests(|request| request.filter()[0].name() == Some("resource-id"))
        .then_output(move || DescribeFlowLogsOutput::builder().set_flow_logs(Some(logs.clone())).build());
    [described(vec![]), of_vpc]
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..aws() }
}

async fn observe(rules: &[&Rule], target: Target) -> Observation {
    FlowLogDriver.observe(&stub(rules), &[target]).await.remove(0)
}

fn item(said: &'static str) -> UnsuccessfulItem {
    let error = UnsuccessfulItemError::builder().code(said).message("said EC2").build();
    UnsuccessfulItem::builder().resource_id("vpc-1").error(error).build()
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let live = present(observe(&[&described(vec![steady()])], target()).await);
    assert_eq!((live.inputs.into(), live.status), (target().inputs, Status::Ready));
    assert_eq!(live.outputs["flow_log_id"], json!(ID));
}

#[tokio::test]
async fn another_destination_is_a_difference() {
    for (arn, told) in [
        ("arn:aws:logs:us-east-1:1:log-group:/vpc/mate-dev:*", "/vpc/mate-dev"),
        ("arn:aws:s3:::flows", "arn:aws:s3:::flows"),
    ] {
        let log = like(|one| (one.log_group_name, one.log_destination) = (None, Some(arn.into())));
        let live = present(observe(&[&described(vec![log])], target()).await);
        assert_eq!(live.inputs["log_group_name"], json!(told));
    }
}

#[tokio::test]
async fn a_failed_read_is_unknown_of_the_vpc_s_too() {
    let throttled = || {
        mock!(Client::describe_flow_logs).then_error(|| DescribeFlowLogsError::generic(code("RequestLimitExceeded")))
    };
    for rules in [vec![&throttled()], vec![&described(vec![]), &throttled()]] {
        match observe(&rules, target()).await {
            Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_aws_would_refuse_ours_for_is_seen_before() {
    let untagged = || like(|one| one.tags = None);
    let [tagged, of_vpc] = in_the_vpc(vec![untagged()]);
    assert!(matches!(observe(&[&tagged, &of_vpc], target()).await, Observation::Foreign(_)));
    let [tagged, of_vpc] = in_the_vpc(vec![untagged()]);
    present(observe(&[&tagged, &of_vpc], Target { claim: Claim::Unowned, ..target() }).await);
    for other in [
        like(|one| one.traffic_type = Some(TrafficType::Reject)),
        like(|one| one.log_group_name = Some("/vpc/other".into())),
    ] {
        let [tagged, of_vpc] = in_the_vpc(vec![other]);
        let answer = observe(&[&tagged, &of_vpc], target()).await;
        assert!(matches!(answer, Observation::Absent), "{answer:?}");
    }
}

#[tokio::test]
async fn logs_that_are_not_delivered_keep_it_pending_and_too_many_do_not() {
    let status = |log: SdkFlowLog| async move { present(observe(&[&described(vec![log])], target()).await).status };
    assert_eq!(status(undelivered("Access error")).await, Status::Pending("nothing is delivered: Access error".into()));
    assert_eq!(status(undelivered("Rate limited")).await, Status::Ready);
}

#[tokio::test]
async fn the_diagnosis_says_why_nothing_is_delivered() {
    let diagnose = |log: SdkFlowLog| async move {
        let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&described(vec![log])]), ..aws() };
        FlowLogDriver.diagnose(&aws, &target()).await.unwrap()
    };
    let findings = diagnose(undelivered("Access error")).await;
    assert_eq!(findings[0].finding, "fl-1 cannot deliver into /vpc/mate-dev: Access error");
    assert!(findings[0].advice.as_ref().is_some_and(|advice| advice.contains("vpc-flow-logs.amazonaws.com")));
    assert!(diagnose(steady()).await.is_empty());
}

fn new(answer: fn() -> CreateFlowLogsOutput) -> Rule {
    mock!(Client::create_flow_logs)
        .match_requests(|request| {
            request.client_token().is_some_and(|token| token.len() == 64)
                && request.resource_type() == Some(&FlowLogsResourceType::Vpc)
                && request.resource_ids() == ["vpc-1"]
                && request.traffic_type() == Some(&TrafficType::All)
                && request.log_destination_type() == Some(&LogDestinationType::CloudWatchLogs)
                && request.log_group_name() == Some("/vpc/mate-dev")
                && request.deliver_logs_permission_arn() == Some(ROLE)
                && request.max_aggregation_interval() == Some(600)
                && request.tag_specifications()[0].tags().iter().any(|tag| tag.key() == Some("Component"))
        })
        .then_output(answer)
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_the_token() {
    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let made = new(|| CreateFlowLogsOutput::builder().flow_log_ids(ID).build());
    let created = FlowLogDriver.create(&stub(&[&tagged, &of_vpc, &made]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status), (ID, Status::Ready));
    assert_eq!(created.outputs["flow_log_id"], json!(ID));
}

#[tokio::test]
async fn what_an_earlier_attempt_made_is_found() {
    let created = FlowLogDriver.create(&stub(&[&described(vec![steady()])]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, ID);
}

#[tokio::test]
async fn ours_that_cannot_become_what_is_wanted_is_told() {
    let other = described(vec![like(|one| one.max_aggregation_interval = Some(60))]);
    let error = FlowLogDriver.create(&stub(&[&other]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.is_some_and(|message| message.contains("max_aggregation_seconds")));
}

#[tokio::test]
async fn a_success_that_says_unsuccessful_is_an_error() {
    let made = |answer: fn() -> CreateFlowLogsOutput| async move {
        let [tagged, of_vpc] = in_the_vpc(vec![]);
        FlowLogDriver.create(&stub(&[&tagged, &of_vpc, &new(answer)]), &create(target())).await.unwrap_err()
    };
    let error = made(|| CreateFlowLogsOutput::builder().unsuccessful(item("UnauthorizedOperation")).build()).await;
    assert_eq!((error.class, error.message.as_deref()), (ErrorClass::Denied, Some("said EC2")));
    let error = made(|| CreateFlowLogsOutput::builder().unsuccessful(item("400")).build()).await;
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let error = made(|| CreateFlowLogsOutput::builder().build()).await;
    assert_eq!(error.class, ErrorClass::Bug);
}

#[tokio::test]
async fn a_role_that_iam_does_not_show_yet_is_waited_for() {
    let refused =
        || mock!(Client::create_flow_logs).then_error(|| CreateFlowLogsError::generic(code("InvalidParameter")));
    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let error = FlowLogDriver.create(&stub(&[&tagged, &of_vpc, &refused()]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));

    let mut wrong = target();
    wrong.inputs["max_aggregation_seconds"] = json!(61);
    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let error = FlowLogDriver.create(&stub(&[&tagged, &of_vpc, &refused()]), &create(wrong)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn one_that_came_meanwhile_is_taken_when_it_is_ours() {
    let exists = || new(|| CreateFlowLogsOutput::builder().unsuccessful(item("FlowLogAlreadyExists")).build());
    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let ours = stub(&[&tagged, &of_vpc, &exists(), &described(vec![steady()])]);
    assert_eq!(FlowLogDriver.create(&ours, &create(target())).await.unwrap().physical_id, ID);

    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let [again, untagged] = in_the_vpc(vec![like(|one| one.tags = None)]);
    let theirs = stub(&[&tagged, &of_vpc, &exists(), &again, &untagged]);
    let error = FlowLogDriver.create(&theirs, &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.code), (ErrorClass::AlreadyExists, None));

    let ([a, b], [c, d]) = (in_the_vpc(vec![]), in_the_vpc(vec![]));
    let unseen = stub(&[&a, &b, &exists(), &c, &d]);
    let error = FlowLogDriver.create(&unseen, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
}

#[tokio::test]
async fn tags_are_set_and_taken_off() {
    let set = mock!(Client::create_tags)
        .match_requests(|request| request.resources() == [ID] && request.tags()[0].key() == Some("Cost"))
        .then_output(|| CreateTagsOutput::builder().build());
    let off = mock!(Client::delete_tags)
        .match_requests(|request| request.resources() == [ID] && request.tags()[0].key() == Some("Old"))
        .then_output(|| DeleteTagsOutput::builder().build());
    let mut tags = target().tags;
    tags.insert("Old".into(), "1".into());
    let mut request = update(target(), &["tags"]);
    request.target.tags.insert("Cost".into(), "r&d".into());
    request.untag = ["Old".to_owned(), "Never".to_owned()].into();
    let aws = stub(&[&described(vec![like(|one| one.tags = Some(to_sdk(&tags)))]), &set, &off]);
    FlowLogDriver.update(&aws, &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn deletion_looks_at_what_the_answer_says_of_the_flow_log() {
    let remove = |items: Vec<UnsuccessfulItem>| async move {
        let deleted = mock!(Client::delete_flow_logs)
            .match_requests(|request| request.flow_log_ids() == [ID])
            .then_output(move || DeleteFlowLogsOutput::builder().set_unsuccessful(Some(items.clone())).build());
        FlowLogDriver.delete(&stub(&[&described(vec![steady()]), &deleted]), &delete(target())).await
    };
    assert_eq!(remove(vec![]).await.unwrap(), Deleted::Gone);
    assert_eq!(remove(vec![item("InvalidFlowLogId.NotFound")]).await.unwrap(), Deleted::Gone);
    assert_eq!(remove(vec![item("UnauthorizedOperation")]).await.unwrap_err().class, ErrorClass::Denied);
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_accepts_absence() {
    let [tagged, of_vpc] = in_the_vpc(vec![like(|one| one.tags = None)]);
    let error = FlowLogDriver.delete(&stub(&[&tagged, &of_vpc]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    let [tagged, of_vpc] = in_the_vpc(vec![]);
    let gone = FlowLogDriver.delete(&stub(&[&tagged, &of_vpc]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);

    let lost =
        mock!(Client::delete_flow_logs).then_error(|| DeleteFlowLogsError::generic(code("InvalidFlowLogId.NotFound")));
    let aws = stub(&[&described(vec![steady()]), &lost]);
    assert_eq!(FlowLogDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}
