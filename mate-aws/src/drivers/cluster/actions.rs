//! The IAM actions that the driver of `ecs:Cluster` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, Arn, LinkedRole};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ecs", "DescribeClusters ListTagsForResource", Any),
    Grant(Create, "ecs", "CreateCluster", Any),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("ecs.amazonaws.com")),
    Grant(
        Update,
        "ecs",
        "PutClusterCapacityProviders TagResource UntagResource UpdateCluster UpdateClusterSettings",
        Arn("ecs:cluster/{name}"),
    ),
    Grant(Delete, "ecs", "DeleteCluster", Arn("ecs:cluster/{name}")),
    Grant(Discover, "ecs", "DescribeClusters", Any),
]);
