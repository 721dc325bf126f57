//! Repetition of reads, on SimCloud.

use super::*;
use crate::clock::Clock;
use crate::model::Tags;
use crate::sim::{Fault, FaultRule, Faults, Method, SimCloud};

fn cloud(method: Method, times: u64) -> SimCloud {
    SimCloud::builder().faults(Faults::none().with(FaultRule::new(Fault::Throttle).on(method).times(times))).build()
}

#[tokio::test]
async fn a_search_that_fails_for_the_moment_is_made_again() {
    let cloud = cloud(Method::Discover, 3);
    assert_eq!(discover(&cloud, Scope::Tags(Tags::new())).await.unwrap().len(), 0);
    assert_eq!(cloud.call_counts()[&Method::Discover], 4);
    assert_eq!(cloud.sim_clock().now().as_secs(), 1 + 2 + 4);
}

#[tokio::test]
async fn a_search_that_keeps_failing_ends_with_its_error() {
    let cloud = cloud(Method::Discover, u64::MAX);
    let error = discover(&cloud, Scope::Tags(Tags::new())).await.unwrap_err();
    assert_eq!(u64::from(Policy::of(error.class).attempts), cloud.call_counts()[&Method::Discover] as u64);
}

#[tokio::test]
async fn only_what_could_not_be_seen_is_looked_at_again() {
    let cloud = cloud(Method::Observe, 1);
    let target = |node: &str| Target {
        address: crate::model::ids::Address {
            tenant: "acme".parse().unwrap(),
            environment: "dev".parse().unwrap(),
            node: node.parse().unwrap(),
        },
        kind: "s3:Bucket".parse().unwrap(),
        name: node.to_owned(),
        physical_id: None,
        inputs: serde_json::json!({}).into(),
        tags: Tags::new(),
        claim: Default::default(),
    };
    let seen = observe(&cloud, vec![target("one"), target("two")]).await;
    assert!(seen.iter().all(|answer| matches!(answer, Observation::Absent)), "{seen:?}");
    let asked: Vec<usize> = cloud.calls().iter().map(|call| call.targets).collect();
    assert_eq!(asked, [2, 1]);
}
