//! The queue of waiting calls: by priority, tenants in turn, without starvation. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::caller::Priority;
use crate::model::ids::TenantKey;

/// A place in a queue. They count up in the order in which places were taken.
pub(crate) type Ticket = u64;

/// One of so many calls goes to a lower priority that has waited for long.
const TURN: u32 = 4;
/// The wait that counts as long.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
struct Place {
    priority: Priority,
    tenant: Option<TenantKey>,
    since: Duration,
}

/// Those of one priority.
#[derive(Debug, Default)]
struct Level {
    order: BTreeSet<Ticket>,
    tenants: BTreeMap<Option<TenantKey>, VecDeque<Ticket>>,
    /// The tenants in the order of their turns; each tenant that waits, once.
    ring: VecDeque<Option<TenantKey>>,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    places: BTreeMap<Ticket, Place>,
    levels: BTreeMap<Priority, Level>,
    /// Calls since the last that went to a lower priority.
    turn: u32,
}

impl Queue {
    pub(crate) fn push(&mut self, ticket: Ticket, priority: Priority, tenant: Option<TenantKey>, since: Duration) {
        let level = self.levels.entry(priority).or_default();
        level.order.insert(ticket);
        let own = level.tenants.entry(tenant.clone()).or_default();
        if own.is_empty() {
            level.ring.push_back(tenant.clone());
        }
        own.push_back(ticket);
        self.places.insert(ticket, Place { priority, tenant, since });
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn contains(&self, ticket: Ticket) -> bool {
        self.places.contains_key(&ticket)
    }

    /// Takes a place back; none when it is not in this queue.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> bool {
        let Some(place) = self.places.remove(&ticket) else { return false };
        let level = self.levels.get_mut(&place.priority).expect("a level for each place");
        level.order.remove(&ticket);
        let own = level.tenants.get_mut(&place.tenant).expect("a tenant for each place");
        own.retain(|other| *other != ticket);
        if own.is_empty() {
            level.tenants.remove(&place.tenant);
            level.ring.retain(|tenant| *tenant != place.tenant);
        }
        if level.order.is_empty() {
            self.levels.remove(&place.priority);
        }
        true
    }

    /// The priority that is served next; true if it is a lower one that has waited for long.
    fn chosen(&self, now: Duration) -> Option<(Priority, bool)> {
        let (first, _) = self.levels.first_key_value()?;
        if self.turn + 1 >= TURN {
            let oldest = |(priority, level): (&Priority, &Level)| {
                let ticket = *level.order.first()?;
                let since = self.places[&ticket].since;
                (now.saturating_sub(since) >= PATIENCE).then_some((since, *priority))
            };
            let lower = self.levels.iter().skip(1).filter_map(oldest).min();
            if let Some((_, priority)) = lower {
                return Some((priority, true));
            }
        }
        Some((*first, false))
    }

    /// The ticket that is next at `now`, without a change of the queue.
    pub(crate) fn peek(&self, now: Duration) -> Option<Ticket> {
        let (priority, _) = self.chosen(now)?;
        let level = &self.levels[&priority];
        level.tenants.get(level.ring.front()?)?.front().copied()
    }

    /// Takes out the ticket that is next.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Ticket> {
        let (priority, aged) = self.chosen(now)?;
        let ticket = self.peek(now)?;
        self.turn = if aged { 0 } else { (self.turn + 1).min(TURN) };
        let level = self.levels.get_mut(&priority)?;
        // The tenant goes to the end of the ring; one that has nothing more leaves it with the place.
        level.ring.rotate_left(1);
        self.remove(ticket);
        Some(ticket)
    }
}

#[cfg(test)]
mod tests {
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
}
