//! The kinds that a tenant is made of.

use serde_json::{Value, json};

use super::{Behaviour, Naming, PLAIN, out};
use crate::model::Outputs;

fn lb_arn(n: &Naming<'_>) -> String {
    n.arn("elasticloadbalancing", &format!("loadbalancer/{}", lb_full_name(n)))
}

fn lb_full_name(n: &Naming<'_>) -> String {
    format!("app/{}/{}", n.name, n.hex("id", 16))
}

fn tg_full_name(n: &Naming<'_>) -> String {
    format!("targetgroup/{}/{}", n.name, n.hex("id", 16))
}

fn listener_arn(n: &Naming<'_>) -> String {
    n.below("load_balancer_arn", ":loadbalancer/", ":listener/")
}

fn rule_arn(n: &Naming<'_>) -> String {
    n.below("listener_arn", ":listener/", ":listener-rule/")
}

fn forwarding(arn: String, action: &Value) -> Outputs {
    let mut outputs = out([("arn", json!(arn))]);
    for forward in [&action["forward"], &action["forward_to_either"]] {
        for output in ["target_group_arn", "alternate_target_group_arn"] {
            if let Some(target_group) = forward[output].as_str() {
                outputs.insert(output.into(), json!(target_group));
            }
        }
    }
    outputs
}

fn secret_arn(n: &Naming<'_>) -> String {
    let suffix = n.seed.alphanumeric(&["secret", n.name, &n.serial.to_string()], 6);
    n.arn("secretsmanager", &format!("secret:{}-{suffix}", n.name))
}

fn policy_arn(n: &Naming<'_>) -> String {
    let id = n.uuid("id");
    let resource = format!("scalingPolicy:{id}:resource/ecs/{}:policyName/{}", n.text("resource_id"), n.name);
    n.arn("autoscaling", &resource)
}

fn service_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("service/{}/{}", n.text("cluster"), n.name))
}

fn service_resource(n: &Naming<'_>) -> String {
    format!("service/{}/{}", n.text("cluster"), n.name)
}

fn task_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("task/{}/{}", n.text("cluster"), n.hex("id", 32)))
}

fn fs_id(n: &Naming<'_>) -> String {
    format!("fs-{}", n.hex("id", 17))
}

fn ap_id(n: &Naming<'_>) -> String {
    format!("fsap-{}", n.hex("id", 17))
}

fn mt_id(n: &Naming<'_>) -> String {
    format!("fsmt-{}", n.hex("id", 17))
}

fn sg_id(n: &Naming<'_>) -> String {
    format!("sg-{}", n.hex("id", 17))
}

fn cache_host(n: &Naming<'_>, role: &str) -> String {
    format!("{role}.{}.{}.use1.cache.amazonaws.com", n.name, n.zone())
}

/// One entry each.
pub(super) const KINDS: &[Behaviour] = &[
    Behaviour {
        kind: "application-autoscaling:ScalableTarget",
        physical_id: |n| n.text("resource_id").to_owned(),
        outputs: |n| out([("resource_id", json!(n.text("resource_id")))]),
        scope: "resource_id",
        place: &["resource_id"],
        calls: ("RegisterScalableTarget", "RegisterScalableTarget", "DeregisterScalableTarget"),
        exists: "ValidationException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "application-autoscaling:ScalingPolicy",
        physical_id: policy_arn,
        outputs: |n| out([("arn", json!(policy_arn(n)))]),
        scope: "resource_id",
        calls: ("PutScalingPolicy", "PutScalingPolicy", "DeleteScalingPolicy"),
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "cognito-idp:IdentityProvider",
        physical_id: |n| format!("{}/{}", n.text("user_pool_id"), n.name),
        outputs: |n| out([("provider_name", json!(n.name))]),
        scope: "user_pool_id",
        calls: ("CreateIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider"),
        exists: "DuplicateProviderException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "ec2:SecurityGroup",
        physical_id: sg_id,
        outputs: |n| out([("group_id", json!(sg_id(n)))]),
        scope: "vpc_id",
        calls: ("CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup"),
        exists: "InvalidGroup.Duplicate",
        quota: "SecurityGroupLimitExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "ecs:Service",
        physical_id: service_arn,
        outputs: |n| {
            out([
                ("arn", json!(service_arn(n))),
                ("service_name", json!(n.name)),
                ("resource_id", json!(service_resource(n))),
            ])
        },
        scope: "cluster",
        words: ("tasks running", "tasks replaced"),
        calls: ("CreateService", "UpdateService", "DeleteService"),
        exists: "InvalidParameterException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "ecs:Task",
        physical_id: task_arn,
        outputs: |n| out([("arn", json!(task_arn(n))), ("exit_code", json!(0))]),
        late: &["exit_code"],
        by_tags: true,
        words: ("RUNNING", "RUNNING"),
        calls: ("RunTask", "TagResource", "StopTask"),
        exists: "ConflictException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "ecs:TaskDefinition",
        outputs: |n| {
            let arn = n.arn("ecs", &format!("task-definition/{}:{}", n.name, n.revision));
            out([("arn", json!(arn)), ("family", json!(n.name))])
        },
        words: ("registering", "registering"),
        calls: ("RegisterTaskDefinition", "RegisterTaskDefinition", "DeregisterTaskDefinition"),
        exists: "ClientException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "efs:AccessPoint",
        physical_id: ap_id,
        outputs: |n| {
            let id = ap_id(n);
            let arn = n.arn("elasticfilesystem", &format!("access-point/{id}"));
            let file_system = n.text("file_system_id");
            out([("access_point_id", json!(id)), ("arn", json!(arn)), ("file_system_id", json!(file_system))])
        },
        scope: "file_system_id",
        calls: ("CreateAccessPoint", "TagResource", "DeleteAccessPoint"),
        exists: "AccessPointAlreadyExists",
        quota: "AccessPointLimitExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "efs:FileSystem",
        physical_id: fs_id,
        outputs: |n| {
            let id = fs_id(n);
            let arn = n.arn("elasticfilesystem", &format!("file-system/{id}"));
            out([("file_system_id", json!(id)), ("arn", json!(arn))])
        },
        words: ("creating", "updating"),
        calls: ("CreateFileSystem", "UpdateFileSystem", "DeleteFileSystem"),
        exists: "FileSystemAlreadyExists",
        busy: "IncorrectFileSystemLifeCycleState",
        quota: "FileSystemLimitExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "efs:MountTarget",
        physical_id: mt_id,
        outputs: |n| out([("mount_target_id", json!(mt_id(n))), ("file_system_id", json!(n.text("file_system_id")))]),
        late: &["file_system_id"],
        scope: "file_system_id",
        place: &["file_system_id", "subnet_id"],
        words: ("creating", "updating"),
        calls: ("CreateMountTarget", "ModifyMountTargetSecurityGroups", "DeleteMountTarget"),
        exists: "MountTargetConflict",
        busy: "IncorrectMountTargetState",
        quota: "NetworkInterfaceLimitExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "elasticache:CacheSubnetGroup",
        outputs: |n| {
            let arn = n.arn("elasticache", &format!("subnetgroup:{}", n.name));
            out([("name", json!(n.name)), ("arn", json!(arn))])
        },
        calls: ("CreateCacheSubnetGroup", "ModifyCacheSubnetGroup", "DeleteCacheSubnetGroup"),
        exists: "CacheSubnetGroupAlreadyExists",
        quota: "CacheSubnetGroupQuotaExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "elasticache:ReplicationGroup",
        outputs: |n| {
            out([
                ("primary_endpoint", json!(cache_host(n, "master"))),
                ("reader_endpoint", json!(cache_host(n, "replica"))),
                ("port", n.inputs["port"].clone()),
                ("arn", json!(n.arn("elasticache", &format!("replicationgroup:{}", n.name)))),
                ("replication_group_id", json!(n.name)),
            ])
        },
        late: &["primary_endpoint", "reader_endpoint", "port"],
        calls: ("CreateReplicationGroup", "ModifyReplicationGroup", "DeleteReplicationGroup"),
        exists: "ReplicationGroupAlreadyExists",
        busy: "InvalidReplicationGroupState",
        quota: "ClusterQuotaForCustomerExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "elbv2:Listener",
        physical_id: listener_arn,
        outputs: |n| forwarding(listener_arn(n), &n.inputs["default_action"]),
        scope: "load_balancer_arn",
        place: &["load_balancer_arn", "port"],
        calls: ("CreateListener", "ModifyListener", "DeleteListener"),
        exists: "DuplicateListener",
        quota: "TooManyListeners",
        ..PLAIN
    },
    Behaviour {
        kind: "elbv2:ListenerRule",
        physical_id: rule_arn,
        outputs: |n| forwarding(rule_arn(n), &n.inputs["action"]),
        scope: "listener_arn",
        place: &["listener_arn", "priority"],
        calls: ("CreateRule", "ModifyRule", "DeleteRule"),
        exists: "PriorityInUse",
        quota: "TooManyRules",
        ..PLAIN
    },
    Behaviour {
        kind: "elbv2:LoadBalancer",
        physical_id: lb_arn,
        outputs: |n| {
            let host = if n.text("scheme") == "internal" { "internal-" } else { "" };
            let id = n.seed.digits(&["lb", n.name, &n.serial.to_string()], 9);
            out([
                ("arn", json!(lb_arn(n))),
                ("dns_name", json!(format!("{host}{}-{id}.{}.elb.amazonaws.com", n.name, n.region))),
                ("canonical_hosted_zone_id", json!("Z35SXDOTRQ7X7K")),
                ("full_name", json!(lb_full_name(n))),
            ])
        },
        words: ("provisioning", "modifying"),
        calls: ("CreateLoadBalancer", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer"),
        exists: "DuplicateLoadBalancerName",
        quota: "TooManyLoadBalancers",
        ..PLAIN
    },
    Behaviour {
        kind: "elbv2:TargetGroup",
        physical_id: |n| n.arn("elasticloadbalancing", &tg_full_name(n)),
        outputs: |n| {
            let full_name = tg_full_name(n);
            out([("arn", json!(n.arn("elasticloadbalancing", &full_name))), ("full_name", json!(full_name))])
        },
        calls: ("CreateTargetGroup", "ModifyTargetGroup", "DeleteTargetGroup"),
        exists: "DuplicateTargetGroupName",
        quota: "TooManyTargetGroups",
        ..PLAIN
    },
    Behaviour {
        kind: "iam:Role",
        outputs: |n| {
            let arn = format!("arn:aws:iam::{}:role/{}", n.account, n.name);
            out([("arn", json!(arn)), ("role_name", json!(n.name))])
        },
        calls: ("CreateRole", "UpdateRole", "DeleteRole"),
        exists: "EntityAlreadyExists",
        quota: "LimitExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "logs:LogGroup",
        outputs: |n| out([("name", json!(n.name)), ("arn", json!(n.arn("logs", &format!("log-group:{}", n.name))))]),
        calls: ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"),
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "rds:DBInstance",
        outputs: |n| {
            out([
                ("address", json!(format!("{}.{}.{}.rds.amazonaws.com", n.name, n.zone(), n.region))),
                ("port", n.inputs["port"].clone()),
                ("arn", json!(n.arn("rds", &format!("db:{}", n.name)))),
                ("identifier", json!(n.name)),
            ])
        },
        late: &["address", "port"],
        calls: ("CreateDBInstance", "ModifyDBInstance", "DeleteDBInstance"),
        exists: "DBInstanceAlreadyExists",
        busy: "InvalidDBInstanceState",
        quota: "InstanceQuotaExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "rds:DBParameterGroup",
        outputs: |n| out([("name", json!(n.name)), ("arn", json!(n.arn("rds", &format!("pg:{}", n.name))))]),
        calls: ("CreateDBParameterGroup", "ModifyDBParameterGroup", "DeleteDBParameterGroup"),
        exists: "DBParameterGroupAlreadyExists",
        quota: "DBParameterGroupQuotaExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "rds:DBSubnetGroup",
        outputs: |n| out([("name", json!(n.name)), ("arn", json!(n.arn("rds", &format!("subgrp:{}", n.name))))]),
        calls: ("CreateDBSubnetGroup", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup"),
        exists: "DBSubnetGroupAlreadyExists",
        quota: "DBSubnetGroupQuotaExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "route53:RecordSet",
        physical_id: |n| format!("{}/{}/A", n.text("hosted_zone_id"), n.text("record_name")),
        outputs: |n| out([("fqdn", json!(n.text("record_name")))]),
        scope: "hosted_zone_id",
        place: &["hosted_zone_id", "record_name"],
        words: ("PENDING", "PENDING"),
        calls: ("ChangeResourceRecordSets", "ChangeResourceRecordSets", "ChangeResourceRecordSets"),
        exists: "InvalidChangeBatch",
        quota: "LimitsExceeded",
        ..PLAIN
    },
    Behaviour {
        kind: "s3:Bucket",
        outputs: |n| out([("arn", json!(format!("arn:aws:s3:::{}", n.name))), ("bucket", json!(n.name))]),
        calls: ("CreateBucket", "PutBucketConfiguration", "DeleteBucket"),
        exists: "BucketAlreadyExists",
        quota: "TooManyBuckets",
        ..PLAIN
    },
    Behaviour {
        kind: "secretsmanager:Secret",
        physical_id: secret_arn,
        outputs: |n| out([("arn", json!(secret_arn(n)))]),
        calls: ("CreateSecret", "UpdateSecret", "DeleteSecret"),
        exists: "ResourceExistsException",
        quota: "LimitExceededException",
        ..PLAIN
    },
    Behaviour {
        kind: "wafv2:WebACLAssociation",
        physical_id: |n| n.text("resource_arn").to_owned(),
        outputs: |n| out([("resource_arn", json!(n.text("resource_arn")))]),
        scope: "resource_arn",
        place: &["resource_arn"],
        words: ("associating", "associating"),
        calls: ("AssociateWebACL", "AssociateWebACL", "DisassociateWebACL"),
        exists: "WAFDuplicateItemException",
        quota: "WAFLimitsExceededException",
        ..PLAIN
    },
];
