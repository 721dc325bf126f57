//! A resource kind of one's own, hung on every tenant by a blueprint of one's own, with no change to MATE: an SQS queue
//! whose URL the django service gets as `QUEUE_URL`.
//!
//! `cargo run --example own_kind`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::model::Ownership;
use mate::model::ids::{Address, NodeId, TenantKey};
use mate::model::names;
use mate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, Kinds, ReplaceOrder, Timing};
use mate::model::{GraphError, Output};
use mate::plan::TextStyle;
use mate::spec::{Base, ResolvedTenant, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, SimCloud};
use serde::{Deserialize, Serialize};

/// An SQS queue.
#[derive(Debug)]
struct Queue;

impl Queue {
    const URL: Output<Self, String> = Output::new("url");
}

/// What goes into a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueInputs {
    visibility_timeout_seconds: u32,
    fifo: bool,
}

/// One rule a field: what a change of it does.
const FIELDS: &[FieldRule] = &[
    FieldRule::new("visibility_timeout_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("fifo", Impact::Replace("SQS fixes the type of a queue when it is made")).class(DriftClass::Data),
];

impl Kind for Queue {
    const NAME: &'static str = "sqs:Queue";
    type Inputs = QueueInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["url", "arn"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_data(Data::Held("messages that nobody has read"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(1, 60, 60))
            .with_name_max(80)
    }
}

/// The complete MATE tenant, and a queue.
#[derive(Debug)]
struct WithQueue;

impl Blueprint for WithQueue {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let mut design = TenantBlueprint.design(tenant, base)?;
        let node = |text: &str| NodeId::new(text).map_err(|error| GraphError::NodeId(error.to_string()));
        let key = TenantKey::new(base.environment.clone(), tenant.id.clone());
        let id = node("jobs-queue")?;
        let name = names::physical(&key, "jobs", Queue::model().name_rule.max);
        let address = Address { tenant: tenant.id.clone(), environment: base.environment.clone(), node: id.clone() };
        let inputs = QueueInputs { visibility_timeout_seconds: 900, fifo: false };
        let queue = design.graph.add::<Queue>(id, name, &inputs, Ownership(address).tags())?;

        // The reference makes the edge: the task definition waits for the queue.
        if let Some(django) = design.graph.get_mut(&node("django-task-definition")?) {
            django.inputs["containers"][0]["environment"]["QUEUE_URL"] = serde_json::json!(queue.out(Queue::URL));
        }
        design.outputs.insert("queue_url".to_owned(), queue.out(Queue::URL));
        Ok(design)
    }
}

fn client(cloud: SimCloud) -> anyhow::Result<Mate> {
    Ok(Mate::builder()
        .provider(cloud)
        .store(MemoryStore::new())
        .catalogue(TierCatalogue::standard())
        .base(Base::from_path("examples/base-dev.toml")?)
        .kind::<Queue>()
        .blueprint(WithQueue)
        .build()?)
}

/// SimCloud makes the outputs of a kind that it does not know from its model.
fn cloud() -> SimCloud {
    SimCloud::builder().seed(7).kinds(Kinds::standard().with::<Queue>()).build()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mate = client(cloud())?;
    let spec = TenantSpec::from_path("examples/tenants/clinic.tfvars")?;
    println!("{}", mate.plan(&spec).await?.render(&TextStyle::for_stdout()));
    let tenant = mate.provision(&spec).await?;
    println!("queue_url  {}", tenant.outputs["queue_url"]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_queue_is_made_before_the_task_definition_and_its_url_is_handed_over() {
        let cloud = cloud();
        let mate = client(cloud.clone()).unwrap();
        let spec = TenantSpec::from_path("examples/tenants/clinic.tfvars").unwrap();
        let plan = mate.plan(&spec).await.unwrap();
        let place = |node: &str| plan.steps.iter().position(|step| step.node.as_str() == node).unwrap();
        assert!(place("jobs-queue") < place("django-task-definition"));

        let url = mate.provision(&spec).await.unwrap().outputs["queue_url"].clone();
        let definition = "ecs:TaskDefinition".parse().unwrap();
        let django = cloud.object(&definition, "mate-clinic-dev-django").unwrap();
        assert_eq!(django.inputs["containers"][0]["environment"]["QUEUE_URL"], url);
        assert!(mate.plan(&spec).await.unwrap().is_empty(), "a second plan is empty");
    }
}
