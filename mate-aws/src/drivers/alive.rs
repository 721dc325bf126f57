//! Asking which of the objects that were found are still alive.

use std::collections::BTreeSet;
use std::future::Future;

use futures::{StreamExt, TryStreamExt};
use mate_core::provider::{Discovered, ProviderError};

/// The objects for which `alive` answers true, in their order: for a service that describes one object a call.
pub(crate) async fn one_by_one<F, Fut>(found: Vec<Discovered>, alive: F) -> Result<Vec<Discovered>, ProviderError>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Result<bool, ProviderError>>,
{
    // Collected first: a stream over the closure itself would not be `Send` for every lifetime.
    let calls: Vec<Fut> = found.iter().map(|object| alive(object.arn.clone())).collect();
    let alive: Vec<bool> = futures::stream::iter(calls).buffered(8).try_collect().await?;
    Ok(found.into_iter().zip(alive).filter(|(_, alive)| *alive).map(|(object, _)| object).collect())
}

/// The objects whose physical ids are among the `living`, which answers for `size` of them at once.
pub(crate) async fn at_once<F, Fut>(
    mut found: Vec<Discovered>,
    size: usize,
    living: F,
) -> Result<Vec<Discovered>, ProviderError>
where
    F: Fn(Vec<String>) -> Fut,
    Fut: Future<Output = Result<Vec<String>, ProviderError>>,
{
    let ids: Vec<String> = found.iter().filter_map(|object| object.physical_id.clone()).collect();
    let mut alive = BTreeSet::new();
    for chunk in ids.chunks(size) {
        alive.extend(living(chunk.to_vec()).await?);
    }
    found.retain(|object| object.physical_id.as_ref().is_some_and(|id| alive.contains(id)));
    Ok(found)
}
