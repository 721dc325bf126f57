use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_nat_gateway::{CreateNatGatewayError, CreateNatGatewayOutput};
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::delete_nat_gateway::{DeleteNatGatewayError, DeleteNatGatewayOutput};
use aws_sdk_ec2::operation::describe_nat_gateways::DescribeNatGatewaysOutput;
use aws_sdk_ec2::types::{NatGateway as SdkGateway, NatGatewayAddress, NatGatewayState};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::NatGateway;
use mate_core::kinds::nat_gateway::NatGatewayInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::NatGatewayDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, present, update};
use crate::drivers::{Driver, ec2};

const REASON: &str = "Network vpc-1 has no Internet gateway attached";

fn target() -> Target {
    let inputs = NatGatewayInputs {
        subnet_id: "subnet-1".into(),
        allocation_id: "eipalloc-1".into(),
        after: vec!["igw-1".into()],
    };
    testing::target::<NatGateway>("mate-dev-1", &inputs)
}

fn gateway(id: &str, state: NatGatewayState, made: i64) -> SdkGateway {
    let address = |id: &str, primary| NatGatewayAddress::builder().allocation_id(id).is_primary(primary).build();
    SdkGateway::builder()
        .nat_gateway_id(id)
        .subnet_id("subnet-1")
        .set_failure_message((state == NatGatewayState::Failed).then(|| REASON.to_owned()))
        .state(state)
        .create_time(DateTime::from_secs(made))
        .nat_gateway_addresses(address("eipalloc-2", false))
        .nat_gateway_addresses(address("eipalloc-1", true))
        .set_tags(Some(ec2::to_sdk(&target().tags)))
        .build()
}

fn listed(gateways: Vec<SdkGateway>) -> Rule {
    mock!(Client::describe_nat_gateways)
        .match_requests(|request| request.filter().len() == 4)
        .then_output(move || DescribeNatGatewaysOutput::builder().set_nat_gateways(Some(gateways.clone())).build())
}

fn there(state: NatGatewayState) -> Rule {
    listed(vec![gateway("nat-1", state, 1)])
}

fn new() -> Rule {
    mock!(Client::create_nat_gateway)
        .match_requests(|request| {
            request.client_token() == Some(create(target()).token.as_str())
                && request.subnet_id() == Some("subnet-1")
                && request.allocation_id() == Some("eipalloc-1")
                && request.tag_specifications()[0].tags().len() == 5
        })
        .then_output(|| {
            CreateNatGatewayOutput::builder().nat_gateway(gateway("nat-1", NatGatewayState::Pending, 1)).build()
        })
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, any, rules), ..testing::aws() }
}

async fn observed(rule: &Rule) -> Observation {
    Subject.observe(&stub(&[rule]), &[target()]).await.remove(0)
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let live = present(observed(&there(NatGatewayState::Available)).await);
    assert_eq!(live.inputs, json!({ "subnet_id": "subnet-1", "allocation_id": "eipalloc-1" }));
    assert_eq!(live.outputs["nat_gateway_id"], json!("nat-1"));
}

#[tokio::test]
async fn a_state_says_where_it_stands() {
    for (state, status) in [
        (NatGatewayState::Pending, Status::Pending("pending".into())),
        (NatGatewayState::Available, Status::Ready),
        (NatGatewayState::Deleting, Status::Deleting),
        (NatGatewayState::Failed, Status::Failed(REASON.into())),
    ] {
        assert_eq!(present(observed(&there(state)).await).status, status);
    }
}

#[tokio::test]
async fn what_is_deleted_and_still_listed_is_absent() {
    let answer = observed(&there(NatGatewayState::Deleted)).await;
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
    let recorded = Target { physical_id: Some("nat-1".into()), ..target() };
    let anywhere = mock!(Client::describe_nat_gateways).then_output(|| {
        let gateway = gateway("nat-1", NatGatewayState::Deleted, 1);
        DescribeNatGatewaysOutput::builder().nat_gateways(gateway).build()
    });
    let gone = Subject.delete(&stub(&[&anywhere]), &delete(recorded)).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn of_several_the_readiest_and_then_the_oldest_is_meant() {
    use NatGatewayState::{Available, Deleted, Deleting, Failed, Pending};
    for (states, expected) in [
        (vec![(Deleting, 1), (Available, 2)], "nat-1"),
        (vec![(Failed, 1), (Pending, 2)], "nat-1"),
        (vec![(Available, 2), (Available, 1)], "nat-1"),
        (vec![(Available, 1), (Available, 2)], "nat-0"),
        (vec![(Deleted, 1), (Deleting, 2)], "nat-1"),
    ] {
        let all = states.into_iter().enumerate();
        let all = all.map(|(index, (state, made))| gateway(&format!("nat-{index}"), state, made)).collect();
        assert_eq!(present(observed(&listed(all)).await).physical_id, expected);
    }
}

#[tokio::test]
async fn a_creation_is_looked_for_and_bears_its_token() {
    let created = Subject.create(&stub(&[&listed(Vec::new()), &new()]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status), ("nat-1", Status::Pending("pending".into())));

    for state in [NatGatewayState::Pending, NatGatewayState::Available] {
        let again = new();
        let created = Subject.create(&stub(&[&there(state), &again]), &create(target())).await.unwrap();
        assert_eq!((created.physical_id.as_str(), again.num_calls()), ("nat-1", 0));
    }
}

#[tokio::test]
async fn one_that_has_failed_is_told_and_one_that_goes_is_waited_for() {
    let created = Subject.create(&stub(&[&there(NatGatewayState::Failed)]), &create(target())).await.unwrap();
    assert_eq!(created.status, Status::Failed(REASON.into()));
    let error = Subject.create(&stub(&[&there(NatGatewayState::Deleting)]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
}

#[tokio::test]
async fn one_of_ours_with_another_address_is_not_taken_for_it() {
    let mut other = target();
    other.inputs["allocation_id"] = json!("eipalloc-7");
    let error = Subject.create(&stub(&[&there(NatGatewayState::Available)]), &create(other)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.to_string().contains("allocation_id"), "{error}");
}

#[tokio::test]
async fn a_subnet_that_cannot_be_seen_yet_is_waited_for() {
    let unseen = mock!(Client::create_nat_gateway)
        .then_error(|| CreateNatGatewayError::generic(code("InvalidSubnetID.NotFound")));
    let error = Subject.create(&stub(&[&listed(Vec::new()), &unseen]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
}

#[tokio::test]
async fn an_update_changes_tags_only() {
    let mut wanted = target();
    wanted.tags.insert("CostCenter".into(), "care".into());
    let set = mock!(Client::create_tags)
        .match_requests(|request| request.resources() == ["nat-1"] && request.tags().len() == 1)
        .then_output(|| CreateTagsOutput::builder().build());
    let aws = stub(&[&there(NatGatewayState::Available), &set]);
    Subject.update(&aws, &update(wanted, &["tags", "after"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn a_deletion_takes_its_time_and_is_asked_for_once() {
    let deleted = mock!(Client::delete_nat_gateway)
        .match_requests(|request| request.nat_gateway_id() == Some("nat-1"))
        .then_output(|| DeleteNatGatewayOutput::builder().nat_gateway_id("nat-1").build());
    for (state, calls) in
        [(NatGatewayState::Available, 1), (NatGatewayState::Failed, 2), (NatGatewayState::Deleting, 2)]
    {
        let going = Subject.delete(&stub(&[&there(state), &deleted]), &delete(target())).await.unwrap();
        assert_eq!((going, deleted.num_calls()), (Deleted::Going, calls));
    }

    let gone =
        mock!(Client::delete_nat_gateway).then_error(|| DeleteNatGatewayError::generic(code("NatGatewayNotFound")));
    let aws = stub(&[&there(NatGatewayState::Available), &gone]);
    assert_eq!(Subject.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn the_diagnosis_is_ec2_s_own_word() {
    let findings = Subject.diagnose(&stub(&[&there(NatGatewayState::Failed)]), &target()).await.unwrap();
    assert_eq!(findings[0].finding, format!("the NAT gateway nat-1 has failed: {REASON}"));
    let findings = Subject.diagnose(&stub(&[&there(NatGatewayState::Available)]), &target()).await.unwrap();
    assert!(findings.is_empty());
}
