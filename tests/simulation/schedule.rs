//! The schedule of a simulation, all of it from one seed.

use std::time::Duration;

use mate::sim::{Fault, FaultRule, Faults, Method};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::tenant::Wanted;

/// The tenants' names: some begin with others, and with the environment's.
pub(crate) const NAMES: [&str; 4] = ["acme", "acme-dev", "acme-two", "dev"];
/// One more, which nobody works at.
pub(crate) const BYSTANDER: &str = "acme-dev-two";
/// The number of controllers.
pub(crate) const CONTROLLERS: usize = 3;

/// A whole schedule.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    pub(crate) tenants: Vec<Life>,
    /// The longest time that new objects may stay unseen.
    pub(crate) unseen: Duration,
    /// The factor of the durations of the cloud.
    pub(crate) scale: f64,
    /// The share of calls of the store that fail.
    pub(crate) store_faults: f64,
    /// The longest delay of a call of the store.
    pub(crate) store_late: Duration,
    /// The seconds by which the date of each controller's machine is ahead.
    pub(crate) ahead: [i64; CONTROLLERS],
    pub(crate) rounds: Vec<Round>,
}

/// The life of a tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) parts: u8,
    pub(crate) protected: bool,
    /// The revision that the tenant has in the end; none when it is gone.
    pub(crate) at_last: Option<u8>,
}

impl Life {
    pub(crate) fn wanted(self, revision: u8) -> Wanted {
        Wanted { parts: self.parts, revision, protected: self.protected }
    }
}

/// The actions of all controllers at the same time. The next round begins when all have ended.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) faults: Faults,
    pub(crate) controllers: [Vec<Action>; CONTROLLERS],
    /// The controller whose machine is suspended, from when on, and for how long.
    pub(crate) suspends: Option<(usize, Duration, Duration)>,
    /// True if buckets get objects afterwards.
    pub(crate) fills_buckets: bool,
}

/// One verb that a controller calls.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) tenant: usize,
    pub(crate) verb: Verb,
    /// The start, from the beginning of the round.
    pub(crate) after: Duration,
    /// The number of the await at which the action is dropped.
    pub(crate) dies_at: Option<usize>,
    /// The time from its start to its cancellation.
    pub(crate) cancelled_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// To a revision, without any consent.
    Provision(u8),
    /// To a revision, with consent to everything but the loss of databases and buckets.
    Change(u8),
    /// With consent to the loss of databases and buckets, or without.
    Destroy {
        data_too: bool,
    },
    Resume,
    Unwind,
    /// Takes the lease away from who has it.
    ForceUnlock,
    /// Looks only.
    Look,
}

struct Draw(StdRng);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0.random_range(0..most)
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).expect("an index")]
    }

    fn seconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most * 1000))
    }

    fn revision(&mut self) -> u8 {
        u8::try_from(self.below(16)).expect("four bits")
    }

    fn life(&mut self) -> Life {
        let parts = self.one_of(&[1, 1, 2, 3, 4, 4, 5, 6]);
        let protected = self.chance(0.25);
        let at_last = (protected || self.chance(0.7)).then(|| self.revision());
        Life { parts, protected, at_last }
    }

    fn faults(&mut self) -> Faults {
        let mut faults = Faults::none();
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            if self.chance(0.3) {
                let method = self.one_of(&[Method::Create, Method::Update, Method::Delete, Method::Observe]);
                let nth = 1 + self.below(12);
                faults = faults.with(FaultRule::new(fault).on(method).nth(nth));
            }
        }
        if self.chance(0.1) {
            let nth = 1 + self.below(10);
            faults = faults.with(FaultRule::new(Fault::StuckCreate).on(Method::Create).nth(nth));
        }
        if self.chance(0.15) {
            let times = 1 + self.below(8);
            faults = faults.with(FaultRule::new(Fault::Capacity).probability(0.2).times(times));
        }
        if self.chance(0.2) {
            let delay = Duration::from_secs(5 + self.below(60));
            faults = faults.with(FaultRule::new(Fault::Delay(delay)).probability(0.1));
        }
        if self.chance(0.2) {
            // Less than the longest time for which a request may be on the wire.
            let late = Duration::from_secs(1 + self.below(25));
            faults = faults.with(FaultRule::new(Fault::LateEffect(late)).probability(0.05));
        }
        let often = self.one_of(&[0.0, 0.005, 0.02, 0.05]);
        let retried = [
            Fault::FailBefore,
            Fault::LoseAnswer,
            Fault::Throttle,
            Fault::Delay(Duration::from_secs(3)),
            Fault::StaleRead,
        ];
        retried.into_iter().fold(faults, |faults, fault| faults.with(FaultRule::new(fault).probability(often)))
    }

    fn action(&mut self, lives: &[Life], first: bool) -> Action {
        let tenant = usize::try_from(self.below(lives.len() as u64)).expect("an index");
        let revision = self.revision();
        let verb = match self.below(if first { 8 } else { 20 }) {
            0..=5 => Verb::Provision(revision),
            6..=9 => Verb::Change(revision),
            10 | 11 => Verb::Destroy { data_too: false },
            12 => Verb::Destroy { data_too: true },
            13 | 14 => Verb::Resume,
            // AWS itself does not let a protected database go, so that the unwind of one has to stick.
            16 | 17 if !lives[tenant].protected => Verb::Unwind,
            15 | 18 => Verb::ForceUnlock,
            19 => Verb::Look,
            _ => Verb::Resume,
        };
        let after = if self.chance(0.5) { Duration::ZERO } else { self.seconds(90) };
        let dies_at = self.chance(0.25).then(|| {
            let magnitude = self.one_of(&[10, 60, 400]);
            1 + usize::try_from(self.below(magnitude)).expect("a count")
        });
        let cancelled_after = self.chance(0.1).then(|| self.seconds(120));
        Action { tenant, verb, after, dies_at, cancelled_after }
    }

    fn round(&mut self, lives: &[Life], first: bool) -> Round {
        let faults = self.faults();
        let mut controllers: [Vec<Action>; CONTROLLERS] = Default::default();
        for actions in &mut controllers {
            let many = 1 + self.below(3);
            actions.extend((0..many).map(|_| self.action(lives, first)));
        }
        let suspends = self.chance(0.2).then(|| {
            let which = usize::try_from(self.below(CONTROLLERS as u64)).expect("an index");
            (which, self.seconds(120), self.seconds(240))
        });
        Round { faults, controllers, suspends, fills_buckets: self.chance(0.3) }
    }
}

impl Schedule {
    pub(crate) fn of(seed: u64) -> Self {
        let mut draw = Draw(StdRng::seed_from_u64(seed));
        let many = draw.one_of(&[2, 2, 3, 4]);
        let tenants: Vec<Life> = (0..many).map(|_| draw.life()).collect();
        let unseen = if draw.chance(0.3) { Duration::from_secs(1 + draw.below(20)) } else { Duration::ZERO };
        let scale = draw.one_of(&[0.05, 0.3, 1.0]);
        let store_faults = draw.one_of(&[0.0, 0.01, 0.05]);
        let store_late = Duration::from_secs(draw.one_of(&[0, 2, 45]));
        let ahead = std::array::from_fn(|_| draw.one_of(&[0, 0, 3, -40, -150, 86_400, -86_400]));
        let rounds = draw.one_of(&[2, 2, 3, 4]);
        let rounds = (0..rounds).map(|round| draw.round(&tenants, round == 0)).collect();
        Self { seed, tenants, unseen, scale, store_faults, store_late, ahead, rounds }
    }
}

#[test]
fn one_seed_gives_one_schedule() {
    assert_eq!(format!("{:?}", Schedule::of(7)), format!("{:?}", Schedule::of(7)));
    assert_ne!(format!("{:?}", Schedule::of(7)), format!("{:?}", Schedule::of(8)));
}
