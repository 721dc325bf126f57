//! A token bucket whose rate goes down by half on a throttle and up again by small steps. Pure: time is given.

use std::time::Duration;

/// A throttle halves the rate, down to this share of the most.
const FLOOR: f64 = 1.0 / 64.0;
/// A success gives this share of the most back.
const STEP: f64 = 0.01;
/// The error of a sum of fractions of a token.
const NEARLY: f64 = 1.0 - 1e-9;

#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    tokens: f64,
    /// The time of the last update of `tokens`.
    at: Duration,
    burst: f64,
    rate: f64,
    most: f64,
    /// The time of the last halving of the rate. Throttles of calls granted before it are ignored.
    cut_at: Option<Duration>,
}

impl Bucket {
    /// A full bucket of `burst` tokens, 1 at least, that gets `rate` a second, `most` at the most.
    pub(crate) fn new(burst: f64, rate: f64, most: f64, now: Duration) -> Self {
        let burst = burst.max(1.0);
        Self { tokens: burst, at: now, burst, rate, most, cut_at: None }
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        self.at = self.at.max(now);
    }

    /// Takes a token, where there is one.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        self.refill(now);
        let there = self.tokens >= NEARLY;
        if there {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        there
    }

    /// Puts in what was not used, or was earned.
    pub(crate) fn put(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.burst);
    }

    /// The time of the next token, unless another caller takes one before.
    pub(crate) fn next(&self) -> Duration {
        let missing = (1.0 - self.tokens).max(0.0);
        // A microsecond more than computed, so that a token is there when the time has come.
        self.at
            + Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX / 2)
            + Duration::from_micros(1)
    }

    /// AWS refused a call that was let through at `granted`: nothing is left there, and the rate was too high.
    pub(crate) fn throttled(&mut self, now: Duration, granted: Duration) {
        self.refill(now);
        self.tokens = 0.0;
        if self.cut_at.is_none_or(|cut| granted > cut) {
            self.rate = (self.rate / 2.0).max(self.most * FLOOR);
            self.cut_at = Some(now);
        }
    }

    /// A call went well that had to wait for its token: a little more may be asked for.
    pub(crate) fn raise(&mut self, now: Duration) {
        self.refill(now);
        self.rate = (self.rate + self.most * STEP).min(self.most);
    }

    /// Calls a second at this moment.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn taken(bucket: &mut Bucket, now: Duration) -> usize {
        std::iter::repeat_with(|| bucket.take(now)).take_while(|there| *there).count()
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(50.0, 5.0, 5.0, Duration::ZERO);
        assert_eq!(taken(&mut bucket, Duration::ZERO), 50);
        assert_eq!(taken(&mut bucket, seconds(3)), 15);
        assert_eq!(taken(&mut bucket, seconds(1000)), 50, "it never holds more than its burst");
    }

    #[test]
    fn a_token_is_there_when_it_was_said_to_be() {
        let mut bucket = Bucket::new(4.0, 0.3, 0.3, Duration::ZERO);
        taken(&mut bucket, Duration::ZERO);
        for _ in 0..1000 {
            let next = bucket.next();
            assert!(!bucket.take(next - Duration::from_millis(1)) && bucket.take(next));
        }
    }

    #[test]
    fn a_throttle_halves_the_rate_once_for_all_calls_that_were_under_way() {
        let mut bucket = Bucket::new(50.0, 8.0, 8.0, Duration::ZERO);
        for _ in 0..10 {
            bucket.throttled(seconds(2), seconds(1));
        }
        assert_eq!((bucket.rate(), taken(&mut bucket, seconds(2))), (4.0, 0));
        bucket.throttled(seconds(4), seconds(3));
        assert_eq!(bucket.rate(), 2.0);
    }

    #[test]
    fn success_brings_the_rate_back_slowly_and_never_above_the_most() {
        let mut bucket = Bucket::new(50.0, 8.0, 8.0, Duration::ZERO);
        bucket.throttled(seconds(1), Duration::ZERO);
        bucket.raise(seconds(2));
        assert!(bucket.rate() < 4.1);
        for _ in 0..1000 {
            bucket.raise(seconds(3));
        }
        assert_eq!(bucket.rate(), 8.0);
    }

    #[test]
    fn the_rate_has_a_floor() {
        let mut bucket = Bucket::new(50.0, 8.0, 8.0, Duration::ZERO);
        for second in 1..100 {
            bucket.throttled(seconds(second), seconds(second));
        }
        assert_eq!(bucket.rate(), 8.0 / 64.0);
    }

    proptest! {
        /// In every span of time at most the burst and what came in meanwhile.
        #[test]
        fn no_span_of_time_sees_more_than_burst_and_rate_allow(steps in prop::collection::vec(0_u64..3_000, 1..200)) {
            let (burst, rate) = (5.0, 2.0);
            let mut bucket = Bucket::new(burst, rate, rate, Duration::ZERO);
            let mut now = Duration::ZERO;
            let mut grants = Vec::new();
            for step in steps {
                now += Duration::from_millis(step);
                grants.extend(std::iter::repeat_n(now, taken(&mut bucket, now)));
            }
            for (first, start) in grants.iter().enumerate() {
                for (last, end) in grants.iter().enumerate().skip(first) {
                    let most = burst + (*end - *start).as_secs_f64() * rate;
                    prop_assert!((last - first + 1) as f64 <= most + 1e-6);
                }
            }
        }
    }
}
