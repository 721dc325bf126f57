//! The secrets that are not on their way out: one that waits for its deletion stays listed for days.

use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::alive::one_by_one;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    one_by_one(found, |arn| async move {
        let call = aws.secretsmanager.describe_secret().secret_id(arn);
        let answer = if_found(call.send().await.map_err(failed(anchor, "secretsmanager:DescribeSecret")))?;
        Ok(answer.is_some_and(|secret| secret.deleted_date().is_none()))
    })
    .await
}
