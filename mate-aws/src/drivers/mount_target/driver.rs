//! The driver of EFS mount targets. They carry no tags: one is ours when it stands in our file system and subnet.
//! One call lists the mount targets of a file system; the security groups take a call each.

use async_trait::async_trait;
use aws_sdk_efs::types::MountTargetDescription;
use futures::StreamExt;
use mate_core::kinds::mount_target::MountTarget;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::{Driver, efs, fields};
use crate::policy::Actions;

const DESCRIBE: &str = "elasticfilesystem:DescribeMountTargets";

#[derive(Debug)]
pub(crate) struct MountTargetDriver;

#[async_trait]
impl Driver for MountTargetDriver {
    fn model(&self) -> KindModel {
        MountTarget::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let groups = efs::by_file_system(targets).into_iter().map(|(file_system, indices)| async move {
            let listed = match file_system {
                Some(id) => list(aws, &targets[indices[0]].address, id).await,
                None => Ok(Vec::new()),
            };
            let mut observed = Vec::with_capacity(indices.len());
            for index in indices {
                let target = &targets[index];
                let live = match &listed {
                    Ok(listed) => find(aws, target, listed).await,
                    Err(error) => Err(fields::repeat(error, target)),
                };
                observed.push((
                    index,
                    match live {
                        Ok(live) => live.map_or(Observation::Absent, Observation::Present),
                        Err(error) => Observation::Unknown(error),
                    },
                ));
            }
            observed
        });
        let groups: Vec<_> = groups.collect();
        let mut observed: Vec<_> =
            futures::stream::iter(groups).buffered(8).collect::<Vec<_>>().await.into_iter().flatten().collect();
        observed.sort_by_key(|(index, _)| *index);
        observed.into_iter().map(|(_, observation)| observation).collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<MountTarget>()?;
        let file_system = fields::value(target, &inputs.file_system_id)?;
        let made = aws
            .efs
            .create_mount_target()
            .file_system_id(file_system)
            .subnet_id(fields::value(target, &inputs.subnet_id)?)
            .set_security_groups(Some(fields::values(target, &inputs.security_group_ids)?))
            .send()
            .await
            .map_err(failed(&target.address, "elasticfilesystem:CreateMountTarget"))
            .map_err(fields::missing);
        match made {
            Ok(made) => Ok(Created {
                status: efs::status(Some(&made.life_cycle_state))
                    .unwrap_or_else(|| Status::Pending("creating".to_owned())),
                outputs: outputs(target, &made.mount_target_id, &made.file_system_id),
                physical_id: made.mount_target_id,
            }),
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let listed = list(aws, &target.address, file_system).await?;
                match find(aws, target, &listed).await? {
                    // Another subnet of the same zone has the zone's one mount target.
                    None => Err(error),
                    Some(live) if live.status == Status::Deleting => {
                        Err(ProviderError::new(ErrorClass::Conflict, error.operation, target.address.clone())
                            .with_message("the mount target of this subnet is still being deleted"))
                    }
                    Some(live) => fields::complete::<MountTarget>(self, aws, request, live).await,
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticfilesystem:ModifyMountTargetSecurityGroups";
        let target = &request.target;
        let inputs = target.typed::<MountTarget>()?;
        let live = known(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("{} `{}` is not there", target.kind, target.name))
        })?;
        let changed = fields::remaining::<MountTarget>(&request.fields, &live, target);
        if changed.iter().any(|field| field == "security_group_ids") {
            aws.efs
                .modify_mount_target_security_groups()
                .mount_target_id(&live.physical_id)
                .set_security_groups(Some(fields::values(target, &inputs.security_group_ids)?))
                .send()
                .await
                .map_err(failed(&target.address, CALL))?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elasticfilesystem:DeleteMountTarget";
        let target = &request.target;
        let Some(live) = known(aws, target).await? else { return Ok(Deleted::Gone) };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let elsewhere = ["file_system_id", "subnet_id"]
            .into_iter()
            .any(|field| fields::text(target, field).is_some_and(|ours| live.inputs[field].as_str() != Some(ours)));
        if elsewhere {
            return Err(ProviderError::new(ErrorClass::AlreadyExists, CALL, target.address.clone())
                .with_message(format!("{} stands in another file system or subnet than ours", live.physical_id)));
        }
        let going = aws.efs.delete_mount_target().mount_target_id(&live.physical_id).send().await;
        let going = fields::unless_absent(going.map_err(failed(&target.address, CALL)))?;
        Ok(going.map_or(Deleted::Gone, |_| Deleted::Going))
    }
}

async fn known(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    let listed = match fields::text(target, "file_system_id") {
        Some(id) => list(aws, &target.address, id).await?,
        None => Vec::new(),
    };
    find(aws, target, &listed).await
}

/// The mount targets of a file system; none when the file system is not there.
async fn list(aws: &Aws, address: &Address, file_system: &str) -> Result<Vec<MountTargetDescription>, ProviderError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = aws.efs.describe_mount_targets().file_system_id(file_system).max_items(efs::PAGE);
        let answer = call.set_marker(marker).send().await.map_err(failed(address, DESCRIBE));
        let Some(answer) = fields::unless_absent(answer)? else { return Ok(found) };
        found.extend(answer.mount_targets.unwrap_or_default());
        marker = answer.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// The target's own among these: by its recorded id, which may lead elsewhere, then by its subnet.
async fn find(aws: &Aws, target: &Target, listed: &[MountTargetDescription]) -> Result<Option<Live>, ProviderError> {
    let mut found = None;
    if let Some(id) = target.physical_id.as_deref() {
        found = listed.iter().find(|found| found.mount_target_id() == id).cloned();
        if found.is_none() {
            let answer = aws.efs.describe_mount_targets().mount_target_id(id).send().await;
            let answer = fields::unless_absent(answer.map_err(failed(&target.address, DESCRIBE)))?;
            found = answer.and_then(|answer| answer.mount_targets?.into_iter().next());
        }
    }
    let subnet = fields::text(target, "subnet_id");
    let found = found.or_else(|| listed.iter().find(|found| Some(found.subnet_id()) == subnet).cloned());
    match found {
        Some(found) => read(aws, target, &found).await,
        None => Ok(None),
    }
}

async fn read(aws: &Aws, target: &Target, found: &MountTargetDescription) -> Result<Option<Live>, ProviderError> {
    let Some(status) = efs::status(Some(found.life_cycle_state())) else { return Ok(None) };
    // The security groups of a mount target that does not stand yet, or no more, cannot be read.
    let groups = if status == Status::Ready {
        let answer =
            aws.efs.describe_mount_target_security_groups().mount_target_id(found.mount_target_id()).send().await;
        let answer = answer.map_err(failed(&target.address, "elasticfilesystem:DescribeMountTargetSecurityGroups"));
        Some(answer.map_err(fields::unsettled)?.security_groups)
    } else {
        None
    };
    let file_system = efs::file_system_id(fields::text(target, "file_system_id"), found.file_system_id());
    Ok(Some(Live {
        physical_id: found.mount_target_id().to_owned(),
        status,
        inputs: fields::Fields::default()
            .with("file_system_id", Some(file_system))
            .with("subnet_id", Some(found.subnet_id()))
            .with("security_group_ids", groups)
            .into_value(),
        outputs: outputs(target, found.mount_target_id(), found.file_system_id()),
        tags: Tags::new(),
    }))
}

fn outputs(target: &Target, id: &str, file_system: &str) -> Outputs {
    let file_system = efs::file_system_id(fields::text(target, "file_system_id"), file_system);
    Outputs::from([("mount_target_id".to_owned(), json!(id)), ("file_system_id".to_owned(), json!(file_system))])
}
