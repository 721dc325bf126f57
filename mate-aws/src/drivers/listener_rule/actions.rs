//! The IAM actions that the driver of `elbv2:ListenerRule` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticloadbalancing", "DescribeRules DescribeTags", Any),
    Grant(Create, "elasticloadbalancing", "CreateRule", Arn("elasticloadbalancing:listener/app/*")),
    Grant(
        Update,
        "elasticloadbalancing",
        "AddTags ModifyRule RemoveTags SetRulePriorities",
        Arn("elasticloadbalancing:listener-rule/app/*"),
    ),
    Grant(Delete, "elasticloadbalancing", "DeleteRule", Arn("elasticloadbalancing:listener-rule/app/*")),
]);
