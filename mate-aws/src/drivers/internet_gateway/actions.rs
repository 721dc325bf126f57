//! The IAM actions that the driver of `ec2:InternetGateway` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeInternetGateways", Any),
    Grant(Create, "ec2", "CreateInternetGateway", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateInternetGateway")),
    // Attaching and detaching are judged on the VPC too, which need not be ours.
    Grant(Update, "ec2", "AttachInternetGateway", Any),
    Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
    Grant(Delete, "ec2", "DetachInternetGateway", Any),
    Grant(Delete, "ec2", "DeleteInternetGateway", Tagged("*")),
]);
