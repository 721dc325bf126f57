//! The outbox on an event bus: what AWS's own client finds behind a rule of it.

use std::sync::Arc;

use mate::aws::{AwsProvider, EventBridgeSink};
use mate::outbox::EventSink;
use mate::provider::RetryStatus;
use mate::spec::Base;
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, MemoryStore, SimCloud};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::emulator::Emulator;
use crate::support::proxy::{Each, Proxy, Strike};
use crate::world::{example, provider_at};

/// An emulator with a bus, and a rule that writes all of its events into a log group.
struct Bus {
    emulator: Emulator,
}

const BUS: &str = "tenants";
const GROUP: &str = "/events/tenants";

impl Bus {
    async fn new() -> Self {
        let emulator = tokio::task::spawn_blocking(|| Emulator::empty().unwrap()).await.unwrap();
        let bus = Self { emulator };
        bus.aws(&["events", "create-event-bus", "--name", BUS]);
        bus.aws(&["logs", "create-log-group", "--log-group-name", GROUP]);
        let pattern = json!({"account": ["123456789012"]}).to_string();
        bus.aws(&["events", "put-rule", "--name", "all", "--event-bus-name", BUS, "--event-pattern", &pattern]);
        let target = format!("Id=logs,Arn=arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}");
        bus.aws(&["events", "put-targets", "--rule", "all", "--event-bus-name", BUS, "--targets", &target]);
        bus
    }

    fn aws(&self, arguments: &[&str]) -> Value {
        self.emulator.aws_cli(arguments).unwrap()
    }

    fn clear(&self) {
        self.aws(&["logs", "delete-log-group", "--log-group-name", GROUP]);
        self.aws(&["logs", "create-log-group", "--log-group-name", GROUP]);
    }

    async fn provider(&self, endpoint: &str, attempts: u32) -> AwsProvider {
        let builder = provider_at(endpoint).await.without_rate_budget();
        builder.sdk_retry(attempts, std::time::Duration::from_millis(20)).build().await.unwrap()
    }

    /// The events behind the rule, by source, then number.
    fn arrived(&self) -> Vec<Value> {
        let found = self.aws(&["logs", "filter-log-events", "--log-group-name", GROUP]);
        let texts = found["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap());
        let mut events: Vec<Value> = texts.map(|text| serde_json::from_str(text).unwrap()).collect();
        events.sort_by_key(|event| event["detail"]["seq"].as_u64());
        events
    }
}

/// A tenant on the simulated cloud that has lived: what is tested here is where its log goes.
async fn lived() -> Mate {
    let mate = Mate::builder()
        .provider(SimCloud::new(7))
        .store(MemoryStore::new())
        .catalogue(TierCatalogue::standard())
        .base(Base::from_path("examples/base-dev.toml").unwrap())
        .build()
        .unwrap();
    let spec = example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap();
    mate.by("alice").because("ticket 4711").provision(&spec).await.unwrap();
    let plan = mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    mate
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect()
}

const LIFE: [&str; 4] = ["provision.begun", "provision.succeeded", "destroy.begun", "destroy.succeeded"];

/// Checks a consumer's view: it gets each event twice, with one id under two envelopes. Returns each event once.
#[track_caller]
fn once(events: Vec<Value>) -> Vec<Value> {
    assert_eq!(events.len(), 8);
    for pair in events.chunks(2) {
        assert_eq!(pair[0]["detail"], pair[1]["detail"], "a consumer knows the repetition");
        assert_ne!(pair[0]["id"], pair[1]["id"], "which EventBridge does not");
    }
    events.into_iter().step_by(2).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_arrives_behind_a_rule_whatever_is_lost_on_the_way() {
    let bus = Bus::new().await;
    let proxy = Proxy::before(bus.emulator.endpoint()).unwrap();
    let provider = bus.provider(proxy.endpoint(), 1).await;
    let sink: Arc<dyn EventSink> = Arc::new(EventBridgeSink::new(&provider, BUS));

    // A bus that is not there takes nothing, and trying again changes nothing.
    let mate = lived().await;
    let nowhere = Arc::new(EventBridgeSink::new(&provider, "nowhere"));
    let delivered = mate.deliver(nowhere).await.unwrap();
    let Error::Sink(why) = &delivered.failed[0].why else { panic!("{}", delivered.failed[0]) };
    assert_eq!((delivered.events, why.retry), (0, RetryStatus::Permanent));

    // Every answer is lost once. What was not delivered is still there.
    proxy.strike(Strike::AnswerLost, Each::Write);
    let mut lost = 0;
    loop {
        let delivered = mate.deliver(Arc::clone(&sink)).await.unwrap();
        let Some(failed) = delivered.failed.first() else { break };
        let Error::Sink(why) = &failed.why else { panic!("{failed}") };
        assert_eq!(why.retry, RetryStatus::Temporary, "{why}");
        lost += 1;
        assert!(lost <= 4, "{why}");
    }
    assert_eq!((lost, proxy.struck()), (4, 4));
    let events = once(bus.arrived());
    assert_eq!(types(&events), LIFE);
    let first = &events[0];
    assert_eq!(first["source"], "mate");
    for (field, value) in [("environment", "dev"), ("tenant", "clinic"), ("verb", "provision"), ("actor", "alice")] {
        assert_eq!(first["detail"][field], value);
    }
    let told = (&first["detail"]["reason"], &first["detail"]["detail"]["tier"]);
    assert_eq!(told, (&json!("ticket 4711"), &json!("trial")));
    assert_eq!(mate.deliver(Arc::clone(&sink)).await.unwrap().events, 0, "nothing is new");

    // The process dies behind each event, before it can note that the event was taken.
    bus.clear();
    let (mate, death) = (lived().await, Arc::new(Notify::new()));
    proxy.on_death({
        let death = Arc::clone(&death);
        move || death.notify_one()
    });
    proxy.strike(Strike::DeathAfter, Each::Write);
    let mut deaths = 0;
    loop {
        tokio::select! {
            delivered = mate.deliver(Arc::clone(&sink)) => {
                assert!(delivered.as_ref().unwrap().failed.is_empty(), "{delivered:?}");
                break;
            }
            () = death.notified() => {
                deaths += 1;
                assert!(deaths <= 4);
            }
        }
    }
    assert_eq!(deaths, 4);
    assert_eq!(types(&once(bus.arrived())), LIFE);

    // With the names of SBT-AWS, and an answer that the SDK's own retry gets over.
    bus.clear();
    proxy.strike(Strike::Throttled, Each::Write);
    let sbt = EventBridgeSink::new(&bus.provider(proxy.endpoint(), 3).await, BUS).sbt_aws();
    let delivered = lived().await.deliver(Arc::new(sbt)).await.unwrap();
    assert!((delivered.events, proxy.struck()) == (4, 4) && delivered.failed.is_empty(), "{delivered:?}");
    let mut found: Vec<String> =
        bus.arrived().iter().map(|event| format!("{} {}", event["source"], event["detail-type"])).collect();
    found.sort_unstable();
    let wanted = [
        r#""sbt.application.plane" "sbt_aws_deprovisionSuccess""#,
        r#""sbt.application.plane" "sbt_aws_provisionSuccess""#,
        r#""sbt.control.plane" "sbt_aws_offboardingRequest""#,
        r#""sbt.control.plane" "sbt_aws_onboardingRequest""#,
    ];
    assert_eq!(found, wanted);
}
