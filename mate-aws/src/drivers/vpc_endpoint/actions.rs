//! The IAM actions that the driver of `ec2:VPCEndpoint` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeVpcEndpoints", Any),
    Grant(
        Create,
        "ec2",
        "CreateVpcEndpoint DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcs",
        Any,
    ),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateVpcEndpoint")),
    // Private DNS of an interface endpoint.
    Grant(Create, "route53", "AssociateVPCWithHostedZone", Any),
    // Judged on subnets, route tables and groups too, which need not be ours.
    Grant(Update, "ec2", "ModifyVpcEndpoint", Any),
    Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
    Grant(Delete, "ec2", "DeleteVpcEndpoints", Tagged("*")),
    Grant(Discover, "ec2", "DescribeVpcEndpoints", Any),
]);
