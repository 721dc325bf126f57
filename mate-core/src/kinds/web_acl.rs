//! A web ACL in front of load balancers (`wafv2:WebACL`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A web ACL in front of load balancers (`wafv2:WebACL`), of scope `REGIONAL`. What no rule blocks is allowed.
#[derive(Debug)]
pub struct WebAcl;

impl WebAcl {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a web ACL is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAclInputs {
    /// Most requests of one address in five minutes, 10 to 2,000,000,000; more are blocked. No limit where there is none.
    pub rate_limit: Option<u32>,
    /// The managed rule groups of AWS in the order in which they judge: `AWSManagedRulesCommonRuleSet`.
    pub managed_rule_groups: Vec<String>,
    /// The countries that nobody may come from, ISO 3166 alpha-2.
    pub blocked_countries: Vec<String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("rate_limit", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("managed_rule_groups", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("blocked_countries", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for WebAcl {
    const NAME: &'static str = "wafv2:WebACL";
    type Inputs = WebAclInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(5, 5, 5),
            name_rule: NameRule { max: 128 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
