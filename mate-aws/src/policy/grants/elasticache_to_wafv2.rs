//! From ElastiCache to WAF.

use super::super::Access::{Create, Delete, Diagnose, Discover, Read, Update};
use super::On::{Any, Arn, KeyVia, LinkedRole, Secret, Tagged};
use super::{Grant, Kinds};

pub(super) const KINDS: &Kinds = &[
    (
        "elasticache:CacheSubnetGroup",
        "mate-*",
        &[
            Grant(Read, "elasticache", "DescribeCacheSubnetGroups ListTagsForResource", Any),
            Grant(Create, "elasticache", "CreateCacheSubnetGroup", Arn("elasticache:subnetgroup:{name}")),
            Grant(
                Update,
                "elasticache",
                "AddTagsToResource ModifyCacheSubnetGroup RemoveTagsFromResource",
                Arn("elasticache:subnetgroup:{name}"),
            ),
            Grant(Update, "ec2", "DescribeSubnets DescribeVpcs", Any),
            Grant(Delete, "elasticache", "DeleteCacheSubnetGroup", Arn("elasticache:subnetgroup:{name}")),
        ],
    ),
    (
        "elasticache:ReplicationGroup",
        "mate-*",
        &[
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
        ],
    ),
    (
        "elbv2:Listener",
        "mate-*",
        &[
            Grant(Read, "elasticloadbalancing", "DescribeListeners DescribeTags", Any),
            Grant(Create, "elasticloadbalancing", "CreateListener", Arn("elasticloadbalancing:loadbalancer/app/*")),
            Grant(
                Update,
                "elasticloadbalancing",
                "AddTags ModifyListener RemoveTags",
                Arn("elasticloadbalancing:listener/app/*"),
            ),
            Grant(Delete, "elasticloadbalancing", "DeleteListener", Arn("elasticloadbalancing:listener/app/*")),
        ],
    ),
    (
        "elbv2:ListenerRule",
        "mate-*",
        &[
            Grant(Read, "elasticloadbalancing", "DescribeRules DescribeTags", Any),
            Grant(Create, "elasticloadbalancing", "CreateRule", Arn("elasticloadbalancing:listener/app/*")),
            Grant(
                Update,
                "elasticloadbalancing",
                "AddTags ModifyRule RemoveTags SetRulePriorities",
                Arn("elasticloadbalancing:listener-rule/app/*"),
            ),
            Grant(Delete, "elasticloadbalancing", "DeleteRule", Arn("elasticloadbalancing:listener-rule/app/*")),
        ],
    ),
    (
        "elbv2:LoadBalancer",
        "mate-*",
        &[
            Grant(
                Read,
                "elasticloadbalancing",
                "DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeTags",
                Any,
            ),
            Grant(
                Create,
                "elasticloadbalancing",
                "CreateLoadBalancer",
                Arn("elasticloadbalancing:loadbalancer/app/{name}/*"),
            ),
            Grant(
                Create,
                "ec2",
                "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways \
                 DescribeSecurityGroups DescribeSubnets DescribeVpcs",
                Any,
            ),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("elasticloadbalancing.amazonaws.com")),
            Grant(
                Update,
                "elasticloadbalancing",
                "AddTags ModifyLoadBalancerAttributes RemoveTags SetSecurityGroups SetSubnets",
                Arn("elasticloadbalancing:loadbalancer/app/{name}/*"),
            ),
            Grant(
                Delete,
                "elasticloadbalancing",
                "DeleteLoadBalancer",
                Arn("elasticloadbalancing:loadbalancer/app/{name}/*"),
            ),
        ],
    ),
    (
        "elbv2:TargetGroup",
        "mate-*",
        &[
            Grant(Read, "elasticloadbalancing", "DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups", Any),
            Grant(
                Create,
                "elasticloadbalancing",
                "CreateTargetGroup",
                Arn("elasticloadbalancing:targetgroup/{name}/*"),
            ),
            Grant(Create, "ec2", "DescribeVpcs", Any),
            Grant(
                Update,
                "elasticloadbalancing",
                "AddTags ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags",
                Arn("elasticloadbalancing:targetgroup/{name}/*"),
            ),
            Grant(
                Delete,
                "elasticloadbalancing",
                "DeleteTargetGroup",
                Arn("elasticloadbalancing:targetgroup/{name}/*"),
            ),
        ],
    ),
    (
        "iam:Role",
        "mate-*",
        &[
            Grant(
                Read,
                "iam",
                "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags ListRoles",
                Any,
            ),
            Grant(Create, "iam", "CreateRole", Arn("iam:role/mate/*/{name}")),
            Grant(
                Update,
                "iam",
                "AttachRolePolicy DeleteRolePolicy DetachRolePolicy PutRolePolicy TagRole UntagRole \
                 UpdateAssumeRolePolicy UpdateRole",
                Arn("iam:role/mate/*/{name}"),
            ),
            Grant(Delete, "iam", "DeleteRole DeleteRolePolicy DetachRolePolicy", Arn("iam:role/mate/*/{name}")),
            Grant(Discover, "iam", "GetRolePolicy ListRoleTags ListRoles", Any),
        ],
    ),
    (
        "kms:Key",
        "mate-*",
        &[
            Grant(
                Read,
                "kms",
                "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListKeys ListResourceTags",
                Any,
            ),
            // A key has no name: it is found by its tags.
            Grant(Read, "tag", "GetResources", Any),
            Grant(Create, "kms", "CreateKey TagResource", Any),
            // A tag takes up to five minutes until conditions see it, so what follows the creation cannot ask for one.
            Grant(Create, "kms", "EnableKeyRotation PutKeyPolicy", Arn("kms:key/*")),
            // Judged on both the alias, which carries no tags, and the key.
            Grant(Update, "kms", "CreateAlias DeleteAlias UpdateAlias", Arn("kms:alias/{name} kms:key/*")),
            Grant(
                Update,
                "kms",
                "CancelKeyDeletion DisableKeyRotation EnableKey EnableKeyRotation PutKeyPolicy TagResource \
                 UntagResource UpdateKeyDescription",
                Tagged("kms:key/*"),
            ),
            Grant(Delete, "kms", "DeleteAlias", Arn("kms:alias/{name} kms:key/*")),
            Grant(Delete, "kms", "ScheduleKeyDeletion", Tagged("kms:key/*")),
            Grant(Discover, "kms", "DescribeKey", Any),
        ],
    ),
    (
        "logs:LogGroup",
        "*mate-*",
        &[
            Grant(Read, "logs", "DescribeLogGroups ListTagsForResource", Any),
            Grant(Create, "logs", "CreateLogGroup", Arn("logs:log-group:{name} logs:log-group:{name}:*")),
            Grant(
                Update,
                "logs",
                "PutRetentionPolicy TagResource UntagResource",
                Arn("logs:log-group:{name} logs:log-group:{name}:*"),
            ),
            Grant(Delete, "logs", "DeleteLogGroup", Arn("logs:log-group:{name} logs:log-group:{name}:*")),
        ],
    ),
    (
        "rds:DBInstance",
        "mate-*",
        &[
            Grant(Read, "rds", "DescribeDBInstances ListTagsForResource", Any),
            Grant(Create, "rds", "CreateDBInstance", Arn("rds:db:{name} rds:og:* rds:pg:* rds:subgrp:*")),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("rds.amazonaws.com")),
            Grant(
                Update,
                "rds",
                "AddTagsToResource ModifyDBInstance RemoveTagsFromResource",
                Arn("rds:db:{name} rds:og:* rds:pg:* rds:subgrp:*"),
            ),
            Grant(Update, "rds", "StartDBInstance StopDBInstance", Arn("rds:db:{name}")),
            Grant(
                Update,
                "ec2",
                "DescribeAccountAttributes DescribeAvailabilityZones DescribeSecurityGroups DescribeSubnets \
                 DescribeVpcAttribute DescribeVpcs",
                Any,
            ),
            Grant(Update, "kms", "CreateGrant Decrypt DescribeKey GenerateDataKey", KeyVia("rds")),
            Grant(Update, "secretsmanager", "GetSecretValue", Secret),
            Grant(Update, "kms", "Decrypt", KeyVia("secretsmanager")),
            Grant(
                Delete,
                "rds",
                "AddTagsToResource CreateDBSnapshot DeleteDBInstance ModifyDBInstance",
                Arn("rds:db:{name} rds:og:* rds:pg:* rds:snapshot:*"),
            ),
            Grant(Diagnose, "rds", "DescribeEvents", Any),
        ],
    ),
    (
        "rds:DBParameterGroup",
        "mate-*",
        &[
            Grant(Read, "rds", "DescribeDBParameterGroups DescribeDBParameters ListTagsForResource", Any),
            Grant(Create, "rds", "CreateDBParameterGroup", Arn("rds:pg:{name}")),
            Grant(
                Update,
                "rds",
                "AddTagsToResource ModifyDBParameterGroup RemoveTagsFromResource ResetDBParameterGroup",
                Arn("rds:pg:{name}"),
            ),
            Grant(Delete, "rds", "DeleteDBParameterGroup", Arn("rds:pg:{name}")),
        ],
    ),
    (
        "rds:DBSubnetGroup",
        "mate-*",
        &[
            Grant(Read, "rds", "DescribeDBSubnetGroups ListTagsForResource", Any),
            Grant(Create, "rds", "CreateDBSubnetGroup", Arn("rds:subgrp:{name}")),
            Grant(
                Update,
                "rds",
                "AddTagsToResource ModifyDBSubnetGroup RemoveTagsFromResource",
                Arn("rds:subgrp:{name}"),
            ),
            Grant(
                Update,
                "ec2",
                "DescribeAccountAttributes DescribeAvailabilityZones DescribeSubnets DescribeVpcAttribute DescribeVpcs",
                Any,
            ),
            Grant(Delete, "rds", "DeleteDBSubnetGroup", Arn("rds:subgrp:{name}")),
        ],
    ),
    (
        "route53:HostedZone",
        "*",
        &[
            Grant(
                Read,
                "route53",
                "GetHostedZone ListHostedZones ListHostedZonesByName ListResourceRecordSets ListTagsForResource \
                 ListTagsForResources",
                Any,
            ),
            Grant(Create, "route53", "CreateHostedZone", Any),
            Grant(Update, "route53", "ChangeTagsForResource UpdateHostedZoneComment", Arn("route53:hostedzone/*")),
            Grant(Delete, "route53", "DeleteHostedZone", Arn("route53:hostedzone/*")),
        ],
    ),
    (
        "route53:RecordSet",
        "*",
        &[
            Grant(Read, "route53", "GetChange ListResourceRecordSets", Any),
            Grant(Create, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
            Grant(Update, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
            Grant(Delete, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
        ],
    ),
    (
        "s3:Bucket",
        "mate-*",
        &[
            // HeadBucket is allowed by s3:ListBucket.
            Grant(
                Read,
                "s3",
                "GetBucketLocation GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning \
                 GetEncryptionConfiguration GetLifecycleConfiguration ListBucket",
                Arn("s3:{name}"),
            ),
            Grant(Create, "s3", "CreateBucket", Arn("s3:{name}")),
            // Removing the lifecycle rules is allowed by s3:PutLifecycleConfiguration.
            Grant(
                Update,
                "s3",
                "DeleteBucketPolicy PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning \
                 PutEncryptionConfiguration PutLifecycleConfiguration TagResource UntagResource",
                Arn("s3:{name}"),
            ),
            Grant(Delete, "s3", "DeleteBucket DeleteBucketPolicy ListBucketVersions PutBucketPolicy", Arn("s3:{name}")),
            Grant(Delete, "s3", "DeleteObject DeleteObjectVersion", Arn("s3:{name}/*")),
        ],
    ),
    (
        "secretsmanager:Secret",
        "mate-*",
        &[
            // By its name a secret that is not there is judged without the six characters that AWS puts behind it.
            Grant(
                Read,
                "secretsmanager",
                "DescribeSecret",
                Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
            ),
            Grant(
                Create,
                "secretsmanager",
                "CreateSecret",
                Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
            ),
            Grant(
                Update,
                "secretsmanager",
                "PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage",
                Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
            ),
            Grant(Update, "kms", "Decrypt GenerateDataKey", KeyVia("secretsmanager")),
            Grant(
                Delete,
                "secretsmanager",
                "DeleteSecret",
                Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
            ),
            Grant(Discover, "secretsmanager", "DescribeSecret", Arn("secretsmanager:secret:*")),
        ],
    ),
    (
        "wafv2:WebACL",
        "mate-*",
        &[
            Grant(Read, "wafv2", "GetWebACL ListTagsForResource ListWebACLs", Any),
            // Judged on the managed rule groups too, which are AWS's.
            Grant(Create, "wafv2", "CreateWebACL", Any),
            Grant(Update, "wafv2", "UpdateWebACL", Any),
            Grant(Update, "wafv2", "TagResource UntagResource", Arn("wafv2:regional/webacl/{name}/*")),
            Grant(Delete, "wafv2", "DeleteWebACL", Arn("wafv2:regional/webacl/{name}/*")),
        ],
    ),
    (
        "wafv2:WebACLAssociation",
        "mate-*",
        &[
            Grant(Read, "wafv2", "GetWebACL GetWebACLForResource", Any),
            Grant(Read, "elasticloadbalancing", "GetLoadBalancerWebACL", Any),
            Grant(Create, "wafv2", "AssociateWebACL", Any),
            Grant(Create, "elasticloadbalancing", "CreateWebACLAssociation SetWebAcl", Any),
            Grant(Update, "wafv2", "AssociateWebACL", Any),
            Grant(Update, "elasticloadbalancing", "CreateWebACLAssociation SetWebAcl", Any),
            Grant(Delete, "wafv2", "DisassociateWebACL", Any),
            Grant(Delete, "elasticloadbalancing", "DeleteWebACLAssociation SetWebAcl", Any),
        ],
    ),
];
