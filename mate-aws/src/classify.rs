//! AWS's errors, classified once: by code, else by the HTTP status, and never by text.

mod table;
#[cfg(test)]
mod tests;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use mate_core::model::ids::Address;
use mate_core::provider::{Created, ErrorClass, ProviderError};

/// Turns a failed call into a [`ProviderError`]: `.map_err(failed(address, "rds:CreateDBInstance"))`.
///
/// The name of the operation tells a read (`Describe`, `Get`, `List`, `Head`) from a write. A lost answer to a read is
/// transient, to a write it is ambiguous.
pub fn failed<E>(address: &Address, operation: &str) -> impl FnOnce(SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata,
{
    move |error| classify(address, operation, &error)
}

/// `None` for what is not there.
pub(crate) fn if_found<T>(answer: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A failure behind a create that succeeded: it says what exists, and "not found" is only "not yet seen".
pub(crate) fn behind(created: &Created) -> impl FnOnce(ProviderError) -> ProviderError {
    move |mut error| {
        if error.class == ErrorClass::NotFound {
            error.class = ErrorClass::EventualConsistency;
            error.retry = error.class.retry();
        }
        error.with_created(created.clone())
    }
}

fn classify<E>(address: &Address, operation: &str, error: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata,
{
    let lost = if reads(operation) { ErrorClass::Transient } else { ErrorClass::Ambiguous };
    let simple = |class, message: &str| ProviderError::new(class, operation, address.clone()).with_message(message);
    match error {
        SdkError::ConstructionFailure(_) => simple(ErrorClass::Bug, "the request could not be built"),
        SdkError::TimeoutError(_) => simple(lost, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => simple(lost, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            simple(ErrorClass::Denied, "the request could not be sent: no valid credentials or endpoint")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => simple(lost, "the connection failed"),
        SdkError::DispatchFailure(_) => simple(lost, "the request could not be sent"),
        SdkError::ResponseError(broken) => told(simple(lost, "the answer was broken"), broken.raw()),
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let class = class_of_answer(meta.code(), service.raw().status().as_u16(), lost);
            let mut failure = ProviderError::new(class, operation, address.clone());
            failure.code = meta.code().map(str::to_owned);
            failure.message = meta.message().map(str::to_owned);
            failure.request_id = meta.extra("aws_request_id").map(str::to_owned);
            told(failure, service.raw())
        }
        _ => simple(lost, "the call failed"),
    }
}

/// With what the answer itself tells: its status, the request id of its headers, and the beginning of its body where the body
/// holds neither a code nor a message.
fn told(mut failure: ProviderError, answer: &HttpResponse) -> ProviderError {
    /// The headers in which the services put the request id.
    const IDS: [&str; 3] = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    failure.status = Some(answer.status().as_u16());
    if failure.request_id.is_none() {
        failure.request_id = IDS.iter().find_map(|name| answer.headers().get(*name)).map(str::to_owned);
    }
    if failure.code.is_none() && failure.message.is_none() {
        failure.message = answer.body().bytes().map(beginning).filter(|body| !body.is_empty());
    }
    failure
}

/// The first 200 characters of a body on one line.
fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(200).collect()
}

fn reads(operation: &str) -> bool {
    let call = operation.split_once(':').map_or(operation, |(_, call)| call);
    ["Describe", "Get", "List", "Head"].iter().any(|verb| call.starts_with(verb))
}

/// The class of a code that comes without an HTTP status of its own; one that is not known is taken for a refusal.
pub(crate) fn class_of(code: &str, lost: ErrorClass) -> ErrorClass {
    table::class(code, lost).unwrap_or(ErrorClass::Invalid)
}

/// The class of an answer: by its code, and where it has none that is known, by its status.
pub(crate) fn class_of_answer(code: Option<&str>, status: u16, lost: ErrorClass) -> ErrorClass {
    code.and_then(|code| table::class(code, lost)).unwrap_or(match status {
        401 | 403 => ErrorClass::Denied,
        404 => ErrorClass::NotFound,
        409 | 412 => ErrorClass::Conflict,
        429 => ErrorClass::Throttled,
        300..=407 | 410..=499 => ErrorClass::Invalid,
        // Too slow for the service, an error of its own, or no status of a failure: nothing tells what it did.
        _ => lost,
    })
}
