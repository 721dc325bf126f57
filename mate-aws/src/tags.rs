//! Tags between our map and the services' own tag types.

use std::collections::BTreeSet;

use mate_core::model::Tags;
use mate_core::provider::{ErrorClass, Live, Observation, ProviderError, Target, UpdateRequest};

/// Pairs of a service's tag list, as a map.
pub(crate) fn from_pairs<'a, K: Into<Option<&'a str>>, V: Into<Option<&'a str>>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Tags {
    pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key.into()?.to_owned(), value.into().unwrap_or_default().to_owned())))
        .collect()
}

/// The tags to set and the keys to remove to come from `live` to `desired`. AWS's own tags (`aws:`) and keys that
/// nobody names are left alone.
pub(crate) struct TagChange {
    pub(crate) set: Tags,
    /// Keys to be taken off that the object has.
    pub(crate) remove: BTreeSet<String>,
}

impl TagChange {
    pub(crate) fn new(live: &Tags, desired: &Tags) -> Self {
        let set = desired
            .iter()
            .filter(|(key, value)| live.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Self { set, remove: BTreeSet::new() }
    }

    /// The same, and takes off what an update says ([`mate_core::provider::UpdateRequest::untag`]).
    pub(crate) fn without(mut self, live: &Tags, untag: &BTreeSet<String>) -> Self {
        self.remove = untag.iter().filter(|key| live.contains_key(*key)).cloned().collect();
        self
    }

    /// The change that an update makes to the tags of an object.
    pub(crate) fn of(request: &UpdateRequest, live: &Tags) -> Self {
        Self::new(live, &request.target.tags).without(live, &request.untag)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    /// The keys to be taken off, as the services take them.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.remove.iter().cloned().collect()
    }
}

/// Adds `tags` to the fields that an update has still to change, when it takes keys off that the object has.
pub(crate) fn add_untagging(fields: &mut Vec<String>, request: &UpdateRequest, live: &Tags) {
    let named = |fields: &[String]| fields.iter().any(|field| field == "tags");
    if named(&request.fields) && !named(fields) && !TagChange::of(request, live).remove.is_empty() {
        fields.push("tags".to_owned());
    }
}

/// False for an object whose tags say that it belongs to another region. Only what is global says it, with account and region.
pub(crate) fn is_here(tags: &Tags, region: &str) -> bool {
    !tags.contains_key("Account") || tags.get("Region").is_none_or(|told| told == region)
}

/// Present when the tags say that it is the target's, foreign otherwise.
pub(crate) fn judge(target: &Target, live: Live) -> Observation {
    if target.accepts(&live.tags) {
        return Observation::Present(live);
    }
    Observation::Foreign(not_ours(target, &live.tags))
}

/// The message about an object that is not the target's.
pub(crate) fn not_ours(target: &Target, tags: &Tags) -> String {
    match mate_core::model::Ownership::from_tags(tags) {
        Some(owner) => match (tags.get("Account"), tags.get("Region")) {
            (Some(account), Some(region)) => {
                format!("{} `{}` belongs to {owner} in {region} of account {account}", target.kind, target.name)
            }
            _ => format!("{} `{}` belongs to {owner}", target.kind, target.name),
        },
        None => format!("{} `{}` exists and does not carry MATE's ownership tags", target.kind, target.name),
    }
}

/// The refusal to touch an object that is not the target's.
pub(crate) fn refuse(target: &Target, operation: &str, tags: &Tags) -> ProviderError {
    ProviderError::new(ErrorClass::AlreadyExists, operation, target.address.clone())
        .with_message(not_ours(target, tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_keys_that_the_object_has_are_taken_off() {
        let live = tags(&[("a", "1"), ("Tenant", "acme")]);
        let untag = ["Tenant".to_owned(), "Component".to_owned()].into();
        let change = TagChange::new(&live, &tags(&[("a", "1")])).without(&live, &untag);
        assert!(change.set.is_empty());
        assert_eq!(change.remove, ["Tenant".to_owned()].into());
        assert!(!change.is_empty());
    }

    #[test]
    fn an_update_that_only_takes_off_still_has_its_tags_to_change() {
        use crate::drivers::testing::{address, give_back, target, update};
        use mate_core::kinds::LogGroup;
        use mate_core::kinds::log_group::LogGroupInputs;

        let group = target::<LogGroup>("web", &LogGroupInputs { retention_days: 90 });
        let live = mate_core::model::Ownership(address("thing")).tags();
        let left = |request: &UpdateRequest, live: &Tags| {
            let mut fields = Vec::new();
            add_untagging(&mut fields, request, live);
            fields
        };
        assert_eq!(left(&give_back(group.clone()), &live), ["tags"]);
        assert!(left(&give_back(group.clone()), &Tags::new()).is_empty(), "they are off already");
        assert!(left(&update(group.clone(), &["tags"]), &live).is_empty(), "nothing is to come off");
        let unnamed = UpdateRequest { fields: Vec::new(), ..give_back(group) };
        assert!(left(&unnamed, &live).is_empty(), "only named fields are touched");
    }

    #[test]
    fn only_what_differs_is_set() {
        let change = TagChange::new(&tags(&[("a", "1"), ("aws:x", "y")]), &tags(&[("a", "1"), ("b", "2")]));
        assert_eq!(change.set, tags(&[("b", "2")]));
    }
}
