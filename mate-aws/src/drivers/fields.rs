//! Between a kind's inputs and what a service tells: reading, normalising and comparing fields.

use mate_core::model::Input;
use mate_core::model::compare::same;
use mate_core::model::{FieldImpact, FieldRule, Impact, Kind};
use mate_core::provider::{CreateRequest, Created, ErrorClass, Live, ProviderError, Status, Target, UpdateRequest};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Driver;
use crate::context::Aws;
use crate::tags::{self, TagChange};

/// The fields of an object that the cloud tells.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// With `field`, when its value is known.
    pub(crate) fn with<T: Serialize>(mut self, field: &str, value: Option<T>) -> Self {
        if let Some(value) = value.and_then(|value| serde_json::to_value(value).ok()) {
            self.0.insert(field.to_owned(), value);
        }
        self
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// The ids under which an object may be known: the recorded physical id first, then the name.
pub(crate) fn known_as(target: &Target) -> Vec<&str> {
    let mut ids: Vec<&str> = target.physical_id.as_deref().into_iter().collect();
    if !ids.contains(&target.name.as_str()) {
        ids.push(&target.name);
    }
    ids
}

/// A text field of the inputs, when its value is known by now.
pub(crate) fn text<'a>(target: &'a Target, field: &str) -> Option<&'a str> {
    target.inputs.get(field)?.as_str()
}

/// The value of an input that has to be known.
pub(crate) fn value<'a, T>(target: &Target, input: &'a Input<T>) -> Result<&'a T, ProviderError> {
    input.get().map_err(|unresolved| {
        ProviderError::new(ErrorClass::Bug, "resolve inputs", target.address.clone())
            .with_message(unresolved.to_string())
    })
}

/// The values of inputs that have to be known.
pub(crate) fn values(target: &Target, inputs: &[Input<String>]) -> Result<Vec<String>, ProviderError> {
    inputs.iter().map(|input| value(target, input).cloned()).collect()
}

/// The key that encrypts an object, in the form in which it is wanted when both name the same key. AWS tells the
/// key's ARN; an alias cannot be compared with it, so nothing is told then and the record decides.
pub(crate) fn kms_key(desired: Option<&str>, live: &str) -> Option<String> {
    fn key_id(key: &str) -> &str {
        key.rsplit_once("key/").map_or(key, |(_, id)| id)
    }
    fn alias(key: &str) -> Option<&str> {
        key.find("alias/").map(|at| &key[at..])
    }
    let Some(desired) = desired else { return Some(live.to_owned()) };
    let same = match (alias(desired), alias(live)) {
        (Some(_), None) => return None,
        (None, Some(_)) => false,
        (Some(ours), Some(theirs)) => ours == theirs,
        // Replicas of a multi-region key share the id, so two ARNs are compared whole.
        (None, None) if desired.starts_with("arn:") && live.starts_with("arn:") => desired == live,
        (None, None) => key_id(desired) == key_id(live),
    };
    Some(if same { desired } else { live }.to_owned())
}

/// A version in as many parts as the wanted one has (`16.4` where `16` is wanted is `16`), or in `parts` parts.
pub(crate) fn version(desired: Option<&str>, live: &str, parts: usize) -> String {
    let parts = desired.map_or(parts, |version| version.split('.').count());
    live.split('.').take(parts).collect::<Vec<_>>().join(".")
}

/// A name in the wanted spelling when only its case differs: RDS and ElastiCache keep names in lower case.
pub(crate) fn name(desired: Option<&str>, live: &str) -> String {
    desired.filter(|desired| desired.eq_ignore_ascii_case(live)).unwrap_or(live).to_owned()
}

/// Nothing when the object is not there, an error when that could not be found out.
pub(crate) fn unless_absent<T>(answer: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A create that AWS answers with "not found" lacks something that the object needs, or cannot see it yet.
pub(crate) fn missing(mut error: ProviderError) -> ProviderError {
    if error.class == ErrorClass::NotFound {
        error.class = ErrorClass::Dependency;
        error.retry = error.class.retry();
    }
    error
}

/// Turns a "not found" for an object that was seen a moment ago into an eventual-consistency error: the object is not
/// visible yet or was just deleted, and the next look tells.
pub(crate) fn unsettled(mut error: ProviderError) -> ProviderError {
    if error.class == ErrorClass::NotFound {
        error.class = ErrorClass::EventualConsistency;
        error.retry = error.class.retry();
    }
    error
}

/// A failure behind a create that succeeded: it says what exists.
pub(crate) fn behind(created: &Created) -> impl FnOnce(ProviderError) -> ProviderError {
    let created = created.clone();
    move |error| unsettled(error).with_created(created)
}

/// The same failure for another target of the batch.
pub(crate) fn repeat(error: &ProviderError, target: &Target) -> ProviderError {
    let mut copy = ProviderError::new(error.class, error.operation.clone(), target.address.clone());
    copy.retry = error.retry;
    copy.status = error.status;
    copy.code.clone_from(&error.code);
    copy.message.clone_from(&error.message);
    copy.request_id.clone_from(&error.request_id);
    copy
}

/// The live object of an update or delete, after it was made sure that it is the target's.
pub(crate) fn ours(target: &Target, operation: &str, found: Option<Live>) -> Result<Option<Live>, ProviderError> {
    match found {
        Some(live) if !target.accepts(&live.tags) => Err(tags::refuse(target, operation, &live.tags)),
        found => Ok(found),
    }
}

/// The live object of an update, which has to be there.
pub(crate) fn needed(target: &Target, operation: &str, found: Option<Live>) -> Result<Live, ProviderError> {
    ours(target, operation, found)?.ok_or_else(|| {
        ProviderError::new(ErrorClass::NotFound, operation, target.address.clone())
            .with_message(format!("{} `{}` is not there", target.kind, target.name))
    })
}

/// The named fields that still differ from the live object. What the cloud does not tell counts as different.
pub(crate) fn remaining<K: Kind>(named: &[String], live: &Live, target: &Target) -> Vec<String> {
    let model = K::model();
    let differs = |field: &str| match (model.field(field), live.inputs.get(field)) {
        (Some(rule), Some(value)) => rule.write_only || !same(rule, value, &target.inputs[field]),
        // An object that carries no tags has none to be changed.
        _ if field == "tags" => model.taggable && !TagChange::new(&live.tags, &target.tags).is_empty(),
        _ => true,
    };
    named.iter().filter(|field| differs(field)).cloned().collect()
}

/// The remaining part of an update: the named fields that differ from the live object. `tags` is among them also when
/// keys are only to be removed.
pub(crate) fn to_change<K: Kind>(request: &UpdateRequest, live: &Live) -> Vec<String> {
    let mut fields = remaining::<K>(&request.fields, live, &request.target);
    tags::add_untagging(&mut fields, request, &live.tags);
    fields
}

/// The fields that differ and that can be changed in the object as it stands, `tags` among them.
pub(crate) fn changeable<K: Kind>(live: &Live, target: &Target) -> Vec<String> {
    let fixed = |rule: &FieldRule| {
        let impact = match rule.impact {
            FieldImpact::Always(impact) => impact,
            FieldImpact::By(impact) => impact(&live.inputs, &target.inputs),
        };
        matches!(impact, Impact::Replace(_) | Impact::Never(_))
    };
    let differs = |rule: &&FieldRule| {
        let told = live.inputs.get(rule.field);
        !rule.write_only && !rule.edge_only && told.is_some_and(|told| !same(rule, told, &target.inputs[rule.field]))
    };
    let model = K::model();
    let fields = model.fields.iter().filter(differs).filter(|rule| !fixed(rule));
    let tags = model.taggable && !TagChange::new(&live.tags, &target.tags).is_empty();
    fields.map(|rule| rule.field.to_owned()).chain(tags.then(|| "tags".to_owned())).collect()
}

/// Answers a create whose object exists already: refused when it is not ours, else brought to the inputs.
///
/// An object that an earlier attempt began and that is not finished yet is left alone: it was made from the same
/// inputs.
pub(crate) async fn converge<K: Kind>(
    driver: &dyn Driver,
    aws: &Aws,
    request: &CreateRequest,
    found: Option<Live>,
    mut exists: ProviderError,
) -> Result<Created, ProviderError> {
    let target = &request.target;
    let Some(live) = found else {
        exists.class = ErrorClass::EventualConsistency;
        exists.retry = exists.class.retry();
        return Err(exists);
    };
    let live = needed(target, &exists.operation, Some(live))?;
    let conflict = |message| {
        Err(ProviderError::new(ErrorClass::Conflict, exists.operation.clone(), target.address.clone())
            .with_message(message))
    };
    match live.status {
        Status::Deleting => conflict(format!("the {} of this name is still being deleted", target.kind)),
        Status::Pending(_) | Status::Failed(_) if target.ownership().owns(&live.tags) => Ok(live.into()),
        // What somebody else made says whose it is only after it took our tags.
        Status::Pending(_) => conflict(format!("the {} of this name is not ready to be adopted yet", target.kind)),
        Status::Ready | Status::Failed(_) => complete::<K>(driver, aws, request, live).await,
    }
}

/// Brings what a create made or found to the inputs. When that fails, the error tells what exists.
pub(crate) async fn complete<K: Kind>(
    driver: &dyn Driver,
    aws: &Aws,
    request: &CreateRequest,
    live: Live,
) -> Result<Created, ProviderError> {
    let fields = changeable::<K>(&live, &request.target);
    if fields.is_empty() {
        return Ok(live.into());
    }
    let target = Target { physical_id: Some(live.physical_id.clone()), ..request.target.clone() };
    let update = UpdateRequest { target, fields, untag: Default::default(), token: request.token.clone() };
    driver.update(aws, &update).await.map_err(behind(&live.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_several_names() {
        let arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
        let id = "11111111-2222-3333-4444-555555555555";
        assert_eq!(kms_key(Some(id), arn).as_deref(), Some(id));
        assert_eq!(kms_key(Some(arn), arn).as_deref(), Some(arn));
        assert_eq!(kms_key(Some(arn), id).as_deref(), Some(arn));
        assert_eq!(kms_key(Some("22222222"), arn).as_deref(), Some(arn));
        assert_eq!(kms_key(None, arn).as_deref(), Some(arn));
        assert_eq!(kms_key(Some("alias/mate"), arn), None);
        let alias = "arn:aws:kms:us-east-1:123456789012:alias/mate";
        assert_eq!(kms_key(Some("alias/mate"), alias).as_deref(), Some("alias/mate"));
    }

    #[test]
    fn a_multi_region_key_in_another_region_is_another_key() {
        let here = "arn:aws:kms:us-east-1:123456789012:key/mrk-1";
        let there = "arn:aws:kms:us-west-2:123456789012:key/mrk-1";
        assert_eq!(kms_key(Some(here), there).as_deref(), Some(there));
    }

    #[test]
    fn a_version_is_told_as_exactly_as_it_is_wanted() {
        assert_eq!(version(Some("16"), "16.4", 1), "16");
        assert_eq!(version(Some("16.3"), "16.4", 1), "16.4");
        assert_eq!(version(Some("17"), "16.4", 1), "16");
        assert_eq!(version(None, "7.1.0", 2), "7.1");
    }
}
