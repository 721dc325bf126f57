//! No secret byte in record, plan, events, logs at TRACE, errors or Debug.

use mate::SimCloud;
use mate::plan::TextStyle;
use mate::sim::Selector;
use mate::state::Records;

use crate::cloud::{example, on};
use crate::logs::Logs;

const CANARY: &str = "c4n4ryS3cr3t";

#[tokio::test]
async fn no_sink_holds_a_secret() {
    let logs = Logs::capture(CANARY);

    let world = on(SimCloud::builder().seed(3).secret_canary(CANARY).build());
    let spec = example("regional.tfvars");
    let plan = world.mate.plan(&spec).await.unwrap();
    let mut sinks = vec![plan.to_json(), plan.render(&TextStyle::plain()), plan.mermaid(), format!("{plan:?}")];

    world.cloud.fail(Selector::Node("beat-service".to_owned()), "CannotPullContainerError");
    let operation = world.mate.apply(plan, mate::vocab::Consents::none());
    let mut events = operation.events();
    let (result, ()) = tokio::join!(operation, async {
        while let Some(event) = events.next().await {
            sinks.push(format!("{event:?}{}", serde_json::to_string(&event).unwrap()));
        }
    });
    let error = result.unwrap_err();
    sinks.push(format!("{error} {error:?} {error:#?}"));

    let secrets = world.cloud.secret_values();
    assert_eq!(secrets.len(), 3, "three secrets were made");
    assert!(secrets.iter().all(|secret| secret.contains(CANARY)), "the canary is in each: the search can find it");

    let record = world.store.get(world.mate.tenant(&spec.id()).key()).await.unwrap().unwrap();
    sinks.push(record.to_json());
    sinks.push(format!("{record:?} {:?} {:?} {:?}", world.mate, world.cloud, world.store));
    sinks.push(format!("{:?}", world.cloud.calls()));
    sinks.push(format!("{:?}", world.mate.tenant(&spec.id()).status().await.unwrap()));
    let diagnosis = world.mate.tenant(&spec.id()).diagnose().await.unwrap();
    sinks.push(format!("{diagnosis} {diagnosis:?} {}", serde_json::to_string(&diagnosis).unwrap()));
    for sink in &sinks {
        assert!(!sink.contains(CANARY), "a secret in {sink}");
    }
    logs.assert_clean();
}
