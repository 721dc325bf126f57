//! The IAM actions that the driver of `s3:Bucket` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::Arn;
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    // HeadBucket is allowed by s3:ListBucket.
    Grant(
        Read,
        "s3",
        "GetBucketLocation GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning \
         GetEncryptionConfiguration GetLifecycleConfiguration ListBucket",
        Arn("s3:{name}"),
    ),
    Grant(Create, "s3", "CreateBucket", Arn("s3:{name}")),
    // Removing the lifecycle rules is allowed by s3:PutLifecycleConfiguration.
    Grant(
        Update,
        "s3",
        "DeleteBucketPolicy PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning \
         PutEncryptionConfiguration PutLifecycleConfiguration TagResource UntagResource",
        Arn("s3:{name}"),
    ),
    Grant(Delete, "s3", "DeleteBucket DeleteBucketPolicy ListBucketVersions PutBucketPolicy", Arn("s3:{name}")),
    Grant(Delete, "s3", "DeleteObject DeleteObjectVersion", Arn("s3:{name}/*")),
]);
