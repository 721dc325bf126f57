//! The specs that the caller writes: tenants, their services, database, cache and storage, and the base they stand on.

mod autoscaling;
mod base;
mod cache;
mod catalogue;
mod compliance;
mod database;
mod document;
mod environment;
mod error;
mod exposure;
mod fargate;
mod platform;
mod preset;
mod recovery;
mod resolved;
mod rules;
mod service;
mod storage;
mod tenant;
mod tier;
mod values;

pub use autoscaling::Autoscaling;
pub use base::{AccountId, Base, Domain, Region, ZoneId};
pub use cache::{ByTier, CacheBuilder, CacheSpec, CacheTopology, Replicated, Single};
pub use catalogue::Catalogue;
pub use compliance::{ComplianceSpec, Contacts, IdentityProvider};
pub use database::DatabaseSpec;
pub use document::{Format, LoadError, TenantDocument};
pub use environment::{CREDENTIALS, SET_BY_MATE, SET_FROM_SECRETS, VariableName, VariableValue};
pub use error::{InvalidValue, SpecError, SpecErrors};
pub use exposure::{Exposure, HealthCheck, HealthMatcher, HealthPath, ListenerPort, PathPattern};
pub use fargate::{CpuUnits, FargateSize, MemoryMib, SizeSpec};
pub use platform::{
    AddressPlan, AvailabilityZone, CognitoDomain, Country, DomainZone, EndpointService, ExistingId, ImageCount,
    ManagedRuleGroup, NatStrategy, PasswordLength, PlatformSpec, RateLimit, SubnetLayout, SubnetPlan, WafSpec,
};
pub use preset::{DjangoPreset, PresetService};
pub use recovery::{KeyDeletionDays, SecretRecoveryDays};
pub use resolved::*;
pub use service::{
    ImageReference, ImageSpec, ImageUri, RepositoryName, Scaling, Scheduler, ServiceBuilder, ServiceName, ServiceRole,
    ServiceSpec, Web, Worker,
};
pub use storage::{EfsThroughput, StorageLayout, StorageSpec};
pub use tenant::{Services, TenantSpec, TenantSpecBuilder};
pub use tier::Tier;
pub use values::{
    BackupDays, CheckIntervalSeconds, CheckThreshold, CooldownSeconds, DisplayName, DrainSeconds, Email, EngineVersion,
    Gib, HttpsUrl, InstanceClass, MaximumPercent, MibPerSecond, MinimumHealthyPercent, NodeCount, NodeType, Percent,
    Port, ProviderName, QuotaGb, ReplicaCount, RequestCount, RetentionDays, StickySeconds, StopSeconds, Subdomain,
    TagValue, TargetPercent, TaskCount,
};
