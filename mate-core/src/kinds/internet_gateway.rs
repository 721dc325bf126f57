//! The way of a VPC to the internet (`ec2:InternetGateway`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The way of a VPC to the internet (`ec2:InternetGateway`).
#[derive(Debug)]
pub struct InternetGateway;

impl InternetGateway {
    /// Its id, `igw-…`.
    pub const ID: Output<Self, String> = Output::new("internet_gateway_id");
}

/// What an internet gateway is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGatewayInputs {
    /// The VPC that it is attached to. One that is made and not attached yet tells none.
    pub vpc_id: Input<String>,
}

fn attachment(old: &serde_json::Value, _new: &serde_json::Value) -> Impact {
    if old["vpc_id"].is_null() {
        return Impact::InPlace;
    }
    Impact::Replace("a gateway in use is not moved to another VPC")
}

const FIELDS: &[FieldRule] = &[FieldRule::by("vpc_id", attachment).class(DriftClass::Security)];

impl Kind for InternetGateway {
    const NAME: &'static str = "ec2:InternetGateway";
    type Inputs = InternetGatewayInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["internet_gateway_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: false,
            run_once: false,
        }
    }
}
