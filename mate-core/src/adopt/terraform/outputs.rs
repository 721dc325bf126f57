//! `terraform output -json`.

use serde_json::Value;

use super::Document;
use crate::adopt::candidate::Candidate;
use crate::adopt::forms::{kind, recognize};
use crate::adopt::source::{Listing, SkipReason, Skipped, SourceError};

const DOCUMENT: Document = Document { command: "terraform output -json" };

/// What an output is whose value does not tell by its form.
struct Named {
    kind: &'static str,
    /// The whole name, or its end after a `_`.
    names: &'static [&'static str],
    /// Whether only the whole name counts: other things are called so too, with something before it.
    whole: bool,
    /// Whether a value can be what the name says.
    valid: fn(&str) -> bool,
}

const fn named(kind: &'static str, names: &'static [&'static str], valid: fn(&str) -> bool) -> Named {
    Named { kind, names, whole: false, valid }
}

const NAMED: &[Named] = &[
    Named {
        kind: "ecs:Cluster",
        names: &["cluster", "cluster_name", "cluster_id", "ecs_cluster", "ecs_cluster_name", "ecs_cluster_id"],
        whole: true,
        valid: |text| within(text, 1, 255, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
    },
    // `alb_zone_id` and the like are AWS's zone of a load balancer.
    Named {
        kind: "route53:HostedZone",
        names: &[
            "zone_id",
            "hosted_zone_id",
            "route53_zone_id",
            "route53_hosted_zone_id",
            "public_zone_id",
            "public_hosted_zone_id",
            "dns_zone_id",
        ],
        whole: true,
        valid: |text| {
            let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
            id.starts_with('Z') && within(id, 8, 32, |b| b.is_ascii_uppercase() || b.is_ascii_digit())
        },
    },
    named("kms:Key", &["kms_key_id", "kms_key_ids", "key_id"], |text| {
        let id = text.strip_prefix("mrk-").unwrap_or(text);
        within(id, 32, 36, |b| b.is_ascii_hexdigit() || b == b'-')
    }),
    named("ecr:Repository", &["repository_name", "repository_names"], |text| {
        within(text, 2, 256, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_./".contains(&b))
    }),
    named("s3:Bucket", &["bucket", "bucket_name", "bucket_id", "bucket_names", "bucket_ids"], |text| {
        within(text, 3, 63, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    }),
    // `db-ABCDEFGHIJKLMNOPQRSTUVWXYZ` is the resource id of an instance, by which it cannot be looked up.
    named(
        "rds:DBInstance",
        &["db_instance_id", "rds_instance_id", "db_instance_identifier", "rds_instance_identifier", "db_identifier"],
        |text| {
            let is_resource = text
                .strip_prefix("db-")
                .is_some_and(|id| id.len() >= 20 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
            !is_resource && identifier(text)
        },
    ),
    named("rds:DBSubnetGroup", &["db_subnet_group_name", "database_subnet_group", "database_subnet_group_name"], group),
    named("rds:DBParameterGroup", &["db_parameter_group_name"], group),
    named("elasticache:ReplicationGroup", &["replication_group_id"], identifier),
    named("elasticache:CacheSubnetGroup", &["elasticache_subnet_group_name", "redis_subnet_group_name"], group),
    named("cognito-idp:UserPoolDomain", &["user_pool_domain", "cognito_domain"], |text| {
        within(text, 1, 63, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }),
];

fn within(text: &str, min: usize, max: usize, allowed: fn(u8) -> bool) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(allowed)
}

fn identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && within(text, 1, 63, |b| b.is_ascii_alphanumeric() || b == b'-')
}

fn group(text: &str) -> bool {
    within(text, 1, 255, |b| b.is_ascii_alphanumeric() || b"-_. ".contains(&b))
}

/// What an output of this name is.
fn by_name(output: &str) -> Option<&'static Named> {
    let output = output.to_ascii_lowercase().replace('-', "_");
    let is = |named: &&Named| {
        named.names.iter().any(|name| {
            let before = output.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || (!named.whole && before.ends_with('_')))
        })
    };
    NAMED.iter().find(is)
}

pub(in crate::adopt) fn outputs(json: &str) -> Result<Listing, SourceError> {
    let root = DOCUMENT.parse(json)?;
    if root.get("format_version").is_some_and(Value::is_string) || root.get("lineage").is_some_and(Value::is_string) {
        return Err(
            DOCUMENT.wrong("the whole", "is a state: give it to terraform_state, as `terraform show -json` writes it")
        );
    }
    let mut listing = Listing::default();
    for (name, output) in &root {
        let output = DOCUMENT.object(name, output)?;
        let Some(sensitive) = output.get("sensitive").and_then(Value::as_bool) else {
            return Err(DOCUMENT.wrong(format!("{name}.sensitive"), "is neither true nor false"));
        };
        let Some(value) = output.get("value") else {
            return Err(DOCUMENT.wrong(format!("{name}.value"), "is missing"));
        };
        let before = listing.candidates.len();
        if !sensitive {
            read(by_name(name), name.clone(), value, &mut listing.candidates);
        }
        if listing.candidates.len() == before {
            let reason = match value {
                _ if sensitive => SkipReason::Sensitive,
                value if is_empty(value) => SkipReason::WithoutId,
                _ => SkipReason::Unknown,
            };
            listing.skipped.push(Skipped { origin: name.clone(), reason });
        }
    }
    Ok(listing)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn read(named: Option<&'static Named>, origin: String, value: &Value, found: &mut Vec<Candidate>) {
    match value {
        Value::String(text) => {
            let by_name = || named.filter(|named| (named.valid)(text)).map(|named| (kind(named.kind), text.clone()));
            if let Some((kind, id)) = recognize(text).or_else(by_name) {
                found.push(Candidate::new(kind, id, origin));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                read(named, format!("{origin}[{index}]"), item, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                // Of an object the attributes have names of their own; of a map of names the values are alike.
                let alike = fields.values().all(Value::is_string).then_some(named).flatten();
                read(by_name(key).or(alike), format!("{origin}[\"{key}\"]"), field, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The kinds that are recognised by an output's name.
#[cfg(test)]
pub(in crate::adopt) fn kinds() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|named| named.kind)
}
