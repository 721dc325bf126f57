//! The recovery periods of deleted secrets and keys: a setting of the environment.

use std::fmt;

use super::error::InvalidValue;
use super::values::{NumberValue, number_value};

number_value!(
    /// Days that a deleted KMS key waits, in which its deletion can be cancelled; AWS KMS takes 7 to 30.
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>
    KeyDeletionDays(u8), "a waiting period of a key", 7..=30, " days"
);

/// Days in which a deleted secret can be brought back: 7 to 30, or 0 for a secret that is deleted for good at once.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
///
/// ```
/// use mate_core::spec::SecretRecoveryDays;
/// assert_eq!(SecretRecoveryDays::new(0)?.get(), 0);
/// assert!(SecretRecoveryDays::new(3).is_err());
/// # Ok::<(), mate_core::spec::InvalidValue>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretRecoveryDays(u8);

impl SecretRecoveryDays {
    /// Takes the number.
    ///
    /// # Errors
    /// [`InvalidValue`] with the allowed values and the given one.
    pub fn new(days: u8) -> Result<Self, InvalidValue> {
        <Self as NumberValue>::parse(days.into()).ok_or_else(|| InvalidValue {
            what: Self::WHAT,
            allowed: Self::allowed(),
            given: days.to_string(),
        })
    }

    /// The number of days.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl NumberValue for SecretRecoveryDays {
    const WHAT: &'static str = "a recovery window of secrets";

    fn parse(number: i128) -> Option<Self> {
        (number == 0 || (7..=30).contains(&number)).then_some(())?;
        u8::try_from(number).ok().map(Self)
    }

    fn allowed() -> String {
        "7 to 30 days, or 0 to delete at once".to_owned()
    }
}
