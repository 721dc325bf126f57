//! The driver of EFS file systems.
//!
//! A file system has no name that is unique, but its creation token is: it is derived from the physical name, so
//! that one consistent call finds the file system when its id is not recorded, and a creation that is repeated
//! finds the one that it made, whatever became of the record.

use async_trait::async_trait;
use aws_sdk_efs::types::{FileSystemDescription, LifecyclePolicy, PerformanceMode, ThroughputMode};
use mate_core::kinds::file_system::{FileSystem, FileSystemInputs, FileSystemThroughput};
use mate_core::model::Outputs;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError,
    RetryStatus, Status, Target, UpdateRequest,
};
use serde_json::json;

use super::actions;
use super::policy;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::{Driver, each, efs, fields};
use crate::policy::Actions;
use crate::tags;

/// The size that EFS meters for a file system without a file, in bytes.
/// <https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>
const EMPTY: i64 = 6144;

#[derive(Debug)]
pub(crate) struct FileSystemDriver;

#[async_trait]
impl Driver for FileSystemDriver {
    fn model(&self) -> KindModel {
        FileSystem::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("backup", "recovery-point:")]
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            Ok(known(aws, target).await?.map_or(Observation::Absent, |(_, live)| tags::judge(target, live)))
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<FileSystem>()?;
        let (mode, mibps) = throughput(&inputs.throughput);
        let made = aws
            .efs
            .create_file_system()
            .creation_token(creation_token(&target.name))
            .performance_mode(PerformanceMode::GeneralPurpose)
            .encrypted(true)
            .kms_key_id(fields::value(target, &inputs.kms_key_id)?)
            .throughput_mode(mode)
            .set_provisioned_throughput_in_mibps(mibps)
            .set_tags(Some(efs::list(&efs::with_name(target))))
            .send()
            .await
            .map_err(failed(&target.address, "elasticfilesystem:CreateFileSystem"))
            .map_err(fields::missing);
        match made {
            Ok(made) => {
                let live = begun(&made.file_system_id, made.file_system_arn, efs::status(Some(&made.life_cycle_state)));
                if inputs.transition_to_ia.is_some() {
                    let put = put_lifecycle(aws, target, &made.file_system_id, &inputs).await;
                    put.map_err(fields::behind(&live))?;
                }
                if inputs.policy.is_some() {
                    let put = policy::put(aws, target, &made.file_system_id, inputs.policy.as_ref()).await;
                    put.map_err(fields::behind(&live))?;
                }
                Ok(live)
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = by_token(aws, target).await?;
                let found = match found {
                    Some(found) => read(aws, target, found).await?.map(|(_, live)| live),
                    None => None,
                };
                // Neither lifecycle nor policy can be set on the way: an attempt that came too early left them out.
                if let Some(live) = found.clone().filter(|live| matches!(live.status, Status::Pending(_)))
                    && target.accepts(&live.tags)
                {
                    return fields::complete::<FileSystem>(self, aws, request, live).await;
                }
                fields::converge::<FileSystem>(self, aws, request, found, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticfilesystem:UpdateFileSystem";
        let target = &request.target;
        let inputs = target.typed::<FileSystem>()?;
        let live = fields::needed(target, CALL, known(aws, target).await?.map(|(_, live)| live))?;
        let id = live.physical_id.clone();
        let changed = fields::to_change::<FileSystem>(request, &live);
        let named = |field: &str| changed.iter().any(|changed| changed == field);
        if named("tags") {
            efs::change_tags(aws, request, &id, &live.tags).await?;
        }
        if named("transition_to_ia") {
            put_lifecycle(aws, target, &id, &inputs).await?;
        }
        if named("policy") {
            policy::put(aws, target, &id, inputs.policy.as_ref()).await?;
        }
        let mut status = live.status.clone();
        if named("throughput") {
            let (mode, mibps) = throughput(&inputs.throughput);
            let call = aws.efs.update_file_system().file_system_id(&id).throughput_mode(mode);
            let answer = call.set_provisioned_throughput_in_mibps(mibps).send().await;
            let answer = answer.map_err(failed(&target.address, CALL)).map_err(too_soon)?;
            status = efs::status(Some(&answer.life_cycle_state)).unwrap_or(status);
        }
        Ok(Created { status, ..live.into() })
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elasticfilesystem:DeleteFileSystem";
        let target = &request.target;
        let Some((found, live)) = known(aws, target).await? else { return Ok(Deleted::Gone) };
        if !target.accepts(&live.tags) {
            return Err(tags::refuse(target, CALL, &live.tags));
        }
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let held = found.size_in_bytes().map_or(0, |size| size.value());
        if request.data != DataPolicy::Discard && held > EMPTY {
            return Err(ProviderError::new(ErrorClass::Dependency, CALL, target.address.clone())
                .with_message(format!("it holds {held} bytes of files: move them away, or consent to losing them"))
                .with_retry(RetryStatus::Permanent));
        }
        let going = aws.efs.delete_file_system().file_system_id(&live.physical_id).send().await;
        let going = fields::unless_absent(going.map_err(failed(&target.address, CALL)))?;
        Ok(going.map_or(Deleted::Gone, |_| Deleted::Going))
    }
}

async fn known(aws: &Aws, target: &Target) -> Result<Option<(FileSystemDescription, Live)>, ProviderError> {
    if let Some(id) = target.physical_id.as_deref() {
        let answer = aws.efs.describe_file_systems().file_system_id(id).send().await;
        let answer =
            fields::unless_absent(answer.map_err(failed(&target.address, "elasticfilesystem:DescribeFileSystems")))?;
        let found = answer.and_then(|answer| answer.file_systems).unwrap_or_default();
        if let Some(found) = found.into_iter().find(|found| found.file_system_id() == id)
            && let Some(found) = read(aws, target, found).await?
        {
            return Ok(Some(found));
        }
    }
    match by_token(aws, target).await? {
        Some(found) => read(aws, target, found).await,
        None => Ok(None),
    }
}

async fn by_token(aws: &Aws, target: &Target) -> Result<Option<FileSystemDescription>, ProviderError> {
    let token = creation_token(&target.name);
    let answer = aws.efs.describe_file_systems().creation_token(&token).send().await;
    let answer =
        fields::unless_absent(answer.map_err(failed(&target.address, "elasticfilesystem:DescribeFileSystems")))?;
    let found = answer.and_then(|answer| answer.file_systems).unwrap_or_default();
    Ok(found.into_iter().find(|found| found.creation_token() == token))
}

/// The whole of a file system; nothing when it is gone.
async fn read(
    aws: &Aws,
    target: &Target,
    found: FileSystemDescription,
) -> Result<Option<(FileSystemDescription, Live)>, ProviderError> {
    let Some(status) = efs::status(Some(found.life_cycle_state())) else { return Ok(None) };
    let (transition, policy) = match status {
        Status::Deleting => (None, None),
        _ => {
            let transition = transition_to_ia(aws, target, found.file_system_id()).await?;
            (Some(transition), Some(policy::read(aws, target, &found).await?))
        }
    };
    let key = found.kms_key_id().and_then(|key| fields::kms_key(fields::text(target, "kms_key_id"), key));
    let live = Live {
        physical_id: found.file_system_id().to_owned(),
        status,
        inputs: fields::Fields::default()
            .with("kms_key_id", key)
            .with("throughput", live_throughput(&found))
            .with("transition_to_ia", transition)
            .with("policy", policy)
            .into_value(),
        outputs: outputs(found.file_system_id(), found.file_system_arn()),
        tags: efs::map(found.tags()),
    };
    Ok(Some((found, live)))
}

async fn transition_to_ia(aws: &Aws, target: &Target, id: &str) -> Result<Option<String>, ProviderError> {
    let answer = aws.efs.describe_lifecycle_configuration().file_system_id(id).send().await;
    let answer = answer
        .map_err(failed(&target.address, "elasticfilesystem:DescribeLifecycleConfiguration"))
        .map_err(fields::unsettled)?;
    let rule = answer.lifecycle_policies().iter().find_map(LifecyclePolicy::transition_to_ia);
    Ok(rule.map(|rule| rule.as_str().to_owned()))
}

async fn put_lifecycle(aws: &Aws, target: &Target, id: &str, inputs: &FileSystemInputs) -> Result<(), ProviderError> {
    let policy = |rule: &String| LifecyclePolicy::builder().transition_to_ia(rule.as_str().into()).build();
    aws.efs
        .put_lifecycle_configuration()
        .file_system_id(id)
        .set_lifecycle_policies(Some(inputs.transition_to_ia.iter().map(policy).collect()))
        .send()
        .await
        .map_err(failed(&target.address, "elasticfilesystem:PutLifecycleConfiguration"))?;
    Ok(())
}

fn begun(id: &str, arn: Option<String>, status: Option<Status>) -> Created {
    Created {
        physical_id: id.to_owned(),
        status: status.unwrap_or_else(|| Status::Pending("creating".to_owned())),
        outputs: outputs(id, arn.as_deref()),
    }
}

fn outputs(id: &str, arn: Option<&str>) -> Outputs {
    let mut outputs = Outputs::from([("file_system_id".to_owned(), json!(id))]);
    outputs.extend(arn.map(|arn| ("arn".to_owned(), json!(arn))));
    outputs
}

fn throughput(throughput: &FileSystemThroughput) -> (ThroughputMode, Option<f64>) {
    match throughput {
        FileSystemThroughput::Bursting => (ThroughputMode::Bursting, None),
        FileSystemThroughput::Provisioned { mibps } => (ThroughputMode::Provisioned, Some(f64::from(*mibps))),
        FileSystemThroughput::Elastic => (ThroughputMode::Elastic, None),
    }
}

fn live_throughput(found: &FileSystemDescription) -> Option<FileSystemThroughput> {
    match found.throughput_mode()? {
        ThroughputMode::Bursting => Some(FileSystemThroughput::Bursting),
        ThroughputMode::Elastic => Some(FileSystemThroughput::Elastic),
        ThroughputMode::Provisioned => {
            // EFS takes whole MiB/s up to some thousands; the cast saturates.
            let mibps = found.provisioned_throughput_in_mibps()?.round() as u16;
            Some(FileSystemThroughput::Provisioned { mibps })
        }
        _ => None,
    }
}

/// EFS allows a change of mode, or less provisioned throughput, once in 24 hours. That is neither a throttle nor a quota.
fn too_soon(mut error: ProviderError) -> ProviderError {
    if error.code.as_deref() == Some("TooManyRequests") {
        error.class = ErrorClass::Invalid;
        error.retry = error.class.retry();
    }
    error
}

/// The creation token of the file system of this name: the name itself, or as much of it as EFS takes with a hash of
/// the whole. Two names of one hash cannot mix up two file systems: the tags decide whose it is.
pub(super) fn creation_token(name: &str) -> String {
    if name.len() <= 64 {
        return name.to_owned();
    }
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let head: String = name.chars().take(47).collect();
    format!("{head}-{hash:016x}")
}
