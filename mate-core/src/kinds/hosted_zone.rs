//! A public DNS zone (`route53:HostedZone`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, Reach, ReplaceOrder, Timing};

/// A public DNS zone (`route53:HostedZone`). Its physical name is its domain.
#[derive(Debug)]
pub struct HostedZone;

impl HostedZone {
    /// Its id without `/hostedzone/`, `Z…`.
    pub const ID: Output<Self, String> = Output::new("hosted_zone_id");
    /// Its name servers, with commas between: the domain has to be delegated to them.
    pub const NAME_SERVERS: Output<Self, String> = Output::new("name_servers");
}

/// What a zone is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZoneInputs {
    /// Its domain, `mate.sociant.ai`, without a dot at the end.
    pub domain: String,
    /// What it is for; not compared where the zone is only read.
    pub comment: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("domain", Impact::Replace("a zone serves the domain that it was made for"))
        .class(DriftClass::Security),
    FieldRule::new("comment", Impact::InPlace).class(DriftClass::Cosmetic).words(),
];

impl Kind for HostedZone {
    const NAME: &'static str = "route53:HostedZone";
    const REACH: Reach = Reach::World;
    type Inputs = HostedZoneInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["hosted_zone_id", "name_servers"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(5, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
