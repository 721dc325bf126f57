//! The IAM actions that the driver of `wafv2:WebACL` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "wafv2", "GetWebACL ListTagsForResource ListWebACLs", Any),
    // Judged on the managed rule groups too, which are AWS's.
    Grant(Create, "wafv2", "CreateWebACL", Any),
    Grant(Update, "wafv2", "UpdateWebACL", Any),
    Grant(Update, "wafv2", "TagResource UntagResource", Arn("wafv2:regional/webacl/{name}/*")),
    Grant(Delete, "wafv2", "DeleteWebACL", Arn("wafv2:regional/webacl/{name}/*")),
]);
