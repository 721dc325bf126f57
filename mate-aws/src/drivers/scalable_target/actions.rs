//! The IAM actions that the driver of `application-autoscaling:ScalableTarget` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, Arn, LinkedRole};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
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
]);
