//! Reads of the cloud outside a run, repeated as the policy of their errors says: a plan does not fail for one lost answer.

use std::time::Duration;

use crate::provider::Policy;
use crate::provider::{Diagnosis, Discovered, Observation, Provider, ProviderError, RetryStatus, Scope, Target};

/// The wait after the `failures`-th failure in a row; none when this failure is final.
fn wait(error: &ProviderError, failures: u32) -> Option<Duration> {
    Policy::of(error.class).wait(failures).filter(|_| error.retry == RetryStatus::Temporary)
}

async fn pause(provider: &dyn Provider, time: Duration) {
    // A caller within a run has entered the clock already; a second entry with only one sleep would stop time for ever.
    let clock = provider.clock();
    clock.sleep_until(clock.now() + time).await;
}

/// [`Provider::observe`], with those asked again that could not be found out for the moment. An answer that the provider
/// left out stays out.
pub(crate) async fn observe(provider: &dyn Provider, targets: Vec<Target>) -> Vec<Observation> {
    let mut answers = provider.observe(targets.clone()).await;
    for failures in 1.. {
        let mut longest = None;
        let again: Vec<usize> = answers
            .iter()
            .enumerate()
            .filter(|(_, answer)| {
                let Observation::Unknown(error) = answer else { return false };
                let wait = wait(error, failures);
                longest = longest.max(wait);
                wait.is_some()
            })
            .map(|(index, _)| index)
            .collect();
        let Some(longest) = longest else { break };
        pause(provider, longest).await;
        let repeated = again.iter().map(|index| targets[*index].clone()).collect();
        for (index, answer) in again.into_iter().zip(provider.observe(repeated).await) {
            answers[index] = answer;
        }
    }
    answers
}

/// [`Provider::discover`], repeated.
///
/// # Errors
/// The last one.
pub(crate) async fn discover(provider: &dyn Provider, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
    repeated(provider, || provider.discover(scope.clone())).await
}

/// [`Provider::diagnose`], repeated.
///
/// # Errors
/// The last one.
pub(crate) async fn diagnose(provider: &dyn Provider, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
    repeated(provider, || provider.diagnose(target.clone())).await
}

async fn repeated<T, F>(provider: &dyn Provider, call: impl Fn() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let mut failures = 0;
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        failures += 1;
        let Some(time) = wait(&error, failures) else { return Err(error) };
        pause(provider, time).await;
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests;
