//! Several regions of one simulated account.

use super::SimCloud;
use super::object::Object;
use super::state::State;
use crate::model::{Kinds, Reach};
use crate::provider::{Claim, Target};

impl SimCloud {
    /// The same account, clock and faults in another region. What is global (roles, buckets, zones, records, trails) is there in
    /// both; everything else stands in the region in which it was made.
    ///
    /// ```
    /// use mate_core::provider::Provider;
    /// use mate_core::sim::SimCloud;
    ///
    /// # tokio_test(async {
    /// let here = SimCloud::new(1);
    /// let there = here.in_region("eu-west-1");
    /// assert_eq!(there.identity().await.unwrap().region, "eu-west-1");
    /// assert_eq!(here.identity().await.unwrap().account_id, there.identity().await.unwrap().account_id);
    /// # });
    /// # fn tokio_test(future: impl Future<Output = ()>) { tokio::runtime::Runtime::new().unwrap().block_on(future) }
    /// ```
    #[must_use]
    pub fn in_region(&self, region: impl Into<String>) -> Self {
        Self { region: region.into(), ..self.clone() }
    }
}

/// True for a kind whose names are an account's or everybody's, not a region's: a name that one region uses is taken in the
/// others, and an object can be read and changed from each.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>. A trail of all regions has a shadow in each
/// of them, which has its name:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html>.
pub(super) fn is_global(kinds: &Kinds, kind: &str) -> bool {
    kinds.reach(kind) != Reach::Region
}

/// Within what the names of a kind are unique, seen from a region. What names its region already stays as it is.
pub(super) fn realm(kinds: &Kinds, kind: &str, region: &str) -> String {
    if is_global(kinds, kind) { kind.to_owned() } else { in_region(kind, region) }
}

/// A name of a region's. What names its region already stays as it is.
pub(super) fn in_region(name: &str, region: &str) -> String {
    if name.contains(" in ") { name.to_owned() } else { format!("{name} in {region}") }
}

/// The kind of a realm of this region, and the whole realm of another one.
pub(super) fn seen_from(realm: &str, region: &str) -> String {
    match realm.split_once(" in ") {
        Some((kind, of)) if of == region => kind.to_owned(),
        _ => realm.to_owned(),
    }
}

impl State {
    /// Within what the names of a kind are unique, seen from the region that is asked.
    pub(super) fn realm(&self, kind: &str) -> String {
        realm(&self.config.kinds, kind, &self.config.region)
    }

    /// True for an object that each region has.
    pub(super) fn is_global(&self, object: &Object) -> bool {
        is_global(&self.config.kinds, object.kind.as_str())
    }

    /// True if the region that is asked has the object, or everybody has.
    pub(super) fn is_here(&self, object: &Object) -> bool {
        self.is_global(object) || object.region == self.config.region
    }

    /// False for a global object of another region that nothing but its contents tells apart: no tag says where it belongs, as
    /// earlier versions made it, and the request knows no id.
    pub(super) fn tells_its_place(&self, object: &Object, target: &Target) -> bool {
        target.claim != Claim::Owned
            || target.physical_id.is_some()
            || !self.is_global(object)
            || self.belongs_here(object)
    }

    /// True if a search in the region that is asked finds the object: by its tag `Region`, else by where it was made.
    pub(super) fn belongs_here(&self, object: &Object) -> bool {
        let region = object.tags.get("Region").filter(|_| self.is_global(object)).unwrap_or(&object.region);
        *region == self.config.region
    }
}
