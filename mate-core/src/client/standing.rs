//! The tenants that stand on a platform.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use crate::model::ids::{Environment, TenantId, TenantKey};
use crate::provider::Scope;
use crate::provider::reads;
use crate::state::RecordPhase;

/// A tenant that stands on a platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct OnPlatform {
    /// The tenant.
    pub tenant: TenantId,
    /// True if there is a record of it.
    pub recorded: bool,
    /// The number of its objects that carry its tags.
    pub objects: usize,
}

impl Desk {
    /// Refuses while tenants stand on the platform.
    pub(super) async fn free(&self, environment: &Environment) -> Result<(), Error> {
        let tenants: Vec<TenantId> = self.tenants(environment).await?.into_iter().map(|on| on.tenant).collect();
        if tenants.is_empty() {
            return Ok(());
        }
        Err(Error::TenantsStand { environment: environment.clone(), tenants })
    }

    pub(super) async fn tenants(&self, environment: &Environment) -> Result<Vec<OnPlatform>, Error> {
        let mut recorded: BTreeSet<TenantId> = BTreeSet::new();
        for key in self.store.list().await? {
            if key.environment == *environment && !key.tenant.is_platform() {
                recorded.insert(key.tenant);
            }
        }
        let mut objects: BTreeMap<TenantId, usize> = recorded.iter().map(|tenant| (tenant.clone(), 0)).collect();
        let found = reads::discover(&*self.provider, Scope::Environment(environment.clone())).await?;
        for address in found.into_iter().filter_map(|object| object.address) {
            if !address.tenant.is_platform() {
                *objects.entry(address.tenant).or_default() += 1;
            }
        }
        Ok(objects
            .into_iter()
            .map(|(tenant, objects)| OnPlatform { recorded: recorded.contains(&tenant), tenant, objects })
            .collect())
    }

    /// Refuses to plan a tenant onto a platform whose destruction has begun. A base that was given by its ids has no record.
    pub(super) async fn stands(&self, environment: &Environment) -> Result<(), Error> {
        match self.store.get(&TenantKey::platform(environment.clone())).await? {
            Some(record) if record.phase == RecordPhase::Destroying => Err(Error::PlatformGoing(environment.clone())),
            _ => Ok(()),
        }
    }
}
