//! A listener of a load balancer (`elbv2:Listener`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LoadBalancer;
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, Link,
    Naming, Output, Outputs, Refused, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A listener of a load balancer (`elbv2:Listener`).
#[derive(Debug)]
pub struct Listener;

impl Listener {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The target group that it forwards to, once it does.
    pub const TARGET_GROUP_ARN: Output<Self, String> = Output::new("target_group_arn");
}

/// The inputs of a listener.
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
    /// The action for requests that match no rule.
    pub default_action: ListenerAction,
}

/// The action of a listener or a rule for a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ListenerAction {
    /// Forwards the request to a target group.
    Forward {
        /// The target group.
        target_group_arn: Input<String>,
    },
    /// Forwards requests to two target groups by weight. ECS sets the weights during the deployments of a service.
    ForwardToEither {
        /// The target group that receives all requests at first.
        target_group_arn: Input<String>,
        /// The other one.
        alternate_target_group_arn: Input<String>,
    },
    /// Redirects permanently (301) to the same address by HTTPS.
    RedirectToHttps {
        /// The port to go to.
        port: u16,
    },
    /// Returns a fixed response of the load balancer.
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

fn listener_arn(n: &Naming<'_>) -> String {
    n.below("load_balancer_arn", ":loadbalancer/", ":listener/")
}

/// True but for a target group that the action of a listener or rule with these inputs does not name: one that answers by itself
/// has no target group, and one that forwards to a single one no other.
pub(super) fn forwards_to(inputs: &Value, output: &str) -> bool {
    if !["target_group_arn", "alternate_target_group_arn"].contains(&output) {
        return true;
    }
    let actions = [&inputs["default_action"], &inputs["action"]].into_iter();
    actions.flat_map(|action| [&action["forward"], &action["forward_to_either"]]).any(|to| !to[output].is_null())
}

/// The outputs of an object with this ARN and action: the ARN, and the target groups that it forwards to.
pub(super) fn forwarding(arn: String, action: &Value) -> Outputs {
    let mut outputs = outputs([("arn", json!(arn))]);
    for forward in [&action["forward"], &action["forward_to_either"]] {
        for output in ["target_group_arn", "alternate_target_group_arn"] {
            if let Some(target_group) = forward[output].as_str() {
                outputs.insert(output.into(), json!(target_group));
            }
        }
    }
    outputs
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["protocol"] == "HTTPS" && inputs["certificate_arn"].is_null() {
        return Refused::invalid("CertificateNotFound", "a certificate must be specified for HTTPS listeners");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: listener_arn,
    outputs: Some(|n| forwarding(listener_arn(n), &n.inputs()["default_action"])),
    scope: "load_balancer_arn",
    place: &["load_balancer_arn", "port"],
    calls: ("CreateListener", "ModifyListener", "DeleteListener"),
    exists: "DuplicateListener",
    quota: "TooManyListeners",
    read: Some(("elbv2:DescribeListeners", 20)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::new("load_balancer_arn", "elbv2:LoadBalancer", "arn", "LoadBalancerNotFound").goes_along(),
    Link::new("default_action.forward.target_group_arn", "elbv2:TargetGroup", "arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    Link::new("certificate_arn", "acm:Certificate", "arn", "CertificateNotFound")
        .needs_ready("UnsupportedCertificate")
        .holds("ResourceInUseException")
        .or_base(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    keys: &["load_balancer_arn", "port"],
    terraform: &[TerraformType {
        names: &["aws_lb_listener", "aws_alb_listener"],
        name: &[],
        hints: &[("load_balancer_arn", "load_balancer_arn"), ("port", "port"), ("protocol", "protocol")],
        covers: |r| r.text("load_balancer_arn").is_none_or(|arn| arn.contains(":loadbalancer/app/")),
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[
    Sample::new(
        "https",
        |base| base.name("https"),
        |base| {
            json!(ListenerInputs {
                load_balancer_arn: base.out("load-balancer", LoadBalancer::ARN),
                port: 443,
                protocol: "HTTPS".into(),
                certificate_arn: Some(base.certificate_arn.clone().into()),
                ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
                default_action: ListenerAction::FixedResponse {
                    status: 404,
                    content_type: "text/plain".into(),
                    body: "not here".into(),
                },
            })
        },
    ),
    Sample::new(
        "http",
        |base| base.name("http"),
        |base| {
            json!(ListenerInputs {
                load_balancer_arn: base.out("load-balancer", LoadBalancer::ARN),
                port: 80,
                protocol: "HTTP".into(),
                certificate_arn: None,
                ssl_policy: None,
                default_action: ListenerAction::RedirectToHttps { port: 443 },
            })
        },
    ),
];

impl Kind for Listener {
    const NAME: &'static str = "elbv2:Listener";
    type Inputs = ListenerInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "target_group_arn"])
            .with_revised_outputs(&["target_group_arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_optional_outputs(forwards_to)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("elasticloadbalancing", "listener/app/"))
            .with_adopt(&ADOPT)
            .with_health(HealthFacet::Serving)
            .with_deduplication(Deduplication::Place)
    }
}
