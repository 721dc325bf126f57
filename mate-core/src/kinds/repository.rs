//! An ECR repository (`ecr:Repository`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// An ECR repository (`ecr:Repository`).
#[derive(Debug)]
pub struct Repository;

impl Repository {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its URI without a tag, `….dkr.ecr.us-east-1.amazonaws.com/mate-django-dev`.
    pub const URI: Output<Self, String> = Output::new("repository_uri");
}

/// What a repository is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryInputs {
    /// Whether an image is scanned when it is pushed.
    pub scan_on_push: bool,
    /// Whether a tag, once pushed, stays with its image.
    pub immutable_tags: bool,
    /// How many images are kept; older ones expire. All where there is none.
    pub keep_last_images: Option<u16>,
    /// The KMS key that encrypts it; ECR's own (AES-256) where there is none.
    pub kms_key_arn: Option<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("scan_on_push", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("immutable_tags", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("keep_last_images", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new(
        "kms_key_arn",
        Impact::Never(
            "the encryption of a repository is fixed at its creation: push the images to one of another name",
        ),
    )
    .class(DriftClass::Security),
];

impl Kind for Repository {
    const NAME: &'static str = "ecr:Repository";
    type Inputs = RepositoryInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "repository_uri"],
            revised_outputs: &[],
            named_outputs: &["arn", "repository_uri"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("every image in the repository"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 256 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
