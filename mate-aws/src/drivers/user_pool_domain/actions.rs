//! The IAM actions that the driver of `cognito-idp:UserPoolDomain` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>

use crate::policy::Access::{Create, Delete, Read};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "cognito-idp", "DescribeUserPool DescribeUserPoolDomain", Any),
    Grant(Create, "cognito-idp", "CreateUserPoolDomain", Arn("cognito-idp:userpool/{user_pool_id}")),
    Grant(Delete, "cognito-idp", "DeleteUserPoolDomain", Arn("cognito-idp:userpool/{user_pool_id}")),
])
.with_names("*");
