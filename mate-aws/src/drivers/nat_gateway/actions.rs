//! The IAM actions that the driver of `ec2:NatGateway` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeNatGateways", Any),
    Grant(Create, "ec2", "CreateNatGateway", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateNatGateway")),
    Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
    Grant(Delete, "ec2", "DeleteNatGateway", Tagged("*")),
    Grant(Discover, "ec2", "DescribeNatGateways", Any),
]);
