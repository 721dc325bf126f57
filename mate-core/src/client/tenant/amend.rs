//! Other ids for nodes, and nodes that go out of the record, with every object as it is.

use super::{Applied, Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::observe;
use crate::client::resume;
use crate::lifecycle::Wanted;
use crate::model::Graph;
use crate::model::ids::{NodeId, TenantKey};
use crate::plan::{AmendError, Observed, Plan, PlanError, amend};
use crate::provider::Claim;
use crate::state::Record;
use crate::vocab::{Amendment, Consents};

impl Tenant {
    /// Plans to give nodes other ids, or to let them go out of the record. Changes nothing. Carried out by [`Mate::apply`].
    ///
    /// 1. The record's nodes get their new ids, and what refers to them follows.
    /// 2. The ownership tag of each object gets the new id. No object is made, replaced or deleted, and each keeps its name:
    ///    where the blueprint gives the new id another one, it is held as an adopted object is.
    /// 3. What is forgotten stays, without ownership tags.
    ///
    /// A run of it that was interrupted is finished by [`Tenant::resume_run`]; until then every other plan is refused, as the
    /// objects carry ids that the record no longer has.
    ///
    /// # Errors
    /// [`Error::Amend`] for a node that is not there or an id that is taken; [`Error::NotPossible`] while a run is
    /// interrupted; [`Error::NotFound`] and [`Error::Store`].
    pub fn plan_amend(&self, amendment: &Amendment) -> Operation<Plan> {
        let amendment = amendment.clone();
        self.operation(|inner, key, _, _| async move { inner.plan_amend(&key, &amendment).await })
    }

    /// Gives one node another id: [`Tenant::plan_amend`] and [`Mate::apply`] in one.
    ///
    /// # Errors
    /// As both.
    pub fn rename_node(&self, from: NodeId, to: NodeId) -> Operation<Applied> {
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_amend(&key, &Amendment::none().rename(from, to)).await?;
            inner.desk.apply(plan, &Consents::none(), &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn plan_amend(&self, key: &TenantKey, amendment: &Amendment) -> Result<Plan, Error> {
        let mut record = self.desk.record(key).await?;
        if record.run.is_some() {
            return Err(Error::NotPossible { key: key.clone(), reason: "goes first: resume it, or unwind it" });
        }
        // A problem of the ids is returned before the cloud is asked.
        let plan = self.amendment(&record, amendment)?;
        let named = |id: &NodeId| amendment.renames().contains_key(id) || amendment.forgets().contains(id);
        record.nodes.retain(|id, _| named(id));
        let (desk, graph) = (&self.desk, Graph::new());
        let look = observe::snapshot(&*desk.provider, key, &graph, Some(&record), &desk.kinds, Claim::Owned);
        for (node, observed) in look.await.map_err(PlanError::from)? {
            let problem = match observed {
                Observed::Present(_) => continue,
                Observed::Absent => "is gone".to_owned(),
                Observed::Foreign(whose) => format!("is not ours: {whose}"),
                Observed::Unknown(why) => format!("could not be read: {why}"),
            };
            return Err(Error::Amend { key: key.clone(), source: AmendError::NotThere { node, problem } });
        }
        Ok(plan)
    }

    /// The plan of an amendment that begins or goes on, from the record.
    pub(in crate::client) fn amendment(&self, record: &Record, amendment: &Amendment) -> Result<Plan, Error> {
        let key = &record.key;
        let graph = match &record.spec {
            Some(spec) => {
                let (spec, operating) = (resume::spec(key, Some(spec))?, record.operating.clone());
                self.designed(&Wanted { spec, operating })?.1.graph
            }
            None => Graph::new(),
        };
        amend(record, amendment, &self.desk.kinds, &graph).map_err(|source| Error::Amend { key: key.clone(), source })
    }
}
