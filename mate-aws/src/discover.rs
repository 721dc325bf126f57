//! The objects that carry a tenant's tags, over all services at once, from the tagging API. The drivers tell which ARNs are
//! those of their kinds, and which of the objects still do something.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::try_join_all;
use mate_core::model::ids::KindName;
use mate_core::model::{ArnForm, Ownership};
use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::tags;

#[cfg(test)]
mod tests;

type Drivers = BTreeMap<KindName, Arc<dyn Driver>>;

/// Everything that carries the tags of the scope, without what is only a copy, a part or a remainder: snapshots,
/// members of a replication group, tasks, what is inactive, deleted or on its way out.
pub(crate) async fn tagged(aws: &Aws, drivers: &Drivers, scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
    let places = Places::of(drivers);
    let anchor = scope.anchor();
    let filters: Vec<TagFilter> =
        scope.tags().into_iter().map(|(key, value)| TagFilter::builder().key(key).values(value).build()).collect();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = aws.tagging.get_resources().set_tag_filters(Some(filters.clone())).resources_per_page(100);
        let answer = call.set_pagination_token(token).send().await;
        let page = answer.map_err(failed(&anchor, "tag:GetResources"))?;
        for mapping in page.resource_tag_mapping_list.unwrap_or_default() {
            let tags = tags::from_pairs(mapping.tags().iter().map(|tag| (tag.key(), tag.value())));
            if !scope.covers(&tags) {
                continue;
            }
            let address = Ownership::from_tags(&tags);
            let arn = mapping.resource_arn().unwrap_or_default().trim_end_matches(":*").to_owned();
            match places.place(&arn) {
                Place::Of(kind, physical_id) => {
                    let (kind, physical_id) = (Some(kind.clone()), Some(physical_id.to_owned()));
                    found.push(Discovered { address, kind, physical_id, arn, tags });
                }
                Place::Unknown => found.push(Discovered { address, kind: None, arn, physical_id: None, tags }),
                Place::LeftOut => {}
            }
        }
        match page.pagination_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => break,
        }
    }
    alive(aws, drivers, scope, found).await
}

/// The objects that still do something, in their order: the tagging API goes on listing what is inactive, deleted or on its
/// way out.
async fn alive(
    aws: &Aws,
    drivers: &Drivers,
    scope: &Scope,
    found: Vec<Discovered>,
) -> Result<Vec<Discovered>, ProviderError> {
    let order: BTreeMap<String, usize> =
        found.iter().enumerate().map(|(index, object)| (object.arn.clone(), index)).collect();
    let mut by_kind: BTreeMap<Option<KindName>, Vec<Discovered>> = BTreeMap::new();
    for object in found {
        by_kind.entry(object.kind.clone()).or_default().push(object);
    }
    let mut alive = by_kind.remove(&None).unwrap_or_default();
    let mut calls = Vec::new();
    for (kind, objects) in by_kind {
        match kind.and_then(|kind| drivers.get(&kind)) {
            Some(driver) => calls.push(driver.alive(aws, scope, objects)),
            None => alive.extend(objects),
        }
    }
    alive.extend(try_join_all(calls).await?.into_iter().flatten());
    alive.sort_by_key(|object| order.get(&object.arn).copied());
    Ok(alive)
}

/// The object of an ARN.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// An object of this kind with this physical id.
    Of(&'a KindName, &'a str),
    /// An object of no kind that is known.
    Unknown,
    /// A copy, a part or a remainder.
    LeftOut,
}

/// The ARNs that the drivers know.
struct Places {
    forms: Vec<(KindName, ArnForm)>,
    left_out: Vec<(&'static str, &'static str)>,
}

impl Places {
    fn of(drivers: &Drivers) -> Self {
        let forms = drivers.iter().filter_map(|(kind, driver)| Some((kind.clone(), driver.arn()?)));
        let left_out = drivers.values().flat_map(|driver| driver.left_out().iter().copied());
        Self { forms: forms.collect(), left_out: left_out.collect() }
    }

    fn place<'a>(&'a self, arn: &'a str) -> Place<'a> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (Some(service), Some(resource)) = (parts.next(), parts.nth(2)) else { return Place::Unknown };
        if self.left_out.iter().any(|(of, begins)| *of == service && resource.starts_with(begins)) {
            return Place::LeftOut;
        }
        let mut of_kind = self.forms.iter().filter_map(|(kind, form)| Some(Place::Of(kind, form.id_in(arn)?)));
        of_kind.next().unwrap_or(Place::Unknown)
    }
}
