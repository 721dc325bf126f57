//! The provider: requests go to the driver of their kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use mate_core::clock::{Clock, SystemClock};
use mate_core::model::ids::{Address, KindName};
use mate_core::provider::{
    Claim, CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Identity, Observation,
    Provider, ProviderError, QuotaId, QuotaReading, Scope, Target, UpdateRequest,
};

use crate::config::AwsProviderBuilder;
use crate::context::Aws;
use crate::drivers::{self, Driver};
use crate::gate::counted;

/// AWS, as the engine sees it: one account and region.
#[derive(Debug, Clone)]
pub struct AwsProvider {
    aws: Aws,
    drivers: Arc<BTreeMap<KindName, Arc<dyn Driver>>>,
    clock: Arc<SystemClock>,
}

impl AwsProvider {
    /// A builder.
    #[must_use]
    pub fn builder() -> AwsProviderBuilder {
        AwsProviderBuilder::default()
    }

    pub(crate) fn new(aws: Aws, extra: Vec<Arc<dyn Driver>>) -> Self {
        Self { aws, drivers: Arc::new(drivers::by_kind(extra)), clock: Arc::new(SystemClock::new()) }
    }

    /// The clients, for an embedder's own calls to the same account and region.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Refuses to write an object that is only read.
    fn writable(target: &Target, operation: &'static str) -> Result<(), ProviderError> {
        if target.claim != Claim::ReadOnly {
            return Ok(());
        }
        let error = ProviderError::new(ErrorClass::Denied, operation, target.address.clone());
        Err(error.with_message(format!("`{}` is observed only: MATE never writes it", target.name)))
    }

    /// The drivers, the embedder's own among them.
    pub(crate) fn drivers(&self) -> impl Iterator<Item = &Arc<dyn Driver>> {
        self.drivers.values()
    }

    fn driver(&self, kind: &KindName, address: &Address) -> Result<&Arc<dyn Driver>, ProviderError> {
        self.drivers.get(kind).ok_or_else(|| {
            ProviderError::new(ErrorClass::Unsupported, "find driver", address.clone()).with_message(format!(
                "no driver for {kind}: turn on its feature of mate-aws, or add one to the builder"
            ))
        })
    }
}

#[async_trait]
impl Provider for AwsProvider {
    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        let mut by_kind: BTreeMap<KindName, (Vec<usize>, Vec<Target>)> = BTreeMap::new();
        let mut answers: Vec<Option<Observation>> = targets.iter().map(|_| None).collect();
        for (index, target) in targets.into_iter().enumerate() {
            let group = by_kind.entry(target.kind.clone()).or_default();
            group.0.push(index);
            group.1.push(target);
        }
        let groups = by_kind.into_iter().map(|(kind, (indices, targets))| async move {
            let observations = match self.driver(&kind, &targets[0].address) {
                Ok(driver) => driver.observe(&self.aws, &targets).await,
                Err(_) => targets
                    .iter()
                    .filter_map(|target| self.driver(&kind, &target.address).err().map(Observation::Unknown))
                    .collect(),
            };
            (indices, observations)
        });
        for (indices, observations) in join_all(groups).await {
            for (index, observation) in indices.into_iter().zip(observations) {
                answers[index] = Some(observation);
            }
        }
        answers.into_iter().map(|answer| answer.expect("a driver answers once per target")).collect()
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        Self::writable(&request.target, "create")?;
        let driver = self.driver(&request.target.kind, &request.target.address)?;
        counted(driver.create(&self.aws, &request)).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        Self::writable(&request.target, "update")?;
        let driver = self.driver(&request.target.kind, &request.target.address)?;
        counted(driver.update(&self.aws, &request)).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
        Self::writable(&request.target, "delete")?;
        let driver = self.driver(&request.target.kind, &request.target.address)?;
        counted(driver.delete(&self.aws, &request)).await
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        let mut found: BTreeMap<String, Discovered> = BTreeMap::new();
        #[cfg(feature = "tagging")]
        for object in crate::discover::tagged(&self.aws, &self.drivers, &scope).await? {
            found.insert(object.arn.clone(), object);
        }
        for driver in self.drivers.values() {
            for object in driver.discover(&self.aws, &scope).await? {
                found.insert(object.arn.clone(), object);
            }
        }
        // What is global belongs to one region, whichever asks.
        Ok(found.into_values().filter(|object| crate::tags::is_here(&object.tags, &self.aws.region)).collect())
    }

    #[cfg(feature = "ecr")]
    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        crate::images::digest(&self.aws, image).await
    }

    #[cfg(feature = "sts")]
    async fn identity(&self) -> Result<Identity, ProviderError> {
        let anchor = Scope::Tags(mate_core::model::Tags::new()).anchor();
        let answer = self.aws.sts.get_caller_identity().send().await;
        let answer = answer.map_err(crate::classify::failed(&anchor, "sts:GetCallerIdentity"))?;
        let account_id = answer.account.ok_or_else(|| {
            ProviderError::new(ErrorClass::Bug, "sts:GetCallerIdentity", anchor)
                .with_message("the answer holds no account")
        })?;
        Ok(Identity { account_id, region: self.aws.region.clone() })
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.driver(&target.kind, &target.address)?.diagnose(&self.aws, &target).await
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        crate::quotas::quotas(&self.aws, quotas).await
    }
}
