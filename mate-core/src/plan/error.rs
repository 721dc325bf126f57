//! The reasons why there is no plan.

use std::fmt;

use super::escape::Printable;
use super::step::Shown;
use super::text::shown;
use crate::model::GraphError;
use crate::model::UnknownKind;
use crate::model::ids::{KindName, NodeId, TenantKey};

/// The reason why there is no plan. Every problem of the sort is listed, not only the first.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Changes that AWS does not allow.
    #[error("{}", List("the change is not possible", .0))]
    Impossible(Vec<ImpossibleChange>),
    /// Objects that are not ours stand under our names.
    #[error("{}", List("something that is not ours stands in the way (rename the tenant, or adopt the object)", .0))]
    Foreign(Vec<NodeProblem>),
    /// Objects of which it could not be found out how they are.
    #[error("{}", List("it could not be found out how everything is, so nothing is planned", .0))]
    Unknown(Vec<NodeProblem>),
    /// Objects that are only read, and that are not there.
    #[error("{}", List("what is only read has to be there (correct its id, or let it be made)", .0))]
    Missing(Vec<NodeProblem>),
    /// Objects that are wanted and on their way out.
    #[error("{}", List("still being deleted: wait until it is gone, then plan again", .0))]
    Deleting(Vec<NodeProblem>),
    /// Nodes that nobody observed.
    #[error("{}", List("the snapshot says nothing about some nodes; observe every node of graph and record", .0))]
    Unobserved(Vec<NodeProblem>),
    /// Nodes whose inputs the kind does not have, or that refer to outputs that do not exist.
    #[error("{}", List("the graph does not fit its kinds", .0))]
    Misfit(Vec<NodeProblem>),
    /// The graph has no order.
    #[error("the graph cannot be carried out")]
    Graph(#[source] GraphError),
    /// The objects of the record have no order.
    #[error("the record is damaged: its objects have no order")]
    Record(#[source] GraphError),
    /// A kind is not registered.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// The record is another tenant's.
    #[error("the record is of {found}, and the plan is for {wanted}")]
    OtherTenant {
        /// The tenant of the plan.
        wanted: TenantKey,
        /// The tenant of the record.
        found: TenantKey,
    },
}

/// A change that AWS does not allow.
#[derive(Debug, Clone, PartialEq)]
pub struct ImpossibleChange {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// The field.
    pub field: String,
    /// The present value.
    pub old: Shown,
    /// The desired value.
    pub new: Shown,
    /// The way round.
    pub way_round: String,
}

impl fmt::Display for ImpossibleChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {} cannot go from {} to {}: {}",
            self.node,
            self.kind,
            Printable(&self.field),
            shown(&self.old, 60),
            shown(&self.new, 60),
            self.way_round
        )
    }
}

/// A problem of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeProblem {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// The problem.
    pub problem: String,
}

impl fmt::Display for NodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.node, self.kind, Printable(&self.problem))
    }
}

struct List<'a, T>(&'static str, &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        for item in self.1 {
            write!(f, "\n  - {item}")?;
        }
        Ok(())
    }
}
