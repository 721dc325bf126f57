//! The audit logs of a platform: API calls, network flows, and the access logs of load balancers.

use std::collections::BTreeMap;

use super::context::Context;
use super::network::Network;
use crate::kinds::flow_log::FlowLogInputs;
use crate::kinds::log_group::LogGroupInputs;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::role::RoleInputs;
use crate::kinds::s3_bucket::{BucketInputs, LifecycleRule, Transition};
use crate::kinds::trail::TrailInputs;
use crate::kinds::{Bucket, FlowLog, Key, LogGroup, Role, Trail};
use crate::model::{GraphError, Input, NodeHandle};

/// Days that logs of traffic are kept.
const TRAFFIC_DAYS: u16 = 365;
/// Days that the audit trail is kept: seven years, as HIPAA's documentation rule and its habits ask for.
const AUDIT_DAYS: u32 = 2557;

/// The bucket that load balancers write into. They need a policy that lets them, and S3's own encryption: with a KMS key
/// they cannot write.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
pub(super) fn access_logs(
    cx: &mut Context<'_>,
    outputs: &mut BTreeMap<String, Input<String>>,
) -> Result<(), GraphError> {
    if !cx.spec.access_logs {
        return Ok(());
    }
    let name = cx.bucket_name("access-logs");
    let objects = format!("arn:{}:s3:::{name}/*/AWSLogs/{}/*", cx.identity.partition(), cx.identity.account_id);
    let inputs = BucketInputs {
        kms_key_arn: None,
        versioning: false,
        tls_only: true,
        lifecycle: vec![expiring("access-logs", u32::from(TRAFFIC_DAYS), Vec::new())],
        policy: vec![Statement {
            principals: vec!["logdelivery.elasticloadbalancing.amazonaws.com".into()],
            ..Statement::allow("LoadBalancers", ["s3:PutObject"], vec![Input::Literal(objects)])
        }],
    };
    let bucket: NodeHandle<Bucket> = cx.add("access-log-bucket", name, &inputs)?;
    outputs.insert("access_log_bucket".into(), bucket.out(Bucket::NAME));
    Ok(())
}

fn expiring(id: &str, days: u32, transitions: Vec<Transition>) -> LifecycleRule {
    LifecycleRule {
        id: id.into(),
        prefix: String::new(),
        transitions,
        expiration_days: Some(days),
        noncurrent_expiration_days: Some(30),
        abort_incomplete_upload_days: Some(7),
    }
}

pub(super) fn flow_logs(cx: &mut Context<'_>, network: &Network) -> Result<(), GraphError> {
    if !cx.spec.flow_logs {
        return Ok(());
    }
    let group: NodeHandle<LogGroup> = cx.add(
        "flow-log-group",
        format!("/vpc/{}/flow-logs", cx.name()),
        &LogGroupInputs { retention_days: TRAFFIC_DAYS },
    )?;
    let mut trust = PolicyDocument::trust("vpc-flow-logs.amazonaws.com");
    let account = Input::Literal(cx.identity.account_id.clone());
    trust.statements = trust
        .statements
        .into_iter()
        .map(|statement| statement.when("StringEquals", "aws:SourceAccount", vec![account.clone()]))
        .collect();
    let writes = Statement::allow(
        "WriteFlowLogs",
        ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        vec![group.out(LogGroup::ARN), group.out(LogGroup::ARN).with_suffix(":*")],
    );
    let inputs = RoleInputs {
        description: format!("Writes the flow logs of {}", cx.name()),
        assume_role_policy: trust,
        policy: Some(PolicyDocument { statements: vec![writes] }),
        managed_policy_arns: Vec::new(),
    };
    let name = cx.part::<Role>("flow-logs");
    let role_name = cx.part::<Role>(&format!("flow-logs-{}", cx.identity.region));
    let role: NodeHandle<Role> = cx.add("flow-log-role", role_name, &inputs)?;
    cx.formerly_called(role.id(), name.clone());
    let inputs = FlowLogInputs {
        vpc_id: network.vpc_id(),
        traffic_type: "ALL".into(),
        log_group_name: group.out(LogGroup::NAME),
        role_arn: role.out(Role::ARN),
        max_aggregation_seconds: 600,
    };
    cx.add::<FlowLog>("flow-log", name, &inputs)?;
    Ok(())
}

/// The name of the trail: one of all regions stands under its name in each of them.
pub(super) fn trail_name(cx: &Context<'_>) -> String {
    cx.part::<Trail>(&cx.identity.region)
}

/// The ARN of a trail of this name.
pub(super) fn trail_arn(cx: &Context<'_>, name: &str) -> Input<String> {
    Input::Literal(cx.identity.arn("cloudtrail", &format!("trail/{name}")))
}

/// The account's trail, with a bucket whose policy lets CloudTrail write.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
pub(super) fn trail(cx: &mut Context<'_>, key: &NodeHandle<Key>) -> Result<(), GraphError> {
    if !cx.spec.audit_logging {
        return Ok(());
    }
    let bucket_name = cx.bucket_name("audit");
    let bucket_arn = format!("arn:{}:s3:::{bucket_name}", cx.identity.partition());
    let by_trail = |statement: Statement, trail: &str| {
        Statement { principals: vec!["cloudtrail.amazonaws.com".into()], ..statement }.when(
            "StringEquals",
            "aws:SourceArn",
            vec![trail_arn(cx, trail)],
        )
    };
    let objects = Input::Literal(format!("{bucket_arn}/AWSLogs/{}/*", cx.identity.account_id));
    let statements = |trail: &str| {
        vec![
            by_trail(
                Statement::allow("TrailAsks", ["s3:GetBucketAcl"], vec![Input::Literal(bucket_arn.clone())]),
                trail,
            ),
            by_trail(Statement::allow("TrailWrites", ["s3:PutObject"], vec![objects.clone()]), trail).when(
                "StringEquals",
                "s3:x-amz-acl",
                vec!["bucket-owner-full-control".into()],
            ),
        ]
    };
    let colder = |days, class: &str| Transition { days, storage_class: class.into() };
    let inputs = BucketInputs {
        kms_key_arn: Some(key.out(Key::ARN)),
        versioning: true,
        tls_only: true,
        lifecycle: vec![expiring("audit", AUDIT_DAYS, vec![colder(90, "GLACIER")])],
        policy: statements(&trail_name(cx)),
    };
    let formerly = serde_json::json!(statements(&cx.name()));
    let bucket: NodeHandle<Bucket> = cx.add("audit-bucket", bucket_name, &inputs)?;
    cx.formerly(bucket.id(), "policy", formerly);
    let inputs = TrailInputs {
        s3_bucket_name: bucket.out(Bucket::NAME),
        kms_key_arn: Some(key.out(Key::ARN)),
        multi_region: true,
        log_file_validation: true,
        logging: true,
    };
    let trail: NodeHandle<Trail> = cx.add("audit-trail", trail_name(cx), &inputs)?;
    cx.formerly_called(trail.id(), cx.name());
    Ok(())
}
