//! The IAM actions that the driver of `elasticache:ReplicationGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html>

use crate::policy::Access::{Create, Delete, Diagnose, Read, Update};
use crate::policy::On::{Any, Arn, KeyVia, LinkedRole, Secret};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(
        Read,
        "elasticache",
        "DescribeCacheClusters DescribeReplicationGroups DescribeSnapshots ListTagsForResource",
        Any,
    ),
    Grant(
        Create,
        "elasticache",
        "CreateReplicationGroup",
        Arn("elasticache:cluster:* elasticache:parametergroup:* elasticache:replicationgroup:{name} \
             elasticache:snapshot:* elasticache:subnetgroup:*"),
    ),
    Grant(Create, "kms", "CreateGrant Decrypt DescribeKey GenerateDataKey", KeyVia("elasticache")),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("elasticache.amazonaws.com")),
    Grant(
        Update,
        "elasticache",
        "AddTagsToResource DecreaseReplicaCount IncreaseReplicaCount ModifyReplicationGroup \
         RemoveTagsFromResource",
        Arn("elasticache:cluster:* elasticache:parametergroup:* elasticache:replicationgroup:{name}"),
    ),
    // ElastiCache makes and removes the nodes' network interfaces in the caller's name.
    Grant(
        Update,
        "ec2",
        "CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets DescribeVpcs",
        Any,
    ),
    Grant(Update, "secretsmanager", "GetSecretValue", Secret),
    Grant(Update, "kms", "Decrypt", KeyVia("secretsmanager")),
    Grant(
        Delete,
        "elasticache",
        "AddTagsToResource CreateSnapshot DeleteReplicationGroup",
        Arn("elasticache:cluster:* elasticache:replicationgroup:{name} elasticache:snapshot:*"),
    ),
    Grant(
        Delete,
        "ec2",
        "CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets DescribeVpcs",
        Any,
    ),
    Grant(Diagnose, "elasticache", "DescribeEvents", Any),
]);
