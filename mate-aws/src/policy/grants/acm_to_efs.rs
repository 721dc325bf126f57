//! From ACM to EFS.

use super::super::Access::{Create, Delete, Diagnose, Discover, Read, Update};
use super::On::{Any, Arn, KeyVia, LinkedRole, MadeBy, RoleTo, Tagged};
use super::{Grant, Kinds};

pub(super) const KINDS: &Kinds = &[
    (
        "acm:Certificate",
        "mate-*",
        &[
            Grant(Read, "acm", "DescribeCertificate ListCertificates ListTagsForCertificate", Any),
            Grant(Read, "route53", "ListResourceRecordSets", Any),
            Grant(Create, "acm", "AddTagsToCertificate RequestCertificate", Any),
            Grant(Update, "acm", "AddTagsToCertificate RemoveTagsFromCertificate", Arn("acm:certificate/*")),
            Grant(Update, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
            Grant(Update, "route53", "GetChange", Arn("route53:change/*")),
            Grant(Delete, "acm", "DeleteCertificate", Tagged("acm:certificate/*")),
            // A certificate in another region may need the same validation record.
            Grant(Delete, "ec2", "DescribeRegions", Any),
            Grant(Delete, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
        ],
    ),
    (
        "application-autoscaling:ScalableTarget",
        "mate-*",
        &[
            Grant(Read, "application-autoscaling", "DescribeScalableTargets ListTagsForResource", Any),
            Grant(Read, "ecs", "DescribeServices", Any),
            Grant(
                Update,
                "application-autoscaling",
                "RegisterScalableTarget TagResource UntagResource",
                Arn("application-autoscaling:scalable-target/*"),
            ),
            // Application Auto Scaling checks that the caller may do what it will do.
            Grant(Update, "ecs", "UpdateService", Arn("ecs:{resource_id}")),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.application-autoscaling.amazonaws.com")),
            Grant(
                Delete,
                "application-autoscaling",
                "DeregisterScalableTarget",
                Arn("application-autoscaling:scalable-target/*"),
            ),
            Grant(Delete, "cloudwatch", "DeleteAlarms", Arn("cloudwatch:alarm:TargetTracking-*")),
            Grant(Discover, "application-autoscaling", "DescribeScalableTargets", Any),
        ],
    ),
    (
        "application-autoscaling:ScalingPolicy",
        "mate-*",
        &[
            Grant(Read, "application-autoscaling", "DescribeScalingPolicies", Any),
            Grant(
                Update,
                "application-autoscaling",
                "PutScalingPolicy",
                Arn("application-autoscaling:scalable-target/*"),
            ),
            Grant(Update, "cloudwatch", "DescribeAlarms", Any),
            // The alarms of a target-tracking policy, which it makes in the caller's name.
            Grant(Update, "cloudwatch", "DeleteAlarms PutMetricAlarm", Arn("cloudwatch:alarm:TargetTracking-*")),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.application-autoscaling.amazonaws.com")),
            Grant(
                Delete,
                "application-autoscaling",
                "DeleteScalingPolicy",
                Arn("application-autoscaling:scalable-target/*"),
            ),
            Grant(Delete, "cloudwatch", "DeleteAlarms", Arn("cloudwatch:alarm:TargetTracking-*")),
        ],
    ),
    (
        "cloudtrail:Trail",
        "mate-*",
        &[
            Grant(Read, "cloudtrail", "DescribeTrails GetTrail GetTrailStatus ListTags", Any),
            Grant(Create, "cloudtrail", "CreateTrail", Arn("cloudtrail:trail/{name}")),
            Grant(
                Update,
                "cloudtrail",
                "AddTags RemoveTags StartLogging StopLogging UpdateTrail",
                Arn("cloudtrail:trail/{name}"),
            ),
            Grant(Delete, "cloudtrail", "DeleteTrail", Arn("cloudtrail:trail/{name}")),
        ],
    ),
    (
        "cognito-idp:IdentityProvider",
        "*",
        &[
            Grant(Read, "cognito-idp", "DescribeIdentityProvider", Any),
            Grant(Create, "cognito-idp", "CreateIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
            Grant(Update, "cognito-idp", "UpdateIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
            Grant(Delete, "cognito-idp", "DeleteIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
        ],
    ),
    (
        "cognito-idp:UserPool",
        "mate-*",
        &[
            Grant(
                Read,
                "cognito-idp",
                "DescribeUserPool GetUserPoolMfaConfig ListTagsForResource ListUserPools ListUsers",
                Any,
            ),
            Grant(Create, "cognito-idp", "CreateUserPool TagResource", Any),
            // Right behind the creation, when a condition need not see the tags yet.
            Grant(Create, "cognito-idp", "SetUserPoolMfaConfig", Arn("cognito-idp:userpool/*")),
            Grant(
                Update,
                "cognito-idp",
                "SetUserPoolMfaConfig TagResource UntagResource UpdateUserPool",
                Tagged("cognito-idp:userpool/*"),
            ),
            Grant(Delete, "cognito-idp", "DeleteUserPool UpdateUserPool", Tagged("cognito-idp:userpool/*")),
        ],
    ),
    (
        "cognito-idp:UserPoolDomain",
        "*",
        &[
            Grant(Read, "cognito-idp", "DescribeUserPool DescribeUserPoolDomain", Any),
            Grant(Create, "cognito-idp", "CreateUserPoolDomain", Arn("cognito-idp:userpool/{user_pool_id}")),
            Grant(Delete, "cognito-idp", "DeleteUserPoolDomain", Arn("cognito-idp:userpool/{user_pool_id}")),
        ],
    ),
    (
        "ec2:EIP",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeAddresses", Any),
            Grant(Create, "ec2", "AllocateAddress", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("AllocateAddress")),
            Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
            Grant(Delete, "ec2", "ReleaseAddress", Tagged("*")),
        ],
    ),
    (
        "ec2:FlowLog",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeFlowLogs", Any),
            Grant(Create, "ec2", "CreateFlowLogs", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateFlowLogs")),
            Grant(Create, "iam", "PassRole", RoleTo("vpc-flow-logs.amazonaws.com")),
            Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
            Grant(Delete, "ec2", "DeleteFlowLogs", Tagged("*")),
        ],
    ),
    (
        "ec2:InternetGateway",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeInternetGateways", Any),
            Grant(Create, "ec2", "CreateInternetGateway", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateInternetGateway")),
            // Attaching and detaching are judged on the VPC too, which need not be ours.
            Grant(Update, "ec2", "AttachInternetGateway", Any),
            Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
            Grant(Delete, "ec2", "DetachInternetGateway", Any),
            Grant(Delete, "ec2", "DeleteInternetGateway", Tagged("*")),
        ],
    ),
    (
        "ec2:NatGateway",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeNatGateways", Any),
            Grant(Create, "ec2", "CreateNatGateway", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateNatGateway")),
            Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
            Grant(Delete, "ec2", "DeleteNatGateway", Tagged("*")),
            Grant(Discover, "ec2", "DescribeNatGateways", Any),
        ],
    ),
    (
        "ec2:RouteTable",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeRouteTables", Any),
            Grant(Create, "ec2", "CreateRouteTable", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateRouteTable")),
            // Associations are judged on the subnet too, which need not be ours.
            Grant(Update, "ec2", "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation", Any),
            Grant(Update, "ec2", "CreateRoute CreateTags DeleteRoute DeleteTags ReplaceRoute", Tagged("*")),
            Grant(Delete, "ec2", "DisassociateRouteTable", Any),
            Grant(Delete, "ec2", "DeleteRouteTable", Tagged("*")),
        ],
    ),
    (
        "ec2:SecurityGroup",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeNetworkInterfaces DescribeSecurityGroupRules DescribeSecurityGroups", Any),
            Grant(Create, "ec2", "CreateSecurityGroup", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateSecurityGroup")),
            Grant(
                Update,
                "ec2",
                "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateTags DeleteTags \
                 RevokeSecurityGroupEgress RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress \
                 UpdateSecurityGroupRuleDescriptionsIngress",
                Tagged("*"),
            ),
            // Judged on the rule too, which carries no tags.
            Grant(Update, "ec2", "ModifySecurityGroupRules", Any),
            Grant(Delete, "ec2", "DeleteSecurityGroup RevokeSecurityGroupIngress", Tagged("*")),
        ],
    ),
    (
        "ec2:Subnet",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeSubnets", Any),
            Grant(Create, "ec2", "CreateSubnet", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateSubnet")),
            Grant(Update, "ec2", "CreateTags DeleteTags ModifySubnetAttribute", Tagged("*")),
            Grant(Delete, "ec2", "DeleteSubnet", Tagged("*")),
        ],
    ),
    (
        "ec2:VPC",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeVpcAttribute DescribeVpcs", Any),
            Grant(Create, "ec2", "CreateVpc", Any),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateVpc")),
            Grant(Update, "ec2", "CreateTags DeleteTags ModifyVpcAttribute", Tagged("*")),
            Grant(Delete, "ec2", "DeleteVpc", Tagged("*")),
        ],
    ),
    (
        "ec2:VPCEndpoint",
        "mate-*",
        &[
            Grant(Read, "ec2", "DescribeVpcEndpoints", Any),
            Grant(
                Create,
                "ec2",
                "CreateVpcEndpoint DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcs",
                Any,
            ),
            Grant(Create, "ec2", "CreateTags", MadeBy("CreateVpcEndpoint")),
            // Private DNS of an interface endpoint.
            Grant(Create, "route53", "AssociateVPCWithHostedZone", Any),
            // Judged on subnets, route tables and groups too, which need not be ours.
            Grant(Update, "ec2", "ModifyVpcEndpoint", Any),
            Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
            Grant(Delete, "ec2", "DeleteVpcEndpoints", Tagged("*")),
            Grant(Discover, "ec2", "DescribeVpcEndpoints", Any),
        ],
    ),
    (
        "ecr:Repository",
        "mate-*",
        &[
            Grant(
                Read,
                "ecr",
                "DescribeImages DescribeRepositories GetLifecyclePolicy ListImages ListTagsForResource",
                Any,
            ),
            Grant(Create, "ecr", "CreateRepository", Arn("ecr:repository/{name}")),
            Grant(Create, "kms", "CreateGrant DescribeKey RetireGrant", KeyVia("ecr")),
            Grant(
                Update,
                "ecr",
                "DeleteLifecyclePolicy PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy \
                 TagResource UntagResource",
                Arn("ecr:repository/{name}"),
            ),
            Grant(Delete, "ecr", "BatchDeleteImage DeleteRepository", Arn("ecr:repository/{name}")),
        ],
    ),
    (
        "ecs:Cluster",
        "mate-*",
        &[
            Grant(Read, "ecs", "DescribeClusters ListTagsForResource", Any),
            Grant(Create, "ecs", "CreateCluster", Any),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.amazonaws.com")),
            Grant(
                Update,
                "ecs",
                "PutClusterCapacityProviders TagResource UntagResource UpdateCluster UpdateClusterSettings",
                Arn("ecs:cluster/{name}"),
            ),
            Grant(Delete, "ecs", "DeleteCluster", Arn("ecs:cluster/{name}")),
            Grant(Discover, "ecs", "DescribeClusters", Any),
        ],
    ),
    (
        "ecs:Service",
        "mate-*",
        &[
            Grant(Read, "ecs", "DescribeServices", Any),
            Grant(Create, "ecs", "CreateService", Arn("ecs:service/{cluster}/{name}")),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.amazonaws.com")),
            // The role by which ECS moves the traffic between two target groups.
            Grant(Create, "iam", "PassRole", RoleTo("ecs.amazonaws.com")),
            Grant(Update, "iam", "PassRole", RoleTo("ecs.amazonaws.com")),
            Grant(Update, "ecs", "TagResource UntagResource UpdateService", Arn("ecs:service/{cluster}/{name}")),
            Grant(Delete, "ecs", "DeleteService UpdateService", Arn("ecs:service/{cluster}/{name}")),
            Grant(Discover, "ecs", "DescribeServices", Any),
            Grant(Diagnose, "ecs", "DescribeTasks ListTasks", Any),
            Grant(Diagnose, "elasticloadbalancing", "DescribeTargetHealth", Any),
        ],
    ),
    (
        "ecs:Task",
        "mate-*",
        &[
            Grant(Read, "ecs", "DescribeTasks ListTasks", Any),
            Grant(Create, "ecs", "RunTask", Arn("ecs:task-definition/mate-*:*")),
            Grant(Create, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
            Grant(Update, "ecs", "TagResource UntagResource", Arn("ecs:task/{cluster}/*")),
            Grant(Delete, "ecs", "StopTask", Arn("ecs:task/{cluster}/*")),
            Grant(Diagnose, "ecs", "DescribeTaskDefinition", Any),
            Grant(Diagnose, "logs", "GetLogEvents", Arn("logs:log-group:/ecs/mate-*:log-stream:*")),
        ],
    ),
    (
        "ecs:TaskDefinition",
        "mate-*",
        &[
            Grant(Read, "ecs", "DescribeTaskDefinition ListTaskDefinitions", Any),
            Grant(Update, "ecs", "RegisterTaskDefinition", Any),
            Grant(Update, "ecs", "TagResource UntagResource", Arn("ecs:task-definition/{name}:*")),
            Grant(Create, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
            Grant(Update, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
            Grant(Delete, "ecs", "DeregisterTaskDefinition", Any),
            Grant(Delete, "ecs", "DeleteTaskDefinitions", Arn("ecs:task-definition/{name}:*")),
            Grant(Discover, "ecs", "DescribeTaskDefinition", Any),
        ],
    ),
    (
        "efs:AccessPoint",
        "mate-*",
        &[
            Grant(Read, "elasticfilesystem", "DescribeAccessPoints", Any),
            Grant(
                Create,
                "elasticfilesystem",
                "CreateAccessPoint",
                Arn("elasticfilesystem:file-system/{file_system_id}"),
            ),
            Grant(
                Update,
                "elasticfilesystem",
                "TagResource UntagResource",
                Arn("elasticfilesystem:access-point/* elasticfilesystem:file-system/{file_system_id}"),
            ),
            Grant(Delete, "elasticfilesystem", "DeleteAccessPoint", Tagged("elasticfilesystem:access-point/*")),
        ],
    ),
    (
        "efs:FileSystem",
        "mate-*",
        &[
            Grant(
                Read,
                "elasticfilesystem",
                "DescribeFileSystemPolicy DescribeFileSystems DescribeLifecycleConfiguration",
                Any,
            ),
            Grant(Create, "elasticfilesystem", "CreateFileSystem TagResource", Any),
            // Right behind the creation, when a condition need not see the tags yet.
            Grant(
                Create,
                "elasticfilesystem",
                "PutFileSystemPolicy PutLifecycleConfiguration",
                Arn("elasticfilesystem:file-system/*"),
            ),
            Grant(
                Create,
                "kms",
                "CreateGrant Decrypt DescribeKey GenerateDataKeyWithoutPlaintext",
                KeyVia("elasticfilesystem"),
            ),
            Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("elasticfilesystem.amazonaws.com")),
            Grant(
                Update,
                "elasticfilesystem",
                "DeleteFileSystemPolicy PutFileSystemPolicy PutLifecycleConfiguration TagResource UntagResource \
                 UpdateFileSystem",
                Tagged("elasticfilesystem:file-system/*"),
            ),
            Grant(Delete, "elasticfilesystem", "DeleteFileSystem", Tagged("elasticfilesystem:file-system/*")),
        ],
    ),
    (
        "efs:MountTarget",
        "mate-*",
        &[
            Grant(Read, "elasticfilesystem", "DescribeMountTargetSecurityGroups DescribeMountTargets", Any),
            Grant(
                Create,
                "elasticfilesystem",
                "CreateMountTarget",
                Arn("elasticfilesystem:file-system/{file_system_id}"),
            ),
            // EFS makes, changes and removes the network interface in the caller's name.
            Grant(Create, "ec2", "CreateNetworkInterface DescribeNetworkInterfaces DescribeSubnets", Any),
            Grant(
                Update,
                "elasticfilesystem",
                "ModifyMountTargetSecurityGroups",
                Arn("elasticfilesystem:file-system/{file_system_id}"),
            ),
            Grant(Update, "ec2", "ModifyNetworkInterfaceAttribute", Any),
            Grant(
                Delete,
                "elasticfilesystem",
                "DeleteMountTarget",
                Arn("elasticfilesystem:file-system/{file_system_id}"),
            ),
            Grant(Delete, "ec2", "DeleteNetworkInterface", Any),
        ],
    ),
];
