//! Rotation of secrets: new values, consumers that take them, and the old ones retired.

use std::collections::BTreeMap;

use super::{Applied, Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::kinds::Secret;
use crate::lifecycle::Change;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::plan::Plan;
use crate::spec::{SpecError, SpecErrors};
use crate::vocab::Consents;
use crate::vocab::TenantVerb;

impl Tenant {
    /// Plans a rotation of these secrets, by node (`database-credentials`, `redis-auth`, `django-secret-key`); of all where none is
    /// named. Changes nothing, and no value is in the plan.
    ///
    /// # Errors
    /// [`Error::Spec`] for a node that is no secret of the tenant's, and as [`Tenant::plan_change`].
    pub fn plan_rotate(&self, secrets: &[NodeId]) -> Operation<Plan> {
        let secrets = secrets.to_vec();
        self.operation(|inner, key, _, _| async move { inner.plan_rotate(&key, &secrets).await })
    }

    /// Rotates secrets.
    ///
    /// 1. Each gets a new value, generated where it is written; the value before is kept beside it.
    /// 2. The database takes its new password, and the cache its new token beside the one before.
    /// 3. Every service starts new tasks, which read the new values, and has to become steady with them.
    /// 4. The cache takes the new token only.
    ///
    /// Where a consumer fails, every value goes back to what it was, tasks and all, and the error is [`Error::PutBack`]. Between
    /// 2 and 3 running tasks keep their connections, and a task that starts in these seconds has the old password: it is started
    /// again. If the process dies before 4, [`Tenant::resume_run`] or [`Tenant::tend`] does that.
    ///
    /// # Errors
    /// As [`Tenant::plan_rotate`] and [`Mate::apply`].
    pub fn rotate(&self, secrets: &[NodeId]) -> Operation<Applied> {
        let secrets = secrets.to_vec();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_rotate(&key, &secrets).await?;
            inner.carry_out(plan, &Consents::none(), &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn plan_rotate(&self, key: &TenantKey, secrets: &[NodeId]) -> Result<Plan, Error> {
        let record = self.admitted(key, TenantVerb::Rotate).await?;
        let known: Vec<&NodeId> =
            record.nodes.iter().filter(|(_, node)| node.kind == Secret::name()).map(|(id, _)| id).collect();
        let unknown = secrets.iter().filter(|secret| !known.contains(secret)).map(|secret| {
            SpecError::unknown(
                format!("secrets.{secret}"),
                "secret",
                secret.as_str(),
                known.iter().map(|id| id.as_str()),
            )
        });
        if let Some(errors) = SpecErrors::from_list(unknown) {
            return Err(errors.into());
        }
        // The version of a record only counts up: no generation comes twice, whatever was rotated and put back before.
        let generation = u32::try_from(record.version).unwrap_or(u32::MAX);
        let chosen = known.into_iter().filter(|id| secrets.is_empty() || secrets.contains(id));
        let generations: BTreeMap<NodeId, u32> = chosen.map(|id| (id.clone(), generation)).collect();
        self.planned_change(&record, Change::Rotate(generations)).await
    }
}
