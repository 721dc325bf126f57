//! From the desired state of a tenant to its design, and from there to a plan.

use super::desk::digest;
use super::{DestroyOptions, Error, Inner, resume};
use crate::blueprint::Design;
use crate::lifecycle::{Wanted, operate, with_release};
use crate::model::ids::TenantKey;
use crate::plan::{After, Plan};
use crate::spec::{ResolvedTenant, TenantSpec};
use crate::state::{Record, RecordPhase, RecordSummary};
use crate::vocab::{Goal, OnFailure, RepairSelection};
use crate::vocab::{Operating, TenantPhase, TenantVerb};

/// The refusal of a verb that the phase of a tenant does not admit.
pub(super) fn not_admitted(record: &Record, verb: TenantVerb) -> Error {
    let (key, phase) = (record.key.clone(), TenantPhase::of(Some(record)));
    Error::IllegalTransition { key, phase, possible: record.possible(), verb }
}

impl Inner {
    fn key(&self, tenant: &ResolvedTenant) -> TenantKey {
        TenantKey::new(self.base.environment.clone(), tenant.id.clone())
    }

    /// The record of a tenant of this design once the plan is carried out.
    fn after(&self, tenant: &ResolvedTenant, design: &Design, operating: Operating) -> After {
        After {
            phase: Some(RecordPhase::Active),
            spec_digest: digest(tenant),
            spec: None,
            operating,
            summary: RecordSummary {
                display_name: tenant.display_name.clone(),
                tier: tenant.tier.clone(),
                url: format!("https://{}.{}", tenant.subdomain, self.base.domain),
            },
            deletion_protection: tenant.deletion_protection.unwrap_or(self.base.enable_deletion_protection),
            outputs: design.outputs.clone(),
        }
    }

    pub(super) fn designed(&self, wanted: &Wanted) -> Result<(TenantKey, Design, After), Error> {
        let Wanted { spec, operating } = wanted;
        let tenant = with_release(self.catalogue.resolve(spec)?, operating);
        let key = self.key(&tenant);
        let design = self.blueprint.design(&tenant, &self.base)?;
        let design = operate(design, operating, &key, &self.desk.kinds)?;
        let document = serde_json::to_value(spec).expect("a spec has the form of a document");
        let after = After { spec: Some(document), ..self.after(&tenant, &design, operating.clone()) };
        Ok((key, design, after))
    }

    pub(super) async fn plan_unwind(&self, key: &TenantKey, options: &DestroyOptions) -> Result<Plan, Error> {
        self.plan_unwind_of(&self.desk.record(key).await?, options).await
    }

    /// Plans to undo the run that is interrupted by this record.
    pub(super) async fn plan_unwind_of(&self, recorded: &Record, options: &DestroyOptions) -> Result<Plan, Error> {
        let key = &recorded.key;
        let Some(run) = &recorded.run else { return Err(Error::NothingInterrupted(key.clone())) };
        if run.goal == Goal::Amend {
            return Err(Error::NotPossible { key: key.clone(), reason: "renames: resume it, and rename back" });
        }
        if !matches!(run.goal, Goal::Apply | Goal::Unwind) {
            return Err(Error::NotPossible {
                key: key.clone(),
                reason: "cannot be undone: resume it, and provision the tenant again where it should be there",
            });
        }
        match &recorded.spec {
            None => self.desk.plan_unwind_made(recorded, options).await,
            Some(document) => {
                let operating = resume::undone(recorded, run);
                let selection = run.selection().but(operating.deferred.clone());
                let wanted = Wanted { spec: resume::spec(key, Some(document))?, operating };
                let mut plan = self.plan_part(recorded, &wanted, &selection).await?;
                plan.goal = Goal::Unwind;
                let then = run.then().filter(|change| change.follows_a_way_back()).cloned();
                Ok(plan.going_on(OnFailure::Stop, then))
            }
        }
    }

    /// The record of a tenant, if there is one, and this spec run as that record says.
    pub(super) async fn wanted(&self, spec: TenantSpec) -> Result<(Option<Record>, Wanted), Error> {
        let record = self.desk.store.get(&TenantKey::new(self.base.environment.clone(), spec.id())).await?;
        let operating = record.as_ref().map(|record| record.operating.clone()).unwrap_or_default();
        Ok((record, Wanted { spec, operating }))
    }

    pub(super) async fn plan(&self, spec: &TenantSpec) -> Result<Plan, Error> {
        let (record, wanted) = self.wanted(spec.clone()).await?;
        if let Some(record) = record.as_ref().filter(|_| !wanted.operating.mode.has_tasks()) {
            // A tenant without tasks stays as it is until it is resumed; to see to that it does is all that is planned.
            if record.spec != Some(serde_json::to_value(spec).expect("a spec has the form of a document")) {
                return Err(not_admitted(record, TenantVerb::Update));
            }
        }
        self.plan_wanted(record.as_ref(), &wanted).await
    }

    /// Plans everything that brings a tenant from this record, or from none, to its desired state.
    pub(super) async fn plan_wanted(&self, record: Option<&Record>, wanted: &Wanted) -> Result<Plan, Error> {
        let (key, design, after) = self.designed(wanted)?;
        self.desk.stands(&key.environment).await?;
        let selection = RepairSelection::all().but(wanted.operating.deferred.clone());
        self.desk.plan_part((&key, record), design, after, &selection).await
    }
}
