//! The IAM actions that the driver of `application-autoscaling:ScalingPolicy` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, LinkedRole};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "application-autoscaling", "DescribeScalingPolicies", Any),
    Grant(Update, "application-autoscaling", "PutScalingPolicy", Arn("application-autoscaling:scalable-target/*")),
    Grant(Update, "cloudwatch", "DescribeAlarms", Any),
    // The alarms of a target-tracking policy, which it makes in the caller's name.
    Grant(Update, "cloudwatch", "DeleteAlarms PutMetricAlarm", Arn("cloudwatch:alarm:TargetTracking-*")),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.application-autoscaling.amazonaws.com")),
    Grant(Delete, "application-autoscaling", "DeleteScalingPolicy", Arn("application-autoscaling:scalable-target/*")),
    Grant(Delete, "cloudwatch", "DeleteAlarms", Arn("cloudwatch:alarm:TargetTracking-*")),
]);
