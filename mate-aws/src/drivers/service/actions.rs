//! The IAM actions that the driver of `ecs:Service` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>

use crate::policy::Access::{Create, Delete, Diagnose, Discover, Read, Update};
use crate::policy::On::{Any, Arn, LinkedRole, RoleTo};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
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
]);
