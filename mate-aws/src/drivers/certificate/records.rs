//! The validation records of a certificate: which they are, and what stands in the zone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_acm::types::{CertificateDetail, CertificateType, DomainValidation, ValidationMethod};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use mate_core::model::ids::Address;
use mate_core::provider::{ErrorClass, ProviderError, Target};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::hosted_record::plain;

const CHANGE: &str = "route53:ChangeResourceRecordSets";
/// Five minutes, as ACM's own console has it.
const TTL: i64 = 300;

/// The names of `CNAME` records and what each leads to. A wildcard and the name beneath it share one.
pub(super) type Records = BTreeMap<String, String>;

/// Returns true if DNS records in a zone keep the certificate valid.
pub(super) fn validated_by_dns(certificate: &CertificateDetail) -> bool {
    let other = |option: &DomainValidation| {
        option.validation_method.as_ref().is_some_and(|method| *method != ValidationMethod::Dns)
    };
    certificate.r#type.as_ref().is_none_or(|of| *of == CertificateType::AmazonIssued)
        && !certificate.domain_validation_options().iter().any(other)
}

/// The records that ACM has told so far.
pub(super) fn told(certificate: &CertificateDetail) -> Records {
    let options = certificate.domain_validation_options().iter();
    let records = options.filter_map(|option| option.resource_record.as_ref());
    records.map(|record| (plain(&record.name), record.value.clone())).collect()
}

/// The records, once ACM has told all of them: it does some seconds after the request.
pub(super) fn complete(certificate: &CertificateDetail) -> Option<Records> {
    let options = certificate.domain_validation_options();
    let all = !options.is_empty() && options.iter().all(|option| option.resource_record.is_some());
    all.then(|| told(certificate))
}

/// Those of the records that do not stand in the zone as they should.
pub(super) async fn missing(
    aws: &Aws,
    address: &Address,
    zone: &str,
    records: &Records,
) -> Result<Records, ProviderError> {
    let mut missing = Records::new();
    for (name, value) in records {
        if standing(aws, address, zone, name, value).await?.is_none() {
            missing.insert(name.clone(), value.clone());
        }
    }
    Ok(missing)
}

async fn standing(
    aws: &Aws,
    address: &Address,
    zone: &str,
    name: &str,
    value: &str,
) -> Result<Option<ResourceRecordSet>, ProviderError> {
    let answer = aws
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(zone)
        .start_record_name(format!("{name}."))
        .start_record_type(RrType::Cname)
        .max_items(1)
        .send()
        .await;
    let answer = if_found(answer.map_err(failed(address, "route53:ListResourceRecordSets")))?;
    let record = answer.and_then(|answer| answer.resource_record_sets.into_iter().next());
    Ok(record.filter(|record| {
        let leads = record.resource_records().iter().any(|one| plain(&one.value) == plain(value));
        plain(&record.name) == name && record.r#type == RrType::Cname && leads
    }))
}

/// Puts records into the zone, all in one change.
pub(super) async fn put(aws: &Aws, target: &Target, zone: &str, records: &Records) -> Result<(), ProviderError> {
    let record = |(name, value): (&String, &String)| {
        let value = ResourceRecord::builder().value(value).build()?;
        ResourceRecordSet::builder().name(name).r#type(RrType::Cname).ttl(TTL).resource_records(value).build()
    };
    let records = records.iter().map(record).collect::<Result<Vec<_>, _>>().map_err(bug(target))?;
    change(aws, target, zone, ChangeAction::Upsert, records).await
}

/// Takes those of the records out of the zone that stand in it.
pub(super) async fn remove(aws: &Aws, target: &Target, zone: &str, records: &Records) -> Result<(), ProviderError> {
    let mut found = Vec::new();
    for (name, value) in records {
        // AWS deletes a record only when all of its values are given as they are.
        if let Some(mut record) = standing(aws, &target.address, zone, name, value).await? {
            record.name.clone_from(name);
            found.push(record);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    match change(aws, target, zone, ChangeAction::Delete, found).await {
        // The one code for all that is wrong with a change; that a record is gone meanwhile is one of the cases.
        Err(error) if error.code.as_deref() == Some("InvalidChangeBatch") => {
            let left = missing(aws, &target.address, zone, records).await?;
            if left.len() == records.len() { Ok(()) } else { Err(error) }
        }
        Err(error) if error.class == ErrorClass::NotFound => Ok(()),
        answer => answer,
    }
}

/// The records without those that certificates of these names need too: ACM gives one record to a name, however many
/// certificates have it.
pub(super) fn unshared(records: Records, names: &BTreeSet<String>) -> Records {
    let below: BTreeSet<&str> = names.iter().map(|name| name.strip_prefix("*.").unwrap_or(name)).collect();
    // `_{token}.{name}`
    let of = |record: &str| record.split_once('.').is_some_and(|(_, name)| below.contains(name));
    records.into_iter().filter(|(record, _)| !of(record)).collect()
}

async fn change(
    aws: &Aws,
    target: &Target,
    zone: &str,
    action: ChangeAction,
    records: Vec<ResourceRecordSet>,
) -> Result<(), ProviderError> {
    let change =
        |record| Change::builder().action(action.clone()).resource_record_set(record).build().map_err(bug(target));
    let changes = records.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().map_err(bug(target))?;
    let call = aws.route53.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    call.send().await.map_err(failed(&target.address, CHANGE))?;
    Ok(())
}

fn bug(target: &Target) -> impl Fn(aws_sdk_route53::error::BuildError) -> ProviderError {
    |error| ProviderError::new(ErrorClass::Bug, CHANGE, target.address.clone()).with_message(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_another_certificate_needs_is_left() {
        let records =
            Records::from([("_1.a.example".to_owned(), "x".to_owned()), ("_2.b.a.example".to_owned(), "y".to_owned())]);
        let names = BTreeSet::from(["*.a.example".to_owned(), "c.example".to_owned()]);
        let left = unshared(records, &names);
        assert_eq!(left.keys().collect::<Vec<_>>(), ["_2.b.a.example"]);
    }
}
