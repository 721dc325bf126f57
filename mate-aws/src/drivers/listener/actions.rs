//! The IAM actions that the driver of `elbv2:Listener` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticloadbalancing", "DescribeListeners DescribeTags", Any),
    Grant(Create, "elasticloadbalancing", "CreateListener", Arn("elasticloadbalancing:loadbalancer/app/*")),
    Grant(
        Update,
        "elasticloadbalancing",
        "AddTags ModifyListener RemoveTags",
        Arn("elasticloadbalancing:listener/app/*"),
    ),
    Grant(Delete, "elasticloadbalancing", "DeleteListener", Arn("elasticloadbalancing:listener/app/*")),
]);
