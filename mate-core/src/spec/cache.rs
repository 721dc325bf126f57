//! A tenant's cache.

use super::values::{BackupDays, EngineVersion, NodeType, ReplicaCount};

/// The topology of a cache: the number of its nodes, and automatic failover when the primary fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTopology {
    /// One node; nothing can take over.
    Single,
    /// A primary and replicas.
    Replicated {
        /// The replicas.
        replicas: ReplicaCount,
        /// True for automatic failover to a replica; true by default.
        automatic_failover: Option<bool>,
    },
}

impl CacheTopology {
    /// All nodes, 1 to 6.
    #[must_use]
    pub const fn nodes(self) -> u8 {
        match self {
            Self::Single => 1,
            Self::Replicated { replicas, .. } => 1 + replicas.get(),
        }
    }
}

/// A tenant's Redis. What is not set comes from the tier, or is the default.
///
/// Failover can be asked of a replicated cache only:
/// ```
/// use mate_core::spec::{CacheSpec, ReplicaCount};
/// let cache: CacheSpec = CacheSpec::replicated(ReplicaCount::new(1)?).with_automatic_failover(false).into();
/// # Ok::<(), mate_core::spec::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheSpec {
    /// Version of Redis; 7.1 by default.
    pub engine_version: Option<EngineVersion>,
    /// The node type; by tier.
    pub node_type: Option<NodeType>,
    /// Nodes and failover; one node by default.
    pub topology: Option<CacheTopology>,
    /// Days that snapshots are kept; 0 by default: none are made.
    pub snapshot_retention: Option<BackupDays>,
}

impl CacheSpec {
    /// A cache with as many nodes as the tier and the defaults have.
    #[must_use]
    pub fn by_tier() -> CacheBuilder<ByTier> {
        CacheBuilder { spec: Self::default(), nodes: ByTier }
    }

    /// A cache of one node.
    #[must_use]
    pub fn single() -> CacheBuilder<Single> {
        CacheBuilder { spec: Self::default(), nodes: Single }
    }

    /// A cache of a primary and replicas. A replica takes over unless told otherwise.
    #[must_use]
    pub fn replicated(replicas: ReplicaCount) -> CacheBuilder<Replicated> {
        CacheBuilder { spec: Self::default(), nodes: Replicated { replicas, automatic_failover: None } }
    }
}

/// The tier decides how many nodes.
#[derive(Debug, Clone, Copy)]
pub struct ByTier;

/// One node.
#[derive(Debug, Clone, Copy)]
pub struct Single;

/// A primary and replicas.
#[derive(Debug, Clone, Copy)]
pub struct Replicated {
    replicas: ReplicaCount,
    automatic_failover: Option<bool>,
}

/// A [`CacheSpec`] in the making; its nodes are known by type.
#[derive(Debug, Clone)]
pub struct CacheBuilder<N> {
    spec: CacheSpec,
    nodes: N,
}

impl<N> CacheBuilder<N> {
    /// Sets the version of Redis.
    #[must_use]
    pub fn with_engine_version(mut self, version: EngineVersion) -> Self {
        self.spec.engine_version = Some(version);
        self
    }

    /// Sets the node type.
    #[must_use]
    pub fn with_node_type(mut self, node_type: NodeType) -> Self {
        self.spec.node_type = Some(node_type);
        self
    }

    /// Sets how long snapshots are kept.
    #[must_use]
    pub fn with_snapshot_retention(mut self, days: BackupDays) -> Self {
        self.spec.snapshot_retention = Some(days);
        self
    }
}

impl CacheBuilder<Replicated> {
    /// Sets whether a replica takes over when the primary fails.
    #[must_use]
    pub fn with_automatic_failover(mut self, on: bool) -> Self {
        self.nodes.automatic_failover = Some(on);
        self
    }
}

impl From<CacheBuilder<ByTier>> for CacheSpec {
    fn from(builder: CacheBuilder<ByTier>) -> Self {
        builder.spec
    }
}

impl From<CacheBuilder<Single>> for CacheSpec {
    fn from(builder: CacheBuilder<Single>) -> Self {
        Self { topology: Some(CacheTopology::Single), ..builder.spec }
    }
}

impl From<CacheBuilder<Replicated>> for CacheSpec {
    fn from(builder: CacheBuilder<Replicated>) -> Self {
        let Replicated { replicas, automatic_failover } = builder.nodes;
        Self { topology: Some(CacheTopology::Replicated { replicas, automatic_failover }), ..builder.spec }
    }
}
