//! A WAF web ACL in front of a load balancer (`wafv2:WebACLAssociation`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A WAF web ACL in front of a load balancer (`wafv2:WebACLAssociation`).
#[derive(Debug)]
pub struct WebAclAssociation;

impl WebAclAssociation {
    /// What it protects.
    pub const RESOURCE_ARN: Output<Self, String> = Output::new("resource_arn");
}

/// What an association is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAclAssociationInputs {
    /// The web ACL.
    pub web_acl_arn: Input<String>,
    /// What it protects.
    pub resource_arn: Input<String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("web_acl_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("resource_arn", Impact::Replace("an association is of one resource")).class(DriftClass::Security),
];

impl Kind for WebAclAssociation {
    const NAME: &'static str = "wafv2:WebACLAssociation";
    type Inputs = WebAclAssociationInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["resource_arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(5, 5, 5),
            name_rule: NameRule { max: 255 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
