//! The values of a secret. The id of a version names the generation that it is of, so that the two can never fall apart, and a
//! repeated call writes no second value.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use mate_core::provider::{ErrorClass, ProviderError, RetryStatus, Target};
use secrecy::{ExposeSecret, SecretString};

use super::driver::id;
use crate::classify::failed;
use crate::context::Aws;
use crate::secrets::{unlogged, without};

pub(super) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// The id of a generation's version, of the 32 characters that Secrets Manager wants at least.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
fn version_id(generation: u32) -> String {
    format!("mate-generation-{generation:016}")
}

/// The token of a creation, which becomes the id of the first version.
pub(super) fn token(generation: u32, token: &str) -> String {
    if generation == 0 { token.to_owned() } else { version_id(generation) }
}

/// A version that no generation is named by is the first.
fn of_version(id: &str) -> u32 {
    id.strip_prefix("mate-generation-").and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn staged<'a>(found: &'a DescribeSecretOutput, stage: &str) -> Option<&'a str> {
    let versions = found.version_ids_to_stages()?;
    versions.iter().find(|(_, stages)| stages.iter().any(|one| one == stage)).map(|(id, _)| id.as_str())
}

/// The id of the present version.
pub(super) fn current(found: &DescribeSecretOutput) -> Option<&str> {
    staged(found, CURRENT)
}

/// The generation of the present value.
pub(super) fn generation(found: &DescribeSecretOutput) -> u32 {
    current(found).map_or(0, of_version)
}

/// Makes the value of a generation the present one: the previous value where it is that one's, else a new one.
pub(super) async fn bring_to(
    aws: &Aws,
    target: &Target,
    found: &DescribeSecretOutput,
    generation: u32,
    generate: impl FnOnce() -> SecretString,
) -> Result<(), ProviderError> {
    const PUT: &str = "secretsmanager:PutSecretValue";
    const MOVE: &str = "secretsmanager:UpdateSecretVersionStage";
    if let Some(previous) = staged(found, PREVIOUS).filter(|previous| of_version(previous) == generation) {
        let call = aws.secretsmanager.update_secret_version_stage().secret_id(id(target, found)).version_stage(CURRENT);
        let call = call.move_to_version_id(previous).set_remove_from_version_id(current(found).map(str::to_owned));
        call.send().await.map_err(failed(&target.address, MOVE))?;
        return Ok(());
    }
    let present = self::generation(found);
    if generation < present {
        return Err(ProviderError::new(ErrorClass::Invalid, MOVE, target.address.clone())
            .with_retry(RetryStatus::Permanent)
            .with_message(format!(
                "the secret is at generation {present} and the value of generation {generation} is kept no more: write a new one, \
                 of generation {}",
                u64::from(present) + 1
            )));
    }
    let value = generate();
    let call = aws
        .secretsmanager
        .put_secret_value()
        .secret_id(id(target, found))
        .client_request_token(version_id(generation))
        .secret_string(value.expose_secret())
        .send();
    match unlogged(call).await.map_err(|error| without(&value, failed(&target.address, PUT)(error))) {
        // An earlier call has written another value under this id, and that is the one.
        Err(error) if error.class == ErrorClass::AlreadyExists => Ok(()),
        answer => answer.map(drop),
    }
}

#[cfg(test)]
mod tests;
