//! The IAM actions that the driver of `efs:MountTarget` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticfilesystem", "DescribeMountTargetSecurityGroups DescribeMountTargets", Any),
    Grant(Create, "elasticfilesystem", "CreateMountTarget", Arn("elasticfilesystem:file-system/{file_system_id}")),
    // EFS makes, changes and removes the network interface in the caller's name.
    Grant(Create, "ec2", "CreateNetworkInterface DescribeNetworkInterfaces DescribeSubnets", Any),
    Grant(
        Update,
        "elasticfilesystem",
        "ModifyMountTargetSecurityGroups",
        Arn("elasticfilesystem:file-system/{file_system_id}"),
    ),
    Grant(Update, "ec2", "ModifyNetworkInterfaceAttribute", Any),
    Grant(Delete, "elasticfilesystem", "DeleteMountTarget", Arn("elasticfilesystem:file-system/{file_system_id}")),
    Grant(Delete, "ec2", "DeleteNetworkInterface", Any),
]);
