//! An application load balancer (`elbv2:LoadBalancer`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

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

/// What a load balancer is made from.
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
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether headers that HTTP does not allow are dropped.
    pub drop_invalid_header_fields: bool,
    /// Where it writes its access logs; nowhere where there is none.
    #[serde(default)]
    pub access_logs: Option<AccessLogs>,
}

/// Where a load balancer writes its access logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessLogs {
    /// The bucket, whose policy lets Elastic Load Balancing write into it.
    pub bucket: Input<String>,
    /// What every key begins with; the tenant.
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

impl Kind for LoadBalancer {
    const NAME: &'static str = "elbv2:LoadBalancer";
    type Inputs = LoadBalancerInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "dns_name", "canonical_hosted_zone_id", "full_name"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(165, 5, 20),
            name_rule: NameRule { max: 32 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
