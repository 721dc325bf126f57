//! The blueprint of a platform: one file per concern, from the network to the audit trail.

mod audit;
mod context;
mod edge;
mod network;
mod services;
mod storage;

use std::collections::BTreeMap;
use std::fmt;

use super::Design;
use crate::model::{GraphError, Input};
use crate::provider::Identity;
use crate::spec::{PlatformSpec, SpecError, SpecErrors};

/// Makes a design out of a platform. Pure: the same spec and identity give the same design.
///
/// An embedding program can wrap [`StandardPlatform`] in its own blueprint and hang further nodes on the graph.
pub trait PlatformBlueprint: Send + Sync + fmt::Debug {
    /// The design of `spec` in this account and region.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong with the spec.
    fn design(&self, spec: &PlatformSpec, identity: &Identity) -> Result<Design, SpecErrors>;
}

/// The blueprint of the complete MATE platform.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardPlatform;

impl PlatformBlueprint for StandardPlatform {
    fn design(&self, spec: &PlatformSpec, identity: &Identity) -> Result<Design, SpecErrors> {
        spec.validate()?;
        let addresses = spec.address_plan()?;
        let mut cx = context::Context::new(spec, identity);
        let outputs = parts(&mut cx, &addresses)
            .map_err(|error| SpecErrors::from(SpecError::new("", format!("cannot be made into a graph: {error}"))))?;
        cx.finish(outputs)
    }
}

fn parts(
    cx: &mut context::Context<'_>,
    addresses: &crate::spec::AddressPlan,
) -> Result<BTreeMap<String, Input<String>>, GraphError> {
    let network = network::network(cx, addresses)?;
    let key = storage::key(cx)?;
    let files = storage::shared_models(cx, &network, &key)?;
    let mut outputs = cx.facts();
    network.outputs(&mut outputs);
    outputs.insert("kms_key_arn".into(), key.out(crate::kinds::Key::ARN));
    outputs.insert("shared_file_system_id".into(), files.out(crate::kinds::FileSystem::ID));
    services::cluster(cx, &mut outputs)?;
    services::repositories(cx, &mut outputs)?;
    edge::user_pool(cx, &mut outputs)?;
    edge::web_acl(cx, &mut outputs)?;
    edge::domain(cx, &mut outputs)?;
    audit::access_logs(cx, &mut outputs)?;
    audit::flow_logs(cx, &network)?;
    audit::trail(cx, &key)?;
    Ok(outputs)
}
