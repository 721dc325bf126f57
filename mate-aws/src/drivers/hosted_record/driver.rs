use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_route53::types::{AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecordSet, RrType};
use futures::StreamExt;
use mate_core::kinds::RecordSet;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, gone, present, unlike};
use crate::drivers::fields::{self, repeat, text, value};
use crate::policy::Actions;
use crate::tags::not_ours;

const CALL: &str = "route53:ChangeResourceRecordSets";

/// Alias records of type A, found by zone and name.
///
/// A record carries no tags. It is ours when its physical id (`zone/name/A`) is recorded, or when it already stands
/// for the host name that it should; any other record of the name is foreign, unless it is being adopted. A new one is
/// made with `CREATE`, which AWS refuses when the name is taken, and never with `UPSERT`.
///
/// It is ready as soon as Route 53 accepted the change. That the change has reached every name server (`INSYNC`, a
/// minute at most) is not waited for: nothing is built on the record, and no read of it would tell.
#[derive(Debug)]
pub(crate) struct RecordSetDriver;

type Places = BTreeMap<(String, String), ResourceRecordSet>;

#[async_trait]
impl Driver for RecordSetDriver {
    fn model(&self) -> KindModel {
        RecordSet::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let Some(first) = targets.first() else {
            return Vec::new();
        };
        let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for place in targets.iter().flat_map(places) {
            zones.entry(place.0).or_default().insert(place.1);
        }
        let read: Vec<(String, Result<Places, ProviderError>)> = futures::stream::iter(zones)
            .map(|(zone, names)| async move { (zone.clone(), read(aws, &first.address, &zone, names).await) })
            .buffered(4)
            .collect()
            .await;
        let read: BTreeMap<String, Result<Places, ProviderError>> = read.into_iter().collect();
        targets.iter().map(|target| answer(target, &read)).collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CALL).await? {
            return adopt(aws, target, live).await;
        }
        let wanted = wanted(target)?;
        match submit(aws, target, ChangeAction::Create, wanted).await {
            Ok(()) => Ok(created(target)),
            // The one code for all that is wrong with a change; that the name is taken is one of the cases.
            Err(error) if error.code.as_deref() == Some("InvalidChangeBatch") => {
                match present(self, aws, target, CALL).await? {
                    Some(live) => adopt(aws, target, live).await,
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        if fields::to_change::<RecordSet>(request, &live).is_empty() {
            return Ok(live.into());
        }
        adopt(aws, target, live).await
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(place) = present(self, aws, target, CALL).await?.and_then(|live| recorded(&live.physical_id)) else {
            return Ok(Deleted::Gone);
        };
        // AWS deletes a record only when all of its values are given as they are.
        let (zone, name) = place.clone();
        let Some(mut record) = read(aws, &target.address, &zone, BTreeSet::from([name])).await?.remove(&place) else {
            return Ok(Deleted::Gone);
        };
        record.name = place.1.clone();
        match change(aws, target, &zone, ChangeAction::Delete, record).await {
            Ok(()) => Ok(Deleted::Gone),
            Err(error) if error.code.as_deref() == Some("InvalidChangeBatch") => {
                match present(self, aws, target, CALL).await? {
                    Some(_) => Err(error),
                    None => Ok(Deleted::Gone),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// A name as names are compared: lower case, no dot at the end, escapes undone (`\052` is `*`).
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name.trim_end_matches('.');
    while let Some(character) = rest.chars().next() {
        let octal = rest.strip_prefix('\\').and_then(|tail| tail.get(..3));
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &rest[4..];
            }
            None => {
                plain.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    plain.to_lowercase()
}

/// A host name as alias targets are compared: AWS may put `dualstack.` before a load balancer's.
fn host(name: &str) -> String {
    let plain = plain(name);
    plain.strip_prefix("dualstack.").map_or(plain.clone(), str::to_owned)
}

fn recorded(physical_id: &str) -> Option<(String, String)> {
    let (zone, rest) = physical_id.split_once('/')?;
    Some((zone.to_owned(), plain(rest.strip_suffix("/A")?)))
}

fn desired(target: &Target) -> Option<(String, String)> {
    Some((text(target, "hosted_zone_id")?.to_owned(), plain(text(target, "record_name")?)))
}

fn physical_id((zone, name): &(String, String)) -> String {
    format!("{zone}/{name}/A")
}

/// The places where the target's record can be: the recorded place first, then the desired one.
fn places(target: &Target) -> Vec<(String, String)> {
    target.physical_id.as_deref().and_then(recorded).into_iter().chain(desired(target)).collect()
}

/// Reads the names of a zone. A listing starts at a name and goes on in the zone's order, so one call finds the
/// first name or tells that it is absent, and mostly finds its neighbours too: the tenants of one domain.
async fn read(aws: &Aws, address: &Address, zone: &str, mut names: BTreeSet<String>) -> Result<Places, ProviderError> {
    let most = if names.len() > 1 { 300 } else { 1 };
    let mut found = Places::new();
    while let Some(name) = names.pop_first() {
        let answer = aws
            .route53
            .list_resource_record_sets()
            .hosted_zone_id(zone)
            .start_record_name(format!("{name}."))
            .start_record_type(RrType::A)
            .max_items(most)
            .send()
            .await
            .map_err(failed(address, "route53:ListResourceRecordSets"));
        let records = match answer {
            Ok(answer) => answer.resource_record_sets,
            Err(error) if error.class == ErrorClass::NotFound => return Ok(Places::new()),
            Err(error) => return Err(error),
        };
        for record in records {
            let at = plain(&record.name);
            // A CNAME takes the whole name; other types stand beside an A record.
            let takes = matches!(record.r#type, RrType::A | RrType::Cname);
            if takes && (at == name || names.contains(&at)) {
                found.entry((zone.to_owned(), at)).or_insert(record);
            }
        }
        names.retain(|name| !found.contains_key(&(zone.to_owned(), name.clone())));
    }
    Ok(found)
}

fn answer(target: &Target, read: &BTreeMap<String, Result<Places, ProviderError>>) -> Observation {
    for place in places(target) {
        match read.get(&place.0) {
            Some(Ok(places)) => {
                if let Some(record) = places.get(&place) {
                    return judge(target, &place, record);
                }
            }
            Some(Err(error)) => return Observation::Unknown(repeat(error, target)),
            None => {}
        }
    }
    Observation::Absent
}

fn judge(target: &Target, place: &(String, String), record: &ResourceRecordSet) -> Observation {
    if record.r#type != RrType::A || record.set_identifier.is_some() {
        return Observation::Foreign(format!(
            "the name {} is taken by a record of type {}{}",
            place.1,
            record.r#type,
            if record.set_identifier.is_some() { " with a routing policy" } else { "" }
        ));
    }
    let alias = record.alias_target();
    let ours = text(target, "alias_dns_name")
        .is_some_and(|wanted| alias.is_some_and(|alias| host(&alias.dns_name) == host(wanted)));
    let is_recorded = target.physical_id.as_deref().and_then(recorded).as_ref() == Some(place);
    if !ours && !is_recorded && !target.accepts(&Tags::new()) {
        let points_to = alias.map_or("fixed addresses", |alias| alias.dns_name.as_str());
        return Observation::Foreign(format!("{}; it points to {points_to}", not_ours(target, &Tags::new())));
    }
    Observation::Present(live(target, place, alias))
}

fn live(target: &Target, place: &(String, String), alias: Option<&AliasTarget>) -> Live {
    let as_wanted = |field: &str, live: &str, compare: fn(&str) -> String| {
        let wanted = text(target, field).filter(|wanted| compare(wanted) == compare(live));
        json!(wanted.unwrap_or(live))
    };
    let name = as_wanted("record_name", &place.1, plain);
    let inputs = json!({
        "hosted_zone_id": place.0,
        "record_name": name.clone(),
        "alias_dns_name": alias.map_or(Value::Null, |alias| as_wanted("alias_dns_name", &alias.dns_name, host)),
        "alias_hosted_zone_id": alias.map(|alias| &alias.hosted_zone_id),
        "evaluate_target_health": alias.map(|alias| alias.evaluate_target_health),
    });
    Live {
        physical_id: physical_id(place),
        status: Status::Ready,
        inputs,
        outputs: Outputs::from([("fqdn".to_owned(), name)]),
        tags: Tags::new(),
    }
}

fn created(target: &Target) -> Created {
    let place = desired(target).unwrap_or_default();
    let name = text(target, "record_name").unwrap_or_default().trim_end_matches('.');
    Created {
        physical_id: physical_id(&place),
        status: Status::Ready,
        outputs: Outputs::from([("fqdn".to_owned(), json!(name))]),
    }
}

fn wanted(target: &Target) -> Result<ResourceRecordSet, ProviderError> {
    let inputs = target.typed::<RecordSet>()?;
    let alias = AliasTarget::builder()
        .dns_name(value(target, &inputs.alias_dns_name)?)
        .hosted_zone_id(value(target, &inputs.alias_hosted_zone_id)?)
        .evaluate_target_health(inputs.evaluate_target_health)
        .build();
    let record = alias.and_then(|alias| {
        ResourceRecordSet::builder()
            .name(inputs.record_name.trim_end_matches('.'))
            .r#type(RrType::A)
            .alias_target(alias)
            .build()
    });
    record.map_err(|error| {
        ProviderError::new(ErrorClass::Bug, CALL, target.address.clone()).with_message(error.to_string())
    })
}

/// Brings a record of ours to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&RecordSet::model(), target, &live);
    let stuck: Vec<String> =
        fields.iter().filter(|field| ["hosted_zone_id", "record_name"].contains(&field.as_str())).cloned().collect();
    if !stuck.is_empty() {
        return Err(fixed(target, CALL, &stuck));
    }
    if !fields.is_empty() {
        submit(aws, target, ChangeAction::Upsert, wanted(target)?).await?;
    }
    Ok(created(target))
}

async fn submit(
    aws: &Aws,
    target: &Target,
    action: ChangeAction,
    record: ResourceRecordSet,
) -> Result<(), ProviderError> {
    let zone = text(target, "hosted_zone_id").unwrap_or_default().to_owned();
    change(aws, target, &zone, action, record).await
}

async fn change(
    aws: &Aws,
    target: &Target,
    zone: &str,
    action: ChangeAction,
    record: ResourceRecordSet,
) -> Result<(), ProviderError> {
    let bug = |error: aws_sdk_route53::error::BuildError| {
        ProviderError::new(ErrorClass::Bug, CALL, target.address.clone()).with_message(error.to_string())
    };
    let change = Change::builder().action(action).resource_record_set(record).build().map_err(bug)?;
    let batch = ChangeBatch::builder().changes(change).build().map_err(bug)?;
    aws.route53
        .change_resource_record_sets()
        .hosted_zone_id(zone)
        .change_batch(batch)
        .send()
        .await
        .map_err(failed(&target.address, CALL))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_dns_compares_them() {
        assert_eq!(plain("\\052.Example.com."), "*.example.com");
        assert_eq!(plain("a\\"), "a\\");
        assert_eq!(host("dualstack.LB-1.us-east-1.elb.amazonaws.com."), host("lb-1.us-east-1.elb.amazonaws.com"));
        assert_ne!(host("lb-1.elb.amazonaws.com"), host("lb-2.elb.amazonaws.com"));
    }

    #[test]
    fn a_physical_id_says_the_place() {
        let place = ("Z1".to_owned(), "*.example.com".to_owned());
        assert_eq!(recorded(&physical_id(&place)), Some(place));
        assert_eq!(recorded("arn:aws:x"), None);
    }
}
