use aws_sdk_acm::Client;
use aws_sdk_acm::operation::delete_certificate::{DeleteCertificateError, DeleteCertificateOutput};
use aws_sdk_acm::operation::describe_certificate::{DescribeCertificateError, DescribeCertificateOutput};
use aws_sdk_acm::operation::list_certificates::{ListCertificatesError, ListCertificatesOutput};
use aws_sdk_acm::operation::list_tags_for_certificate::{ListTagsForCertificateError, ListTagsForCertificateOutput};
use aws_sdk_acm::operation::remove_tags_from_certificate::RemoveTagsFromCertificateOutput;
use aws_sdk_acm::operation::request_certificate::RequestCertificateOutput;
use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateSummary, DomainValidation, FailureReason, RecordType,
    ResourceRecord as Told, ValidationMethod,
};
use aws_sdk_ec2::operation::describe_regions::{DescribeRegionsError, DescribeRegionsOutput};
use aws_sdk_route53::Client as Dns;
use aws_sdk_route53::operation::change_resource_record_sets::{
    ChangeResourceRecordSetsError, ChangeResourceRecordSetsOutput,
};
use aws_sdk_route53::operation::get_hosted_zone::{GetHostedZoneError, GetHostedZoneOutput};
use aws_sdk_route53::operation::list_resource_record_sets::{
    ListResourceRecordSetsError, ListResourceRecordSetsOutput,
};
use aws_sdk_route53::types::{
    ChangeAction, ChangeInfo, ChangeStatus, DelegationSet, ResourceRecord, ResourceRecordSet, RrType,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::certificate::{Certificate, CertificateInputs};
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::{Value, json};

use super::CertificateDriver;
use super::live::{to_sdk, with_name};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
const OTHER: &str = "arn:aws:acm:us-east-1:123456789012:certificate/2";
const RECORD: &str = "_name.mate.example.com.";
const VALUE: &str = "_value.acm-validations.aws.";

fn target() -> Target {
    testing::target::<Certificate>(
        "mate-dev",
        &CertificateInputs {
            domain_name: "*.mate.example.com".into(),
            subject_alternative_names: vec!["mate.example.com".into()],
            hosted_zone_id: "Z1".into(),
        },
    )
}

fn known() -> Target {
    Target { physical_id: Some(ARN.into()), ..target() }
}

/// A certificate of the wildcard and its domain, which share one record. `told` is whether ACM has told it.
fn detail(status: CertificateStatus, told: bool) -> CertificateDetail {
    let record = Told::builder().name(RECORD).r#type(RecordType::Cname).value(VALUE).build().unwrap();
    let option = |name: &str| {
        DomainValidation::builder()
            .domain_name(name)
            .validation_method(ValidationMethod::Dns)
            .set_resource_record(told.then(|| record.clone()))
            .build()
            .unwrap()
    };
    CertificateDetail::builder()
        .certificate_arn(ARN)
        .domain_name("*.mate.example.com")
        .subject_alternative_names("*.mate.example.com")
        .subject_alternative_names("Mate.example.com")
        .domain_validation_options(option("*.mate.example.com"))
        .domain_validation_options(option("mate.example.com"))
        .status(status)
        .build()
}

fn described(detail: CertificateDetail) -> Rule {
    mock!(Client::describe_certificate)
        .match_requests(|request| request.certificate_arn() == Some(ARN))
        .then_output(move || DescribeCertificateOutput::builder().certificate(detail.clone()).build())
}

fn gone() -> [Rule; 2] {
    [
        mock!(Client::describe_certificate)
            .match_requests(|request| request.certificate_arn() == Some(ARN))
            .then_error(|| DescribeCertificateError::generic(code("ResourceNotFoundException"))),
        mock!(Client::list_tags_for_certificate)
            .match_requests(|request| request.certificate_arn() == Some(ARN))
            .then_error(|| ListTagsForCertificateError::generic(code("ResourceNotFoundException"))),
    ]
}

fn tagged(arn: &'static str, tags: Tags) -> Rule {
    mock!(Client::list_tags_for_certificate)
        .match_requests(move |request| request.certificate_arn() == Some(arn))
        .then_output(move || ListTagsForCertificateOutput::builder().set_tags(Some(to_sdk(&tags))).build())
}

fn summary(arn: &str, names: &[&str], status: CertificateStatus) -> CertificateSummary {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateSummary::builder()
        .certificate_arn(arn)
        .domain_name(&names[0])
        .set_subject_alternative_name_summaries(Some(names))
        .status(status)
        .created_at(DateTime::from_secs(1))
        .build()
}

fn ours(arn: &str) -> CertificateSummary {
    summary(arn, &["*.mate.example.com", "mate.example.com"], CertificateStatus::Issued)
}

fn listed(found: Vec<CertificateSummary>) -> Rule {
    mock!(Client::list_certificates)
        .match_requests(|request| request.includes().is_some_and(|includes| includes.key_types().len() > 5))
        .then_output(move || {
            ListCertificatesOutput::builder().set_certificate_summary_list(Some(found.clone())).build()
        })
}

fn record() -> ResourceRecordSet {
    let value = ResourceRecord::builder().value(VALUE).build().unwrap();
    let record = ResourceRecordSet::builder().name(RECORD).r#type(RrType::Cname).ttl(60).resource_records(value);
    record.build().unwrap()
}

fn zone(standing: bool) -> Rule {
    mock!(Dns::list_resource_record_sets)
        .match_requests(|request| request.hosted_zone_id() == Some("Z1") && request.start_record_name() == Some(RECORD))
        .then_output(move || {
            ListResourceRecordSetsOutput::builder()
                .set_resource_record_sets(Some(standing.then(record).into_iter().collect()))
                .is_truncated(false)
                .max_items(1)
                .build()
                .unwrap()
        })
}

/// One change of one record.
fn changed(action: ChangeAction) -> Rule {
    mock!(Dns::change_resource_record_sets)
        .match_requests(move |request| {
            let changes = request.change_batch().unwrap().changes();
            changes.len() == 1
                && *changes[0].action() == action
                && changes[0].resource_record_set().unwrap().name() == RECORD.trim_end_matches('.')
        })
        .then_output(|| {
            let info = ChangeInfo::builder().id("C1").status(ChangeStatus::Pending);
            let info = info.submitted_at(DateTime::from_secs(0)).build().unwrap();
            ChangeResourceRecordSetsOutput::builder().change_info(info).build()
        })
}

fn aws(acm: &[&Rule], dns: &[&Rule]) -> Aws {
    let alone = regions(&["us-east-1"]);
    Aws {
        acm: client!(aws_sdk_acm, any, acm),
        route53: client!(aws_sdk_route53, any, dns),
        ec2: client!(aws_sdk_ec2, any, [alone]),
        ..testing::aws()
    }
}

fn regions(names: &'static [&'static str]) -> Rule {
    mock!(aws_sdk_ec2::Client::describe_regions).then_output(|| {
        let region = |name: &&str| aws_sdk_ec2::types::Region::builder().region_name(*name).build();
        DescribeRegionsOutput::builder().set_regions(Some(names.iter().map(region).collect())).build()
    })
}

/// The certificates listed in this region first, then in the next one.
fn listed_in_turn(here: Vec<CertificateSummary>, there: Vec<CertificateSummary>) -> Rule {
    let page = |found: &[CertificateSummary]| {
        ListCertificatesOutput::builder().set_certificate_summary_list(Some(found.to_vec())).build()
    };
    mock!(Client::list_certificates).sequence().output(move || page(&here)).output(move || page(&there)).build()
}

#[tokio::test]
async fn a_record_that_a_certificate_in_another_region_is_renewed_by_stays() {
    let rules = [
        described(detail(CertificateStatus::Issued, true)),
        tagged(ARN, target().tags),
        deleted(),
        listed_in_turn(vec![ours(ARN)], vec![ours("arn:aws:acm:eu-west-1:123456789012:certificate/9")]),
    ];
    let both = regions(&["eu-west-1", "us-east-1"]);
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [both]), ..aws(&rules.each_ref(), &[]) };
    assert_eq!(CertificateDriver.delete(&aws, &delete(known())).await.unwrap(), Deleted::Gone);
    assert_eq!((rules[2].num_calls(), rules[3].num_calls()), (1, 2));
}

#[tokio::test]
async fn where_the_regions_may_not_be_asked_for_every_record_stays() {
    let denied = mock!(aws_sdk_ec2::Client::describe_regions)
        .then_error(|| DescribeRegionsError::generic(code("UnauthorizedOperation")));
    let rules = [
        described(detail(CertificateStatus::Issued, true)),
        tagged(ARN, target().tags),
        deleted(),
        listed(vec![ours(ARN)]),
    ];
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [denied]), ..aws(&rules.each_ref(), &[]) };
    assert_eq!(CertificateDriver.delete(&aws, &delete(known())).await.unwrap(), Deleted::Gone);
    assert_eq!(rules[2].num_calls(), 1);
}

async fn observe(aws: &Aws, target: Target) -> Observation {
    CertificateDriver.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn an_issued_certificate_with_its_record_is_as_it_is_wanted() {
    let rules = [described(detail(CertificateStatus::Issued, true)), tagged(ARN, target().tags)];
    let live = present(observe(&aws(&rules.each_ref(), &[&zone(true)]), known()).await);
    assert_eq!((live.inputs.into(), live.status), (target().inputs, Status::Ready));
    assert_eq!((live.physical_id.as_str(), &live.outputs["arn"]), (ARN, &json!(ARN)));
}

#[tokio::test]
async fn while_a_record_is_missing_no_zone_is_told() {
    let rules = [described(detail(CertificateStatus::Issued, true)), tagged(ARN, target().tags)];
    let live = present(observe(&aws(&rules.each_ref(), &[&zone(false)]), known()).await);
    assert_eq!((&live.inputs["hosted_zone_id"], live.status), (&Value::Null, Status::Ready));
    let rules = [described(detail(CertificateStatus::PendingValidation, false)), tagged(ARN, target().tags)];
    let live = present(observe(&aws(&rules.each_ref(), &[]), known()).await);
    assert_eq!(live.inputs["hosted_zone_id"], Value::Null);
    assert_eq!(live.status, Status::Pending("PENDING_VALIDATION".into()));
}

#[tokio::test]
async fn what_has_failed_says_why_and_needs_no_record() {
    let mut failed = detail(CertificateStatus::Failed, true);
    failed.failure_reason = Some(FailureReason::CaaError);
    let rules = [described(failed), tagged(ARN, target().tags)];
    let aws = aws(&rules.each_ref(), &[]);
    let live = present(observe(&aws, known()).await);
    assert_eq!(live.status, Status::Failed("FAILED: CAA_ERROR".into()));
    assert_eq!(live.inputs["hosted_zone_id"], "Z1");
    let found = CertificateDriver.diagnose(&aws, &known()).await.unwrap();
    assert!(found[0].terminal && found[0].advice.as_ref().unwrap().contains("CAA"), "{found:?}");
}

#[tokio::test]
async fn without_an_arn_the_tags_tell_ours_of_the_domain_and_the_name_its_generation() {
    let older = Tags::from([("Name".to_owned(), "mate-dev-0".to_owned())]);
    let older = target().tags.into_iter().chain(older).collect();
    let other = summary("arn:other", &["other.example.com"], CertificateStatus::Issued);
    let rules = [
        listed(vec![other, ours(OTHER), ours(ARN)]),
        tagged(OTHER, older),
        tagged(ARN, with_name(&target())),
        described(detail(CertificateStatus::Issued, true)),
    ];
    let live = present(observe(&aws(&rules.each_ref(), &[&zone(true)]), target()).await);
    assert_eq!(live.physical_id, ARN);
}

#[tokio::test]
async fn a_stranger_s_certificate_is_foreign_only_under_the_same_name() {
    let named = Tags::from([("Name".to_owned(), "mate-dev".to_owned())]);
    let rules = [listed(vec![ours(ARN)]), tagged(ARN, named), described(detail(CertificateStatus::Issued, true))];
    assert!(matches!(observe(&aws(&rules.each_ref(), &[]), target()).await, Observation::Foreign(_)));
    let rules = [listed(vec![ours(ARN)]), tagged(ARN, Tags::new())];
    assert!(matches!(observe(&aws(&rules.each_ref(), &[]), target()).await, Observation::Absent));
}

#[tokio::test]
async fn nobody_s_certificate_is_ours_when_it_is_adopted_or_only_read() {
    let rules = [listed(vec![ours(ARN)]), tagged(ARN, Tags::new()), described(detail(CertificateStatus::Issued, true))];
    let adopted = Target { claim: Claim::Unowned, ..target() };
    let live = present(observe(&aws(&rules.each_ref(), &[&zone(false)]), adopted).await);
    assert_eq!(live.inputs["hosted_zone_id"], Value::Null);
    // The records of what is only read are its owner's: they are not looked for.
    let read = Target { claim: Claim::ReadOnly, ..known() };
    assert_eq!(present(observe(&aws(&rules.each_ref(), &[]), read).await).inputs, target().inputs);
}

#[tokio::test]
async fn only_a_certain_answer_is_absent() {
    let none = listed(Vec::new());
    assert!(matches!(observe(&aws(&[&none], &[]), target()).await, Observation::Absent));
    let failing =
        mock!(Client::list_certificates).then_error(|| ListCertificatesError::generic(code("ThrottlingException")));
    assert!(matches!(observe(&aws(&[&failing], &[]), target()).await, Observation::Unknown(_)));
}

fn requested() -> Rule {
    mock!(Client::request_certificate)
        .match_requests(|request| {
            request.idempotency_token().is_some_and(|token| token.len() == 32)
                && request.validation_method() == Some(&ValidationMethod::Dns)
                && request.tags() == to_sdk(&with_name(&target()))
                && request.subject_alternative_names() == ["mate.example.com"]
        })
        .then_output(|| RequestCertificateOutput::builder().certificate_arn(ARN).build())
}

#[tokio::test]
async fn until_acm_tells_the_record_a_creation_is_tried_again() {
    let rules = [listed(Vec::new()), requested(), described(detail(CertificateStatus::PendingValidation, false))];
    let error = CertificateDriver.create(&aws(&rules.each_ref(), &[]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn the_next_attempt_puts_the_one_record_of_both_names() {
    let put = changed(ChangeAction::Upsert);
    let pending = described(detail(CertificateStatus::PendingValidation, true));
    for target in [known(), target()] {
        let rules = [listed(vec![ours(ARN)]), tagged(ARN, with_name(&target)), pending.clone()];
        let aws = aws(&rules.each_ref(), &[&zone(false), &put]);
        let created = CertificateDriver.create(&aws, &create(target)).await.unwrap();
        assert_eq!(created.status, Status::Pending("PENDING_VALIDATION".into()));
    }
    assert_eq!(put.num_calls(), 2);
}

#[tokio::test]
async fn a_record_that_stands_is_left_alone() {
    let rules = [described(detail(CertificateStatus::PendingValidation, true)), tagged(ARN, with_name(&target()))];
    CertificateDriver.create(&aws(&rules.each_ref(), &[&zone(true)]), &create(known())).await.unwrap();
    assert_eq!(rules[0].num_calls(), 1);
}

#[tokio::test]
async fn an_older_generation_does_not_stand_for_the_new_one() {
    let older = target().tags.into_iter().chain([("Name".to_owned(), "mate-dev-0".to_owned())]).collect();
    let fresh = described(detail(CertificateStatus::PendingValidation, true));
    let old = mock!(Client::describe_certificate)
        .match_requests(|request| request.certificate_arn() == Some(OTHER))
        .then_output(|| {
            let mut old = detail(CertificateStatus::Issued, true);
            old.certificate_arn = Some(OTHER.into());
            DescribeCertificateOutput::builder().certificate(old).build()
        });
    let rules = [listed(vec![ours(OTHER)]), tagged(OTHER, older), old, requested(), fresh];
    let created = CertificateDriver.create(&aws(&rules.each_ref(), &[&zone(true)]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), rules[3].num_calls()), (ARN, 1));
}

#[tokio::test]
async fn a_zone_that_refuses_the_record_leaves_the_certificate_told() {
    let refused = mock!(Dns::change_resource_record_sets)
        .then_error(|| ChangeResourceRecordSetsError::generic(code("NoSuchHostedZone")));
    let rules = [listed(Vec::new()), requested(), described(detail(CertificateStatus::PendingValidation, true))];
    let aws = aws(&rules.each_ref(), &[&zone(false), &refused]);
    let error = CertificateDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_record_that_somebody_removed_is_put_back() {
    let put = changed(ChangeAction::Upsert);
    let rules = [described(detail(CertificateStatus::Issued, true)), tagged(ARN, target().tags)];
    let aws = aws(&rules.each_ref(), &[&zone(false), &put]);
    CertificateDriver.update(&aws, &update(known(), &["hosted_zone_id"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_certificate_that_is_given_back_loses_the_tags_that_are_named() {
    let removed = mock!(Client::remove_tags_from_certificate)
        .match_requests(|request| request.tags().len() == 1 && request.tags()[0].key() == "Tenant")
        .then_output(|| RemoveTagsFromCertificateOutput::builder().build());
    let rules = [described(detail(CertificateStatus::Issued, true)), tagged(ARN, target().tags), removed];
    let mut request = update(known(), &["tags"]);
    request.target.tags.remove("Tenant");
    request.untag = ["Tenant".to_owned()].into();
    CertificateDriver.update(&aws(&rules.each_ref(), &[]), &request).await.unwrap();
    assert_eq!(rules[2].num_calls(), 1);
}

fn deleted() -> Rule {
    mock!(Client::delete_certificate).then_output(|| DeleteCertificateOutput::builder().build())
}

#[tokio::test]
async fn a_certificate_goes_with_its_record() {
    let removed = changed(ChangeAction::Delete);
    let rules = [
        described(detail(CertificateStatus::Issued, true)),
        tagged(ARN, target().tags),
        deleted(),
        // It may still be listed.
        listed(vec![ours(ARN), summary(OTHER, &["other.example.com"], CertificateStatus::Issued)]),
    ];
    let aws = aws(&rules.each_ref(), &[&zone(true), &removed]);
    assert_eq!(CertificateDriver.delete(&aws, &delete(known())).await.unwrap(), Deleted::Gone);
    assert_eq!((rules[2].num_calls(), removed.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_record_that_another_certificate_is_renewed_by_stays() {
    let rules = [
        described(detail(CertificateStatus::Issued, true)),
        tagged(ARN, target().tags),
        deleted(),
        listed(vec![summary(OTHER, &["x.example.com", "mate.example.com"], CertificateStatus::Issued)]),
    ];
    let gone = CertificateDriver.delete(&aws(&rules.each_ref(), &[]), &delete(known())).await.unwrap();
    assert_eq!((gone, rules[2].num_calls()), (Deleted::Gone, 1));
}

#[tokio::test]
async fn a_certificate_in_use_is_waited_for_and_keeps_its_record() {
    let in_use = mock!(Client::delete_certificate)
        .then_error(|| DeleteCertificateError::generic(code("ResourceInUseException")));
    let rules = [
        described(detail(CertificateStatus::Issued, true)),
        tagged(ARN, target().tags),
        in_use,
        listed(vec![ours(ARN)]),
    ];
    let error = CertificateDriver.delete(&aws(&rules.each_ref(), &[]), &delete(known())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
}

#[tokio::test]
async fn what_is_absent_is_gone_and_what_is_a_stranger_s_is_not_deleted() {
    let [detail_gone, tags_gone] = gone();
    let none = listed(Vec::new());
    let aws_without = aws(&[&detail_gone, &tags_gone, &none], &[]);
    assert_eq!(CertificateDriver.delete(&aws_without, &delete(known())).await.unwrap(), Deleted::Gone);
    let rules = [described(detail(CertificateStatus::Issued, true)), tagged(ARN, Tags::new())];
    let error = CertificateDriver.delete(&aws(&rules.each_ref(), &[]), &delete(known())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn the_deletion_of_an_old_certificate_that_is_gone_spares_the_one_in_its_place() {
    let [detail_gone, tags_gone] = gone();
    let newer = target().tags.into_iter().chain([("Name".to_owned(), "mate-dev-1".to_owned())]).collect();
    let new = mock!(Client::describe_certificate)
        .match_requests(|request| request.certificate_arn() == Some(OTHER))
        .then_output(|| {
            let mut new = detail(CertificateStatus::Issued, true);
            new.certificate_arn = Some(OTHER.into());
            DescribeCertificateOutput::builder().certificate(new).build()
        });
    let rules = [detail_gone, tags_gone, listed(vec![ours(OTHER)]), tagged(OTHER, newer), new];
    assert_eq!(CertificateDriver.delete(&aws(&rules.each_ref(), &[]), &delete(known())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_certificate_that_waits_is_told_what_it_waits_for() {
    let rules = [described(detail(CertificateStatus::PendingValidation, true)), tagged(ARN, target().tags)];
    let found = CertificateDriver.diagnose(&aws(&rules.each_ref(), &[&zone(false)]), &known()).await.unwrap();
    assert!(found[0].finding.contains("_name.mate.example.com (CNAME) is missing"), "{found:?}");
    assert!(found[0].terminal && found[0].advice.is_some(), "nobody puts it there while it is waited for: {found:?}");
    let servers = mock!(Dns::get_hosted_zone).then_output(|| {
        let set = DelegationSet::builder().name_servers("ns-1.awsdns.com").build().unwrap();
        GetHostedZoneOutput::builder()
            .hosted_zone(
                aws_sdk_route53::types::HostedZone::builder()
                    .id("Z1")
                    .name("mate.example.com.")
                    .caller_reference("c")
                    .build()
                    .unwrap(),
            )
            .delegation_set(set)
            .build()
    });
    let found = CertificateDriver.diagnose(&aws(&rules.each_ref(), &[&zone(true), &servers]), &known()).await.unwrap();
    assert!(!found[0].terminal && found[0].advice.as_ref().unwrap().contains("ns-1.awsdns.com"), "{found:?}");
}

#[tokio::test]
async fn what_cannot_be_asked_of_the_zone_is_said_and_hides_nothing() {
    let rules = [described(detail(CertificateStatus::PendingValidation, true)), tagged(ARN, target().tags)];
    let denied =
        mock!(Dns::list_resource_record_sets).then_error(|| ListResourceRecordSetsError::generic(code("AccessDenied")));
    let found = CertificateDriver.diagnose(&aws(&rules.each_ref(), &[&denied]), &known()).await.unwrap();
    assert!(found[0].finding.contains("route53:ListResourceRecordSets"), "{found:?}");
    let denied = mock!(Dns::get_hosted_zone).then_error(|| GetHostedZoneError::generic(code("AccessDenied")));
    let found = CertificateDriver.diagnose(&aws(&rules.each_ref(), &[&zone(true), &denied]), &known()).await.unwrap();
    assert!(found[0].finding.contains("stand in the zone Z1") && found[0].advice.is_some(), "{found:?}");
    assert!(found[1].finding.contains("route53:GetHostedZone"), "{found:?}");
}
