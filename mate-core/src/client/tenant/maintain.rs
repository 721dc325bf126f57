//! Maintenance: what takes a tenant down waits for its window, and is done there behind a page.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::{Applied, Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::carry::Way;
use crate::client::resume;
use crate::engine::{Cancellation, EventSender};
use crate::lifecycle::{Change, Wanted};
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::plan::{Action, Plan};
use crate::spec::Tier;
use crate::state::Record;
use crate::vocab::{Consents, MaintenanceWindow, Mode, OnFailure, Page, TenantVerb, Waiting};

/// The windows of tenants that have none of their own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows {
    usual: Option<MaintenanceWindow>,
    tiers: BTreeMap<String, MaintenanceWindow>,
}

impl Windows {
    pub(in crate::client) fn set(&mut self, tier: Option<&Tier>, window: MaintenanceWindow) {
        match tier {
            Some(tier) => drop(self.tiers.insert(tier.to_string(), window)),
            None => self.usual = Some(window),
        }
    }

    fn of(&self, record: &Record) -> Option<MaintenanceWindow> {
        record.operating.window.or_else(|| self.tiers.get(&record.summary.tier).copied()).or(self.usual)
    }
}

/// The options of a maintenance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaintenanceOptions {
    /// The load balancer's answer meanwhile.
    pub page: Page,
    /// True if the work is done outside the window too, and where it usually takes longer than the window is open.
    pub regardless_of_time: bool,
    /// Consent to what the work loses; the call itself is the consent to its downtime.
    pub consents: Consents,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        Self { page: Page::maintenance(), regardless_of_time: false, consents: Consents::none() }
    }
}

impl MaintenanceOptions {
    /// Within the window, behind [`Page::maintenance`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the load balancer answers meanwhile.
    #[must_use]
    pub fn with_page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Now, whatever the window says.
    #[must_use]
    pub fn regardless_of_time(mut self) -> Self {
        self.regardless_of_time = true;
        self
    }

    /// Sets the consent to what the work loses.
    #[must_use]
    pub fn with_consents(mut self, consents: Consents) -> Self {
        self.consents = consents;
        self
    }
}

/// The result of a maintenance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct MaintenanceReport {
    /// The tenant.
    pub key: TenantKey,
    /// Its window; none where none is set.
    pub window: Option<MaintenanceWindow>,
    /// The time at which it began, in seconds of the Unix epoch.
    pub began_at: i64,
    /// The time at which it was over, in seconds of the Unix epoch.
    pub ended_at: i64,
    /// The time for which the page stood. Zero where there was nothing to do, or another page stood there anyway.
    pub down: Duration,
    /// The work that was done, in the order of the plan.
    pub work: Vec<MaintenanceWork>,
}

/// One piece of work of a maintenance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MaintenanceWork {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// The work, and its reason, as the plan said it.
    pub reason: String,
}

impl Tenant {
    /// Plans a change of which what takes the tenant down waits for its maintenance: the plan has the rest, and its steps that are
    /// left as they are say what waits. Changes nothing.
    ///
    /// # Errors
    /// [`Error::CannotWait`] for anything but an update, a scale or a change of tier; and as [`Tenant::plan_change`].
    pub fn plan_deferred(&self, change: Change) -> Operation<Plan> {
        self.operation(|inner, key, _, _| async move { inner.plan_deferred(&key, change).await })
    }

    /// Carries out a change but for what takes the tenant down, which waits for its maintenance.
    ///
    /// 1. [`Tenant::plan_deferred`]. What waits is recorded field by field, with objects that have to stay until then.
    /// 2. The rest is done now, as [`Tenant::change`] does it.
    ///
    /// The spec of the record is the new one from then on. Every later plan leaves what waits as it is, until [`Tenant::maintain`]
    /// or, within the window, [`Tenant::tend`] does it; it is no drift meanwhile.
    ///
    /// # Errors
    /// As [`Tenant::plan_deferred`] and [`Mate::apply`].
    pub fn defer(&self, change: Change, consents: Consents) -> Operation<Applied> {
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_deferred(&key, change).await?;
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }

    /// Sets the time of the week in which a tenant is maintained; none for that of its tier
    /// ([`crate::client::MateBuilder::maintenance_window`]). Changes nothing in the cloud.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn set_maintenance_window(&self, window: Option<MaintenanceWindow>) -> Operation<Applied> {
        self.change(Change::SetMaintenanceWindow(window), Consents::none())
    }

    /// Plans what waits for a tenant's maintenance. Changes nothing.
    ///
    /// # Errors
    /// As [`Tenant::plan_change`].
    pub fn plan_maintenance(&self) -> Operation<Plan> {
        self.plan_change(Change::Maintain)
    }

    /// Maintains a tenant: does what [`Tenant::defer`] has left. Where nothing waits, nothing is done.
    ///
    /// 1. Refused outside the window, and where the work usually takes longer than the window is open.
    /// 2. The load balancer answers with a page. From then on nothing else is done with the tenant but an emergency shutdown or its end.
    /// 3. The work. Where it fails, what was before comes back by itself.
    /// 4. The page goes, and the report tells what was done.
    ///
    /// A tenant that is deactivated keeps its own page. Killed or dropped at any instant, [`Tenant::resume_run`] brings the run to its
    /// end, and [`Tenant::maintain`] or [`Tenant::tend`] goes on from there, whatever time it is by then: the page has to go.
    ///
    /// # Errors
    /// [`Error::NotTheTime`]; [`Error::Maintenance`] where the work failed; and as [`Tenant::plan_change`] and [`Mate::apply`].
    pub fn maintain(&self, options: &MaintenanceOptions) -> Operation<MaintenanceReport> {
        let options = options.clone();
        self.operation(|inner, key, events, cancellation| async move {
            inner.maintain(&key, &options, &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn plan_deferred(&self, key: &TenantKey, change: Change) -> Result<Plan, Error> {
        let verb = change.verb();
        if !change.can_wait() {
            return Err(Error::CannotWait { verb });
        }
        let record = self.admitted(key, verb).await?;
        let spec = resume::spec(key, record.spec.as_ref())?;
        let mut wanted = change.of(Wanted { spec, operating: record.operating.clone() })?;
        loop {
            let plan = self.plan_wanted(Some(&record), &wanted).await?;
            let waiting = waiting(&plan, &record, &wanted.operating.deferred);
            if waiting.is_empty() {
                self.refuse_lost(&plan, &record, verb)?;
                return Ok(plan.of_verb(verb));
            }
            wanted.operating.deferred.extend(waiting);
        }
    }

    /// Returns true if a tenant has work that its maintenance can begin, or has begun, now.
    pub(in crate::client) fn can_be_maintained(&self, record: &Record) -> bool {
        let open = || self.windows.of(record)?.remaining(self.desk.provider.clock().unix_seconds());
        let waits = !record.operating.deferred.is_empty() && record.operating.mode.has_tasks();
        matches!(record.operating.mode, Mode::Maintained(_)) || waits && open().is_some()
    }

    pub(in crate::client) async fn maintain(
        &self,
        key: &TenantKey,
        options: &MaintenanceOptions,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<MaintenanceReport, Error> {
        let record = self.admitted(key, TenantVerb::Maintain).await?;
        let clock = self.desk.provider.clock();
        let now = || clock.unix_seconds();
        let window = self.windows.of(&record);
        let mut report = MaintenanceReport {
            key: key.clone(),
            window,
            began_at: now(),
            ended_at: now(),
            down: Duration::ZERO,
            work: Vec::new(),
        };
        let begun = matches!(record.operating.mode, Mode::Maintained(_));
        if record.operating.deferred.is_empty() && !begun {
            return Ok(report);
        }
        let plan = self.planned_change(&record, Change::Maintain).await?;
        let consents = options.consents.clone().and_to_downtime_of(&plan);
        plan.check(&consents).map_err(Error::Consent)?;
        if !begun && !options.regardless_of_time {
            self.check_time(&record, &plan)?;
        }
        let work = work_of(&plan);
        let page = begun || record.operating.mode.page().is_none();
        let plan = if page && !begun {
            let page = Change::BeginMaintenance(options.page.clone());
            let page = self.planned_change(&record, page).await?;
            page.going_on(OnFailure::Stop, Some(Change::Maintain))
        } else {
            plan
        };
        let (way, consents) = (Way::of(&plan), options.consents.clone().and_to_downtime_of(&plan));
        let stands_since = now();
        let ended = self.desk.apply(plan, &consents, events, cancellation).await;
        let stands_since = if begun { stands_since } else { now() };
        let arrived = self.go_on(way, &consents, ended, events, cancellation).await?;
        self.desk.told(arrived).await?;
        report.work = work;
        report.ended_at = now();
        if page {
            report.down = Duration::from_secs(u64::try_from(report.ended_at - stands_since).unwrap_or(0));
        }
        Ok(report)
    }

    /// Refuses work for which the window is not open, or not open for long enough.
    fn check_time(&self, record: &Record, plan: &Plan) -> Result<(), Error> {
        let now = self.desk.provider.clock().unix_seconds();
        let (window, needs) = (self.windows.of(record), plan.expected());
        let left = window.and_then(|window| window.remaining(now));
        if left.is_some_and(|left| left >= needs) {
            return Ok(());
        }
        let next = window.map(|window| window.next(now));
        Err(Error::NotTheTime { key: record.key.clone(), window, next, needs, left })
    }
}

fn work_of(plan: &Plan) -> Vec<MaintenanceWork> {
    let done = plan.steps.iter().filter(|step| step.action.acts());
    let work = done.map(|step| MaintenanceWork {
        node: step.node.clone(),
        kind: step.kind.clone(),
        name: step.name.clone(),
        reason: step.reason.clone(),
    });
    work.collect()
}

/// The changes of a plan that take the tenant down and can wait, besides those that wait already; and the changes of objects
/// that are still used, as they are, by one of which a change waits.
fn waiting(plan: &Plan, record: &Record, deferred: &Waiting) -> Waiting {
    let mut waiting: Waiting =
        plan.can_wait().map(|step| (step.node.clone(), step.fields().into_iter().collect())).collect();
    let used: BTreeSet<&NodeId> = deferred
        .keys()
        .chain(waiting.keys())
        .filter_map(|id| record.nodes.get(id))
        .flat_map(|node| &node.depends_on)
        .collect();
    let going = plan.steps.iter().filter(|step| used.contains(&step.node) && !deferred.contains_key(&step.node));
    let kept: Waiting = going
        .filter_map(|step| match step.action {
            Action::Delete | Action::DeleteLeftover | Action::Rest => Some((step.node.clone(), BTreeSet::new())),
            Action::Replace { .. } => Some((step.node.clone(), step.fields().into_iter().collect())),
            _ => None,
        })
        .collect();
    waiting.extend(kept);
    waiting
}
