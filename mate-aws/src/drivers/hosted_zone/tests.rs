use aws_sdk_route53::Client;
use aws_sdk_route53::operation::change_tags_for_resource::{ChangeTagsForResourceError, ChangeTagsForResourceOutput};
use aws_sdk_route53::operation::create_hosted_zone::{CreateHostedZoneError, CreateHostedZoneOutput};
use aws_sdk_route53::operation::delete_hosted_zone::{DeleteHostedZoneError, DeleteHostedZoneOutput};
use aws_sdk_route53::operation::get_hosted_zone::{GetHostedZoneError, GetHostedZoneOutput};
use aws_sdk_route53::operation::list_hosted_zones::ListHostedZonesOutput;
use aws_sdk_route53::operation::list_hosted_zones_by_name::{ListHostedZonesByNameError, ListHostedZonesByNameOutput};
use aws_sdk_route53::operation::list_resource_record_sets::ListResourceRecordSetsOutput;
use aws_sdk_route53::operation::list_tags_for_resources::ListTagsForResourcesOutput;
use aws_sdk_route53::operation::update_hosted_zone_comment::UpdateHostedZoneCommentOutput;
use aws_sdk_route53::types::{
    ChangeInfo, ChangeStatus, DelegationSet, HostedZone as Described, HostedZoneConfig, ResourceRecordSet,
    ResourceTagSet, RrType, Tag, TagResourceType,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::hosted_zone::{HostedZone, HostedZoneInputs};
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Scope, Target};
use serde_json::json;

use super::HostedZoneDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const DOMAIN: &str = "mate.example.com";

fn target() -> Target {
    let inputs = HostedZoneInputs { domain: DOMAIN.into(), comment: "The platform".into() };
    testing::target::<HostedZone>(DOMAIN, &inputs)
}

fn known(id: &str) -> Target {
    Target { physical_id: Some(id.into()), ..target() }
}

fn described(id: &str, name: &str, private: bool, reference: &str) -> Described {
    let config = HostedZoneConfig::builder().comment("as it was").private_zone(private).build();
    let zone = Described::builder().id(format!("/hostedzone/{id}")).name(format!("{name}.")).config(config);
    zone.caller_reference(reference).build().unwrap()
}

fn zone(id: &str) -> Described {
    described(id, DOMAIN, false, "earlier")
}

fn listed(zones: Vec<Described>) -> Rule {
    mock!(Client::list_hosted_zones_by_name)
        .match_requests(|request| request.dns_name() == Some("mate.example.com."))
        .then_output(move || {
            let list = ListHostedZonesByNameOutput::builder().set_hosted_zones(Some(zones.clone()));
            list.is_truncated(false).max_items(100).build().unwrap()
        })
}

fn servers() -> DelegationSet {
    DelegationSet::builder().name_servers("ns-1.awsdns.com.").name_servers("ns-2.awsdns.org").build().unwrap()
}

fn got() -> Rule {
    mock!(Client::get_hosted_zone)
        .match_requests(|request| request.id().unwrap().starts_with('Z'))
        .then_output(|| GetHostedZoneOutput::builder().hosted_zone(zone("Z1")).delegation_set(servers()).build())
}

fn tagged(tags: Tags) -> Rule {
    let sdk: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    mock!(Client::list_tags_for_resources).match_requests(|request| request.resource_ids().len() <= 10).then_output(
        move || {
            // Of all zones the first has the tags.
            let set = ResourceTagSet::builder().resource_type(TagResourceType::Hostedzone).resource_id("Z1");
            let set = set.set_tags(Some(sdk.clone())).build();
            ListTagsForResourcesOutput::builder().resource_tag_sets(set).build().unwrap()
        },
    )
}

fn aws(rules: &[&Rule]) -> Aws {
    Aws { route53: client!(aws_sdk_route53, any, rules), ..testing::aws() }
}

async fn observe(aws: &Aws, target: Target) -> Observation {
    HostedZoneDriver.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn a_zone_is_found_by_its_domain_and_tells_its_name_servers() {
    let private = described("Z0", DOMAIN, true, "");
    let rules =
        [listed(vec![private, zone("Z1"), described("Z9", "z.example.com", false, "")]), got(), tagged(target().tags)];
    let live = present(observe(&aws(&rules.each_ref()), target()).await);
    assert_eq!(live.physical_id, "Z1");
    assert_eq!(live.inputs, json!({"domain": DOMAIN, "comment": "as it was"}));
    assert_eq!(live.outputs["hosted_zone_id"], "Z1");
    assert_eq!(live.outputs["name_servers"], "ns-1.awsdns.com,ns-2.awsdns.org");
}

#[tokio::test]
async fn only_a_certain_answer_is_absent() {
    let absent = listed(vec![described("Z9", "z.example.com", false, "")]);
    assert!(matches!(observe(&aws(&[&absent]), target()).await, Observation::Absent));
    let failing = mock!(Client::list_hosted_zones_by_name)
        .then_error(|| ListHostedZonesByNameError::generic(code("ThrottlingException")));
    assert!(matches!(observe(&aws(&[&failing]), target()).await, Observation::Unknown(_)));
}

#[tokio::test]
async fn an_id_that_is_out_of_date_is_looked_up_by_the_domain() {
    let gone = mock!(Client::get_hosted_zone)
        .match_requests(|request| request.id() == Some("OLD"))
        .then_error(|| GetHostedZoneError::generic(code("NoSuchHostedZone")));
    let rules = [gone, got(), listed(vec![zone("Z1")]), tagged(target().tags)];
    assert_eq!(present(observe(&aws(&rules.each_ref()), known("OLD")).await).physical_id, "Z1");
}

#[tokio::test]
async fn a_zone_without_our_tags_is_foreign_unless_it_is_adopted_or_only_read() {
    let rules = [listed(vec![zone("Z1")]), got(), tagged(Tags::new())];
    let aws = aws(&rules.each_ref());
    assert!(matches!(observe(&aws, target()).await, Observation::Foreign(_)));
    let adopted = present(observe(&aws, Target { claim: Claim::Unowned, ..target() }).await);
    assert_eq!(adopted.inputs["comment"], "as it was");
    let read = present(observe(&aws, Target { claim: Claim::ReadOnly, ..target() }).await);
    assert_eq!(read.inputs["comment"], "The platform");
}

#[tokio::test]
async fn of_several_zones_of_a_domain_an_id_has_to_say_which() {
    let rules = [listed(vec![zone("Z2"), zone("Z1")]), got(), tagged(Tags::new())];
    let aws = aws(&rules.each_ref());
    for claim in [Claim::Unowned, Claim::ReadOnly] {
        match observe(&aws, Target { claim, ..target() }).await {
            Observation::Unknown(error) => {
                assert_eq!(error.class, ErrorClass::Invalid);
                assert!(error.message.unwrap().contains("Z1, Z2"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(present(observe(&aws, Target { claim, ..known("Z1") }).await).physical_id, "Z1");
    }
}

#[tokio::test]
async fn of_several_zones_of_a_domain_ours_is_the_one() {
    let rules = [listed(vec![zone("Z0"), zone("Z1")]), got(), tagged(target().tags)];
    for claim in [Claim::Owned, Claim::Unowned, Claim::ReadOnly] {
        let live = present(observe(&aws(&rules.each_ref()), Target { claim, ..target() }).await);
        assert_eq!(live.physical_id, "Z1");
    }
}

#[tokio::test]
async fn tags_are_read_ten_zones_a_call() {
    let zones = (0..11).map(|number| zone(&format!("Z{number}"))).collect();
    let rules = [listed(zones), got(), tagged(target().tags)];
    present(observe(&aws(&rules.each_ref()), target()).await);
    assert_eq!(rules[2].num_calls(), 2);
}

fn new_zone() -> Rule {
    mock!(Client::create_hosted_zone)
        .match_requests(|request| request.name() == Some(DOMAIN) && request.caller_reference().unwrap().len() == 64)
        .then_output(|| {
            let change = ChangeInfo::builder().id("C1").status(ChangeStatus::Pending);
            let change = change.submitted_at(DateTime::from_secs(0)).build().unwrap();
            CreateHostedZoneOutput::builder()
                .hosted_zone(zone("Z1"))
                .change_info(change)
                .delegation_set(servers())
                .location("there")
                .build()
                .unwrap()
        })
}

fn tagging() -> Rule {
    mock!(Client::change_tags_for_resource)
        .match_requests(|request| request.resource_id() == Some("Z1") && request.add_tags().len() == 4)
        .then_output(|| ChangeTagsForResourceOutput::builder().build())
}

#[tokio::test]
async fn a_new_zone_is_tagged_and_answers_with_its_outputs() {
    let rules = [listed(Vec::new()), new_zone(), tagging()];
    let created = HostedZoneDriver.create(&aws(&rules.each_ref()), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, "Z1");
    assert_eq!(created.outputs["name_servers"], "ns-1.awsdns.com,ns-2.awsdns.org");
    assert_eq!(rules[2].num_calls(), 1);
}

#[tokio::test]
async fn a_zone_whose_answer_was_lost_is_known_by_the_caller_reference_and_tagged() {
    let request = create(target());
    let earlier = described("Z1", DOMAIN, false, &request.token);
    let rules = [listed(vec![earlier]), got(), tagged(Tags::new()), tagging()];
    let created = HostedZoneDriver.create(&aws(&rules.each_ref()), &request).await.unwrap();
    assert_eq!((created.physical_id.as_str(), rules[3].num_calls()), ("Z1", 1));
}

#[tokio::test]
async fn a_zone_that_exists_and_is_not_listed_yet_is_waited_for() {
    let spent = mock!(Client::create_hosted_zone)
        .then_error(|| CreateHostedZoneError::generic(code("HostedZoneAlreadyExists")));
    let rules = [listed(Vec::new()), spent];
    let error = HostedZoneDriver.create(&aws(&rules.each_ref()), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let denied = mock!(Client::change_tags_for_resource)
        .then_error(|| ChangeTagsForResourceError::generic(code("AccessDenied")));
    let rules = [listed(Vec::new()), new_zone(), denied];
    let error = HostedZoneDriver.create(&aws(&rules.each_ref()), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(made(error).physical_id, "Z1");
}

#[tokio::test]
async fn no_second_zone_is_made_beside_a_stranger_s() {
    let rules = [listed(vec![zone("Z1")]), got(), tagged(Tags::new())];
    let error = HostedZoneDriver.create(&aws(&rules.each_ref()), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn an_update_touches_only_the_named_fields() {
    let commented = mock!(Client::update_hosted_zone_comment)
        .match_requests(|request| request.comment() == Some("The platform"))
        .then_output(|| UpdateHostedZoneCommentOutput::builder().hosted_zone(zone("Z1")).build());
    let rules = [got(), tagged(target().tags), commented];
    HostedZoneDriver.update(&aws(&rules.each_ref()), &update(known("Z1"), &["comment"])).await.unwrap();
    assert_eq!(rules[2].num_calls(), 1);
}

#[tokio::test]
async fn a_zone_that_is_given_back_loses_the_tags_that_are_named() {
    let untagged = mock!(Client::change_tags_for_resource)
        .match_requests(|request| request.remove_tag_keys() == ["Tenant"] && request.add_tags().is_empty())
        .then_output(|| ChangeTagsForResourceOutput::builder().build());
    let rules = [got(), tagged(target().tags), untagged];
    let mut request = update(known("Z1"), &["tags"]);
    request.target.tags.remove("Tenant");
    request.untag = ["Tenant".to_owned()].into();
    HostedZoneDriver.update(&aws(&rules.each_ref()), &request).await.unwrap();
    assert_eq!(rules[2].num_calls(), 1);
}

#[tokio::test]
async fn a_zone_that_holds_records_says_which() {
    let full =
        mock!(Client::delete_hosted_zone).then_error(|| DeleteHostedZoneError::generic(code("HostedZoneNotEmpty")));
    let records = mock!(Client::list_resource_record_sets).then_output(|| {
        let record = |name: String, kind| ResourceRecordSet::builder().name(name).r#type(kind).build().unwrap();
        let own = [RrType::Ns, RrType::Soa].map(|kind| record(format!("{DOMAIN}."), kind));
        let others = (10..22).map(|number| record(format!("t{number}.{DOMAIN}."), RrType::A));
        ListResourceRecordSetsOutput::builder()
            .set_resource_record_sets(Some(own.into_iter().chain(others).collect()))
            .is_truncated(false)
            .max_items(300)
            .build()
            .unwrap()
    });
    let rules = [got(), tagged(target().tags), full, records];
    let error = HostedZoneDriver.delete(&aws(&rules.each_ref()), &delete(known("Z1"))).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let message = error.message.unwrap();
    assert!(message.contains("t10.mate.example.com (A)") && message.ends_with("t19.mate.example.com (A), and others"));
    assert!(!message.contains("SOA"), "{message}");
}

#[tokio::test]
async fn what_is_absent_is_gone_and_what_is_a_stranger_s_is_not_deleted() {
    let deleted = mock!(Client::delete_hosted_zone).then_output(|| {
        let change = ChangeInfo::builder().id("C1").status(ChangeStatus::Pending);
        let change = change.submitted_at(DateTime::from_secs(0)).build().unwrap();
        DeleteHostedZoneOutput::builder().change_info(change).build()
    });
    let rules = [got(), tagged(target().tags), deleted];
    let gone = HostedZoneDriver.delete(&aws(&rules.each_ref()), &delete(known("Z1"))).await.unwrap();
    assert_eq!((gone, rules[2].num_calls()), (Deleted::Gone, 1));
    let none = listed(Vec::new());
    assert_eq!(HostedZoneDriver.delete(&aws(&[&none]), &delete(target())).await.unwrap(), Deleted::Gone);
    let rules = [got(), tagged(Tags::new())];
    let error = HostedZoneDriver.delete(&aws(&rules.each_ref()), &delete(known("Z1"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn outside_the_region_of_what_is_global_zones_are_discovered_by_their_own_tags() {
    let all = mock!(Client::list_hosted_zones).then_output(|| {
        let list = ListHostedZonesOutput::builder().hosted_zones(zone("Z1")).hosted_zones(zone("Z2"));
        list.marker("").is_truncated(false).max_items(100).build().unwrap()
    });
    let rules = [all, tagged(target().tags)];
    let here = aws(&rules.each_ref());
    let there = Aws { region: "eu-west-1".into(), ..here.clone() };
    let address = target().address;
    let scope =
        Scope::Tenant(mate_core::model::ids::TenantKey::new(address.environment.clone(), address.tenant.clone()));
    assert!(HostedZoneDriver.discover(&here, &scope).await.unwrap().is_empty());
    let found = HostedZoneDriver.discover(&there, &scope).await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.arn.as_str(), one.physical_id.as_deref())).collect();
    assert_eq!(found, [("arn:aws:route53:::hostedzone/Z1", Some("Z1"))]);
}
