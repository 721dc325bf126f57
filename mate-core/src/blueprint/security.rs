//! The three secrets, and the two roles of least privilege.

use super::context::Context;
use super::storage::Files;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::role::RoleInputs;
use crate::kinds::secret::{Generate, SecretInputs};
use crate::kinds::{Bucket, LogGroup, Role, Secret};
use crate::model::{GraphError, Input, NodeHandle};

pub(super) const DATABASE_USER: &str = "mate";

#[derive(Debug)]
pub(super) struct Secrets {
    pub(super) django: NodeHandle<Secret>,
    pub(super) database: NodeHandle<Secret>,
    pub(super) redis: NodeHandle<Secret>,
}

pub(super) fn secrets(cx: &mut Context<'_>) -> Result<Secrets, GraphError> {
    // Lengths: Django's own generator makes 50; RDS for PostgreSQL takes up to 128 and an AUTH token 16 to 128.
    Ok(Secrets {
        django: secret(cx, "django-secret-key", "Django secret key", Generate::Token { length: 50 })?,
        database: secret(
            cx,
            "database-credentials",
            "Database credentials",
            Generate::Credentials { username: DATABASE_USER.into(), length: 32 },
        )?,
        redis: secret(cx, "redis-auth", "Redis AUTH token", Generate::Token { length: 64 })?,
    })
}

fn secret(cx: &mut Context<'_>, part: &str, what: &str, generate: Generate) -> Result<NodeHandle<Secret>, GraphError> {
    let inputs = SecretInputs {
        description: format!("{what} of tenant {}", cx.tenant.id),
        kms_key_id: Some(cx.kms_key()),
        generate,
        recovery_window_days: cx.secret_recovery_days(),
        generation: 0,
    };
    let secret: NodeHandle<Secret> = cx.add(part, part, &inputs)?;
    if cx.base.secret_recovery_days.is_none() && cx.base.environment.as_str() != "production" {
        // Earlier versions took the environment's name for its wish.
        cx.formerly(secret.id(), "recovery_window_days", serde_json::json!(0));
    }
    Ok(secret)
}

#[derive(Debug)]
pub(super) struct Roles {
    pub(super) execution: NodeHandle<Role>,
    pub(super) task: NodeHandle<Role>,
}

pub(super) fn roles(
    cx: &mut Context<'_>,
    secrets: &Secrets,
    bucket: &NodeHandle<Bucket>,
    files: &Files,
    logs: &[NodeHandle<LogGroup>],
) -> Result<Roles, GraphError> {
    let execution = RoleInputs {
        description: format!("Starts the tasks of tenant {}: images, secrets, logs", cx.tenant.id),
        assume_role_policy: trust(cx),
        policy: Some(execution_policy(cx, secrets, logs)),
        managed_policy_arns: Vec::new(),
    };
    let task = RoleInputs {
        description: format!("What the application of tenant {} may do", cx.tenant.id),
        assume_role_policy: trust(cx),
        policy: Some(task_policy(cx, bucket, files)),
        managed_policy_arns: Vec::new(),
    };
    Ok(Roles {
        execution: cx.add("execution-role", "execution", &execution)?,
        task: cx.add("task-role", "task", &task)?,
    })
}

/// Only ECS of the base's own account may take the role.
fn trust(cx: &Context<'_>) -> PolicyDocument {
    let mut policy = PolicyDocument::trust("ecs-tasks.amazonaws.com");
    policy.statements = policy
        .statements
        .into_iter()
        .map(|statement| {
            statement.when("StringEquals", "aws:SourceAccount", vec![Input::Literal(cx.base.account_id.clone())])
        })
        .collect();
    policy
}

fn execution_policy(cx: &Context<'_>, secrets: &Secrets, logs: &[NodeHandle<LogGroup>]) -> PolicyDocument {
    let repositories = cx
        .base
        .repositories
        .values()
        .filter_map(|uri| uri.split_once('/').map(|(_, name)| name))
        .map(|name| Input::Literal(cx.arn("ecr", &format!("repository/{name}"))))
        .collect();
    let secret_arns =
        [&secrets.database, &secrets.django, &secrets.redis].map(|secret| secret.out(Secret::ARN)).to_vec();
    let streams = logs.iter().map(|group| group.out(LogGroup::ARN).with_suffix(":*")).collect();
    PolicyDocument {
        statements: vec![
            Statement::allow("RegistryLogin", ["ecr:GetAuthorizationToken"], vec!["*".into()]),
            Statement::allow(
                "PullImages",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                repositories,
            ),
            Statement::allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], streams),
            Statement::allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secret_arns),
            via(cx, Statement::allow("DecryptSecrets", ["kms:Decrypt"], vec![cx.kms_key()]), "secretsmanager"),
        ],
    }
}

fn task_policy(cx: &Context<'_>, bucket: &NodeHandle<Bucket>, files: &Files) -> PolicyDocument {
    let shared = cx.arn("elasticfilesystem", &format!("file-system/{}", cx.base.shared_file_system_id));
    let mut statements = vec![
        Statement::allow("ListMedia", ["s3:GetBucketLocation", "s3:ListBucket"], vec![bucket.out(Bucket::ARN)]),
        Statement::allow(
            "Media",
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            vec![bucket.out(Bucket::ARN).with_suffix("/*")],
        ),
        via(cx, Statement::allow("EncryptMedia", ["kms:Decrypt", "kms:GenerateDataKey"], vec![cx.kms_key()]), "s3"),
        Statement::allow(
            "TenantFiles",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            vec![files.file_system_arn()],
        )
        .when("StringEquals", "elasticfilesystem:AccessPointArn", files.access_point_arns()),
        Statement::allow("SharedModels", ["elasticfilesystem:ClientMount"], vec![Input::Literal(shared)]),
    ];
    if cx.tenant.services.iter().any(|service| service.enable_execute_command) {
        statements.push(Statement::allow(
            "ExecuteCommand",
            [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            vec!["*".into()],
        ));
    }
    PolicyDocument { statements }
}

fn via(cx: &Context<'_>, statement: Statement, service: &str) -> Statement {
    let endpoint = format!("{service}.{}.amazonaws.com", cx.base.region);
    statement.when("StringEquals", "kms:ViaService", vec![Input::Literal(endpoint)])
}
