//! A private way of a VPC to a service of AWS (`ec2:VPCEndpoint`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A private way of a VPC to a service of AWS (`ec2:VPCEndpoint`).
#[derive(Debug)]
pub struct VpcEndpoint;

impl VpcEndpoint {
    /// Its id, `vpce-…`.
    pub const ID: Output<Self, String> = Output::new("vpc_endpoint_id");
}

/// What an endpoint is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpointInputs {
    /// Its VPC.
    pub vpc_id: Input<String>,
    /// The service, `com.amazonaws.us-east-1.s3`.
    pub service_name: String,
    /// `Gateway` or `Interface`.
    pub endpoint_type: String,
    /// The route tables that lead to a gateway endpoint; none for an interface endpoint.
    pub route_table_ids: Vec<Input<String>>,
    /// The subnets of an interface endpoint; none for a gateway endpoint.
    pub subnet_ids: Vec<Input<String>>,
    /// The security groups of an interface endpoint; none for a gateway endpoint.
    pub security_group_ids: Vec<Input<String>>,
    /// Whether the service's own host name leads to an interface endpoint; false for a gateway endpoint.
    pub private_dns_enabled: bool,
}

const FIXED: &str = "an endpoint's VPC, service and type are fixed at its creation";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("service_name", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("endpoint_type", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("route_table_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("private_dns_enabled", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for VpcEndpoint {
    const NAME: &'static str = "ec2:VPCEndpoint";
    type Inputs = VpcEndpointInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["vpc_endpoint_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |inputs| {
                if inputs["endpoint_type"] == "Gateway" {
                    Timing::seconds(5, 5, 5)
                } else {
                    Timing::seconds(90, 60, 90)
                }
            },
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
