//! The IAM actions that the driver of `wafv2:WebACLAssociation` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::Any;
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "wafv2", "GetWebACL GetWebACLForResource", Any),
    Grant(Read, "elasticloadbalancing", "GetLoadBalancerWebACL", Any),
    Grant(Create, "wafv2", "AssociateWebACL", Any),
    Grant(Create, "elasticloadbalancing", "CreateWebACLAssociation SetWebAcl", Any),
    Grant(Update, "wafv2", "AssociateWebACL", Any),
    Grant(Update, "elasticloadbalancing", "CreateWebACLAssociation SetWebAcl", Any),
    Grant(Delete, "wafv2", "DisassociateWebACL", Any),
    Grant(Delete, "elasticloadbalancing", "DeleteWebACLAssociation SetWebAcl", Any),
]);
