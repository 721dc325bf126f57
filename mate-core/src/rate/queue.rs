//! The queue of waiting calls: by priority, tenants in turn, without starvation. Pure.
//!
//! Every step is a search in an ordered map: to take a place, to serve it and to give it back cost the logarithm of the number
//! of those that wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::caller::Priority;
use crate::model::ids::TenantKey;

/// A place in a queue. They count up in the order in which places were taken.
pub(crate) type Ticket = u64;

/// A priority passes one of so many calls down while somebody below has waited for long.
const TURN: u32 = 4;
/// The wait that counts as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The priority and the tenant of a ticket.
type Place<W> = (Priority, W);

/// The places of one tenant within a priority, the oldest first.
#[derive(Debug)]
struct Own<T> {
    /// The key of the tenant in the ring.
    turn: u64,
    tickets: BTreeSet<T>,
}

/// Those of one priority.
#[derive(Debug)]
struct Level<T, W> {
    /// The time at which each place was taken, the oldest first.
    since: BTreeMap<T, Duration>,
    tenants: BTreeMap<W, Own<T>>,
    /// The tenants in the order of their turns; each tenant that waits, once.
    ring: BTreeMap<u64, W>,
    /// The number of turns that were given out.
    turns: u64,
    /// The calls that the priority kept since the last that it passed down, `TURN` at most. It outlives the places.
    calls: u32,
}

impl<T: Copy + Ord, W: Clone + Ord> Level<T, W> {
    fn new() -> Self {
        Self { since: BTreeMap::new(), tenants: BTreeMap::new(), ring: BTreeMap::new(), turns: 0, calls: 0 }
    }

    fn push(&mut self, ticket: T, tenant: W, since: Duration) {
        self.since.insert(ticket, since);
        let own = self.tenants.entry(tenant.clone()).or_insert_with(|| {
            self.turns += 1;
            self.ring.insert(self.turns, tenant);
            Own { turn: self.turns, tickets: BTreeSet::new() }
        });
        own.tickets.insert(ticket);
    }

    fn remove(&mut self, ticket: T, tenant: &W) {
        self.since.remove(&ticket);
        let own = self.tenants.get_mut(tenant).expect("a tenant for each place");
        own.tickets.remove(&ticket);
        if own.tickets.is_empty() {
            self.ring.remove(&own.turn);
            self.tenants.remove(tenant);
        }
    }

    /// The oldest place of the tenant whose turn it is.
    fn peek(&self) -> Option<T> {
        let (_, tenant) = self.ring.first_key_value()?;
        self.tenants[tenant].tickets.first().copied()
    }

    /// Sends the tenant whose turn it was to the end of the ring.
    fn rotate(&mut self) {
        let Some((_, tenant)) = self.ring.pop_first() else { return };
        self.turns += 1;
        self.tenants.get_mut(&tenant).expect("a tenant for each turn").turn = self.turns;
        self.ring.insert(self.turns, tenant);
    }

    fn waits(&self) -> bool {
        !self.since.is_empty()
    }

    /// Returns true if somebody has waited for long.
    fn waits_for_long(&self, now: Duration) -> bool {
        self.since.first_key_value().is_some_and(|(_, since)| now.saturating_sub(*since) >= PATIENCE)
    }
}

/// Those that wait for the calls of one bucket. `T` and `W` are parameters for the test that counts comparisons.
#[derive(Debug)]
pub(crate) struct Queue<T = Ticket, W = Option<TenantKey>> {
    places: BTreeMap<T, Place<W>>,
    levels: BTreeMap<Priority, Level<T, W>>,
}

impl<T, W> Default for Queue<T, W> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), levels: BTreeMap::new() }
    }
}

impl<T: Copy + Ord, W: Clone + Ord> Queue<T, W> {
    pub(crate) fn push(&mut self, ticket: T, priority: Priority, tenant: W, since: Duration) {
        self.levels.entry(priority).or_insert_with(Level::new).push(ticket, tenant.clone(), since);
        self.places.insert(ticket, (priority, tenant));
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The ticket that has waited the longest, whatever its priority.
    pub(crate) fn oldest(&self) -> Option<T> {
        self.places.first_key_value().map(|(ticket, _)| *ticket)
    }

    pub(crate) fn contains(&self, ticket: T) -> bool {
        self.places.contains_key(&ticket)
    }

    /// Takes a place back; none when it is not in this queue.
    pub(crate) fn remove(&mut self, ticket: T) -> bool {
        let Some((priority, tenant)) = self.places.remove(&ticket) else { return false };
        self.levels.get_mut(&priority).expect("a level for each place").remove(ticket, &tenant);
        true
    }

    /// The priority that is served next. The highest that waits keeps the call, or passes it down to the next that waits, and so on.
    fn chosen(&self, now: Duration) -> Option<Priority> {
        let mut waiting = self.levels.iter().filter(|(_, level)| level.waits());
        while let Some((priority, level)) = waiting.next() {
            let passes = level.calls + 1 >= TURN && waiting.clone().any(|(_, below)| below.waits_for_long(now));
            if !passes {
                return Some(*priority);
            }
        }
        None
    }

    /// The ticket that is next at `now`, without a change of the queue.
    pub(crate) fn peek(&self, now: Duration) -> Option<T> {
        self.levels[&self.chosen(now)?].peek()
    }

    /// Takes out the ticket that is next.
    pub(crate) fn next(&mut self, now: Duration) -> Option<T> {
        let priority = self.chosen(now)?;
        for (_, above) in self.levels.range_mut(..priority).filter(|(_, level)| level.waits()) {
            above.calls = 0;
        }
        let level = self.levels.get_mut(&priority)?;
        level.calls = (level.calls + 1).min(TURN);
        let ticket = level.peek()?;
        // A tenant that has nothing more leaves the ring with the place.
        level.rotate();
        self.remove(ticket);
        Some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn tenant(id: &str) -> Option<TenantKey> {
        Some(TenantKey::new("dev".parse().unwrap(), id.parse().unwrap()))
    }

    fn drain(queue: &mut Queue, now: Duration) -> Vec<Ticket> {
        std::iter::from_fn(|| queue.next(now)).collect()
    }

    #[test]
    fn a_new_customer_comes_before_a_change_and_that_before_looks_and_scans() {
        let mut queue = Queue::default();
        let order = [Priority::Scan, Priority::Wait, Priority::Change, Priority::NewTenant];
        for (ticket, priority) in (0..).zip(order) {
            queue.push(ticket, priority, tenant("acme"), Duration::ZERO);
        }
        assert_eq!(drain(&mut queue, Duration::ZERO), [3, 2, 1, 0]);
    }

    #[test]
    fn tenants_take_turns() {
        let mut queue = Queue::default();
        for ticket in 0..1000 {
            queue.push(ticket, Priority::Change, tenant("big"), Duration::ZERO);
        }
        for ticket in 1000..1010 {
            queue.push(ticket, Priority::Change, tenant("small"), Duration::ZERO);
        }
        let order = drain(&mut queue, Duration::ZERO);
        let last = order.iter().position(|ticket| *ticket == 1009).unwrap();
        assert!(last < 20, "the tenth call of the small tenant was number {last}");
        assert_eq!(order.len(), 1010);
    }

    #[test]
    fn a_scan_that_has_waited_for_long_gets_every_fourth_call() {
        let mut queue = Queue::default();
        for ticket in 0..100 {
            queue.push(ticket, Priority::NewTenant, tenant("new"), Duration::ZERO);
        }
        for ticket in 100..110 {
            queue.push(ticket, Priority::Scan, tenant("old"), Duration::ZERO);
        }
        let order = drain(&mut queue, PATIENCE);
        let at: Vec<usize> = (0..order.len()).filter(|at| order[*at] >= 100).collect();
        assert_eq!(at, (0..10).map(|nth| 3 + 4 * nth).collect::<Vec<_>>());
    }

    #[test]
    fn before_that_it_waits() {
        let mut queue = Queue::default();
        for ticket in 0..100 {
            queue.push(ticket, Priority::NewTenant, tenant("new"), Duration::ZERO);
        }
        queue.push(100, Priority::Scan, tenant("old"), Duration::ZERO);
        assert_eq!(drain(&mut queue, PATIENCE - Duration::from_millis(1)).last(), Some(&100));
    }

    #[test]
    fn a_place_that_was_given_back_is_nobody_s() {
        let mut queue = Queue::default();
        for ticket in 0..4 {
            queue.push(ticket, Priority::Wait, tenant(["acme", "beta"][ticket as usize % 2]), Duration::ZERO);
        }
        assert!(queue.remove(1) && queue.remove(3) && !queue.remove(3));
        assert_eq!(queue.len(), 2);
        assert_eq!(drain(&mut queue, Duration::ZERO), [0, 2]);
        assert!(queue.is_empty());
    }

    /// The positions of the tickets of this range in `order`.
    fn at(order: &[Ticket], tickets: std::ops::Range<Ticket>) -> Vec<usize> {
        (0..order.len()).filter(|at| tickets.contains(&order[*at])).collect()
    }

    /// A queue of 4,000 new tenants' calls, and of these below, each kind a second younger than the one before it.
    fn below_new_tenants(below: &[(Priority, std::ops::Range<Ticket>)]) -> Queue {
        let mut queue = Queue::default();
        for ((priority, tickets), since) in below.iter().zip(0..) {
            for ticket in tickets.clone() {
                queue.push(ticket, *priority, tenant("old"), Duration::from_secs(since));
            }
        }
        for ticket in 10_000..14_000 {
            queue.push(ticket, Priority::NewTenant, tenant("new"), Duration::from_secs(3));
        }
        queue
    }

    /// The time at which everybody in it has waited for long.
    const LATER: Duration = Duration::from_secs(3).saturating_add(PATIENCE);

    #[test]
    fn looks_do_not_wait_for_scans_that_are_older() {
        let mut queue = below_new_tenants(&[(Priority::Scan, 0..500), (Priority::Wait, 500..520)]);
        let order = drain(&mut queue, LATER);
        let (looks, scans) = (at(&order, 500..520), at(&order, 0..500));
        // One of four calls is passed down, and the looks keep three of four of these.
        assert!(looks[19] < 4 * (20 + 20 / 3), "the last look was number {}", looks[19]);
        assert!(scans[0] < 4 * 4, "the first scan was number {}", scans[0]);
    }

    #[test]
    fn the_lowest_of_four_priorities_gets_one_of_64_calls() {
        let below = [(Priority::Scan, 0..20), (Priority::Wait, 1000..3000), (Priority::Change, 3000..5000)];
        let order = drain(&mut below_new_tenants(&below), LATER);
        assert_eq!(at(&order[..1280], 0..20), (1..=20).map(|nth| 64 * nth - 1).collect::<Vec<_>>());
        // Each of those above keeps three of four calls that come down to it.
        let calls = [10_000..14_000, 3000..5000, 1000..3000].map(|tickets| at(&order[..1280], tickets).len());
        assert_eq!(calls, [20 * 48, 20 * 12, 20 * 3]);
    }

    #[test]
    fn a_priority_that_comes_and_goes_starves_nobody() {
        let mut queue = below_new_tenants(&[(Priority::Scan, 0..20)]);
        let order: Vec<Ticket> = (20_000..21_280)
            .map(|ticket| {
                let priority = [Priority::NewTenant, Priority::Change, Priority::Wait][ticket as usize % 3];
                queue.push(ticket, priority, tenant("new"), PATIENCE);
                queue.next(PATIENCE).unwrap()
            })
            .collect();
        let scans = at(&order, 0..20);
        assert!(scans.len() == 20 && scans.windows(2).all(|pair| pair[1] - pair[0] <= 64), "{scans:?}");
    }

    #[test]
    fn a_tenant_that_gives_places_back_keeps_its_turn() {
        let mut queue = Queue::default();
        for ticket in 0..30 {
            let id = if ticket < 20 { "acme" } else { "beta" };
            queue.push(ticket, Priority::Change, tenant(id), Duration::ZERO);
        }
        for ticket in 0..10 {
            assert!(queue.remove(ticket));
        }
        assert_eq!(drain(&mut queue, Duration::ZERO)[..4], [10, 20, 11, 21]);
    }

    proptest! {
        /// So a tenant waits for the number of the others, and not for the number of their calls, nor for those who come later.
        #[test]
        fn between_two_calls_of_a_tenant_every_other_gets_one_at_most(
            steps in prop::collection::vec(prop::option::of(0..5_usize), 1..200),
        ) {
            let ids = ["acme", "beta", "core", "deck", "easy"];
            let mut queue = Queue::default();
            let mut owner = Vec::new();
            // The calls of each tenant since another one waits in vain, by the one that waits.
            let mut passed = [[0; 5]; 5];
            let mut waiting = [0; 5];
            for step in steps {
                if let Some(id) = step {
                    queue.push(owner.len() as Ticket, Priority::Wait, tenant(ids[id]), Duration::ZERO);
                    owner.push(id);
                    waiting[id] += 1;
                } else if let Some(ticket) = queue.next(PATIENCE) {
                    let served = owner[ticket as usize];
                    waiting[served] -= 1;
                    passed[served] = [0; 5];
                    for other in (0..5).filter(|other| *other != served) {
                        passed[other][served] += i32::from(waiting[other] > 0);
                        prop_assert!(passed[other][served] <= 1, "{} passed {} twice", ids[served], ids[other]);
                    }
                }
            }
        }
    }

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    /// A ticket or tenant that counts how often it is compared.
    #[derive(Debug, Clone, Copy, Eq)]
    struct Counted(u64);

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            STEPS.set(STEPS.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    /// The comparisons that so many waiters of so many tenants cost when all are served, or all give their places back.
    fn steps(waiters: u64, tenants: u64, served: bool) -> u64 {
        STEPS.set(0);
        let mut queue = Queue::<Counted, Counted>::default();
        for ticket in 0..waiters {
            queue.push(Counted(ticket), Priority::Wait, Counted(ticket % tenants), Duration::ZERO);
        }
        if served {
            while queue.next(PATIENCE).is_some() {}
        } else {
            assert!((0..waiters).rev().all(|ticket| queue.remove(Counted(ticket))));
        }
        assert!(queue.is_empty());
        STEPS.get()
    }

    #[test]
    fn four_times_the_waiters_cost_at_most_five_times_the_steps() {
        for served in [true, false] {
            for (few, many) in [(1, 1), (200, 200), (4_000, 16_000)] {
                let (few, many) = (steps(4_000, few, served), steps(16_000, many, served));
                assert!(many <= 5 * few, "served: {served}, {few} steps of 4,000 waiters, {many} of 16,000");
            }
        }
    }
}
