//! How well a tenant serves, found out.

use std::sync::Arc;

use super::desk::Desk;
use super::observe;
use super::{Error, Mate};
use crate::client::Operation;
use crate::health::{Answers, Health, HealthRequest, assess, questions};
use crate::kinds::Certificate;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantId, TenantKey};
use crate::model::{Graph, Tags};
use crate::plan::{PlanError, Snapshot, observe_targets};
use crate::provider::reads;
use crate::provider::{Claim, Diagnosis, Target};
use crate::rate::{Caller, Priority};
use crate::spec::Base;
use crate::state::Record;

impl Mate {
    /// How well a tenant serves: one verdict, with the reasons for it and what to do next. Changes nothing.
    ///
    /// Services are held against the counts that are wanted of them, so that a tenant that is suspended is not ill for having
    /// no task; the database, the cache and every other object against their being ready; the cloud is asked about what is
    /// not, and about targets, storage, maintenance, deployments and the certificate where it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`]. What cannot be asked is a reason, and no error.
    pub fn health(&self, tenant: &TenantId) -> Operation<Health> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { inner.desk.health(&key, certificate(&inner.base)).await })
    }
}

/// The certificate that the tenants of this base answer with.
fn certificate(base: &Base) -> Option<Target> {
    let node = NodeId::new("certificate").expect("a valid node id");
    (!base.certificate_arn.is_empty()).then(|| Target {
        address: TenantKey::platform(base.environment.clone()).node(node),
        kind: Certificate::name(),
        name: base.domain.clone(),
        physical_id: Some(base.certificate_arn.clone()),
        inputs: serde_json::Map::new().into(),
        tags: Tags::new(),
        claim: Claim::ReadOnly,
    })
}

impl Desk {
    pub(super) async fn health(&self, key: &TenantKey, certificate: Option<Target>) -> Result<Health, Error> {
        let record = self.record(key).await?;
        let graph = Graph::new();
        let snapshot = observe::snapshot(&*self.provider, key, &graph, Some(&record), &self.kinds, Claim::Owned)
            .await
            .map_err(PlanError::from)?;
        let caller = Caller::new(key.clone(), Priority::Scan);
        let answers = caller.clone().asks(self.answers(&record, &snapshot)).await?;
        let certificate = match certificate {
            Some(target) => Some(caller.asks(self.ask(target)).await),
            None => None,
        };
        Ok(assess(HealthRequest {
            kinds: &self.kinds,
            record: &record,
            snapshot: &snapshot,
            answers: &answers,
            certificate: certificate.as_ref(),
            now: self.provider.clock().unix_seconds(),
        }))
    }

    async fn answers(&self, record: &Record, snapshot: &Snapshot) -> Result<Answers, Error> {
        let asked = questions(&self.kinds, record, snapshot);
        let targets = observe_targets(&record.key, &Graph::new(), Some(record), &Default::default(), &self.kinds)
            .map_err(PlanError::from)?;
        let targets = targets.into_iter().filter(|target| asked.contains(&target.address.node));
        let answers = targets.map(|target| async { (target.address.node.clone(), self.ask(target).await) });
        Ok(futures::future::join_all(answers).await.into_iter().collect())
    }

    async fn ask(&self, target: Target) -> Result<Vec<Diagnosis>, String> {
        reads::diagnose(&*self.provider, target).await.map_err(|error| error.to_string())
    }
}
