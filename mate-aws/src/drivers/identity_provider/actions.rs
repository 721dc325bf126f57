//! The IAM actions that the driver of `cognito-idp:IdentityProvider` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "cognito-idp", "DescribeIdentityProvider", Any),
    Grant(Create, "cognito-idp", "CreateIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
    Grant(Update, "cognito-idp", "UpdateIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
    Grant(Delete, "cognito-idp", "DeleteIdentityProvider", Arn("cognito-idp:userpool/{user_pool_id}")),
])
.with_names("*");
