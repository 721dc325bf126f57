//! The keys that are not on their way out: one that waits for its deletion stays listed for weeks.

use aws_sdk_kms::types::KeyState;
use mate_core::provider::{Discovered, ErrorClass, ProviderError, Scope};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::alive::one_by_one;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    one_by_one(found, |arn| async move {
        let call = aws.kms.describe_key().key_id(arn);
        match if_found(call.send().await.map_err(failed(anchor, "kms:DescribeKey"))) {
            Ok(answer) => Ok(answer.and_then(|answer| answer.key_metadata).is_some_and(|key| {
                !matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
            })),
            // A key's own policy may keep the caller out. It is there all the same.
            Err(error) if error.class == ErrorClass::Denied => Ok(true),
            Err(error) => Err(error),
        }
    })
    .await
}
