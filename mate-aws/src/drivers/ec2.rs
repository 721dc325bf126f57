//! The common parts of the kinds of EC2 that have no name of their own. They are found by id or by ownership tags, and
//! tagged at their creation.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use futures::StreamExt;
use ipnet::Ipv4Net;
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::provider::{
    CreateRequest, Created, Diagnosis, ErrorClass, Live, Observation, ProviderError, Status, Target,
};

use super::{Driver, batch, fields};
use crate::classify::failed;
use crate::context::Aws;
use crate::tags::{self, TagChange};

/// EC2's limit on the values of one filter.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
pub(crate) const FILTER_VALUES: usize = 200;
/// The tag that the console shows as an object's name.
const NAME: &str = "Name";

/// An object as EC2 lists it.
#[async_trait]
pub(crate) trait Object: Clone + Send + Sync {
    /// The filter that takes ids. Unlike a list of ids it does not fail for one that is gone.
    const ID: &'static str;

    fn id(&self) -> &str;

    fn tags(&self) -> &[Tag];

    /// The status of the object; none when it is gone and only still listed.
    fn status(&self) -> Option<Status>;

    /// The time of its creation, in seconds, if EC2 reports it.
    fn made(&self) -> Option<i64> {
        None
    }

    /// Every object that fits all of the filters.
    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError>;

    /// The object as the target's kind has it, with what takes further calls to read.
    async fn read(self, aws: &Aws, target: &Target) -> Result<Live, ProviderError>;
}

/// Observes targets: two hundred a call by their recorded ids, and two hundred of one owner a call by their tags.
pub(crate) async fn observe<T: Object>(aws: &Aws, targets: &[Target]) -> Vec<Observation> {
    let found = search::<T>(aws, targets).await;
    let reads = targets.iter().zip(found).map(|(target, found)| async move {
        let Some(object) = found? else { return Ok(Observation::Absent) };
        Ok(tags::judge(target, object.read(aws, target).await.map_err(fields::unsettled)?))
    });
    let reads: Vec<_> = reads.collect();
    futures::stream::iter(reads).buffered(8).map(|answer| answer.unwrap_or_else(Observation::Unknown)).collect().await
}

/// The target's object before a write, as its kind has it; whose it is remains to be judged.
pub(crate) async fn find<T: Object>(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    match locate::<T>(aws, target).await? {
        Some(object) => object.read(aws, target).await.map_err(fields::unsettled).map(Some),
        None => Ok(None),
    }
}

/// The same, as EC2 lists it.
pub(crate) async fn locate<T: Object>(aws: &Aws, target: &Target) -> Result<Option<T>, ProviderError> {
    search::<T>(aws, std::slice::from_ref(target)).await.pop().transpose().map(Option::flatten)
}

async fn search<T: Object>(aws: &Aws, targets: &[Target]) -> Vec<Result<Option<T>, ProviderError>> {
    let mut found: Vec<Result<Option<T>, ProviderError>> = targets.iter().map(|_| Ok(None)).collect();
    let recorded: Vec<usize> = (0..targets.len()).filter(|index| targets[*index].physical_id.is_some()).collect();
    for chunk in recorded.chunks(FILTER_VALUES) {
        let ids = chunk.iter().filter_map(|index| targets[*index].physical_id.clone());
        let listed = T::list(aws, &targets[chunk[0]].address, vec![filter(T::ID, ids)]).await;
        share(targets, chunk, listed, &mut found, |target, object| target.physical_id.as_deref() == Some(object.id()));
    }
    let mut owners: BTreeMap<Tags, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        // What a recorded id leads to and is not the target's gives way to what carries the target's tags.
        let settled = match &found[index] {
            Ok(object) => object.as_ref().is_some_and(|object| target.accepts(&from_sdk(object.tags()))),
            Err(_) => true,
        };
        if !settled {
            let mut owner = target.ownership().tags();
            owner.remove("Component");
            owners.entry(owner).or_default().push(index);
        }
    }
    for (owner, indices) in &owners {
        for chunk in indices.chunks(FILTER_VALUES) {
            let nodes = chunk.iter().map(|index| targets[*index].node().to_string());
            let mut filters = tagged(owner);
            filters.push(filter("tag:Component", nodes));
            let listed = T::list(aws, &targets[chunk[0]].address, filters).await;
            share(targets, chunk, listed, &mut found, |target, object| {
                target.ownership().owns(&from_sdk(object.tags()))
            });
        }
    }
    found
}

/// Gives every target the best of what was listed and is meant by it. An error is told to each of them.
fn share<T: Object>(
    targets: &[Target],
    indices: &[usize],
    listed: Result<Vec<T>, ProviderError>,
    found: &mut [Result<Option<T>, ProviderError>],
    meant: impl Fn(&Target, &T) -> bool,
) {
    for index in indices {
        let target = &targets[*index];
        match &listed {
            Ok(listed) => {
                let before = found[*index].as_mut().ok().and_then(Option::take);
                let there = listed.iter().filter(|object| object.status().is_some() && meant(target, object));
                let best = there.cloned().chain(before).min_by_key(|object| rank(target, object));
                if let Ok(found) = &mut found[*index] {
                    *found = best;
                }
            }
            Err(error) => found[*index] = Err(fields::repeat(error, target)),
        }
    }
}

/// Of several: ours before others', then the readiest, then the oldest.
fn rank<T: Object>(target: &Target, object: &T) -> (bool, u8, Option<i64>, String) {
    let state = match object.status() {
        Some(Status::Ready) => 0,
        Some(Status::Pending(_)) => 1,
        Some(Status::Failed(_)) => 2,
        Some(Status::Deleting) | None => 3,
    };
    (!target.accepts(&from_sdk(object.tags())), state, object.made(), object.id().to_owned())
}

/// The first step of every create: what an earlier attempt made is brought to the inputs. None when there is nothing.
///
/// Most creates of EC2 know no token, so that what a lost answer made is only found by its tags.
pub(crate) async fn earlier<K: Kind>(
    driver: &dyn Driver,
    aws: &Aws,
    request: &CreateRequest,
    operation: &str,
) -> Result<Option<Created>, ProviderError> {
    let target = &request.target;
    let Some(live) = batch::present(driver, aws, target, operation).await? else { return Ok(None) };
    match live.status {
        Status::Deleting => Err(ProviderError::new(ErrorClass::Conflict, operation, target.address.clone())
            .with_message(format!("{} of `{}` is still being deleted", live.physical_id, target.name))),
        Status::Failed(_) => Ok(Some(live.into())),
        Status::Ready | Status::Pending(_) => {
            let changeable = fields::changeable::<K>(&live, target);
            let mut fixed = batch::unlike(&K::model(), target, &live);
            fixed.retain(|field| !changeable.contains(field));
            if !fixed.is_empty() {
                return Err(batch::fixed(target, operation, &fixed));
            }
            fields::complete::<K>(driver, aws, request, live).await.map(Some)
        }
    }
}

/// The tags that an object is made with. `Name` is the target's name unless the spec has one.
pub(crate) fn specification(target: &Target, kind: ResourceType) -> TagSpecification {
    let mut tags = target.tags.clone();
    tags.entry(NAME.to_owned()).or_insert_with(|| target.name.clone());
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_sdk(&tags))).build()
}

/// Sets the tags that are missing and takes off those that are to go.
pub(crate) async fn tag(
    aws: &Aws,
    target: &Target,
    live: &Live,
    untag: &BTreeSet<String>,
) -> Result<(), ProviderError> {
    let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, untag);
    if !change.set.is_empty() {
        let call = aws.ec2.create_tags().resources(&live.physical_id).set_tags(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "ec2:CreateTags"))?;
    }
    // A call that names no tag would take off all of them.
    if !change.remove.is_empty() {
        let keys = change.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        let call = aws.ec2.delete_tags().resources(&live.physical_id).set_tags(Some(keys));
        call.send().await.map_err(failed(&target.address, "ec2:DeleteTags"))?;
    }
    Ok(())
}

/// The network interfaces that stand in the way of a deletion.
pub(crate) async fn interfaces(
    aws: &Aws,
    target: &Target,
    by: &str,
    id: &str,
) -> Result<Vec<Diagnosis>, ProviderError> {
    let call = aws.ec2.describe_network_interfaces().filters(filter(by, [id.to_owned()]));
    let found: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
    let found = found.map_err(failed(&target.address, "ec2:DescribeNetworkInterfaces"))?;
    let finding = |interface: &aws_sdk_ec2::types::NetworkInterface| Diagnosis {
        concern: None,
        terminal: false,
        finding: format!(
            "the network interface {} ({}) uses {id}",
            interface.network_interface_id().unwrap_or("?"),
            interface.description().unwrap_or("no description"),
        ),
        advice: Some("it can only be deleted when what the interface belongs to is gone".into()),
    };
    Ok(found.iter().map(finding).collect())
}

/// A filter: any of the values.
pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

fn tagged(tags: &Tags) -> Vec<Filter> {
    tags.iter().map(|(key, value)| filter(&format!("tag:{key}"), [value.clone()])).collect()
}

/// EC2's list of tags as a map.
pub(crate) fn from_sdk(tags: &[Tag]) -> Tags {
    tags::from_pairs(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Tags as EC2 takes them.
pub(crate) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// A range of addresses in the wanted spelling when both mean the same: EC2 clears the bits that are not the range's.
pub(crate) fn range(desired: Option<&str>, live: &str) -> String {
    desired.filter(|desired| same_range(desired, live)).unwrap_or(live).to_owned()
}

/// Returns true if both are the same range of addresses.
pub(crate) fn same_range(one: &str, other: &str) -> bool {
    one == other || canonical(one).is_some_and(|one| canonical(other) == Some(one))
}

fn canonical(range: &str) -> Option<Ipv4Net> {
    range.parse::<Ipv4Net>().ok().map(|range| range.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_told_as_it_is_wanted_when_it_is_the_same() {
        assert_eq!(range(Some("10.0.1.5/16"), "10.0.0.0/16"), "10.0.1.5/16");
        assert_eq!(range(Some("10.1.0.0/16"), "10.0.0.0/16"), "10.0.0.0/16");
        assert_eq!(range(Some("0.0.0.0/0"), "0.0.0.0/0"), "0.0.0.0/0");
        assert_eq!(range(Some("10.0.0.0/33"), "10.0.0.0/16"), "10.0.0.0/16");
        assert_eq!(range(None, "10.0.0.0/16"), "10.0.0.0/16");
    }

    #[test]
    fn an_object_is_made_with_its_name_unless_the_spec_names_it() {
        let mut target = crate::drivers::testing::target::<mate_core::kinds::ElasticIp>(
            "mate-dev-nat-1",
            &mate_core::kinds::elastic_ip::ElasticIpInputs {},
        );
        let name = |target: &Target| from_sdk(specification(target, ResourceType::ElasticIp).tags()).remove(NAME);
        assert_eq!(name(&target).as_deref(), Some("mate-dev-nat-1"));
        target.tags.insert(NAME.to_owned(), "way out".to_owned());
        assert_eq!(name(&target).as_deref(), Some("way out"));
    }
}
