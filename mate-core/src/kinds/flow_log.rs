//! The record of a VPC's traffic (`ec2:FlowLog`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::log_group::group_name;
use super::{LogGroup, Role, Vpc};
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimView, SimWorld, TerraformType, Timing, is_arn, outputs,
    resource_of,
};

/// The record of a VPC's traffic (`ec2:FlowLog`), into CloudWatch Logs.
#[derive(Debug)]
pub struct FlowLog;

impl FlowLog {
    /// Its id, `fl-…`.
    pub const ID: Output<Self, String> = Output::new("flow_log_id");
}

/// The inputs of a flow log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowLogInputs {
    /// The VPC.
    pub vpc_id: Input<String>,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
    /// The log group that it writes into.
    pub log_group_name: Input<String>,
    /// The role that it writes with.
    pub role_arn: Input<String>,
    /// Seconds that one line covers: 60 or 600.
    pub max_aggregation_seconds: u16,
}

const FIXED: &str = "a flow log cannot be changed";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("traffic_type", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("log_group_name", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("role_arn", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("max_aggregation_seconds", Impact::Replace(FIXED)).class(DriftClass::Security),
];

/// A flow log in a Terraform state names its group by its ARN.
fn group_of(value: String) -> String {
    let resource = if is_arn(&value) { resource_of(&value) } else { Some(value.as_str()) };
    resource.and_then(group_name).filter(|name| !name.is_empty()).map(str::to_owned).unwrap_or(value)
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if !matches!(inputs["max_aggregation_seconds"].as_u64(), Some(60 | 600)) {
        return Refused::invalid("InvalidParameter", "MaxAggregationInterval must be 60 or 600");
    }
    Ok(())
}

fn check_unique(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let mut same = |other: &SimView<'_>| {
        let fields = ["vpc_id", "log_group_name", "traffic_type"];
        Some(other.uid) != request.own && fields.iter().all(|field| other.inputs[*field] == request.inputs[*field])
    };
    if world.find("ec2:FlowLog", &mut same).is_some() {
        let message = "there is an existing flow log with the same configuration and log destination";
        return Refused::exists("FlowLogAlreadyExists", message);
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("fl"),
    outputs: Some(|n| outputs([("flow_log_id", json!(n.id("fl")))])),
    calls: ("CreateFlowLogs", "CreateTags", "DeleteFlowLogs"),
    exists: "FlowLogAlreadyExists",
    quota: "FlowLogLimitExceeded",
    read: Some(("ec2:DescribeFlowLogs", 100)),
    inputs: check_inputs,
    request: check_unique,
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[
    Link::new("vpc_id", "ec2:VPC", "vpc_id", "InvalidVpcId.NotFound").goes_along(),
    Link::new("log_group_name", "logs:LogGroup", "name", "InvalidParameter").or_base(),
    Link::new("role_arn", "iam:Role", "arn", "InvalidParameter").or_base(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "fl-",
    keys: &["vpc_id"],
    place: &["log_group_name", "traffic_type"],
    known: &[("flow_log_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_flow_log"],
        hints: &[
            ("vpc_id", "vpc_id"),
            ("traffic_type", "traffic_type"),
            ("log_group_name", "log_group_name"),
            ("log_destination", "log_group_name"),
        ],
        // A flow log of a VPC, into CloudWatch Logs.
        covers: |r| {
            r.text("vpc_id").is_some() && r.text("log_destination_type").is_none_or(|sort| sort == "cloud-watch-logs")
        },
        in_our_form: |field, value| if field == "log_group_name" { group_of(value) } else { value },
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "flow-log",
    |base| base.name("flow"),
    |base| {
        json!(FlowLogInputs {
            vpc_id: base.out("vpc", Vpc::ID),
            traffic_type: "REJECT".into(),
            log_group_name: base.out("flow-log-group", LogGroup::NAME),
            role_arn: base.out("flow-log-role", Role::ARN),
            max_aggregation_seconds: 600,
        })
    },
)];

impl Kind for FlowLog {
    const NAME: &'static str = "ec2:FlowLog";
    type Inputs = FlowLogInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["flow_log_id"])
            // AWS refuses a second flow log of the same traffic into the same group.
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "vpc-flow-log/"))
            .with_adopt(&ADOPT)
            .with_deduplication(Deduplication::Token)
    }
}
