//! The IAM actions that the driver of `route53:RecordSet` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "route53", "GetChange ListResourceRecordSets", Any),
    Grant(Create, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
    Grant(Update, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
    Grant(Delete, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
])
.with_names("*");
