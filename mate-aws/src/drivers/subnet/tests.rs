use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_subnet::{CreateSubnetError, CreateSubnetOutput};
use aws_sdk_ec2::operation::delete_subnet::{DeleteSubnetError, DeleteSubnetOutput};
use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::operation::modify_subnet_attribute::{ModifySubnetAttributeError, ModifySubnetAttributeOutput};
use aws_sdk_ec2::types::{NetworkInterface, Subnet as SdkSubnet, SubnetState};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Subnet;
use mate_core::kinds::subnet::SubnetInputs;
use mate_core::provider::{Deleted, ErrorClass, RetryStatus, Status, Target};
use serde_json::json;

use super::SubnetDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};
use crate::drivers::{Driver, ec2};

fn wanted(public: bool) -> Target {
    let inputs = SubnetInputs {
        vpc_id: "vpc-1".into(),
        cidr_block: "10.0.1.0/24".into(),
        availability_zone: "us-east-1a".into(),
        map_public_ip_on_launch: public,
    };
    testing::target::<Subnet>("mate-dev-public-1", &inputs)
}

fn subnet(state: SubnetState, public: bool) -> SdkSubnet {
    SdkSubnet::builder()
        .subnet_id("subnet-1")
        .vpc_id("vpc-1")
        .cidr_block("10.0.1.0/24")
        .availability_zone("us-east-1a")
        .map_public_ip_on_launch(public)
        .state(state)
        .set_tags(Some(ec2::to_sdk(&wanted(true).tags)))
        .build()
}

fn listed(subnets: Vec<SdkSubnet>) -> Rule {
    mock!(Client::describe_subnets)
        .then_output(move || DescribeSubnetsOutput::builder().set_subnets(Some(subnets.clone())).build())
}

fn there(public: bool) -> Rule {
    listed(vec![subnet(SubnetState::Available, public)])
}

fn new() -> Rule {
    mock!(Client::create_subnet)
        .match_requests(|request| {
            request.vpc_id() == Some("vpc-1")
                && request.availability_zone() == Some("us-east-1a")
                && request.tag_specifications()[0].tags().len() == 5
        })
        .then_output(|| CreateSubnetOutput::builder().subnet(subnet(SubnetState::Available, false)).build())
}

fn refused(said: &'static str) -> Rule {
    mock!(Client::create_subnet).then_error(move || CreateSubnetError::generic(code(said)))
}

fn set(to: bool) -> Rule {
    mock!(Client::modify_subnet_attribute)
        .match_requests(move |request| request.map_public_ip_on_launch().and_then(|value| value.value()) == Some(to))
        .then_output(|| ModifySubnetAttributeOutput::builder().build())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, any, rules), ..testing::aws() }
}

fn in_order(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..testing::aws() }
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let live = present(Subject.observe(&stub(&[&there(true)]), &[wanted(true)]).await.remove(0));
    assert_eq!(live.inputs, wanted(true).inputs);
    assert_eq!((live.status, &live.outputs["subnet_id"]), (Status::Ready, &json!("subnet-1")));
}

#[tokio::test]
async fn a_state_says_where_it_stands() {
    for (state, status) in [
        (SubnetState::Pending, Status::Pending("pending".into())),
        (SubnetState::FailedInsufficientCapacity, Status::Failed("failed-insufficient-capacity".into())),
    ] {
        let aws = stub(&[&listed(vec![subnet(state, true)])]);
        assert_eq!(present(Subject.observe(&aws, &[wanted(true)]).await.remove(0)).status, status);
    }
}

#[tokio::test]
async fn a_public_subnet_is_made_public_after_its_creation() {
    let public = set(true);
    Subject.create(&in_order(&[&listed(Vec::new()), &new(), &public]), &create(wanted(true))).await.unwrap();
    assert_eq!(public.num_calls(), 1);
    Subject.create(&in_order(&[&listed(Vec::new()), &new()]), &create(wanted(false))).await.unwrap();
}

#[tokio::test]
async fn a_failure_behind_the_creation_says_what_exists() {
    let unseen = mock!(Client::modify_subnet_attribute)
        .then_error(|| ModifySubnetAttributeError::generic(code("InvalidSubnetID.NotFound")));
    let aws = in_order(&[&listed(Vec::new()), &new(), &unseen]);
    let error = Subject.create(&aws, &create(wanted(true))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
    assert_eq!(made(error).outputs["subnet_id"], json!("subnet-1"));
}

#[tokio::test]
async fn a_creation_that_was_cut_short_is_completed() {
    let (again, public) = (new(), set(true));
    let aws = stub(&[&there(false), &again, &public]);
    assert_eq!(Subject.create(&aws, &create(wanted(true))).await.unwrap().physical_id, "subnet-1");
    assert_eq!((again.num_calls(), public.num_calls()), (0, 1));
}

#[tokio::test]
async fn the_range_of_one_of_ours_that_was_not_to_be_seen_is_no_conflict() {
    let aws = in_order(&[&listed(Vec::new()), &refused("InvalidSubnet.Conflict"), &there(true)]);
    assert_eq!(Subject.create(&aws, &create(wanted(true))).await.unwrap().physical_id, "subnet-1");

    let aws = in_order(&[&listed(Vec::new()), &refused("InvalidSubnet.Conflict"), &listed(Vec::new())]);
    let error = Subject.create(&aws, &create(wanted(true))).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::AlreadyExists, Some("InvalidSubnet.Conflict")));
}

#[tokio::test]
async fn a_vpc_that_cannot_be_seen_yet_is_waited_for() {
    let aws = in_order(&[&listed(Vec::new()), &refused("InvalidVpcID.NotFound")]);
    let error = Subject.create(&aws, &create(wanted(true))).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
}

#[tokio::test]
async fn one_of_ours_in_another_zone_is_not_taken_for_it() {
    let mut other = wanted(true);
    other.inputs["availability_zone"] = json!("us-east-1b");
    let error = Subject.create(&stub(&[&there(true)]), &create(other)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.to_string().contains("availability_zone"), "{error}");
}

#[tokio::test]
async fn only_what_is_named_is_changed() {
    let private = set(false);
    let aws = stub(&[&there(true), &private]);
    Subject.update(&aws, &update(wanted(false), &["tags"])).await.unwrap();
    assert_eq!(private.num_calls(), 0);
    Subject.update(&aws, &update(wanted(false), &["map_public_ip_on_launch"])).await.unwrap();
    assert_eq!(private.num_calls(), 1);
}

#[tokio::test]
async fn a_subnet_that_something_is_in_stays() {
    let deleted = mock!(Client::delete_subnet)
        .match_requests(|request| request.subnet_id() == Some("subnet-1"))
        .then_output(|| DeleteSubnetOutput::builder().build());
    let gone = Subject.delete(&stub(&[&there(true), &deleted]), &delete(wanted(true))).await.unwrap();
    assert_eq!(gone, Deleted::Gone);

    let used = mock!(Client::delete_subnet).then_error(|| DeleteSubnetError::generic(code("DependencyViolation")));
    let error = Subject.delete(&stub(&[&there(true), &used]), &delete(wanted(true))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);

    let gone = Subject.delete(&stub(&[&listed(Vec::new())]), &delete(wanted(true))).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn the_diagnosis_names_what_is_in_the_subnet() {
    let used = mock!(Client::describe_network_interfaces)
        .match_requests(|request| request.filters()[0].values() == ["subnet-1"])
        .then_output(|| {
            let interface = NetworkInterface::builder().network_interface_id("eni-1").description("ELB app/mate");
            DescribeNetworkInterfacesOutput::builder().network_interfaces(interface.build()).build()
        });
    let findings = Subject.diagnose(&stub(&[&there(true), &used]), &wanted(true)).await.unwrap();
    assert_eq!(findings[0].finding, "the network interface eni-1 (ELB app/mate) uses subnet-1");
}
