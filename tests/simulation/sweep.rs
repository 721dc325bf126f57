//! Many schedules, on all cores.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::figures::{count, tell};
use crate::findings::{Finding, Invariant};
use crate::run::{self, Counts, run};
use crate::schedule::Schedule;
use crate::world::{Bug, NoBug};

/// The number of schedules that run by default. `./test` runs 1,000, and `./test exhaustive` 10,000.
const USUAL: u64 = 200;
/// The most schedules that a bug may stay hidden for.
const WITHIN: u64 = 300;
/// The most seeds that are reported, and the most findings of each.
const TOLD: usize = 5;

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a figure, and not {text}")))
}

fn reproducer(seed: u64) -> String {
    format!(
        "MATE_SIM_SEED={seed} cargo test --profile simulation --no-default-features --features sim,testing -p mate \
         --test simulation -- --nocapture every_schedule"
    )
}

fn told(seed: u64, findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().take(TOLD).map(|finding| format!("  {finding}")).collect();
    format!("seed {seed}:\n{}\n  again: {}", lines.join("\n"), reproducer(seed))
}

/// Runs the schedules of these seeds on all cores.
fn sweep(first: u64, many: u64) -> (Counts, Vec<(u64, Vec<Finding>)>) {
    let next = AtomicU64::new(first);
    let all = Mutex::new((Counts::default(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + many {
                        break;
                    }
                    let report = run(&Schedule::of(seed), Arc::new(NoBug));
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.0.add(&report.counts);
                    if !report.findings.is_empty() {
                        all.1.push((seed, report.findings));
                    }
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_schedule_keeps_every_invariant() {
    if let Some(seed) = variable("MATE_SIM_SEED") {
        let schedule = Schedule::of(seed);
        eprintln!("{schedule:#?}");
        let report = run::told(&schedule, Arc::new(NoBug), true);
        for call in &report.calls {
            eprintln!("{call:?}");
        }
        assert!(report.findings.is_empty(), "{}", told(seed, &report.findings));
        return;
    }
    let first = variable("MATE_SIM_FIRST").unwrap_or(1);
    let many = variable("MATE_SIM_SCHEDULES").unwrap_or(USUAL);
    let began = Instant::now();
    let (counts, mut failed) = sweep(first, many);
    tell(figures(&counts, began.elapsed().as_secs_f64()));
    let counted = [
        (counts.schedules, "schedules"),
        (counts.operations, "operations"),
        (counts.calls, "calls"),
        (counts.cloud_faults, "faults of the cloud"),
        (counts.store_faults, "faults of the store"),
        (counts.processes_killed, "processes killed"),
        (counts.futures_dropped, "futures dropped"),
        (counts.stale_writes_refused, "stale writes refused"),
    ];
    counted.into_iter().for_each(|(number, what)| count("simulation", number, what));
    failed.sort_by_key(|(seed, _)| *seed);
    let texts: Vec<String> = failed.iter().take(TOLD).map(|(seed, findings)| told(*seed, findings)).collect();
    assert!(failed.is_empty(), "{} of {many} schedules failed\n{}", failed.len(), texts.join("\n"));
}

fn figures(counts: &Counts, seconds: impl Display) -> String {
    format!(
        "{} schedules, {} operations {:?}, {} calls, {} faults of the cloud, {} of the store, {} processes killed, \
         {} futures dropped, {} stale writes refused, {} calls outlived their lease, {} days of virtual time, in {seconds:.0} s",
        counts.schedules,
        counts.operations,
        counts.ended,
        counts.calls,
        counts.cloud_faults,
        counts.store_faults,
        counts.processes_killed,
        counts.futures_dropped,
        counts.stale_writes_refused,
        counts.late,
        counts.virtual_time.as_secs() / 86_400,
    )
}

#[test]
fn one_seed_gives_one_course() {
    for seed in 1..=5 {
        let course = || {
            let report = run(&Schedule::of(seed), Arc::new(NoBug));
            let calls =
                report.calls.into_iter().map(|call| (call.method, call.kind, call.address, call.at, call.fault));
            (calls.collect::<Vec<_>>(), report.story.len())
        };
        assert_eq!(course(), course(), "seed {seed}");
    }
}

/// The invariant sees this bug.
pub(crate) fn catches(bug: impl Bug + 'static, invariant: Invariant) {
    let bug: Arc<dyn Bug> = Arc::new(bug);
    let caught = (1..=WITHIN).find(|seed| {
        let report = run(&Schedule::of(*seed), Arc::clone(&bug));
        report.findings.iter().any(|finding| finding.invariant == invariant)
    });
    let seed = caught.unwrap_or_else(|| panic!("{bug:?} was not seen by {invariant:?} in {WITHIN} schedules"));
    eprintln!("{bug:?} was seen by {invariant:?} in schedule {seed}");
}
