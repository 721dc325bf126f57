//! The IAM actions that the driver of `elbv2:TargetGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticloadbalancing", "DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups", Any),
    Grant(Create, "elasticloadbalancing", "CreateTargetGroup", Arn("elasticloadbalancing:targetgroup/{name}/*")),
    Grant(Create, "ec2", "DescribeVpcs", Any),
    Grant(
        Update,
        "elasticloadbalancing",
        "AddTags ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags",
        Arn("elasticloadbalancing:targetgroup/{name}/*"),
    ),
    Grant(Delete, "elasticloadbalancing", "DeleteTargetGroup", Arn("elasticloadbalancing:targetgroup/{name}/*")),
]);
