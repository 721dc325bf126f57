//! A key as it is: where it is found, and what it tells.

use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use mate_core::kinds::policy::PolicyDocument;
use mate_core::model::{Input, Outputs, Tags};
use mate_core::provider::{Created, Live, Observation, ProviderError, Status, Target};
use serde_json::{Value, json};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::fields::{text, unsettled};
use crate::tags;

/// The one name that a key's policy can have.
pub(super) const POLICY: &str = "default";

/// The alias that goes with the target's name.
pub(super) fn alias_of_name(target: &Target) -> String {
    format!("alias/{}", target.name)
}

/// The names by which the key may be requested: the recorded ARN, the wanted alias, the alias of its name.
pub(super) fn names(target: &Target) -> Vec<String> {
    let mut names: Vec<String> = target.physical_id.clone().into_iter().collect();
    for alias in text(target, "alias").map(str::to_owned).into_iter().chain([alias_of_name(target)]) {
        if !names.contains(&alias) {
            names.push(alias);
        }
    }
    names
}

/// The target's key, wherever it is found.
pub(super) async fn find(aws: &Aws, target: &Target) -> Result<Observation, ProviderError> {
    let mut stranger = None;
    for name in names(target) {
        let Some(key) = describe(aws, target, &name).await? else { continue };
        // A stranger's alias is taken even where its key is about to go.
        if is_leaving(&key) && target.physical_id.as_ref() == Some(&name) {
            continue;
        }
        let Some(tags) = tags_of(aws, target, &key.key_id).await? else { continue };
        if !target.accepts(&tags) {
            stranger.get_or_insert(tags);
        } else if !is_leaving(&key) {
            return Ok(Observation::Present(read(aws, target, &key, tags).await?));
        }
    }
    if let Some(tags) = stranger {
        return Ok(Observation::Foreign(tags::not_ours(target, &tags)));
    }
    match tagged(aws, target).await? {
        Some((key, tags)) => Ok(Observation::Present(read(aws, target, &key, tags).await?)),
        None => Ok(Observation::Absent),
    }
}

/// The key of this id, ARN or alias.
pub(super) async fn describe(aws: &Aws, target: &Target, key: &str) -> Result<Option<KeyMetadata>, ProviderError> {
    let answer = aws.kms.describe_key().key_id(key).send().await;
    Ok(if_found(answer.map_err(failed(&target.address, "kms:DescribeKey")))?.and_then(|answer| answer.key_metadata))
}

fn is_leaving(key: &KeyMetadata) -> bool {
    matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// The key that carries the ownership tags: an enabled one rather than another, the oldest of several.
async fn tagged(aws: &Aws, target: &Target) -> Result<Option<(KeyMetadata, Tags)>, ProviderError> {
    let owner = target.ownership().tags();
    let filters: Vec<TagFilter> =
        owner.into_iter().map(|(key, value)| TagFilter::builder().key(key).values(value).build()).collect();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = aws.tagging.get_resources().set_tag_filters(Some(filters.clone())).resource_type_filters("kms:key");
        let answer = call.set_pagination_token(token).send().await;
        let page = answer.map_err(failed(&target.address, "tag:GetResources"))?;
        for arn in page.resource_tag_mapping_list.unwrap_or_default().into_iter().filter_map(|one| one.resource_arn) {
            // The list lags behind: the key says itself whether it still stands and whose it is.
            let Some(key) = describe(aws, target, &arn).await?.filter(|key| !is_leaving(key)) else { continue };
            let Some(tags) = tags_of(aws, target, &key.key_id).await?.filter(|tags| target.accepts(tags)) else {
                continue;
            };
            found.push((key, tags));
        }
        match page.pagination_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => break,
        }
    }
    let rank = |key: &KeyMetadata| (!key.enabled, key.creation_date().map(|date| (date.secs(), date.subsec_nanos())));
    Ok(found.into_iter().min_by_key(|(key, _)| rank(key)))
}

/// A key's tags; none when it is gone.
pub(super) async fn tags_of(aws: &Aws, target: &Target, key: &str) -> Result<Option<Tags>, ProviderError> {
    let mut tags = Tags::new();
    let mut marker = None;
    loop {
        let answer = aws.kms.list_resource_tags().key_id(key).set_marker(marker).send().await;
        let Some(page) = if_found(answer.map_err(failed(&target.address, "kms:ListResourceTags")))? else {
            return Ok(None);
        };
        tags.extend(tags::from_pairs(page.tags().iter().map(|tag| (tag.tag_key(), tag.tag_value()))));
        match page.next_marker {
            Some(next) if page.truncated => marker = Some(next),
            _ => return Ok(Some(tags)),
        }
    }
}

/// The names of a key's aliases, sorted.
pub(super) async fn aliases(aws: &Aws, target: &Target, key: &str) -> Result<Vec<String>, ProviderError> {
    let mut aliases = Vec::new();
    let mut marker = None;
    loop {
        let answer = aws.kms.list_aliases().key_id(key).set_marker(marker).send().await;
        let page = answer.map_err(failed(&target.address, "kms:ListAliases")).map_err(unsettled)?;
        aliases.extend(page.aliases.unwrap_or_default().into_iter().filter_map(|alias| alias.alias_name));
        match page.next_marker {
            Some(next) if page.truncated => marker = Some(next),
            _ => break,
        }
    }
    aliases.sort();
    Ok(aliases)
}

async fn read(aws: &Aws, target: &Target, key: &KeyMetadata, tags: Tags) -> Result<Live, ProviderError> {
    let id = key.key_id.as_str();
    let policy = async {
        let answer = aws.kms.get_key_policy().key_id(id).policy_name(POLICY).send().await;
        answer.map_err(failed(&target.address, "kms:GetKeyPolicy")).map_err(unsettled)
    };
    let rotation = async {
        let answer = aws.kms.get_key_rotation_status().key_id(id).send().await;
        match answer.map_err(failed(&target.address, "kms:GetKeyRotationStatus")) {
            Ok(answer) => Ok(answer.key_rotation_enabled),
            // What is not symmetric cannot be rotated.
            Err(error) if error.code.as_deref() == Some("UnsupportedOperationException") => Ok(false),
            Err(error) => Err(unsettled(error)),
        }
    };
    let (aliases, policy, rotation) = futures::try_join!(aliases(aws, target, id), policy, rotation)?;
    let created = created(key);
    Ok(Live {
        physical_id: created.physical_id,
        status: created.status,
        inputs: json!({
            "description": key.description().unwrap_or_default(),
            "alias": alias(target, &aliases),
            "enable_key_rotation": rotation,
            "policy": told_policy(target, policy.policy().unwrap_or_default()),
        }),
        outputs: created.outputs,
        tags,
    })
}

/// A key without its aspects.
pub(super) fn created(key: &KeyMetadata) -> Created {
    let arn = key.arn().unwrap_or(&key.key_id);
    let outputs = [("arn", arn), ("key_id", key.key_id())].map(|(name, value)| (name.to_owned(), json!(value)));
    Created { physical_id: arn.to_owned(), status: status(key), outputs: Outputs::from(outputs) }
}

fn status(key: &KeyMetadata) -> Status {
    match key.key_state() {
        Some(KeyState::Enabled) => Status::Ready,
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Status::Deleting,
        Some(KeyState::Creating) => Status::Pending("creating".to_owned()),
        Some(KeyState::Updating) => Status::Pending("updating".to_owned()),
        Some(KeyState::Disabled) => Status::Failed("the key is disabled".to_owned()),
        Some(KeyState::PendingImport) => Status::Failed("the key waits for its key material".to_owned()),
        Some(KeyState::Unavailable) => Status::Failed("the key's store is not connected".to_owned()),
        _ if key.enabled => Status::Ready,
        other => Status::Failed(format!("the key is {}", other.map_or("not enabled", KeyState::as_str))),
    }
}

/// The wanted alias when the key has it, else the one of its name, else another one of the key's.
fn alias<'a>(target: &Target, aliases: &'a [String]) -> Option<&'a String> {
    let of_name = alias_of_name(target);
    let is = |wanted: Option<&str>| aliases.iter().find(|alias| Some(alias.as_str()) == wanted);
    is(text(target, "alias")).or_else(|| is(Some(&of_name))).or_else(|| aliases.first())
}

/// A policy in the wanted spelling when it says the same. One that the model cannot express is told as it stands: it
/// differs from every desired one.
fn told_policy(target: &Target, text: &str) -> Value {
    let raw = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let Ok(live) = PolicyDocument::from_aws(&raw) else { return raw };
    let wanted = &target.inputs["policy"];
    let desired = serde_json::from_value::<PolicyDocument>(wanted.clone()).ok();
    let desired = desired.and_then(|desired| PolicyDocument::from_aws(&desired.to_aws().ok()?).ok());
    if desired.is_some_and(|desired| unordered(desired) == unordered(live.clone())) {
        return wanted.clone();
    }
    serde_json::to_value(live).unwrap_or(raw)
}

/// The same without the order of what has none.
fn unordered(mut policy: PolicyDocument) -> PolicyDocument {
    fn sort(texts: &mut [Input<String>]) {
        texts.sort_by_key(|text| text.known().cloned());
    }
    for statement in &mut policy.statements {
        statement.principals.sort();
        statement.actions.sort();
        sort(&mut statement.resources);
        statement.conditions.values_mut().flat_map(|keys| keys.values_mut()).for_each(|values| sort(values));
    }
    policy
}

pub(super) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().tag_key(key).tag_value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}
