//! The values of a platform's spec: numbers within a range, and texts of a form.

use std::fmt;
use std::str::FromStr;

use crate::spec::base::Region;
use crate::spec::error::InvalidValue;
use crate::spec::values::{NumberValue, TextValue, number_value, text_value};

number_value!(
    /// The number of images that a repository keeps, 1 to 1000.
    ImageCount(u16), "a number of images", 1..=1000, " images"
);
number_value!(
    /// Most requests of one address in five minutes; AWS WAF takes 10 to 2,000,000,000.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html>
    RateLimit(u32), "a rate limit", 10..=2000000000, " requests in five minutes"
);
number_value!(
    /// Fewest characters of a password in the user pool.
    PasswordLength(u8), "a password length", 6..=99, " characters"
);
text_value!(
    /// The prefix of the user pool's domain, `mate-sociant-auth`; unique in its region.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html>
    CognitoDomain,
    "the prefix of a Cognito domain",
    "1 to 63 of a-z, 0-9 and hyphens, without a hyphen at either end, and without aws, amazon or cognito in it",
    |text| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !["aws", "amazon", "cognito"].iter().any(|reserved| text.contains(reserved))
    }
);
text_value!(
    /// A zone, `us-east-1a`.
    AvailabilityZone,
    "an availability zone",
    "a region and a letter, such as us-east-1a",
    |text| text.len() > 1
        && text.ends_with(|last: char| last.is_ascii_lowercase())
        && Region::new(&text[..text.len() - 1]).is_ok()
);
text_value!(
    /// A country, ISO 3166 alpha-2.
    Country,
    "a country",
    "two capital letters (ISO 3166 alpha-2), such as KP",
    |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
);
text_value!(
    /// A managed rule group of AWS.
    ManagedRuleGroup,
    "a managed rule group",
    "AWSManagedRules and the group's name, such as AWSManagedRulesCommonRuleSet",
    |text| text.starts_with("AWSManagedRules") && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric())
);
text_value!(
    /// The short name of a service that an interface endpoint leads to.
    EndpointService,
    "a service for an endpoint",
    "the service's name behind com.amazonaws.<region>., such as ecr.api or secretsmanager",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
);
text_value!(
    /// The id or ARN of an object that is there already.
    ExistingId,
    "the id of an object",
    "an id or ARN: 1 to 2048 printable characters without spaces",
    |text| (1..=2048).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);
