//! IAM roles with one inline policy and managed policies.

use async_trait::async_trait;
use aws_sdk_iam::types::{Role as SdkRole, Tag};
use mate_core::kinds::Role;
use mate_core::kinds::policy::PolicyDocument;
use mate_core::kinds::role::RoleInputs;
use mate_core::model::Ownership;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Tags, Unresolved};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Discovered, ErrorClass, Live, Observation, ProviderError, Scope,
    Status, Target, UpdateRequest,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::actions;
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "iam:CreateRole";

/// The driver of `iam:Role`.
#[derive(Debug)]
pub(crate) struct RoleDriver;

#[async_trait]
impl Driver for RoleDriver {
    fn model(&self) -> KindModel {
        Role::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let Some(role) = get(aws, target).await? else { return Ok(Observation::Absent) };
            match tags::judge(target, head(&role)) {
                Observation::Present(live) => Ok(match read(aws, target, &role, live).await? {
                    Some(live) if target.physical_id.is_none() && is_elsewhere(&live.tags, &live.inputs, aws) => {
                        Observation::Foreign(format!("{} `{}` is another region's", target.kind, target.name))
                    }
                    Some(live) => Observation::Present(live),
                    None => Observation::Absent,
                }),
                other => Ok(other),
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<Role>()?;
        let call = aws
            .iam
            .create_role()
            .role_name(&target.name)
            .path(path(&target.address))
            .assume_role_policy_document(text(target, &inputs.assume_role_policy)?)
            .description(&inputs.description)
            .set_tags(Some(to_sdk(&target.tags)));
        match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(answer) => {
                let role = answer.role.ok_or_else(|| {
                    ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone())
                        .with_message("the answer holds no role")
                })?;
                let created = Created::from(head(&role));
                policies(aws, target, &inputs).await.map_err(behind(&created))?;
                Ok(created)
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let role = get(aws, target).await?.ok_or_else(|| {
                    ProviderError::new(ErrorClass::EventualConsistency, CREATE, target.address.clone())
                        .with_message("the role is said to exist and cannot be seen yet")
                })?;
                let live = head(&role);
                if !target.accepts(&live.tags) {
                    return Err(tags::refuse(target, CREATE, &live.tags));
                }
                let created = Created::from(live.clone());
                let all = ["description", "assume_role_policy", "policy", "managed_policy_arns", "tags"];
                let tags = TagChange::new(&live.tags, &target.tags);
                bring(aws, target, &inputs, &tags, &all).await.map_err(behind(&created))?;
                Ok(created)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "iam:UpdateRole";
        let target = &request.target;
        let role = get(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("there is no role `{}`", target.name))
        })?;
        let live = head(&role);
        if !target.accepts(&live.tags) {
            return Err(tags::refuse(target, CALL, &live.tags));
        }
        let fields: Vec<&str> = request.fields.iter().map(String::as_str).collect();
        let tags = TagChange::of(request, &live.tags);
        bring(aws, target, &target.typed::<Role>()?, &tags, &fields).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "iam:DeleteRole";
        let target = &request.target;
        let Some(role) = get(aws, target).await? else { return Ok(Deleted::Gone) };
        let owned = head(&role).tags;
        if !target.accepts(&owned) {
            return Err(tags::refuse(target, CALL, &owned));
        }
        for arn in attached(aws, target).await?.unwrap_or_default() {
            detach(aws, target, &arn).await?;
        }
        for policy in inline(aws, target).await?.unwrap_or_default() {
            drop_inline(aws, target, &policy).await?;
        }
        let call = aws.iam.delete_role().role_name(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }

    async fn discover(&self, aws: &Aws, scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
        let anchor = scope.anchor();
        let prefix = match scope {
            Scope::Tenant(_) => path(&anchor),
            Scope::Environment(environment) => format!("/mate/{environment}/"),
            _ => "/".to_owned(),
        };
        let mut names = Vec::new();
        let mut marker = None;
        loop {
            let answer = aws.iam.list_roles().path_prefix(&prefix).set_marker(marker).send().await;
            let page = answer.map_err(failed(&anchor, "iam:ListRoles"))?;
            names.extend(page.roles.into_iter().map(|role| (role.role_name, role.arn)));
            match page.marker {
                Some(next) if page.is_truncated => marker = Some(next),
                _ => break,
            }
        }
        let mut found = Vec::new();
        for (name, arn) in names {
            let answer = aws.iam.list_role_tags().role_name(&name).send().await;
            let Some(answer) = if_found(answer.map_err(failed(&anchor, "iam:ListRoleTags")))? else { continue };
            let tags = from_sdk(&answer.tags);
            if scope.covers(&tags) {
                if Ownership::from_tags(&tags).is_some() && !tags.contains_key("Region") {
                    let answer = aws.iam.get_role_policy().role_name(&name).policy_name(&name).send().await;
                    let answer = if_found(answer.map_err(failed(&anchor, "iam:GetRolePolicy")))?;
                    let policy = answer.map(|answer| document(answer.policy_document()));
                    if is_elsewhere(&tags, &json!({ "policy": policy }), aws) {
                        continue;
                    }
                }
                let address = Ownership::from_tags(&tags);
                found.push(Discovered { address, kind: Some(Role::name()), physical_id: Some(arn.clone()), arn, tags });
            }
        }
        Ok(found)
    }
}

/// True if the role is one of another region. An earlier version wrote no region into the tags and the name of a role; its
/// policy names objects (log groups, secrets, file systems) by ARNs that hold it.
fn is_elsewhere(tags: &Tags, inputs: &Value, aws: &Aws) -> bool {
    if tags.contains_key("Region") {
        return !tags::is_here(tags, &aws.region);
    }
    let resources = inputs["policy"]["statements"].as_array().into_iter().flatten();
    let resources = resources.flat_map(|statement| statement["resources"].as_array().into_iter().flatten());
    let mut regions = resources
        .filter_map(|resource| resource.as_str()?.strip_prefix("arn:")?.split(':').nth(2))
        .filter(|region| !region.is_empty() && *region != "*")
        .peekable();
    regions.peek().is_some() && !regions.any(|region| region == aws.region)
}

/// The path of a tenant's roles, by which they can be listed.
pub(super) fn path(address: &Address) -> String {
    format!("/mate/{}/{}/", address.environment, address.tenant)
}

async fn get(aws: &Aws, target: &Target) -> Result<Option<SdkRole>, ProviderError> {
    let answer = aws.iam.get_role().role_name(&target.name).send().await;
    Ok(if_found(answer.map_err(failed(&target.address, "iam:GetRole")))?.and_then(|answer| answer.role))
}

fn head(role: &SdkRole) -> Live {
    Live {
        physical_id: role.arn().to_owned(),
        status: Status::Ready,
        inputs: Value::Null,
        outputs: [("arn".to_owned(), json!(role.arn())), ("role_name".to_owned(), json!(role.role_name()))].into(),
        tags: from_sdk(role.tags()),
    }
}

/// The live object with its inputs; none when the role goes away meanwhile.
async fn read(aws: &Aws, target: &Target, role: &SdkRole, live: Live) -> Result<Option<Live>, ProviderError> {
    let policy = async {
        let answer = aws.iam.get_role_policy().role_name(&target.name).policy_name(&target.name).send().await;
        if_found(answer.map_err(failed(&target.address, "iam:GetRolePolicy")))
    };
    let (policy, attached) = futures::try_join!(policy, attached(aws, target))?;
    let Some(attached) = attached else { return Ok(None) };
    let inputs = json!({
        "description": role.description().unwrap_or_default(),
        "assume_role_policy": document(role.assume_role_policy_document().unwrap_or_default()),
        "policy": policy.map(|policy| document(policy.policy_document())),
        "managed_policy_arns": attached,
    });
    Ok(Some(Live { inputs, ..live }))
}

/// A policy document as IAM tells it (percent-encoded JSON), in the model's form. One that the model cannot express
/// is told as it stands: it differs from every desired one.
fn document(encoded: &str) -> Value {
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    let raw = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()));
    PolicyDocument::from_aws(&raw).ok().and_then(|known| serde_json::to_value(known).ok()).unwrap_or(raw)
}

async fn attached(aws: &Aws, target: &Target) -> Result<Option<Vec<String>>, ProviderError> {
    let mut arns = Vec::new();
    let mut marker = None;
    loop {
        let answer = aws.iam.list_attached_role_policies().role_name(&target.name).set_marker(marker).send().await;
        let Some(page) = if_found(answer.map_err(failed(&target.address, "iam:ListAttachedRolePolicies")))? else {
            return Ok(None);
        };
        arns.extend(page.attached_policies.into_iter().flatten().filter_map(|policy| policy.policy_arn));
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(Some(arns)),
        }
    }
}

async fn inline(aws: &Aws, target: &Target) -> Result<Option<Vec<String>>, ProviderError> {
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let answer = aws.iam.list_role_policies().role_name(&target.name).set_marker(marker).send().await;
        let Some(page) = if_found(answer.map_err(failed(&target.address, "iam:ListRolePolicies")))? else {
            return Ok(None);
        };
        names.extend(page.policy_names);
        match page.marker {
            Some(next) if page.is_truncated => marker = Some(next),
            _ => return Ok(Some(names)),
        }
    }
}

/// The policies of a role that was just made and has none.
async fn policies(aws: &Aws, target: &Target, inputs: &RoleInputs) -> Result<(), ProviderError> {
    if let Some(policy) = &inputs.policy {
        put_inline(aws, target, policy).await?;
    }
    for arn in &inputs.managed_policy_arns {
        attach(aws, target, arn).await?;
    }
    Ok(())
}

async fn bring(
    aws: &Aws,
    target: &Target,
    inputs: &RoleInputs,
    tags: &TagChange,
    fields: &[&str],
) -> Result<(), ProviderError> {
    let role = &target.name;
    for field in fields {
        match *field {
            "description" => {
                let call = aws.iam.update_role().role_name(role).description(&inputs.description);
                call.send().await.map_err(failed(&target.address, "iam:UpdateRole"))?;
            }
            "assume_role_policy" => {
                let document = text(target, &inputs.assume_role_policy)?;
                let call = aws.iam.update_assume_role_policy().role_name(role).policy_document(document);
                call.send().await.map_err(failed(&target.address, "iam:UpdateAssumeRolePolicy"))?;
            }
            "policy" => match &inputs.policy {
                Some(policy) => put_inline(aws, target, policy).await?,
                None => drop_inline(aws, target, role).await?,
            },
            "managed_policy_arns" => {
                let live = attached(aws, target).await?.unwrap_or_default();
                for arn in inputs.managed_policy_arns.iter().filter(|arn| !live.contains(arn)) {
                    attach(aws, target, arn).await?;
                }
                for arn in live.iter().filter(|arn| !inputs.managed_policy_arns.contains(arn)) {
                    detach(aws, target, arn).await?;
                }
            }
            "tags" => {
                if !tags.set.is_empty() {
                    let call = aws.iam.tag_role().role_name(role).set_tags(Some(to_sdk(&tags.set)));
                    call.send().await.map_err(failed(&target.address, "iam:TagRole"))?;
                }
                if !tags.remove.is_empty() {
                    let call = aws.iam.untag_role().role_name(role).set_tag_keys(Some(tags.keys()));
                    call.send().await.map_err(failed(&target.address, "iam:UntagRole"))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn put_inline(aws: &Aws, target: &Target, policy: &PolicyDocument) -> Result<(), ProviderError> {
    let document = text(target, policy)?;
    let call = aws.iam.put_role_policy().role_name(&target.name).policy_name(&target.name).policy_document(document);
    call.send().await.map_err(failed(&target.address, "iam:PutRolePolicy"))?;
    Ok(())
}

async fn drop_inline(aws: &Aws, target: &Target, policy: &str) -> Result<(), ProviderError> {
    let call = aws.iam.delete_role_policy().role_name(&target.name).policy_name(policy);
    if_found(call.send().await.map_err(failed(&target.address, "iam:DeleteRolePolicy")))?;
    Ok(())
}

async fn attach(aws: &Aws, target: &Target, arn: &str) -> Result<(), ProviderError> {
    let call = aws.iam.attach_role_policy().role_name(&target.name).policy_arn(arn);
    call.send().await.map_err(failed(&target.address, "iam:AttachRolePolicy"))?;
    Ok(())
}

async fn detach(aws: &Aws, target: &Target, arn: &str) -> Result<(), ProviderError> {
    let call = aws.iam.detach_role_policy().role_name(&target.name).policy_arn(arn);
    if_found(call.send().await.map_err(failed(&target.address, "iam:DetachRolePolicy")))?;
    Ok(())
}

fn text(target: &Target, policy: &PolicyDocument) -> Result<String, ProviderError> {
    let unresolved = |error: Unresolved| {
        ProviderError::new(ErrorClass::Bug, "iam:PutRolePolicy", target.address.clone()).with_source(error)
    };
    Ok(policy.to_aws().map_err(unresolved)?.to_string())
}

fn from_sdk(tags: &[Tag]) -> Tags {
    tags::from_pairs(tags.iter().map(|tag| (tag.key(), tag.value())))
}

pub(super) fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}
