//! The IAM actions that the driver of `ec2:FlowLog` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, MadeBy, RoleTo, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeFlowLogs", Any),
    Grant(Create, "ec2", "CreateFlowLogs", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateFlowLogs")),
    Grant(Create, "iam", "PassRole", RoleTo("vpc-flow-logs.amazonaws.com")),
    Grant(Update, "ec2", "CreateTags DeleteTags", Tagged("*")),
    Grant(Delete, "ec2", "DeleteFlowLogs", Tagged("*")),
]);
