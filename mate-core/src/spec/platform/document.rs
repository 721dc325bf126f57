//! The wire form of a platform: TOML, JSON, and the `terraform.tfvars` of a base.

use std::path::Path;

use ipnet::Ipv4Net;

use super::{DomainZone, NatStrategy, PlatformSpec, SubnetLayout, WafSpec, Zones};
use crate::model::ids::NodeId;
use crate::spec::base::{AccountId, Domain, Region, ZoneId};
use crate::spec::document::{Format, LoadError, Raw, Reader, from_path, parse};
use crate::spec::error::{InvalidValue, SpecError, SpecErrors};
use crate::spec::service::RepositoryName;
use crate::spec::values::{NumberValue, TagValue, TextValue};

impl TextValue for Ipv4Net {
    const ALLOWED: &'static str = "a range of IPv4 addresses such as 10.0.0.0/16";

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        text.parse().map_err(|_| InvalidValue::text("a range of addresses", Self::ALLOWED, text))
    }
}

/// An offset of subnets.
struct Offset(u32);

impl NumberValue for Offset {
    const WHAT: &'static str = "an offset";

    fn parse(number: i128) -> Option<Self> {
        (0..=4095).contains(&number).then(|| u32::try_from(number).ok().map(Self)).flatten()
    }

    fn allowed() -> String {
        "0 to 4095".to_owned()
    }
}

/// The length of a prefix.
struct PrefixLength(u8);

impl NumberValue for PrefixLength {
    const WHAT: &'static str = "a prefix length";

    fn parse(number: i128) -> Option<Self> {
        (16..=28).contains(&number).then(|| u8::try_from(number).ok().map(Self)).flatten()
    }

    fn allowed() -> String {
        "16 to 28".to_owned()
    }
}

/// The number of zones, 2 or 3.
struct ZoneCount(u8);

impl NumberValue for ZoneCount {
    const WHAT: &'static str = "a number of zones";

    fn parse(number: i128) -> Option<Self> {
        (2..=3).contains(&number).then(|| u8::try_from(number).ok().map(Self)).flatten()
    }

    fn allowed() -> String {
        "2 or 3".to_owned()
    }
}

/// # The wire form
/// The options of a MATE base by their names, in TOML, JSON or a `terraform.tfvars`; unknown fields are errors.
///
/// ```toml
/// environment = "dev"
/// aws_region = "us-east-1"            # the default
/// account_id = "123456789012"         # that of the credentials by default; with it, others are refused
/// vpc_cidr = "10.0.0.0/16"            # the default
/// domain_name = "mate.sociant.ai"
/// create_route53_zone = false         # the default: the zone is looked up
/// hosted_zone_id = "Z0123456789ABC"   # looked up by its domain where left out
/// cognito_domain = "mate-sociant-auth"
/// cost_center = "engineering"         # the default
/// enable_deletion_protection = true   # the default
/// secret_recovery_days = 30           # the default; 7 to 30, or 0 to delete secrets at once
/// key_deletion_days = 30              # the default; 7 to 30
/// enable_flow_logs = false            # the default
/// enable_audit_logging = false        # the default
/// enable_access_logs = true           # the default
/// availability_zone_count = 3         # 2 or 3; or availability_zones = ["us-east-1a", "us-east-1b"]
/// nat = "one"                         # or "per_zone", "none"
/// container_insights = true
/// repositories = ["django", "celery", "beat"]
/// keep_last_images = 10               # 1 to 1000
/// immutable_image_tags = true
///
/// [subnets]
/// prefix_length = 24
/// public_offset = 1
/// private_offset = 11
/// database_offset = 21                # no database subnets where left out
///
/// [vpc_endpoints]
/// s3 = true
/// interface = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"] # the default with nat = "none"; else none
///
/// [user_pool]
/// password_minimum_length = 12
/// self_sign_up = false
///
/// [waf]
/// enabled = true
/// rate_limit = 2000                   # 0 for none
/// managed_rule_groups = ["AWSManagedRulesCommonRuleSet"]
/// blocked_countries = ["KP"]
///
/// [observe]                           # what is there already and is only read: node and id
/// kms-key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
/// ```
impl PlatformSpec {
    /// Reads a platform from TOML, JSON or HCL.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong.
    pub fn from_str(format: Format, text: &str) -> Result<Self, SpecErrors> {
        let mut errors = Vec::new();
        let table = Raw::Table(parse(format, text)?);
        let spec = Reader::open("", table, &mut errors).and_then(decode);
        if let Some(spec) = &spec {
            spec.check(&mut errors);
        }
        match (SpecErrors::from_list(errors), spec) {
            (Some(errors), _) => Err(errors),
            (None, Some(spec)) => Ok(spec),
            (None, None) => Err(SpecError::new("", "is not a platform").into()),
        }
    }

    /// Reads a platform from a file, by its extension: `.toml`, `.json`, `.tfvars`.
    ///
    /// # Errors
    /// [`LoadError`] for a file that cannot be read, and for everything that is wrong in it.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        from_path(path.as_ref(), Self::from_str)
    }
}

fn decode(mut table: Reader<'_>) -> Option<PlatformSpec> {
    let environment = table.required("environment");
    let region = table.text::<Region>("aws_region");
    let account_id = table.text::<AccountId>("account_id");
    let vpc_cidr = table.text::<Ipv4Net>("vpc_cidr");
    let domain = table.required::<Domain>("domain_name");
    let create_zone = table.flag("create_route53_zone");
    let zone_id = table.text::<ZoneId>("hosted_zone_id");
    if let (Some(true), Some(id)) = (create_zone, &zone_id) {
        let error = table.fail("hosted_zone_id", "stands beside create_route53_zone = true");
        error.allowed = Some("one of the two".to_owned());
        error.given = Some(id.to_string());
    }
    let cognito_domain = table.required("cognito_domain");
    let cost_center = table.text::<TagValue>("cost_center");
    let protection = table.flag("enable_deletion_protection");
    let secret_recovery_days = table.number("secret_recovery_days");
    let key_deletion_days = table.number("key_deletion_days");
    let flow_logs = table.flag("enable_flow_logs");
    let audit_logging = table.flag("enable_audit_logging");
    let access_logs = table.flag("enable_access_logs");
    let zone_count = table.number::<ZoneCount>("availability_zone_count");
    let named_zones = table.has("availability_zones").then(|| table.texts("availability_zones"));
    table.known(["availability_zones"]);
    if zone_count.is_some() && named_zones.is_some() {
        table.fail("availability_zone_count", "stands beside availability_zones").allowed =
            Some("one of the two".into());
    }
    let nat = table.choice("nat", &["one", "per_zone", "none"]);
    let container_insights = table.flag("container_insights");
    let before = table.errors.len();
    let repositories = table.has("repositories").then(|| table.texts::<RepositoryName>("repositories"));
    // A problem of one of them is reported already.
    let repositories = repositories.filter(|_| table.errors.len() == before);
    table.known(["repositories"]);
    let keep_last_images = table.number("keep_last_images");
    let immutable_tags = table.flag("immutable_image_tags");
    let subnets = subnets(&mut table);
    let (s3_endpoint, interface_endpoints) = endpoints(&mut table);
    let (password_length, self_sign_up) = match table.table("user_pool") {
        Some(mut pool) => {
            let read = (pool.number("password_minimum_length"), pool.flag("self_sign_up"));
            pool.finish();
            read
        }
        None => (None, None),
    };
    let waf = waf(&mut table);
    let mut observed = Vec::new();
    for (node, raw) in table.entries("observe") {
        let place = format!("observe.{node}");
        let id = match raw {
            Raw::Text(text) => super::ExistingId::new(text).map_err(|invalid| SpecError::invalid(&place, invalid)),
            other => Err(SpecError::new(&place, "is not text").allowed(super::ExistingId::ALLOWED).given(other)),
        };
        let node = NodeId::new(node.as_str()).map_err(|invalid| {
            SpecError::new(&place, "is not a node of the platform").allowed(invalid.allowed).given(invalid.given)
        });
        match (node, id) {
            (Ok(node), Ok(id)) => observed.push((node, id)),
            (node, id) => table.errors.extend(node.err().into_iter().chain(id.err())),
        }
    }
    table.finish();

    let mut spec = PlatformSpec::new(environment?, domain?, cognito_domain?);
    set(&mut spec.region, region);
    spec.account_id = account_id;
    set(&mut spec.vpc_cidr, vpc_cidr);
    spec.zone = match (create_zone, zone_id) {
        (Some(true), _) => DomainZone::Create,
        (_, Some(id)) => DomainZone::ExistingId(id),
        _ => DomainZone::Existing,
    };
    set(&mut spec.cost_center, cost_center);
    set(&mut spec.deletion_protection, protection);
    spec.secret_recovery_days = secret_recovery_days;
    spec.key_deletion_days = key_deletion_days;
    set(&mut spec.flow_logs, flow_logs);
    set(&mut spec.audit_logging, audit_logging);
    set(&mut spec.access_logs, access_logs);
    set(&mut spec.zones, zone_count.map(|count| Zones::First(count.0)));
    set(&mut spec.zones, named_zones.map(Zones::Named));
    set(&mut spec.nat, nat.map(strategy));
    set(&mut spec.container_insights, container_insights);
    set(&mut spec.repositories, repositories.map(|names| names.into_iter().collect()));
    set(&mut spec.keep_last_images, keep_last_images);
    set(&mut spec.immutable_tags, immutable_tags);
    spec.subnets = subnets;
    set(&mut spec.s3_endpoint, s3_endpoint);
    spec.interface_endpoints = interface_endpoints.map(|services| services.into_iter().collect());
    set(&mut spec.password_length, password_length);
    set(&mut spec.self_sign_up, self_sign_up);
    spec.waf = waf;
    spec.observed = observed.into_iter().collect();
    Some(spec)
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *field = given;
    }
}

fn strategy(word: &str) -> NatStrategy {
    match word {
        "per_zone" => NatStrategy::PerZone,
        "none" => NatStrategy::None,
        _ => NatStrategy::One,
    }
}

fn subnets(table: &mut Reader<'_>) -> SubnetLayout {
    let mut layout = SubnetLayout::default();
    if let Some(mut subnets) = table.table("subnets") {
        set(&mut layout.prefix_length, subnets.number::<PrefixLength>("prefix_length").map(|length| length.0));
        set(&mut layout.public_offset, subnets.number::<Offset>("public_offset").map(|offset| offset.0));
        set(&mut layout.private_offset, subnets.number::<Offset>("private_offset").map(|offset| offset.0));
        layout.database_offset = subnets.number::<Offset>("database_offset").map(|offset| offset.0);
        subnets.finish();
    }
    layout
}

fn endpoints(table: &mut Reader<'_>) -> (Option<bool>, Option<Vec<super::EndpointService>>) {
    let Some(mut endpoints) = table.table("vpc_endpoints") else { return (None, None) };
    let s3 = endpoints.flag("s3");
    let interface = endpoints.has("interface").then(|| endpoints.texts("interface"));
    endpoints.known(["interface"]);
    endpoints.finish();
    (s3, interface)
}

fn waf(table: &mut Reader<'_>) -> Option<WafSpec> {
    let mut spec = WafSpec::default();
    let Some(mut waf) = table.table("waf") else { return Some(spec) };
    let enabled = waf.flag("enabled").unwrap_or(true);
    spec.rate_limit = waf.number::<RateOrNone>("rate_limit").map_or(spec.rate_limit, |rate| rate.0);
    if waf.has("managed_rule_groups") {
        spec.managed_rule_groups = waf.texts("managed_rule_groups");
    }
    if waf.has("blocked_countries") {
        spec.blocked_countries = waf.texts("blocked_countries").into_iter().collect();
    }
    waf.known(["managed_rule_groups", "blocked_countries"]);
    waf.finish();
    enabled.then_some(spec)
}

/// A rate limit, or 0 for none.
struct RateOrNone(Option<super::RateLimit>);

impl NumberValue for RateOrNone {
    const WHAT: &'static str = "a rate limit";

    fn parse(number: i128) -> Option<Self> {
        if number == 0 {
            return Some(Self(None));
        }
        <super::RateLimit as NumberValue>::parse(number).map(|limit| Self(Some(limit)))
    }

    fn allowed() -> String {
        format!("0, or {}", <super::RateLimit as NumberValue>::allowed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: &str =
        "environment = \"dev\"\ndomain_name = \"mate.sociant.ai\"\ncognito_domain = \"mate-sociant-auth\"\n";

    fn read(more: &str) -> Result<PlatformSpec, SpecErrors> {
        PlatformSpec::from_str(Format::Toml, &format!("{REQUIRED}{more}"))
    }

    #[test]
    fn the_options_of_a_mate_base_are_read_from_its_tfvars() {
        let spec = PlatformSpec::from_str(
            Format::Tfvars,
            "environment = \"staging\"\naws_region = \"us-west-2\"\nvpc_cidr = \"172.16.0.0/16\"\ndomain_name = \"mate.sociant.ai\"\n\
             create_route53_zone = true\ncognito_domain = \"mate-sociant-auth\"\ncost_center = \"it\"\n\
             enable_deletion_protection = false\n",
        )
        .unwrap();
        let wanted = PlatformSpec::new(
            "staging".parse().unwrap(),
            "mate.sociant.ai".parse().unwrap(),
            "mate-sociant-auth".parse().unwrap(),
        )
        .with_region(Region::new("us-west-2").unwrap())
        .with_vpc_cidr("172.16.0.0/16".parse().unwrap())
        .with_created_zone()
        .with_cost_center(TagValue::new("it").unwrap())
        .with_deletion_protection(false);
        assert_eq!(spec, wanted);
    }

    #[test]
    fn what_is_required_alone_gives_the_defaults() {
        let wanted = PlatformSpec::new(
            "dev".parse().unwrap(),
            "mate.sociant.ai".parse().unwrap(),
            "mate-sociant-auth".parse().unwrap(),
        );
        assert_eq!(read("").unwrap(), wanted);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let errors = PlatformSpec::from_str(
            Format::Toml,
            "environment = \"Dev\"\ncognito_domain = \"my-aws-login\"\nvpc_cidr = \"10.0.0.0\"\nnat = \"two\"\n\
             availability_zone_count = 4\nkeep_last_images = 0\nvpc_cird = \"x\"\n[waf]\nrate_limit = 5\n",
        )
        .unwrap_err()
        .to_string();
        for field in [
            "environment",
            "domain_name: is missing",
            "cognito_domain",
            "vpc_cidr",
            "nat",
            "availability_zone_count",
            "keep_last_images",
            "vpc_cird",
            "waf.rate_limit",
        ] {
            assert!(errors.contains(field), "{field} is not in {errors}");
        }
    }

    #[test]
    fn no_nat_without_the_endpoints_that_tasks_need_is_refused() {
        assert!(read("nat = \"none\"\n").is_ok(), "the endpoints come by themselves");
        let errors =
            read("nat = \"none\"\n[vpc_endpoints]\ns3 = false\ninterface = [\"logs\"]\n").unwrap_err().to_string();
        assert!(errors.contains("\"none\" without ecr.api, ecr.dkr, secretsmanager, s3"), "{errors}");
    }

    #[test]
    fn zones_of_another_region_are_refused() {
        let errors = read("availability_zones = [\"us-east-1a\", \"us-west-2b\"]\n").unwrap_err().to_string();
        assert!(errors.contains("availability_zones[1]: is a zone of another region"), "{errors}");
    }

    #[test]
    fn the_web_acl_can_be_left_out_and_its_limit_too() {
        assert_eq!(read("[waf]\nenabled = false\n").unwrap().waf, None);
        assert_eq!(read("[waf]\nrate_limit = 0\n").unwrap().waf.unwrap().rate_limit, None);
    }
}
