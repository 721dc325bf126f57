//! From what is wanted of a tenant to its design, and from there to a plan.

use super::desk::digest;
use super::{DestroyOptions, Error, Inner, resume};
use crate::blueprint::Design;
use crate::lifecycle::{Wanted, operate, with_release};
use crate::model::ids::TenantKey;
use crate::plan::{After, Plan};
use crate::spec::{ResolvedTenant, TenantSpec};
use crate::state::{Phase, RecordSummary};
use crate::vocab::{Goal, RepairSelection};
use crate::vocab::{Operating, TenantPhase, TenantVerb};

impl Inner {
    fn key(&self, tenant: &ResolvedTenant) -> TenantKey {
        TenantKey::new(self.base.environment.clone(), tenant.id.clone())
    }

    /// What the record says of a tenant of this design.
    fn after(&self, tenant: &ResolvedTenant, design: &Design, operating: Operating) -> After {
        After {
            phase: Some(Phase::Active),
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
        let (record, run) = self.desk.interrupted(key).await?;
        if run.goal == Goal::Amend {
            return Err(Error::NotPossible { key: key.clone(), reason: "renames: resume it, and rename back" });
        }
        if !matches!(run.goal, Goal::Apply | Goal::Unwind) {
            return Err(Error::NotPossible {
                key: key.clone(),
                reason: "cannot be undone: resume it, and provision the tenant again where it should be there",
            });
        }
        match &record.spec {
            None => self.desk.plan_unwind_made(key, options).await,
            Some(document) => {
                let operating = resume::undone(&record, &run);
                let mut plan = self
                    .plan_part(key, Some(document), operating.clone(), &run.selection().but(operating.deferred))
                    .await?;
                plan.goal = Goal::Unwind;
                plan.id = plan.digest();
                Ok(plan)
            }
        }
    }

    pub(super) async fn plan(&self, spec: &TenantSpec) -> Result<Plan, Error> {
        let record = self.desk.store.get(&TenantKey::new(self.base.environment.clone(), spec.id())).await?;
        let operating = record.as_ref().map(|record| record.operating.clone()).unwrap_or_default();
        if let Some(record) = record.filter(|_| !operating.mode.has_tasks()) {
            // A tenant without tasks stays as it is until it is resumed; to see to that it does is all that is planned.
            let phase = TenantPhase::of(Some(&record));
            if record.spec != Some(serde_json::to_value(spec).expect("a spec has the form of a document")) {
                return Err(Error::IllegalTransition { key: record.key, phase, verb: TenantVerb::Update });
            }
        }
        self.plan_wanted(Wanted { spec: spec.clone(), operating }).await
    }

    pub(super) async fn plan_wanted(&self, wanted: Wanted) -> Result<Plan, Error> {
        let (key, design, after) = self.designed(&wanted)?;
        self.desk.stands(&key.environment).await?;
        let selection = RepairSelection::all().but(wanted.operating.deferred);
        self.desk.plan_part(&key, design, after, &selection).await
    }
}
