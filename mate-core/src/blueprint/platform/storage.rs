//! The key that encrypts everything, and the file system of the shared base models.

use std::collections::BTreeMap;

use super::audit::{trail_arn, trail_name};
use super::context::Context;
use super::network::Network;
use crate::kinds::file_system::{FileSystemInputs, FileSystemThroughput};
use crate::kinds::key::KeyInputs;
use crate::kinds::mount_target::MountTargetInputs;
use crate::kinds::policy::{Effect, PolicyDocument, Statement};
use crate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use crate::kinds::{FileSystem, Key, MountTarget, SecurityGroup};
use crate::model::{GraphError, Input, NodeHandle};
use crate::spec::KeyDeletionDays;

const NFS: u16 = 2049;

pub(super) fn key(cx: &mut Context<'_>) -> Result<NodeHandle<Key>, GraphError> {
    let account = Statement {
        principals: vec![format!("arn:{}:iam::{}:root", cx.identity.partition(), cx.identity.account_id)],
        ..Statement::allow("Account", ["kms:*"], vec!["*".into()])
    };
    let audited = cx.spec.audit_logging;
    let policy = |trail: &str| {
        let encrypts = || {
            Statement {
                principals: vec!["cloudtrail.amazonaws.com".into()],
                ..Statement::allow("AuditTrail", ["kms:DescribeKey", "kms:GenerateDataKey*"], vec!["*".into()])
            }
            .when("StringEquals", "aws:SourceArn", vec![trail_arn(cx, trail)])
        };
        PolicyDocument { statements: std::iter::once(account.clone()).chain(audited.then(encrypts)).collect() }
    };
    let (policy, formerly) = (policy(&trail_name(cx)), serde_json::json!(policy(&cx.name())));
    let days = cx.spec.key_deletion_days.map(KeyDeletionDays::get);
    let inputs = KeyInputs {
        description: format!("Everything of the platform {} and its tenants", cx.name()),
        alias: format!("alias/{}", cx.name()),
        enable_key_rotation: true,
        policy,
        pending_window_days: days.unwrap_or(30),
    };
    let key: NodeHandle<Key> = cx.add("kms-key", cx.name(), &inputs)?;
    cx.formerly(key.id(), "policy", formerly);
    if days.is_none() && cx.spec.environment.as_str() != "production" {
        // Earlier versions took the environment's name for its wish.
        cx.formerly(key.id(), "pending_window_days", serde_json::json!(7));
    }
    Ok(key)
}

/// The base models: every tenant mounts them, none can write them.
pub(super) fn shared_models(
    cx: &mut Context<'_>,
    network: &Network,
    key: &NodeHandle<Key>,
) -> Result<NodeHandle<FileSystem>, GraphError> {
    let group = SecurityGroupInputs {
        description: "Shared base models".into(),
        vpc_id: network.vpc_id(),
        ingress: vec![Rule::tcp(NFS, Peer::Cidr(cx.spec.vpc_cidr.to_string()), "From the VPC")],
        egress: vec![Rule::all_out()],
    };
    let name = cx.part::<SecurityGroup>("shared-models");
    let group: NodeHandle<SecurityGroup> = cx.add("shared-models-security-group", name.clone(), &group)?;
    let inputs = FileSystemInputs {
        kms_key_id: key.out(Key::ARN),
        throughput: FileSystemThroughput::Bursting,
        transition_to_ia: None,
        policy: Some(read_only(cx)),
    };
    let files: NodeHandle<FileSystem> = cx.add("shared-models", name, &inputs)?;
    for (index, subnet_id) in network.private_subnets().into_iter().enumerate() {
        let inputs = MountTargetInputs {
            file_system_id: files.out(FileSystem::ID),
            subnet_id,
            security_group_ids: vec![group.out(SecurityGroup::ID)],
        };
        let name = cx.part::<MountTarget>(&format!("shared-models-{}", index + 1));
        cx.add::<MountTarget>(&format!("shared-models-mount-target-{}", index + 1), name, &inputs)?;
    }
    Ok(files)
}

/// Whoever reaches a mount target may mount and read. Only a principal that IAM lets write can write, and the roles of
/// tenants cannot, whatever their own policies say.
fn read_only(cx: &Context<'_>) -> PolicyDocument {
    let roles =
        format!("arn:{}:iam::{}:role/mate/{}/*", cx.identity.partition(), cx.identity.account_id, cx.spec.environment);
    let everybody = || vec!["*".to_owned()];
    let mounts = Statement {
        principals: everybody(),
        ..Statement::allow("Mount", ["elasticfilesystem:ClientMount"], Vec::new())
    };
    PolicyDocument {
        statements: vec![
            mounts.when("Bool", "elasticfilesystem:AccessedViaMountTarget", vec!["true".into()]),
            Statement {
                sid: "TenantsNeverWrite".into(),
                effect: Effect::Deny,
                principals: everybody(),
                actions: vec!["elasticfilesystem:ClientRootAccess".into(), "elasticfilesystem:ClientWrite".into()],
                resources: Vec::new(),
                conditions: BTreeMap::new(),
            }
            .when("ArnLike", "aws:PrincipalArn", vec![Input::Literal(roles)]),
        ],
    }
}
