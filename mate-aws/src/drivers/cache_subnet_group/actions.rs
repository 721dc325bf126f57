//! The IAM actions that the driver of `elasticache:CacheSubnetGroup` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "elasticache", "DescribeCacheSubnetGroups ListTagsForResource", Any),
    Grant(Create, "elasticache", "CreateCacheSubnetGroup", Arn("elasticache:subnetgroup:{name}")),
    Grant(
        Update,
        "elasticache",
        "AddTagsToResource ModifyCacheSubnetGroup RemoveTagsFromResource",
        Arn("elasticache:subnetgroup:{name}"),
    ),
    Grant(Update, "ec2", "DescribeSubnets DescribeVpcs", Any),
    Grant(Delete, "elasticache", "DeleteCacheSubnetGroup", Arn("elasticache:subnetgroup:{name}")),
]);
