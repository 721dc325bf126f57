//! Resource kinds: what goes into an object, what comes out, how each field may change, what it waits for.
//!
//! One file a kind. A kind is pure; its driver is in `mate-aws/src/drivers/`. An embedding program adds
//! kinds of its own by implementing [`Kind`] and putting the model into [`Kinds`].

mod model;

pub mod access_point;
pub mod cache_subnet_group;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_subnet_group;
pub mod file_system;
pub mod hosted_record;
pub mod identity_provider;
pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod log_group;
pub mod mount_target;
pub mod policy;
pub mod replication_group;
pub mod role;
pub mod s3_bucket;
pub mod scalable_target;
pub mod scaling_policy;
pub mod secret;
pub mod security_group;
pub mod service;
pub mod target_group;
pub mod task_definition;
pub mod web_acl_association;

pub use access_point::AccessPoint;
pub use cache_subnet_group::CacheSubnetGroup;
pub use db_instance::DbInstance;
pub use db_parameter_group::DbParameterGroup;
pub use db_subnet_group::DbSubnetGroup;
pub use file_system::FileSystem;
pub use hosted_record::RecordSet;
pub use identity_provider::IdentityProvider;
pub use listener::Listener;
pub use listener_rule::ListenerRule;
pub use load_balancer::LoadBalancer;
pub use log_group::LogGroup;
pub use model::{Change, Data, FieldRule, Impact, Kind, KindModel, Kinds, NameRule, ReplaceOrder, Timing, UnknownKind};
pub use mount_target::MountTarget;
pub use replication_group::ReplicationGroup;
pub use role::Role;
pub use s3_bucket::Bucket;
pub use scalable_target::ScalableTarget;
pub use scaling_policy::ScalingPolicy;
pub use secret::Secret;
pub use security_group::SecurityGroup;
pub use service::Service;
pub use target_group::TargetGroup;
pub use task_definition::TaskDefinition;
pub use web_acl_association::WebAclAssociation;
