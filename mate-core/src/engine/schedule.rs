//! What may start, how long to wait, how much is left. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::plan::OpId;

/// When to look next at something that the cloud is at work on.
///
/// Until it is usually ready: after one second, then each time after as long again as has passed, a minute at most,
/// and exactly at the usual moment. So what is quick is seen at once, and what takes minutes costs a dozen looks.
/// After that a hundredth of what has passed, between two and fifteen seconds: about one percent is lost to waiting.
pub(crate) fn next_look(begun: Duration, now: Duration, typical: Duration) -> Duration {
    let (expected, passed) = (begun + typical, now - begun);
    if expected > now {
        return (now + passed.clamp(Duration::from_secs(1), Duration::from_secs(60))).min(expected);
    }
    now + (passed / 100).clamp(Duration::from_secs(2), Duration::from_secs(15))
}

/// How long something may take before it counts as stuck: four times as long as usual, half an hour at least.
pub(crate) fn deadline(begun: Duration, typical: Duration) -> Duration {
    begun + (typical * 4).max(Duration::from_secs(1800))
}

/// How long to wait before attempt `attempt + 1`: one second, doubled each time, half a minute at most.
pub(crate) fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

/// The longest chain of what is not done: `left` says how long each operation still takes.
pub(crate) fn longest(after: &BTreeMap<OpId, BTreeSet<OpId>>, left: &BTreeMap<OpId, Duration>) -> Duration {
    let mut known: BTreeMap<&OpId, Duration> = BTreeMap::new();
    let mut longest = Duration::ZERO;
    for start in left.keys() {
        let mut stack = vec![start];
        while let Some(op) = stack.last().copied() {
            if known.contains_key(op) {
                stack.pop();
                continue;
            }
            let mut before = Duration::ZERO;
            let mut missing = Vec::new();
            for dependency in after.get(op).into_iter().flatten().filter(|dependency| left.contains_key(*dependency)) {
                match known.get(dependency) {
                    Some(time) => before = before.max(*time),
                    None => missing.push(dependency),
                }
            }
            if missing.is_empty() {
                let time = before + left.get(op).copied().unwrap_or_default();
                longest = longest.max(time);
                known.insert(op, time);
                stack.pop();
            } else {
                stack.extend(missing);
            }
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Verb;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn op(node: &str) -> OpId {
        OpId { node: node.parse().unwrap(), verb: Verb::Create, name: node.to_owned() }
    }

    #[test]
    fn a_look_falls_on_the_usual_moment() {
        let mut now = seconds(0);
        let mut looks = 0;
        while now < seconds(400) {
            now = next_look(seconds(0), now, seconds(400));
            looks += 1;
        }
        assert_eq!((now, looks), (seconds(400), 13));
    }

    #[test]
    fn after_the_usual_moment_looks_lose_one_percent() {
        assert_eq!(next_look(seconds(0), seconds(800), seconds(400)), seconds(808));
        assert_eq!(next_look(seconds(0), seconds(20), seconds(10)), seconds(22));
    }

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let waits: Vec<u64> = (1..=8).map(|attempt| backoff(attempt).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn the_longest_chain_counts() {
        let after = BTreeMap::from([(op("b"), BTreeSet::from([op("a")])), (op("c"), BTreeSet::from([op("a")]))]);
        let left = BTreeMap::from([(op("a"), seconds(5)), (op("b"), seconds(1)), (op("c"), seconds(7))]);
        assert_eq!(longest(&after, &left), seconds(12));
    }
}
