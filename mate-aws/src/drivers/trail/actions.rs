//! The IAM actions that the driver of `cloudtrail:Trail` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "cloudtrail", "DescribeTrails GetTrail GetTrailStatus ListTags", Any),
    Grant(Create, "cloudtrail", "CreateTrail", Arn("cloudtrail:trail/{name}")),
    Grant(
        Update,
        "cloudtrail",
        "AddTags RemoveTags StartLogging StopLogging UpdateTrail",
        Arn("cloudtrail:trail/{name}"),
    ),
    Grant(Delete, "cloudtrail", "DeleteTrail", Arn("cloudtrail:trail/{name}")),
]);
