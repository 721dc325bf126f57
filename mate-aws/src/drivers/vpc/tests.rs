use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_vpc::CreateVpcOutput;
use aws_sdk_ec2::operation::delete_vpc::{DeleteVpcError, DeleteVpcOutput};
use aws_sdk_ec2::operation::describe_vpc_attribute::{DescribeVpcAttributeError, DescribeVpcAttributeOutput};
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::operation::modify_vpc_attribute::{ModifyVpcAttributeError, ModifyVpcAttributeOutput};
use aws_sdk_ec2::types::{AttributeBooleanValue, Vpc as SdkVpc, VpcAttributeName, VpcState};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Vpc;
use mate_core::kinds::vpc::VpcInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, Status, Target};
use serde_json::json;

use super::VpcDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};
use crate::drivers::{Driver, ec2};

fn wanted(support: bool, hostnames: bool) -> Target {
    let inputs =
        VpcInputs { cidr_block: "10.0.1.0/16".into(), enable_dns_support: support, enable_dns_hostnames: hostnames };
    testing::target::<Vpc>("mate-dev", &inputs)
}

fn target() -> Target {
    wanted(true, true)
}

fn vpc(state: VpcState) -> SdkVpc {
    SdkVpc::builder()
        .vpc_id("vpc-1")
        .cidr_block("10.0.0.0/16")
        .state(state)
        .set_tags(Some(ec2::to_sdk(&target().tags)))
        .build()
}

fn listed(vpcs: Vec<SdkVpc>) -> Rule {
    mock!(Client::describe_vpcs).then_output(move || DescribeVpcsOutput::builder().set_vpcs(Some(vpcs.clone())).build())
}

fn there() -> Rule {
    listed(vec![vpc(VpcState::Available)])
}

/// The two attributes as EC2 tells them, one a call.
fn attributes(support: bool, hostnames: bool) -> Rule {
    mock!(Client::describe_vpc_attribute).then_compute_output(move |request| {
        let value = |value: bool| AttributeBooleanValue::builder().value(value).build();
        let output = DescribeVpcAttributeOutput::builder();
        match request.attribute() {
            Some(VpcAttributeName::EnableDnsSupport) => output.enable_dns_support(value(support)).build(),
            _ => output.enable_dns_hostnames(value(hostnames)).build(),
        }
    })
}

fn set_support(to: bool) -> Rule {
    mock!(Client::modify_vpc_attribute)
        .match_requests(move |request| {
            request.enable_dns_hostnames().is_none()
                && request.enable_dns_support().and_then(|value| value.value()) == Some(to)
        })
        .then_output(|| ModifyVpcAttributeOutput::builder().build())
}

fn set_hostnames(to: bool) -> Rule {
    mock!(Client::modify_vpc_attribute)
        .match_requests(move |request| {
            request.enable_dns_support().is_none()
                && request.enable_dns_hostnames().and_then(|value| value.value()) == Some(to)
        })
        .then_output(|| ModifyVpcAttributeOutput::builder().build())
}

fn new() -> Rule {
    mock!(Client::create_vpc)
        .match_requests(|request| request.tag_specifications()[0].tags().len() == 5)
        .then_output(|| CreateVpcOutput::builder().vpc(vpc(VpcState::Pending)).build())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, any, rules), ..testing::aws() }
}

fn in_order(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..testing::aws() }
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let aws = stub(&[&there(), &attributes(true, true)]);
    let live = present(Subject.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!((live.status, &live.outputs["vpc_id"]), (Status::Ready, &json!("vpc-1")));
}

#[tokio::test]
async fn a_vpc_that_goes_while_it_is_read_is_unknown() {
    let gone = mock!(Client::describe_vpc_attribute)
        .then_error(|| DescribeVpcAttributeError::generic(code("InvalidVpcID.NotFound")));
    match Subject.observe(&stub(&[&there(), &gone]), &[target()]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::EventualConsistency),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_vpc_gets_the_attributes_that_are_not_ec2_s_own() {
    let hostnames = set_hostnames(true);
    let created = Subject.create(&in_order(&[&listed(Vec::new()), &new(), &hostnames]), &create(target())).await;
    assert_eq!(created.unwrap().status, Status::Pending("pending".into()));
    assert_eq!(hostnames.num_calls(), 1);

    let support = set_support(false);
    Subject.create(&in_order(&[&listed(Vec::new()), &new(), &support]), &create(wanted(false, false))).await.unwrap();
    assert_eq!(support.num_calls(), 1);
}

#[tokio::test]
async fn a_failure_behind_the_creation_says_what_exists() {
    let unseen = mock!(Client::modify_vpc_attribute)
        .then_error(|| ModifyVpcAttributeError::generic(code("InvalidVpcID.NotFound")));
    let error = Subject.create(&in_order(&[&listed(Vec::new()), &new(), &unseen]), &create(target())).await;
    let error = error.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
    assert_eq!(made(error).physical_id, "vpc-1");
}

#[tokio::test]
async fn a_creation_that_was_cut_short_is_completed() {
    for state in [VpcState::Available, VpcState::Pending] {
        let (again, hostnames) = (new(), set_hostnames(true));
        let aws = stub(&[&listed(vec![vpc(state)]), &attributes(true, false), &again, &hostnames]);
        assert_eq!(Subject.create(&aws, &create(target())).await.unwrap().physical_id, "vpc-1");
        assert_eq!((again.num_calls(), hostnames.num_calls()), (0, 1));
    }
}

#[tokio::test]
async fn one_of_ours_with_another_range_is_not_taken_for_it() {
    let mut other = target();
    other.inputs["cidr_block"] = json!("10.7.0.0/16");
    let error = Subject.create(&stub(&[&there(), &attributes(true, true)]), &create(other)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.to_string().contains("cidr_block"), "{error}");
}

#[tokio::test]
async fn only_what_is_named_is_changed() {
    let hostnames = set_hostnames(true);
    let aws = stub(&[&there(), &attributes(false, false), &hostnames]);
    Subject.update(&aws, &update(target(), &["enable_dns_hostnames"])).await.unwrap();
    assert_eq!(hostnames.num_calls(), 1);
}

#[tokio::test]
async fn support_comes_before_host_names_and_goes_after_them() {
    let both = ["enable_dns_hostnames", "enable_dns_support"];
    let read = || [there(), attributes(false, false), attributes(false, false)];
    let [a, b, c] = read();
    let (support, hostnames) = (set_support(true), set_hostnames(true));
    let aws = in_order(&[&a, &b, &c, &support, &hostnames]);
    Subject.update(&aws, &update(target(), &both)).await.unwrap();
    assert_eq!((support.num_calls(), hostnames.num_calls()), (1, 1));

    let [a, b, c] = read();
    let (support, hostnames) = (set_support(false), set_hostnames(false));
    let aws = in_order(&[&a, &b, &c, &hostnames, &support]);
    Subject.update(&aws, &update(wanted(false, false), &both)).await.unwrap();
    assert_eq!((support.num_calls(), hostnames.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_vpc_that_something_is_in_stays() {
    let deleted = mock!(Client::delete_vpc)
        .match_requests(|request| request.vpc_id() == Some("vpc-1"))
        .then_output(|| DeleteVpcOutput::builder().build());
    let gone = Subject.delete(&stub(&[&there(), &attributes(true, true), &deleted]), &delete(target())).await;
    assert_eq!(gone.unwrap(), Deleted::Gone);

    let used = mock!(Client::delete_vpc).then_error(|| DeleteVpcError::generic(code("DependencyViolation")));
    let error = Subject.delete(&stub(&[&there(), &attributes(true, true), &used]), &delete(target())).await;
    assert_eq!(error.unwrap_err().class, ErrorClass::Dependency);

    let gone = Subject.delete(&stub(&[&listed(Vec::new())]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}
