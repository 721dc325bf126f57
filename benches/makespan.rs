//! The duration of a provision on SimCloud as a ratio to the critical path of its graph, and its calls and writes.
//!
//! All of this is in virtual time, so that the figures are the same on every machine. The critical path is the longest
//! chain of references, by the duration of each object. The ratio should be at most 1.02.
#![allow(clippy::print_stdout, reason = "a benchmark reports on its output")]

#[path = "../tests/sim/cloud.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cloud;
#[path = "../tests/sim/measure.rs"]
mod measure;

use cloud::EXAMPLES;
use mate::sim::Method;
use measure::Provision;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let (seeds, jitters): (u64, &[f64]) = if measuring { (20, &[0.0, 0.1, 0.2, 0.4]) } else { (1, &[0.0, 0.2]) };
    println!(
        "tenant            jitter  nodes  critical path  makespan  ratio: mean   worst  creates  observes  writes"
    );
    for file in EXAMPLES {
        for &jitter in jitters {
            let mut runs = Vec::new();
            for seed in 0..seeds {
                runs.push(Provision::of(file, seed, jitter).await);
            }
            let count = runs.len() as f64;
            let mean = |of: &dyn Fn(&Provision) -> f64| runs.iter().map(of).sum::<f64>() / count;
            println!(
                "{file:<16} {:>6}% {:>6} {:>12.1} s {:>7.1} s {:>12.4} {:>7.4} {:>8.0} {:>9.0} {:>7.0}",
                jitter * 100.0,
                runs[0].nodes,
                mean(&|run| run.critical_path.as_secs_f64()),
                mean(&|run| run.makespan.as_secs_f64()),
                mean(&Provision::ratio),
                runs.iter().map(Provision::ratio).fold(0.0, f64::max),
                mean(&|run| run.calls(Method::Create) as f64),
                mean(&|run| run.calls(Method::Observe) as f64),
                mean(&|run| run.writes as f64),
            );
        }
    }
}
