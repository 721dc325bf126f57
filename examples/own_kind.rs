//! A resource kind of one's own, hung on every tenant by a blueprint of one's own, with no change to MATE: an SQS queue
//! whose URL the django service gets as `QUEUE_URL`.
//!
//! The kind states its facts once. From them it is simulated as AWS behaves, found again by adoption, counted against its
//! quota, protected while it holds data, and held to the conformance suite.
//!
//! `cargo run --example own_kind`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::model::Ownership;
use mate::model::ids::{Address, NodeId, TenantKey};
use mate::model::names;
use mate::model::{
    AdoptFacet, ArnForm, Data, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Kinds, KnownId,
    Link, Quota, Refused, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};
use mate::model::{GraphError, Output};
use mate::plan::TextStyle;
use mate::spec::{Base, ResolvedTenant, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, SimCloud};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An SQS queue.
#[derive(Debug)]
struct Queue;

impl Queue {
    const URL: Output<Self, String> = Output::new("url");
}

/// The inputs of a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueInputs {
    visibility_timeout_seconds: u32,
    fifo: bool,
    kms_key_arn: Option<Input<String>>,
}

/// One rule a field: what a change of it does.
const FIELDS: &[FieldRule] = &[
    FieldRule::new("visibility_timeout_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("fifo", Impact::Replace("SQS fixes the type of a queue when it is made")).class(DriftClass::Data),
    FieldRule::new("kms_key_arn", Impact::InPlace).class(DriftClass::Security),
];

/// The values that SQS accepts.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    match inputs["visibility_timeout_seconds"].as_u64() {
        Some(0..=43_200) => Ok(()),
        _ => Refused::invalid("InvalidAttributeValue", "VisibilityTimeout must be 0 to 43200"),
    }
}

/// The behaviour on SimCloud: ids, calls and errors as SQS has them.
const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        let url = format!("https://sqs.{}.amazonaws.com/{}/{}", n.region(), n.account(), n.name());
        outputs([("url", json!(url)), ("arn", json!(n.arn("sqs", n.name())))])
    }),
    calls: ("CreateQueue", "SetQueueAttributes", "DeleteQueue"),
    read: Some(("sqs:GetQueueAttributes", 1)),
    exists: "QueueNameExists",
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_arn", "KmsNotFound")];

/// The marks by which a queue in a Terraform state is known.
const ADOPT: AdoptFacet = AdoptFacet {
    name: AdoptFacet::itself,
    known: &[("arn", KnownId::Arn)],
    terraform: &[TerraformType {
        names: &["aws_sqs_queue"],
        id: |queue| queue.text("name"),
        name: &["name"],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

/// SQS limits no number of queues; this limit is the program's own.
const QUOTAS: &[Quota] =
    &[Quota::region("sqs", "", "Queues of this program", 1000, "https://example.org/limits").without_code().fixed()];

const SAMPLES: &[Sample] = &[Sample::new(
    "queue",
    |base| base.name("jobs"),
    |base| {
        let kms_key_arn = Some(base.kms_key_arn.clone().into());
        json!(QueueInputs { visibility_timeout_seconds: 30, fifo: false, kms_key_arn })
    },
)
.updated("visibility_timeout_seconds", || json!(60))];

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
            .with_deduplication(Deduplication::Name)
            .with_arn(ArnForm::of_id("sqs", ""))
            .with_links(LINKS)
            .with_quotas(QUOTAS)
            .with_sim(&SIM)
            .with_adopt(&ADOPT)
            .with_samples(SAMPLES)
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
        let inputs = QueueInputs {
            visibility_timeout_seconds: 900,
            fifo: false,
            kms_key_arn: Some(base.kms_key_arn.clone().into()),
        };
        let queue = design.graph.add::<Queue>(id, name, &inputs, Ownership(address).tags())?;

        // The reference makes the edge: the task definition waits for the queue.
        if let Some(django) = design.graph.get_mut(&node("django-task-definition")?) {
            django.inputs["containers"][0]["environment"]["QUEUE_URL"] = json!(queue.out(Queue::URL));
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

/// SimCloud behaves as the facets of the kinds say that it is given.
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
    use mate::DestroyOptions;
    use mate::adopt::AdoptionSource;
    use mate::model::Graph;
    use mate::plan::Risk;

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

    #[tokio::test]
    async fn the_deletion_of_the_queue_loses_messages_and_needs_consent() {
        let cloud = cloud();
        let mate = client(cloud.clone()).unwrap();
        let spec = TenantSpec::from_path("examples/tenants/clinic.tfvars").unwrap();
        let tenant = mate.provision(&spec).await.unwrap();
        let queue = cloud.object(&Queue::name(), "mate-clinic-dev-jobs").unwrap();
        assert!(
            queue.outputs["url"].as_str().unwrap().starts_with("https://sqs.us-east-1.amazonaws.com/123456789012/")
        );

        let plan = mate.tenant(&tenant.key.tenant).plan_destroy(&DestroyOptions::new()).await.unwrap();
        let step = plan.steps.iter().find(|step| step.node.as_str() == "jobs-queue").unwrap();
        assert!(matches!(&step.risk, Risk::DataLoss(what) if what.contains("messages that nobody has read")));
    }

    #[test]
    fn a_terraform_state_tells_of_the_queue() {
        let kinds = Kinds::standard().with::<Queue>();
        let state = r#"{"format_version": "1.0", "values": {"root_module": {"resources": [
            {"address": "aws_sqs_queue.jobs", "mode": "managed", "type": "aws_sqs_queue", "values": {"name": "jobs"}}]}}}"#;
        let source = AdoptionSource::terraform_state_of(&kinds, state).unwrap();
        let found = source.candidates(&kinds, &Graph::new()).unwrap();
        assert_eq!((found[0].kind.as_str(), found[0].name.as_deref()), ("sqs:Queue", Some("jobs")));
    }

    #[test]
    fn the_queue_counts_against_its_quota() {
        let base = Base::from_path("examples/base-dev.toml").unwrap();
        let kinds = Kinds::standard().with::<Queue>();
        let needs = TierCatalogue::standard().needs_of(&kinds, &WithQueue, &base).unwrap();
        let queues = Quota::all(&kinds).find(|quota| quota.service == "sqs").unwrap();
        assert!(needs.values().all(|needs| needs[&queues.id()] == 1));
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn the_queue_passes_the_conformance_suite() {
        use mate::testing::conformance::{self, Setup};

        let base = conformance::sample_base();
        let tenant = conformance::sample_tenant(&base);
        let kinds = Kinds::standard().with::<Queue>();
        let graph = conformance::sample_graph_of(&kinds, &base, &tenant.tenant);
        let updates = conformance::sample_updates_of(&kinds);
        let setup = Setup::new(tenant.clone(), graph).kinds(kinds).updates(updates);
        conformance::run(std::sync::Arc::new(cloud()), setup).await.assert_ok();
    }
}
