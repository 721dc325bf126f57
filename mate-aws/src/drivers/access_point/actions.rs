//! The IAM actions that the driver of `efs:AccessPoint` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticfilesystem", "DescribeAccessPoints", Any),
    Grant(Create, "elasticfilesystem", "CreateAccessPoint", Arn("elasticfilesystem:file-system/{file_system_id}")),
    Grant(
        Update,
        "elasticfilesystem",
        "TagResource UntagResource",
        Arn("elasticfilesystem:access-point/* elasticfilesystem:file-system/{file_system_id}"),
    ),
    Grant(Delete, "elasticfilesystem", "DeleteAccessPoint", Tagged("elasticfilesystem:access-point/*")),
]);
