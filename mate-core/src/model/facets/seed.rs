//! Everything that looks random in a simulated cloud, drawn from one seed and a label: independent of the order of calls.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// The seed of a simulated cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    fn block(self, label: &[&str], counter: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.to_be_bytes());
        for part in label {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(counter.to_be_bytes());
        hash.finalize().into()
    }

    /// `length` characters of `alphabet`.
    #[must_use]
    pub fn text(self, label: &[&str], alphabet: &[u8], length: usize) -> String {
        let bytes = (0..).flat_map(|counter| self.block(label, counter));
        bytes.take(length).map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()])).collect()
    }

    /// `length` hex digits.
    #[must_use]
    pub fn hex(self, label: &[&str], length: usize) -> String {
        self.text(label, b"0123456789abcdef", length)
    }

    /// `length` decimal digits, the first not zero.
    #[must_use]
    pub fn digits(self, label: &[&str], length: usize) -> String {
        let first = self.text(&[label, &["first"]].concat(), b"123456789", 1);
        first + &self.text(label, b"0123456789", length.saturating_sub(1))
    }

    /// `length` letters and digits.
    #[must_use]
    pub fn alphanumeric(self, label: &[&str], length: usize) -> String {
        self.text(label, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// A figure from 0 up to, not including, 1.
    #[must_use]
    pub fn unit(self, label: &[&str]) -> f64 {
        let block = self.block(label, 0);
        let bits = u32::from_be_bytes([block[0], block[1], block[2], block[3]]);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// A time from zero up to `most`.
    #[must_use]
    pub fn up_to(self, label: &[&str], most: Duration) -> Duration {
        most.mul_f64(self.unit(label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_label_draw_the_same() {
        assert_eq!(Seed(1).hex(&["a", "b"], 17), Seed(1).hex(&["a", "b"], 17));
        assert_ne!(Seed(1).hex(&["a", "b"], 17), Seed(2).hex(&["a", "b"], 17));
        assert_ne!(Seed(1).hex(&["a", "b"], 17), Seed(1).hex(&["ab"], 17));
    }

    #[test]
    fn texts_are_as_long_as_asked() {
        assert_eq!(Seed(7).alphanumeric(&["long"], 100).len(), 100);
        assert_eq!(Seed(7).digits(&["id"], 9).len(), 9);
    }

    #[test]
    fn units_spread_over_the_whole_range() {
        let units: Vec<f64> = (0..1000).map(|index| Seed(3).unit(&[&index.to_string()])).collect();
        assert!(units.iter().all(|unit| (0.0..1.0).contains(unit)));
        let mean = units.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
