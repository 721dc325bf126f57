//! The host name where people sign in to a user pool (`cognito-idp:UserPoolDomain`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::UserPool;
use crate::model::{
    AdoptFacet, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, ReplaceOrder, Sample,
    SimFacet, TerraformOutput, TerraformResource, TerraformType, Timing, outputs,
};

/// The host name where people sign in to a user pool (`cognito-idp:UserPoolDomain`): a prefix of
/// `{prefix}.auth.{region}.amazoncognito.com`, unique in its region. Its physical name is that prefix. It carries no
/// tags: it is ours when its pool is.
#[derive(Debug)]
pub struct UserPoolDomain;

impl UserPoolDomain {
    /// The prefix.
    pub const DOMAIN: Output<Self, String> = Output::new("domain");
}

/// The inputs of a user pool domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPoolDomainInputs {
    /// The pool.
    pub user_pool_id: Input<String>,
    /// The prefix, `mate-sociant-auth`.
    pub domain: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("user_pool_id", Impact::Replace("a domain leads to one pool")).class(DriftClass::Security),
    FieldRule::new("domain", Impact::Replace("the prefix of a domain is fixed at its creation"))
        .class(DriftClass::Security),
];

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| outputs([("domain", json!(n.name()))])),
    words: ("CREATING", "UPDATING"),
    calls: ("CreateUserPoolDomain", "UpdateUserPoolDomain", "DeleteUserPoolDomain"),
    exists: "InvalidParameterException",
    quota: "LimitExceededException",
    read: Some(("cognito-idp:DescribeUserPoolDomain", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] =
    &[Link::new("user_pool_id", "cognito-idp:UserPool", "user_pool_id", "ResourceNotFoundException")
        .holds("InvalidParameterException")];

const ADOPT: AdoptFacet = AdoptFacet {
    name: AdoptFacet::itself,
    keys: &["domain"],
    place: &["user_pool_id"],
    known: &[("domain", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_cognito_user_pool_domain"],
        id: |r| r.text("domain"),
        hints: &[("domain", "domain"), ("user_pool_id", "user_pool_id")],
        // A domain of one's own has dots and a certificate.
        covers: |r| r.text("domain").is_none_or(|domain| !domain.contains('.')),
        in_our_form: |field, value| if field == "domain" { TerraformResource::host(&value) } else { value },
        ..TerraformType::PLAIN
    }],
    outputs: &[TerraformOutput::new(&["user_pool_domain", "cognito_domain"], |text| {
        TerraformOutput::within(text, 1, 63, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "user-pool-domain",
    |base| base.name("sign-in"),
    |base| {
        json!(UserPoolDomainInputs { user_pool_id: base.out("user-pool", UserPool::ID), domain: base.name("sign-in") })
    },
)];

impl Kind for UserPoolDomain {
    const NAME: &'static str = "cognito-idp:UserPoolDomain";
    type Inputs = UserPoolDomainInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["domain"])
            .with_named_outputs(&["domain"])
            // A pool has one domain with a prefix at most.
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(5, 5, 5))
            .with_name_max(63)
            .untaggable()
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
    }
}
