//! A sample tenant in a simulated cloud, for the tests beside.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::{Graph, Outputs, resolve};
use crate::proof::conformance::{sample_base, sample_graph, sample_tenant};
use crate::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Live, Observation, Provider, ProviderError, Status,
    Target, UpdateRequest,
};
use crate::sim::{SimCloud, SimCloudBuilder};

pub(super) struct World {
    pub(super) cloud: SimCloud,
    pub(super) tenant: TenantKey,
    pub(super) graph: Graph,
    pub(super) outputs: BTreeMap<NodeId, Outputs>,
}

pub(super) fn kind(text: &str) -> KindName {
    text.parse().unwrap()
}

pub(super) fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

impl World {
    pub(super) fn empty(builder: SimCloudBuilder) -> Self {
        let base = sample_base();
        let tenant = sample_tenant(&base);
        let graph = sample_graph(&base, &tenant.tenant);
        Self { cloud: builder.build(), tenant, graph, outputs: BTreeMap::new() }
    }

    /// Everything of the sample but `without`, ready.
    pub(super) async fn built(builder: SimCloudBuilder, without: &[&str]) -> Self {
        let mut world = Self::empty(builder);
        for node in world.graph.order().unwrap() {
            if !without.contains(&node.as_str()) {
                world.make(node.as_str()).await;
            }
        }
        world
    }

    pub(super) fn target(&self, node: &str) -> Target {
        let node = self.graph.get(&id(node)).unwrap();
        Target {
            address: self.tenant.node(node.id.clone()),
            kind: node.kind.clone(),
            name: node.name.clone(),
            physical_id: None,
            inputs: resolve(&node.inputs, &self.outputs).into(),
            tags: node.tags.clone(),
            claim: Default::default(),
        }
    }

    pub(super) async fn create(&self, node: &str) -> Result<Created, ProviderError> {
        self.cloud.create(CreateRequest { target: self.target(node), token: format!("token of {node}") }).await
    }

    pub(super) async fn make(&mut self, node: &str) -> Live {
        self.create(node).await.unwrap();
        let live = self.ready(node).await;
        self.outputs.insert(id(node), live.outputs.clone());
        live
    }

    pub(super) async fn look(&self, node: &str) -> Observation {
        self.cloud.observe(vec![self.target(node)]).await.pop().unwrap()
    }

    pub(super) async fn live(&self, node: &str) -> Live {
        match self.look(node).await {
            Observation::Present(live) => live,
            other => panic!("{node} is {other:?}"),
        }
    }

    pub(super) async fn wait(&self, seconds: u64) {
        let clock = self.cloud.sim_clock();
        clock.sleep_until(clock.now() + Duration::from_secs(seconds)).await;
    }

    pub(super) async fn ready(&self, node: &str) -> Live {
        for _ in 0..2000 {
            if let Observation::Present(live) = self.look(node).await
                && live.status == Status::Ready
            {
                return live;
            }
            self.wait(1).await;
        }
        panic!("{node} did not become ready: {:?}", self.look(node).await)
    }

    pub(super) async fn delete(&self, node: &str, data: DataPolicy) -> Result<Deleted, ProviderError> {
        self.cloud.delete(DeleteRequest { target: self.target(node), data }).await
    }

    pub(super) async fn gone(&self, node: &str, data: DataPolicy) {
        self.delete(node, data).await.unwrap();
        for _ in 0..2000 {
            if matches!(self.look(node).await, Observation::Absent) {
                return;
            }
            self.wait(1).await;
        }
        panic!("{node} did not go")
    }

    pub(super) async fn set(&mut self, node: &str, field: &str, value: Value) -> Result<Created, ProviderError> {
        self.graph.get_mut(&id(node)).unwrap().inputs[field] = value;
        let target = self.target(node);
        let token = format!("{node} {field}");
        self.cloud
            .update(UpdateRequest { target, fields: vec![field.to_owned()], untag: Default::default(), token })
            .await
    }
}

pub(super) fn keep() -> DataPolicy {
    DataPolicy::Keep { final_snapshot: None }
}

pub(super) fn keep_as(snapshot: &str) -> DataPolicy {
    DataPolicy::Keep { final_snapshot: Some(snapshot.to_owned()) }
}
