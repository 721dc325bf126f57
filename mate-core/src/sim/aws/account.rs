//! Roles, keys, secrets, logs, topics and the pools of users.

use super::{Again, Creation, Facts, Fixed, Tagged};

pub(super) const FACTS: &[Facts] = &[
    // CreateRole. UpdateRole, UpdateAssumeRolePolicy and the calls on policies change the rest.
    Facts::named("iam:Role", "EntityAlreadyExists"),
    // CreateKey has no token; the name of an alias exists once: CreateAlias. UpdateKeyDescription, PutKeyPolicy.
    Facts::new("kms:Key", Creation::Never),
    // CreateSecret: ResourceExistsException for a name that is taken. UpdateSecret, PutSecretValue.
    Facts::named("secretsmanager:Secret", "ResourceExistsException"),
    // CreateLogGroup. PutRetentionPolicy.
    Facts::named("logs:LogGroup", "ResourceAlreadyExistsException"),
    // CreateTrail. UpdateTrail.
    Facts::named("cloudtrail:Trail", "TrailAlreadyExistsException"),
    // CreateTopic: "if the requester already owns a topic with the specified name, that topic's ARN is returned"; with other
    // attributes it is InvalidParameter (MassTransit pull request 3721). SetTopicAttributes has no FifoTopic.
    Facts::new("sns:Topic", Creation::ByName { within: "", again: Again::SameOr("InvalidParameter") })
        .fixed(&[Fixed::always("fifo")]),
    // Subscribe answers the subscription of the endpoint; with other attributes it is InvalidParameter. TagResource of SNS is
    // for topics. SetSubscriptionAttributes.
    Facts::new(
        "sns:Subscription",
        Creation::ByPlace { inputs: &["topic_arn", "protocol", "endpoint"], again: Again::SameOr("InvalidParameter") },
    )
    .tagged(Tagged::Never)
    .fixed(&[Fixed::always("topic_arn"), Fixed::always("protocol"), Fixed::always("endpoint")]),
    // CreateUserPool has no token, and names repeat. UpdateUserPool.
    Facts::new("cognito-idp:UserPool", Creation::Never),
    // CreateUserPoolDomain: a prefix exists once in a region, InvalidParameterException for one that is taken. TagResource of
    // Cognito is for user pools. UpdateUserPoolDomain names pool and domain to find it.
    Facts::named("cognito-idp:UserPoolDomain", "InvalidParameterException")
        .tagged(Tagged::Never)
        .fixed(&[Fixed::always("user_pool_id"), Fixed::always("domain")]),
    // CreateIdentityProvider: DuplicateProviderException, in a pool. UpdateIdentityProvider has no type.
    Facts::new(
        "cognito-idp:IdentityProvider",
        Creation::ByName { within: "user_pool_id", again: Again::Refused("DuplicateProviderException") },
    )
    .tagged(Tagged::Never)
    .fixed(&[Fixed::always("user_pool_id"), Fixed::always("provider_type")]),
];
