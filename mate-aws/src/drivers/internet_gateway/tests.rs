use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::attach_internet_gateway::{AttachInternetGatewayError, AttachInternetGatewayOutput};
use aws_sdk_ec2::operation::create_internet_gateway::CreateInternetGatewayOutput;
use aws_sdk_ec2::operation::delete_internet_gateway::DeleteInternetGatewayOutput;
use aws_sdk_ec2::operation::describe_internet_gateways::DescribeInternetGatewaysOutput;
use aws_sdk_ec2::operation::detach_internet_gateway::{DetachInternetGatewayError, DetachInternetGatewayOutput};
use aws_sdk_ec2::types::{InternetGateway as SdkGateway, InternetGatewayAttachment};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::InternetGateway;
use mate_core::kinds::internet_gateway::InternetGatewayInputs;
use mate_core::provider::{Deleted, ErrorClass, Target};
use serde_json::json;

use super::InternetGatewayDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};
use crate::drivers::{Driver, ec2};

fn target() -> Target {
    let inputs = InternetGatewayInputs { vpc_id: "vpc-1".into() };
    testing::target::<InternetGateway>("mate-dev", &inputs)
}

fn gateway(vpc: Option<&str>) -> SdkGateway {
    let attachment =
        vpc.map(|vpc| vec![InternetGatewayAttachment::builder().vpc_id(vpc).state("available".into()).build()]);
    SdkGateway::builder()
        .internet_gateway_id("igw-1")
        .set_attachments(attachment)
        .set_tags(Some(ec2::to_sdk(&target().tags)))
        .build()
}

fn listed(gateways: Vec<SdkGateway>) -> Rule {
    mock!(Client::describe_internet_gateways).then_output(move || {
        DescribeInternetGatewaysOutput::builder().set_internet_gateways(Some(gateways.clone())).build()
    })
}

fn there(vpc: Option<&str>) -> Rule {
    listed(vec![gateway(vpc)])
}

fn new() -> Rule {
    mock!(Client::create_internet_gateway)
        .match_requests(|request| request.tag_specifications()[0].tags().len() == 5)
        .then_output(|| CreateInternetGatewayOutput::builder().internet_gateway(gateway(None)).build())
}

fn attached() -> Rule {
    mock!(Client::attach_internet_gateway)
        .match_requests(|request| request.internet_gateway_id() == Some("igw-1") && request.vpc_id() == Some("vpc-1"))
        .then_output(|| AttachInternetGatewayOutput::builder().build())
}

fn not_attached(said: &'static str) -> Rule {
    mock!(Client::attach_internet_gateway).then_error(move || AttachInternetGatewayError::generic(code(said)))
}

fn deleted() -> Rule {
    mock!(Client::delete_internet_gateway)
        .match_requests(|request| request.internet_gateway_id() == Some("igw-1"))
        .then_output(|| DeleteInternetGatewayOutput::builder().build())
}

fn not_detached(said: &'static str) -> Rule {
    mock!(Client::detach_internet_gateway).then_error(move || DetachInternetGatewayError::generic(code(said)))
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..testing::aws() }
}

#[tokio::test]
async fn a_gateway_tells_its_vpc_or_that_it_has_none() {
    let live = present(Subject.observe(&stub(&[&there(Some("vpc-1"))]), &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["internet_gateway_id"], json!("igw-1"));
    let live = present(Subject.observe(&stub(&[&there(None)]), &[target()]).await.remove(0));
    assert_eq!(live.inputs, json!({ "vpc_id": null }));
}

#[tokio::test]
async fn a_new_gateway_is_attached() {
    let attached = attached();
    let created = Subject.create(&stub(&[&listed(Vec::new()), &new(), &attached]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), attached.num_calls()), ("igw-1", 1));
}

#[tokio::test]
async fn a_failure_to_attach_says_what_exists() {
    let aws = stub(&[&listed(Vec::new()), &new(), &not_attached("InvalidInternetGatewayID.NotFound")]);
    let error = Subject.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.retry, mate_core::provider::RetryStatus::Temporary);
    assert_eq!(made(error).physical_id, "igw-1");
}

#[tokio::test]
async fn one_that_an_earlier_attempt_left_unattached_is_attached() {
    let attached = attached();
    let aws = stub(&[&there(None), &there(None), &attached]);
    assert_eq!(Subject.create(&aws, &create(target())).await.unwrap().physical_id, "igw-1");
    assert_eq!(attached.num_calls(), 1);

    let aws = stub(&[&there(Some("vpc-1"))]);
    assert_eq!(Subject.create(&aws, &create(target())).await.unwrap().physical_id, "igw-1");
}

#[tokio::test]
async fn an_attachment_that_is_there_is_right_for_this_vpc_only() {
    for (seen, class) in [
        (Some("vpc-1"), None),
        (None, Some(ErrorClass::EventualConsistency)),
        (Some("vpc-9"), Some(ErrorClass::AlreadyExists)),
    ] {
        let aws = stub(&[&there(None), &not_attached("Resource.AlreadyAssociated"), &there(seen)]);
        let answer = Subject.update(&aws, &update(target(), &["vpc_id"])).await;
        assert_eq!(answer.err().map(|error| error.class), class, "{seen:?}");
    }
}

#[tokio::test]
async fn one_that_is_attached_elsewhere_is_not_taken_for_it() {
    let error = Subject.create(&stub(&[&there(Some("vpc-9"))]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.to_string().contains("vpc_id"), "{error}");
}

#[tokio::test]
async fn it_is_detached_before_it_is_deleted() {
    let detached = mock!(Client::detach_internet_gateway)
        .match_requests(|request| request.vpc_id() == Some("vpc-1"))
        .then_output(|| DetachInternetGatewayOutput::builder().build());
    let aws = stub(&[&there(Some("vpc-1")), &detached, &deleted()]);
    assert_eq!(Subject.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);

    for said in ["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"] {
        let deleted = deleted();
        let aws = stub(&[&there(Some("vpc-1")), &not_detached(said), &deleted]);
        assert_eq!(Subject.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
        assert_eq!(deleted.num_calls(), 1, "{said}");
    }

    assert_eq!(Subject.delete(&stub(&[&there(None), &deleted()]), &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(Subject.delete(&stub(&[&listed(Vec::new())]), &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_gateway_through_which_public_addresses_are_reached_stays() {
    let aws = stub(&[&there(Some("vpc-1")), &not_detached("DependencyViolation")]);
    let error = Subject.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}
