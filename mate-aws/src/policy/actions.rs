//! The IAM actions that a driver states, in the terms of AWS's service authorization reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use super::Access;

/// Actions of one service, for one access, on some resources: the access, the service as IAM spells it, the actions without
/// the service and with spaces between, the resources.
///
/// ```
/// use mate_aws::{Access, Grant, On};
///
/// let attributes = Grant(Access::Update, "sqs", "SetQueueAttributes TagQueue UntagQueue", On::Arn("sqs:{name}"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Grant(pub Access, pub &'static str, pub &'static str, pub On);

/// The resources on which actions are allowed. Patterns are `service:resource`, with spaces between; `{name}` is the physical
/// name, any other word in braces the input of that name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum On {
    /// Everything: AWS has no narrower resource, or its answer only describes.
    Any,
    /// Resources by their ARN.
    Arn(&'static str),
    /// Resources by their ARN that carry the tag `ManagedBy`; everything that does where the pattern is `*`.
    Tagged(&'static str),
    /// The tags of an object of EC2 that this call makes.
    MadeBy(&'static str),
    /// KMS keys, used by this service in the caller's name.
    KeyVia(&'static str),
    /// Roles, handed to this service.
    RoleTo(&'static str),
    /// The service-linked role of this service, which AWS makes with the first object.
    LinkedRole(&'static str),
    /// The secret that the inputs name.
    Secret,
}

/// The IAM actions that a driver needs: those of its calls, and those that AWS asks for with them.
///
/// A creation that is repeated brings an object that exists to the inputs, so `Create` goes with the driver's `Update` and
/// `Read`, `Update` and `Delete` with its `Read`; actions that stand under those are not repeated.
///
/// ```
/// use mate_aws::{Access, Actions, Grant, On};
///
/// const ACTIONS: Actions = Actions::new(&[
///     Grant(Access::Read, "sqs", "GetQueueAttributes GetQueueUrl ListQueueTags", On::Any),
///     Grant(Access::Create, "sqs", "CreateQueue", On::Arn("sqs:{name}")),
///     Grant(Access::Update, "sqs", "SetQueueAttributes TagQueue UntagQueue", On::Arn("sqs:{name}")),
///     Grant(Access::Delete, "sqs", "DeleteQueue", On::Arn("sqs:{name}")),
/// ]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    pub(super) names: &'static str,
    pub(super) grants: &'static [Grant],
}

impl Actions {
    /// None: the kind is left to the embedder's own policy, and is named in [`super::ExecutorPolicy::unknown_kinds`].
    pub const NONE: Self = Self::new(&[]);

    /// These actions, on objects whose physical names begin with `mate-` where they are not known.
    #[must_use]
    pub const fn new(grants: &'static [Grant]) -> Self {
        Self { names: "mate-*", grants }
    }

    /// The same on objects of these names, with `*` for any text, where they are not known.
    #[must_use]
    pub const fn with_names(mut self, names: &'static str) -> Self {
        self.names = names;
        self
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }
}
