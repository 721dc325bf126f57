//! Finds again what carries ownership tags: a lost record, and what belongs to no record.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use crate::adopt::{Candidate, name_of};
use crate::blueprint::Design;
use crate::model::Kinds;
use crate::model::ids::{Address, Environment, NodeId, TenantKey};
use crate::plan::{After, NodeDifferences, Plan};
use crate::provider::reads;
use crate::provider::{Claim, Discovered, Scope};
use crate::state::{NodeRecord, Record};

/// The objects that carry the ownership tags of one tenant or platform, and the plan that rebuilds its record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Discovery {
    /// The plan that takes the found objects into the record; it changes nothing in the cloud.
    pub plan: Plan,
    /// The nodes for which nothing was found: the next plan makes them.
    pub missing: Vec<NodeId>,
    /// The differences from the spec: the next plan changes them.
    pub differences: Vec<NodeDifferences>,
    /// The objects that carry the tags and are not part of the spec.
    pub surplus: Vec<Discovered>,
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} objects were found by their tags", self.plan.steps.len())?;
        for node in &self.missing {
            write!(f, "\n  {node}: not found")?;
        }
        for object in &self.surplus {
            write!(f, "\n  not part of the spec: {}", object.arn)?;
        }
        Ok(())
    }
}

impl Desk {
    pub(super) async fn discover(
        &self,
        (key, record): (&TenantKey, Option<&Record>),
        design: Design,
        after: After,
    ) -> Result<Discovery, Error> {
        let discovered = reads::discover(&*self.provider, Scope::Tenant(key.clone())).await?;
        let (mut candidates, mut surplus) = (Vec::new(), Vec::new());
        for object in discovered {
            let node = object.address.as_ref().map(|address| address.node.clone());
            match (
                node.filter(|node| design.graph.get(node).is_some()),
                Candidate::from_discovered(&self.kinds, &object),
            ) {
                // The tag says which node it is.
                (Some(node), Some(candidate)) => candidates.push(Candidate { node: Some(node), ..candidate }),
                (Some(_), None) => {}
                (None, _) => surplus.push(object),
            }
        }
        let taken = self.take((key, record), design, after, candidates, Claim::Owned).await?;
        Ok(Discovery { plan: taken.plan, missing: taken.missing, differences: taken.differences, surplus })
    }

    /// The objects that carry ownership tags of the environment and belong to no record.
    pub(super) async fn unclaimed(&self, environment: &Environment) -> Result<Vec<Discovered>, Error> {
        let found = reads::discover(&*self.provider, Scope::Environment(environment.clone())).await?;
        let mut records: BTreeMap<TenantKey, Option<Record>> = BTreeMap::new();
        let mut unclaimed = Vec::new();
        for object in found {
            let Some(Address { tenant, environment, node }) = object.address.clone() else { continue };
            let key = TenantKey::new(environment, tenant);
            if !records.contains_key(&key) {
                let record = self.store.get(&key).await?;
                records.insert(key.clone(), record);
            }
            let recorded = records.get(&key).and_then(Option::as_ref).and_then(|record| record.nodes.get(&node));
            if !recorded.is_some_and(|recorded| claims(&self.kinds, recorded, &object)) {
                unclaimed.push(object);
            }
        }
        Ok(unclaimed)
    }
}

/// Returns true if the object is the node's, or one that a replacement of it left.
fn claims(kinds: &Kinds, node: &NodeRecord, object: &Discovered) -> bool {
    let Some(kind) = &object.kind else { return true };
    // Earlier revisions of what an update gives a new ARN stay until their owner goes.
    if kinds.get(kind).is_ok_and(|model| model.revised_outputs.contains(&"arn")) {
        return node.kind == *kind;
    }
    let same = |id: Option<&String>, name: &str| match (id, &object.physical_id) {
        (Some(id), Some(found)) => {
            id == found || object.arn == *id || name_of(kinds, kind, found).as_deref() == Some(name)
        }
        // Its creation has begun, or its kind has no id: the address is all there is.
        _ => true,
    };
    (node.kind == *kind && same(node.physical_id.as_ref(), &node.name))
        || node.retired.iter().any(|old| old.kind == *kind && same(old.physical_id.as_ref(), &old.name))
}
