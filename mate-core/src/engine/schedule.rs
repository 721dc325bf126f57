//! The schedule of a run: the operations that may start, the waits, and the remaining time. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::Timing;
use crate::vocab::OpId;

/// The time of the next look at an object that the cloud is at work on.
///
/// Until half of the usual time has passed: after one second, then each time after as long again as has passed, a minute
/// at most, so that what is quick is seen at once. From there on it may be ready at any moment: looks are a 64th of what
/// has passed apart, between one and fifteen seconds, so that at most 1.6 percent is lost to waiting; and one falls on
/// the usual moment.
pub(crate) fn next_look(begun: Duration, now: Duration, typical: Duration) -> Duration {
    const LEAST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(15);
    let passed = now.saturating_sub(begun);
    let apart = if passed < typical / 2 {
        passed.clamp(LEAST, Duration::from_secs(60))
    } else {
        (passed / 64).clamp(LEAST, MOST)
    };
    let milestone = [typical / 2, typical].into_iter().find(|milestone| passed < *milestone);
    milestone.map_or(now + apart, |milestone| (now + apart).min(begun + milestone))
}

/// The time at which an operation counts as stuck: after four times as long as usual, half an hour at least.
pub(crate) fn deadline(begun: Duration, typical: Duration) -> Duration {
    begun + Timing::deadline(typical)
}

/// The time of the first question to the cloud why an operation takes so long: after half as long again as usual, a minute at
/// least.
pub(crate) fn first_question(begun: Duration, typical: Duration) -> Duration {
    begun + (typical * 3 / 2).max(Duration::from_secs(60))
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
    use crate::vocab::Verb;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn op(node: &str) -> OpId {
        OpId { node: node.parse().unwrap(), verb: Verb::Create, name: node.to_owned() }
    }

    fn looks(ready: Duration, typical: Duration) -> (Duration, usize) {
        let (mut now, mut looks) = (Duration::ZERO, 0);
        while now < ready {
            now = next_look(Duration::ZERO, now, typical);
            looks += 1;
        }
        (now - ready, looks)
    }

    #[test]
    fn a_look_falls_on_the_usual_moment() {
        for typical in [1, 2, 5, 45, 84, 150, 400, 720] {
            assert_eq!(looks(seconds(typical), seconds(typical)).0, Duration::ZERO, "{typical}");
        }
    }

    #[test]
    fn little_is_lost_when_it_takes_less_or_more_than_usual() {
        for typical in [2u64, 5, 45, 84, 150, 400, 720] {
            for percent in 50..=200 {
                let ready = seconds(typical) * percent / 100;
                let (lost, _) = looks(ready, seconds(typical));
                assert!(lost <= (ready / 64).max(seconds(1)), "{lost:?} of {ready:?}, usually {typical} s");
            }
        }
    }

    #[test]
    fn looks_are_few() {
        assert_eq!(looks(seconds(2), seconds(2)).1, 2);
        assert_eq!(looks(seconds(150), seconds(150)).1, 53);
        assert_eq!(looks(seconds(720), seconds(720)).1, 57);
        let hour = looks(seconds(3600), seconds(720)).1;
        assert!(hour <= 57 + (3600 - 720) / 11, "{hour}");
    }

    #[test]
    fn the_longest_chain_counts() {
        let after = BTreeMap::from([(op("b"), BTreeSet::from([op("a")])), (op("c"), BTreeSet::from([op("a")]))]);
        let left = BTreeMap::from([(op("a"), seconds(5)), (op("b"), seconds(1)), (op("c"), seconds(7))]);
        assert_eq!(longest(&after, &left), seconds(12));
    }
}
