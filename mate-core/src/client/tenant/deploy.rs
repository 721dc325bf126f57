//! Deployments, the way back from them, and the releases that there were.

use std::collections::BTreeMap;

use super::{Applied, Error, Inner, Operation, Tenant};
use crate::blueprint::image_uri;
#[cfg(doc)]
use crate::client::Mate;
use crate::client::planning::not_admitted;
use crate::client::resume;
#[cfg(doc)]
use crate::kinds::service::DeploymentStrategy;
use crate::lifecycle::{Change, Deployment, reference_of, with_release};
use crate::model::ids::TenantKey;
use crate::plan::Plan;
use crate::spec::ServiceName;
use crate::state::Record;
use crate::vocab::Consents;
use crate::vocab::{Release, TenantPhase, TenantVerb};

impl Tenant {
    /// Plans a deployment. Tags are looked up in the registry, and the plan names the digests. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Spec`] for services that the tenant does not have, [`Error::NoImage`] for a tag or digest that is not in the
    /// registry, and as [`Tenant::plan_change`].
    pub fn plan_deploy(&self, deployment: &Deployment) -> Operation<Plan> {
        let deployment = deployment.clone();
        self.operation(|inner, key, _, _| async move { inner.plan_deploy(&key, &deployment).await })
    }

    /// Deploys images.
    ///
    /// 1. Each tag is looked up once, and recorded as the digest that it means now.
    /// 2. New task definitions are registered. A migration runs as a task of its own and has to exit with 0.
    /// 3. The services move: by [`DeploymentStrategy::BlueGreen`] or [`DeploymentStrategy::Canary`] behind a second target group, between
    ///    which and the first ECS moves the traffic, whether this process lives or not; else each replacing its tasks as its percentages admit, watched by ECS's circuit breaker. It is over when
    ///    every task of the new release runs and, behind the load balancer, answers the application's own health check.
    /// 4. The release stands in the record, for [`Tenant::rollback`].
    ///
    /// Where a step fails, the tenant goes back by itself to what ran before, and the error is [`Error::RolledBack`] with the
    /// reason. A migration is not undone: it has to be one that the former release can live with.
    ///
    /// # Errors
    /// As [`Tenant::plan_deploy`] and [`Mate::apply`]. When the way back fails too, its own error, and [`Tenant::resume_run`] goes on.
    pub fn deploy(&self, deployment: &Deployment, consents: Consents) -> Operation<Applied> {
        let deployment = deployment.clone();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_deploy(&key, &deployment).await?;
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }

    /// Plans to go back to a release: the one of this number, or the one before the present one. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NoRelease`] where there is none, and as [`Tenant::plan_change`].
    pub fn plan_rollback(&self, to: Option<u32>) -> Operation<Plan> {
        self.operation(move |inner, key, _, _| async move { inner.plan_rollback(&key, to).await })
    }

    /// Goes back to a release that ran: the one of this number, or the one before the present one. Its migration does not run
    /// again. Otherwise as [`Tenant::deploy`].
    ///
    /// # Errors
    /// As [`Tenant::plan_rollback`] and [`Tenant::deploy`].
    pub fn rollback(&self, to: Option<u32>, consents: Consents) -> Operation<Applied> {
        self.operation(move |inner, key, events, cancellation| async move {
            let plan = inner.plan_rollback(&key, to).await?;
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }

    /// Starts the tasks of these services anew, of all where none is named, with the same images: a forced new deployment.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn restart(&self, services: Vec<ServiceName>) -> Operation<Applied> {
        self.change(Change::Restart(services), Consents::none())
    }

    /// The releases that a tenant has run, the latest last, and which it runs now.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn releases(&self) -> Operation<Releases> {
        self.operation(|inner, key, _, _| async move {
            let record = inner.desk.record(&key).await?;
            Ok(Releases { current: record.operating.release.map(|release| release.number), releases: record.releases })
        })
    }
}

/// The releases of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Releases {
    /// The one that it runs; none before its first deployment, when it runs the images of its spec.
    pub current: Option<u32>,
    /// Those that it has run, the latest last; the last [`Record::RELEASES`].
    pub releases: Vec<Release>,
}

impl Inner {
    async fn plan_deploy(&self, key: &TenantKey, deployment: &Deployment) -> Result<Plan, Error> {
        let record = self.admitted(key, TenantVerb::Deploy).await?;
        let spec = resume::spec(key, record.spec.as_ref())?;
        let tenant = with_release(self.catalogue.resolve(&spec)?, &record.operating);
        let mut images = BTreeMap::new();
        let mut digests: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (service, image) in deployment.images(&tenant, record.operating.strategy)? {
            let uri = image_uri(&self.base, &image)?;
            if !digests.contains_key(&uri) {
                let digest = self.desk.provider.image_digest(&uri).await.map_err(|source| match source.class {
                    crate::provider::ErrorClass::NotFound => Error::NoImage { image: uri.clone(), source },
                    _ => Error::Provider(source),
                })?;
                digests.insert(uri.clone(), digest);
            }
            let reference = digests[&uri].clone().unwrap_or_else(|| reference_of(&image).to_owned());
            images.insert(service, reference);
        }
        let release = Release {
            number: next_number(&record),
            images,
            migration: deployment.migration.clone(),
            strategy: deployment.strategy,
        };
        self.planned_change(&record, Change::Deploy(release)).await
    }

    async fn plan_rollback(&self, key: &TenantKey, to: Option<u32>) -> Result<Plan, Error> {
        let record = self.admitted(key, TenantVerb::Rollback).await?;
        let current = record.operating.release.as_ref().map(|release| release.number);
        let known: Vec<u32> = record.releases.iter().map(|release| release.number).collect();
        let before = || current.and_then(|current| known.iter().rev().find(|number| **number < current).copied());
        let release = to.or_else(before).and_then(|to| record.releases.iter().find(|release| release.number == to));
        let Some(release) = release.cloned() else { return Err(Error::NoRelease { key: key.clone(), to, known }) };
        let change = Change::Rollback(Release { migration: None, strategy: None, ..release });
        self.planned_change(&record, change).await
    }

    /// The record of a tenant whose phase admits the verb.
    pub(in crate::client) async fn admitted(&self, key: &TenantKey, verb: TenantVerb) -> Result<Record, Error> {
        let record = self.desk.record(key).await?;
        if TenantPhase::of(Some(&record)).admits(verb) { Ok(record) } else { Err(not_admitted(&record, verb)) }
    }
}

/// Numbers count up for ever: one that was given stays in the record, whether its release is still kept or not.
fn next_number(record: &Record) -> u32 {
    let present = record.operating.release.iter().chain(&record.releases).map(|release| release.number);
    present.max().unwrap_or(0) + 1
}
