//! The IAM actions that the driver of `ecs:TaskDefinition` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, Arn, RoleTo};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ecs", "DescribeTaskDefinition ListTaskDefinitions", Any),
    Grant(Update, "ecs", "RegisterTaskDefinition", Any),
    Grant(Update, "ecs", "TagResource UntagResource", Arn("ecs:task-definition/{name}:*")),
    Grant(Create, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
    Grant(Update, "iam", "PassRole", RoleTo("ecs-tasks.amazonaws.com")),
    Grant(Delete, "ecs", "DeregisterTaskDefinition", Any),
    Grant(Delete, "ecs", "DeleteTaskDefinitions", Arn("ecs:task-definition/{name}:*")),
    Grant(Discover, "ecs", "DescribeTaskDefinition", Any),
]);
