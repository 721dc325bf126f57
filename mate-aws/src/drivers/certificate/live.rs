//! Certificates as they are: by ARN, or by domain and tags.

use std::collections::BTreeSet;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, CertificateSummary, Filters, KeyAlgorithm, Tag};
use mate_core::model::Ownership;
use mate_core::model::ids::Address;
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{Claim, Created, Live, ProviderError, Status, Target};
use serde_json::{Value, json};

use super::records;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::fields::{text, unsettled};
use crate::tags;

/// A certificate and its tags.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) detail: CertificateDetail,
    pub(super) tags: Tags,
}

impl Found {
    pub(super) fn arn(&self) -> &str {
        self.detail.certificate_arn().unwrap_or_default()
    }

    /// Returns true if this is the very certificate that the target's name and inputs describe, and not one that
    /// replaced it.
    pub(super) fn is_meant(&self, target: &Target) -> bool {
        let names = names(self.detail.domain_name(), self.detail.subject_alternative_names());
        target.physical_id.as_deref() == Some(self.arn()) || under_name(target, &self.tags) && names == wanted(target)
    }
}

/// Every certificate of the account in the region: without the filter ACM leaves out all keys but RSA's of 2048 bits.
pub(super) async fn list(aws: &Aws, address: &Address) -> Result<Vec<CertificateSummary>, ProviderError> {
    let types = KeyAlgorithm::values().iter().map(|name| KeyAlgorithm::from(*name)).collect();
    let includes = Filters::builder().set_key_types(Some(types)).build();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = aws.acm.list_certificates().includes(includes.clone()).set_next_token(token);
        let page = call.send().await.map_err(failed(address, "acm:ListCertificates"))?;
        found.extend(page.certificate_summary_list.unwrap_or_default());
        match page.next_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => return Ok(found),
        }
    }
}

/// The certificate of the recorded ARN, else the target's own among those of its domain, else a stranger's that has the
/// target's name.
pub(super) async fn find(
    aws: &Aws,
    target: &Target,
    listed: Option<&[CertificateSummary]>,
) -> Result<Option<Found>, ProviderError> {
    if let Some(arn) = target.physical_id.as_deref()
        && let Some(found) = read(aws, target, arn).await?
    {
        return Ok(Some(found));
    }
    let read_now;
    let listed = match listed {
        Some(listed) => listed,
        None => {
            read_now = list(aws, &target.address).await?;
            &read_now
        }
    };
    let domain = text(target, "domain_name").unwrap_or_default();
    let mut candidates = Vec::new();
    let mut stranger = None;
    for summary in listed.iter().filter(|one| one.domain_name().is_some_and(|name| name.eq_ignore_ascii_case(domain))) {
        let arn = summary.certificate_arn().unwrap_or_default();
        let Some(tags) = tags_of(aws, target, arn).await? else { continue };
        if target.accepts(&tags) {
            candidates.push((rank(target, summary, &tags), arn));
        } else if under_name(target, &tags) {
            stranger.get_or_insert(arn);
        }
    }
    candidates.sort();
    for arn in candidates.into_iter().map(|(_, arn)| arn).chain(stranger) {
        if let Some(found) = read(aws, target, arn).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The order among several certificates: those that have not failed come first, then the one with this name and these
/// domains, then those that are issued, then ours, then the oldest.
fn rank(target: &Target, summary: &CertificateSummary, tags: &Tags) -> (bool, bool, bool, bool, bool, Option<i64>) {
    let names = names(summary.domain_name(), summary.subject_alternative_name_summaries());
    (
        summary.status().is_some_and(has_failed),
        !under_name(target, tags),
        names != wanted(target),
        summary.status() != Some(&CertificateStatus::Issued),
        Ownership::from_tags(tags).as_ref() != Some(&target.address),
        summary.created_at().map(|date| date.secs()),
    )
}

/// ACM keeps no names: the tag `Name` is it.
fn under_name(target: &Target, tags: &Tags) -> bool {
    tags.get("Name") == with_name(target).get("Name")
}

/// The tags of a new certificate: the target's, and its name.
pub(super) fn with_name(target: &Target) -> Tags {
    let mut tags = target.tags.clone();
    tags.entry("Name".to_owned()).or_insert_with(|| target.name.clone());
    tags
}

async fn read(aws: &Aws, target: &Target, arn: &str) -> Result<Option<Found>, ProviderError> {
    let (detail, tags) = futures::try_join!(describe(aws, target, arn), tags_of(aws, target, arn))?;
    Ok(detail.zip(tags).map(|(detail, tags)| Found { detail, tags }))
}

pub(super) async fn describe(
    aws: &Aws,
    target: &Target,
    arn: &str,
) -> Result<Option<CertificateDetail>, ProviderError> {
    let answer = aws.acm.describe_certificate().certificate_arn(arn).send().await;
    Ok(if_found(answer.map_err(failed(&target.address, "acm:DescribeCertificate")))?
        .and_then(|answer| answer.certificate))
}

async fn tags_of(aws: &Aws, target: &Target, arn: &str) -> Result<Option<Tags>, ProviderError> {
    let answer = aws.acm.list_tags_for_certificate().certificate_arn(arn).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "acm:ListTagsForCertificate")))?;
    Ok(answer.map(|answer| tags::from_pairs(answer.tags().iter().map(|tag| (tag.key(), tag.value())))))
}

/// The live object, after a look into its zone.
pub(super) async fn live(aws: &Aws, target: &Target, found: Found) -> Result<Live, ProviderError> {
    let Found { detail, tags } = found;
    let created = created(&detail);
    let mut inputs = json!({
        "domain_name": as_wanted(text(target, "domain_name"), detail.domain_name().unwrap_or_default()),
        "subject_alternative_names": others(target, &detail),
    });
    if let (Some(zone), Some(fields)) = (text(target, "hosted_zone_id"), inputs.as_object_mut()) {
        let kept = keeps(aws, target, zone, &detail).await.map_err(unsettled)?;
        fields.insert("hosted_zone_id".to_owned(), if kept { json!(zone) } else { Value::Null });
    }
    Ok(Live { physical_id: created.physical_id, status: created.status, inputs, outputs: created.outputs, tags })
}

/// Returns true if all validation records stand in the zone, and for a certificate whose records do not matter: one
/// that is only read (its owner keeps them) and one that has failed (only a new certificate helps).
async fn keeps(aws: &Aws, target: &Target, zone: &str, detail: &CertificateDetail) -> Result<bool, ProviderError> {
    if target.claim == Claim::ReadOnly || detail.status().is_some_and(has_failed) {
        return Ok(true);
    }
    let Some(records) = records::complete(detail) else { return Ok(false) };
    Ok(records::missing(aws, &target.address, zone, &records).await?.is_empty())
}

pub(super) fn created(detail: &CertificateDetail) -> Created {
    let arn = detail.certificate_arn().unwrap_or_default();
    let outputs = Outputs::from([("arn".to_owned(), json!(arn))]);
    Created { physical_id: arn.to_owned(), status: status(detail), outputs }
}

fn status(detail: &CertificateDetail) -> Status {
    match detail.status() {
        Some(CertificateStatus::Issued) => Status::Ready,
        Some(status) if has_failed(status) => {
            let reason = match (detail.failure_reason(), detail.revocation_reason()) {
                (Some(reason), _) => format!("{status}: {reason}"),
                (None, Some(reason)) => format!("{status}: {reason}"),
                (None, None) => status.to_string(),
            };
            Status::Failed(reason)
        }
        Some(status) => Status::Pending(status.to_string()),
        None => Status::Pending("unknown".to_owned()),
    }
}

/// Returns true if the certificate will never be valid again.
pub(super) fn has_failed(status: &CertificateStatus) -> bool {
    matches!(
        status,
        CertificateStatus::Failed
            | CertificateStatus::ValidationTimedOut
            | CertificateStatus::Expired
            | CertificateStatus::Revoked
            | CertificateStatus::Inactive
    )
}

fn as_wanted<'a>(wanted: Option<&'a str>, live: &'a str) -> &'a str {
    wanted.filter(|wanted| wanted.eq_ignore_ascii_case(live)).unwrap_or(live)
}

/// All names of a certificate, as they are compared.
pub(super) fn names(domain: Option<&str>, others: &[String]) -> BTreeSet<String> {
    domain.into_iter().chain(others.iter().map(String::as_str)).map(str::to_lowercase).collect()
}

fn wanted(target: &Target) -> BTreeSet<String> {
    let others = target.inputs["subject_alternative_names"].as_array().into_iter().flatten();
    let others: Vec<String> = others.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    names(text(target, "domain_name"), &others)
}

/// The names besides the first, as they are wanted when they are the same. AWS counts the first among them.
fn others(target: &Target, detail: &CertificateDetail) -> Value {
    let live = names(detail.domain_name(), detail.subject_alternative_names());
    if live == wanted(target) {
        return target.inputs["subject_alternative_names"].clone();
    }
    let first = detail.domain_name().unwrap_or_default().to_lowercase();
    live.into_iter().filter(|name| *name != first).collect()
}

pub(super) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}
