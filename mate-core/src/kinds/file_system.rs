//! An EFS file system (`efs:FileSystem`).

use serde::{Deserialize, Serialize};

use super::policy::PolicyDocument;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// An EFS file system (`efs:FileSystem`).
#[derive(Debug)]
pub struct FileSystem;

impl FileSystem {
    /// The file system's id, `fs-…`.
    pub const ID: Output<Self, String> = Output::new("file_system_id");
    /// The file system's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a file system is made from. It is always encrypted and of performance mode `generalPurpose`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSystemInputs {
    /// The key that encrypts it.
    pub kms_key_id: Input<String>,
    /// Its throughput.
    pub throughput: FileSystemThroughput,
    /// When files that nobody reads move to infrequent access: `AFTER_30_DAYS` and so on.
    pub transition_to_ia: Option<String>,
    /// Who may mount it and how. Without one, everybody who reaches a mount target may read and write.
    #[serde(default)]
    pub policy: Option<PolicyDocument>,
}

/// How much a file system can move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FileSystemThroughput {
    /// Grows with what is stored.
    Bursting,
    /// A guaranteed figure.
    Provisioned {
        /// MiB a second, 1 to 1024.
        mibps: u16,
    },
    /// Paid by use.
    Elastic,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("kms_key_id", Impact::Replace("the key of a file system is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("throughput", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("transition_to_ia", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for FileSystem {
    const NAME: &'static str = "efs:FileSystem";
    type Inputs = FileSystemInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["file_system_id", "arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("every file in the file system"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(5, 5, 5),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
