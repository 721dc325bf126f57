//! The needs of a plan against the quotas of the account.

use std::fmt;

use super::{Needs, Readings};
use crate::model::{Kinds, Quota, Unit};
use crate::provider::{QuotaId, QuotaReading};

/// The check of the needs of a plan against the quotas of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// One check a quota of which something is needed, in the order of their ids.
    pub checks: Vec<Check>,
}

/// One quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The quota.
    pub quota: QuotaId,
    /// Its name at AWS.
    pub name: String,
    /// The need, as it is shown: `3`, `40 GiB`, `0.75 vCPU`.
    pub need: String,
    /// The present use, where it is known. Of a quota that holds for each of several places: the use of the fullest one.
    pub used: Option<u64>,
    /// The limit; none for a quota that the table does not have and that could not be read.
    pub limit: Option<u64>,
    /// The source of the limit.
    pub limit_source: LimitSource,
    /// The result of the check.
    pub fit: Fit,
    /// True if AWS raises the limit on request.
    pub adjustable: bool,
    /// True if the need, together with the present use where it is known, is more than the limit.
    pub over: bool,
}

/// The source of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitSource {
    /// Service Quotas: the account's own.
    ServiceQuotas,
    /// The table: what AWS gives an account that has asked for nothing.
    DefaultTable,
}

/// The result of a check: whether the need fits the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It fits.
    Fits,
    /// It does not: the creation would fail.
    Exceeds,
    /// It cannot be told. A warning, never an error.
    Unknown,
}

impl Preflight {
    /// Sets `needs` against what was read. What was not read is unknown: an account whose limit is not known may have had it
    /// raised, so that only a default that AWS never raises can be exceeded.
    #[must_use]
    pub fn new(kinds: &Kinds, needs: &Needs, readings: &Readings) -> Self {
        let none = QuotaReading::default();
        let checks =
            needs.iter().map(|(id, need)| Check::new(kinds, id, *need, readings.get(id).unwrap_or(&none))).collect();
        Self { checks }
    }

    /// Returns true if no quota is known to be exceeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.exceeded().next().is_none()
    }

    /// The quotas that do not suffice.
    pub fn exceeded(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.fit == Fit::Exceeds)
    }

    /// The quotas of which it cannot be told.
    pub fn unknown(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.fit == Fit::Unknown)
    }
}

impl Check {
    fn new(kinds: &Kinds, id: &QuotaId, need: u64, reading: &QuotaReading) -> Self {
        let quota = Quota::find(kinds, id);
        let (limit, limit_source) = match reading.limit {
            Some(limit) => (Some(limit), LimitSource::ServiceQuotas),
            None => (quota.map(|quota| quota.default), LimitSource::DefaultTable),
        };
        let unit = quota.map_or(Unit::Objects, |quota| quota.unit);
        let adjustable = quota.is_none_or(|quota| quota.adjustable);
        let (parts, everywhere) = (unit.parts(), quota.is_none_or(|quota| quota.per.is_whole()));
        let over = limit.is_some_and(|limit| {
            let used = reading.used.unwrap_or(0).saturating_mul(parts);
            used.saturating_add(need) > limit.saturating_mul(parts)
        });
        // Of the fullest place it says nothing that it is full: another one may be meant.
        let alone = limit.is_some_and(|limit| need > limit.saturating_mul(parts));
        // The default stands for a limit that may have been raised.
        let certain = limit_source == LimitSource::ServiceQuotas || !adjustable;
        let fit = match (limit, reading.used) {
            (Some(_), _) if over && certain && (everywhere || alone) => Fit::Exceeds,
            (Some(_), Some(_)) if !over => Fit::Fits,
            _ => Fit::Unknown,
        };
        Self {
            quota: id.clone(),
            name: quota.map_or_else(|| id.code.clone(), |quota| quota.name.to_owned()),
            need: unit.show(need),
            used: reading.used,
            limit,
            limit_source,
            fit,
            adjustable,
            over,
        }
    }

    /// The advice about a quota that does not suffice, or perhaps not.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let QuotaId { service, code } = &self.quota;
        match self.fit {
            Fit::Exceeds if !self.adjustable => {
                Some("AWS does not raise it: remove what is not needed, or use another account or region".to_owned())
            }
            Fit::Exceeds => {
                Some(format!("request an increase of {service} {code} at Service Quotas, or remove what is not needed"))
            }
            Fit::Unknown if self.over && self.limit_source == LimitSource::DefaultTable => {
                Some(format!("see at Service Quotas whether {service} {code} was raised"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fit = match self.fit {
            Fit::Fits => "fits",
            Fit::Exceeds => "EXCEEDS",
            Fit::Unknown => "unknown",
        };
        write!(f, "{fit:<7}  {} ({}): {} needed", self.name, self.quota.service, self.need)?;
        match self.used {
            Some(used) => write!(f, ", {used} used")?,
            None => f.write_str(", use not known")?,
        }
        match (self.limit, self.limit_source) {
            (Some(limit), LimitSource::ServiceQuotas) => write!(f, ", limit {limit}")?,
            (Some(limit), LimitSource::DefaultTable) => write!(f, ", limit {limit} (AWS's default)")?,
            (None, _) => f.write_str(", limit not known")?,
        }
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exceeded, unknown) = (self.exceeded().count(), self.unknown().count());
        let fit = self.checks.len() - exceeded - unknown;
        write!(f, "Quotas: {fit} fit, {exceeded} exceeded, {unknown} unknown")?;
        let of = |fit| self.checks.iter().filter(move |check| check.fit == fit);
        for check in of(Fit::Exceeds).chain(of(Fit::Unknown)).chain(of(Fit::Fits)) {
            write!(f, "\n  {check}")?;
        }
        Ok(())
    }
}
