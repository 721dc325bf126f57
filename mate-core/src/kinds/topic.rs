//! A topic that notices are published to (`sns:Topic`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::Statement;
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Naming, Output, Quota,
    Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimWorld, TerraformType, Timing, outputs,
};

/// A topic of Amazon SNS that notices are published to (`sns:Topic`).
#[derive(Debug)]
pub struct Topic;

impl Topic {
    /// The topic's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The topic's name.
    pub const NAME: Output<Self, String> = Output::new("name");
}

/// The inputs of a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicInputs {
    /// The name that recipients of messages see; none for no name.
    pub display_name: Option<String>,
    /// True for a topic that keeps the order of its messages. Its name ends with `.fifo`.
    pub fifo: bool,
    /// True if messages of a FIFO topic with the same content are one; false for every other topic.
    pub content_based_deduplication: bool,
    /// The key that encrypts messages; none for no encryption. CloudWatch and EventBridge can publish only under a customer
    /// key whose policy lets them use it.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
    pub kms_key_arn: Option<Input<String>>,
    /// Statements of its policy beside the one that lets the account in. A statement without resources is about the topic.
    pub policy: Vec<Statement>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("display_name", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("fifo", Impact::Replace("SNS fixes the type of a topic when it is made"))
        .class(DriftClass::Capacity),
    FieldRule::new("content_based_deduplication", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("kms_key_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security),
];

fn arn(n: &Naming<'_>) -> String {
    n.arn("sns", n.name())
}

/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["content_based_deduplication"] == true && inputs["fifo"] != true {
        return Refused::invalid(
            "InvalidParameter",
            "Invalid parameter: Content-based deduplication can only be set for FIFO topics",
        );
    }
    Ok(())
}

fn check_name(request: &SimRequest<'_>, _: &dyn SimWorld) -> Result<(), Refused> {
    let (base, is_fifo) = match request.name.strip_suffix(".fifo") {
        Some(base) => (base, true),
        None => (request.name, false),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if base.is_empty() || !base.bytes().all(allowed) {
        let message = "Topic names must be made up of only ASCII letters, numbers, underscores and hyphens";
        return Refused::invalid("InvalidParameter", message);
    }
    if is_fifo != (request.inputs["fifo"] == true) {
        return Refused::invalid(
            "InvalidParameter",
            "FIFO topic names must end with .fifo, and those of others must not",
        );
    }
    Ok(())
}

/// CreateTopic answers the ARN of a topic that the account has under the name. DeleteTopic of a missing topic succeeds, and takes
/// the subscriptions along.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
/// <https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html>
const SIM: SimFacet = SimFacet {
    physical_id: arn,
    outputs: Some(|n| outputs([("arn", json!(arn(n))), ("name", json!(n.name()))])),
    calls: ("CreateTopic", "SetTopicAttributes", "DeleteTopic"),
    read: Some(("sns:GetTopicAttributes", 1)),
    exists: "InvalidParameter",
    quota: "TopicLimitExceeded",
    inputs: check_inputs,
    request: check_name,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_arn", "InvalidParameter")];

const ADOPT: AdoptFacet = AdoptFacet {
    name: AdoptFacet::itself,
    known: &[("arn", KnownId::Arn), ("name", KnownId::Name)],
    terraform: &[TerraformType { names: &["aws_sns_topic"], ..TerraformType::ARN }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "sns",
    "L-61103206",
    "Topics per account",
    100_000,
    "https://docs.aws.amazon.com/general/latest/gr/sns.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "topic",
    |base| base.name("notices"),
    |base| {
        json!(TopicInputs {
            display_name: Some("Conformance".into()),
            fifo: false,
            content_based_deduplication: false,
            kms_key_arn: Some(base.kms_key_arn.clone().into()),
            policy: Vec::new(),
        })
    },
)
.updated("display_name", || json!("Other words"))];

impl Kind for Topic {
    const NAME: &'static str = "sns:Topic";
    type Inputs = TopicInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "name"])
            .with_named_outputs(&["arn", "name"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(256)
            .with_arn(ArnForm::whole("sns", "").with_parts(&[":", "*"]))
            .with_links(LINKS)
            .with_quotas(QUOTAS)
            .with_sim(&SIM)
            .with_adopt(&ADOPT)
            .with_samples(SAMPLES)
    }
}
