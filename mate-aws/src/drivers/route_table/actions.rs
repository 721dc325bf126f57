//! The IAM actions that the driver of `ec2:RouteTable` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeRouteTables", Any),
    Grant(Create, "ec2", "CreateRouteTable", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateRouteTable")),
    // Associations are judged on the subnet too, which need not be ours.
    Grant(Update, "ec2", "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation", Any),
    Grant(Update, "ec2", "CreateRoute CreateTags DeleteRoute DeleteTags ReplaceRoute", Tagged("*")),
    Grant(Delete, "ec2", "DisassociateRouteTable", Any),
    Grant(Delete, "ec2", "DeleteRouteTable", Tagged("*")),
]);
