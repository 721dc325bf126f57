use aws_sdk_route53::Client;
use aws_sdk_route53::operation::change_resource_record_sets::{
    ChangeResourceRecordSetsError, ChangeResourceRecordSetsInput, ChangeResourceRecordSetsOutput,
};
use aws_sdk_route53::operation::list_resource_record_sets::{
    ListResourceRecordSetsError, ListResourceRecordSetsOutput,
};
use aws_sdk_route53::types::{
    AliasTarget, ChangeAction, ChangeInfo, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::RecordSet;
use mate_core::kinds::hosted_record::RecordSetInputs;
use mate_core::model::Kind;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::RecordSetDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const BALANCER: &str = "Mate-Acme-Dev-Alb-1.us-east-1.elb.amazonaws.com";
const ZONE: &str = "Z0123456789";

fn target(name: &str) -> Target {
    testing::target::<RecordSet>(
        name,
        &RecordSetInputs {
            hosted_zone_id: ZONE.into(),
            record_name: name.into(),
            alias_dns_name: BALANCER.into(),
            alias_hosted_zone_id: "Z35SXDOTRQ7X7K".into(),
            evaluate_target_health: true,
        },
    )
}

fn alias(name: &str, to: &str) -> ResourceRecordSet {
    let alias = AliasTarget::builder().hosted_zone_id("Z35SXDOTRQ7X7K").dns_name(to).evaluate_target_health(true);
    ResourceRecordSet::builder().name(name).r#type(RrType::A).alias_target(alias.build().unwrap()).build().unwrap()
}

fn other(name: &str, kind: RrType) -> ResourceRecordSet {
    let value = ResourceRecord::builder().value("192.0.2.1").build().unwrap();
    ResourceRecordSet::builder().name(name).r#type(kind).ttl(60).resource_records(value).build().unwrap()
}

fn listed(records: Vec<ResourceRecordSet>) -> Rule {
    mock!(Client::list_resource_record_sets).then_output(move || {
        ListResourceRecordSetsOutput::builder()
            .set_resource_record_sets(Some(records.clone()))
            .is_truncated(false)
            .max_items(1)
            .build()
            .unwrap()
    })
}

fn change_of(request: &ChangeResourceRecordSetsInput) -> (&ChangeAction, &ResourceRecordSet) {
    let change = &request.change_batch().unwrap().changes()[0];
    (change.action(), change.resource_record_set().unwrap())
}

fn changed(action: ChangeAction) -> Rule {
    mock!(Client::change_resource_record_sets)
        .match_requests(move |request| change_of(request).0 == &action)
        .then_output(|| {
            let info = ChangeInfo::builder()
                .id("/change/C1")
                .status(ChangeStatus::Pending)
                .submitted_at(DateTime::from_secs(0))
                .build()
                .unwrap();
            ChangeResourceRecordSetsOutput::builder().change_info(info).build()
        })
}

fn refused() -> Rule {
    mock!(Client::change_resource_record_sets)
        .then_error(|| ChangeResourceRecordSetsError::generic(code("InvalidChangeBatch")))
}

fn aws(route53: Client) -> Aws {
    Aws { route53, ..testing::aws() }
}

#[tokio::test]
async fn the_form_that_route_53_gives_names_is_the_same_name() {
    let target = target("*.Acme.example.com");
    let live = alias("\\052.acme.example.com.", "dualstack.mate-acme-dev-alb-1.us-east-1.elb.amazonaws.com.");
    let aws = aws(client!(aws_sdk_route53, [&listed(vec![live])]));
    let live = present(RecordSetDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert!(unlike(&RecordSet::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!(live.physical_id, "Z0123456789/*.acme.example.com/A");
    assert_eq!(live.outputs["fqdn"], "*.Acme.example.com");
}

#[tokio::test]
async fn the_neighbours_of_a_domain_come_in_one_call() {
    let names = ["a.example.com", "b.example.com", "c.example.com"];
    let targets: Vec<Target> = names.iter().map(|name| target(name)).collect();
    let listing = listed(names.iter().map(|name| alias(&format!("{name}."), BALANCER)).collect());
    let aws = aws(client!(aws_sdk_route53, any, [&listing]));
    let answers = RecordSetDriver.observe(&aws, &targets).await;
    assert!(answers.iter().all(|one| matches!(one, Observation::Present(_))), "{answers:?}");
    assert_eq!(listing.num_calls(), 1);
}

#[tokio::test]
async fn a_gap_in_the_listing_is_asked_for_by_name() {
    let targets = [target("a.example.com"), target("m.example.com"), target("z.example.com")];
    let from = |name: &'static str, records: Vec<ResourceRecordSet>| {
        mock!(Client::list_resource_record_sets)
            .match_requests(move |request| request.start_record_name() == Some(name))
            .then_output(move || {
                ListResourceRecordSetsOutput::builder()
                    .set_resource_record_sets(Some(records.clone()))
                    .is_truncated(true)
                    .max_items(300)
                    .build()
                    .unwrap()
            })
    };
    let first = from("a.example.com.", vec![alias("a.example.com.", BALANCER), alias("b.example.com.", "other")]);
    let second = from("m.example.com.", vec![alias("z.example.com.", BALANCER)]);
    let aws = aws(client!(aws_sdk_route53, [&first, &second]));
    let answers = RecordSetDriver.observe(&aws, &targets).await;
    let seen: Vec<bool> = answers.iter().map(|one| matches!(one, Observation::Present(_))).collect();
    assert_eq!(seen, [true, false, true]);
    assert!(matches!(answers[1], Observation::Absent));
}

#[tokio::test]
async fn a_record_that_points_elsewhere_is_ours_only_when_it_is_recorded() {
    let mut target = target("acme.example.com");
    let elsewhere = || listed(vec![alias("acme.example.com.", "old-lb-2.us-east-1.elb.amazonaws.com.")]);
    let foreign = aws(client!(aws_sdk_route53, any, [&elsewhere(), &changed(ChangeAction::Create)]));
    assert!(matches!(
        RecordSetDriver.observe(&foreign, std::slice::from_ref(&target)).await.remove(0),
        Observation::Foreign(what) if what.contains("old-lb-2")
    ));
    let error = RecordSetDriver.create(&foreign, &create(target.clone())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    target.physical_id = Some("Z0123456789/acme.example.com/A".into());
    let upsert = changed(ChangeAction::Upsert);
    let ours = aws(client!(aws_sdk_route53, [&elsewhere(), &elsewhere(), &upsert]));
    let live = present(RecordSetDriver.observe(&ours, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(unlike(&RecordSet::model(), &target, &live), ["alias_dns_name"]);
    RecordSetDriver.update(&ours, &update(target, &["alias_dns_name"])).await.unwrap();
    assert_eq!(upsert.num_calls(), 1);
}

#[tokio::test]
async fn other_types_stand_beside_but_a_cname_takes_the_name() {
    let target = target("acme.example.com");
    let beside = aws(client!(aws_sdk_route53, [&listed(vec![other("acme.example.com.", RrType::Txt)])]));
    assert!(matches!(
        RecordSetDriver.observe(&beside, std::slice::from_ref(&target)).await.remove(0),
        Observation::Absent
    ));
    let taken = aws(client!(aws_sdk_route53, [&listed(vec![other("acme.example.com.", RrType::Cname)])]));
    assert!(matches!(
        RecordSetDriver.observe(&taken, std::slice::from_ref(&target)).await.remove(0),
        Observation::Foreign(_)
    ));
}

#[tokio::test]
async fn a_new_record_is_created_and_never_upserted() {
    let create_one = changed(ChangeAction::Create);
    let aws = aws(client!(aws_sdk_route53, [&listed(vec![alias("b.example.com.", "x")]), &create_one]));
    let created = RecordSetDriver.create(&aws, &create(target("acme.example.com"))).await.unwrap();
    assert_eq!(created.physical_id, "Z0123456789/acme.example.com/A");
    assert_eq!(created.outputs["fqdn"], json!("acme.example.com"));
    assert_eq!(create_one.num_calls(), 1);
}

#[tokio::test]
async fn a_name_taken_meanwhile_is_read_and_judged() {
    let taken = listed(vec![other("acme.example.com.", RrType::A)]);
    let foreign = aws(client!(aws_sdk_route53, [&listed(vec![]), &refused(), &taken]));
    let error = RecordSetDriver.create(&foreign, &create(target("acme.example.com"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let mine = listed(vec![alias("acme.example.com.", BALANCER)]);
    let ours = aws(client!(aws_sdk_route53, [&listed(vec![]), &refused(), &mine]));
    RecordSetDriver.create(&ours, &create(target("acme.example.com"))).await.unwrap();
    let wrong = aws(client!(aws_sdk_route53, [&listed(vec![]), &refused(), &listed(vec![])]));
    let error = RecordSetDriver.create(&wrong, &create(target("acme.example.com"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn a_deletion_gives_the_record_as_it_is() {
    let live =
        || listed(vec![alias("acme.example.com.", "dualstack.mate-acme-dev-alb-1.us-east-1.elb.amazonaws.com.")]);
    let gone = mock!(Client::change_resource_record_sets)
        .match_requests(|request| {
            let (action, record) = change_of(request);
            action == &ChangeAction::Delete && record.alias_target().unwrap().dns_name().starts_with("dualstack.")
        })
        .then_output(|| ChangeResourceRecordSetsOutput::builder().build());
    let aws = aws(client!(aws_sdk_route53, [&live(), &live(), &gone]));
    assert_eq!(RecordSetDriver.delete(&aws, &delete(target("acme.example.com"))).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_record_that_went_meanwhile_or_with_its_zone_is_gone() {
    let live = || listed(vec![alias("acme.example.com.", BALANCER)]);
    let raced = aws(client!(aws_sdk_route53, [&live(), &live(), &refused(), &listed(vec![])]));
    assert_eq!(RecordSetDriver.delete(&raced, &delete(target("acme.example.com"))).await.unwrap(), Deleted::Gone);
    let no_zone = mock!(Client::list_resource_record_sets)
        .then_error(|| ListResourceRecordSetsError::generic(code("NoSuchHostedZone")));
    let zoneless = aws(client!(aws_sdk_route53, [&no_zone]));
    assert_eq!(RecordSetDriver.delete(&zoneless, &delete(target("acme.example.com"))).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn one_change_at_a_time_is_a_throttle() {
    let busy = mock!(Client::change_resource_record_sets)
        .then_error(|| ChangeResourceRecordSetsError::generic(code("PriorRequestNotComplete")));
    let aws = aws(client!(aws_sdk_route53, [&listed(vec![]), &busy]));
    let error = RecordSetDriver.create(&aws, &create(target("acme.example.com"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
}

#[tokio::test]
async fn one_that_points_elsewhere_can_be_adopted_and_is_not_changed_by_that() {
    let adopted = testing::unowned(target("acme.example.com"));
    let elsewhere = || listed(vec![alias("acme.example.com.", "old-lb-2.us-east-1.elb.amazonaws.com.")]);
    let aws = aws(client!(aws_sdk_route53, [&elsewhere(), &elsewhere()]));
    present(RecordSetDriver.observe(&aws, std::slice::from_ref(&adopted)).await.remove(0));
    let answer = RecordSetDriver.update(&aws, &update(adopted, &["tags"])).await.unwrap();
    assert_eq!(answer.physical_id, "Z0123456789/acme.example.com/A");
}
