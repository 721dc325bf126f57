//! The IAM actions that the driver of `ecr:Repository` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, KeyVia};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "ecr", "DescribeImages DescribeRepositories GetLifecyclePolicy ListImages ListTagsForResource", Any),
    Grant(Create, "ecr", "CreateRepository", Arn("ecr:repository/{name}")),
    Grant(Create, "kms", "CreateGrant DescribeKey RetireGrant", KeyVia("ecr")),
    Grant(
        Update,
        "ecr",
        "DeleteLifecyclePolicy PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy \
         TagResource UntagResource",
        Arn("ecr:repository/{name}"),
    ),
    Grant(Delete, "ecr", "BatchDeleteImage DeleteRepository", Arn("ecr:repository/{name}")),
]);
