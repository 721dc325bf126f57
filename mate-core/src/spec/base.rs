//! The base that tenants stand on, given by ids.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::document::{Format, LoadError, Raw, Reader, from_path, parse};
use super::error::{InvalidValue, SpecError, SpecErrors};
use super::recovery::SecretRecoveryDays;
use super::service::{ImageUri, RepositoryName};
use super::values::{TagValue, TextValue, domain, text_value};
use crate::model::ids::Environment;

/// The shared base of one environment: what tenants stand on, given by ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The environment, `dev`.
    pub environment: Environment,
    /// The region; `us-east-1` by default in a file.
    pub region: String,
    /// The account, twelve digits.
    pub account_id: String,
    /// The base domain, `mate.sociant.ai`; a tenant is at `https://{subdomain}.{domain}`.
    pub domain: String,
    /// The VPC.
    pub vpc_id: String,
    /// The public subnets, where load balancers stand; two at least.
    pub public_subnet_ids: Vec<String>,
    /// The private subnets, where everything else stands; two at least.
    pub private_subnet_ids: Vec<String>,
    /// The database subnets, without a way to the internet, where databases and caches stand; those stand in the private
    /// subnets where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub database_subnet_ids: Vec<String>,
    /// The ECS cluster's name, `mate-dev`.
    pub cluster: String,
    /// The certificate of `*.{domain}`.
    pub certificate_arn: String,
    /// The hosted zone of the domain.
    pub hosted_zone_id: String,
    /// The file system of the shared base models.
    pub shared_file_system_id: String,
    /// The KMS key that encrypts everything.
    pub kms_key_arn: String,
    /// The web ACL in front of every load balancer; none to do without.
    #[serde(default)]
    pub web_acl_arn: Option<String>,
    /// The bucket that load balancers write their access logs into; they write none where there is none.
    #[serde(default)]
    pub access_log_bucket: Option<String>,
    /// The ECR repositories by short name: `django` to `….dkr.ecr.us-east-1.amazonaws.com/mate-django-dev`.
    pub repositories: BTreeMap<String, String>,
    /// The shared user pool, where tenants have identity providers of their own.
    #[serde(default)]
    pub user_pool_id: Option<String>,
    /// Tag `CostCenter` for tenants that have none of their own.
    #[serde(default = "engineering")]
    pub cost_center: String,
    /// True if VPC flow logs are on.
    #[serde(default)]
    pub enable_flow_logs: bool,
    /// True if the account has an audit trail.
    #[serde(default)]
    pub enable_audit_logging: bool,
    /// The default deletion protection of tenants: true if they are protected unless they set it themselves.
    #[serde(default = "protected")]
    pub enable_deletion_protection: bool,
    /// Days in which a deleted secret of a tenant can be brought back: 7 to 30, or 0 to delete it for good at once; 30 where
    /// it is not said. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_recovery_days: Option<u8>,
}

fn engineering() -> String {
    "engineering".into()
}

fn protected() -> bool {
    true
}

fn id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|hex| (8..=17).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn arn(text: &str, service: &str, resource: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", partition, of, region_name, account, what]
        if partition.starts_with("aws")
            && of == service
            && region(region_name)
            && twelve_digits(account)
            && what.len() > resource.len()
            && what.starts_with(resource)
            && what.bytes().all(|b| b.is_ascii_graphic()))
}

fn twelve_digits(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    parts.len() >= 3
        && parts[0].len() == 2
        && parts[..parts.len() - 1].iter().all(letters)
        && parts.last().is_some_and(|last| last.len() == 1 && last.bytes().all(|b| b.is_ascii_digit()))
}

text_value!(
    /// A region of AWS.
    Region, "a region", "a region such as us-east-1", region
);
text_value!(
    /// An account of AWS.
    AccountId, "an account", "twelve digits, in quotes", twelve_digits
);
text_value!(
    /// The domain that tenants stand under.
    Domain, "a domain name", "a domain name such as mate.sociant.ai, in lower case", domain
);
text_value!(VpcId, "the id of a VPC", "vpc- and 8 to 17 hexadecimal digits", |text| id(text, "vpc-"));
text_value!(SubnetId, "the id of a subnet", "subnet- and 8 to 17 hexadecimal digits", |text| id(text, "subnet-"));
text_value!(FileSystemId, "the id of a file system", "fs- and 8 to 17 hexadecimal digits", |text| id(text, "fs-"));
text_value!(ClusterName, "the name of a cluster", "1 to 255 letters, digits, - and _", |text| {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
});
text_value!(CertificateArn, "the ARN of a certificate", "arn:aws:acm:<region>:<account>:certificate/<id>", |text| {
    arn(text, "acm", "certificate/")
});
text_value!(KeyArn, "the ARN of a KMS key", "arn:aws:kms:<region>:<account>:key/<id>", |text| arn(text, "kms", "key/"));
text_value!(
    WebAclArn,
    "the ARN of a regional web ACL",
    "arn:aws:wafv2:<region>:<account>:regional/webacl/<name>/<id>",
    |text| arn(text, "wafv2", "regional/webacl/")
);
text_value!(
    BucketName,
    "the name of a bucket",
    "3 to 63 of a-z, 0-9, - and ., a letter or digit at both ends",
    |text| {
        let end = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (3..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
            && end(text.as_bytes().first())
            && end(text.as_bytes().last())
    }
);
text_value!(
    /// The id of a hosted zone of Route 53.
    ZoneId,
    "the id of a hosted zone",
    "1 to 32 letters and digits, without /hostedzone/ before them",
    |text| { (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) }
);
text_value!(
    RepositoryUri,
    "the URI of a repository",
    "a registry and a repository without a tag, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev",
    |text| ImageUri::new(format!("{text}:latest")).is_ok() && !text.contains('@')
);
text_value!(
    PoolId,
    "the id of a user pool",
    "a region, _ and letters and digits, such as us-east-1_AbCdEf123",
    |text| {
        text.split_once('_').is_some_and(|(of, name)| {
            region(of) && (1..=55).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    }
);

impl TextValue for Environment {
    const ALLOWED: &'static str =
        "1 to 20 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen";

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        Self::new(text).map_err(|invalid| InvalidValue::text(invalid.what, invalid.allowed, &invalid.given))
    }
}

impl Base {
    /// Reads a base from TOML, JSON or HCL: the fields by their names, nothing around them.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong.
    pub fn from_str(format: Format, text: &str) -> Result<Self, SpecErrors> {
        Self::read(Raw::Table(parse(format, text)?))
    }

    /// Reads a base from a file, by its extension: `.toml`, `.json`, `.tfvars`.
    ///
    /// # Errors
    /// [`LoadError`] for a file that cannot be read, and for everything that is wrong in it.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        from_path(path.as_ref(), Self::from_str)
    }

    /// Checks a base that was made by hand, field by field.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong.
    pub fn validate(&self) -> Result<(), SpecErrors> {
        let unreadable = |error: serde_json::Error| SpecErrors::from(SpecError::new("", error.to_string()));
        let raw = serde_json::to_value(self).and_then(serde_json::from_value).map_err(unreadable)?;
        Self::read(raw).map(drop)
    }

    /// Reads a base out of a platform's outputs: `vpc_id`, `public_subnet_ids.0`, `repositories.django`.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is missing or wrong.
    pub fn from_outputs(outputs: &BTreeMap<String, String>) -> Result<Self, SpecErrors> {
        let mut fields = serde_json::Map::new();
        for (name, value) in outputs.iter().filter(|(name, _)| *name != "name_servers") {
            match name.split_once('.') {
                None => {
                    let flag = value.parse::<bool>().ok().filter(|_| name.starts_with("enable_")).map(Into::into);
                    let days = value.parse::<u8>().ok().filter(|_| name.ends_with("_days")).map(Into::into);
                    fields.insert(name.clone(), flag.or(days).unwrap_or_else(|| value.clone().into()));
                }
                Some((table, part)) if part.parse::<usize>().is_ok() => {
                    if let Some(list) =
                        fields.entry(table).or_insert_with(|| Vec::<String>::new().into()).as_array_mut()
                    {
                        list.push(value.clone().into());
                    }
                }
                Some((table, part)) => {
                    let entries = fields.entry(table).or_insert_with(|| serde_json::Map::new().into());
                    if let Some(entries) = entries.as_object_mut() {
                        entries.insert(part.to_owned(), value.clone().into());
                    }
                }
            }
        }
        let unreadable = |error: serde_json::Error| SpecErrors::from(SpecError::new("", error.to_string()));
        Self::read(serde_json::from_value(fields.into()).map_err(unreadable)?)
    }

    fn read(raw: Raw) -> Result<Self, SpecErrors> {
        let mut errors = Vec::new();
        let base = Reader::open("", raw, &mut errors).and_then(Self::decode);
        match (SpecErrors::from_list(errors), base) {
            (Some(errors), _) => Err(errors),
            (None, Some(base)) => Ok(base),
            (None, None) => Err(SpecError::new("", "is not a base").into()),
        }
    }

    fn decode(mut table: Reader<'_>) -> Option<Self> {
        let environment = table.required("environment");
        let default_region = if table.has("region") { None } else { Region::new("us-east-1").ok() };
        let region = table.text::<Region>("region").or(default_region);
        let account_id = table.required::<AccountId>("account_id");
        let domain = table.required::<Domain>("domain");
        let vpc_id = table.required::<VpcId>("vpc_id");
        let public_subnet_ids = subnets(&mut table, "public_subnet_ids");
        let private_subnet_ids = subnets(&mut table, "private_subnet_ids");
        let database_subnet_ids = if table.has("database_subnet_ids") {
            subnets(&mut table, "database_subnet_ids")
        } else {
            table.take("database_subnet_ids");
            Vec::new()
        };
        let cluster = table.required::<ClusterName>("cluster");
        let certificate_arn = table.required::<CertificateArn>("certificate_arn");
        let hosted_zone_id = table.required::<ZoneId>("hosted_zone_id");
        let shared_file_system_id = table.required::<FileSystemId>("shared_file_system_id");
        let kms_key_arn = table.required::<KeyArn>("kms_key_arn");
        let web_acl_arn = table.text::<WebAclArn>("web_acl_arn").map(String::from);
        let access_log_bucket = table.text::<BucketName>("access_log_bucket").map(String::from);
        let repositories = repositories(&mut table);
        let user_pool_id = table.text::<PoolId>("user_pool_id").map(String::from);
        let cost_center = table.text::<TagValue>("cost_center").map_or_else(engineering, String::from);
        let enable_flow_logs = table.flag("enable_flow_logs").unwrap_or_default();
        let enable_audit_logging = table.flag("enable_audit_logging").unwrap_or_default();
        let enable_deletion_protection = table.flag("enable_deletion_protection").unwrap_or_else(protected);
        let secret_recovery_days = table.number::<SecretRecoveryDays>("secret_recovery_days").map(|days| days.get());
        table.finish();
        Some(Self {
            environment: environment?,
            region: region?.into(),
            account_id: account_id?.into(),
            domain: domain?.into(),
            vpc_id: vpc_id?.into(),
            public_subnet_ids,
            private_subnet_ids,
            database_subnet_ids,
            cluster: cluster?.into(),
            certificate_arn: certificate_arn?.into(),
            hosted_zone_id: hosted_zone_id?.into(),
            shared_file_system_id: shared_file_system_id?.into(),
            kms_key_arn: kms_key_arn?.into(),
            web_acl_arn,
            access_log_bucket,
            repositories,
            user_pool_id,
            cost_center,
            enable_flow_logs,
            enable_audit_logging,
            enable_deletion_protection,
            secret_recovery_days,
        })
    }
}

fn subnets(table: &mut Reader<'_>, field: &'static str) -> Vec<String> {
    const ALLOWED: &str = "two subnets or more, each of its own availability zone";
    if !table.has(field) {
        table.take(field);
        table.fail(field, "is missing").allowed = Some(ALLOWED.to_owned());
        return Vec::new();
    }
    let before = table.errors.len();
    let subnets: Vec<String> = table.texts::<SubnetId>(field).into_iter().map(String::from).collect();
    let distinct: std::collections::BTreeSet<&String> = subnets.iter().collect();
    if table.errors.len() == before && distinct.len() < 2.max(subnets.len()) {
        let problem = if subnets.len() < 2 { "has too few subnets" } else { "has a subnet twice" };
        let given = subnets.len().to_string();
        let error = table.fail(field, problem);
        error.allowed = Some(ALLOWED.to_owned());
        error.given = Some(given);
    }
    subnets
}

fn repositories(table: &mut Reader<'_>) -> BTreeMap<String, String> {
    const FIELD: &str = "repositories";
    if !table.has(FIELD) {
        table.take(FIELD);
        table.fail(FIELD, "is missing").allowed = Some("a table from short names to URIs".to_owned());
        return BTreeMap::new();
    }
    let mut repositories = BTreeMap::new();
    for (name, raw) in table.entries(FIELD) {
        if let Err(invalid) = RepositoryName::new(name.as_str()) {
            table.errors.push(SpecError::invalid(FIELD, invalid));
            continue;
        }
        let place = format!("{FIELD}.{name}");
        match raw {
            Raw::Text(text) => match RepositoryUri::new(text) {
                Ok(uri) => {
                    repositories.insert(name, uri.into());
                }
                Err(invalid) => table.errors.push(SpecError::invalid(place, invalid)),
            },
            other => {
                table.errors.push(SpecError::new(place, "is not text").allowed(RepositoryUri::ALLOWED).given(other))
            }
        }
    }
    repositories
}
