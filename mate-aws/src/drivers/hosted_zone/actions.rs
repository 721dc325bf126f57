//! The IAM actions that the driver of `route53:HostedZone` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(
        Read,
        "route53",
        "GetHostedZone ListHostedZones ListHostedZonesByName ListResourceRecordSets ListTagsForResource \
         ListTagsForResources",
        Any,
    ),
    Grant(Create, "route53", "CreateHostedZone", Any),
    Grant(Update, "route53", "ChangeTagsForResource UpdateHostedZoneComment", Arn("route53:hostedzone/*")),
    Grant(Delete, "route53", "DeleteHostedZone", Arn("route53:hostedzone/*")),
])
.with_names("*");
