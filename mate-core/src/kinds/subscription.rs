//! A subscription to a topic (`sns:Subscription`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Topic;
use crate::model::{
    AdoptFacet, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output, Per, Quota,
    Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimWorld, TerraformType, Timing, is_arn, outputs, resource_of,
};

/// A subscription to a topic of Amazon SNS (`sns:Subscription`).
///
/// A subscription of an e-mail address or of a web address waits until its owner confirms it; the link is valid for two days.
/// It counts as ready while it waits, because nobody but its owner can end that. It carries no tags.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
#[derive(Debug)]
pub struct Subscription;

impl Subscription {
    /// The subscription's ARN: that of the topic, with an id behind it.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionInputs {
    /// The ARN of the topic.
    pub topic_arn: Input<String>,
    /// `email`, `email-json`, `https`, `http`, `sqs`, `lambda`, `sms`, `firehose` or `application`.
    pub protocol: String,
    /// The recipient: an address, a URL, a number or an ARN, by the protocol.
    pub endpoint: Input<String>,
    /// True if the message comes without SNS's envelope; for `sqs`, `http`, `https` and `firehose` only.
    pub raw_message_delivery: bool,
}

const FIXED: &str = "a subscription keeps its topic, protocol and endpoint";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("topic_arn", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("protocol", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("endpoint", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("raw_message_delivery", Impact::InPlace).class(DriftClass::Capacity),
];

fn arn(n: &Naming<'_>) -> String {
    format!("{}:{}", n.text("topic_arn"), n.uuid("id"))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    const WITH_RAW: [&str; 4] = ["sqs", "http", "https", "firehose"];
    let (protocol, endpoint) = (inputs["protocol"].as_str().unwrap_or(""), inputs["endpoint"].as_str().unwrap_or(""));
    let fits = match protocol {
        "email" | "email-json" => {
            endpoint.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        }
        "https" => endpoint.starts_with("https://"),
        "http" => endpoint.starts_with("http://"),
        "sqs" | "lambda" | "firehose" | "application" => is_arn(endpoint),
        "sms" => endpoint.bytes().any(|byte| byte.is_ascii_digit()),
        _ => return Refused::invalid("InvalidParameter", format!("Does not support this protocol string: {protocol}")),
    };
    if !fits {
        return Refused::invalid("InvalidParameter", "Invalid parameter: Endpoint");
    }
    if inputs["raw_message_delivery"] == true && !WITH_RAW.contains(&protocol) {
        return Refused::invalid(
            "InvalidParameter",
            "Invalid parameter: Delivery protocol does not support raw message delivery",
        );
    }
    Ok(())
}

/// A FIFO topic delivers to queues only.
/// <https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html>
fn check_topic(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let topic = request.inputs["topic_arn"].as_str().and_then(|arn| world.by_key("sns:Topic", arn));
    if topic.is_some_and(|topic| topic.inputs["fifo"] == true) && request.inputs["protocol"] != "sqs" {
        return Refused::invalid("InvalidParameter", "Invalid parameter: Endpoint type not supported by FIFO topics");
    }
    Ok(())
}

/// Subscribe of a topic, protocol and endpoint that are subscribed answers the subscription that is there.
const SIM: SimFacet = SimFacet {
    physical_id: arn,
    outputs: Some(|n| outputs([("arn", json!(arn(n)))])),
    scope: "topic_arn",
    place: &["topic_arn", "protocol", "endpoint"],
    words: ("pending confirmation", "pending confirmation"),
    calls: ("Subscribe", "SetSubscriptionAttributes", "Unsubscribe"),
    read: Some(("sns:ListSubscriptionsByTopic", 1)),
    exists: "InvalidParameter",
    quota: "SubscriptionLimitExceeded",
    inputs: check_inputs,
    request: check_topic,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::new("topic_arn", "sns:Topic", "arn", "NotFound").goes_along().or_base()];

/// A subscription's ARN has an id behind that of its topic.
fn in_arn(text: &str) -> Option<&str> {
    let is_of_sns = is_arn(text) && text.split(':').nth(2) == Some("sns");
    let (topic, id) = resource_of(text).filter(|_| is_of_sns)?.split_once(':')?;
    (!topic.is_empty() && id.len() == 36).then_some(text)
}

const ADOPT: AdoptFacet = AdoptFacet {
    shape: Some(in_arn),
    keys: &["topic_arn", "protocol", "endpoint"],
    terraform: &[TerraformType {
        names: &["aws_sns_topic_subscription"],
        hints: &[("topic_arn", "topic_arn"), ("protocol", "protocol"), ("endpoint", "endpoint")],
        name: &[],
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "sns",
    "",
    "Subscriptions per topic",
    12_500_000,
    "https://docs.aws.amazon.com/general/latest/gr/sns.html",
)
.without_code()
.per(Per::Topic, |inputs, _| inputs["topic_arn"].to_string())];

const SAMPLES: &[Sample] = &[Sample::new(
    "topic-subscription",
    |base| base.name("notices-mail"),
    |base| {
        json!(SubscriptionInputs {
            topic_arn: base.out("topic", Topic::ARN),
            protocol: "email".into(),
            endpoint: "operations@example.org".to_owned().into(),
            raw_message_delivery: false,
        })
    },
)];

impl Kind for Subscription {
    const NAME: &'static str = "sns:Subscription";
    type Inputs = SubscriptionInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(256)
            .untaggable()
            .with_deduplication(Deduplication::Place)
            .with_links(LINKS)
            .with_quotas(QUOTAS)
            .with_sim(&SIM)
            .with_adopt(&ADOPT)
            .with_samples(SAMPLES)
    }
}
