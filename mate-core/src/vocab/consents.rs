//! The caller's consents to what a plan puts at risk.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;

/// The risk that a consent covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsentRisk {
    /// The object is unavailable for a while.
    Downtime,
    /// The object's data is lost.
    DataLoss,
}

/// The consent to one risk of one node's step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Consent {
    /// The node.
    pub node: NodeId,
    /// The risk.
    pub risk: ConsentRisk,
}

/// Consents to the risks of single steps. Consent to the loss of data is consent to downtime of the same node too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consents(pub(crate) BTreeSet<Consent>);

impl Consents {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With consent to downtime of this node.
    #[must_use]
    pub fn downtime(mut self, node: NodeId) -> Self {
        self.0.insert(Consent { node, risk: ConsentRisk::Downtime });
        self
    }

    /// With consent to the loss of this node's data.
    #[must_use]
    pub fn data_loss(mut self, node: NodeId) -> Self {
        self.0.insert(Consent { node, risk: ConsentRisk::DataLoss });
        self
    }

    /// The consents one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Consent> {
        self.0.iter()
    }

    /// Returns true if the consents cover this risk of this node.
    #[must_use]
    pub fn cover(&self, node: &NodeId, risk: ConsentRisk) -> bool {
        self.0.iter().any(|consent| consent.node == *node && consent.risk >= risk)
    }
}
