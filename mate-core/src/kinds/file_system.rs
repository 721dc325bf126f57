//! An EFS file system (`efs:FileSystem`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::policy::{Effect, PolicyDocument, Statement};
use crate::model::{
    AdoptFacet, ArnForm, Companion, Data, Deduplication, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind,
    KindModel, KnownId, Link, Output, Quota, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// An EFS file system (`efs:FileSystem`).
#[derive(Debug)]
pub struct FileSystem;

impl FileSystem {
    /// The file system's id, `fs-…`.
    pub const ID: Output<Self, String> = Output::new("file_system_id");
    /// The file system's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a file system. A file system is always encrypted and of performance mode `generalPurpose`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSystemInputs {
    /// The key that encrypts it.
    pub kms_key_id: Input<String>,
    /// Its throughput.
    pub throughput: FileSystemThroughput,
    /// The time without access after which a file moves to the Infrequent Access storage class: `AFTER_30_DAYS` and so on.
    pub transition_to_ia: Option<String>,
    /// The file system policy. Without one, every client that reaches a mount target may read and write.
    #[serde(default)]
    pub policy: Option<PolicyDocument>,
}

/// The throughput mode of a file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FileSystemThroughput {
    /// Throughput that grows with the stored data.
    Bursting,
    /// Provisioned throughput.
    Provisioned {
        /// MiB a second, 1 to 1024.
        mibps: u16,
    },
    /// Throughput that is paid by use.
    Elastic,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("kms_key_id", Impact::Replace("the key of a file system is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("throughput", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("transition_to_ia", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security),
];

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("fs"),
    outputs: Some(|n| {
        let id = n.id("fs");
        let arn = n.arn("elasticfilesystem", &format!("file-system/{id}"));
        outputs([("file_system_id", json!(id)), ("arn", json!(arn))])
    }),
    words: ("creating", "updating"),
    calls: ("CreateFileSystem", "UpdateFileSystem", "DeleteFileSystem"),
    exists: "FileSystemAlreadyExists",
    busy: "IncorrectFileSystemLifeCycleState",
    quota: "FileSystemLimitExceeded",
    read: Some(("efs:DescribeFileSystems", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_id", "BadRequest")];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "fs-",
    known: &[("file_system_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_efs_file_system"],
        id: |r| r.first(&["id", "file_system_id"]),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "elasticfilesystem",
    "L-848C634D",
    "File systems per account",
    1000,
    "https://docs.aws.amazon.com/efs/latest/ug/limits.html",
)];

const COMPANIONS: &[Companion] = &[Companion {
    kind: "iam:ServiceLinkedRole",
    name: "AWSServiceRoleForAmazonElasticFileSystem",
    stays: true,
    source: "https://docs.aws.amazon.com/efs/latest/ug/using-service-linked-roles.html",
}];

/// The sample refuses whatever does not come over TLS.
fn only_over_tls() -> Statement {
    let refused = Statement {
        effect: Effect::Deny,
        principals: vec!["*".into()],
        ..Statement::allow(
            "OnlyOverTls",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            Vec::new(),
        )
    };
    refused.when("Bool", "aws:SecureTransport", vec!["false".into()])
}

const SAMPLES: &[Sample] = &[Sample::new(
    "file-system",
    |base| base.name("efs"),
    |base| {
        json!(FileSystemInputs {
            kms_key_id: base.key(),
            throughput: FileSystemThroughput::Bursting,
            transition_to_ia: Some("AFTER_30_DAYS".into()),
            policy: Some(PolicyDocument { statements: vec![only_over_tls()] }),
        })
    },
)];

impl Kind for FileSystem {
    const NAME: &'static str = "efs:FileSystem";
    type Inputs = FileSystemInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["file_system_id", "arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("every file in the file system"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(5, 5, 5))
            .with_name_max(255)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("elasticfilesystem", "file-system/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Serving)
            .asked()
            .with_deduplication(Deduplication::Token)
    }
}
