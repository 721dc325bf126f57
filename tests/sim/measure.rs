//! The duration of a provision on SimCloud, the shortest possible duration, and the calls and writes.

use std::collections::BTreeMap;
use std::time::Duration;

use mate::SimCloud;
use mate::clock::Clock;
use mate::model::Graph;
use mate::model::ids::NodeId;
use mate::sim::{Latencies, Method};

use crate::cloud::{example, on};

/// One provision in virtual time.
pub(crate) struct Provision {
    /// The time from the call to its end.
    pub(crate) makespan: Duration,
    /// The longest chain of references in the graph, by the duration of each object.
    pub(crate) critical_path: Duration,
    /// Objects of the tenant.
    pub(crate) nodes: usize,
    /// Calls of the provider.
    pub(crate) calls: BTreeMap<Method, usize>,
    /// Writes of the record.
    pub(crate) writes: u64,
}

impl Provision {
    /// Of an example, on a cloud where things take their usual time give or take `jitter`.
    pub(crate) async fn of(file: &str, seed: u64, jitter: f64) -> Self {
        // The ratio is about the objects: calls take no time.
        let latencies = Latencies::typical().jitter(jitter).call(Duration::ZERO);
        let world = on(SimCloud::builder().seed(seed).latencies(latencies).build());
        let spec = example(file);
        let graph = world.mate.design(&spec).unwrap().graph;
        let applied = world.mate.provision(&spec).await.unwrap();
        Self {
            makespan: world.cloud.sim_clock().now(),
            critical_path: critical_path(&graph, &world.cloud),
            nodes: graph.len(),
            calls: world.cloud.call_counts(),
            // Each write of a record counts its version up.
            writes: applied.record_version,
        }
    }

    /// The ratio of the duration to the critical path.
    pub(crate) fn ratio(&self) -> f64 {
        self.makespan.as_secs_f64() / self.critical_path.as_secs_f64()
    }

    /// The number of calls of this method.
    pub(crate) fn calls(&self, method: Method) -> usize {
        self.calls.get(&method).copied().unwrap_or(0)
    }
}

fn critical_path(graph: &Graph, cloud: &SimCloud) -> Duration {
    let mut ends: BTreeMap<NodeId, Duration> = BTreeMap::new();
    for id in graph.order().unwrap() {
        let node = graph.get(&id).unwrap();
        let start = node.dependencies().iter().map(|dependency| ends[dependency]).max().unwrap_or_default();
        let object = cloud.object(&node.kind, &node.name).unwrap_or_else(|| panic!("{id} was made"));
        ends.insert(id, start + (object.ready_at - object.created_at));
    }
    ends.into_values().max().unwrap_or_default()
}
