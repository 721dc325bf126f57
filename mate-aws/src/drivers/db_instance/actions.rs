//! The IAM actions that the driver of `rds:DBInstance` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>

use crate::policy::Access::{Create, Delete, Diagnose, Read, Update};
use crate::policy::On::{Any, Arn, KeyVia, LinkedRole, Secret};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "rds", "DescribeDBInstances ListTagsForResource", Any),
    Grant(Create, "rds", "CreateDBInstance", Arn("rds:db:{name} rds:og:* rds:pg:* rds:subgrp:*")),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("rds.amazonaws.com")),
    Grant(
        Update,
        "rds",
        "AddTagsToResource ModifyDBInstance RemoveTagsFromResource",
        Arn("rds:db:{name} rds:og:* rds:pg:* rds:subgrp:*"),
    ),
    Grant(Update, "rds", "StartDBInstance StopDBInstance", Arn("rds:db:{name}")),
    Grant(
        Update,
        "ec2",
        "DescribeAccountAttributes DescribeAvailabilityZones DescribeSecurityGroups DescribeSubnets \
         DescribeVpcAttribute DescribeVpcs",
        Any,
    ),
    Grant(Update, "kms", "CreateGrant Decrypt DescribeKey GenerateDataKey", KeyVia("rds")),
    Grant(Update, "secretsmanager", "GetSecretValue", Secret),
    Grant(Update, "kms", "Decrypt", KeyVia("secretsmanager")),
    Grant(
        Delete,
        "rds",
        "AddTagsToResource CreateDBSnapshot DeleteDBInstance ModifyDBInstance",
        Arn("rds:db:{name} rds:og:* rds:pg:* rds:snapshot:*"),
    ),
    Grant(Diagnose, "rds", "DescribeEvents", Any),
]);
