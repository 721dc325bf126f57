//! A limit that AWS sets, and the way objects count against it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::OutputRef;
use crate::model::ids::NodeId;

/// A limit that AWS sets, and the way objects of a kind count against it.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// The service's code at Service Quotas, `vpc`.
    pub service: &'static str,
    /// The quota's code, `L-F678F1CE`. None where Service Quotas has none that could be confirmed: its limit is only known
    /// from here.
    pub code: Option<&'static str>,
    /// The name that AWS gives it.
    pub name: &'static str,
    /// The limit of an account that has asked for nothing.
    pub default: u64,
    /// The page that says so.
    pub source: &'static str,
    /// True if AWS raises it on request.
    pub adjustable: bool,
    /// The unit that is counted.
    pub unit: Unit,
    /// The place that has so many.
    pub per: Per,
    /// The amount that an object with these inputs counts, in [`Unit::parts`].
    pub amount: fn(&Value, &QuotaWorld<'_>) -> u64,
    /// The place of an object with these inputs, where the limit holds for each of several.
    pub place: fn(&Value, &QuotaWorld<'_>) -> String,
}

impl Quota {
    /// An adjustable limit on the number of objects in a region, with the page that states it.
    #[must_use]
    pub const fn region(
        service: &'static str,
        code: &'static str,
        name: &'static str,
        default: u64,
        source: &'static str,
    ) -> Self {
        Self {
            service,
            code: Some(code),
            name,
            default,
            source,
            adjustable: true,
            unit: Unit::Objects,
            per: Per::Region,
            amount: |_, _| 1,
            place: |_, _| String::new(),
        }
    }

    /// A limit for each of several places.
    #[must_use]
    pub const fn per(mut self, per: Per, place: fn(&Value, &QuotaWorld<'_>) -> String) -> Self {
        self.per = per;
        self.place = place;
        self
    }

    /// A limit of the whole account.
    #[must_use]
    pub const fn account(mut self) -> Self {
        self.per = Per::Account;
        self
    }

    /// A limit that AWS never raises.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.adjustable = false;
        self
    }

    /// A limit that has no code at Service Quotas.
    #[must_use]
    pub const fn without_code(mut self) -> Self {
        self.code = None;
        self
    }

    /// A limit on something else than the number of objects.
    #[must_use]
    pub const fn counted(mut self, unit: Unit, amount: fn(&Value, &QuotaWorld<'_>) -> u64) -> Self {
        self.unit = unit;
        self.amount = amount;
        self
    }
}

/// The unit of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Objects.
    Objects,
    /// GiB.
    Gib,
    /// vCPUs; a need is told in CPU units, of which a vCPU has 1,024.
    Vcpu,
}

impl Unit {
    /// The number of parts in which a need tells one of it.
    #[must_use]
    pub fn parts(self) -> u64 {
        match self {
            Self::Objects | Self::Gib => 1,
            Self::Vcpu => 1024,
        }
    }

    /// A need as it is shown, with the unit where that is not objects.
    #[must_use]
    pub fn show(self, need: u64) -> String {
        match self {
            Self::Objects => need.to_string(),
            Self::Gib => format!("{need} GiB"),
            Self::Vcpu => {
                let hundredths = (need * 100).div_ceil(self.parts());
                let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                format!("{} vCPU", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

/// The place that has as many as a quota allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Per {
    /// The account.
    Account,
    /// Each region of the account.
    Region,
    /// Each availability zone.
    AvailabilityZone,
    /// Each VPC.
    Vpc,
    /// Each ECS cluster.
    Cluster,
    /// Each user pool.
    UserPool,
    /// Each hosted zone.
    HostedZone,
    /// Each topic.
    Topic,
}

impl Per {
    /// True if the account or the region as a whole has them, and not each of several places in it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Account | Self::Region)
    }
}

/// The inputs around an object: where its references lead.
#[derive(Debug, Default)]
pub struct QuotaWorld<'a> {
    pub(crate) nodes: BTreeMap<&'a NodeId, &'a Value>,
}

impl QuotaWorld<'_> {
    /// The inputs of the node that `reference` leads to, where it is known.
    #[must_use]
    pub fn node(&self, reference: &Value) -> Option<&Value> {
        self.nodes.get(&OutputRef::from_json(reference)?.node).copied()
    }

    /// `field` of the object that the reference leads to; the reference itself where that is not known.
    #[must_use]
    pub fn followed(&self, reference: &Value, field: &str) -> String {
        self.node(reference).map_or(reference, |inputs| &inputs[field]).to_string()
    }
}
