//! The state of a tenant, and its history. Nothing here changes anything.

use std::collections::BTreeMap;

#[cfg(doc)]
use super::Error;
use super::{Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::{Drift, TenantDiagnosis, TenantStatus};
use crate::health::Health;
use crate::kinds::Certificate;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Kind, Tags};
use crate::provider::{Claim, Target};
use crate::spec::Base;
use crate::state::{LogEntry, Verified};

impl Tenant {
    /// The status of a tenant: its record, and each of its objects as it is now. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn status(&self) -> Operation<TenantStatus> {
        self.operation(|inner, key, _, _| async move { inner.desk.status(&key).await })
    }

    /// The health of a tenant: one verdict, with the reasons for it and the next step to take. Changes nothing.
    ///
    /// Services are compared with their desired counts, so that a suspended tenant is healthy without tasks; the database, the
    /// cache and every other object must be ready. The cloud is asked about each object that is not ready, and about targets,
    /// storage, maintenance, deployments and the certificate of those that are.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`]. What cannot be asked is a reason, and no error.
    pub fn health(&self) -> Operation<Health> {
        self.operation(|inner, key, _, _| async move { inner.desk.health(&key, certificate(&inner.base)).await })
    }

    /// The diagnosis of a tenant: every object that is not ready, with its findings and the advice. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn diagnose(&self) -> Operation<TenantDiagnosis> {
        self.operation(|inner, key, _, _| async move { inner.desk.diagnose(&key).await })
    }

    /// The differences from the last applied state: fields, tags, objects that are gone. Changes nothing, in the cloud or in
    /// the store; [`Mate::plan`] shows the steps that put it right.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn drift(&self) -> Operation<Drift> {
        self.operation(|inner, key, _, _| async move { inner.desk.drift(&key).await })
    }

    /// The outputs of a tenant, from its record.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn outputs(&self) -> Operation<BTreeMap<String, String>> {
        self.operation(|inner, key, _, _| async move { Ok(inner.desk.record(&key).await?.outputs) })
    }

    /// The history of a tenant, oldest first: actor, time, verb, reason, plan, and result. Also of a tenant that is gone, and
    /// across its lives.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn history(&self) -> Operation<Vec<LogEntry>> {
        self.operation(|inner, key, _, _| async move { inner.desk.history(&key).await })
    }

    /// Verifies the log of a tenant: that no entry was changed, removed or moved, and that its end is the one that the record
    /// knows. Of a tenant that is gone no record knows the end: compare [`Verified::head`] with one that was kept elsewhere.
    ///
    /// # Errors
    /// [`Error::Log`] at the first entry that is wrong, [`Error::Store`].
    pub fn verify(&self) -> Operation<Verified> {
        self.operation(|inner, key, _, _| async move { inner.desk.verify(&key).await })
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
