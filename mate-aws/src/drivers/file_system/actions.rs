//! The IAM actions that the driver of `efs:FileSystem` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn, KeyVia, LinkedRole, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(
        Read,
        "elasticfilesystem",
        "DescribeFileSystemPolicy DescribeFileSystems DescribeLifecycleConfiguration",
        Any,
    ),
    Grant(Create, "elasticfilesystem", "CreateFileSystem TagResource", Any),
    // Right behind the creation, when a condition need not see the tags yet.
    Grant(
        Create,
        "elasticfilesystem",
        "PutFileSystemPolicy PutLifecycleConfiguration",
        Arn("elasticfilesystem:file-system/*"),
    ),
    Grant(
        Create,
        "kms",
        "CreateGrant Decrypt DescribeKey GenerateDataKeyWithoutPlaintext",
        KeyVia("elasticfilesystem"),
    ),
    Grant(Create, "iam", "CreateServiceLinkedRole", LinkedRole("elasticfilesystem.amazonaws.com")),
    Grant(
        Update,
        "elasticfilesystem",
        "DeleteFileSystemPolicy PutFileSystemPolicy PutLifecycleConfiguration TagResource UntagResource \
         UpdateFileSystem",
        Tagged("elasticfilesystem:file-system/*"),
    ),
    Grant(Delete, "elasticfilesystem", "DeleteFileSystem", Tagged("elasticfilesystem:file-system/*")),
]);
