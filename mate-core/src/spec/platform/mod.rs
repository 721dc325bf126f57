//! The shared base of one environment, described: what tenants stand on.

mod addresses;
mod document;
mod values;

pub use addresses::{AddressPlan, SubnetPlan};
pub use values::{
    AvailabilityZone, CognitoDomain, Country, EndpointService, ExistingId, ImageCount, ManagedRuleGroup,
    PasswordLength, RateLimit,
};

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::base::{AccountId, Domain, Region, ZoneId};
use super::error::{InvalidValue, SpecError, SpecErrors};
use super::recovery::{KeyDeletionDays, SecretRecoveryDays};
use super::service::RepositoryName;
use super::values::TagValue;
use crate::model::ids::{Environment, NodeId};

/// The services that a Fargate task in a subnet without internet access needs: its image, its logs, its secrets. (The layers of
/// an image come from S3, over the gateway endpoint.)
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>
const WITHOUT_NAT: [&str; 4] = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"];

/// The default managed rule groups: the common rules, SQL injection, known bad inputs.
const RULE_GROUPS: [&str; 3] =
    ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"];

/// The internet access of private subnets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NatStrategy {
    /// A NAT gateway in each zone: the failure of a zone affects no other.
    PerZone,
    /// One NAT gateway, about $45 a month.
    One,
    /// No NAT gateway: tasks reach the services of AWS over VPC endpoints.
    None,
}

/// The zone of the base domain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DomainZone {
    /// It is made.
    Create,
    /// It is there already, looked up by its domain, and never written but for records.
    Existing,
    /// It is there already, under this id.
    ExistingId(ZoneId),
}

/// The address layout of the subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetLayout {
    /// The length of every subnet's prefix, 16 to 28.
    pub prefix_length: u8,
    /// The number of the first public subnet among all subnets of that length: `1` for `10.0.1.0/24`.
    pub public_offset: u32,
    /// The number of the first private subnet: `11` for `10.0.11.0/24`.
    pub private_offset: u32,
    /// The number of the first database subnet; none for no such tier.
    pub database_offset: Option<u32>,
}

impl Default for SubnetLayout {
    /// `/24`, public from 1, private from 11, no database tier.
    fn default() -> Self {
        Self { prefix_length: 24, public_offset: 1, private_offset: 11, database_offset: None }
    }
}

/// The web ACL in front of every load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WafSpec {
    /// The maximum number of requests of one address in five minutes; 2,000 by default. None for no limit.
    pub rate_limit: Option<RateLimit>,
    /// The managed rule groups; common rules, SQL injection and known bad inputs by default.
    pub managed_rule_groups: Vec<ManagedRuleGroup>,
    /// The countries whose requests are blocked.
    pub blocked_countries: BTreeSet<Country>,
}

impl Default for WafSpec {
    fn default() -> Self {
        Self {
            rate_limit: RateLimit::new(2000).ok(),
            managed_rule_groups: RULE_GROUPS.iter().filter_map(|name| ManagedRuleGroup::new(*name).ok()).collect(),
            blocked_countries: BTreeSet::new(),
        }
    }
}

/// The shared base of one environment: VPC, cluster, registries, user pool, web ACL, key, shared models, zone,
/// certificate, logs.
///
/// An environment is one platform: one account, one region. Its name is part of every physical name, so that two
/// platforms of one account need two environments (`production`, `dr`).
///
/// ```
/// use mate_core::spec::{NatStrategy, PlatformSpec};
///
/// let spec = PlatformSpec::new("dev".parse()?, "mate.sociant.ai".parse()?, "mate-sociant-auth".parse()?)
///     .with_nat(NatStrategy::One)
///     .with_created_zone();
/// assert_eq!(spec.address_plan()?.private[2].cidr.to_string(), "10.0.13.0/24");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformSpec {
    pub(crate) environment: Environment,
    pub(crate) region: Region,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) domain: Domain,
    pub(crate) zone: DomainZone,
    pub(crate) cognito_domain: CognitoDomain,
    pub(crate) password_length: PasswordLength,
    pub(crate) self_sign_up: bool,
    pub(crate) vpc_cidr: Ipv4Net,
    pub(crate) zones: Zones,
    pub(crate) subnets: SubnetLayout,
    pub(crate) nat: NatStrategy,
    pub(crate) s3_endpoint: bool,
    pub(crate) interface_endpoints: Option<BTreeSet<EndpointService>>,
    pub(crate) container_insights: bool,
    pub(crate) repositories: BTreeSet<RepositoryName>,
    pub(crate) keep_last_images: ImageCount,
    pub(crate) immutable_tags: bool,
    pub(crate) waf: Option<WafSpec>,
    pub(crate) access_logs: bool,
    pub(crate) flow_logs: bool,
    pub(crate) audit_logging: bool,
    pub(crate) cost_center: TagValue,
    pub(crate) deletion_protection: bool,
    pub(crate) secret_recovery_days: Option<SecretRecoveryDays>,
    pub(crate) key_deletion_days: Option<KeyDeletionDays>,
    pub(crate) observed: BTreeMap<NodeId, ExistingId>,
}

/// The zones that the subnets stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Zones {
    /// So many, from `a` on.
    First(u8),
    /// These.
    Named(Vec<AvailabilityZone>),
}

fn default_repositories() -> BTreeSet<RepositoryName> {
    ["django", "celery", "beat"].into_iter().filter_map(|name| RepositoryName::new(name).ok()).collect()
}

impl PlatformSpec {
    /// The platform of `environment` under `domain`, with every option at its default: region `us-east-1`, VPC
    /// `10.0.0.0/16` over three zones, one NAT gateway, an S3 endpoint, the three repositories of the preset, the web ACL,
    /// access logs on, flow logs and audit trail off, the zone looked up.
    ///
    /// # Panics
    /// Never: the defaults are valid.
    #[must_use]
    pub fn new(environment: Environment, domain: Domain, cognito_domain: CognitoDomain) -> Self {
        Self {
            environment,
            region: Region::new("us-east-1").expect("a valid region"),
            account_id: None,
            domain,
            zone: DomainZone::Existing,
            cognito_domain,
            password_length: PasswordLength::new(12).expect("a valid length"),
            self_sign_up: false,
            vpc_cidr: Ipv4Net::new_assert([10, 0, 0, 0].into(), 16),
            zones: Zones::First(3),
            subnets: SubnetLayout::default(),
            nat: NatStrategy::One,
            s3_endpoint: true,
            interface_endpoints: None,
            container_insights: true,
            repositories: default_repositories(),
            keep_last_images: ImageCount::new(10).expect("a valid count"),
            immutable_tags: true,
            waf: Some(WafSpec::default()),
            access_logs: true,
            flow_logs: false,
            audit_logging: false,
            cost_center: TagValue::new("engineering").expect("a valid tag value"),
            deletion_protection: true,
            secret_recovery_days: None,
            key_deletion_days: None,
            observed: BTreeMap::new(),
        }
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The account that it must stand in, where one is said.
    #[must_use]
    pub fn account_id(&self) -> Option<&AccountId> {
        self.account_id.as_ref()
    }

    /// Another region than `us-east-1`.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// The account that it must stand in: credentials of another one are refused before anything is read.
    #[must_use]
    pub fn with_account(mut self, account: AccountId) -> Self {
        self.account_id = Some(account);
        self
    }

    /// Makes the zone of the domain; it has to be delegated to its name servers by hand, or the certificate is never issued.
    #[must_use]
    pub fn with_created_zone(mut self) -> Self {
        self.zone = DomainZone::Create;
        self
    }

    /// Looks the zone up under this id and not by its domain: where several zones have the domain.
    #[must_use]
    pub fn with_zone(mut self, id: ZoneId) -> Self {
        self.zone = DomainZone::ExistingId(id);
        self
    }

    /// Sets the VPC's range, `10.0.0.0/16` by default. It cannot be changed later.
    #[must_use]
    pub fn with_vpc_cidr(mut self, cidr: Ipv4Net) -> Self {
        self.vpc_cidr = cidr;
        self
    }

    /// So many zones, 2 or 3, from `a` on.
    ///
    /// # Errors
    /// [`InvalidValue`] for another number.
    pub fn with_zone_count(mut self, zones: u8) -> Result<Self, InvalidValue> {
        if !(2..=3).contains(&zones) {
            let given = zones.to_string();
            return Err(InvalidValue { what: "a number of zones", allowed: "2 or 3".into(), given });
        }
        self.zones = Zones::First(zones);
        Ok(self)
    }

    /// Exactly these zones, two or three of the region: an account does not offer every zone everything.
    #[must_use]
    pub fn with_zones(mut self, zones: Vec<AvailabilityZone>) -> Self {
        self.zones = Zones::Named(zones);
        self
    }

    /// Other addresses of the subnets, or a database tier.
    #[must_use]
    pub fn with_subnets(mut self, layout: SubnetLayout) -> Self {
        self.subnets = layout;
        self
    }

    /// Sets the internet access of private subnets; one NAT gateway by default.
    #[must_use]
    pub fn with_nat(mut self, nat: NatStrategy) -> Self {
        self.nat = nat;
        self
    }

    /// Turns the gateway endpoint for S3, which costs nothing, on or off; on by default.
    #[must_use]
    pub fn with_s3_endpoint(mut self, wanted: bool) -> Self {
        self.s3_endpoint = wanted;
        self
    }

    /// Sets the services with an interface endpoint. The default is the services that tasks need where there is no NAT
    /// gateway, and none where there is one.
    #[must_use]
    pub fn with_interface_endpoints(mut self, services: impl IntoIterator<Item = EndpointService>) -> Self {
        self.interface_endpoints = Some(services.into_iter().collect());
        self
    }

    /// Turns Container Insights on or off; on by default.
    #[must_use]
    pub fn with_container_insights(mut self, wanted: bool) -> Self {
        self.container_insights = wanted;
        self
    }

    /// Sets the repositories by short name: `django` is `mate-django-{env}`. `django`, `celery` and `beat` by default.
    #[must_use]
    pub fn with_repositories(mut self, names: impl IntoIterator<Item = RepositoryName>) -> Self {
        self.repositories = names.into_iter().collect();
        self
    }

    /// Sets the number of images that each repository keeps, 10 by default, and the immutability of tags, which is on by default:
    /// an immutable `latest` can be pushed only once.
    #[must_use]
    pub fn with_images(mut self, keep_last: ImageCount, immutable_tags: bool) -> Self {
        self.keep_last_images = keep_last;
        self.immutable_tags = immutable_tags;
        self
    }

    /// Sets the minimum length of a password in the user pool, 12 by default, and turns self sign-up on or off; off by default.
    #[must_use]
    pub fn with_user_pool(mut self, password_length: PasswordLength, self_sign_up: bool) -> Self {
        self.password_length = password_length;
        self.self_sign_up = self_sign_up;
        self
    }

    /// Another web ACL, or none.
    #[must_use]
    pub fn with_waf(mut self, waf: Option<WafSpec>) -> Self {
        self.waf = waf;
        self
    }

    /// Turns the access logs of load balancers, written to a bucket, on or off; on by default.
    #[must_use]
    pub fn with_access_logs(mut self, wanted: bool) -> Self {
        self.access_logs = wanted;
        self
    }

    /// Turns VPC flow logs on or off, about $10 a month; off by default.
    #[must_use]
    pub fn with_flow_logs(mut self, wanted: bool) -> Self {
        self.flow_logs = wanted;
        self
    }

    /// Turns the audit trail of the account on or off, with log file validation, in a bucket of its own; about $5 a month. Off by
    /// default.
    #[must_use]
    pub fn with_audit_logging(mut self, wanted: bool) -> Self {
        self.audit_logging = wanted;
        self
    }

    /// Sets the tag `CostCenter`; `engineering` by default.
    #[must_use]
    pub fn with_cost_center(mut self, cost_center: TagValue) -> Self {
        self.cost_center = cost_center;
        self
    }

    /// Turns deletion protection on or off, for the platform and for tenants that do not set it themselves; on by default.
    #[must_use]
    pub fn with_deletion_protection(mut self, wanted: bool) -> Self {
        self.deletion_protection = wanted;
        self
    }

    /// Sets the recovery window of a tenant's deleted secrets, in days; 30 by default. With 0 the name is free at once.
    #[must_use]
    pub fn with_secret_recovery_days(mut self, days: SecretRecoveryDays) -> Self {
        self.secret_recovery_days = Some(days);
        self
    }

    /// Sets the waiting period before the deletion of the platform's key, in days; 30 by default. Data that it encrypted, kept
    /// snapshots included, can be recovered until then by cancelling the deletion.
    #[must_use]
    pub fn with_key_deletion_days(mut self, days: KeyDeletionDays) -> Self {
        self.key_deletion_days = Some(days);
        self
    }

    /// Only reads this object, which is there already and somebody else's: it is checked against the spec and referred to,
    /// never written, and stays when the platform goes. The node by its id in the plan (`vpc`, `kms-key`).
    #[must_use]
    pub fn observing(mut self, node: NodeId, id: ExistingId) -> Self {
        self.observed.insert(node, id);
        self
    }

    pub(crate) fn availability_zones(&self) -> Vec<String> {
        match &self.zones {
            Zones::First(count) => {
                ('a'..='z').take((*count).into()).map(|letter| format!("{}{letter}", self.region)).collect()
            }
            Zones::Named(zones) => zones.iter().map(ToString::to_string).collect(),
        }
    }

    pub(crate) fn endpoint_services(&self) -> BTreeSet<String> {
        match (&self.interface_endpoints, self.nat) {
            (Some(services), _) => services.iter().map(ToString::to_string).collect(),
            (None, NatStrategy::None) => WITHOUT_NAT.iter().map(|service| (*service).to_owned()).collect(),
            (None, _) => BTreeSet::new(),
        }
    }

    /// Checks what fields say together: zones and region, subnets and range, and what private subnets can reach.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong.
    pub fn validate(&self) -> Result<(), SpecErrors> {
        let mut errors = Vec::new();
        self.check(&mut errors);
        SpecErrors::from_list(errors).map_or(Ok(()), Err)
    }

    pub(crate) fn check(&self, errors: &mut Vec<SpecError>) {
        if let Zones::Named(zones) = &self.zones {
            let distinct: BTreeSet<&AvailabilityZone> = zones.iter().collect();
            if distinct.len() != zones.len() || !(2..=3).contains(&zones.len()) {
                errors.push(
                    SpecError::new("availability_zones", "are not two or three different zones")
                        .allowed("two or three zones, each once")
                        .given(zones.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
                );
            }
            for (index, zone) in zones.iter().enumerate() {
                if !zone.as_str().starts_with(self.region.as_str()) {
                    errors.push(
                        SpecError::new(format!("availability_zones[{index}]"), "is a zone of another region")
                            .allowed(format!("a zone of {}", self.region))
                            .given(zone),
                    );
                }
            }
        }
        let services = self.endpoint_services();
        let missing: Vec<&str> = WITHOUT_NAT.into_iter().filter(|service| !services.contains(*service)).collect();
        if self.nat == NatStrategy::None && !(missing.is_empty() && self.s3_endpoint) {
            let missing = missing.into_iter().chain((!self.s3_endpoint).then_some("s3")).collect::<Vec<_>>().join(", ");
            errors.push(
                SpecError::new("nat", "leaves tasks in private subnets without what they start with")
                    .allowed("\"one\" or \"per_zone\", or endpoints for s3, ecr.api, ecr.dkr, logs and secretsmanager")
                    .given(format!("\"none\" without {missing}")),
            );
        }
        if self.repositories.is_empty() {
            errors.push(SpecError::new("repositories", "are missing").allowed("one repository or more"));
        }
        addresses::check(self, errors);
    }
}
