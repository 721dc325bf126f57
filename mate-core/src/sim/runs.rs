//! The kinds that run once: a run ends, well or not, and is forgotten an hour later.

use std::time::Duration;

use super::object::Object;
use super::state::State;
use crate::provider::Target;

/// The time for which ECS shows a task that has stopped.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

impl State {
    pub(super) fn is_run_once(&self, object: &Object) -> bool {
        self.config.model(&object.kind).is_some_and(|model| model.run_once)
    }

    /// The time of the next event of an object that runs once: it ends, or is forgotten.
    pub(super) fn moves_at(&self, object: &Object) -> Option<Duration> {
        let moves = self.is_run_once(object) && object.gone_at.is_none();
        moves.then(|| if object.ended.is_some() { object.ready_at + REMEMBERED } else { object.ready_at })
    }

    /// Ends what has run for its time, and forgets what ended an hour ago. How it ended is fixed then: what a test heals later
    /// does not make it better.
    pub(super) fn end_runs(&mut self, now: Duration) {
        while let Some(&(at, uid)) = self.runs.first() {
            if at > now {
                break;
            }
            self.runs.remove(&(at, uid));
            let Some(object) = self.objects.get(&uid).filter(|object| !object.stuck) else { continue };
            if object.ended.is_some() {
                self.bury(uid);
                continue;
            }
            let failure = self.injected(object).map(str::to_owned).or_else(|| self.trouble(object, now));
            if let Some(mut object) = self.remove(uid) {
                object.ended = Some(failure.map_or(Ok(()), Err));
                self.put(object);
            }
        }
    }

    /// The run that a request without a physical id is about: the latest of this address, but for those of another run that are
    /// over.
    pub(super) fn find_run(&self, target: &Target) -> Option<&Object> {
        let ours = |object: &&Object| target.ownership().owns(&object.tags);
        let same = |object: &Object| object.inputs["run"] == target.inputs["run"];
        self.of_kind(target.kind.as_str())
            .filter(ours)
            .filter(|object| same(object) || object.ended.is_none())
            .max_by_key(|object| (object.gone_at.is_none(), same(object), object.uid))
    }
}

/// The exit code that a reason names: `exit code 137, out of memory`.
pub(super) fn exit_code(reason: &str) -> Option<i64> {
    let (_, code) = reason.split_once("exit code ")?;
    code.split(|digit: char| !digit.is_ascii_digit()).next()?.parse().ok()
}
