//! The cost of a provision: time over the critical path, calls, writes. Virtual time and counts only.

use mate::sim::Method;

use crate::cloud::EXAMPLES;
use crate::measure::Provision;

#[tokio::test]
async fn a_provision_takes_as_long_as_the_longest_chain_of_its_graph() {
    for file in EXAMPLES {
        let run = Provision::of(file, 7, 0.0).await;
        assert!(run.critical_path.as_secs() > 300, "{file}: {:?}", run.critical_path);
        assert!((1.0..=1.000_001).contains(&run.ratio()), "{file}: {} of {:?}", run.ratio(), run.critical_path);
    }
}

#[tokio::test]
async fn little_is_lost_when_things_take_less_or_more_than_usual() {
    for file in EXAMPLES {
        for seed in 0..3 {
            let run = Provision::of(file, seed, 0.2).await;
            let (ratio, path) = (run.ratio(), run.critical_path);
            assert!((1.0..=1.02).contains(&ratio), "{file}, seed {seed}: {ratio} of {path:?}");
        }
    }
}

#[tokio::test]
async fn calls_and_writes_are_bounded_by_the_size_of_the_tenant() {
    for file in EXAMPLES {
        let run = Provision::of(file, 3, 0.2).await;
        let what = format!("{file}: {} nodes, {:?}, {} writes", run.nodes, run.calls, run.writes);
        assert_eq!(run.calls(Method::Create), run.nodes, "{what}");
        assert!(run.calls(Method::Observe) <= 10 * run.nodes, "{what}");
        let others = [Method::Update, Method::Delete, Method::Diagnose, Method::Discover];
        assert_eq!(others.map(|method| run.calls(method)), [0; 4], "{what}");
        // For each node an intent, an acceptance and a result; the beginning and the end.
        assert!(run.writes <= 3 * run.nodes as u64 + 2, "{what}");
    }
}
