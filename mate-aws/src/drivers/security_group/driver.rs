//! Security groups. A group is found by its recorded id, else by its name, which is unique in its VPC.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType, SecurityGroup as SdkGroup, Tag, TagSpecification};
use mate_core::kinds::SecurityGroup;
use mate_core::kinds::security_group::{Rule, SecurityGroupInputs};
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use super::difference::{Difference, from_sdk, report, to_sdk};
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "ec2:CreateSecurityGroup";
const DESCRIBE: &str = "ec2:DescribeSecurityGroups";
/// EC2's limit on the values of one filter.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
const FILTER_VALUES: usize = 200;

/// The driver of `ec2:SecurityGroup`.
#[derive(Debug)]
pub(crate) struct SecurityGroupDriver;

#[async_trait]
impl Driver for SecurityGroupDriver {
    fn model(&self) -> KindModel {
        SecurityGroup::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("ec2", "security-group-rule/")]
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let mut observations = Vec::new();
        for chunk in targets.chunks(FILTER_VALUES) {
            match search(aws, chunk).await {
                Ok(found) => observations.extend(chunk.iter().zip(found).map(|(target, group)| match group {
                    Some(group) => tags::judge(target, live(target, &group)),
                    None => Observation::Absent,
                })),
                Err(error) => {
                    observations.extend(chunk.iter().map(|target| Observation::Unknown(again(&error, target))));
                }
            }
        }
        observations
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<SecurityGroup>()?;
        let vpc = inputs
            .vpc_id
            .get()
            .map_err(|error| ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone()).with_source(error))?;
        let call = aws
            .ec2
            .create_security_group()
            .group_name(&target.name)
            .description(&inputs.description)
            .vpc_id(vpc)
            .tag_specifications(
                TagSpecification::builder()
                    .resource_type(ResourceType::SecurityGroup)
                    .set_tags(Some(tags_to_sdk(&target.tags)))
                    .build(),
            );
        match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(answer) => {
                let created = created(answer.group_id().unwrap_or_default());
                rules(aws, target, &inputs, &created.physical_id, true, true).await.map_err(behind(&created))?;
                Ok(created)
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let groups = describe(aws, &target.address, "group-name", vec![target.name.clone()]).await?;
                let group = groups.iter().find(|group| group.vpc_id() == Some(vpc)).ok_or_else(|| {
                    ProviderError::new(ErrorClass::EventualConsistency, CREATE, target.address.clone())
                        .with_message("the group is said to exist and cannot be seen yet")
                })?;
                let is = live(target, group);
                if !target.accepts(&is.tags) {
                    return Err(tags::refuse(target, CREATE, &is.tags));
                }
                let created = Created::from(is.clone());
                rules(aws, target, &inputs, &is.physical_id, true, true).await.map_err(behind(&created))?;
                let change = TagChange::new(&is.tags, &target.tags);
                tag(aws, target, &is, &change).await.map_err(behind(&created))?;
                Ok(created)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "ec2:ModifySecurityGroupRules";
        let target = &request.target;
        let is = find(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("there is no security group `{}`", target.name))
        })?;
        if !target.accepts(&is.tags) {
            return Err(tags::refuse(target, CALL, &is.tags));
        }
        let named = |name: &str| request.fields.iter().any(|field| field == name);
        if named("ingress") || named("egress") {
            let inputs = target.typed::<SecurityGroup>()?;
            rules(aws, target, &inputs, &is.physical_id, named("ingress"), named("egress")).await?;
        }
        if named("tags") {
            tag(aws, target, &is, &TagChange::of(request, &is.tags)).await?;
        }
        Ok(is.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "ec2:DeleteSecurityGroup";
        let target = &request.target;
        let Some(is) = find(aws, target).await? else { return Ok(Deleted::Gone) };
        if !target.accepts(&is.tags) {
            return Err(tags::refuse(target, CALL, &is.tags));
        }
        let call = aws.ec2.delete_security_group().group_id(&is.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(is) = find(aws, target).await? else { return Ok(Vec::new()) };
        let filter = Filter::builder().name("group-id").values(&is.physical_id).build();
        let answer = aws.ec2.describe_network_interfaces().filters(filter).send().await;
        let interfaces = answer.map_err(failed(&target.address, "ec2:DescribeNetworkInterfaces"))?;
        let finding = |interface: &aws_sdk_ec2::types::NetworkInterface| Diagnosis {
            concern: None,
            terminal: false,
            finding: format!(
                "the network interface {} ({}) is in {}",
                interface.network_interface_id().unwrap_or("?"),
                interface.description().unwrap_or("no description"),
                is.physical_id
            ),
            advice: Some(
                "delete or stop what the interface belongs to; the group can go when no interface uses it".into(),
            ),
        };
        Ok(interfaces.network_interfaces().iter().map(finding).collect())
    }
}

async fn describe(
    aws: &Aws,
    address: &Address,
    filter: &str,
    values: Vec<String>,
) -> Result<Vec<SdkGroup>, ProviderError> {
    let mut groups = Vec::new();
    let mut token = None;
    loop {
        let filter = Filter::builder().name(filter).set_values(Some(values.clone())).build();
        let call = aws.ec2.describe_security_groups().filters(filter).max_results(1000).set_next_token(token);
        let page = call.send().await.map_err(failed(address, DESCRIBE))?;
        groups.extend(page.security_groups.unwrap_or_default());
        match page.next_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => return Ok(groups),
        }
    }
}

async fn find(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    let found = search(aws, std::slice::from_ref(target)).await?;
    Ok(found.into_iter().flatten().next().map(|group| live(target, &group)))
}

/// The group that each target means: the recorded one if it may be the target's, the one of its name in the VPC, ours
/// of its name in whatever VPC, or the recorded one whosever it is.
async fn search(aws: &Aws, targets: &[Target]) -> Result<Vec<Option<SdkGroup>>, ProviderError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    let ids: Vec<String> = targets.iter().filter_map(|target| target.physical_id.clone()).collect();
    let by_id = match ids.is_empty() {
        true => Vec::new(),
        false => describe(aws, &first.address, "group-id", ids).await?,
    };
    let recorded = |target: &Target| {
        let id = target.physical_id.as_deref();
        by_id.iter().find(|group| id.is_some() && group.group_id() == id)
    };
    let accepted = |target: &Target| recorded(target).filter(|group| target.accepts(&tags_from_sdk(group)));
    let names: Vec<String> =
        targets.iter().filter(|target| accepted(target).is_none()).map(|target| target.name.clone()).collect();
    let by_name = match names.is_empty() {
        true => Vec::new(),
        false => describe(aws, &first.address, "group-name", names).await?,
    };
    let meant =
        |target: &Target| accepted(target).or_else(|| of_name(target, &by_name)).or_else(|| recorded(target)).cloned();
    Ok(targets.iter().map(meant).collect())
}

fn of_name<'a>(target: &Target, groups: &'a [SdkGroup]) -> Option<&'a SdkGroup> {
    let named = || groups.iter().filter(|group| group.group_name() == Some(target.name.as_str()));
    let ours = |group: &&SdkGroup| target.ownership().owns(&tags_from_sdk(group));
    let vpc = target.inputs.get("vpc_id").and_then(Value::as_str);
    named().find(|group| vpc.is_some() && group.vpc_id() == vpc).or_else(|| named().find(ours))
}

fn live(target: &Target, group: &SdkGroup) -> Live {
    let desired = |field: &str| -> Vec<Rule> {
        target.inputs.get(field).and_then(|rules| serde_json::from_value(rules.clone()).ok()).unwrap_or_default()
    };
    let id = group.group_id().unwrap_or_default();
    Live {
        inputs: json!({
            "description": group.description().unwrap_or_default(),
            "vpc_id": group.vpc_id(),
            "ingress": report(group.ip_permissions(), &desired("ingress")),
            "egress": report(group.ip_permissions_egress(), &desired("egress")),
        }),
        tags: tags_from_sdk(group),
        physical_id: id.to_owned(),
        status: Status::Ready,
        outputs: created(id).outputs,
    }
}

fn created(id: &str) -> Created {
    Created { physical_id: id.to_owned(), status: Status::Ready, outputs: [("group_id".to_owned(), json!(id))].into() }
}

/// Brings the rules to what is wanted: new ones come before old ones go. Once more when the group changed meanwhile,
/// by another attempt of this same call for example.
async fn rules(
    aws: &Aws,
    target: &Target,
    inputs: &SecurityGroupInputs,
    id: &str,
    ingress: bool,
    egress: bool,
) -> Result<(), ProviderError> {
    let mut first = true;
    loop {
        let groups = describe(aws, &target.address, "group-id", vec![id.to_owned()]).await?;
        let group = groups.first().ok_or_else(|| {
            ProviderError::new(ErrorClass::EventualConsistency, DESCRIBE, target.address.clone())
                .with_message(format!("the group {id} cannot be seen yet"))
        })?;
        let mut result = Ok(());
        if ingress {
            let difference = Difference::new(&from_sdk(group.ip_permissions()), &inputs.ingress);
            result = apply_ingress(aws, target, id, &difference).await;
        }
        if egress && result.is_ok() {
            let difference = Difference::new(&from_sdk(group.ip_permissions_egress()), &inputs.egress);
            result = apply_egress(aws, target, id, &difference).await;
        }
        match result {
            Err(error)
                if first
                    && matches!(
                        error.code.as_deref(),
                        Some("InvalidPermission.Duplicate" | "InvalidPermission.NotFound")
                    ) =>
            {
                first = false;
            }
            result => return result,
        }
    }
}

/// The calls for one direction; EC2 has the same three for each.
macro_rules! apply {
    ($name:ident, $authorize:ident, $describe:ident, $revoke:ident, [$authorizes:literal, $describes:literal, $revokes:literal]) => {
        async fn $name(aws: &Aws, target: &Target, id: &str, difference: &Difference) -> Result<(), ProviderError> {
            let address = &target.address;
            if !difference.authorize.is_empty() {
                let rules = to_sdk(&difference.authorize);
                let call = aws.ec2.$authorize().group_id(id).set_ip_permissions(Some(rules));
                call.send().await.map_err(failed(address, $authorizes))?;
            }
            if !difference.describe.is_empty() {
                let rules = to_sdk(&difference.describe);
                let call = aws.ec2.$describe().group_id(id).set_ip_permissions(Some(rules));
                call.send().await.map_err(failed(address, $describes))?;
            }
            if !difference.revoke.is_empty() {
                let rules = to_sdk(&difference.revoke);
                let call = aws.ec2.$revoke().group_id(id).set_ip_permissions(Some(rules));
                call.send().await.map_err(failed(address, $revokes))?;
            }
            Ok(())
        }
    };
}

apply!(
    apply_ingress,
    authorize_security_group_ingress,
    update_security_group_rule_descriptions_ingress,
    revoke_security_group_ingress,
    [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:RevokeSecurityGroupIngress"
    ]
);
apply!(
    apply_egress,
    authorize_security_group_egress,
    update_security_group_rule_descriptions_egress,
    revoke_security_group_egress,
    [
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        "ec2:RevokeSecurityGroupEgress"
    ]
);

async fn tag(aws: &Aws, target: &Target, live: &Live, change: &TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.ec2.create_tags().resources(&live.physical_id).set_tags(Some(tags_to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "ec2:CreateTags"))?;
    }
    if !change.remove.is_empty() {
        // Without a value, a tag is taken off whatever its value is.
        let keys = change.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        let call = aws.ec2.delete_tags().resources(&live.physical_id).set_tags(Some(keys));
        call.send().await.map_err(failed(&target.address, "ec2:DeleteTags"))?;
    }
    Ok(())
}

fn tags_from_sdk(group: &SdkGroup) -> Tags {
    tags::from_pairs(group.tags().iter().map(|tag| (tag.key(), tag.value())))
}

pub(super) fn tags_to_sdk(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// The error of one call that was made for many targets, for one of them.
fn again(error: &ProviderError, target: &Target) -> ProviderError {
    let mut each = ProviderError::new(error.class, error.operation.clone(), target.address.clone());
    each.retry = error.retry;
    each.code.clone_from(&error.code);
    each.message.clone_from(&error.message);
    each.request_id.clone_from(&error.request_id);
    each
}
