//! Zones as they are: by id or by name, with their tags and name servers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{HostedZone as Described, Tag, TagResourceType};
use futures::{StreamExt, TryStreamExt};
use mate_core::model::Ownership;
use mate_core::model::ids::Address;
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{Claim, ErrorClass, Live, Observation, ProviderError, Status, Target};
use serde_json::json;

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::fields::text;
use crate::drivers::hosted_record::plain;
use crate::tags;

const LIST: &str = "route53:ListHostedZonesByName";

/// A zone with what has been read of it.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) reference: String,
    comment: String,
    name: String,
    /// Its name servers, where the call that found it told them.
    servers: Option<String>,
}

/// The zones that may be the target's.
#[derive(Debug)]
pub(super) enum Candidates {
    /// The one of the recorded id.
    Known(Zone),
    /// Those of its name.
    Named(Vec<Zone>),
}

impl Candidates {
    pub(super) fn zones(&self) -> &[Zone] {
        match self {
            Self::Known(zone) => std::slice::from_ref(zone),
            Self::Named(zones) => zones,
        }
    }
}

/// An id without `/hostedzone/` before it.
pub(super) fn id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The domain that is wanted.
pub(super) fn domain(target: &Target) -> &str {
    text(target, "domain").unwrap_or(&target.name)
}

fn zone(found: Described) -> Option<Zone> {
    let config = found.config;
    if config.as_ref().is_some_and(|config| config.private_zone) {
        return None;
    }
    Some(Zone {
        id: id(&found.id).to_owned(),
        reference: found.caller_reference,
        comment: config.and_then(|config| config.comment).unwrap_or_default(),
        name: plain(&found.name),
        servers: None,
    })
}

/// The zone of the recorded id, or else the public ones of the target's domain.
pub(super) async fn candidates(aws: &Aws, target: &Target) -> Result<Candidates, ProviderError> {
    if let Some(recorded) = target.physical_id.as_deref() {
        let answer = aws.route53.get_hosted_zone().id(id(recorded)).send().await;
        let answer = if_found(answer.map_err(failed(&target.address, "route53:GetHostedZone")))?;
        if let Some(answer) = answer
            && let Some(zone) = answer.hosted_zone.and_then(zone)
        {
            let servers = answer.delegation_set.map(|set| joined(set.name_servers));
            return Ok(Candidates::Known(Zone { servers, ..zone }));
        }
    }
    Ok(Candidates::Named(named(aws, target).await?))
}

/// The public zones of the target's domain. The list is in the order of names, and begins with the one asked for.
pub(super) async fn named(aws: &Aws, target: &Target) -> Result<Vec<Zone>, ProviderError> {
    let wanted = plain(domain(target));
    let mut found = Vec::new();
    let (mut name, mut after) = (Some(format!("{wanted}.")), None);
    loop {
        let call = aws.route53.list_hosted_zones_by_name().set_dns_name(name).set_hosted_zone_id(after);
        let page = call.send().await.map_err(failed(&target.address, LIST))?;
        let passed = page.hosted_zones.iter().any(|zone| plain(&zone.name) != wanted);
        found.extend(page.hosted_zones.into_iter().filter(|zone| plain(&zone.name) == wanted).filter_map(zone));
        if passed || !page.is_truncated {
            return Ok(found);
        }
        (name, after) = (page.next_dns_name, page.next_hosted_zone_id);
    }
}

/// The tags of zones, ten a call.
pub(super) async fn tags_of<'a>(
    aws: &Aws,
    address: &Address,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let ids: Vec<String> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect();
    let calls: Vec<_> = ids
        .chunks(10)
        .map(|ids| {
            let call = aws.route53.list_tags_for_resources().resource_type(TagResourceType::Hostedzone);
            let call = call.set_resource_ids(Some(ids.to_vec()));
            async move { call.send().await.map_err(failed(address, "route53:ListTagsForResources")) }
        })
        .collect();
    let pages: Vec<_> = futures::stream::iter(calls).buffered(2).try_collect().await?;
    let sets = pages.into_iter().flat_map(|page| page.resource_tag_sets);
    Ok(sets.filter_map(|set| Some((set.resource_id.clone()?, from_sdk(set.tags())))).collect())
}

pub(super) fn from_sdk(tags: &[Tag]) -> Tags {
    tags::from_pairs(tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()))))
}

/// The target's zone among the candidates, or why there is none.
pub(super) fn choose<'a>(
    target: &Target,
    candidates: &'a Candidates,
    tags: &BTreeMap<String, Tags>,
) -> Result<Option<&'a Zone>, Observation> {
    let none = Tags::new();
    let of = |zone: &Zone| tags.get(&zone.id).unwrap_or(&none);
    let zones = candidates.zones();
    let mut accepted: Vec<&Zone> = zones.iter().filter(|zone| target.accepts(of(zone))).collect();
    accepted.sort_by(|one, other| one.id.cmp(&other.id));
    let is_ours = |zone: &&Zone| Ownership::from_tags(of(zone)).as_ref() == Some(&target.address);
    if let Some(ours) = accepted.iter().copied().find(is_ours) {
        return Ok(Some(ours));
    }
    match (accepted.as_slice(), zones.first()) {
        ([], None) => Ok(None),
        ([], Some(stranger)) => {
            Err(Observation::Foreign(format!("{} (zone {})", tags::not_ours(target, of(stranger)), stranger.id)))
        }
        ([one], _) => Ok(Some(one)),
        // Whose tags are not asked for may be any of them, and they answer differently.
        (several, _) => {
            let ids: Vec<&str> = several.iter().map(|zone| zone.id.as_str()).collect();
            Err(Observation::Unknown(
                ProviderError::new(ErrorClass::Invalid, LIST, target.address.clone()).with_message(format!(
                    "there are {} public zones of the domain {}: {}; give the id of the one that is meant",
                    ids.len(),
                    domain(target),
                    ids.join(", ")
                )),
            ))
        }
    }
}

/// The zone's name servers, with commas between, without dots at their ends; none when the zone is gone.
pub(super) async fn name_servers(aws: &Aws, address: &Address, zone: &Zone) -> Result<Option<String>, ProviderError> {
    if zone.servers.is_some() {
        return Ok(zone.servers.clone());
    }
    let answer = aws.route53.get_hosted_zone().id(&zone.id).send().await;
    let answer = if_found(answer.map_err(failed(address, "route53:GetHostedZone")))?;
    Ok(answer.map(|answer| joined(answer.delegation_set.map(|set| set.name_servers).unwrap_or_default())))
}

pub(super) fn joined(servers: Vec<String>) -> String {
    let servers: Vec<&str> = servers.iter().map(|server| server.trim_end_matches('.')).collect();
    servers.join(",")
}

pub(super) fn live(target: &Target, zone: &Zone, name_servers: &str, tags: Tags) -> Live {
    let wanted = text(target, "domain").filter(|wanted| plain(wanted) == zone.name);
    // What stands in the comment of a zone that is only read is its owner's.
    let comment = text(target, "comment").filter(|_| target.claim == Claim::ReadOnly).unwrap_or(&zone.comment);
    Live {
        physical_id: zone.id.clone(),
        status: Status::Ready,
        inputs: json!({ "domain": wanted.unwrap_or(&zone.name), "comment": comment }),
        outputs: outputs(&zone.id, name_servers),
        tags,
    }
}

pub(super) fn outputs(id: &str, name_servers: &str) -> Outputs {
    [("hosted_zone_id", id), ("name_servers", name_servers)].map(|(name, value)| (name.to_owned(), json!(value))).into()
}
