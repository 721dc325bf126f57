//! Putting objects right: a part of what has become different, and an object that is to be made anew.

use std::collections::BTreeMap;

use super::{Applied, Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::resume;
use crate::lifecycle::{Change, Wanted};
use crate::model::ids::{NodeId, TenantKey};
use crate::plan::Plan;
use crate::spec::{SpecError, SpecErrors};
use crate::state::{Holding, NodeRecord, Record};
use crate::vocab::{Consents, RepairSelection, TenantVerb};

impl Tenant {
    /// Plans the repair of the selected differences that [`Tenant::drift`] shows, from the spec that the record holds. Others
    /// are not touched, and show as drift afterwards as before. Changes nothing. Carried out by [`Mate::apply`].
    ///
    /// - By class or by node, field by field: of one object its open security group is closed, and its changed tag left.
    /// - A selected object that needs one that is gone has that one made too; the objects that refer to one that is made anew
    ///   follow it. The reasons say so.
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

    /// Repairs the selected differences: [`Tenant::plan_repair`] and [`Mate::apply`] in one, with these consents.
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

    /// Plans to replace the objects of these nodes (`django-service`, `redis`), although they are as they should be. Changes nothing.
    /// [`Tenant::status`] names the nodes of a tenant.
    ///
    /// ```text
    /// -/+ redis (elasticache:ReplicationGroup)   different: generation; another object was asked for in its place
    /// ```
    ///
    /// - The order is that of the kind: the new object beside the old one where AWS allows two, else in the place of the old one,
    ///   with the downtime that the step states.
    /// - What refers to the object follows it, and is replaced with it where AWS cannot change the reference.
    /// - An object that holds data is replaced by an empty one. The step says which data is lost and which snapshot stays, and needs
    ///   consent.
    ///
    /// # Errors
    /// [`Error::Spec`] for a node that the tenant does not have, or whose object is only read or runs once; and as
    /// [`Tenant::plan_change`].
    pub fn plan_replace(&self, nodes: &[NodeId]) -> Operation<Plan> {
        let nodes = nodes.to_vec();
        self.operation(|inner, key, _, _| async move { inner.plan_replace(&key, &nodes).await })
    }

    /// Replaces the objects of these nodes: [`Tenant::plan_replace`] and [`Mate::apply`] in one, with these consents. For an object
    /// that misbehaves though AWS shows it as it should be, as `terraform apply -replace` does.
    ///
    /// Guaranteed: each is replaced once, also where the run is killed and resumed, because the record counts the generations of a
    /// node. After [`Tenant::unwind`] an object that was not replaced yet stays, and a new one stays in the place of one that is gone.
    ///
    /// # Errors
    /// As [`Tenant::plan_replace`] and [`Mate::apply`].
    pub fn replace(&self, nodes: &[NodeId], consents: Consents) -> Operation<Applied> {
        let nodes = nodes.to_vec();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_replace(&key, &nodes).await?;
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn plan_replace(&self, key: &TenantKey, nodes: &[NodeId]) -> Result<Plan, Error> {
        let record = self.admitted(key, TenantVerb::Replace).await?;
        let runs_once = |node: &NodeRecord| self.desk.kinds.get(&node.kind).is_ok_and(|model| model.run_once);
        let known: BTreeMap<&NodeId, &NodeRecord> =
            record.nodes.iter().filter(|(_, node)| node.holding != Holding::Observed && !runs_once(node)).collect();
        let unknown = nodes.iter().filter(|id| !known.contains_key(id)).map(|id| {
            let allowed = known.keys().map(|id| id.as_str());
            SpecError::unknown(format!("nodes.{id}"), "node that can be replaced", id.as_str(), allowed)
        });
        if let Some(errors) = SpecErrors::from_list(unknown) {
            return Err(errors.into());
        }
        let chosen = nodes.iter().filter_map(|id| known.get_key_value(id));
        let generations = chosen.map(|(id, node)| ((*id).clone(), node.generation + 1)).collect();
        self.planned_change(&record, Change::Replace(generations)).await
    }

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

    /// Plans a part of the changes that bring a recorded tenant to its desired state.
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
