//! All cases of an exhaustive test, or a sample of them that is another one with each commit.
//!
//! | variable | |
//! |---|---|
//! | `MATE_EXHAUSTIVE` | every case runs; `./test exhaustive` sets it |
//! | `MATE_SEED` | the seed of the samples; `./test` draws it from the commit, and prints it |

use std::fmt::Display;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// One case in so many is in the sample.
const ONE_IN: usize = 10;
/// A sample is not smaller than this: one case for each fault.
const AT_LEAST: usize = 5;

/// True if every case runs.
pub(crate) fn exhaustive() -> bool {
    std::env::var_os("MATE_EXHAUSTIVE").is_some_and(|value| !value.is_empty() && value != "0")
}

fn seed() -> u64 {
    let Ok(text) = std::env::var("MATE_SEED") else { return 0 };
    text.parse().unwrap_or_else(|_| panic!("MATE_SEED is a figure, and not {text}"))
}

/// Numbers that follow from the seed, others for each name.
fn random(name: &str) -> StdRng {
    StdRng::seed_from_u64(name.bytes().fold(seed(), |seed, byte| seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)))
}

/// All cases, or a tenth of them.
pub(crate) fn sample<T>(name: impl Display, mut cases: Vec<T>) -> Vec<T> {
    if !exhaustive() {
        let many = cases.len().div_ceil(ONE_IN).max(AT_LEAST);
        cases.shuffle(&mut random(&name.to_string()));
        cases.truncate(many);
    }
    cases
}

/// One of these.
pub(crate) fn draw<T, const MANY: usize>(name: &str, these: [T; MANY]) -> T {
    let index = random(name).random_range(0..MANY);
    these.into_iter().nth(index).expect("an index within")
}

/// The environment variable that runs the cases again.
pub(crate) fn again() -> String {
    if exhaustive() { "MATE_EXHAUSTIVE=1".to_owned() } else { format!("MATE_SEED={}", seed()) }
}
