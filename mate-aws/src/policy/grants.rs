//! The IAM actions of every standard kind. From the calls of its driver, and what AWS asks for with them: the service
//! authorization reference, <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

mod acm_to_efs;
mod elasticache_to_wafv2;

use super::Access;

/// Actions of one service, for one access, on something.
#[derive(Clone, Copy)]
pub(super) struct Grant(pub(super) Access, pub(super) &'static str, pub(super) &'static str, pub(super) On);

/// What actions are allowed on. Patterns are `service:resource`, with spaces between; `{name}` is the physical name, any
/// other word in braces an input of that name.
#[derive(Clone, Copy)]
pub(super) enum On {
    /// Everything: AWS has no narrower resource, or its answer only describes.
    Any,
    /// Resources by their ARN.
    Arn(&'static str),
    /// Resources by their ARN that carry the tag `ManagedBy`; everything that does where the pattern is `*`.
    Tagged(&'static str),
    /// The tags of what is being made by this call.
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

/// A kind, how its physical names begin unless they are known, and its grants.
///
/// A creation that is repeated brings what is there to the inputs, so `Create` goes with the kind's `Update` and `Read`,
/// `Update` and `Delete` with its `Read`; what stands under those is not repeated here.
type Kinds = [(&'static str, &'static str, &'static [Grant])];

/// How the names of a kind begin, and its grants; none for a kind of the embedder's own.
pub(super) fn of(kind: &str) -> Option<(&'static str, &'static [Grant])> {
    let mut kinds = acm_to_efs::KINDS.iter().chain(elasticache_to_wafv2::KINDS);
    kinds.find(|(name, ..)| *name == kind).map(|(_, names, grants)| (*names, *grants))
}

/// Every grant there is.
pub(super) fn all() -> impl Iterator<Item = &'static Grant> {
    acm_to_efs::KINDS.iter().chain(elasticache_to_wafv2::KINDS).flat_map(|(_, _, grants)| *grants)
}
