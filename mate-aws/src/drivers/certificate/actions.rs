//! The IAM actions that the driver of `acm:Certificate` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "acm", "DescribeCertificate ListCertificates ListTagsForCertificate", Any),
    Grant(Read, "route53", "ListResourceRecordSets", Any),
    Grant(Create, "acm", "AddTagsToCertificate RequestCertificate", Any),
    Grant(Update, "acm", "AddTagsToCertificate RemoveTagsFromCertificate", Arn("acm:certificate/*")),
    Grant(Update, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
    Grant(Update, "route53", "GetChange", Arn("route53:change/*")),
    Grant(Delete, "acm", "DeleteCertificate", Tagged("acm:certificate/*")),
    // A certificate in another region may need the same validation record.
    Grant(Delete, "ec2", "DescribeRegions", Any),
    Grant(Delete, "route53", "ChangeResourceRecordSets", Arn("route53:hostedzone/{hosted_zone_id}")),
]);
