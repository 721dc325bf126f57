//! The bucket for media, and the tenant's file system with its two access points.

use super::context::Context;
use super::network::SecurityGroups;
use crate::kinds::access_point::AccessPointInputs;
use crate::kinds::file_system::{FileSystemInputs, FileSystemThroughput};
use crate::kinds::mount_target::MountTargetInputs;
use crate::kinds::policy::{Effect, PolicyDocument, Statement};
use crate::kinds::s3_bucket::{BucketInputs, LifecycleRule, Transition};
use crate::kinds::{AccessPoint, Bucket, FileSystem, MountTarget};
use crate::model::{GraphError, Input, NodeHandle};

/// The POSIX user and group of a tenant's files. Tenants are kept apart by file system and IAM, not by this number.
const POSIX_ID: u32 = 1000;

pub(super) fn bucket(cx: &mut Context<'_>) -> Result<NodeHandle<Bucket>, GraphError> {
    let storage = &cx.tenant.storage;
    let mut lifecycle = vec![LifecycleRule {
        id: "abort-incomplete-uploads".into(),
        prefix: String::new(),
        transitions: Vec::new(),
        expiration_days: None,
        noncurrent_expiration_days: None,
        abort_incomplete_upload_days: Some(7),
    }];
    if storage.s3_lifecycle_rules {
        let transition = |days, storage_class: &str| Transition { days, storage_class: storage_class.into() };
        lifecycle.push(LifecycleRule {
            id: "archive".into(),
            prefix: String::new(),
            transitions: vec![transition(30, "STANDARD_IA"), transition(90, "GLACIER")],
            expiration_days: None,
            noncurrent_expiration_days: storage.s3_versioning.then_some(cx.tenant.compliance.data_retention_days),
            abort_incomplete_upload_days: None,
        });
    }
    let inputs = BucketInputs {
        kms_key_arn: Some(cx.kms_key()),
        versioning: storage.s3_versioning,
        tls_only: true,
        lifecycle,
        policy: Vec::new(),
    };
    cx.add("bucket", "data", &inputs)
}

#[derive(Debug)]
pub(super) struct Files {
    file_system: NodeHandle<FileSystem>,
    mount_targets: Vec<NodeHandle<MountTarget>>,
    models: NodeHandle<AccessPoint>,
    data: NodeHandle<AccessPoint>,
}

impl Files {
    pub(super) fn file_system_id(&self) -> Input<String> {
        self.file_system.out(FileSystem::ID)
    }

    pub(super) fn file_system_arn(&self) -> Input<String> {
        self.file_system.out(FileSystem::ARN)
    }

    pub(super) fn models(&self) -> Input<String> {
        self.models.out(AccessPoint::ID)
    }

    pub(super) fn data(&self) -> Input<String> {
        self.data.out(AccessPoint::ID)
    }

    pub(super) fn access_point_arns(&self) -> Vec<Input<String>> {
        vec![self.models.out(AccessPoint::ARN), self.data.out(AccessPoint::ARN)]
    }

    /// The mount targets, which must exist before a task can mount the file system.
    pub(super) fn mount_targets(&self) -> Vec<Input<String>> {
        self.mount_targets.iter().map(|target| target.out(MountTarget::ID)).collect()
    }
}

pub(super) fn files(cx: &mut Context<'_>, groups: &SecurityGroups) -> Result<Files, GraphError> {
    let file_system = FileSystemInputs {
        kms_key_id: cx.kms_key(),
        throughput: match cx.tenant.storage.efs_provisioned_mibps {
            Some(mibps) => FileSystemThroughput::Provisioned { mibps },
            None => FileSystemThroughput::Bursting,
        },
        transition_to_ia: Some("AFTER_30_DAYS".into()),
        policy: Some(mounts(cx)),
    };
    let file_system: NodeHandle<FileSystem> = cx.add("file-system", "efs", &file_system)?;
    cx.formerly(file_system.id(), "policy", serde_json::Value::Null);

    let mut mount_targets = Vec::new();
    for (index, subnet_id) in cx.private_subnets().into_iter().enumerate() {
        let part = format!("mount-target-{}", index + 1);
        let inputs = MountTargetInputs {
            file_system_id: file_system.out(FileSystem::ID),
            subnet_id,
            security_group_ids: groups.efs(),
        };
        mount_targets.push(cx.add(&part, &part, &inputs)?);
    }

    let mut access_point = |part: &str| {
        let inputs = AccessPointInputs {
            file_system_id: file_system.out(FileSystem::ID),
            posix_uid: POSIX_ID,
            posix_gid: POSIX_ID,
            root_directory: format!("/{part}"),
            permissions: "0750".into(),
        };
        cx.add(&format!("{part}-access-point"), part, &inputs)
    };
    let models = access_point("models")?;
    let data = access_point("data")?;
    Ok(Files { file_system, mount_targets, models, data })
}

/// Only the tenant's own roles, only over TLS, and only through an access point. Roles are named by their path and not as
/// principals: a role that is made anew under its name is another principal, and would be locked out.
/// <https://docs.aws.amazon.com/efs/latest/ug/security_iam_resource-based-policy-examples.html>,
/// <https://docs.aws.amazon.com/efs/latest/ug/access-points-iam-policy.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn>.
/// The access points themselves cannot be named: they refer to the file system, which would refer to them.
fn mounts(cx: &Context<'_>) -> PolicyDocument {
    let partition = cx.base.kms_key_arn.split(':').nth(1).unwrap_or("aws");
    let (account, environment) = (&cx.base.account_id, &cx.base.environment);
    let roles =
        || vec![Input::Literal(format!("arn:{partition}:iam::{account}:role/mate/{environment}/{}/*", cx.tenant.id))];
    let statement = |sid: &str, effect: Effect, actions: &[&str]| Statement {
        effect,
        principals: vec!["*".into()],
        actions: actions.iter().map(|action| format!("elasticfilesystem:{action}")).collect(),
        ..Statement::allow(sid, [], Vec::new())
    };
    let deny = |sid: &str| statement(sid, Effect::Deny, &["ClientMount", "ClientRootAccess", "ClientWrite"]);
    PolicyDocument {
        statements: vec![
            statement("TenantMounts", Effect::Allow, &["ClientMount", "ClientWrite"])
                .when("ArnLike", "aws:PrincipalArn", roles())
                .when("Bool", "elasticfilesystem:AccessedViaMountTarget", vec!["true".into()]),
            deny("OnlyTheTenant").when("ArnNotLike", "aws:PrincipalArn", roles()),
            deny("OnlyOverTls").when("Bool", "aws:SecureTransport", vec!["false".into()]),
            deny("OnlyThroughAccessPoints").when("Null", "elasticfilesystem:AccessPointArn", vec!["true".into()]),
        ],
    }
}
