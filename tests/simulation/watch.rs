//! The cloud as one controller works at one tenant with it: every call is checked before it is made.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mate::SimCloud;
use mate::clock::Clock;
use mate::model::ids::{Address, KindName, TenantKey};
use mate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Identity, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, Scope, Target, UpdateRequest,
};
use mate::rate::Sending;

use crate::findings::Findings;
use crate::ledger::Ledger;
use crate::world::Bug;
use crate::{apart, journalled, nothing_late, protected};

/// Objects that a call may have made after its run had lost the lease. That is not promised against, but that `unclaimed` tells
/// of them is.
pub(crate) type Late = Arc<Mutex<BTreeSet<(KindName, Address)>>>;

#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) cloud: SimCloud,
    /// The controller.
    pub(crate) owner: String,
    pub(crate) tenant: TenantKey,
    pub(crate) ledger: Ledger,
    pub(crate) late: Late,
    pub(crate) findings: Findings,
    pub(crate) bug: Arc<dyn Bug>,
}

/// A call in flight: when it ends, or dies, its run may have lost the lease.
struct Flight<'a> {
    watch: &'a Watch,
    target: (KindName, Address),
    fence: Option<u64>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let holder = self.watch.ledger.page(&self.watch.tenant).holder.map(|(fence, _)| fence);
        if holder != self.fence {
            self.watch.late.lock().unwrap_or_else(PoisonError::into_inner).insert(self.target.clone());
        }
    }
}

impl Watch {
    /// The call is sent, as soon as its run may send anything.
    async fn sends(&self, word: &str, target: &Target) {
        if !self.bug.sends_late() {
            drop(Sending::begin().await);
        }
        nothing_late::sends(
            &self.findings,
            &self.ledger,
            (&self.tenant, &self.owner),
            &format!("{word} of {}", target.address),
        );
    }

    fn flight(&self, target: &Target) -> Flight<'_> {
        let fence = self.ledger.page(&self.tenant).holder.map(|(fence, _)| fence);
        Flight { watch: self, target: (target.kind.clone(), target.address.clone()), fence }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Provider for Watch {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        for target in &targets {
            apart::asked(&self.findings, &self.tenant, target);
        }
        self.cloud.observe(targets).await
    }

    async fn create(&self, mut request: CreateRequest) -> Result<Created, ProviderError> {
        self.bug.creates(&mut request);
        self.sends("the creation", &request.target).await;
        apart::asked(&self.findings, &self.tenant, &request.target);
        journalled::creates(&self.findings, &self.ledger, &self.tenant, &request);
        let flight = self.flight(&request.target);
        let object = (request.target.kind.clone(), request.target.name.clone());
        let answer = self.cloud.create(request).await;
        drop(flight);
        if let Ok(created) = &answer {
            apart::answered(&self.findings, &self.cloud, &self.tenant, &object, created);
        }
        answer
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        self.sends("the update", &request.target).await;
        apart::asked(&self.findings, &self.tenant, &request.target);
        journalled::changes(&self.findings, &self.ledger, &self.tenant, &request.target);
        if self.bug.loses_update(&request)
            && let Some(Observation::Present(live)) = self.cloud.observe(vec![request.target.clone()]).await.pop()
        {
            return Ok(Created::from(live));
        }
        let object = (request.target.kind.clone(), request.target.name.clone());
        let answer = self.cloud.update(request).await;
        if let Ok(created) = &answer {
            apart::answered(&self.findings, &self.cloud, &self.tenant, &object, created);
        }
        answer
    }

    async fn delete(&self, mut request: DeleteRequest) -> Result<Deleted, ProviderError> {
        self.bug.deletes(&mut request);
        self.sends("the deletion", &request.target).await;
        apart::asked(&self.findings, &self.tenant, &request.target);
        journalled::changes(&self.findings, &self.ledger, &self.tenant, &request.target);
        protected::deletes(&self.findings, &self.ledger, &self.tenant, &request);
        self.cloud.delete(request).await
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        self.cloud.discover(scope).await
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.cloud.diagnose(target).await
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        self.cloud.quotas(quotas).await
    }

    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        self.cloud.image_digest(image).await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.cloud.identity().await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.cloud.clock()
    }
}
