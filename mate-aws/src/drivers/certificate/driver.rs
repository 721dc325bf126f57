use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, FailureReason, ValidationMethod};
use mate_core::kinds::certificate::Certificate;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    Concern, CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Observation, ProviderError, Target,
    UpdateRequest,
};

use super::actions;
use super::live::{Found, created, describe, find, has_failed, list, live, names, to_sdk, with_name};
use super::records::{self, Records};
use super::regions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{gone, incomplete, vanished};
use crate::drivers::fields::{behind, missing, repeat, text, value};
use crate::drivers::findings::unread;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "acm:RequestCertificate";

/// Certificates, found by the recorded ARN or else by domain and ownership tags. The tag `Name` tells the generations
/// of one certificate from each other: a new one is requested before the old one is deleted.
///
/// The validation records go with the certificate. ACM tells them some seconds after the request; until then a
/// creation is tried again. One record serves every certificate of a name, so a deletion leaves the records that
/// another certificate of the account needs, in this region or another.
#[derive(Debug)]
pub(crate) struct CertificateDriver;

#[async_trait]
impl Driver for CertificateDriver {
    fn model(&self) -> KindModel {
        Certificate::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        // One list for all that have no ARN.
        let listed = match targets.iter().find(|target| target.physical_id.is_none()) {
            Some(first) => list(aws, &first.address).await.map(Some),
            None => Ok(None),
        };
        each(targets, |target| {
            let listed = &listed;
            async move {
                let listed = match (listed, &target.physical_id) {
                    (Ok(listed), _) => listed.as_deref(),
                    (Err(error), None) => return Err(repeat(error, target)),
                    (Err(_), Some(_)) => None,
                };
                let Some(found) = find(aws, target, listed).await? else { return Ok(Observation::Absent) };
                if !target.accepts(&found.tags) {
                    return Ok(Observation::Foreign(tags::not_ours(target, &found.tags)));
                }
                Ok(Observation::Present(live(aws, target, found).await?))
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let (detail, owned) = match find(aws, target, None).await? {
            Some(found) if !target.accepts(&found.tags) => return Err(tags::refuse(target, CREATE, &found.tags)),
            Some(Found { detail, .. }) if is_failed(&detail) && target.physical_id.is_some() => {
                return Ok(created(&detail));
            }
            // An older generation goes on beside the new one.
            Some(found) if found.is_meant(target) && !is_failed(&found.detail) => (found.detail, found.tags),
            _ => (ask(aws, request).await?, with_name(target)),
        };
        let created = created(&detail);
        validate(aws, target, &detail).await.map_err(behind(&created))?;
        tag(aws, target, &created.physical_id, TagChange::new(&owned, &target.tags)).await.map_err(behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "acm:UpdateCertificate";
        let target = &request.target;
        let found = self.ours(aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        if request.fields.iter().any(|field| field == "hosted_zone_id") {
            validate(aws, target, &found.detail).await?;
        }
        if request.fields.iter().any(|field| field == "tags") {
            let change = TagChange::new(&found.tags, &target.tags).without(&found.tags, &request.untag);
            tag(aws, target, found.arn(), change).await?;
        }
        Ok(created(&found.detail))
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "acm:DeleteCertificate";
        let target = &request.target;
        let Some(found) = self.ours(aws, target, CALL).await? else { return Ok(Deleted::Gone) };
        // Where the recorded one is gone, the one that took its place is not what is deleted.
        if target.physical_id.is_some() && !found.is_meant(target) {
            return Ok(Deleted::Gone);
        }
        let mut records = records::told(&found.detail);
        let zone = text(target, "hosted_zone_id").filter(|_| !records.is_empty());
        if zone.is_some() {
            records = self.unneeded(aws, target, found.arn(), records).await?;
        }
        // The certificate first: while something uses it, it needs its records.
        let answer = aws.acm.delete_certificate().certificate_arn(found.arn()).send().await;
        if_found(answer.map_err(failed(&target.address, CALL)))?;
        if let Some(zone) = zone {
            records::remove(aws, target, zone, &records).await?;
        }
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(Found { detail, .. }) = find(aws, target, None).await? else { return Ok(Vec::new()) };
        if is_failed(&detail) {
            return Ok(vec![failure(&detail)]);
        }
        if detail.status() != Some(&CertificateStatus::PendingValidation) {
            return Ok(expiry(&detail).into_iter().collect());
        }
        let (Some(zone), told) = (text(target, "hosted_zone_id"), records::told(&detail)) else {
            return Ok(Vec::new());
        };
        let missing = match records::missing(aws, &target.address, zone, &told).await {
            Ok(missing) => missing,
            Err(error) => return Ok(vec![unread(&error)]),
        };
        if !missing.is_empty() {
            // ACM looks for it in vain until somebody puts it there.
            let absent = |name: &String| Diagnosis {
                concern: None,
                terminal: true,
                finding: format!("the validation record {name} (CNAME) is missing in the zone {zone}"),
                advice: Some("run it again: the record is put back".to_owned()),
            };
            return Ok(missing.keys().map(absent).collect());
        }
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let answer = aws.route53.get_hosted_zone().id(zone).send().await;
        let answer = if_found(answer.map_err(failed(&target.address, "route53:GetHostedZone")));
        let (described, unknown) = match answer {
            Ok(found) => (found, None),
            Err(error) => (None, Some(unread(&error))),
        };
        let servers =
            described.and_then(|answer| answer.delegation_set).map(|set| set.name_servers).unwrap_or_default();
        let waits = Diagnosis {
            concern: None,
            terminal: false,
            finding: format!("the validation records stand in the zone {zone}, and ACM has not seen them yet"),
            advice: Some(format!(
                "if it takes longer than half an hour, the domain is not delegated to the zone: give it the zone's name \
                 servers (NS) where it is registered{}",
                if servers.is_empty() { String::new() } else { format!(": {}", servers.join(", ")) }
            )),
        };
        Ok(std::iter::once(waits).chain(unknown).collect())
    }
}

impl CertificateDriver {
    async fn ours(&self, aws: &Aws, target: &Target, operation: &str) -> Result<Option<Found>, ProviderError> {
        match find(aws, target, None).await? {
            Some(found) if !target.accepts(&found.tags) => Err(tags::refuse(target, operation, &found.tags)),
            found => Ok(found),
        }
    }

    /// Those of the records that no other certificate of the account needs, in whichever region. Where a region may not be asked,
    /// every record may be needed.
    async fn unneeded(
        &self,
        aws: &Aws,
        target: &Target,
        arn: &str,
        mut records: Records,
    ) -> Result<Records, ProviderError> {
        let may_be_needed = |error: &ProviderError| error.class == ErrorClass::Denied;
        records = records::unshared(records, &self.others(aws, target, arn).await?);
        let regions = match regions::others(aws, &target.address).await {
            Err(error) if may_be_needed(&error) => return Ok(Records::new()),
            regions => regions?,
        };
        for region in regions {
            if records.is_empty() {
                break;
            }
            records = match self.others(&region, target, arn).await {
                Err(error) if may_be_needed(&error) => return Ok(Records::new()),
                names => records::unshared(records, &names?),
            };
        }
        Ok(records)
    }

    /// The names of the other certificates that ACM renews.
    async fn others(&self, aws: &Aws, target: &Target, arn: &str) -> Result<BTreeSet<String>, ProviderError> {
        let mut others = BTreeSet::new();
        for other in list(aws, &target.address).await? {
            if other.certificate_arn() == Some(arn) || other.status().is_some_and(has_failed) {
                continue;
            }
            others.extend(names(other.domain_name(), other.subject_alternative_name_summaries()));
            // A summary leaves out what is beyond a hundred names.
            if other.has_additional_subject_alternative_names() == Some(true)
                && let Some(detail) = describe(aws, target, other.certificate_arn().unwrap_or_default()).await?
            {
                others.extend(names(None, detail.subject_alternative_names()));
            }
        }
        Ok(others)
    }
}

/// Reports the end of an issued certificate's validity. ACM renews the certificate in time as long as its validation
/// records stand.
fn expiry(detail: &CertificateDetail) -> Option<Diagnosis> {
    let at = detail.not_after()?;
    let advice =
        "see that its validation records stand in the zone, and that a load balancer uses it: ACM renews it then";
    Some(Diagnosis::about(Concern::CertificateExpires(at.secs()), format!("it is valid until {at}"), advice))
}

fn is_failed(detail: &CertificateDetail) -> bool {
    detail.status().is_some_and(has_failed)
}

/// Requests a certificate. The same token within an hour makes one.
async fn ask(aws: &Aws, request: &CreateRequest) -> Result<CertificateDetail, ProviderError> {
    let target = &request.target;
    let inputs = target.typed::<Certificate>()?;
    let others = Some(inputs.subject_alternative_names).filter(|others| !others.is_empty());
    let answer = aws
        .acm
        .request_certificate()
        .domain_name(&inputs.domain_name)
        .set_subject_alternative_names(others)
        .validation_method(ValidationMethod::Dns)
        .idempotency_token(request.token.get(..32).unwrap_or(&request.token))
        .set_tags(Some(to_sdk(&with_name(target))))
        .send()
        .await
        .map_err(failed(&target.address, CREATE))?;
    let arn = answer.certificate_arn.ok_or_else(|| incomplete(target, CREATE, "ARN"))?;
    let made = CertificateDetail::builder().certificate_arn(&arn).status(CertificateStatus::PendingValidation).build();
    let seen = describe(aws, target, &arn).await.map_err(behind(&created(&made)))?;
    seen.ok_or_else(|| behind(&created(&made))(vanished(target, "acm:DescribeCertificate")))
}

/// Puts the validation records into the zone.
async fn validate(aws: &Aws, target: &Target, detail: &CertificateDetail) -> Result<(), ProviderError> {
    const CALL: &str = "acm:DescribeCertificate";
    let refuse = |class, message: &str| {
        ProviderError::new(class, CALL, target.address.clone())
            .with_message(format!("the certificate {} {message}", detail.certificate_arn().unwrap_or_default()))
    };
    if !records::validated_by_dns(detail) {
        return Err(refuse(ErrorClass::Invalid, "is not validated by DNS: no record in a zone renews it"));
    }
    let records: Records = records::complete(detail).ok_or_else(|| {
        refuse(ErrorClass::Dependency, "has no validation records yet: ACM tells them in some seconds")
    })?;
    let inputs = target.typed::<Certificate>()?;
    let zone = value(target, &inputs.hosted_zone_id)?;
    let absent = records::missing(aws, &target.address, zone, &records).await?;
    if absent.is_empty() {
        return Ok(());
    }
    // A zone that is not there is something that the certificate lacks.
    records::put(aws, target, zone, &absent).await.map_err(missing)
}

async fn tag(aws: &Aws, target: &Target, arn: &str, change: TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.acm.add_tags_to_certificate().certificate_arn(arn).set_tags(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "acm:AddTagsToCertificate"))?;
    }
    // Without a value a tag is taken off whatever it says.
    let keys = change.remove.iter().map(|key| aws_sdk_acm::types::Tag::builder().key(key).build());
    let keys: Vec<_> = keys.map(|key| key.expect("a tag with a key")).collect();
    if !keys.is_empty() {
        let call = aws.acm.remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(keys));
        call.send().await.map_err(failed(&target.address, "acm:RemoveTagsFromCertificate"))?;
    }
    Ok(())
}

/// The reason why a certificate was not issued, and the advice.
fn failure(detail: &CertificateDetail) -> Diagnosis {
    let status = detail.status().map_or("unknown", CertificateStatus::as_str);
    let (reason, advice) = match (detail.failure_reason(), detail.status()) {
        (Some(reason @ FailureReason::CaaError), _) => (
            Some(reason.as_str()),
            "a CAA record of the domain keeps Amazon from issuing: add a CAA record with the value amazon.com, or remove \
             the one that forbids it",
        ),
        (Some(reason @ FailureReason::InvalidPublicDomain), _) => {
            (Some(reason.as_str()), "the domain is not a public one: ACM issues for names that DNS knows only")
        }
        (Some(reason @ FailureReason::AdditionalVerificationRequired), _) => {
            (Some(reason.as_str()), "AWS wants to verify the domain itself: open a support case")
        }
        (Some(reason @ FailureReason::DomainNotAllowed), _) => {
            (Some(reason.as_str()), "the domain was reported as unsafe: have it cleared by VirusTotal's vendors")
        }
        (None, Some(CertificateStatus::ValidationTimedOut)) => (
            None,
            "ACM did not find the validation record within 72 hours: see that the domain is delegated to its zone (NS)",
        ),
        (None, Some(CertificateStatus::Expired)) => (
            None,
            "it was not renewed: see that its validation record stands and that the domain is delegated to its zone",
        ),
        (reason, _) => (reason.map(FailureReason::as_str), "a new plan requests a new certificate"),
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Diagnosis {
        concern: None,
        terminal: true,
        finding: format!("the certificate {} is {status}{reason}", detail.certificate_arn().unwrap_or_default()),
        advice: Some(advice.to_owned()),
    }
}
