//! The IAM actions that the driver of `sns:Topic` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    // A topic is found by its name on the list of all.
    Grant(Read, "sns", "GetTopicAttributes ListTagsForResource ListTopics", Any),
    Grant(Create, "sns", "CreateTopic", Arn("sns:{name}")),
    Grant(Update, "sns", "SetTopicAttributes TagResource UntagResource", Arn("sns:{name}")),
    Grant(Delete, "sns", "DeleteTopic", Arn("sns:{name}")),
]);
