//! The common parts of the EFS drivers: tags, states, names of file systems.

use std::collections::BTreeMap;

use aws_sdk_efs::types::{LifeCycleState, Tag};
use mate_core::model::Tags;
use mate_core::provider::{ProviderError, Status, Target, UpdateRequest};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::fields;
use crate::tags::{self, TagChange};

/// The most items of a page. <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html>
pub(crate) const PAGE: i32 = 100;

/// The most objects of one file system that are read one by one; beyond that all of the file system's objects are read.
pub(crate) const FEW: usize = 8;

/// The indexes of the targets by file system; under `None` those whose file system is not known yet.
pub(crate) fn by_file_system(targets: &[Target]) -> BTreeMap<Option<&str>, Vec<usize>> {
    let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        groups.entry(fields::text(target, "file_system_id")).or_default().push(index);
    }
    groups
}

/// The tags of a new object: the target's, and `Name`, which is what EFS shows as its name.
pub(crate) fn with_name(target: &Target) -> Tags {
    let mut tags = target.tags.clone();
    tags.entry("Name".to_owned()).or_insert_with(|| target.name.clone());
    tags
}

/// Our tags in EFS's form.
pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build().ok();
    tags.iter().filter_map(tag).collect()
}

/// EFS's tags in our form.
pub(crate) fn map(list: &[Tag]) -> Tags {
    tags::from_pairs(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// Sets the tags that differ and takes off what the update says.
pub(crate) async fn change_tags(
    aws: &Aws,
    request: &UpdateRequest,
    id: &str,
    live: &Tags,
) -> Result<(), ProviderError> {
    let address = &request.target.address;
    let change = TagChange::of(request, live);
    if !change.set.is_empty() {
        let call = aws.efs.tag_resource().resource_id(id).set_tags(Some(list(&change.set)));
        call.send().await.map_err(failed(address, "elasticfilesystem:TagResource"))?;
    }
    if !change.remove.is_empty() {
        let call = aws.efs.untag_resource().resource_id(id).set_tag_keys(Some(change.keys()));
        call.send().await.map_err(failed(address, "elasticfilesystem:UntagResource"))?;
    }
    Ok(())
}

/// The status of an object; none when it is gone.
pub(crate) fn status(state: Option<&LifeCycleState>) -> Option<Status> {
    Some(match state {
        Some(LifeCycleState::Available) => Status::Ready,
        Some(LifeCycleState::Deleted) => return None,
        Some(LifeCycleState::Deleting) => Status::Deleting,
        Some(LifeCycleState::Error) => Status::Failed("error".to_owned()),
        Some(state) => Status::Pending(state.as_str().to_owned()),
        None => Status::Pending("unknown".to_owned()),
    })
}

/// A file system's id in the form in which it is wanted: an ARN names it as well.
pub(crate) fn file_system_id(desired: Option<&str>, live: &str) -> String {
    desired.filter(|desired| desired.rsplit('/').next() == Some(live)).unwrap_or(live).to_owned()
}

/// The idempotency token in the length that EFS allows.
pub(crate) fn cut(token: &str) -> &str {
    token.get(..64).unwrap_or(token)
}
