//! Tags of RDS objects, which RDS keeps by ARN.

use aws_sdk_rds::types::Tag;
use mate_core::model::Tags;
use mate_core::provider::{Live, ProviderError, Target, UpdateRequest};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::fields;
use crate::tags::{self, TagChange};

/// Our tags in RDS's form.
pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// RDS's tags in our form.
pub(crate) fn map(list: &[Tag]) -> Tags {
    tags::from_pairs(list.iter().map(|tag| (tag.key(), tag.value())))
}

/// The tags of an object that is described without them.
pub(crate) async fn read(aws: &Aws, target: &Target, arn: Option<&str>) -> Result<Tags, ProviderError> {
    let Some(arn) = arn else { return Ok(Tags::new()) };
    let answer = aws.rds.list_tags_for_resource().resource_name(arn).send().await;
    let answer = answer.map_err(failed(&target.address, "rds:ListTagsForResource")).map_err(fields::unsettled)?;
    Ok(map(answer.tag_list()))
}

/// Sets the tags that differ and takes off what the update says, when `tags` is among the fields to change.
pub(crate) async fn change(
    aws: &Aws,
    request: &UpdateRequest,
    live: &Live,
    changed: &[String],
) -> Result<(), ProviderError> {
    let address = &request.target.address;
    let Some(arn) = live.outputs.get("arn").and_then(|arn| arn.as_str()) else { return Ok(()) };
    if !changed.iter().any(|field| field == "tags") {
        return Ok(());
    }
    let change = TagChange::of(request, &live.tags);
    if !change.set.is_empty() {
        let call = aws.rds.add_tags_to_resource().resource_name(arn).set_tags(Some(list(&change.set)));
        call.send().await.map_err(failed(address, "rds:AddTagsToResource"))?;
    }
    if !change.remove.is_empty() {
        let call = aws.rds.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(change.keys()));
        call.send().await.map_err(failed(address, "rds:RemoveTagsFromResource"))?;
    }
    Ok(())
}
