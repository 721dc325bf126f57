//! A hospital's own identity provider in the shared user pool (`cognito-idp:IdentityProvider`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};
use std::collections::BTreeMap;

/// A hospital's own identity provider in the shared user pool (`cognito-idp:IdentityProvider`).
#[derive(Debug)]
pub struct IdentityProvider;

impl IdentityProvider {
    /// Its name in the pool.
    pub const NAME: Output<Self, String> = Output::new("provider_name");
}

/// What an identity provider is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderInputs {
    /// The user pool.
    pub user_pool_id: Input<String>,
    /// `SAML` or `OIDC`.
    pub provider_type: String,
    /// The metadata document of SAML, or the issuer of OIDC.
    pub metadata_url: String,
    /// Attributes of the pool from attributes of the provider.
    pub attribute_mapping: BTreeMap<String, String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("user_pool_id", Impact::Replace("an identity provider belongs to one user pool"))
        .class(DriftClass::Security),
    FieldRule::new("provider_type", Impact::Replace("the type of an identity provider is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("metadata_url", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("attribute_mapping", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for IdentityProvider {
    const NAME: &'static str = "cognito-idp:IdentityProvider";
    type Inputs = IdentityProviderInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["provider_name"],
            revised_outputs: &[],
            named_outputs: &["provider_name"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 32 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
