//! The causes of the ends of a service's tasks: the stopped reason, and the exit codes of the containers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{Container, Deployment, Task, TaskStopCode};
use mate_core::provider::Diagnosis;

use super::is_failed;
use super::reasons::{Outlook, known};

/// Tasks of one deployment that fail before it counts as one that will not become steady: the circuit breaker's own
/// least threshold.
const FAILURES: usize = 3;

/// Tasks that end in the one way that another task would end in too.
const REPEATED: usize = 2;

/// Exit codes: a command that cannot be run, one that is not found, and 128 with the number of the signal.
const NOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;
const KILLED: i32 = 137;
const TERMINATED: i32 = 143;

/// A container that ends sooner has not begun its work.
const AT_ONCE: i64 = 60;

/// A cause of the end of one task.
struct Cause {
    /// Causes of one sort are told once, and counted together.
    sort: (String, String),
    finding: String,
    advice: Option<String>,
    outlook: Outlook,
}

/// Reports the causes that ended the tasks of this task definition, the latest first, each sort of cause once.
pub(super) fn findings(wanted: Option<&str>, deployment: Option<&Deployment>, stopped: &[Task]) -> Vec<Diagnosis> {
    let ours = |task: &&Task| match (wanted, task.task_definition_arn()) {
        (Some(wanted), Some(ran)) if wanted.starts_with("arn:") => wanted == ran,
        _ => true,
    };
    let mut tasks: Vec<&Task> = stopped.iter().filter(ours).collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at().map(|at| at.secs())));
    let of_deployment =
        |task: &Task| task.started_by().is_some() && task.started_by() == deployment.and_then(|one| one.id());

    let (mut causes, mut failures) = (Vec::new(), 0);
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for task in tasks {
        let of_task = causes_of(task);
        if of_deployment(task) {
            failures += usize::from(of_task.iter().any(|cause| cause.outlook != Outlook::Passes));
            of_task.iter().for_each(|cause| *counts.entry(cause.sort.clone()).or_default() += 1);
        }
        causes.extend(of_task);
    }
    let counted = deployment.map_or(0, |one| usize::try_from(one.failed_tasks()).unwrap_or(0));
    let keeps_failing = failures.max(counted) >= FAILURES || deployment.is_some_and(is_failed);
    let mut told = BTreeSet::new();
    causes.retain(|cause| told.insert(cause.sort.clone()));
    causes
        .into_iter()
        .map(|cause| Diagnosis {
            concern: None,
            terminal: match cause.outlook {
                Outlook::Passes => false,
                Outlook::Open => keeps_failing,
                Outlook::Same => keeps_failing || counts.get(&cause.sort).is_some_and(|count| *count >= REPEATED),
            },
            finding: cause.finding,
            advice: cause.advice,
        })
        .collect()
}

/// Reports the causes that ended a task that is run once.
pub(crate) fn endings(task: &Task) -> Vec<Diagnosis> {
    let told = |cause: Cause| Diagnosis { concern: None, terminal: true, finding: cause.finding, advice: cause.advice };
    causes_of(task).into_iter().map(told).collect()
}

fn causes_of(task: &Task) -> Vec<Cause> {
    let mut found = Vec::new();
    // The exit codes of a task that is told to stop are those of its stopping.
    if !told_to_stop(task) {
        let others = task.containers().iter().any(failed_by_itself);
        found.extend(task.containers().iter().filter_map(|container| of_container(task, container, others)));
    }
    let Some(reason) = task.stopped_reason().filter(|reason| !reason.is_empty()) else { return found };
    let routine = match task.stop_code() {
        Some(TaskStopCode::UserInitiated) => true,
        Some(TaskStopCode::ServiceSchedulerInitiated) => !reason.contains("health checks"),
        Some(TaskStopCode::EssentialContainerExited) => !found.is_empty(),
        _ => false,
    };
    let cause = told(String::new(), reason.to_owned(), reason);
    // ECS says the same of the container and of its task.
    if !routine && found.iter().all(|other| other.sort.1 != cause.sort.1) {
        found.push(cause);
    }
    found
}

fn told_to_stop(task: &Task) -> bool {
    matches!(
        task.stop_code(),
        Some(
            TaskStopCode::ServiceSchedulerInitiated
                | TaskStopCode::UserInitiated
                | TaskStopCode::SpotInterruption
                | TaskStopCode::TerminationNotice
        )
    )
}

/// Returns true if the container ended with an error of its own, and not because it was told to stop.
fn failed_by_itself(container: &Container) -> bool {
    let own = container.exit_code().is_some_and(|code| ![0, KILLED, TERMINATED].contains(&code));
    own || out_of_memory(container)
}

fn out_of_memory(container: &Container) -> bool {
    container.reason().is_some_and(|reason| reason.contains("OutOfMemory"))
}

fn told(of: String, finding: String, reason: &str) -> Cause {
    let known = known(reason);
    // What is not known is told in all its forms.
    let sort = if known.sort.is_empty() { reason.to_owned() } else { known.sort.to_owned() };
    Cause { sort: (of, sort), finding, advice: known.advice, outlook: known.outlook }
}

/// `others` says that some container of the task failed by itself: the rest is then killed for that.
fn of_container(task: &Task, container: &Container, others: bool) -> Option<Cause> {
    let name = container.name().unwrap_or("container");
    let reason = container.reason().filter(|reason| !reason.is_empty());
    let exited = |code: i32, why: &str, advice: &str| Cause {
        sort: (name.to_owned(), format!("exit {code}")),
        finding: format!("container {name}: exit code {code}{why}"),
        advice: Some(advice.to_owned()),
        outlook: Outlook::Open,
    };
    match (container.exit_code(), reason) {
        (code, _) if out_of_memory(container) => {
            Some(exited(code.unwrap_or(KILLED), ", out of memory", "give the service more memory"))
        }
        (Some(0 | TERMINATED), _) => None,
        (Some(KILLED), _) if others => None,
        (Some(KILLED), _) => Some(exited(KILLED, ", out of memory", "give the service more memory")),
        (Some(code @ (NOT_RUN | NOT_FOUND)), _) => {
            let why = if code == NOT_RUN { ": the command cannot be run" } else { ": the command was not found" };
            Some(exited(code, why, "correct the container's command, or the image's entry point"))
        }
        (Some(code), Some(reason)) => {
            Some(told(name.to_owned(), format!("container {name}: exit code {code}: {reason}"), reason))
        }
        (Some(code), None) => Some(match lived(task) {
            Some(seconds) if seconds < AT_ONCE => exited(
                code,
                &format!(", {seconds} s after its start"),
                "read the container's log for its last lines: what ends at once most often lacks an environment variable \
                 or a secret, or cannot reach what it needs",
            ),
            _ => exited(code, "", "read the container's log for its last lines"),
        }),
        (None, Some(reason)) => Some(told(name.to_owned(), format!("container {name}: {reason}"), reason)),
        (None, None) => None,
    }
}

/// Seconds that the task ran.
fn lived(task: &Task) -> Option<i64> {
    let ended = task.execution_stopped_at().or(task.stopping_at()).or(task.stopped_at())?;
    Some((ended.secs() - task.started_at()?.secs()).max(0))
}
