//! The life of one tenant or platform, of which moments are kept.

use mate::model::ids::{Environment, TenantId};
use mate::sim::crash;
use mate::state::{OpState, Record};
use mate::{Error, Mate, Platform};
use serde_json::{Value, json};

use crate::check;
use crate::fixture::{Document, Expect, Fixture, GoesOn, Of};
use crate::subject::Subject;
use crate::world::{Saved, World};

/// A tenant or platform, and what was kept of it.
pub(crate) struct Life {
    name: &'static str,
    /// The part that all its fixtures have in common.
    pub(crate) like: Fixture,
    pub(crate) kept: Vec<Fixture>,
    /// The moments that could not be kept, and why.
    pub(crate) wrong: Vec<String>,
}

/// The interruption of a run.
pub(crate) struct Kill<'w> {
    /// The moment: the record at it.
    pub(crate) at: &'w dyn Fn(&Record) -> bool,
    /// Done to the cloud after the death.
    pub(crate) then: &'w dyn Fn(&World),
}

/// In the middle of it.
pub(crate) const MIDDLE: Kill<'static> = Kill { at: &|_| true, then: &|_| {} };

/// In the middle of the part of which this holds.
pub(crate) fn where_(at: &dyn Fn(&Record) -> bool) -> Kill<'_> {
    Kill { at, ..MIDDLE }
}

impl Subject {
    pub(crate) fn mate(&self) -> (&Mate, TenantId) {
        match self {
            Self::Tenant(mate, spec) => (mate, spec.id()),
            Self::Platform(..) => panic!("a tenant"),
        }
    }

    pub(crate) fn platform(&self) -> (&Platform, Environment) {
        match self {
            Self::Platform(platform, spec) => (platform, spec.environment().clone()),
            Self::Tenant(..) => panic!("a platform"),
        }
    }
}

impl Life {
    pub(crate) fn new(name: &'static str, of: Of, spec: Document, base: Option<Document>) -> Self {
        let expect = Expect {
            phase: String::new(),
            possible: Vec::new(),
            goes_on: GoesOn::Nothing,
            tended: false,
            ends: String::new(),
        };
        let like = Fixture {
            name: String::new(),
            about: String::new(),
            run: Value::Null,
            of,
            spec,
            base,
            renamed: Default::default(),
            adopted_by: None,
            expect,
            store: Vec::new(),
            cloud: Value::Null,
            generation: String::new(),
        };
        Self { name, like, kept: Vec::new(), wrong: Vec::new() }
    }

    /// The world after this work.
    pub(crate) async fn after<E: std::fmt::Debug>(
        &self,
        from: &Saved,
        work: impl AsyncFn(&World, &Subject) -> Result<(), E>,
    ) -> Saved {
        let world = World::of(from);
        let subject = Subject::of(&self.like, &world).await.unwrap();
        work(&world, &subject).await.unwrap();
        world.saved().await
    }

    /// The moments that were kept.
    pub(crate) fn fixtures(self) -> Vec<Fixture> {
        assert!(self.wrong.is_empty(), "{} fixtures cannot be:\n{}", self.wrong.len(), self.wrong.join("\n"));
        self.kept
    }

    /// Keeps a moment.
    pub(crate) async fn keep(&mut self, name: &str, about: &str, run: Value, saved: &Saved) {
        let like = self.like.clone();
        self.keep_as(like, name, about, run, saved).await;
    }

    /// Keeps a moment of which something is other than in this life.
    pub(crate) async fn keep_as(&mut self, like: Fixture, name: &str, about: &str, run: Value, saved: &Saved) {
        let mut fixture = Fixture {
            name: format!("{}-{name}", self.name),
            about: about.to_owned(),
            run,
            store: saved.store.clone(),
            cloud: serde_json::to_value(&saved.cloud).unwrap(),
            ..like
        };
        let world = World::of_fixture(&fixture).unwrap();
        let subject = Subject::of(&fixture, &world).await.unwrap();
        match check::go_on(&fixture, &world, &subject).await {
            Ok(expect) => {
                fixture.expect = expect;
                self.kept.push(fixture);
            }
            Err(what) => self.wrong.push(format!("{}: {what}", fixture.name)),
        }
    }

    /// The death of the process that does this work: at a moment where something is done and something under way, if there is
    /// one, as near to the middle as it comes.
    pub(crate) async fn killed(
        &self,
        like: &Fixture,
        from: &Saved,
        kill: Kill<'_>,
        work: impl AsyncFn(&World, &Subject) -> Result<(), Error>,
    ) -> Option<Saved> {
        let all = {
            let world = World::of(from);
            let subject = Subject::of(like, &world).await.unwrap();
            crash::awaits(work(&world, &subject)).await
        };
        // A few moments of the whole, and the others only where none of these fits.
        let step = (all / 24).max(1);
        let mut moments: Vec<usize> = (1..=all).collect();
        moments.sort_by_key(|n| (n % step > 0, *n));
        let few = moments.iter().filter(|n| *n % step == 0).count();
        let key = {
            let world = World::of(from);
            Subject::of(like, &world).await.unwrap().key()
        };
        let mut fitting = Vec::new();
        for (index, n) in moments.into_iter().enumerate() {
            if index >= few && !fitting.is_empty() {
                break;
            }
            let world = World::of(from);
            let subject = Subject::of(like, &world).await.unwrap();
            if crash::at_await(n, work(&world, &subject)).await.is_some() {
                continue;
            }
            let Some(record) = world.record(&key).await else { continue };
            let Some(run) = &record.run else { continue };
            let open = run.standing().values().any(|state| matches!(state, OpState::Begun(_) | OpState::Accepted(_)));
            let done = run.standing().values().any(|state| *state == OpState::Done);
            if (kill.at)(&record) {
                (kill.then)(&world);
                fitting.push((u8::from(open) + u8::from(done), world.saved().await));
            }
        }
        let best = fitting.iter().map(|(score, _)| *score).max();
        fitting.retain(|(score, _)| Some(*score) == best);
        let middle = fitting.len() / 2;
        fitting.into_iter().nth(middle).map(|(_, saved)| saved)
    }

    /// Keeps an interrupted run.
    pub(crate) async fn interrupt(
        &mut self,
        name: &str,
        (verb, arguments): (&str, Value),
        from: &Saved,
        kill: Kill<'_>,
        work: impl AsyncFn(&World, &Subject) -> Result<(), Error>,
    ) -> Saved {
        let like = self.like.clone();
        self.interrupt_as(like, name, (verb, arguments), from, kill, work).await
    }

    /// Keeps an interrupted run of which something is other than in this life.
    pub(crate) async fn interrupt_as(
        &mut self,
        like: Fixture,
        name: &str,
        (verb, arguments): (&str, Value),
        from: &Saved,
        kill: Kill<'_>,
        work: impl AsyncFn(&World, &Subject) -> Result<(), Error>,
    ) -> Saved {
        let Some(killed) = self.killed(&like, from, kill, work).await else {
            self.wrong.push(format!("{}-{name}: no moment of it fits", self.name));
            return from.clone();
        };
        let about = format!("The process died in the middle of `{}`.", name.trim_end_matches("-interrupted"));
        self.keep_as(like, name, &about, json!({ "verb": verb, "arguments": arguments }), &killed).await;
        killed
    }

    /// Keeps a run of which a call has taken effect and its answer was never seen.
    pub(crate) async fn unanswered(
        &mut self,
        like: Fixture,
        name: &str,
        (verb, arguments): (&str, Value),
        from: &Saved,
        rule: mate::sim::FaultRule,
        work: impl AsyncFn(&World, &Subject) -> Result<(), Error>,
    ) {
        let world = World::of(from);
        let subject = Subject::of(&like, &world).await.unwrap();
        world.cloud.inject(rule);
        let died = crash::until_killed(&world.cloud, work(&world, &subject)).await;
        if died.is_some() {
            self.wrong.push(format!("{}-{name}: it did not die", self.name));
            return;
        }
        let about = "The process died after a call had taken effect, and before its answer was seen.";
        let saved = world.saved().await;
        self.keep_as(like, name, about, json!({ "verb": verb, "arguments": arguments }), &saved).await;
    }
}
