//! The IAM actions that the driver of `ecs:Task` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>

use crate::policy::Access::{Create, Delete, Diagnose, Read, Update};
use crate::policy::On::{Any, Arn, RoleTo};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ecs", "DescribeTasks ListTasks", Any),
    Grant(Create, "ecs", "RunTask", Arn("ecs:task-definition/mate-*:*")),
    Grant(Create, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
    Grant(Update, "ecs", "TagResource UntagResource", Arn("ecs:task/{cluster}/*")),
    Grant(Delete, "ecs", "StopTask", Arn("ecs:task/{cluster}/*")),
    Grant(Diagnose, "ecs", "DescribeTaskDefinition", Any),
    Grant(Diagnose, "logs", "GetLogEvents", Arn("logs:log-group:/ecs/mate-*:log-stream:*")),
]);
