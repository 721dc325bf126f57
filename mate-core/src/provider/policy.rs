//! The retry policy of each error class, decided here and nowhere else.

use std::time::Duration;

use crate::provider::ErrorClass;

/// The retry policy of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The number of attempts before a failure of this class is final; 1 for no retry.
    pub(crate) attempts: u32,
    /// The wait before the second attempt; doubled each time.
    pub(crate) first: Duration,
    /// The longest wait.
    pub(crate) longest: Duration,
}

const ONCE: Policy = Policy { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

impl Policy {
    pub(crate) const fn of(class: ErrorClass) -> Self {
        const fn seconds(attempts: u32, first: u64, longest: u64) -> Policy {
            Policy { attempts, first: Duration::from_secs(first), longest: Duration::from_secs(longest) }
        }
        match class {
            // The rate budget keeps throttles rare; where other programs share the account they may last.
            ErrorClass::Throttled => seconds(20, 1, 30),
            ErrorClass::Transient | ErrorClass::Ambiguous | ErrorClass::EventualConsistency => seconds(8, 1, 30),
            // The object is in use or being changed: network interfaces of a load balancer or a cache outlive it by
            // minutes, and ElastiCache takes one change at a time.
            ErrorClass::Conflict | ErrorClass::Dependency => seconds(40, 1, 30),
            // Capacity comes back in minutes or not at all.
            ErrorClass::Capacity => seconds(6, 15, 120),
            ErrorClass::Quota
            | ErrorClass::Denied
            | ErrorClass::Invalid
            | ErrorClass::NotFound
            | ErrorClass::AlreadyExists
            | ErrorClass::Unsupported
            | ErrorClass::Bug => ONCE,
        }
    }

    /// The wait after the `failures`-th failure of this class; none when that was the last attempt.
    pub(crate) fn wait(self, failures: u32) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        Some(doubled.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(class: ErrorClass) -> Vec<u64> {
        (1..).map_while(|failures| Policy::of(class).wait(failures)).map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        assert_eq!(waits(ErrorClass::Transient), [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(ErrorClass::Capacity), [15, 30, 60, 120, 120]);
    }

    #[test]
    fn what_is_permanent_is_not_tried_again() {
        use crate::provider::RetryStatus;
        for class in [ErrorClass::Quota, ErrorClass::Denied, ErrorClass::Invalid, ErrorClass::Bug] {
            assert_eq!((waits(class), class.retry()), (vec![], RetryStatus::Permanent), "{class}");
        }
    }

    #[test]
    fn what_is_used_by_something_is_waited_for_for_a_quarter_of_an_hour() {
        let altogether: u64 = waits(ErrorClass::Dependency).iter().sum();
        assert!((900..1800).contains(&altogether), "{altogether} s");
    }
}
