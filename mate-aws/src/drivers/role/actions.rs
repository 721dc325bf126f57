//! The IAM actions that the driver of `iam:Role` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "iam", "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags ListRoles", Any),
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
]);
