use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::authorize_security_group_egress::AuthorizeSecurityGroupEgressOutput;
use aws_sdk_ec2::operation::authorize_security_group_ingress::{
    AuthorizeSecurityGroupIngressError, AuthorizeSecurityGroupIngressOutput,
};
use aws_sdk_ec2::operation::create_security_group::{CreateSecurityGroupError, CreateSecurityGroupOutput};
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::delete_security_group::{DeleteSecurityGroupError, DeleteSecurityGroupOutput};
use aws_sdk_ec2::operation::delete_tags::DeleteTagsOutput;
use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::operation::describe_security_groups::{DescribeSecurityGroupsError, DescribeSecurityGroupsOutput};
use aws_sdk_ec2::operation::revoke_security_group_egress::RevokeSecurityGroupEgressOutput;
use aws_sdk_ec2::types::{IpPermission, IpRange, NetworkInterface, SecurityGroup as SdkGroup};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::SecurityGroup;
use mate_core::kinds::security_group::{Peer, Rule as GroupRule, SecurityGroupInputs};
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::SecurityGroupDriver;
use super::driver::tags_to_sdk;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const NAME: &str = "mate-acme-dev-alb";

fn target() -> Target {
    testing::target::<SecurityGroup>(
        NAME,
        &SecurityGroupInputs {
            description: "Load balancer of acme".into(),
            vpc_id: "vpc-1".into(),
            ingress: vec![GroupRule::tcp(443, Peer::Cidr("0.0.0.0/0".into()), "HTTPS")],
            egress: vec![GroupRule::all_out()],
        },
    )
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, rules), ..aws() }
}

fn to_everywhere(
    permission: aws_sdk_ec2::types::builders::IpPermissionBuilder,
    description: Option<&str>,
) -> IpPermission {
    let range = IpRange::builder().cidr_ip("0.0.0.0/0").set_description(description.map(str::to_owned));
    permission.ip_ranges(range.build()).build()
}

/// A group in a VPC: ours or not, with the wanted rule or only the one that EC2 gives.
fn group(id: &str, vpc: &str, ours: bool, complete: bool) -> SdkGroup {
    let https = || to_everywhere(IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443), Some("HTTPS"));
    SdkGroup::builder()
        .group_id(id)
        .group_name(NAME)
        .vpc_id(vpc)
        .description("Load balancer of acme")
        .set_ip_permissions(Some(if complete { vec![https()] } else { Vec::new() }))
        .ip_permissions_egress(to_everywhere(IpPermission::builder().ip_protocol("-1"), None))
        .set_tags(ours.then(|| tags_to_sdk(&target().tags)))
        .build()
}

fn described(groups: fn() -> Vec<SdkGroup>) -> Rule {
    mock!(Client::describe_security_groups)
        .then_output(move || DescribeSecurityGroupsOutput::builder().set_security_groups(Some(groups())).build())
}

fn new() -> Rule {
    mock!(Client::create_security_group)
        .match_requests(|request| request.tag_specifications()[0].tags().len() == 4)
        .then_output(|| CreateSecurityGroupOutput::builder().group_id("sg-1").build())
}

fn authorized() -> Rule {
    mock!(Client::authorize_security_group_ingress)
        .match_requests(|request| request.group_id() == Some("sg-1") && request.ip_permissions().len() == 1)
        .then_output(|| AuthorizeSecurityGroupIngressOutput::builder().build())
}

fn not_authorized(said: &'static str) -> Rule {
    mock!(Client::authorize_security_group_ingress)
        .then_error(move || AuthorizeSecurityGroupIngressError::generic(code(said)))
}

#[tokio::test]
async fn many_groups_are_read_in_few_calls_and_by_pages() {
    let page = |token: Option<&'static str>, values: usize, next: Option<&'static str>| {
        mock!(Client::describe_security_groups)
            .match_requests(move |request| {
                request.next_token() == token && request.filters()[0].values().len() == values
            })
            .then_output(move || {
                let output = DescribeSecurityGroupsOutput::builder().set_next_token(next.map(str::to_owned));
                output.security_groups(group("sg-1", "vpc-1", true, true)).build()
            })
    };
    let rules = [page(None, 200, Some("2")), page(Some("2"), 200, None), page(None, 50, None)];
    let targets: Vec<Target> = (0..250).map(|index| Target { name: format!("group-{index}"), ..target() }).collect();
    let answers = SecurityGroupDriver.observe(&stub(&[&rules[0], &rules[1], &rules[2]]), &targets).await;
    assert_eq!(answers.len(), 250);
    assert!(answers.iter().all(|answer| matches!(answer, Observation::Absent)));
    assert_eq!(rules.iter().map(Rule::num_calls).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn what_ec2_tells_is_what_was_wanted() {
    let aws = stub(&[&described(|| vec![group("sg-1", "vpc-1", true, true)])]);
    let live = present(SecurityGroupDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["group_id"], json!("sg-1"));
}

#[tokio::test]
async fn a_group_of_the_name_in_another_vpc_is_in_nobody_s_way() {
    let aws = stub(&[&described(|| vec![group("sg-9", "vpc-9", false, true)])]);
    let answer = SecurityGroupDriver.observe(&aws, &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");

    let aws = stub(&[&described(|| vec![group("sg-9", "vpc-1", false, true)])]);
    let answer = SecurityGroupDriver.observe(&aws, &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

#[tokio::test]
async fn a_recorded_group_is_found_in_the_vpc_that_it_is_to_leave() {
    let both = described(|| vec![group("sg-2", "vpc-1", true, true), group("sg-1", "vpc-old", true, true)]);
    let target = Target { physical_id: Some("sg-1".into()), ..target() };
    let live = present(SecurityGroupDriver.observe(&stub(&[&both]), &[target]).await.remove(0));
    assert_eq!((live.physical_id.as_str(), &live.inputs["vpc_id"]), ("sg-1", &json!("vpc-old")));
}

#[tokio::test]
async fn a_failed_read_is_unknown_for_each_with_its_own_address() {
    let rule = mock!(Client::describe_security_groups)
        .then_error(|| DescribeSecurityGroupsError::generic(code("RequestLimitExceeded")));
    let mut second = target();
    second.address = testing::address("other");
    let answers = SecurityGroupDriver.observe(&stub(&[&rule]), &[target(), second]).await;
    let told: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Observation::Unknown(error) => (error.class, error.address.node.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(ErrorClass::Throttled, "thing"), (ErrorClass::Throttled, "other")]);
}

#[tokio::test]
async fn the_rule_that_ec2_gives_goes_when_it_is_not_wanted() {
    let narrow = mock!(Client::authorize_security_group_egress)
        .match_requests(|request| request.ip_permissions()[0].user_id_group_pairs()[0].group_id() == Some("sg-2"))
        .then_output(|| AuthorizeSecurityGroupEgressOutput::builder().build());
    let wide = mock!(Client::revoke_security_group_egress)
        .match_requests(|request| request.ip_permissions()[0].ip_protocol() == Some("-1"))
        .then_output(|| RevokeSecurityGroupEgressOutput::builder().build());
    let mut target = target();
    target.inputs["ingress"] = json!([]);
    target.inputs["egress"] = json!([GroupRule::tcp(5432, Peer::SecurityGroup("sg-2".into()), "database")]);
    let aws = stub(&[&new(), &described(|| vec![group("sg-1", "vpc-1", true, false)]), &narrow, &wide]);
    SecurityGroupDriver.create(&aws, &create(target)).await.unwrap();
    assert_eq!((narrow.num_calls(), wide.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_rule_that_came_meanwhile_is_tolerated() {
    let before = described(|| vec![group("sg-1", "vpc-1", true, false)]);
    let after = described(|| vec![group("sg-1", "vpc-1", true, true)]);
    let aws = stub(&[&new(), &before, &not_authorized("InvalidPermission.Duplicate"), &after]);
    assert_eq!(SecurityGroupDriver.create(&aws, &create(target())).await.unwrap().physical_id, "sg-1");
}

#[tokio::test]
async fn what_cannot_be_seen_yet_is_tried_again_with_what_exists() {
    let aws = stub(&[&new(), &described(Vec::new)]);
    let error = SecurityGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
    assert_eq!(made(error).physical_id, "sg-1");

    let unseen = not_authorized("InvalidGroup.NotFound");
    let aws = stub(&[&new(), &described(|| vec![group("sg-1", "vpc-1", true, false)]), &unseen]);
    let error = SecurityGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
    assert_eq!(made(error).outputs["group_id"], json!("sg-1"));
}

#[tokio::test]
async fn what_exists_is_completed_when_ours_and_refused_when_not() {
    let duplicate = || {
        mock!(Client::create_security_group)
            .then_error(|| CreateSecurityGroupError::generic(code("InvalidGroup.Duplicate")))
    };
    let ours = || described(|| vec![group("sg-1", "vpc-1", true, false)]);
    let added = authorized();
    let aws = stub(&[&duplicate(), &ours(), &ours(), &added]);
    assert_eq!(SecurityGroupDriver.create(&aws, &create(target())).await.unwrap().physical_id, "sg-1");
    assert_eq!(added.num_calls(), 1);

    let aws = stub(&[&duplicate(), &described(|| vec![group("sg-1", "vpc-1", false, false)])]);
    let error = SecurityGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_what_uses_it() {
    let ours = || described(|| vec![group("sg-1", "vpc-1", true, true)]);
    let deleted = mock!(Client::delete_security_group)
        .match_requests(|request| request.group_id() == Some("sg-1"))
        .then_output(|| DeleteSecurityGroupOutput::builder().build());
    let gone = SecurityGroupDriver.delete(&stub(&[&ours(), &deleted]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);

    for said in ["DependencyViolation", "InvalidGroup.InUse"] {
        let used =
            mock!(Client::delete_security_group).then_error(move || DeleteSecurityGroupError::generic(code(said)));
        let error = SecurityGroupDriver.delete(&stub(&[&ours(), &used]), &delete(target())).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Dependency, "{said}");
    }

    let aws = stub(&[&described(|| vec![group("sg-1", "vpc-1", false, true)])]);
    let error = SecurityGroupDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    let gone = SecurityGroupDriver.delete(&stub(&[&described(Vec::new)]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn the_diagnosis_names_what_uses_the_group() {
    let used = mock!(Client::describe_network_interfaces).then_output(|| {
        let interface = NetworkInterface::builder().network_interface_id("eni-1").description("ELB app/mate").build();
        DescribeNetworkInterfacesOutput::builder().network_interfaces(interface).build()
    });
    let aws = stub(&[&described(|| vec![group("sg-1", "vpc-1", true, true)]), &used]);
    let findings = SecurityGroupDriver.diagnose(&aws, &target()).await.unwrap();
    assert_eq!(findings[0].finding, "the network interface eni-1 (ELB app/mate) is in sg-1");
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::delete_tags)
        .match_requests(|request| {
            request.resources() == ["sg-1"]
                && request.tags().iter().map(|tag| tag.key().unwrap()).eq(testing::OWNERSHIP)
                && request.tags().iter().all(|tag| tag.value().is_none())
        })
        .then_output(|| DeleteTagsOutput::builder().build());
    let aws = stub(&[&described(|| vec![group("sg-1", "vpc-1", true, true)]), &off]);
    let answer = SecurityGroupDriver.update(&aws, &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), ("sg-1", 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_found_by_its_id_and_adopted_by_its_tags() {
    let recorded =
        Target { physical_id: Some("sg-7".into()), name: "another-name".into(), ..testing::unowned(target()) };
    let by_id = || {
        mock!(Client::describe_security_groups)
            .match_requests(|request| {
                request.filters()[0].name() == Some("group-id") && request.filters()[0].values() == ["sg-7"]
            })
            .then_output(|| {
                let group = group("sg-7", "vpc-1", false, true);
                DescribeSecurityGroupsOutput::builder().security_groups(group).build()
            })
    };
    present(SecurityGroupDriver.observe(&stub(&[&by_id()]), std::slice::from_ref(&recorded)).await.remove(0));
    let on = mock!(Client::create_tags)
        .match_requests(|request| request.resources() == ["sg-7"] && request.tags().len() == 4)
        .then_output(|| CreateTagsOutput::builder().build());
    SecurityGroupDriver.update(&stub(&[&by_id(), &on]), &update(recorded.clone(), &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);

    // Without the claim it is foreign, however well it is recorded.
    let ours = Target { claim: Default::default(), ..recorded };
    let answer = SecurityGroupDriver.observe(&stub(&[&by_id(), &described(Vec::new)]), &[ours]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}
