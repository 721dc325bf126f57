//! The IAM actions that the driver of `sns:Subscription` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>

use crate::policy::Access::{Create, Delete, Read, Update};
use crate::policy::On::{Any, Arn};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    Grant(Read, "sns", "GetSubscriptionAttributes ListSubscriptionsByTopic", Any),
    Grant(Create, "sns", "Subscribe", Arn("{topic_arn}")),
    // Both are judged without a resource.
    Grant(Update, "sns", "SetSubscriptionAttributes", Any),
    Grant(Delete, "sns", "Unsubscribe", Any),
]);
