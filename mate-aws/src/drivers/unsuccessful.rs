//! EC2's calls about several objects: they succeed as a whole and say of each object what went wrong with it.

use aws_sdk_ec2::types::UnsuccessfulItem;
use mate_core::provider::{ErrorClass, ProviderError, Target};

use crate::classify::class_of;

/// The error of the first item of a call that wrote; none when there is no item.
pub(crate) fn none(target: &Target, operation: &str, items: &[UnsuccessfulItem]) -> Result<(), ProviderError> {
    let Some(item) = items.first() else { return Ok(()) };
    let error = item.error();
    let code = error.and_then(|error| error.code());
    let class = code.map_or(ErrorClass::Ambiguous, |code| class_of(code, ErrorClass::Ambiguous));
    let mut failure = ProviderError::new(class, operation, target.address.clone());
    failure.code = code.map(str::to_owned);
    failure.message = error.and_then(|error| error.message()).map(str::to_owned);
    Err(failure)
}
