//! The number of further tenants that the account has room for.

use std::collections::BTreeMap;
use std::fmt;

use super::{LimitSource, Needs, Readings};
use crate::model::{Kinds, Quota, Unit};
use crate::provider::{QuotaId, QuotaReading};
use crate::spec::Tier;

/// The number of further tenants that fit, for each tier, if all of them were of that tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The room for each tier; none for a tier of which no tenant needs anything that is limited.
    pub tiers: BTreeMap<Tier, Option<Room>>,
}

/// The room for tenants of one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The number of further tenants that fit.
    pub tenants: u64,
    /// The quota that is met then.
    pub quota: QuotaId,
    /// Its name at AWS.
    pub name: String,
    /// Its limit.
    pub limit: u64,
    /// The source of the limit.
    pub limit_source: LimitSource,
    /// True if the present use is known. Otherwise as many tenants fit only if nothing is used.
    pub used_known: bool,
}

impl Capacity {
    /// Counts how often each tier's needs go into what is left of every quota.
    ///
    /// A quota whose use is not known is taken as unused, one whose limit is not known to be AWS's default.
    #[must_use]
    pub fn new(kinds: &Kinds, per_tenant: &BTreeMap<Tier, Needs>, readings: &Readings) -> Self {
        let room = |needs: &Needs| {
            let rooms = needs.iter().filter_map(|(id, need)| Room::new(kinds, id, *need, readings.get(id)));
            rooms.min_by_key(|room| (room.tenants, room.limit))
        };
        Self { tiers: per_tenant.iter().map(|(tier, needs)| (tier.clone(), room(needs))).collect() }
    }
}

impl Room {
    fn new(kinds: &Kinds, id: &QuotaId, need: u64, reading: Option<&QuotaReading>) -> Option<Self> {
        let quota = Quota::find(kinds, id);
        let reading = reading.copied().unwrap_or_default();
        let limit_source = if reading.limit.is_some() { LimitSource::ServiceQuotas } else { LimitSource::DefaultTable };
        let limit = reading.limit.or(quota.map(|quota| quota.default))?;
        let parts = quota.map_or(Unit::Objects, |quota| quota.unit).parts();
        let left = limit.saturating_sub(reading.used.unwrap_or(0)).saturating_mul(parts);
        Some(Self {
            tenants: left.checked_div(need)?,
            quota: id.clone(),
            name: quota.map_or_else(|| id.code.clone(), |quota| quota.name.to_owned()),
            limit,
            limit_source,
            used_known: reading.used.is_some(),
        })
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_most = if self.used_known { "" } else { "at most " };
        let default = if self.limit_source == LimitSource::DefaultTable { ", AWS's default" } else { "" };
        write!(f, "{at_most}{} more, then \"{}\" (limit {}{default})", self.tenants, self.name, self.limit)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (tier, room)) in self.tiers.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            match room {
                Some(room) => write!(f, "{end}{tier}: {room}")?,
                None => write!(f, "{end}{tier}: no limit known")?,
            }
        }
        Ok(())
    }
}
