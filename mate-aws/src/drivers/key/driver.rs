use async_trait::async_trait;
use aws_sdk_kms::types::KeyState;
use mate_core::kinds::key::{Key, KeyInputs};
use mate_core::model::Ownership;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    Claim, CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Live, Observation,
    ProviderError, Scope, Status, Target, UpdateRequest,
};
use serde_json::Value;

use super::live::{POLICY, alias_of_name, aliases, created, describe, find, names, tags_of, to_sdk};
use super::{actions, alive};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{gone, incomplete, present};
use crate::drivers::fields::{behind, complete, text};
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "kms:CreateKey";

/// Keys, found by the recorded ARN, by their aliases, or else by their ownership tags.
///
/// AWS has no token for the creation of a key, so an earlier attempt's key is looked for first: it carries its tags
/// from the moment it exists. A key that waits for its deletion counts as absent, and a new one takes its alias.
///
/// A deletion is scheduled whatever is said of the data: within its waiting period it can be cancelled
/// (`kms:CancelKeyDeletion`), so nothing is lost yet, and KMS knows no other way. Whether a key may be deleted at all is
/// the plan's question.
#[derive(Debug)]
pub(crate) struct KeyDriver;

#[async_trait]
impl Driver for KeyDriver {
    fn model(&self) -> KindModel {
        Key::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| find(aws, target)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        match present(self, aws, target, CREATE).await? {
            Some(live) if live.status == Status::Ready => return complete::<Key>(self, aws, request, live).await,
            Some(live) => return Ok(live.into()),
            None => {}
        }
        let inputs = target.typed::<Key>()?;
        let answer = aws
            .kms
            .create_key()
            .description(&inputs.description)
            .policy(policy(target, &inputs)?)
            .set_tags(Some(to_sdk(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CREATE))?;
        let key = answer.key_metadata.ok_or_else(|| incomplete(target, CREATE, "key"))?;
        let created = created(&key);
        put_alias(aws, target, &key.key_id, &inputs.alias).await.map_err(behind(&created))?;
        if inputs.enable_key_rotation {
            rotate(aws, target, &key.key_id, true).await.map_err(behind(&created))?;
        }
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "kms:UpdateKey";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let inputs = target.typed::<Key>()?;
        let key = id_of(&live);
        for field in &request.fields {
            match field.as_str() {
                "description" => {
                    let call = aws.kms.update_key_description().key_id(key).description(&inputs.description);
                    call.send().await.map_err(failed(&target.address, "kms:UpdateKeyDescription"))?;
                }
                "alias" => replace_alias(aws, target, &live, &inputs.alias).await?,
                "enable_key_rotation" => rotate(aws, target, key, inputs.enable_key_rotation).await?,
                "policy" => {
                    let call =
                        aws.kms.put_key_policy().key_id(key).policy_name(POLICY).policy(policy(target, &inputs)?);
                    call.send().await.map_err(failed(&target.address, "kms:PutKeyPolicy"))?;
                }
                _ => {}
            }
        }
        // Last, since an update that gives the key back takes off the tags by which it is ours.
        if request.fields.iter().any(|field| field == "tags") {
            let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
            tag(aws, target, key, change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "kms:ScheduleKeyDeletion";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else { return Ok(Deleted::Gone) };
        let key = id_of(&live);
        // Aliases first: a key that waits for its deletion would hold their names.
        let ours = [text(target, "alias").map(str::to_owned), told_alias(&live), Some(alias_of_name(target))];
        let standing = aliases(aws, target, key).await?;
        for alias in standing.iter().filter(|alias| ours.iter().flatten().any(|ours| ours == *alias)) {
            drop_alias(aws, target, alias).await?;
        }
        let days = target.inputs.get("pending_window_days").and_then(Value::as_i64);
        let days = days.and_then(|days| i32::try_from(days).ok());
        let call = aws.kms.schedule_key_deletion().key_id(key).set_pending_window_in_days(days);
        if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        for name in names(target) {
            let Some(key) = describe(aws, target, &name).await? else { continue };
            let arn = key.arn().unwrap_or(&key.key_id);
            let advice = match key.key_state() {
                Some(KeyState::Disabled) => {
                    format!("enable it again if nobody disabled it on purpose: aws kms enable-key --key-id {arn}")
                }
                Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => format!(
                    "it can still be saved: aws kms cancel-key-deletion --key-id {arn}, then aws kms enable-key; \
                     else a new key is made, which cannot read what the old one encrypted"
                ),
                Some(KeyState::PendingImport) => "its key material has to be imported again".to_owned(),
                Some(KeyState::Unavailable) => "the custom key store that it lives in has to be connected".to_owned(),
                _ => continue,
            };
            let state = key.key_state().map_or("unknown", KeyState::as_str);
            return Ok(vec![Diagnosis {
                concern: None,
                terminal: false,
                finding: format!("the key {arn} is {state}"),
                advice: Some(advice),
            }]);
        }
        Ok(Vec::new())
    }
}

fn policy(target: &Target, inputs: &KeyInputs) -> Result<String, ProviderError> {
    let document = inputs.policy.to_aws().map_err(|unresolved| {
        ProviderError::new(ErrorClass::Bug, "resolve inputs", target.address.clone())
            .with_message(unresolved.to_string())
    })?;
    Ok(document.to_string())
}

fn id_of(live: &Live) -> &str {
    live.outputs.get("key_id").and_then(Value::as_str).unwrap_or(&live.physical_id)
}

fn told_alias(live: &Live) -> Option<String> {
    live.inputs["alias"].as_str().map(str::to_owned)
}

/// Leads the alias to the key. An alias of another key is moved only when that key is ours too: the one that this key
/// replaces, which waits for its deletion.
async fn put_alias(aws: &Aws, target: &Target, key: &str, alias: &str) -> Result<(), ProviderError> {
    const CALL: &str = "kms:CreateAlias";
    let call = aws.kms.create_alias().alias_name(alias).target_key_id(key);
    let taken = match call.send().await.map_err(failed(&target.address, CALL)) {
        Ok(_) => return Ok(()),
        Err(error) if error.class == ErrorClass::AlreadyExists => error,
        Err(error) => return Err(error),
    };
    let Some(other) = describe(aws, target, alias).await? else {
        // An alias that was made or removed a moment ago is seen by some and not by others.
        return Err(ProviderError::new(ErrorClass::EventualConsistency, CALL, target.address.clone())
            .with_message(taken.message.unwrap_or_default()));
    };
    if other.key_id == key || other.arn() == Some(key) {
        return Ok(());
    }
    let tags = tags_of(aws, target, &other.key_id).await?.unwrap_or_default();
    if Ownership::from_tags(&tags).as_ref() != Some(&target.address) {
        let held = format!("the alias {alias} leads to another key, {}", other.arn().unwrap_or(&other.key_id));
        return Err(tags::refuse(target, CALL, &tags).with_message(held));
    }
    let call = aws.kms.update_alias().alias_name(alias).target_key_id(key);
    call.send().await.map_err(failed(&target.address, "kms:UpdateAlias"))?;
    Ok(())
}

/// Gives the key another alias, and takes off the one that it was told to have. Others that lead to it stay, and so
/// does that of a key that is being adopted: somebody may ask for it by that.
async fn replace_alias(aws: &Aws, target: &Target, live: &Live, alias: &str) -> Result<(), ProviderError> {
    put_alias(aws, target, &live.physical_id, alias).await?;
    if target.claim != Claim::Owned {
        return Ok(());
    }
    let old = [told_alias(live), Some(alias_of_name(target))];
    for standing in aliases(aws, target, &live.physical_id).await? {
        if standing != alias && old.iter().flatten().any(|old| *old == standing) {
            drop_alias(aws, target, &standing).await?;
        }
    }
    Ok(())
}

async fn drop_alias(aws: &Aws, target: &Target, alias: &str) -> Result<(), ProviderError> {
    let call = aws.kms.delete_alias().alias_name(alias);
    if_found(call.send().await.map_err(failed(&target.address, "kms:DeleteAlias")))?;
    Ok(())
}

async fn rotate(aws: &Aws, target: &Target, key: &str, on: bool) -> Result<(), ProviderError> {
    if on {
        let call = aws.kms.enable_key_rotation().key_id(key);
        call.send().await.map_err(failed(&target.address, "kms:EnableKeyRotation"))?;
    } else {
        let call = aws.kms.disable_key_rotation().key_id(key);
        call.send().await.map_err(failed(&target.address, "kms:DisableKeyRotation"))?;
    }
    Ok(())
}

async fn tag(aws: &Aws, target: &Target, key: &str, change: TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.kms.tag_resource().key_id(key).set_tags(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "kms:TagResource"))?;
    }
    if !change.remove.is_empty() {
        let call = aws.kms.untag_resource().key_id(key).set_tag_keys(Some(change.remove.into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "kms:UntagResource"))?;
    }
    Ok(())
}
