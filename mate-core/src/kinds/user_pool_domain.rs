//! The host name where people sign in to a user pool (`cognito-idp:UserPoolDomain`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The host name where people sign in to a user pool (`cognito-idp:UserPoolDomain`): a prefix of
/// `{prefix}.auth.{region}.amazoncognito.com`, unique in its region. Its physical name is that prefix. It carries no
/// tags: it is ours when its pool is.
#[derive(Debug)]
pub struct UserPoolDomain;

impl UserPoolDomain {
    /// The prefix.
    pub const DOMAIN: Output<Self, String> = Output::new("domain");
}

/// What a domain is made from.
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

impl Kind for UserPoolDomain {
    const NAME: &'static str = "cognito-idp:UserPoolDomain";
    type Inputs = UserPoolDomainInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["domain"],
            revised_outputs: &[],
            named_outputs: &["domain"],
            // A pool has one domain with a prefix at most.
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(5, 5, 5),
            name_rule: NameRule { max: 63 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
