//! Sizes of Fargate tasks: only the pairs of CPU and memory that AWS accepts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::InvalidValue;
use super::values::NumberValue;

/// CPU units that Fargate has, with the least memory, the most and the step, MiB.
/// 256 units are the exception: 512, 1024 or 2048 MiB.
const PAIRS: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// CPU units of a task; 1024 are one vCPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuUnits(u32);

impl CpuUnits {
    /// Takes a number of CPU units.
    ///
    /// # Errors
    /// [`InvalidValue`] for what Fargate does not have.
    pub fn new(units: u32) -> Result<Self, InvalidValue> {
        Self::parse(units.into()).ok_or_else(|| InvalidValue {
            what: Self::WHAT,
            allowed: Self::allowed(),
            given: units.to_string(),
        })
    }

    /// The units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The memory that goes with them, for people.
    #[must_use]
    pub fn memory_allowed(self) -> String {
        match PAIRS.iter().find(|pair| pair.0 == self.0) {
            None | Some((256, ..)) => "512, 1024 or 2048 MiB with 256 CPU units".to_owned(),
            Some((cpu, least, most, step)) => {
                format!("{least} to {most} MiB in steps of {step} with {cpu} CPU units")
            }
        }
    }
}

impl NumberValue for CpuUnits {
    const WHAT: &'static str = "a number of CPU units that Fargate has";
    const PROBLEM: &'static str = "is not a number of CPU units that Fargate has";

    fn parse(number: i128) -> Option<Self> {
        PAIRS.iter().find(|pair| i128::from(pair.0) == number).map(|pair| Self(pair.0))
    }

    fn allowed() -> String {
        "256, 512, 1024, 2048, 4096, 8192 or 16384".to_owned()
    }
}

/// Memory of a task, MiB, in one of the sizes that Fargate has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryMib(u32);

impl MemoryMib {
    /// Takes a size.
    ///
    /// # Errors
    /// [`InvalidValue`] for what Fargate has with no CPU at all.
    pub fn new(mib: u32) -> Result<Self, InvalidValue> {
        Self::parse(mib.into()).ok_or_else(|| InvalidValue {
            what: Self::WHAT,
            allowed: Self::allowed(),
            given: mib.to_string(),
        })
    }

    /// The size, MiB.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl NumberValue for MemoryMib {
    const WHAT: &'static str = "a memory size that Fargate has";
    const PROBLEM: &'static str = "is not a memory size that Fargate has";

    fn parse(number: i128) -> Option<Self> {
        let mib = u32::try_from(number).ok()?;
        PAIRS.iter().any(|pair| paired(pair.0, mib)).then_some(Self(mib))
    }

    fn allowed() -> String {
        "512, or 1024 to 122880 MiB in the steps that go with the CPU units".to_owned()
    }
}

fn paired(cpu: u32, memory: u32) -> bool {
    if cpu == 256 {
        return matches!(memory, 512 | 1024 | 2048);
    }
    PAIRS.iter().any(|(units, least, most, step)| {
        *units == cpu && (*least..=*most).contains(&memory) && (memory - least).is_multiple_of(*step)
    })
}

/// A pair of CPU and memory that Fargate accepts.
///
/// | CPU units | memory, MiB |
/// |---|---|
/// | 256 | 512, 1024, 2048 |
/// | 512 | 1024 to 4096 in steps of 1024 |
/// | 1024 | 2048 to 8192 in steps of 1024 |
/// | 2048 | 4096 to 16384 in steps of 1024 |
/// | 4096 | 8192 to 30720 in steps of 1024 |
/// | 8192 | 16384 to 61440 in steps of 4096 |
/// | 16384 | 32768 to 122880 in steps of 8192 |
///
/// The flat `tenant_config` admits 256 to 4096 CPU units and 512, 1024, 2048, 4096 or 8192 MiB of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Pair", into = "Pair")]
pub struct FargateSize {
    cpu: CpuUnits,
    memory: MemoryMib,
}

/// The form of a size in a document: numbers that need not go together.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    cpu: u32,
    memory: u32,
}

impl From<FargateSize> for Pair {
    fn from(size: FargateSize) -> Self {
        Self { cpu: size.cpu.0, memory: size.memory.0 }
    }
}

impl TryFrom<Pair> for FargateSize {
    type Error = InvalidValue;

    fn try_from(pair: Pair) -> Result<Self, InvalidValue> {
        Self::new(pair.cpu, pair.memory)
    }
}

impl FargateSize {
    /// Pairs CPU units with memory.
    ///
    /// # Errors
    /// [`InvalidValue`] says which memory goes with the CPU units.
    pub fn new(cpu: u32, memory_mib: u32) -> Result<Self, InvalidValue> {
        Self::pair(CpuUnits::new(cpu)?, MemoryMib::new(memory_mib)?)
    }

    /// Pairs CPU units with memory.
    ///
    /// # Errors
    /// [`InvalidValue`] says which memory goes with the CPU units.
    pub fn pair(cpu: CpuUnits, memory: MemoryMib) -> Result<Self, InvalidValue> {
        if paired(cpu.0, memory.0) {
            return Ok(Self { cpu, memory });
        }
        Err(InvalidValue {
            what: "a memory size that Fargate pairs with the CPU units",
            allowed: cpu.memory_allowed(),
            given: memory.0.to_string(),
        })
    }

    /// CPU units.
    #[must_use]
    pub const fn cpu(self) -> CpuUnits {
        self.cpu
    }

    /// Memory.
    #[must_use]
    pub const fn memory(self) -> MemoryMib {
        self.memory
    }
}

impl fmt::Display for FargateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.cpu.0, self.memory.0)
    }
}

/// The size that a tenant asks for: a pair, one half of it, or nothing. What is left out comes from the tier, and the
/// whole must be a pair that Fargate accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SizeSpec {
    /// The tier's size.
    #[default]
    ByTier,
    /// These CPU units, the tier's memory.
    Cpu(CpuUnits),
    /// This memory, the tier's CPU units.
    Memory(MemoryMib),
    /// This pair.
    Pair(FargateSize),
}

impl SizeSpec {
    /// The CPU units, if asked for.
    #[must_use]
    pub const fn cpu(self) -> Option<CpuUnits> {
        match self {
            Self::Cpu(cpu) => Some(cpu),
            Self::Pair(size) => Some(size.cpu),
            Self::ByTier | Self::Memory(_) => None,
        }
    }

    /// The memory, if asked for.
    #[must_use]
    pub const fn memory(self) -> Option<MemoryMib> {
        match self {
            Self::Memory(memory) => Some(memory),
            Self::Pair(size) => Some(size.memory),
            Self::ByTier | Self::Cpu(_) => None,
        }
    }
}

impl From<FargateSize> for SizeSpec {
    fn from(size: FargateSize) -> Self {
        Self::Pair(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_pairs_of_aws_are_admitted() {
        let mut pairs = Vec::new();
        for cpu in [256, 512, 1024, 2048, 4096, 8192, 16384, 32768] {
            for memory in (0..=131_072).step_by(256) {
                if FargateSize::new(cpu, memory).is_ok() {
                    pairs.push((cpu, memory));
                }
            }
        }
        let count = |cpu| pairs.iter().filter(|pair| pair.0 == cpu).count();
        assert_eq!([256, 512, 1024, 2048, 4096, 8192, 16384, 32768].map(count), [3, 4, 7, 13, 23, 12, 12, 0]);
        assert!(pairs.contains(&(256, 2048)) && !pairs.contains(&(256, 1536)));
        assert!(pairs.contains(&(4096, 30720)) && pairs.contains(&(8192, 61440)) && pairs.contains(&(16384, 122_880)));
    }
}
