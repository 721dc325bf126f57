//! An application load balancer (`elbv2:LoadBalancer`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::s3_bucket;
use super::{Bucket, SecurityGroup};
use crate::model::{
    AdoptFacet, ArnForm, Companion, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, Link, Naming,
    Output, Quota, Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimWorld, TerraformType, Timing, outputs,
};

/// An application load balancer (`elbv2:LoadBalancer`).
#[derive(Debug)]
pub struct LoadBalancer;

impl LoadBalancer {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its own host name.
    pub const DNS_NAME: Output<Self, String> = Output::new("dns_name");
    /// The zone of its host name, for an alias record.
    pub const CANONICAL_HOSTED_ZONE_ID: Output<Self, String> = Output::new("canonical_hosted_zone_id");
    /// The part of its ARN that metrics are named by, `app/name/id`.
    pub const FULL_NAME: Output<Self, String> = Output::new("full_name");
}

/// The inputs of a load balancer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancerInputs {
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// Its subnets, in two zones at least.
    pub subnet_ids: Vec<Input<String>>,
    /// Its security groups.
    pub security_group_ids: Vec<Input<String>>,
    /// Seconds after which an idle connection is closed, 1 to 4000.
    pub idle_timeout_seconds: u16,
    /// True if AWS refuses to delete it.
    pub deletion_protection: bool,
    /// True if the load balancer drops invalid HTTP header fields.
    pub drop_invalid_header_fields: bool,
    /// The destination of its access logs; none for no access logs.
    #[serde(default)]
    pub access_logs: Option<AccessLogs>,
}

/// The destination of a load balancer's access logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessLogs {
    /// The bucket, whose policy lets Elastic Load Balancing write into it.
    pub bucket: Input<String>,
    /// The prefix of every key: the tenant.
    pub prefix: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("scheme", Impact::Replace("a load balancer is internet-facing or internal from its creation"))
        .class(DriftClass::Security),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("idle_timeout_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("deletion_protection", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("drop_invalid_header_fields", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("access_logs", Impact::InPlace).class(DriftClass::Security),
];

fn lb_arn(n: &Naming<'_>) -> String {
    n.arn("elasticloadbalancing", &format!("loadbalancer/{}", lb_full_name(n)))
}

fn lb_full_name(n: &Naming<'_>) -> String {
    format!("app/{}/{}", n.name(), n.hex("id", 16))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["subnet_ids"].as_array().map_or(0, Vec::len) < 2 {
        let message = "at least two subnets in two different zones must be specified";
        return Refused::invalid("ValidationError", message);
    }
    Ok(())
}

/// The bucket of the access logs must let them in. The rights of a bucket that was never here are not known.
fn check_access_logs(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    const LOG_DELIVERY: &str = "logdelivery.elasticloadbalancing.amazonaws.com";
    let name = request.inputs["access_logs"]["bucket"].as_str();
    let Some(bucket) = name.and_then(|name| world.by_key("s3:Bucket", name)) else { return Ok(()) };
    let problem = if !bucket.inputs["kms_key_arn"].is_null() {
        "it is encrypted with a key of KMS"
    } else if !s3_bucket::lets(bucket.inputs, LOG_DELIVERY, "s3:PutObject") {
        "please check the bucket's permission"
    } else {
        return Ok(());
    };
    let message = format!("access denied for bucket {}: {problem}", bucket.name);
    Refused::invalid("InvalidConfigurationRequest", message)
}

const SIM: SimFacet = SimFacet {
    physical_id: lb_arn,
    outputs: Some(|n| {
        let host = if n.text("scheme") == "internal" { "internal-" } else { "" };
        let id = n.digits("lb", 9);
        outputs([
            ("arn", json!(lb_arn(n))),
            ("dns_name", json!(format!("{host}{}-{id}.{}.elb.amazonaws.com", n.name(), n.region()))),
            ("canonical_hosted_zone_id", json!("Z35SXDOTRQ7X7K")),
            ("full_name", json!(lb_full_name(n))),
        ])
    }),
    words: ("provisioning", "modifying"),
    calls: ("CreateLoadBalancer", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer"),
    exists: "DuplicateLoadBalancerName",
    quota: "TooManyLoadBalancers",
    read: Some(("elbv2:DescribeLoadBalancers", 20)),
    protected: Some(("OperationNotPermitted", "the load balancer {name} has deletion protection enabled")),
    inputs: check_inputs,
    request: check_access_logs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidSecurityGroup"),
    Link::subnet("subnet_ids.*", "SubnetNotFound").or_base(),
    Link::new("access_logs.bucket", "s3:Bucket", "bucket", "InvalidConfigurationRequest").or_base(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.strip_prefix("loadbalancer/app/")?.split('/').next(),
    terraform: &[TerraformType {
        names: &["aws_lb", "aws_alb"],
        covers: |r| r.text("load_balancer_type").is_none_or(|sort| sort == "application"),
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "elasticloadbalancing",
    "L-53DA6B97",
    "Application Load Balancers per Region",
    50,
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html",
)];

const COMPANIONS: &[Companion] = &[Companion {
    kind: "iam:ServiceLinkedRole",
    name: "AWSServiceRoleForElasticLoadBalancing",
    stays: true,
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html",
}];

const SAMPLES: &[Sample] = &[Sample::new(
    "load-balancer",
    |base| base.name("alb"),
    |base| {
        json!(LoadBalancerInputs {
            scheme: "internet-facing".into(),
            subnet_ids: base.public_subnet_ids.iter().cloned().map(Input::Literal).collect(),
            security_group_ids: vec![base.out("alb-group", SecurityGroup::ID)],
            idle_timeout_seconds: 60,
            deletion_protection: true,
            drop_invalid_header_fields: true,
            access_logs: Some(AccessLogs { bucket: base.out("log-bucket", Bucket::NAME), prefix: base.tenant.clone() }),
        })
    },
)
.updated("idle_timeout_seconds", || json!(120))];

impl Kind for LoadBalancer {
    const NAME: &'static str = "elbv2:LoadBalancer";
    type Inputs = LoadBalancerInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "dns_name", "canonical_hosted_zone_id", "full_name"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(165, 5, 20))
            .with_name_max(32)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("elasticloadbalancing", "loadbalancer/app/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Serving)
    }
}
