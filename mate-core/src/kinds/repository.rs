//! An ECR repository (`ecr:Repository`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Key;
use crate::model::{
    AdoptFacet, ArnForm, Data, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Output, Quota,
    ReplaceOrder, Sample, SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

/// An ECR repository (`ecr:Repository`).
#[derive(Debug)]
pub struct Repository;

impl Repository {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its URI without a tag, `….dkr.ecr.us-east-1.amazonaws.com/mate-django-dev`.
    pub const URI: Output<Self, String> = Output::new("repository_uri");
}

/// The inputs of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryInputs {
    /// True if ECR scans an image when it is pushed.
    pub scan_on_push: bool,
    /// True if image tags are immutable: a pushed tag stays with its image.
    pub immutable_tags: bool,
    /// The number of images to keep; older images expire. None keeps all.
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

/// The repository in the URI of a repository or of an image.
fn name_in_uri(text: &str) -> Option<&str> {
    let (registry, path) = text.split_once('/')?;
    let (account, host) = registry.split_once('.')?;
    let is_registry = account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && host.starts_with("dkr.ecr")
        && host.contains(".amazonaws.com");
    // An image is of the repository before its tag or digest.
    let name = path.split(['@', ':']).next().filter(|name| !name.is_empty())?;
    is_registry.then_some(name)
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        let (account, region) = (n.account(), n.region());
        let uri = format!("{account}.dkr.ecr.{region}.amazonaws.com/{}", n.name());
        outputs([
            ("arn", json!(n.arn("ecr", &format!("repository/{}", n.name())))),
            ("repository_uri", Value::String(uri)),
        ])
    }),
    calls: ("CreateRepository", "PutImageScanningConfiguration", "DeleteRepository"),
    exists: "RepositoryAlreadyExistsException",
    quota: "LimitExceededException",
    read: Some(("ecr:DescribeRepositories", 100)),
    not_empty: "RepositoryNotEmptyException",
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_arn", "KmsException")];

const ADOPT: AdoptFacet = AdoptFacet {
    shape: Some(name_in_uri),
    name: |id| Some(id.strip_prefix("repository/").unwrap_or(id)),
    terraform: &[TerraformType { names: &["aws_ecr_repository"], ..TerraformType::NAMED }],
    outputs: &[TerraformOutput::new(&["repository_name", "repository_names"], |text| {
        TerraformOutput::within(text, 2, 256, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_./".contains(&b))
    })],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "ecr",
    "L-CFEB8E8D",
    "Registered repositories",
    100_000,
    "https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "repository",
    |base| base.name("app"),
    |base| {
        json!(RepositoryInputs {
            scan_on_push: true,
            immutable_tags: true,
            keep_last_images: Some(10),
            kms_key_arn: Some(base.out("key", Key::ARN)),
        })
    },
)
.updated("keep_last_images", || json!(20))];

impl Kind for Repository {
    const NAME: &'static str = "ecr:Repository";
    type Inputs = RepositoryInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "repository_uri"])
            .with_named_outputs(&["arn", "repository_uri"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("every image in the repository"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(256)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ecr", "repository/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_content("images")
    }
}
