//! The common part of the kinds of ECS: tags.

use aws_sdk_ecs::types::Tag;
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::provider::ProviderError;

use crate::classify::failed;
use crate::context::Aws;
use crate::tags::{TagChange, from_pairs};

/// Our tags as the service takes them.
pub(crate) fn tag_list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// The service's tags as ours.
pub(crate) fn tag_map(tags: &[Tag]) -> Tags {
    from_pairs(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Sets tags.
pub(crate) async fn tag(aws: &Aws, address: &Address, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
    aws.ecs
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tag_list(tags)))
        .send()
        .await
        .map_err(failed(address, "ecs:TagResource"))?;
    Ok(())
}

/// Sets and takes off tags.
pub(crate) async fn change_tags(
    aws: &Aws,
    address: &Address,
    arn: &str,
    change: &TagChange,
) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        tag(aws, address, arn, &change.set).await?;
    }
    if !change.remove.is_empty() {
        let call = aws.ecs.untag_resource().resource_arn(arn).set_tag_keys(Some(change.keys()));
        call.send().await.map_err(failed(address, "ecs:UntagResource"))?;
    }
    Ok(())
}
