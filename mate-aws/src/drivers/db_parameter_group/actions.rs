//! The IAM actions that the driver of `rds:DBParameterGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "rds", "DescribeDBParameterGroups DescribeDBParameters ListTagsForResource", Any),
    Grant(Create, "rds", "CreateDBParameterGroup", Arn("rds:pg:{name}")),
    Grant(
        Update,
        "rds",
        "AddTagsToResource ModifyDBParameterGroup RemoveTagsFromResource ResetDBParameterGroup",
        Arn("rds:pg:{name}"),
    ),
    Grant(Delete, "rds", "DeleteDBParameterGroup", Arn("rds:pg:{name}")),
]);
