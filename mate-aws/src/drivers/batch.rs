//! Reading many objects in few calls, and the steps that every driver begins its writes with.

use std::collections::BTreeMap;
use std::future::Future;

use futures::StreamExt;
use mate_core::model::{KindModel, compare};
use mate_core::provider::{ErrorClass, Live, Observation, ProviderError, Target};

use super::{Driver, fields};
use crate::context::Aws;
use crate::tags::TagChange;

/// Observes targets in groups of one key and of `size` at most, four groups at a time.
///
/// A target has the keys of all places where it can be, the likeliest first; the next is tried when it is absent from
/// the one before. What has no key cannot exist yet: it is absent. A group that fails leaves only its own targets
/// unknown.
pub(crate) async fn grouped<'a, K, F, Fut>(
    targets: &'a [Target],
    size: usize,
    keys: impl Fn(&Target) -> Vec<K>,
    observe: F,
) -> Vec<Observation>
where
    K: Ord + Clone,
    F: Fn(K, Vec<&'a Target>) -> Fut,
    Fut: Future<Output = Result<Vec<Observation>, ProviderError>> + 'a,
{
    let mut answers: Vec<Observation> = targets.iter().map(|_| Observation::Absent).collect();
    let mut keys: Vec<Vec<K>> = targets.iter().map(keys).collect();
    for keys in &mut keys {
        keys.dedup();
    }
    for rank in 0.. {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (index, keys) in keys.iter().enumerate() {
            if let (Some(key), Observation::Absent) = (keys.get(rank), &answers[index]) {
                groups.entry(key.clone()).or_default().push(index);
            }
        }
        if groups.is_empty() {
            break;
        }
        let mut calls = Vec::new();
        for (key, indices) in groups {
            for chunk in indices.chunks(size) {
                let call = observe(key.clone(), chunk.iter().map(|index| &targets[*index]).collect());
                let chunk = chunk.to_vec();
                calls.push(async move { (chunk, call.await) });
            }
        }
        let done: Vec<_> = futures::stream::iter(calls).buffered(4).collect().await;
        for (indices, answer) in done {
            match answer {
                Ok(observations) => {
                    for (index, observation) in indices.into_iter().zip(observations) {
                        answers[index] = observation;
                    }
                }
                Err(error) => {
                    for index in indices {
                        answers[index] = Observation::Unknown(fields::repeat(&error, &targets[index]));
                    }
                }
            }
        }
    }
    answers
}

/// Asks for many keys at once where AWS answers *not found* to the whole call when one of them is missing:
/// such a call is repeated by halves until what is there has been told from what is not.
pub(crate) async fn found<T, F, Fut>(keys: &[String], size: usize, ask: F) -> Result<Vec<T>, ProviderError>
where
    F: Fn(Vec<String>) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ProviderError>>,
{
    let mut work: Vec<&[String]> = keys.chunks(size).collect();
    let mut found = Vec::new();
    while let Some(chunk) = work.pop() {
        match ask(chunk.to_vec()).await {
            Ok(some) => found.extend(some),
            Err(error) if error.class == ErrorClass::NotFound => {
                if chunk.len() > 1 {
                    let (first, second) = chunk.split_at(chunk.len() / 2);
                    work.extend([second, first]);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The object before a write: `None` when it is absent, an error when it is not ours or could not be read.
pub(crate) async fn present(
    driver: &dyn Driver,
    aws: &Aws,
    target: &Target,
    operation: &str,
) -> Result<Option<Live>, ProviderError> {
    match driver.observe(aws, std::slice::from_ref(target)).await.pop() {
        Some(Observation::Present(live)) => Ok(Some(live)),
        Some(Observation::Foreign(what)) => {
            Err(ProviderError::new(ErrorClass::AlreadyExists, operation, target.address.clone()).with_message(what))
        }
        Some(Observation::Unknown(error)) => Err(error),
        Some(Observation::Absent) | None => Ok(None),
    }
}

/// The error of an update of what is not there.
pub(crate) fn gone(target: &Target, operation: &str) -> ProviderError {
    ProviderError::new(ErrorClass::NotFound, operation, target.address.clone())
        .with_message(format!("{} `{}` does not exist", target.kind, target.name))
}

/// The error of finding an object of ours that cannot become what is wanted, because these fields are fixed.
pub(crate) fn fixed(target: &Target, operation: &str, fields: &[String]) -> ProviderError {
    ProviderError::new(ErrorClass::AlreadyExists, operation, target.address.clone()).with_message(format!(
        "{} `{}` exists and is ours, but AWS cannot change its {}: a new plan replaces it",
        target.kind,
        target.name,
        fields.join(", ")
    ))
}

/// The fields in which `live` is not what is desired or does not say what it is, and `tags` when they differ.
pub(crate) fn unlike(model: &KindModel, target: &Target, live: &Live) -> Vec<String> {
    let differing = compare::differing(model, &live.inputs, &target.inputs);
    let mut fields: Vec<String> = differing.map(|rule| rule.field.to_owned()).collect();
    if model.taggable && !TagChange::new(&live.tags, &target.tags).is_empty() {
        fields.push("tags".to_owned());
    }
    fields
}

/// The error for an object that a call listed and the next one did not find. The object is not visible yet or was just
/// deleted; the next look tells.
pub(crate) fn vanished(target: &Target, operation: &str) -> ProviderError {
    ProviderError::new(ErrorClass::EventualConsistency, operation, target.address.clone())
        .with_message(format!("{} `{}` was listed and is not found a moment later", target.kind, target.name))
}

/// The error of an answer that leaves out what it must hold.
pub(crate) fn incomplete(target: &Target, operation: &str, what: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Bug, operation, target.address.clone())
        .with_message(format!("the answer holds no {what}"))
}

/// A field's value that a count of AWS stands for; AWS counts with signs.
pub(crate) fn count(figure: i32) -> u32 {
    u32::try_from(figure).unwrap_or_default()
}

/// A count as AWS takes it.
pub(crate) fn signed(figure: impl TryInto<i32>) -> i32 {
    figure.try_into().unwrap_or(i32::MAX)
}
