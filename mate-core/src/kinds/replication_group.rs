//! An ElastiCache replication group of Redis (`elasticache:ReplicationGroup`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};
use serde_json::Value;

/// An ElastiCache replication group of Redis (`elasticache:ReplicationGroup`).
#[derive(Debug)]
pub struct ReplicationGroup;

impl ReplicationGroup {
    /// The host name of the primary.
    pub const PRIMARY_ENDPOINT: Output<Self, String> = Output::new("primary_endpoint");
    /// The host name that spreads reads over the replicas.
    pub const READER_ENDPOINT: Output<Self, String> = Output::new("reader_endpoint");
    /// The port to connect to.
    pub const PORT: Output<Self, u16> = Output::new("port");
    /// The group's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The group's id.
    pub const ID: Output<Self, String> = Output::new("replication_group_id");
}

/// What a replication group is made from. Encryption at rest and in transit are always on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicationGroupInputs {
    /// What it is for.
    pub description: String,
    /// The Redis version, `7.1`.
    pub engine_version: String,
    /// The node type, `cache.t4g.micro`.
    pub node_type: String,
    /// Nodes: the primary and its replicas, 1 to 6.
    pub num_cache_clusters: u8,
    /// Whether a replica takes over when the primary fails; needs two nodes.
    pub automatic_failover: bool,
    /// Whether the nodes stand in different zones; needs failover.
    pub multi_az: bool,
    /// The secret that the AUTH token is taken from. The provider reads it when it needs it.
    pub auth_token_secret_arn: Input<String>,
    /// The key that encrypts it at rest.
    pub kms_key_id: Input<String>,
    /// Days that automatic snapshots are kept, 0 to 35; 0 turns them off.
    pub snapshot_retention_days: u8,
    /// The subnet group.
    pub cache_subnet_group_name: Input<String>,
    /// The security groups.
    pub security_group_ids: Vec<Input<String>>,
    /// The port.
    pub port: u16,
    /// Which value of the secret the AUTH token is: another text gives the group the value that the secret has then.
    #[serde(default)]
    pub auth_token_secret_version: Option<Input<String>>,
    /// Whether the secret's value is the only token. Where it is not, one that comes anew is good beside the one before, so that
    /// whoever uses it can move; once it is, the one before is good no more.
    #[serde(default = "only")]
    pub auth_token_only: bool,
    /// The snapshot that it is filled from when it is made; it means nothing afterwards.
    #[serde(default)]
    pub snapshot_name: Option<String>,
}

fn only() -> bool {
    true
}

fn node_change(old: &Value, _new: &Value) -> Impact {
    if old["num_cache_clusters"].as_u64() > Some(1) {
        Impact::Restart("the nodes are changed one after another")
    } else {
        Impact::Downtime("a single node is out of reach for some seconds when its type changes")
    }
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("engine_version", Impact::Restart("the nodes are upgraded one after another"))
        .class(DriftClass::Data),
    FieldRule::by("node_type", node_change).class(DriftClass::Capacity),
    FieldRule::new("num_cache_clusters", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("automatic_failover", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("multi_az", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("auth_token_secret_arn", Impact::InPlace).class(DriftClass::Security).write_only(),
    FieldRule::new("kms_key_id", Impact::Replace("the key of a replication group is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("snapshot_retention_days", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("cache_subnet_group_name", Impact::Replace("a replication group stays in its subnet group"))
        .class(DriftClass::Security),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("port", Impact::Replace("the port of a replication group is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("auth_token_secret_version", Impact::InPlace).class(DriftClass::Security).write_only(),
    FieldRule::new("auth_token_only", Impact::InPlace).class(DriftClass::Security).write_only(),
    FieldRule::new("snapshot_name", Impact::InPlace).class(DriftClass::Data).write_only().creation_only(),
];

impl Kind for ReplicationGroup {
    const NAME: &'static str = "elasticache:ReplicationGroup";
    type Inputs = ReplicationGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["primary_endpoint", "reader_endpoint", "port", "arn", "replication_group_id"],
            revised_outputs: &[],
            named_outputs: &["replication_group_id"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("what the cache holds"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(420, 420, 300),
            name_rule: NameRule { max: 40 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
