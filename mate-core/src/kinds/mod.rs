//! Resource kinds: what goes into an object, what comes out, how each field may change, what it waits for.
//!
//! One file a kind. A kind is pure; its driver is in `mate-aws/src/drivers/`. An embedding program adds
//! kinds of its own by implementing [`Kind`](crate::model::Kind) and putting the model into [`Kinds`].

pub mod access_point;
pub mod cache_subnet_group;
pub mod certificate;
pub mod cluster;
pub mod db_instance;
pub mod db_parameter_group;
pub mod db_subnet_group;
pub mod elastic_ip;
pub mod file_system;
pub mod flow_log;
pub mod hosted_record;
pub mod hosted_zone;
pub mod identity_provider;
pub mod internet_gateway;
pub mod key;
pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod log_group;
pub mod mount_target;
pub mod nat_gateway;
pub mod policy;
pub mod replication_group;
pub mod repository;
pub mod role;
pub mod route_table;
pub mod s3_bucket;
pub mod scalable_target;
pub mod scaling_policy;
pub mod secret;
pub mod security_group;
pub mod service;
pub mod subnet;
pub mod subscription;
pub mod target_group;
pub mod task;
pub mod task_definition;
pub mod topic;
pub mod trail;
pub mod user_pool;
pub mod user_pool_domain;
mod versions;
pub mod vpc;
pub mod vpc_endpoint;
pub mod web_acl;
pub mod web_acl_association;

pub use access_point::AccessPoint;
pub use cache_subnet_group::CacheSubnetGroup;
pub use certificate::Certificate;
pub use cluster::Cluster;
pub use db_instance::DbInstance;
pub use db_parameter_group::DbParameterGroup;
pub use db_subnet_group::DbSubnetGroup;
pub use elastic_ip::ElasticIp;
pub use file_system::FileSystem;
pub use flow_log::FlowLog;
pub use hosted_record::RecordSet;
pub use hosted_zone::HostedZone;
pub use identity_provider::IdentityProvider;
pub use internet_gateway::InternetGateway;
pub use key::Key;
pub use listener::Listener;
pub use listener_rule::ListenerRule;
pub use load_balancer::LoadBalancer;
pub use log_group::LogGroup;
pub use mount_target::MountTarget;
pub use nat_gateway::NatGateway;
pub use replication_group::ReplicationGroup;
pub use repository::Repository;
pub use role::Role;
pub use route_table::RouteTable;
pub use s3_bucket::Bucket;
pub use scalable_target::ScalableTarget;
pub use scaling_policy::ScalingPolicy;
pub use secret::Secret;
pub use security_group::SecurityGroup;
pub use service::Service;
pub use subnet::Subnet;
pub use subscription::Subscription;
pub use target_group::TargetGroup;
pub use task::Task;
pub use task_definition::TaskDefinition;
pub use topic::Topic;
pub use trail::Trail;
pub use user_pool::UserPool;
pub use user_pool_domain::UserPoolDomain;
pub use vpc::Vpc;
pub use vpc_endpoint::VpcEndpoint;
pub use web_acl::WebAcl;
pub use web_acl_association::WebAclAssociation;

use crate::model::Kinds;

impl Kinds {
    /// Every kind of this crate.
    #[must_use]
    pub fn standard() -> Self {
        Self::none()
            .with::<AccessPoint>()
            .with::<Bucket>()
            .with::<CacheSubnetGroup>()
            .with::<Certificate>()
            .with::<Cluster>()
            .with::<DbInstance>()
            .with::<DbParameterGroup>()
            .with::<DbSubnetGroup>()
            .with::<ElasticIp>()
            .with::<FileSystem>()
            .with::<FlowLog>()
            .with::<HostedZone>()
            .with::<IdentityProvider>()
            .with::<InternetGateway>()
            .with::<Key>()
            .with::<Listener>()
            .with::<ListenerRule>()
            .with::<LoadBalancer>()
            .with::<LogGroup>()
            .with::<MountTarget>()
            .with::<NatGateway>()
            .with::<RecordSet>()
            .with::<ReplicationGroup>()
            .with::<Repository>()
            .with::<Role>()
            .with::<RouteTable>()
            .with::<ScalableTarget>()
            .with::<ScalingPolicy>()
            .with::<Secret>()
            .with::<SecurityGroup>()
            .with::<Service>()
            .with::<Subnet>()
            .with::<Subscription>()
            .with::<TargetGroup>()
            .with::<Task>()
            .with::<TaskDefinition>()
            .with::<Topic>()
            .with::<Trail>()
            .with::<UserPool>()
            .with::<UserPoolDomain>()
            .with::<Vpc>()
            .with::<VpcEndpoint>()
            .with::<WebAcl>()
            .with::<WebAclAssociation>()
    }
}

#[cfg(test)]
mod tests;
