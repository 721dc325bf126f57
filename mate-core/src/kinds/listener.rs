//! A listener of a load balancer (`elbv2:Listener`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A listener of a load balancer (`elbv2:Listener`).
#[derive(Debug)]
pub struct Listener;

impl Listener {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The target group that it forwards to, once it does.
    pub const TARGET_GROUP_ARN: Output<Self, String> = Output::new("target_group_arn");
}

/// What a listener is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerInputs {
    /// The load balancer.
    pub load_balancer_arn: Input<String>,
    /// The port.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The certificate, for HTTPS.
    pub certificate_arn: Option<Input<String>>,
    /// The security policy, for HTTPS: `ELBSecurityPolicy-TLS13-1-2-2021-06`.
    pub ssl_policy: Option<String>,
    /// What is done with what no rule takes.
    pub default_action: ListenerAction,
}

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ListenerAction {
    /// Sent to a target group.
    Forward {
        /// The target group.
        target_group_arn: Input<String>,
    },
    /// Sent to one of two target groups, or shared between them, as the deployments of a service have it: ECS sets the weights.
    ForwardToEither {
        /// The target group that has everything at first.
        target_group_arn: Input<String>,
        /// The other one.
        alternate_target_group_arn: Input<String>,
    },
    /// Sent to the same address by HTTPS, for good (301).
    RedirectToHttps {
        /// The port to go to.
        port: u16,
    },
    /// Answered by the load balancer itself.
    FixedResponse {
        /// The status, 2XX, 4XX or 5XX.
        status: u16,
        /// `text/plain`, `text/html` or `application/json`.
        content_type: String,
        /// The body, up to 1024 characters.
        body: String,
    },
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("load_balancer_arn", Impact::Replace("a listener belongs to one load balancer"))
        .class(DriftClass::Security),
    FieldRule::new("port", Impact::Replace("a listener is found by its port")).class(DriftClass::Security),
    FieldRule::new("protocol", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("certificate_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("ssl_policy", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("default_action", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for Listener {
    const NAME: &'static str = "elbv2:Listener";
    type Inputs = ListenerInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "target_group_arn"],
            revised_outputs: &["target_group_arn"],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
