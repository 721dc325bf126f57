use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_route53::types::{HostedZoneConfig, RrType, Tag, TagResourceType};
use futures::StreamExt;
use mate_core::kinds::hosted_zone::HostedZone;
use mate_core::model::Ownership;
use mate_core::model::Tags;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Discovered, ErrorClass, Observation, ProviderError, Scope, Status,
    Target, UpdateRequest,
};

use super::actions;
use super::live::{self, Candidates, candidates, choose, domain, joined, live, name_servers, named, tags_of};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{gone, incomplete, present, vanished};
use crate::drivers::fields::{behind, complete, repeat};
use crate::drivers::hosted_record::plain;
use crate::policy::Actions;
use crate::tags::TagChange;

const CREATE: &str = "route53:CreateHostedZone";
const NOT_EMPTY: &str = "HostedZoneNotEmpty";
/// The most records that the message of a refused deletion names.
const NAMED: usize = 10;
/// The most tags that one call sets or removes.
const TAGS: usize = 10;

/// Public zones, found by the recorded id or else by their domain.
///
/// Route 53 keeps any number of zones of one domain, so a zone of the domain without our tags is foreign: a second
/// one would serve nobody. A zone cannot be tagged in the call that makes it. The caller reference tells an attempt
/// whose tags did not arrive from a stranger's zone.
#[derive(Debug)]
pub(crate) struct HostedZoneDriver;

#[async_trait]
impl Driver for HostedZoneDriver {
    fn model(&self) -> KindModel {
        HostedZone::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let Some(first) = targets.first() else { return Vec::new() };
        let looks: Vec<_> = targets.iter().map(|target| candidates(aws, target)).collect();
        let found: Vec<_> = futures::stream::iter(looks).buffered(4).collect().await;
        let ids = found.iter().flatten().flat_map(Candidates::zones).map(|zone| zone.id.as_str());
        let tags = tags_of(aws, &first.address, ids).await;
        let answers: Vec<_> = targets
            .iter()
            .zip(found)
            .map(|(target, found)| {
                let tags = &tags;
                async move {
                    let known = found.and_then(|found| match tags {
                        Ok(tags) => Ok((found, tags)),
                        Err(error) => Err(repeat(error, target)),
                    });
                    let (found, tags) = match known {
                        Ok(known) => known,
                        Err(error) => return Observation::Unknown(error),
                    };
                    let zone = match choose(target, &found, tags) {
                        Ok(Some(zone)) => zone,
                        Ok(None) => return Observation::Absent,
                        Err(why) => return why,
                    };
                    match name_servers(aws, &target.address, zone).await {
                        Ok(Some(servers)) => {
                            let tags = tags.get(&zone.id).cloned().unwrap_or_default();
                            Observation::Present(live(target, zone, &servers, tags))
                        }
                        Ok(None) => Observation::Unknown(vanished(target, "route53:GetHostedZone")),
                        Err(error) => Observation::Unknown(error),
                    }
                }
            })
            .collect();
        futures::stream::iter(answers).buffered(4).collect().await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(created) = resumed(aws, request).await? {
            return Ok(created);
        }
        if let Some(live) = present(self, aws, target, CREATE).await? {
            return complete::<HostedZone>(self, aws, request, live).await;
        }
        let inputs = target.typed::<HostedZone>()?;
        let config = HostedZoneConfig::builder().comment(&inputs.comment).private_zone(false).build();
        let call = aws
            .route53
            .create_hosted_zone()
            .name(inputs.domain.trim_end_matches('.'))
            .caller_reference(&request.token)
            .hosted_zone_config(config);
        match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(answer) => {
                let zone = answer.hosted_zone.ok_or_else(|| incomplete(target, CREATE, "zone"))?;
                let servers = answer.delegation_set.map(|set| set.name_servers).unwrap_or_default();
                tagged(aws, target, live::id(&zone.id), &joined(servers)).await
            }
            // The caller reference is spent: the zone of an earlier attempt stands, and the list lags behind.
            Err(mut error) if error.class == ErrorClass::AlreadyExists => match resumed(aws, request).await? {
                Some(created) => Ok(created),
                None => {
                    error.class = ErrorClass::EventualConsistency;
                    error.retry = error.class.retry();
                    Err(error)
                }
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "route53:UpdateHostedZoneComment";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        if request.fields.iter().any(|field| field == "comment") {
            let comment = target.typed::<HostedZone>()?.comment;
            let call = aws.route53.update_hosted_zone_comment().id(&live.physical_id).comment(comment);
            call.send().await.map_err(failed(&target.address, CALL))?;
        }
        if request.fields.iter().any(|field| field == "tags") {
            let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
            tag(aws, target, &live.physical_id, change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "route53:DeleteHostedZone";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else { return Ok(Deleted::Gone) };
        let answer = aws.route53.delete_hosted_zone().id(&live.physical_id).send().await;
        match if_found(answer.map_err(failed(&target.address, CALL))) {
            Ok(_) => Ok(Deleted::Gone),
            Err(error) if error.code.as_deref() == Some(NOT_EMPTY) => {
                let left = left_in(aws, target, &live.physical_id).await?;
                Err(error.with_message(format!("the zone {} still holds {left}", live.physical_id)))
            }
            Err(error) => Err(error),
        }
    }

    /// The tagging API lists what is global in one region only.
    async fn discover(&self, aws: &Aws, scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
        if aws.region == "us-east-1" {
            return Ok(Vec::new());
        }
        let anchor = scope.anchor();
        let mut ids = Vec::new();
        let mut marker = None;
        loop {
            let answer = aws.route53.list_hosted_zones().set_marker(marker).send().await;
            let page = answer.map_err(failed(&anchor, "route53:ListHostedZones"))?;
            let is_private = |config: &HostedZoneConfig| config.private_zone;
            let public = page.hosted_zones.iter().filter(|zone| !zone.config.as_ref().is_some_and(is_private));
            ids.extend(public.map(|zone| live::id(&zone.id).to_owned()));
            match page.next_marker {
                Some(next) if page.is_truncated => marker = Some(next),
                _ => break,
            }
        }
        let tags = tags_of(aws, &anchor, ids.iter().map(String::as_str)).await?;
        let partition = match aws.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if aws.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let covered = tags.into_iter().filter(|(_, tags)| scope.covers(tags));
        Ok(covered
            .map(|(id, tags)| Discovered {
                address: Ownership::from_tags(&tags),
                kind: Some(HostedZone::name()),
                arn: format!("arn:{partition}:route53:::hostedzone/{id}"),
                physical_id: Some(id),
                tags,
            })
            .collect())
    }
}

/// The zone that an earlier attempt of this creation made, with the tags that it may still lack.
async fn resumed(aws: &Aws, request: &CreateRequest) -> Result<Option<Created>, ProviderError> {
    let target = &request.target;
    let zones = named(aws, target).await?;
    let Some(zone) = zones.iter().find(|zone| zone.reference == request.token) else { return Ok(None) };
    let servers = name_servers(aws, &target.address, zone).await?;
    let servers = servers.ok_or_else(|| vanished(target, CREATE))?;
    tagged(aws, target, &zone.id, &servers).await.map(Some)
}

async fn tagged(aws: &Aws, target: &Target, id: &str, servers: &str) -> Result<Created, ProviderError> {
    let created = Created { physical_id: id.to_owned(), status: Status::Ready, outputs: live::outputs(id, servers) };
    tag(aws, target, id, TagChange::new(&Tags::new(), &target.tags)).await.map_err(behind(&created))?;
    Ok(created)
}

async fn tag(aws: &Aws, target: &Target, id: &str, change: TagChange) -> Result<(), ProviderError> {
    let add: Vec<Tag> = change.set.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let remove: Vec<String> = change.remove.into_iter().collect();
    let call = || aws.route53.change_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(id);
    let adding = add.chunks(TAGS).map(|tags| call().set_add_tags(Some(tags.to_vec())));
    let removing = remove.chunks(TAGS).map(|keys| call().set_remove_tag_keys(Some(keys.to_vec())));
    for call in adding.chain(removing) {
        call.send().await.map_err(failed(&target.address, "route53:ChangeTagsForResource"))?;
    }
    Ok(())
}

/// The records that keep a zone from being deleted, in words: all but its own `NS` and `SOA`.
async fn left_in(aws: &Aws, target: &Target, id: &str) -> Result<String, ProviderError> {
    let apex = plain(domain(target));
    let mut left = BTreeSet::new();
    let (mut name, mut kind, mut set) = (None, None, None);
    loop {
        let call = aws.route53.list_resource_record_sets().hosted_zone_id(id);
        let call = call.set_start_record_name(name).set_start_record_type(kind).set_start_record_identifier(set);
        let page = call.send().await.map_err(failed(&target.address, "route53:ListResourceRecordSets"))?;
        left.extend(page.resource_record_sets.iter().filter_map(|record| {
            let at = plain(&record.name);
            let own = at == apex && matches!(record.r#type, RrType::Ns | RrType::Soa);
            (!own).then(|| format!("{at} ({})", record.r#type))
        }));
        if left.len() > NAMED || !page.is_truncated {
            break;
        }
        (name, kind, set) = (page.next_record_name, page.next_record_type, page.next_record_identifier);
    }
    let named: Vec<&str> = left.iter().take(NAMED).map(String::as_str).collect();
    let more = if left.len() > NAMED { ", and others" } else { "" };
    Ok(format!("records: {}{more}", named.join(", ")))
}
