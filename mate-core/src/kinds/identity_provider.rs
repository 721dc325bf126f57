//! A hospital's own identity provider in the shared user pool (`cognito-idp:IdentityProvider`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, Per, Quota, ReplaceOrder,
    Sample, SimFacet, TerraformType, Timing, outputs,
};

use std::collections::BTreeMap;

/// A hospital's own identity provider in the shared user pool (`cognito-idp:IdentityProvider`).
#[derive(Debug)]
pub struct IdentityProvider;

impl IdentityProvider {
    /// Its name in the pool.
    pub const NAME: Output<Self, String> = Output::new("provider_name");
}

/// The inputs of an identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderInputs {
    /// The user pool.
    pub user_pool_id: Input<String>,
    /// `SAML` or `OIDC`.
    pub provider_type: String,
    /// The metadata document of SAML, or the issuer of OIDC.
    pub metadata_url: String,
    /// The attribute mapping: attributes of the pool from attributes of the provider.
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

const SIM: SimFacet = SimFacet {
    physical_id: |n| format!("{}/{}", n.text("user_pool_id"), n.name()),
    outputs: Some(|n| outputs([("provider_name", json!(n.name()))])),
    scope: "user_pool_id",
    calls: ("CreateIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider"),
    exists: "DuplicateProviderException",
    quota: "LimitExceededException",
    read: Some(("cognito-idp:DescribeIdentityProvider", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] =
    &[Link::new("user_pool_id", "cognito-idp:UserPool", "user_pool_id", "ResourceNotFoundException")
        .goes_along()
        .or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.split_once('/').map(|(_, name)| name),
    place: &["user_pool_id"],
    known: &[("provider_name", KnownId::Name)],
    terraform: &[TerraformType {
        names: &["aws_cognito_identity_provider"],
        id: |r| Some(format!("{}/{}", r.text("user_pool_id")?, r.text("provider_name")?)),
        name: &["provider_name"],
        hints: &[("user_pool_id", "user_pool_id")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "cognito-idp",
    "L-1B44D826",
    "Identity providers per user pool",
    300,
    "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html",
)
.per(Per::UserPool, |inputs, _| inputs["user_pool_id"].to_string())];

const SAMPLES: &[Sample] = &[Sample::new(
    "identity-provider",
    |base| format!("{}-saml", base.tenant),
    |base| {
        json!(IdentityProviderInputs {
            user_pool_id: base.user_pool_id.clone().unwrap_or_default().into(),
            provider_type: "SAML".into(),
            metadata_url: "https://sso.example.org/metadata.xml".into(),
            attribute_mapping: BTreeMap::from([("email".to_owned(), "mail".to_owned())]),
        })
    },
)
.only_if(|base| base.user_pool_id.is_some())];

impl Kind for IdentityProvider {
    const NAME: &'static str = "cognito-idp:IdentityProvider";
    type Inputs = IdentityProviderInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["provider_name"])
            .with_named_outputs(&["provider_name"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(32)
            .untaggable()
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
