//! An ElastiCache replication group of Redis (`elasticache:ReplicationGroup`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CacheSubnetGroup, Secret, SecurityGroup, versions};
use crate::model::{
    AdoptFacet, ArnForm, Companion, CredentialRule, Data, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind,
    KindModel, KnownId, Link, Naming, Output, Quota, Refused, ReplaceOrder, Sample, SimFacet, SnapshotRule,
    TerraformOutput, TerraformType, Timing, Unit, outputs,
};

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

/// The inputs of a replication group. Encryption at rest and in transit are always on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicationGroupInputs {
    /// The description of the group.
    pub description: String,
    /// The Redis version, `7.1`.
    pub engine_version: String,
    /// The node type, `cache.t4g.micro`.
    pub node_type: String,
    /// Nodes: the primary and its replicas, 1 to 6.
    pub num_cache_clusters: u8,
    /// True if a replica takes over when the primary fails. Needs at least two nodes.
    pub automatic_failover: bool,
    /// True for a Multi-AZ group, with its nodes in different zones. Needs automatic failover.
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
    /// The version of the secret's value that is the AUTH token. A changed version sets the token to the value that the
    /// secret has at that time.
    #[serde(default)]
    pub auth_token_secret_version: Option<Input<String>>,
    /// True if the secret's value is the only valid token. While it is false, a new token is valid beside the previous one, so
    /// that clients can move to it; the previous token becomes invalid once this is true.
    #[serde(default = "only")]
    pub auth_token_only: bool,
    /// The snapshot from which the group is created. It has no meaning after the creation.
    #[serde(default)]
    pub snapshot_name: Option<String>,
}

fn only() -> bool {
    true
}

fn version_change(old: &Value, new: &Value) -> Impact {
    if versions::is_older(&new["engine_version"], &old["engine_version"]) {
        // https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
        Impact::Never("ElastiCache cannot go back to an older engine version: keep the present one")
    } else {
        Impact::Restart("the nodes are upgraded one after another")
    }
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
    FieldRule::by("engine_version", version_change).class(DriftClass::Data),
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

fn cache_host(n: &Naming<'_>, role: &str) -> String {
    format!("{role}.{}.{}.use1.cache.amazonaws.com", n.name(), n.zone())
}

/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["automatic_failover"] == true && inputs["num_cache_clusters"].as_u64().unwrap_or(0) < 2 {
        return Refused::invalid("InvalidParameterCombination", "automatic failover needs two nodes at least");
    }
    if inputs["multi_az"] == true && inputs["automatic_failover"] != true {
        return Refused::invalid("InvalidParameterCombination", "Multi-AZ needs automatic failover");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        outputs([
            ("primary_endpoint", json!(cache_host(n, "master"))),
            ("reader_endpoint", json!(cache_host(n, "replica"))),
            ("port", n.inputs()["port"].clone()),
            ("arn", json!(n.arn("elasticache", &format!("replicationgroup:{}", n.name())))),
            ("replication_group_id", json!(n.name())),
        ])
    }),
    late: &["primary_endpoint", "reader_endpoint", "port"],
    calls: ("CreateReplicationGroup", "ModifyReplicationGroup", "DeleteReplicationGroup"),
    exists: "ReplicationGroupAlreadyExists",
    busy: "InvalidReplicationGroupState",
    quota: "ClusterQuotaForCustomerExceeded",
    read: Some(("elasticache:DescribeReplicationGroups", 100)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidParameterValue"),
    Link::key("kms_key_id", "InvalidParameterValue"),
    Link::new("cache_subnet_group_name", "elasticache:CacheSubnetGroup", "name", "CacheSubnetGroupNotFoundFault")
        .holds("CacheSubnetGroupInUse"),
    Link::new("auth_token_secret_arn", "secretsmanager:Secret", "arn", "ResourceNotFoundException"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit(':').next(),
    known: &[("replication_group_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_elasticache_replication_group"],
        id: |r| r.first(&["replication_group_id", "id"]),
        hints: &[("port", "port")],
        ..TerraformType::PLAIN
    }],
    outputs: &[TerraformOutput::new(&["replication_group_id"], TerraformOutput::identifier)],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "elasticache",
    "L-DFE45DF3",
    "Nodes per Region",
    300,
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html",
)
.counted(Unit::Objects, |inputs, _| inputs["num_cache_clusters"].as_u64().unwrap_or(1))];

/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html>
const SNAPSHOT: SnapshotRule = SnapshotRule::on_request().filled_from("snapshot_name").refused(|inputs| {
    (inputs["node_type"] == "cache.t1.micro").then_some(
        "ElastiCache takes no snapshot of a cache.t1.micro; keep the cache while the tenant is suspended, or scale it to another \
         node type before",
    )
});

const COMPANIONS: &[Companion] = &[Companion {
    kind: "iam:ServiceLinkedRole",
    name: "AWSServiceRoleForElastiCache",
    stays: true,
    source: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/using-service-linked-roles.html",
}];

const SAMPLES: &[Sample] = &[Sample::new(
    "cache",
    |base| base.name("redis"),
    |base| {
        json!(ReplicationGroupInputs {
            description: "conformance suite".into(),
            engine_version: "7.1".into(),
            node_type: "cache.t4g.micro".into(),
            num_cache_clusters: 1,
            automatic_failover: false,
            multi_az: false,
            auth_token_secret_arn: base.out("cache-secret", Secret::ARN),
            kms_key_id: base.key(),
            snapshot_retention_days: 0,
            cache_subnet_group_name: base.out("cache-subnets", CacheSubnetGroup::NAME),
            security_group_ids: vec![base.out("data-group", SecurityGroup::ID)],
            port: 6379,
            auth_token_secret_version: None,
            auth_token_only: true,
            snapshot_name: None,
        })
    },
)
.updated("snapshot_retention_days", || json!(3))];

impl Kind for ReplicationGroup {
    const NAME: &'static str = "elasticache:ReplicationGroup";
    type Inputs = ReplicationGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["primary_endpoint", "reader_endpoint", "port", "arn", "replication_group_id"])
            .with_named_outputs(&["replication_group_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("what the cache holds"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(420, 420, 300))
            .with_name_max(40)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("elasticache", "replicationgroup:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Cache)
            .asked()
            .with_snapshot(&SNAPSHOT)
            .with_credentials(CredentialRule {
                secret: "auth_token_secret_arn",
                version: "auth_token_secret_version",
                only: Some("auth_token_only"),
            })
    }
}
