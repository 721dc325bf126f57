//! Emptying a bucket, page by page: every version and every delete marker.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use mate_core::provider::{ErrorClass, ProviderError, RetryStatus, Target};

use crate::classify::{class_of, failed};
use crate::context::Aws;

/// The treatment of the bucket's objects when it is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objects {
    /// An object stops the call: the bucket is refused.
    Keep,
    /// Only with the caller's consent.
    Discard,
}

/// Removes all that keeps the bucket from being deleted. A delete marker alone is no data and always goes; with
/// [`Objects::Keep`] nothing at all is removed from a bucket that holds an object.
pub(super) async fn empty(aws: &Aws, target: &Target, objects: Objects) -> Result<(), ProviderError> {
    if objects == Objects::Keep {
        let mut at = None;
        loop {
            let page = list(aws, target, at).await?;
            if !page.versions().is_empty() {
                return Err(refusal(target, &page));
            }
            at = next(&page);
            if at.is_none() {
                break;
            }
        }
    }
    let mut before = None;
    loop {
        // From the beginning every time: what the page before held is gone.
        let page = list(aws, target, None).await?;
        if objects == Objects::Keep && !page.versions().is_empty() {
            return Err(refusal(target, &page));
        }
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let doomed: Vec<_> = versions.chain(markers).collect();
        let Some((Some(key), version)) = doomed.first() else { return Ok(()) };
        let first = Some(((*key).to_owned(), version.map(str::to_owned)));
        if first == before {
            return Err(ProviderError::new(ErrorClass::Conflict, "s3:DeleteObjects", target.address.clone())
                .with_message(format!("the object `{key}` was deleted and is still listed")));
        }
        remove(aws, target, &doomed).await?;
        before = first;
    }
}

/// The start of the next page: a key and a version.
type Place = (Option<String>, Option<String>);

fn next(page: &ListObjectVersionsOutput) -> Option<Place> {
    (page.is_truncated() == Some(true))
        .then(|| (page.next_key_marker().map(str::to_owned), page.next_version_id_marker().map(str::to_owned)))
        .filter(|(key, _)| key.is_some())
}

async fn list(aws: &Aws, target: &Target, at: Option<Place>) -> Result<ListObjectVersionsOutput, ProviderError> {
    let (key, version) = at.unwrap_or_default();
    let call = aws.s3.list_object_versions().bucket(&target.name).set_key_marker(key).set_version_id_marker(version);
    call.send().await.map_err(failed(&target.address, "s3:ListBucketVersions"))
}

async fn remove(aws: &Aws, target: &Target, doomed: &[(Option<&str>, Option<&str>)]) -> Result<(), ProviderError> {
    const CALL: &str = "s3:DeleteObjects";
    // One call takes 1,000 keys, and so many are in one page of the list.
    for some in doomed.chunks(1000) {
        let objects = some.iter().filter_map(|(key, version)| {
            ObjectIdentifier::builder().key((*key)?).set_version_id(version.map(str::to_owned)).build().ok()
        });
        let delete = Delete::builder().set_objects(Some(objects.collect())).quiet(true).build();
        let delete = delete.expect("a list of objects");
        let call = aws.s3.delete_objects().bucket(&target.name).delete(delete);
        let answer = call.send().await.map_err(failed(&target.address, CALL))?;
        if let Some(first) = answer.errors().first() {
            let code = first.code().unwrap_or("unknown");
            return Err(ProviderError::new(class_of(code, ErrorClass::Transient), CALL, target.address.clone())
                .with_code(code)
                .with_message(format!(
                    "{} objects could not be deleted, the first with: {}",
                    answer.errors().len(),
                    first.message().unwrap_or("no message")
                )));
        }
    }
    Ok(())
}

fn refusal(target: &Target, page: &ListObjectVersionsOutput) -> ProviderError {
    let more = if page.is_truncated() == Some(true) { "more than " } else { "" };
    ProviderError::new(ErrorClass::Dependency, "s3:DeleteBucket", target.address.clone())
        .with_code("BucketNotEmpty")
        .with_retry(RetryStatus::Permanent)
        .with_message(format!(
            "the bucket `{}` holds {more}{} object versions and was left as it is: empty it, or consent to the loss of \
             its data in the call",
            target.name,
            page.versions().len()
        ))
}
