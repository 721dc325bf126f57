//! Here is also what all kinds of EC2 that are found by their tags have in common.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::allocate_address::{AllocateAddressError, AllocateAddressOutput};
use aws_sdk_ec2::operation::create_tags::CreateTagsOutput;
use aws_sdk_ec2::operation::delete_tags::DeleteTagsOutput;
use aws_sdk_ec2::operation::describe_addresses::{
    DescribeAddressesError, DescribeAddressesInput, DescribeAddressesOutput,
};
use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::operation::release_address::{ReleaseAddressError, ReleaseAddressOutput};
use aws_sdk_ec2::types::{Address as SdkAddress, NetworkInterface};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::ElasticIp;
use mate_core::kinds::elastic_ip::ElasticIpInputs;
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::ElasticIpDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, create, delete, present, update};
use crate::drivers::{Driver, ec2};

fn target() -> Target {
    testing::target::<ElasticIp>("mate-dev-nat-1", &ElasticIpInputs {})
}

fn recorded(id: &str) -> Target {
    Target { physical_id: Some(id.into()), ..target() }
}

fn address(id: &str, tags: &Tags) -> SdkAddress {
    SdkAddress::builder().allocation_id(id).public_ip("203.0.113.7").set_tags(Some(ec2::to_sdk(tags))).build()
}

fn ours(id: &str) -> SdkAddress {
    address(id, &target().tags)
}

fn strangers(id: &str) -> SdkAddress {
    let mut tags = target().tags;
    tags.insert("Tenant".into(), "other".into());
    address(id, &tags)
}

fn asks_ids(request: &DescribeAddressesInput) -> bool {
    request.filters()[0].name() == Some("allocation-id")
}

fn page(addresses: Vec<SdkAddress>) -> DescribeAddressesOutput {
    DescribeAddressesOutput::builder().set_addresses(Some(addresses)).build()
}

fn by_ids(addresses: Vec<SdkAddress>) -> Rule {
    mock!(Client::describe_addresses).match_requests(asks_ids).then_output(move || page(addresses.clone()))
}

fn by_tags(addresses: Vec<SdkAddress>) -> Rule {
    mock!(Client::describe_addresses)
        .match_requests(|request| !asks_ids(request))
        .then_output(move || page(addresses.clone()))
}

fn allocated() -> Rule {
    mock!(Client::allocate_address)
        .match_requests(|request| {
            let tags = ec2::from_sdk(request.tag_specifications()[0].tags());
            target().tags.iter().all(|(key, value)| tags.get(key) == Some(value))
                && tags.get("Name").map(String::as_str) == Some("mate-dev-nat-1")
        })
        .then_output(|| AllocateAddressOutput::builder().allocation_id("eipalloc-1").public_ip("203.0.113.7").build())
}

fn released() -> Rule {
    mock!(Client::release_address)
        .match_requests(|request| request.allocation_id() == Some("eipalloc-1"))
        .then_output(|| ReleaseAddressOutput::builder().build())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ec2: client!(aws_sdk_ec2, any, rules), ..testing::aws() }
}

async fn observed(aws: &Aws, target: Target) -> Observation {
    Subject.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn many_are_found_in_calls_of_two_hundred_ids_or_tags() {
    let targets: Vec<Target> = (0..450)
        .map(|index| {
            let mut target = testing::target::<ElasticIp>("eip", &ElasticIpInputs {});
            target.address = testing::address(&format!("eip-{index}"));
            target.tags = target.ownership().tags();
            target.physical_id = (index % 2 == 0).then(|| format!("eipalloc-{index}"));
            target
        })
        .collect();
    let all: Vec<SdkAddress> =
        targets.iter().enumerate().map(|(index, target)| address(&format!("eipalloc-{index}"), &target.tags)).collect();
    let (ids, tags) = (by_ids(all.clone()), by_tags(all));
    let answers = Subject.observe(&stub(&[&ids, &tags]), &targets).await;
    assert_eq!((ids.num_calls(), tags.num_calls()), (2, 2));
    for (index, answer) in answers.into_iter().enumerate() {
        assert_eq!(present(answer).physical_id, format!("eipalloc-{index}"));
    }
}

#[tokio::test]
async fn the_tags_are_filters_of_the_service() {
    let rule = mock!(Client::describe_addresses)
        .match_requests(|request| {
            let mut filters: Vec<_> =
                request.filters().iter().map(|filter| (filter.name().unwrap(), filter.values().join(","))).collect();
            filters.sort();
            filters
                == [
                    ("tag:Component", "thing".to_owned()),
                    ("tag:Environment", "dev".to_owned()),
                    ("tag:ManagedBy", "mate".to_owned()),
                    ("tag:Tenant", "acme".to_owned()),
                ]
        })
        .then_output(|| page(vec![ours("eipalloc-1")]));
    let live = present(observed(&stub(&[&rule]), target()).await);
    assert_eq!(live.inputs, json!({}));
    assert_eq!(live.outputs["allocation_id"], json!("eipalloc-1"));
    assert_eq!(live.outputs["public_ip"], json!("203.0.113.7"));
}

#[tokio::test]
async fn a_record_that_leads_nowhere_or_to_a_stranger_gives_way_to_the_tags() {
    for (recorded_one, tagged, expected) in [
        (Vec::new(), vec![ours("eipalloc-1")], Some("eipalloc-1")),
        (vec![strangers("eipalloc-9")], vec![ours("eipalloc-1")], Some("eipalloc-1")),
        (vec![ours("eipalloc-9")], vec![ours("eipalloc-1")], Some("eipalloc-9")),
        (Vec::new(), Vec::new(), None),
    ] {
        let answer = observed(&stub(&[&by_ids(recorded_one), &by_tags(tagged)]), recorded("eipalloc-9")).await;
        match expected {
            Some(id) => assert_eq!(present(answer).physical_id, id),
            None => assert!(matches!(answer, Observation::Absent), "{answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_record_that_leads_to_a_stranger_alone_is_foreign_and_not_deleted() {
    let aws = stub(&[&by_ids(vec![strangers("eipalloc-9")]), &by_tags(Vec::new())]);
    let answer = observed(&aws, recorded("eipalloc-9")).await;
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    let error = Subject.delete(&aws, &delete(recorded("eipalloc-9"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = Subject.update(&aws, &update(recorded("eipalloc-9"), &["tags"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_nobody_owns_is_ours_to_adopt_and_a_stranger_s_only_to_read() {
    let nobodys = || address("eipalloc-9", &Tags::new());
    let claimed = |claim| Target { claim, ..recorded("eipalloc-9") };
    for (claim, found, accepted) in [
        (Claim::Owned, nobodys(), false),
        (Claim::Unowned, nobodys(), true),
        (Claim::Unowned, strangers("eipalloc-9"), false),
        (Claim::ReadOnly, strangers("eipalloc-9"), true),
    ] {
        let answer = observed(&stub(&[&by_ids(vec![found]), &by_tags(Vec::new())]), claimed(claim)).await;
        assert_eq!(matches!(answer, Observation::Present(_)), accepted, "{claim:?} {answer:?}");
    }

    let tagged = mock!(Client::create_tags)
        .match_requests(|request| request.resources() == ["eipalloc-9"] && request.tags().len() == 4)
        .then_output(|| CreateTagsOutput::builder().build());
    let aws = stub(&[&by_ids(vec![nobodys()]), &tagged]);
    Subject.update(&aws, &update(claimed(Claim::Unowned), &["tags"])).await.unwrap();
    assert_eq!(tagged.num_calls(), 1);
}

#[tokio::test]
async fn a_failed_read_is_unknown_for_each_with_its_own_address() {
    let rule =
        mock!(Client::describe_addresses).then_error(|| DescribeAddressesError::generic(code("RequestLimitExceeded")));
    let mut second = target();
    second.address = testing::address("other");
    let answers = Subject.observe(&stub(&[&rule]), &[target(), second]).await;
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
async fn a_lost_answer_of_create_does_not_make_a_second_one() {
    let aws = stub(&[&by_tags(Vec::new()), &allocated()]);
    let created = Subject.create(&aws, &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), &created.outputs["public_ip"]), ("eipalloc-1", &json!("203.0.113.7")));

    let again = allocated();
    let created = Subject.create(&stub(&[&by_tags(vec![ours("eipalloc-1")]), &again]), &create(target())).await;
    assert_eq!(created.unwrap().physical_id, "eipalloc-1");
    assert_eq!(again.num_calls(), 0);
}

#[tokio::test]
async fn nothing_is_made_while_it_is_not_known_what_is_there() {
    let unknown =
        mock!(Client::describe_addresses).then_error(|| DescribeAddressesError::generic(code("ServiceUnavailable")));
    let made = allocated();
    let error = Subject.create(&stub(&[&unknown, &made]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    assert_eq!(made.num_calls(), 0);
}

#[tokio::test]
async fn what_the_account_may_not_have_is_a_quota() {
    let refused =
        mock!(Client::allocate_address).then_error(|| AllocateAddressError::generic(code("AddressLimitExceeded")));
    let error = Subject.create(&stub(&[&by_tags(Vec::new()), &refused]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Quota);
}

#[tokio::test]
async fn tags_are_set_and_taken_off_and_others_left() {
    let mut wanted = target();
    wanted.tags.insert("CostCenter".into(), "care".into());
    let mut tags = target().tags;
    tags.extend([("Team".to_owned(), "red".to_owned()), ("Name".to_owned(), "by hand".to_owned())]);
    let set = mock!(Client::create_tags)
        .match_requests(|request| request.tags().len() == 1 && request.tags()[0].key() == Some("CostCenter"))
        .then_output(|| CreateTagsOutput::builder().build());
    let unset = mock!(Client::delete_tags)
        .match_requests(|request| {
            let [tag] = request.tags() else { return false };
            request.resources() == ["eipalloc-1"] && tag.key() == Some("Team") && tag.value().is_none()
        })
        .then_output(|| DeleteTagsOutput::builder().build());
    let mut request = update(wanted, &["tags"]);
    request.untag = ["Team".to_owned(), "Gone".to_owned()].into();
    let aws = stub(&[&by_tags(vec![address("eipalloc-1", &tags)]), &set, &unset]);
    Subject.update(&aws, &request).await.unwrap();
    assert_eq!((set.num_calls(), unset.num_calls()), (1, 1));
}

#[tokio::test]
async fn tags_that_are_right_are_not_written() {
    let aws = stub(&[&by_tags(vec![ours("eipalloc-1")])]);
    let mut request = update(target(), &["tags"]);
    request.untag = ["Gone".to_owned()].into();
    assert_eq!(Subject.update(&aws, &request).await.unwrap().physical_id, "eipalloc-1");
}

#[tokio::test]
async fn an_address_in_use_is_not_released_and_one_that_is_gone_needs_no_release() {
    let aws = stub(&[&by_tags(vec![ours("eipalloc-1")]), &released()]);
    assert_eq!(Subject.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);

    for (said, class) in
        [("InvalidIPAddress.InUse", Some(ErrorClass::Dependency)), ("InvalidAllocationID.NotFound", None)]
    {
        let refused = mock!(Client::release_address).then_error(move || ReleaseAddressError::generic(code(said)));
        let answer = Subject.delete(&stub(&[&by_tags(vec![ours("eipalloc-1")]), &refused]), &delete(target())).await;
        assert_eq!(answer.err().map(|error| error.class), class, "{said}");
    }

    let gone = Subject.delete(&stub(&[&by_tags(Vec::new())]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn the_diagnosis_names_what_uses_the_address() {
    let used = mock!(Client::describe_network_interfaces)
        .match_requests(|request| request.filters()[0].values() == ["eipalloc-1"])
        .then_output(|| {
            let interface =
                NetworkInterface::builder().network_interface_id("eni-1").description("Interface for NAT Gateway");
            DescribeNetworkInterfacesOutput::builder().network_interfaces(interface.build()).build()
        });
    let findings = Subject.diagnose(&stub(&[&by_tags(vec![ours("eipalloc-1")]), &used]), &target()).await.unwrap();
    assert_eq!(findings[0].finding, "the network interface eni-1 (Interface for NAT Gateway) uses eipalloc-1");
}
