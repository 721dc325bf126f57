//! A tenant's identity provider in the shared user pool.
//!
//! The pool is everybody's and its providers carry no tags, so ours carry an identifier that says whose they are.

use std::collections::BTreeMap;
#[expect(clippy::disallowed_types, reason = "the SDK takes no other map")]
use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, IdentityProviderTypeType};
use mate_core::kinds::IdentityProvider;
use mate_core::kinds::identity_provider::IdentityProviderInputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Tags, Unresolved};
use mate_core::provider::{
    Claim, CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::not_ours;

const CREATE: &str = "cognito-idp:CreateIdentityProvider";
const UPDATE: &str = "cognito-idp:UpdateIdentityProvider";
const DELETE: &str = "cognito-idp:DeleteIdentityProvider";
/// The prefix of the identifiers of all of MATE's providers.
const MARKER: &str = "mate.";

/// The driver of `cognito-idp:IdentityProvider`.
#[derive(Debug)]
pub(crate) struct IdentityProviderDriver;

#[async_trait]
impl Driver for IdentityProviderDriver {
    fn model(&self) -> KindModel {
        IdentityProvider::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let Some(pool) = pool(target) else { return Ok(Observation::Absent) };
            Ok(match describe(aws, target, pool).await? {
                Some(found) if owns(target, pool, &found) => Observation::Present(live(target, pool, &found)),
                Some(_) => Observation::Foreign(not_ours(target, &Tags::new())),
                None => Observation::Absent,
            })
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<IdentityProvider>()?;
        let pool = inputs.user_pool_id.get().map_err(unresolved(target))?;
        let call = aws
            .cognito
            .create_identity_provider()
            .user_pool_id(pool)
            .provider_name(&target.name)
            .provider_type(IdentityProviderTypeType::from(inputs.provider_type.as_str()))
            .set_provider_details(Some(details(&inputs)))
            .set_attribute_mapping(Some(mapping(&inputs)))
            .idp_identifiers(marker(&target.address));
        let error = match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(_) => return Ok(created(target, pool)),
            Err(error) => error,
        };
        if error.class != ErrorClass::AlreadyExists {
            return Err(error);
        }
        let Some(found) = describe(aws, target, pool).await? else { return Err(error) };
        if !owns(target, pool, &found) {
            return Err(refuse(target, CREATE));
        }
        let created = created(target, pool);
        if live(target, pool, &found).inputs != target.inputs {
            bring(aws, target, &inputs, pool, &found).await.map_err(behind(&created))?;
        }
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<IdentityProvider>()?;
        let pool = inputs.user_pool_id.get().map_err(unresolved(target))?;
        let found = describe(aws, target, pool).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, UPDATE, target.address.clone())
                .with_message(format!("the user pool has no identity provider `{}`", target.name))
        })?;
        if !owns(target, pool, &found) {
            return Err(refuse(target, UPDATE));
        }
        if request.fields.iter().all(|field| field == "tags") {
            mark(aws, target, pool, &found).await?;
        } else {
            bring(aws, target, &inputs, pool, &found).await?;
        }
        Ok(created(target, pool))
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(pool) = pool(target) else { return Ok(Deleted::Gone) };
        let Some(found) = describe(aws, target, pool).await? else { return Ok(Deleted::Gone) };
        if !owns(target, pool, &found) {
            return Err(refuse(target, DELETE));
        }
        let call = aws.cognito.delete_identity_provider().user_pool_id(pool).provider_name(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }
}

/// The identifier that makes a provider ours: 40 characters at most.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html>
pub(super) fn marker(address: &Address) -> String {
    let whole = format!("{MARKER}{}.{}.{}", address.environment, address.tenant, address.node);
    if whole.len() <= 40 {
        return whole;
    }
    // FNV-1a, which is the same in every build and on every machine.
    let hash = whole
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{MARKER}{hash:016x}")
}

/// The pool: known, or the first half of what is recorded.
fn pool(target: &Target) -> Option<&str> {
    let recorded = || target.physical_id.as_deref()?.split_once('/').map(|(pool, _)| pool);
    target.inputs.get("user_pool_id").and_then(Value::as_str).or_else(recorded)
}

fn physical_id(target: &Target, pool: &str) -> String {
    format!("{pool}/{}", target.name)
}

/// Returns true if the provider may be the target's.
fn owns(target: &Target, pool: &str, found: &IdentityProviderType) -> bool {
    let ours = found.idp_identifiers().contains(&marker(&target.address));
    match target.claim {
        Claim::ReadOnly => true,
        // Here the physical id is what somebody named, no record of ours.
        Claim::Unowned => ours || !found.idp_identifiers().iter().any(|identifier| identifier.starts_with(MARKER)),
        _ => ours || target.physical_id.as_deref() == Some(physical_id(target, pool).as_str()),
    }
}

async fn describe(aws: &Aws, target: &Target, pool: &str) -> Result<Option<IdentityProviderType>, ProviderError> {
    let call = aws.cognito.describe_identity_provider().user_pool_id(pool).provider_name(&target.name);
    let answer = call.send().await.map_err(failed(&target.address, "cognito-idp:DescribeIdentityProvider"));
    Ok(if_found(answer)?.and_then(|answer| answer.identity_provider))
}

/// Makes a provider ours, which is all that an adoption writes.
async fn mark(aws: &Aws, target: &Target, pool: &str, found: &IdentityProviderType) -> Result<(), ProviderError> {
    let identifiers = identifiers(target, found);
    if found.idp_identifiers() == identifiers {
        return Ok(());
    }
    let call = aws.cognito.update_identity_provider().user_pool_id(pool).provider_name(&target.name);
    let answer = call.set_idp_identifiers(Some(identifiers)).send().await;
    answer.map_err(failed(&target.address, UPDATE))?;
    Ok(())
}

/// The identifiers that a provider has, with ours.
fn identifiers(target: &Target, found: &IdentityProviderType) -> Vec<String> {
    let mut identifiers = found.idp_identifiers().to_vec();
    let marker = marker(&target.address);
    if !identifiers.contains(&marker) {
        identifiers.push(marker);
    }
    identifiers
}

async fn bring(
    aws: &Aws,
    target: &Target,
    inputs: &IdentityProviderInputs,
    pool: &str,
    found: &IdentityProviderType,
) -> Result<(), ProviderError> {
    // What somebody added stays: identifiers by hand, and the client of an OIDC provider, which is no input.
    let mut all = found.provider_details().cloned().unwrap_or_default();
    all.retain(|name, _| matches!(name.as_str(), "client_id" | "client_secret"));
    all.extend(details(inputs));
    aws.cognito
        .update_identity_provider()
        .user_pool_id(pool)
        .provider_name(&target.name)
        .set_provider_details(Some(all))
        .set_attribute_mapping(Some(mapping(inputs)))
        .set_idp_identifiers(Some(identifiers(target, found)))
        .send()
        .await
        .map_err(failed(&target.address, UPDATE))?;
    Ok(())
}

#[expect(clippy::disallowed_types, reason = "the SDK takes no other map")]
fn details(inputs: &IdentityProviderInputs) -> HashMap<String, String> {
    let pairs: &[(&str, &str)] = match inputs.provider_type.as_str() {
        "OIDC" => &[
            ("oidc_issuer", &inputs.metadata_url),
            ("authorize_scopes", "openid email profile"),
            ("attributes_request_method", "GET"),
        ],
        _ => &[("MetadataURL", &inputs.metadata_url)],
    };
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[expect(clippy::disallowed_types, reason = "the SDK takes no other map")]
fn mapping(inputs: &IdentityProviderInputs) -> HashMap<String, String> {
    inputs.attribute_mapping.clone().into_iter().collect()
}

fn live(target: &Target, pool: &str, found: &IdentityProviderType) -> Live {
    let detail = |name: &str| found.provider_details().and_then(|details| details.get(name));
    let mut mapping: BTreeMap<&str, &str> = found
        .attribute_mapping()
        .into_iter()
        .flatten()
        .map(|(attribute, source)| (attribute.as_str(), source.as_str()))
        .collect();
    // Cognito maps the user name by itself.
    if target.inputs.pointer("/attribute_mapping/username").is_none() {
        mapping.remove("username");
    }
    Live {
        inputs: json!({
            "user_pool_id": pool,
            "provider_type": found.provider_type().map(IdentityProviderTypeType::as_str),
            "metadata_url": detail("MetadataURL").or(detail("oidc_issuer")),
            "attribute_mapping": mapping,
        }),
        ..ready(target, pool)
    }
}

fn ready(target: &Target, pool: &str) -> Live {
    Live {
        physical_id: physical_id(target, pool),
        status: Status::Ready,
        inputs: Value::Null,
        outputs: [("provider_name".to_owned(), json!(target.name))].into(),
        tags: Tags::new(),
    }
}

fn created(target: &Target, pool: &str) -> Created {
    ready(target, pool).into()
}

fn refuse(target: &Target, operation: &str) -> ProviderError {
    ProviderError::new(ErrorClass::AlreadyExists, operation, target.address.clone())
        .with_message(not_ours(target, &Tags::new()))
}

fn unresolved(target: &Target) -> impl FnOnce(Unresolved) -> ProviderError {
    let error = ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone());
    |source| error.with_source(source)
}
