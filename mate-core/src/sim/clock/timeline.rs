//! The time line of a simulated clock: who is present, who sleeps, and when time may move. Pure but for the wakers that it keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;
use std::time::Duration;

/// The number of times that the one who wakes first looks again before time jumps, so that tasks which have not begun may begin.
const SETTLE: u8 = 1;

/// A deadline, and a number that tells it from others of the same time.
pub(super) type SleepKey = (Duration, u64);
pub(super) type PresenceId = u64;
pub(super) type MachineId = u64;

#[derive(Debug)]
struct Present {
    machine: MachineId,
    /// Something has woken it since it was polled last.
    woken: bool,
    /// Its last poll has ended, and nothing has woken it since.
    parked: bool,
    /// Its sleeps whose time has not come.
    sleeps: usize,
    /// The task that polls it.
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Sleeper {
    waker: Waker,
    /// Those present who sleep in it, the outermost first; none for a task that nobody attends.
    owners: Vec<PresenceId>,
}

#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) now: Duration,
    serial: u64,
    /// Goes up with every sign of life; a jump happens only after a pause in it.
    activity: u64,
    /// The activity at the last look, and how many looks saw the same.
    seen: u64,
    settled: u8,
    present: BTreeMap<PresenceId, Present>,
    /// The number of those present who can go on.
    awake: usize,
    sleepers: BTreeMap<SleepKey, Sleeper>,
    /// The sleeps whose time has come and that were not polled since.
    due: BTreeMap<SleepKey, Vec<PresenceId>>,
    suspended: BTreeSet<MachineId>,
}

/// The answer to who has looked whether time may move.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// It has to look again.
    pub(super) again: bool,
    /// Time has moved: those to be woken.
    pub(super) woken: Vec<Waker>,
}

impl Timeline {
    pub(super) fn occupancy(&self) -> (usize, usize) {
        (self.present.len(), self.sleepers.len())
    }

    fn is_awake(&self, present: &Present) -> bool {
        !self.suspended.contains(&present.machine) && (!present.parked || present.sleeps == 0)
    }

    /// Changes one of those present, and counts anew who is awake.
    fn change<T>(&mut self, id: PresenceId, change: impl FnOnce(&mut Present) -> T) -> Option<T> {
        let mut present = self.present.remove(&id)?;
        self.awake -= usize::from(self.is_awake(&present));
        let changed = change(&mut present);
        self.awake += usize::from(self.is_awake(&present));
        self.present.insert(id, present);
        Some(changed)
    }

    pub(super) fn enter(&mut self, id: PresenceId, machine: MachineId) {
        self.activity += 1;
        let present = Present { machine, woken: true, parked: false, sleeps: 0, waker: None };
        self.awake += usize::from(self.is_awake(&present));
        self.present.insert(id, present);
    }

    pub(super) fn leave(&mut self, id: PresenceId) -> Option<Waker> {
        self.activity += 1;
        if let Some(present) = self.present.remove(&id) {
            self.awake -= usize::from(self.is_awake(&present));
        }
        self.next_to_look()
    }

    /// The one of this id is polled. Returns true where it may run.
    pub(super) fn begin(&mut self, id: PresenceId, waker: &Waker) -> bool {
        let held = self.present.get(&id).is_some_and(|present| self.suspended.contains(&present.machine));
        let runs = self.change(id, |present| {
            present.waker = Some(waker.clone());
            let runs = present.woken && !held;
            if runs {
                present.woken = false;
                present.parked = false;
            }
            runs
        });
        // One that has left may run to its end.
        let runs = runs.unwrap_or(true);
        self.activity += u64::from(runs);
        runs
    }

    /// The poll of the one of this id has ended. Returns who has to look whether time may move.
    pub(super) fn end(&mut self, id: PresenceId) -> Option<Waker> {
        self.change(id, |present| present.parked = !present.woken);
        self.next_to_look()
    }

    /// The one of this id can go on. Returns its task.
    pub(super) fn wake(&mut self, id: PresenceId) -> Option<Waker> {
        self.activity += 1;
        self.change(id, |present| {
            present.woken = true;
            present.parked = false;
            present.waker.clone()
        })?
    }

    /// True if nobody can go on before the next deadline.
    fn is_quiet(&self) -> bool {
        self.awake == 0 && !self.sleepers.is_empty() && self.due.values().all(|owners| self.is_held(owners))
    }

    /// True if one of these is on a machine that is suspended.
    fn is_held(&self, owners: &[PresenceId]) -> bool {
        let held = |id| self.present.get(id).is_some_and(|present| self.suspended.contains(&present.machine));
        owners.iter().any(held)
    }

    /// The task that has to look whether time may move, where nobody can go on: that of the earliest sleeper.
    fn next_to_look(&self) -> Option<Waker> {
        if !self.is_quiet() {
            return None;
        }
        let (_, sleeper) = self.sleepers.iter().find(|(_, sleeper)| !self.is_held(&sleeper.owners))?;
        match sleeper.owners.first() {
            Some(owner) => self.present.get(owner)?.waker.clone(),
            None => Some(sleeper.waker.clone()),
        }
    }

    /// Looks whether time may move: it does after a few looks between which nothing has happened.
    pub(super) fn look(&mut self, looks: impl FnOnce(Option<&[PresenceId]>, SleepKey) -> bool) -> Look {
        if !self.is_quiet() {
            return Look::default();
        }
        let first = self.sleepers.iter().find(|(_, sleeper)| !self.is_held(&sleeper.owners));
        let Some((key, sleeper)) = first else { return Look::default() };
        let key = *key;
        if !looks((!sleeper.owners.is_empty()).then_some(&sleeper.owners), key) {
            return Look::default();
        }
        if self.seen == self.activity {
            self.settled += 1;
        } else {
            (self.seen, self.settled) = (self.activity, 0);
        }
        if self.settled < SETTLE {
            return Look { again: true, woken: Vec::new() };
        }
        Look { again: false, woken: self.advance_to(key.0) }
    }

    /// Moves time on and returns everybody whose deadline has come.
    pub(super) fn advance_to(&mut self, deadline: Duration) -> Vec<Waker> {
        self.activity += 1;
        self.now = self.now.max(deadline);
        let later = self.sleepers.split_off(&(self.now, u64::MAX));
        let due = std::mem::replace(&mut self.sleepers, later);
        let mut woken = Vec::with_capacity(due.len());
        for (key, sleeper) in due {
            self.count_sleep(&sleeper.owners, false);
            self.due.insert(key, sleeper.owners);
            woken.push(sleeper.waker);
        }
        woken
    }

    fn count_sleep(&mut self, owners: &[PresenceId], begins: bool) {
        for owner in owners {
            self.change(*owner, |present| {
                present.sleeps = if begins { present.sleeps + 1 } else { present.sleeps.saturating_sub(1) };
            });
        }
    }

    /// A sleep begins. Returns who has to look whether time may move; who attends the sleep sees to that when it parks.
    pub(super) fn sleep(
        &mut self,
        deadline: Duration,
        waker: Waker,
        within: &[PresenceId],
    ) -> (SleepKey, Option<Waker>) {
        self.activity += 1;
        self.serial += 1;
        let owners: Vec<PresenceId> = within.iter().copied().filter(|id| self.present.contains_key(id)).collect();
        self.count_sleep(&owners, true);
        let key = (deadline, self.serial);
        let alone = owners.is_empty();
        self.sleepers.insert(key, Sleeper { waker, owners });
        (key, if alone { self.next_to_look() } else { None })
    }

    /// Another task waits for this sleep.
    pub(super) fn sleeps_on(&mut self, key: SleepKey, waker: &Waker) {
        if let Some(sleeper) = self.sleepers.get_mut(&key) {
            sleeper.waker.clone_from(waker);
        }
    }

    /// A sleep is over, or was dropped. Returns who has to look whether time may move.
    pub(super) fn awake(&mut self, key: SleepKey) -> Option<Waker> {
        self.activity += 1;
        if let Some(sleeper) = self.sleepers.remove(&key) {
            self.count_sleep(&sleeper.owners, false);
        }
        self.due.remove(&key);
        self.next_to_look()
    }

    /// Nothing on this machine goes on until it is resumed. Returns who has to look whether time may move.
    pub(super) fn suspend(&mut self, machine: MachineId) -> Option<Waker> {
        self.activity += 1;
        self.suspended.insert(machine);
        self.count_awake();
        self.next_to_look()
    }

    /// Everything on this machine goes on. Returns its tasks.
    pub(super) fn resume(&mut self, machine: MachineId) -> Vec<Waker> {
        self.activity += 1;
        self.suspended.remove(&machine);
        let here = self.present.values_mut().filter(|present| present.machine == machine);
        let woken = here.filter_map(|present| {
            present.woken = true;
            present.parked = false;
            present.waker.clone()
        });
        let woken = woken.collect();
        self.count_awake();
        woken
    }

    fn count_awake(&mut self) {
        self.awake = self.present.values().filter(|present| self.is_awake(present)).count();
    }
}
