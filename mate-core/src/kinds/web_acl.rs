//! A web ACL in front of load balancers (`wafv2:WebACL`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Kind, KindModel, Naming, Output, Quota, Refused, ReplaceOrder,
    Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A web ACL in front of load balancers (`wafv2:WebACL`), of scope `REGIONAL`. What no rule blocks is allowed.
#[derive(Debug)]
pub struct WebAcl;

impl WebAcl {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a web ACL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAclInputs {
    /// Most requests of one address in five minutes, 10 to 2,000,000,000; more are blocked. No limit where there is none.
    pub rate_limit: Option<u32>,
    /// The managed rule groups of AWS in the order in which they judge: `AWSManagedRulesCommonRuleSet`.
    pub managed_rule_groups: Vec<String>,
    /// The countries whose requests are blocked, ISO 3166 alpha-2.
    pub blocked_countries: Vec<String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("rate_limit", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("managed_rule_groups", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("blocked_countries", Impact::InPlace).class(DriftClass::Security).unordered(),
];

fn web_acl_arn(n: &Naming<'_>) -> String {
    n.arn("wafv2", &format!("regional/webacl/{}/{}", n.name(), n.uuid("id")))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["rate_limit"].as_u64().is_some_and(|limit| limit < 10) {
        let message = "the limit of a rate-based rule must be 10 at least";
        return Refused::invalid("WAFInvalidParameterException", message);
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: web_acl_arn,
    outputs: Some(|n| outputs([("arn", json!(web_acl_arn(n)))])),
    calls: ("CreateWebACL", "UpdateWebACL", "DeleteWebACL"),
    exists: "WAFDuplicateItemException",
    quota: "WAFLimitsExceededException",
    read: Some(("wafv2:GetWebACL", 1)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.strip_prefix("regional/webacl/")?.split('/').next(),
    terraform: &[TerraformType {
        names: &["aws_wafv2_web_acl"],
        id: |r| r.text("arn"),
        name: &["name"],
        covers: |r| !r.is("scope", "CLOUDFRONT"),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "wafv2",
    "L-2EC3DE7B",
    "Maximum web ACLs per account in WAF for regional",
    100,
    "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "firewall",
    |base| base.name("firewall"),
    |_| {
        json!(WebAclInputs {
            rate_limit: Some(2000),
            managed_rule_groups: vec!["AWSManagedRulesCommonRuleSet".into()],
            blocked_countries: vec!["KP".into()],
        })
    },
)
.updated("rate_limit", || json!(3000))];

impl Kind for WebAcl {
    const NAME: &'static str = "wafv2:WebACL";
    type Inputs = WebAclInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(5, 5, 5))
            .with_name_max(128)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::whole("wafv2", "regional/webacl/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
