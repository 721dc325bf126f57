//! Secrets of Secrets Manager. A value is generated, written in the create call and dropped; it is never read back here.

use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Tag;
use mate_core::kinds::Secret;
use mate_core::kinds::secret::{Generate, SecretInputs};
use mate_core::model::Tags;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Discovered, ErrorClass, Live, Observation, ProviderError, Scope,
    Status, Target, UpdateRequest,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::versions;
use super::{actions, alive};
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::fields::known_as;
use crate::drivers::{Driver, each};
use crate::keys;
use crate::policy::Actions;
use crate::secrets::{unlogged, without};
use crate::tags::{self, TagChange};

const CREATE: &str = "secretsmanager:CreateSecret";
/// AWS's own key, which a secret without a key of its own is encrypted with.
const OWN_KEY: &str = "alias/aws/secretsmanager";
/// The error code for a name that is taken by a secret on its way out, and for other wrong moments.
const WRONG_STATE: &str = "InvalidRequestException";

/// The driver of `secretsmanager:Secret`.
#[derive(Debug)]
pub(crate) struct SecretDriver;

#[async_trait]
impl Driver for SecretDriver {
    fn model(&self) -> KindModel {
        Secret::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let Some(found) = describe(aws, target).await? else { return Ok(Observation::Absent) };
            match tags::judge(target, live(target, &found)) {
                Observation::Present(_) if found.deleted_date().is_some() => Ok(Observation::Absent),
                judged => Ok(judged),
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<Secret>()?;
        let error = match create_new(aws, request, &inputs).await {
            Ok(created) => return Ok(created),
            Err(error) => error,
        };
        if error.class != ErrorClass::AlreadyExists && error.code.as_deref() != Some(WRONG_STATE) {
            return Err(error);
        }
        let Some(mut found) = describe_as(aws, target, &target.name).await? else { return Err(not_free(target)) };
        let owned = from_sdk(&found);
        if !target.accepts(&owned) {
            return Err(tags::refuse(target, CREATE, &owned));
        }
        if found.deleted_date().is_some() {
            // What is being adopted is restored: its value is not ours to lose.
            if inputs.recovery_window_days == 0 && target.ownership().owns(&owned) {
                erase(aws, target, id(target, &found)).await?;
                return create_new(aws, request, &inputs).await.map_err(|error| match error.code.as_deref() {
                    Some(WRONG_STATE) => not_free(target),
                    _ => error,
                });
            }
            aws.secretsmanager
                .restore_secret()
                .secret_id(id(target, &found))
                .send()
                .await
                .map_err(failed(&target.address, "secretsmanager:RestoreSecret"))?;
            found.deleted_date = None;
        }
        let created = Created::from(live(target, &found));
        complete(aws, request, &inputs, &found).await.map_err(behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "secretsmanager:UpdateSecret";
        let target = &request.target;
        let found = describe(aws, target).await?.ok_or_else(|| absent(target, CALL))?;
        let owned = from_sdk(&found);
        if !target.accepts(&owned) {
            return Err(tags::refuse(target, CALL, &owned));
        }
        if request.fields.iter().any(|field| field == "description" || field == "kms_key_id") {
            describe_anew(aws, target, id(target, &found), &target.typed::<Secret>()?).await?;
        }
        let inputs = target.typed::<Secret>()?;
        if request.fields.iter().any(|field| field == "generation") && versions::generation(&found) != inputs.generation
        {
            versions::bring_to(aws, target, &found, inputs.generation, || generate(aws, &inputs.generate)).await?;
            let mut live = live(target, &found);
            live.inputs["generation"] = json!(inputs.generation);
            if request.fields.iter().any(|field| field == "tags") {
                tag(aws, target, id(target, &found), &TagChange::of(request, &owned)).await?;
            }
            return Ok(live.into());
        }
        if request.fields.iter().any(|field| field == "tags") {
            tag(aws, target, id(target, &found), &TagChange::of(request, &owned)).await?;
        }
        Ok(live(target, &found).into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "secretsmanager:DeleteSecret";
        let target = &request.target;
        let Some(found) = describe(aws, target).await? else { return Ok(Deleted::Gone) };
        let owned = from_sdk(&found);
        if !target.accepts(&owned) {
            return Err(tags::refuse(target, CALL, &owned));
        }
        let window = target.inputs.get("recovery_window_days").and_then(Value::as_i64);
        if window == Some(0) {
            erase(aws, target, id(target, &found)).await?;
        } else if found.deleted_date().is_none() {
            let call = aws.secretsmanager.delete_secret().secret_id(id(target, &found));
            let call = call.set_recovery_window_in_days(window);
            if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        }
        Ok(Deleted::Gone)
    }
}

/// The secret of the recorded ARN or of the name; one that is on its way out only when it is the only one.
async fn describe(aws: &Aws, target: &Target) -> Result<Option<DescribeSecretOutput>, ProviderError> {
    let mut leaving = None;
    for id in known_as(target) {
        match describe_as(aws, target, id).await? {
            Some(found) if found.deleted_date().is_some() => leaving = leaving.or(Some(found)),
            Some(found) => return Ok(Some(found)),
            None => {}
        }
    }
    Ok(leaving)
}

async fn describe_as(aws: &Aws, target: &Target, id: &str) -> Result<Option<DescribeSecretOutput>, ProviderError> {
    let call = aws.secretsmanager.describe_secret().secret_id(id);
    if_found(call.send().await.map_err(failed(&target.address, "secretsmanager:DescribeSecret")))
}

async fn create_new(aws: &Aws, request: &CreateRequest, inputs: &SecretInputs) -> Result<Created, ProviderError> {
    let target = &request.target;
    let value = generate(aws, &inputs.generate);
    let call = aws
        .secretsmanager
        .create_secret()
        .name(&target.name)
        .client_request_token(versions::token(inputs.generation, &request.token))
        .description(&inputs.description)
        .set_kms_key_id(key(target, inputs)?)
        .secret_string(value.expose_secret())
        .set_tags(Some(to_sdk(&target.tags)))
        .send();
    let answer = unlogged(call).await.map_err(|error| without(&value, failed(&target.address, CREATE)(error)))?;
    let version = versions::token(inputs.generation, &request.token);
    let found = DescribeSecretOutput::builder().set_arn(answer.arn);
    let found = found.version_ids_to_stages(version, vec![versions::CURRENT.to_owned()]).build();
    Ok(live(target, &found).into())
}

/// Brings a secret that an earlier attempt made, or that was restored, to what is wanted.
async fn complete(
    aws: &Aws,
    request: &CreateRequest,
    inputs: &SecretInputs,
    found: &DescribeSecretOutput,
) -> Result<(), ProviderError> {
    let target = &request.target;
    if versions::current(found).is_none() {
        let value = generate(aws, &inputs.generate);
        let call = aws
            .secretsmanager
            .put_secret_value()
            .secret_id(id(target, found))
            .client_request_token(versions::token(inputs.generation, &request.token))
            .secret_string(value.expose_secret())
            .send();
        unlogged(call)
            .await
            .map_err(|error| without(&value, failed(&target.address, "secretsmanager:PutSecretValue")(error)))?;
    } else if versions::generation(found) != inputs.generation {
        versions::bring_to(aws, target, found, inputs.generation, || generate(aws, &inputs.generate)).await?;
    }
    let is = live(target, found).inputs;
    let wanted = &target.inputs;
    if ["description", "kms_key_id"].iter().any(|field| is.get(*field) != wanted.get(*field)) {
        describe_anew(aws, target, id(target, found), inputs).await?;
    }
    tag(aws, target, id(target, found), &TagChange::new(&from_sdk(found), &target.tags)).await
}

async fn describe_anew(aws: &Aws, target: &Target, id: &str, inputs: &SecretInputs) -> Result<(), ProviderError> {
    aws.secretsmanager
        .update_secret()
        .secret_id(id)
        .description(&inputs.description)
        .kms_key_id(key(target, inputs)?.unwrap_or_else(|| OWN_KEY.to_owned()))
        .send()
        .await
        .map_err(failed(&target.address, "secretsmanager:UpdateSecret"))?;
    Ok(())
}

async fn tag(aws: &Aws, target: &Target, id: &str, change: &TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.secretsmanager.tag_resource().secret_id(id).set_tags(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "secretsmanager:TagResource"))?;
    }
    if !change.remove.is_empty() {
        let call = aws.secretsmanager.untag_resource().secret_id(id).set_tag_keys(Some(change.keys()));
        call.send().await.map_err(failed(&target.address, "secretsmanager:UntagResource"))?;
    }
    Ok(())
}

async fn erase(aws: &Aws, target: &Target, id: &str) -> Result<(), ProviderError> {
    let call = aws.secretsmanager.delete_secret().secret_id(id).force_delete_without_recovery(true);
    if_found(call.send().await.map_err(failed(&target.address, "secretsmanager:DeleteSecret")))?;
    Ok(())
}

fn generate(aws: &Aws, how: &Generate) -> SecretString {
    match how {
        Generate::Token { length } => aws.secrets.generate(usize::from(*length)),
        Generate::Credentials { username, length } => {
            let password = aws.secrets.generate(usize::from(*length));
            json!({ "username": username, "password": password.expose_secret() }).to_string().into()
        }
    }
}

fn key(target: &Target, inputs: &SecretInputs) -> Result<Option<String>, ProviderError> {
    let Some(key) = &inputs.kms_key_id else { return Ok(None) };
    let unresolved = |error| ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone()).with_source(error);
    key.get().map(|key| Some(key.clone())).map_err(unresolved)
}

fn live(target: &Target, found: &DescribeSecretOutput) -> Live {
    let arn = found.arn().unwrap_or(&target.name);
    let desired_key = target.inputs.get("kms_key_id").and_then(Value::as_str);
    Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: json!({
            "description": found.description().unwrap_or_default(),
            "kms_key_id": keys::report(desired_key, found.kms_key_id(), OWN_KEY),
            "generation": versions::generation(found),
        }),
        outputs: [("arn".to_owned(), json!(arn))].into(),
        tags: from_sdk(found),
    }
}

/// The id of a secret that was found: its ARN, which names no other secret, not even one of the same name.
pub(super) fn id<'a>(target: &'a Target, found: &'a DescribeSecretOutput) -> &'a str {
    found.arn().unwrap_or(&target.name)
}

fn from_sdk(found: &DescribeSecretOutput) -> Tags {
    tags::from_pairs(found.tags().iter().map(|tag| (tag.key(), tag.value())))
}

pub(super) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn absent(target: &Target, operation: &str) -> ProviderError {
    ProviderError::new(ErrorClass::NotFound, operation, target.address.clone())
        .with_message(format!("there is no secret `{}`", target.name))
}

fn not_free(target: &Target) -> ProviderError {
    ProviderError::new(ErrorClass::Conflict, CREATE, target.address.clone())
        .with_message(format!("the name `{}` is not free yet: its former secret is on its way out", target.name))
}
