//! Putting right a part of what has become different.

use super::{Applied, Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::resume;
use crate::lifecycle::Wanted;
use crate::model::ids::TenantKey;
use crate::plan::Plan;
use crate::state::Record;
use crate::vocab::{Consents, RepairSelection, TenantVerb};

impl Tenant {
    /// Plans to put right what is selected of what [`Tenant::drift`] shows, from the spec that the record holds. What is not
    /// selected is not touched, and shows as drift afterwards as before. Changes nothing. Carried out by [`Mate::apply`].
    ///
    /// - By class or by node, field by field: of one object its open security group is closed, and its changed tag left.
    /// - What is selected and needs an object that is gone has that one made too; what refers to an object that is made anew
    ///   follows it. The reasons say so.
    /// - Objects that the tenant no longer should have are no drift: [`RepairSelection::all`] is what [`Mate::plan`] plans.
    /// - An object that is somebody else's now is refused, whatever is selected, as in any plan.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record; [`Error::NotPossible`] while a run is interrupted: resume it or unwind it first;
    /// [`Error::SpecNotRecorded`]; and as [`Mate::plan`].
    pub fn plan_repair(&self, selection: &RepairSelection) -> Operation<Plan> {
        let selection = selection.clone();
        self.operation(|inner, key, _, _| async move { inner.plan_repair(&key, &selection).await })
    }

    /// Puts right what is selected: [`Tenant::plan_repair`] and [`Mate::apply`] in one, with these consents.
    ///
    /// # Errors
    /// As [`Tenant::plan_repair`] and [`Mate::apply`].
    pub fn repair(&self, selection: &RepairSelection, consents: Consents) -> Operation<Applied> {
        let selection = selection.clone();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_repair(&key, &selection).await?;
            inner.desk.apply(plan, &consents, &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn plan_repair(&self, key: &TenantKey, selection: &RepairSelection) -> Result<Plan, Error> {
        let record = self.desk.record(key).await?;
        if record.run.is_some() {
            return Err(Error::NotPossible { key: key.clone(), reason: "goes first: resume it, or unwind it" });
        }
        let selection = selection.clone().but(record.operating.deferred.clone());
        let wanted = Wanted { spec: resume::spec(key, record.spec.as_ref())?, operating: record.operating.clone() };
        let plan = self.plan_part(&record, &wanted, &selection).await?;
        Ok(plan.of_verb(TenantVerb::Repair))
    }

    /// Plans a part of what it takes to bring a tenant that is recorded to what is wanted of it.
    pub(in crate::client) async fn plan_part(
        &self,
        record: &Record,
        wanted: &Wanted,
        selection: &RepairSelection,
    ) -> Result<Plan, Error> {
        let (key, design, after) = self.designed(wanted)?;
        self.desk.stands(&key.environment).await?;
        self.desk.plan_part((&key, Some(record)), design, after, selection).await
    }
}
