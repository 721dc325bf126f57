//! The IAM actions that the driver of `rds:DBSubnetGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "rds", "DescribeDBSubnetGroups ListTagsForResource", Any),
    Grant(Create, "rds", "CreateDBSubnetGroup", Arn("rds:subgrp:{name}")),
    Grant(Update, "rds", "AddTagsToResource ModifyDBSubnetGroup RemoveTagsFromResource", Arn("rds:subgrp:{name}")),
    Grant(
        Update,
        "ec2",
        "DescribeAccountAttributes DescribeAvailabilityZones DescribeSubnets DescribeVpcAttribute DescribeVpcs",
        Any,
    ),
    Grant(Delete, "rds", "DeleteDBSubnetGroup", Arn("rds:subgrp:{name}")),
]);
