//! The IAM actions that the driver of `elbv2:LoadBalancer` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, LinkedRole};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticloadbalancing", "DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeTags", Any),
    Grant(Create, "elasticloadbalancing", "CreateLoadBalancer", Arn("elasticloadbalancing:loadbalancer/app/{name}/*")),
    Grant(
        Create,
        "ec2",
        "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways \
         DescribeSecurityGroups DescribeSubnets DescribeVpcs",
        Any,
    ),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("elasticloadbalancing.amazonaws.com")),
    Grant(
        Update,
        "elasticloadbalancing",
        "AddTags ModifyLoadBalancerAttributes RemoveTags SetSecurityGroups SetSubnets",
        Arn("elasticloadbalancing:loadbalancer/app/{name}/*"),
    ),
    Grant(Delete, "elasticloadbalancing", "DeleteLoadBalancer", Arn("elasticloadbalancing:loadbalancer/app/{name}/*")),
]);
