//! The IAM actions that the driver of `ec2:SecurityGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, MadeBy, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ec2", "DescribeNetworkInterfaces DescribeSecurityGroupRules DescribeSecurityGroups", Any),
    Grant(Create, "ec2", "CreateSecurityGroup", Any),
    Grant(Create, "ec2", "CreateTags", MadeBy("CreateSecurityGroup")),
    Grant(
        Update,
        "ec2",
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateTags DeleteTags \
         RevokeSecurityGroupEgress RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress \
         UpdateSecurityGroupRuleDescriptionsIngress",
        Tagged("*"),
    ),
    // Judged on the rule too, which carries no tags.
    Grant(Update, "ec2", "ModifySecurityGroupRules", Any),
    Grant(Delete, "ec2", "DeleteSecurityGroup RevokeSecurityGroupIngress", Tagged("*")),
]);
