//! The IAM actions that the driver of `cognito-idp:UserPool` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(
        Read,
        "cognito-idp",
        "DescribeUserPool GetUserPoolMfaConfig ListTagsForResource ListUserPools ListUsers",
        Any,
    ),
    Grant(Create, "cognito-idp", "CreateUserPool TagResource", Any),
    // Right behind the creation, when a condition need not see the tags yet.
    Grant(Create, "cognito-idp", "SetUserPoolMfaConfig", Arn("cognito-idp:userpool/*")),
    Grant(
        Update,
        "cognito-idp",
        "SetUserPoolMfaConfig TagResource UntagResource UpdateUserPool",
        Tagged("cognito-idp:userpool/*"),
    ),
    Grant(Delete, "cognito-idp", "DeleteUserPool UpdateUserPool", Tagged("cognito-idp:userpool/*")),
]);
