use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::create_vpc_endpoint::{
    CreateVpcEndpointError, CreateVpcEndpointInput, CreateVpcEndpointOutput,
};
use aws_sdk_ec2::operation::delete_tags::DeleteTagsOutput;
use aws_sdk_ec2::operation::delete_vpc_endpoints::DeleteVpcEndpointsOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoints::{DescribeVpcEndpointsError, DescribeVpcEndpointsOutput};
use aws_sdk_ec2::operation::modify_vpc_endpoint::{ModifyVpcEndpointError, ModifyVpcEndpointOutput};
use aws_sdk_ec2::types::{
    LastError, SecurityGroupIdentifier, State, UnsuccessfulItem, UnsuccessfulItemError, VpcEndpoint as SdkEndpoint,
    VpcEndpointType,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::VpcEndpoint;
use mate_core::kinds::vpc_endpoint::VpcEndpointInputs;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, Status, Target};
use serde_json::json;

use super::VpcEndpointDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::ec2::to_sdk;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const ID: &str = "vpce-1";

fn target() -> Target {
    testing::target::<VpcEndpoint>(
        "mate-dev-ecr",
        &VpcEndpointInputs {
            vpc_id: "vpc-1".into(),
            service_name: "com.amazonaws.us-east-1.ecr.api".into(),
            endpoint_type: "Interface".into(),
            route_table_ids: Vec::new(),
            subnet_ids: vec!["subnet-a".into(), "subnet-b".into()],
            security_group_ids: vec!["sg-1".into()],
            private_dns_enabled: true,
        },
    )
}

fn gateway() -> Target {
    testing::target::<VpcEndpoint>(
        "mate-dev-s3",
        &VpcEndpointInputs {
            vpc_id: "vpc-1".into(),
            service_name: "com.amazonaws.us-east-1.s3".into(),
            endpoint_type: "Gateway".into(),
            route_table_ids: vec!["rtb-1".into()],
            subnet_ids: Vec::new(),
            security_group_ids: Vec::new(),
            private_dns_enabled: false,
        },
    )
}

/// The endpoint as EC2 tells it when it is as the target wants.
fn steady() -> SdkEndpoint {
    SdkEndpoint::builder()
        .vpc_endpoint_id(ID)
        .vpc_id("vpc-1")
        .service_name("com.amazonaws.us-east-1.ecr.api")
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .state(State::from("available"))
        .subnet_ids("subnet-b")
        .subnet_ids("subnet-a")
        .groups(SecurityGroupIdentifier::builder().group_id("sg-1").group_name("endpoints").build())
        .private_dns_enabled(true)
        .set_tags(Some(to_sdk(&target().tags)))
        .build()
}

fn like(change: impl FnOnce(&mut SdkEndpoint)) -> SdkEndpoint {
    let mut endpoint = steady();
    change(&mut endpoint);
    endpoint
}

fn described(endpoints: Vec<SdkEndpoint>) -> Rule {
    mock!(Client::describe_vpc_endpoints)
        .then_output(move || DescribeVpcEndpointsOutput::builder().set_vpc_endpoints(Some(endpoints.clone())).build())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..aws() }
}

async fn observe(endpoint: SdkEndpoint, target: Target) -> Observation {
    let target = Target { physical_id: Some(ID.into()), ..target };
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&described(vec![endpoint])]), ..aws() };
    VpcEndpointDriver.observe(&aws, &[target]).await.remove(0)
}

fn unsuccessful(said: &'static str) -> UnsuccessfulItem {
    UnsuccessfulItem::builder().resource_id(ID).error(UnsuccessfulItemError::builder().code(said).build()).build()
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let live = present(observe(steady(), target()).await);
    let mut wanted = target().inputs;
    wanted["subnet_ids"] = json!(["subnet-b", "subnet-a"]);
    assert_eq!((live.inputs.into(), live.status), (wanted, Status::Ready));
    assert_eq!(live.outputs["vpc_endpoint_id"], json!(ID));

    let mut s3 = SdkEndpoint::builder()
        .vpc_endpoint_id(ID)
        .vpc_id("vpc-1")
        .service_name("com.amazonaws.us-east-1.s3")
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .state(State::Available)
        .route_table_ids("rtb-1")
        .build();
    s3.tags = Some(to_sdk(&gateway().tags));
    assert_eq!(present(observe(s3, gateway()).await).inputs, gateway().inputs);
}

#[tokio::test]
async fn the_state_is_told_however_it_is_spelt() {
    for (state, status) in [
        ("Available", Status::Ready),
        ("pendingAcceptance", Status::Pending("pendingAcceptance".into())),
        ("pending", Status::Pending("pending".into())),
        ("deleting", Status::Deleting),
        ("rejected", Status::Failed("rejected: NoQuota: too many".into())),
        ("Failed", Status::Failed("Failed: NoQuota: too many".into())),
    ] {
        let endpoint = like(|one| {
            one.state = Some(State::from(state));
            one.last_error = Some(LastError::builder().code("NoQuota").message("too many").build());
        });
        assert_eq!(present(observe(endpoint, target()).await).status, status, "{state}");
    }
    let gone = observe(like(|one| one.state = Some(State::from("deleted"))), target()).await;
    assert!(matches!(gone, Observation::Absent), "{gone:?}");
}

#[tokio::test]
async fn without_a_record_it_is_found_by_its_tags() {
    let found = mock!(Client::describe_vpc_endpoints)
        .match_requests(|request| request.filters().len() == 4)
        .then_output(|| DescribeVpcEndpointsOutput::builder().vpc_endpoints(steady()).build());
    let live = present(VpcEndpointDriver.observe(&stub(&[&found]), &[target()]).await.remove(0));
    assert_eq!(live.physical_id, ID);
}

#[tokio::test]
async fn a_failed_read_is_unknown() {
    let throttled = mock!(Client::describe_vpc_endpoints)
        .then_error(|| DescribeVpcEndpointsError::generic(code("RequestLimitExceeded")));
    match VpcEndpointDriver.observe(&stub(&[&throttled]), &[target()]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whose_it_is_depends_on_the_claim() {
    let untagged = || like(|one| one.tags = None);
    assert!(matches!(observe(untagged(), target()).await, Observation::Foreign(_)));
    present(observe(untagged(), Target { claim: Claim::Unowned, ..target() }).await);
    present(observe(untagged(), Target { claim: Claim::ReadOnly, ..target() }).await);
}

fn new(check: fn(&CreateVpcEndpointInput) -> bool) -> Rule {
    mock!(Client::create_vpc_endpoint)
        .match_requests(move |request| {
            check(request)
                && request.client_token().is_some_and(|token| token.len() == 64)
                && request.tag_specifications()[0].tags().iter().any(|tag| tag.key() == Some("Component"))
        })
        .then_output(|| {
            let endpoint = like(|one| one.state = Some(State::from("pending")));
            CreateVpcEndpointOutput::builder().vpc_endpoint(endpoint).build()
        })
}

#[tokio::test]
async fn it_is_made_with_its_type_its_tags_and_the_token() {
    let interface = new(|request| {
        request.vpc_endpoint_type() == Some(&VpcEndpointType::Interface)
            && request.subnet_ids() == ["subnet-a", "subnet-b"]
            && request.security_group_ids() == ["sg-1"]
            && request.private_dns_enabled() == Some(true)
    });
    let created = VpcEndpointDriver.create(&stub(&[&described(vec![]), &interface]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status), (ID, Status::Pending("pending".into())));

    let way = new(|request| {
        request.vpc_endpoint_type() == Some(&VpcEndpointType::Gateway)
            && request.route_table_ids() == ["rtb-1"]
            && request.private_dns_enabled() == Some(false)
    });
    VpcEndpointDriver.create(&stub(&[&described(vec![]), &way]), &create(gateway())).await.unwrap();
    assert_eq!(way.num_calls(), 1);
}

#[tokio::test]
async fn what_an_earlier_attempt_made_is_found_and_brought_to_the_inputs() {
    let there = described(vec![steady()]);
    let created = VpcEndpointDriver.create(&stub(&[&there]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, ID);

    let bare = described(vec![like(|one| one.private_dns_enabled = Some(false))]);
    let busy =
        mock!(Client::modify_vpc_endpoint).then_error(|| ModifyVpcEndpointError::generic(code("OperationInProgress")));
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&bare, &busy]), ..aws() };
    let error = VpcEndpointDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, ID);
}

#[tokio::test]
async fn a_subnet_that_cannot_be_seen_yet_is_waited_for() {
    let unseen = mock!(Client::create_vpc_endpoint)
        .then_error(|| CreateVpcEndpointError::generic(code("InvalidSubnetID.NotFound")));
    let error = VpcEndpointDriver.create(&stub(&[&described(vec![]), &unseen]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}

#[tokio::test]
async fn an_update_adds_and_removes_what_it_names() {
    let changed = mock!(Client::modify_vpc_endpoint)
        .match_requests(|request| {
            request.vpc_endpoint_id() == Some(ID)
                && request.add_subnet_ids() == ["subnet-b"]
                && request.remove_subnet_ids() == ["subnet-c"]
                && request.add_security_group_ids.is_none()
                && request.remove_security_group_ids.is_none()
                && request.private_dns_enabled().is_none()
        })
        .then_output(|| ModifyVpcEndpointOutput::builder().build());
    let before = described(vec![like(|one| {
        one.subnet_ids = Some(vec!["subnet-a".into(), "subnet-c".into()]);
        one.groups = None;
        one.private_dns_enabled = Some(false);
    })]);
    let after = described(vec![like(|one| one.state = Some(State::from("pending")))]);
    let updated =
        VpcEndpointDriver.update(&stub(&[&before, &changed, &after]), &update(target(), &["subnet_ids"])).await;
    assert_eq!(updated.unwrap().status, Status::Pending("pending".into()));
}

#[tokio::test]
async fn groups_route_tables_and_private_dns_are_changed_too() {
    let changed = mock!(Client::modify_vpc_endpoint)
        .match_requests(|request| {
            request.add_security_group_ids() == ["sg-1"]
                && request.remove_security_group_ids() == ["sg-9"]
                && request.private_dns_enabled() == Some(true)
        })
        .then_output(|| ModifyVpcEndpointOutput::builder().build());
    let before = described(vec![like(|one| {
        one.groups = Some(vec![SecurityGroupIdentifier::builder().group_id("sg-9").build()]);
        one.private_dns_enabled = Some(false);
    })]);
    let aws = stub(&[&before, &changed, &described(vec![steady()])]);
    let request = update(target(), &["security_group_ids", "private_dns_enabled"]);
    VpcEndpointDriver.update(&aws, &request).await.unwrap();

    let routed = mock!(Client::modify_vpc_endpoint)
        .match_requests(|request| {
            request.add_route_table_ids() == ["rtb-1"] && request.remove_route_table_ids() == ["rtb-2"]
        })
        .then_output(|| ModifyVpcEndpointOutput::builder().build());
    let before = described(vec![like(|one| one.route_table_ids = Some(vec!["rtb-2".into()]))]);
    let aws = stub(&[&before, &routed, &described(vec![steady()])]);
    VpcEndpointDriver.update(&aws, &update(gateway(), &["route_table_ids"])).await.unwrap();
    assert_eq!((changed.num_calls(), routed.num_calls()), (1, 1));
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
    VpcEndpointDriver.update(&aws, &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

fn deleted(item: Option<UnsuccessfulItem>) -> Rule {
    mock!(Client::delete_vpc_endpoints).match_requests(|request| request.vpc_endpoint_ids() == [ID]).then_output(
        move || DeleteVpcEndpointsOutput::builder().set_unsuccessful(item.clone().map(|item| vec![item])).build(),
    )
}

#[tokio::test]
async fn deletion_looks_at_what_the_answer_says_of_the_endpoint() {
    let remove = |rule: Rule| async move {
        VpcEndpointDriver.delete(&stub(&[&described(vec![steady()]), &rule]), &delete(target())).await
    };
    assert_eq!(remove(deleted(None)).await.unwrap(), Deleted::Going);
    assert_eq!(remove(deleted(Some(unsuccessful("InvalidVpcEndpoint.NotFound")))).await.unwrap(), Deleted::Gone);
    let error = remove(deleted(Some(unsuccessful("DependencyViolation")))).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Dependency, Some("DependencyViolation")));
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_accepts_absence() {
    let foreign = Target { physical_id: Some(ID.into()), ..target() };
    let untagged = described(vec![like(|one| one.tags = None)]);
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&untagged]), ..aws() };
    assert_eq!(VpcEndpointDriver.delete(&aws, &delete(foreign)).await.unwrap_err().class, ErrorClass::AlreadyExists);
    let gone = VpcEndpointDriver.delete(&stub(&[&described(vec![])]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
    let going = described(vec![like(|one| one.state = Some(State::from("deleting")))]);
    let going = VpcEndpointDriver.delete(&stub(&[&going]), &delete(target())).await.unwrap();
    assert_eq!(going, Deleted::Going);
}

#[tokio::test]
async fn the_diagnosis_says_what_aws_says_of_it() {
    let diagnose = |endpoint: SdkEndpoint| async move {
        let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&described(vec![endpoint])]), ..aws() };
        VpcEndpointDriver.diagnose(&aws, &target()).await.unwrap()
    };
    let waits = diagnose(like(|one| one.state = Some(State::from("pendingAcceptance")))).await;
    assert!(waits[0].finding.ends_with("is pendingAcceptance") && waits[0].advice.is_some(), "{waits:?}");
    let failed = diagnose(like(|one| {
        one.state = Some(State::from("failed"));
        one.failure_reason = Some("no address is free".into());
    }))
    .await;
    assert!(failed[0].finding.ends_with("is failed: no address is free"), "{failed:?}");
    assert!(diagnose(steady()).await.is_empty());
}
