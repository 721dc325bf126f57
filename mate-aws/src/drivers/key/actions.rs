//! The IAM actions that the driver of `kms:Key` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Any, Arn, Tagged};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListKeys ListResourceTags", Any),
    // A key has no name: it is found by its tags.
    Grant(Read, "tag", "GetResources", Any),
    Grant(Create, "kms", "CreateKey TagResource", Any),
    // A tag takes up to five minutes until conditions see it, so what follows the creation cannot ask for one.
    Grant(Create, "kms", "EnableKeyRotation PutKeyPolicy", Arn("kms:key/*")),
    // Judged on both the alias, which carries no tags, and the key.
    Grant(Update, "kms", "CreateAlias DeleteAlias UpdateAlias", Arn("kms:alias/{name} kms:key/*")),
    Grant(
        Update,
        "kms",
        "CancelKeyDeletion DisableKeyRotation EnableKey EnableKeyRotation PutKeyPolicy TagResource \
         UntagResource UpdateKeyDescription",
        Tagged("kms:key/*"),
    ),
    Grant(Delete, "kms", "DeleteAlias", Arn("kms:alias/{name} kms:key/*")),
    Grant(Delete, "kms", "ScheduleKeyDeletion", Tagged("kms:key/*")),
    Grant(Discover, "kms", "DescribeKey", Any),
]);
