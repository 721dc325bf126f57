//! A client without a budget, beside which the budget is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use mate::SimCloud;
use mate::clock::Clock;
use mate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Identity, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, RetryStatus, Scope, Target, UpdateRequest,
};

/// A client as most are: what is throttled is tried again after up to one second and up to two, and has failed then.
#[derive(Debug)]
pub(crate) struct Naive {
    cloud: SimCloud,
    waits: AtomicU32,
}

impl Naive {
    pub(crate) fn new(cloud: SimCloud) -> Self {
        Self { cloud, waits: AtomicU32::new(0) }
    }

    /// A part of the longest wait, spread evenly over calls, as an SDK draws it by chance.
    async fn wait(&self, most: Duration) {
        const GOLDEN: f64 = 0.618_033_988_749_895;
        let part = (f64::from(self.waits.fetch_add(1, Ordering::Relaxed)) * GOLDEN).fract();
        let clock = self.cloud.sim_clock();
        clock.sleep_until(clock.now() + most.mul_f64(part)).await;
    }

    async fn tried<'a, T>(
        &self,
        call: impl Fn() -> BoxFuture<'a, Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        for seconds in [1, 2] {
            match call().await {
                Err(error) if error.class == ErrorClass::Throttled => self.wait(Duration::from_secs(seconds)).await,
                answer => return answer,
            }
        }
        call().await.map_err(given_up)
    }
}

fn given_up(error: ProviderError) -> ProviderError {
    let throttled = error.class == ErrorClass::Throttled;
    if throttled { error.with_retry(RetryStatus::Persistent) } else { error }
}

fn throttled(answer: &Observation) -> bool {
    matches!(answer, Observation::Unknown(error) if error.class == ErrorClass::Throttled)
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Provider for Naive {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        let mut answers = self.cloud.observe(targets.clone()).await;
        for seconds in [1, 2] {
            let again: Vec<usize> = (0..answers.len()).filter(|index| throttled(&answers[*index])).collect();
            if again.is_empty() {
                break;
            }
            self.wait(Duration::from_secs(seconds)).await;
            let repeated = self.cloud.observe(again.iter().map(|index| targets[*index].clone()).collect()).await;
            for (index, answer) in again.into_iter().zip(repeated) {
                answers[index] = answer;
            }
        }
        let ended = |answer| match answer {
            Observation::Unknown(error) => Observation::Unknown(given_up(error)),
            answer => answer,
        };
        answers.into_iter().map(ended).collect()
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        self.tried(|| self.cloud.create(request.clone())).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        self.tried(|| self.cloud.update(request.clone())).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
        self.tried(|| self.cloud.delete(request.clone())).await
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        self.tried(|| self.cloud.discover(scope.clone())).await
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.tried(|| self.cloud.diagnose(target.clone())).await
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        self.cloud.quotas(quotas).await
    }

    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        self.tried(|| self.cloud.image_digest(image)).await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.tried(|| self.cloud.identity()).await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.cloud.clock()
    }
}
