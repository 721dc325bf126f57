//! The blueprint of a tenant: one file per concern, from the network to the edge.
//!
//! A blueprint is a pure function from a resolved tenant and a base to a [`Design`]. An embedding program can
//! wrap [`TenantBlueprint`] in its own [`Blueprint`] and hang further nodes on the graph.

mod compute;
mod context;
mod data;
mod edge;
mod network;
pub mod platform;
mod security;
mod storage;

pub(crate) use compute::image_uri;

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{Graph, GraphError, Input};
use crate::spec::{Base, ResolvedTenant};

/// The design of a tenant: its graph, its outputs, and notes about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The nodes.
    pub graph: Graph,
    /// The outputs of the tenant once it is provisioned: `tenant_url`, `alb_dns_name`, endpoints.
    pub outputs: BTreeMap<String, Input<String>>,
    /// Notes for the plan: settings that something other than the tenant's own stack carries out.
    pub notes: Vec<String>,
}

/// Makes a design out of a tenant. Pure: the same tenant and base give the same design.
pub trait Blueprint: Send + Sync + fmt::Debug {
    /// The design of `tenant` on `base`.
    ///
    /// # Errors
    /// [`GraphError`] when the graph cannot be carried out; the standard blueprint has none for a valid tenant.
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError>;
}

/// The blueprint of the complete MATE tenant.
#[derive(Debug, Clone, Copy, Default)]
pub struct TenantBlueprint;

impl Blueprint for TenantBlueprint {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let mut cx = context::Context::new(tenant, base);
        let groups = network::security_groups(&mut cx)?;
        let secrets = security::secrets(&mut cx)?;
        let bucket = storage::bucket(&mut cx)?;
        let files = storage::files(&mut cx, &groups)?;
        let database = data::database(&mut cx, &groups, &secrets)?;
        let cache = data::cache(&mut cx, &groups, &secrets)?;
        let logs = compute::log_groups(&mut cx)?;
        let roles = security::roles(&mut cx, &secrets, &bucket, &files, &logs)?;
        let edge = edge::load_balancer(&mut cx, &groups)?;
        let services = compute::Parts {
            groups: &groups,
            secrets: &secrets,
            bucket: &bucket,
            files: &files,
            database: &database,
            cache: &cache,
            logs: &logs,
            roles: &roles,
            edge: &edge,
        };
        compute::services(&mut cx, &services)?;
        edge::identity_provider(&mut cx)?;

        let outputs = BTreeMap::from([
            ("tenant_url".to_owned(), Input::Literal(format!("https://{}", cx.host_name()))),
            ("alb_dns_name".to_owned(), edge.dns_name()),
            ("database_endpoint".to_owned(), database.address()),
            ("redis_endpoint".to_owned(), cache.address()),
            ("bucket".to_owned(), bucket.out(crate::kinds::Bucket::NAME)),
            ("file_system_id".to_owned(), files.file_system_id()),
        ]);
        Ok(cx.finish(outputs))
    }
}
