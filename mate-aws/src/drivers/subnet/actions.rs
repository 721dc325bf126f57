//! The IAM actions that the driver of `ec2:Subnet` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeSubnets", Any),
    Grant(Create, "ec2", "CreateSubnet", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateSubnet")),
    Grant(Update, "ec2", "CreateTags DeleteTags ModifySubnetAttribute", Tagged("*")),
    Grant(Delete, "ec2", "DeleteSubnet", Tagged("*")),
]);
