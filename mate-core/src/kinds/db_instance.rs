//! An RDS database instance (`rds:DBInstance`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DbParameterGroup, DbSubnetGroup, Secret, SecurityGroup, versions};
use crate::model::{
    AdoptFacet, ArnForm, Companion, CredentialRule, Data, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind,
    KindModel, KnownId, Link, Output, Quota, Refused, ReplaceOrder, Sample, SimFacet, SnapshotRule, TerraformOutput,
    TerraformType, Timing, Unit, outputs,
};

/// An RDS database instance (`rds:DBInstance`).
#[derive(Debug)]
pub struct DbInstance;

impl DbInstance {
    /// The host name to connect to.
    pub const ADDRESS: Output<Self, String> = Output::new("address");
    /// The port to connect to.
    pub const PORT: Output<Self, u16> = Output::new("port");
    /// The instance's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The instance's identifier.
    pub const IDENTIFIER: Output<Self, String> = Output::new("identifier");
}

/// The inputs of a database instance. The storage is always encrypted, the instance is never publicly accessible, and its
/// tags are copied to its snapshots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbInstanceInputs {
    /// `postgres`.
    pub engine: String,
    /// The major version, `16`; AWS chooses the minor one.
    pub engine_version: String,
    /// The instance class, `db.t4g.micro`.
    pub instance_class: String,
    /// Storage at creation, GiB, 20 to 65536.
    pub allocated_storage_gib: u32,
    /// The upper limit of storage autoscaling, in GiB.
    pub max_allocated_storage_gib: u32,
    /// `gp3`.
    pub storage_type: String,
    /// The key that encrypts the storage.
    pub kms_key_id: Input<String>,
    /// True for a Multi-AZ instance, with a standby in another zone.
    pub multi_az: bool,
    /// Days that automatic backups are kept, 0 to 35; 0 turns them off.
    pub backup_retention_days: u8,
    /// The first database.
    pub db_name: String,
    /// The master user.
    pub master_username: String,
    /// The secret `{"username", "password"}` that the master password is taken from. The provider reads
    /// it when it needs it; the value is never part of the inputs.
    pub master_user_secret_arn: Input<String>,
    /// The port.
    pub port: u16,
    /// The subnet group.
    pub db_subnet_group_name: Input<String>,
    /// The parameter group.
    pub db_parameter_group_name: Input<String>,
    /// The security groups.
    pub security_group_ids: Vec<Input<String>>,
    /// True if AWS refuses to delete it.
    pub deletion_protection: bool,
    /// True if Performance Insights is on (7 days, free of charge).
    pub performance_insights: bool,
    /// Logs sent to CloudWatch: `postgresql`, `upgrade`.
    pub log_exports: Vec<String>,
    /// True if the instance is stopped. AWS starts a stopped instance automatically after seven days.
    #[serde(default)]
    pub stopped: bool,
    /// The version of the secret's value that is the master password. A changed version sets the password to the value that
    /// the secret has at that time.
    #[serde(default)]
    pub master_user_secret_version: Option<Input<String>>,
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
fn stop(_old: &Value, new: &Value) -> Impact {
    if new["stopped"] == Value::Bool(true) {
        Impact::Downtime("the database is stopped: nobody can connect")
    } else {
        Impact::InPlace
    }
}

fn class_change(old: &Value, _new: &Value) -> Impact {
    if old["multi_az"] == Value::Bool(true) {
        Impact::Restart("the standby is changed first, then takes over: about a minute without connections")
    } else {
        Impact::Downtime("a single instance is down while its class changes: several minutes")
    }
}

fn storage_change(old: &Value, new: &Value) -> Impact {
    if new["allocated_storage_gib"].as_u64() < old["allocated_storage_gib"].as_u64() {
        Impact::Never("RDS storage cannot shrink; keep the present size, or move the data into a new instance")
    } else {
        Impact::InPlace
    }
}

fn version_change(old: &Value, new: &Value) -> Impact {
    if versions::is_older(&new["engine_version"], &old["engine_version"]) {
        Impact::Never(
            "RDS cannot go back to an older engine version; keep the present one, or restore a snapshot that was taken on \
             the older one",
        )
    } else {
        Impact::Downtime("the instance is down while its engine is upgraded")
    }
}

fn timing(inputs: &Value) -> Timing {
    if inputs["multi_az"] == Value::Bool(true) {
        Timing::seconds(720, 600, 300)
    } else {
        Timing::seconds(300, 300, 240)
    }
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("engine", Impact::Never("move the data into a new instance")).class(DriftClass::Data),
    FieldRule::by("engine_version", version_change).class(DriftClass::Data),
    FieldRule::by("instance_class", class_change).class(DriftClass::Capacity),
    FieldRule::by("allocated_storage_gib", storage_change).class(DriftClass::Data),
    FieldRule::new("max_allocated_storage_gib", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("storage_type", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("kms_key_id", Impact::Replace("the key of an instance is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("multi_az", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("backup_retention_days", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("db_name", Impact::Replace("the first database is named at creation")).class(DriftClass::Data),
    FieldRule::new("master_username", Impact::Replace("the master user is named at creation"))
        .class(DriftClass::Security),
    FieldRule::new("master_user_secret_arn", Impact::InPlace).class(DriftClass::Security).write_only(),
    FieldRule::new("port", Impact::Downtime("the instance restarts on the new port")).class(DriftClass::Security),
    // InvalidVPCNetworkStateFault: https://github.com/hashicorp/terraform-provider-aws/issues/512
    FieldRule::new(
        "db_subnet_group_name",
        Impact::Never("RDS moves no instance within its VPC: keep its subnet group and change that group's subnets"),
    )
    .class(DriftClass::Security),
    FieldRule::new(
        "db_parameter_group_name",
        Impact::Restart("a new parameter group takes effect when the instance restarts"),
    )
    .class(DriftClass::Security),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("deletion_protection", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("performance_insights", Impact::InPlace).class(DriftClass::Cosmetic),
    FieldRule::new("log_exports", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::by("stopped", stop).class(DriftClass::Capacity).after_users(|_, new| *new == Value::Bool(true)),
    FieldRule::new("master_user_secret_version", Impact::InPlace).class(DriftClass::Security).write_only(),
];

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    let number = |field: &str| inputs[field].as_u64().unwrap_or(0);
    if !(20..=65536).contains(&number("allocated_storage_gib")) {
        return Refused::invalid("InvalidParameterValue", "AllocatedStorage must be 20 to 65536 GiB");
    }
    if number("max_allocated_storage_gib") < number("allocated_storage_gib") {
        let message = "MaxAllocatedStorage must not be less than AllocatedStorage";
        return Refused::invalid("InvalidParameterCombination", message);
    }
    if number("backup_retention_days") > 35 {
        return Refused::invalid("InvalidParameterValue", "BackupRetentionPeriod must be 0 to 35");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        outputs([
            ("address", json!(format!("{}.{}.{}.rds.amazonaws.com", n.name(), n.zone(), n.region()))),
            ("port", n.inputs()["port"].clone()),
            ("arn", json!(n.arn("rds", &format!("db:{}", n.name())))),
            ("identifier", json!(n.name())),
        ])
    }),
    late: &["address", "port"],
    calls: ("CreateDBInstance", "ModifyDBInstance", "DeleteDBInstance"),
    exists: "DBInstanceAlreadyExists",
    busy: "InvalidDBInstanceState",
    quota: "InstanceQuotaExceeded",
    read: Some(("rds:DescribeDBInstances", 100)),
    snapshot_exists: "DBSnapshotAlreadyExists",
    protected: Some(("InvalidParameterCombination", "cannot delete the protected DB instance {name}")),
    inputs: check_inputs,
    deletion: |deletion, _| {
        if deletion.keeps && deletion.final_snapshot.is_none() {
            let message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified";
            return Refused::invalid("InvalidParameterCombination", message);
        }
        Ok(())
    },
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidParameterValue"),
    Link::key("kms_key_id", "KMSKeyNotAccessibleFault"),
    Link::new("db_subnet_group_name", "rds:DBSubnetGroup", "name", "DBSubnetGroupNotFoundFault")
        .holds("InvalidDBSubnetGroupStateFault"),
    Link::new("db_parameter_group_name", "rds:DBParameterGroup", "name", "DBParameterGroupNotFound")
        .holds("InvalidDBParameterGroupState")
        .or_of_aws("default."),
    Link::new("master_user_secret_arn", "secretsmanager:Secret", "arn", "ResourceNotFoundException"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit(':').next(),
    known: &[("identifier", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_db_instance"],
        // `id` is the resource id in newer versions of the provider.
        id: |r| r.first(&["identifier", "db_instance_identifier"]),
        hints: &[("port", "port")],
        ..TerraformType::PLAIN
    }],
    outputs: &[
        // `db-ABCDEFGHIJKLMNOPQRSTUVWXYZ` is the resource id of an instance, by which it cannot be looked up.
        TerraformOutput::new(
            &[
                "db_instance_id",
                "rds_instance_id",
                "db_instance_identifier",
                "rds_instance_identifier",
                "db_identifier",
            ],
            |text| {
                let is_resource = text.strip_prefix("db-").is_some_and(|id| {
                    id.len() >= 20 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                });
                !is_resource && TerraformOutput::identifier(text)
            },
        ),
    ],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[
    Quota::region(
        "rds",
        "L-7B6409FD",
        "DB instances",
        40,
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
    ),
    Quota::region(
        "rds",
        "L-7ADDB58A",
        "Total storage for all DB instances",
        100_000,
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
    )
    .counted(Unit::Gib, |inputs, _| inputs["allocated_storage_gib"].as_u64().unwrap_or(0)),
];

const SNAPSHOT: SnapshotRule = SnapshotRule::usual();

const COMPANIONS: &[Companion] = &[
    Companion {
        kind: "logs:LogGroup",
        name: "/aws/rds/instance/{name}/postgresql",
        stays: true,
        source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html",
    },
    Companion {
        kind: "iam:ServiceLinkedRole",
        name: "AWSServiceRoleForRDS",
        stays: true,
        source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html",
    },
];

const SAMPLES: &[Sample] = &[Sample::new(
    "db",
    |base| base.name("db"),
    |base| {
        json!(DbInstanceInputs {
            engine: "postgres".into(),
            engine_version: "16".into(),
            instance_class: "db.t4g.micro".into(),
            allocated_storage_gib: 20,
            max_allocated_storage_gib: 100,
            storage_type: "gp3".into(),
            kms_key_id: base.key(),
            multi_az: false,
            backup_retention_days: 7,
            db_name: "mate".into(),
            master_username: "mate".into(),
            master_user_secret_arn: base.out("db-secret", Secret::ARN),
            port: 5432,
            db_subnet_group_name: base.out("db-subnets", DbSubnetGroup::NAME),
            db_parameter_group_name: base.out("db-parameters", DbParameterGroup::NAME),
            security_group_ids: vec![base.out("data-group", SecurityGroup::ID)],
            deletion_protection: true,
            performance_insights: false,
            log_exports: vec!["postgresql".into()],
            stopped: false,
            master_user_secret_version: None,
        })
    },
)
.updated("instance_class", || json!("db.t4g.small"))];

impl Kind for DbInstance {
    const NAME: &'static str = "rds:DBInstance";
    type Inputs = DbInstanceInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["address", "port", "arn", "identifier"])
            .with_named_outputs(&["identifier"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("the database"))
            .with_lost(DriftClass::Data)
            .with_timing(timing)
            .with_name_max(63)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("rds", "db:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Database)
            .asked()
            .with_snapshot(&SNAPSHOT)
            .with_credentials(CredentialRule {
                secret: "master_user_secret_arn",
                version: "master_user_secret_version",
                only: None,
            })
    }
}
