//! A WAF web ACL in front of a load balancer (`wafv2:WebACLAssociation`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::LoadBalancer;
use crate::model::{
    AdoptFacet, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A WAF web ACL in front of a load balancer (`wafv2:WebACLAssociation`).
#[derive(Debug)]
pub struct WebAclAssociation;

impl WebAclAssociation {
    /// The ARN of the protected resource.
    pub const RESOURCE_ARN: Output<Self, String> = Output::new("resource_arn");
}

/// The inputs of an association.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAclAssociationInputs {
    /// The web ACL.
    pub web_acl_arn: Input<String>,
    /// The ARN of the protected resource.
    pub resource_arn: Input<String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("web_acl_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("resource_arn", Impact::Replace("an association is of one resource")).class(DriftClass::Security),
];

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.text("resource_arn").to_owned(),
    outputs: Some(|n| outputs([("resource_arn", json!(n.text("resource_arn")))])),
    scope: "resource_arn",
    place: &["resource_arn"],
    words: ("associating", "associating"),
    calls: ("AssociateWebACL", "AssociateWebACL", "DisassociateWebACL"),
    exists: "WAFDuplicateItemException",
    quota: "WAFLimitsExceededException",
    read: Some(("wafv2:GetWebACLForResource", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::new("web_acl_arn", "wafv2:WebACL", "arn", "WAFNonexistentItemException")
        .needs_ready("WAFUnavailableEntityException")
        .holds("WAFAssociatedItemException")
        .or_base(),
    Link::new("resource_arn", "elbv2:LoadBalancer", "arn", "WAFNonexistentItemException")
        .needs_ready("WAFUnavailableEntityException")
        .goes_along(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    keys: &["resource_arn"],
    known: &[("resource_arn", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_wafv2_web_acl_association"],
        id: |r| r.text("resource_arn"),
        hints: &[("resource_arn", "resource_arn"), ("web_acl_arn", "web_acl_arn")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "web-acl",
    |base| base.name("web-acl"),
    |base| {
        json!(WebAclAssociationInputs {
            web_acl_arn: base.web_acl_arn.clone().unwrap_or_default().into(),
            resource_arn: base.out("load-balancer", LoadBalancer::ARN),
        })
    },
)
.only_if(|base| base.web_acl_arn.is_some())];

impl Kind for WebAclAssociation {
    const NAME: &'static str = "wafv2:WebACLAssociation";
    type Inputs = WebAclAssociationInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["resource_arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(5, 5, 5))
            .with_name_max(255)
            .untaggable()
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
            .with_deduplication(Deduplication::Place)
    }
}
