//! Prices of the tiers, and what they cost in AWS.

use std::fmt;

use serde::Serialize;

/// The commercial plan of a tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommercialPlan {
    /// Its name on the bill: `Starter`.
    pub name: String,
    /// Its price.
    pub price: MonthlyPrice,
}

/// A price a month, in whole US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthlyPrice {
    /// One price.
    Fixed(u32),
    /// Between two prices; 0 is free.
    Between(u32, u32),
    /// This price or more.
    From(u32),
}

fn dollars(amount: u32) -> String {
    match amount {
        0 => "Free".to_owned(),
        1..1000 => format!("${amount}"),
        _ => format!("${},{:03}", amount / 1000, amount % 1000),
    }
}

impl fmt::Display for MonthlyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(price) => f.pad(&dollars(*price)),
            Self::Between(least, most) => f.pad(&format!("{}–{}", dollars(*least), dollars(*most))),
            Self::From(least) => f.pad(&format!("{}+", dollars(*least))),
        }
    }
}

/// The monthly AWS cost of a tenant of a tier, by part, in whole US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MonthlyCost {
    /// The load balancer.
    pub load_balancer: u32,
    /// Tasks of ECS.
    pub tasks: u32,
    /// The database.
    pub database: u32,
    /// The cache.
    pub cache: u32,
    /// S3 and EFS.
    pub storage: u32,
}

impl MonthlyCost {
    /// The parts with their names for people.
    #[must_use]
    pub const fn parts(self) -> [(&'static str, u32); 5] {
        [
            ("ALB", self.load_balancer),
            ("ECS tasks", self.tasks),
            ("RDS", self.database),
            ("Redis", self.cache),
            ("S3+EFS", self.storage),
        ]
    }

    /// All parts together.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.load_balancer + self.tasks + self.database + self.cache + self.storage
    }
}

impl fmt::Display for MonthlyCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, cost) in self.parts() {
            writeln!(f, "{part:<10} {cost:>5}")?;
        }
        write!(f, "{:<10} {:>5}", "total", self.total())
    }
}
