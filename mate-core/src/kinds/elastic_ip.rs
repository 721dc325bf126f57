//! A fixed public address (`ec2:EIP`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A fixed public address (`ec2:EIP`), of domain `vpc`.
#[derive(Debug)]
pub struct ElasticIp;

impl ElasticIp {
    /// Its id, `eipalloc-…`.
    pub const ALLOCATION_ID: Output<Self, String> = Output::new("allocation_id");
    /// The address.
    pub const PUBLIC_IP: Output<Self, String> = Output::new("public_ip");
}

/// What an elastic IP is made from: nothing to choose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIpInputs {}

const FIELDS: &[FieldRule] = &[];

impl Kind for ElasticIp {
    const NAME: &'static str = "ec2:EIP";
    type Inputs = ElasticIpInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["allocation_id", "public_ip"],
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
