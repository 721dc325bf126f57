//! The look at the health of a tenant.

use super::Error;
use super::desk::Desk;
use super::observe;
use crate::health::{Answers, Health, HealthRequest, assess, questions};
use crate::model::Graph;
use crate::model::ids::TenantKey;
use crate::plan::{PlanError, Snapshot, observe_targets};
use crate::provider::reads;
use crate::provider::{Claim, Diagnosis, Target};
use crate::rate::{Caller, Priority};
use crate::state::Record;

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
