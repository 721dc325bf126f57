//! The quotas of the account, by Service Quotas, and their usage, by listing. A figure that cannot be read is `None`,
//! never an error.

mod used;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::StreamExt;
use mate_core::provider::{QuotaId, QuotaReading};

use crate::context::Aws;

/// Service Quotas answers five calls of a sort a second.
/// <https://docs.aws.amazon.com/servicequotas/latest/userguide/reference_limits.html>
const LIMITS_AT_ONCE: usize = 2;

const LISTINGS_AT_ONCE: usize = 8;

/// One answer a quota, in the same order.
pub(crate) async fn quotas(aws: &Aws, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
    let (limits, used) = futures::join!(limits(aws, &quotas), all_used(aws, &quotas));
    let reading = |(id, limit): (&QuotaId, Option<u64>)| QuotaReading { limit, used: used.get(id).copied() };
    quotas.iter().zip(limits).map(reading).collect()
}

async fn limits(aws: &Aws, quotas: &[QuotaId]) -> Vec<Option<u64>> {
    let calls: Vec<_> = quotas.iter().map(|id| limit(aws, id)).collect();
    futures::stream::iter(calls).buffered(LIMITS_AT_ONCE).collect().await
}

async fn all_used(aws: &Aws, quotas: &[QuotaId]) -> BTreeMap<QuotaId, u64> {
    let wanted = |listing: &&used::Listing| quotas.iter().any(|id| listing.tells(id));
    let calls: Vec<_> = used::LISTINGS.iter().filter(wanted).map(|listing| listing.read(aws)).collect();
    futures::stream::iter(calls).buffer_unordered(LISTINGS_AT_ONCE).concat().await.into_iter().collect()
}

/// The account's own limit; AWS's default where it has none of its own.
#[cfg(feature = "servicequotas")]
async fn limit(aws: &Aws, id: &QuotaId) -> Option<u64> {
    use aws_sdk_servicequotas::config::{Builder, Region};
    // Without a code of AWS's own there is nothing to ask for.
    if !id.code.starts_with("L-") {
        return None;
    }
    let region = || Builder::new().region(Region::new(region_of(&id.service, &aws.region).to_owned()));
    let client = &aws.servicequotas;
    let own = client.get_service_quota().service_code(&id.service).quota_code(&id.code);
    let quota = match own.customize().config_override(region()).send().await {
        Ok(answer) => answer.quota,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_resource_exception()) => {
            let default = client.get_aws_default_service_quota().service_code(&id.service).quota_code(&id.code);
            default.customize().config_override(region()).send().await.map_err(unread).ok()?.quota
        }
        Err(error) => {
            unread(error);
            None
        }
    };
    let value = quota?.value()?;
    // A float that is no count becomes the nearest one that is.
    (value.is_finite() && value >= 0.0).then_some(value as u64)
}

#[cfg(not(feature = "servicequotas"))]
async fn limit(_aws: &Aws, _id: &QuotaId) -> Option<u64> {
    None
}

/// Services without regions keep their quotas in one region of their partition.
/// <https://docs.aws.amazon.com/servicequotas/latest/userguide/gs-request-quota.html>
#[cfg(feature = "servicequotas")]
fn region_of<'a>(service: &str, region: &'a str) -> &'a str {
    match service {
        "iam" | "route53" | "s3" if region.starts_with("cn-") => "cn-north-1",
        "iam" | "route53" | "s3" if region.starts_with("us-gov-") => "us-gov-west-1",
        "iam" | "route53" | "s3" => "us-east-1",
        _ => region,
    }
}

/// Says why something was not read, to whoever looks.
fn unread<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) {
    tracing::debug!(code = error.code(), "a quota could not be read");
}
