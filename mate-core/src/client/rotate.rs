//! Rotation of secrets: new values, consumers that take them, and the old ones retired.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Applied, Error, Inner, Mate};
use crate::client::Operation;
use crate::engine::{Cancellation, EventSender};
use crate::kinds::Secret;
use crate::lifecycle::Change;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantId, TenantKey};
use crate::plan::Plan;
use crate::spec::{SpecError, SpecErrors};
use crate::vocab::Consents;
use crate::vocab::TenantVerb;

impl Mate {
    /// Plans a rotation of these secrets, by node (`database-credentials`, `redis-auth`, `django-secret-key`); of all where none is
    /// named. Changes nothing, and no value is in the plan.
    ///
    /// # Errors
    /// [`Error::Spec`] for a node that is no secret of the tenant's, and as [`Mate::plan_change`].
    pub fn plan_rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Operation<Plan> {
        let (inner, key, secrets) = (Arc::clone(&self.inner), self.key(tenant), secrets.to_vec());
        Operation::new(|_, _| async move { inner.plan_rotate(&key, &secrets).await })
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
    /// again. If the process dies before 4, [`Mate::tend`] does that.
    ///
    /// # Errors
    /// As [`Mate::plan_rotate`] and [`Mate::apply`].
    pub fn rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Operation<Applied> {
        let (inner, key, secrets) = (Arc::clone(&self.inner), self.key(tenant), secrets.to_vec());
        Operation::new(|events, cancellation| async move { inner.rotate(&key, &secrets, &events, &cancellation).await })
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
        self.plan_change(key, Change::Rotate(generations)).await
    }

    async fn rotate(
        &self,
        key: &TenantKey,
        secrets: &[NodeId],
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        let plan = self.plan_rotate(key, secrets).await?;
        self.rotate_or_put_back(plan, &Consents::none(), events, cancellation).await
    }

    /// Carries out the plan of a rotation, or puts every value back; in the end the cache takes its present token only.
    pub(super) async fn rotate_or_put_back(
        &self,
        plan: Plan,
        consents: &Consents,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        let key = &plan.key.clone();
        let two_tokens = |kind| {
            let model = self.desk.kinds.get(kind).ok();
            model.and_then(|model| model.credentials).is_some_and(|rule| rule.only.is_some())
        };
        let tokens = plan.steps.iter().any(|step| two_tokens(&step.kind) && !step.changes.is_empty());
        let applied = self.apply_or_go_back(plan, consents, events, cancellation).await?;
        let applied = applied.map_err(|reason| Error::PutBack { key: key.clone(), reason })?;
        if tokens { self.retire_tokens(key, events, cancellation).await } else { Ok(applied) }
    }

    /// Has the cache take its present token only.
    pub(super) async fn retire_tokens(
        &self,
        key: &TenantKey,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        let plan = self.plan_change(key, Change::RetireTokens).await?;
        self.desk.apply(plan, &Consents::none(), events, cancellation).await
    }
}
