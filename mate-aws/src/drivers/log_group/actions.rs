//! The IAM actions that the driver of `logs:LogGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "logs", "DescribeLogGroups ListTagsForResource", Any),
    Grant(Create, "logs", "CreateLogGroup", Arn("logs:log-group:{name} logs:log-group:{name}:*")),
    Grant(
        Update,
        "logs",
        "PutRetentionPolicy TagResource UntagResource",
        Arn("logs:log-group:{name} logs:log-group:{name}:*"),
    ),
    Grant(Delete, "logs", "DeleteLogGroup", Arn("logs:log-group:{name} logs:log-group:{name}:*")),
])
.with_names("*mate-*");
