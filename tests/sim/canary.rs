//! No secret byte in record, plan, events, logs at TRACE, errors or Debug.

use std::io::Write;
use std::sync::{Arc, Mutex};

use mate::plan::TextStyle;
use mate::sim::Selector;
use mate::{SimCloud, StateStore};
use tracing_subscriber::fmt::MakeWriter;

use crate::cloud::{example, on};

const CANARY: &str = "c4n4ryS3cr3t";

/// Takes every log line of the process, at TRACE: counts the bytes, and keeps the first line with a secret.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<(usize, Option<String>)>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut seen = self.0.lock().unwrap();
        seen.0 += bytes.len();
        let line = String::from_utf8_lossy(bytes);
        if line.contains(CANARY) && seen.1.is_none() {
            seen.1 = Some(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_sink_holds_a_secret() {
    let logs = Sink::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(logs.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = on(SimCloud::builder().seed(3).secret_canary(CANARY).build());
    let spec = example("regional.tfvars");
    let plan = world.mate.plan(&spec).await.unwrap();
    let mut sinks = vec![plan.to_json(), plan.render(&TextStyle::plain()), plan.mermaid(), format!("{plan:?}")];

    world.cloud.fail(Selector::Node("beat-service".to_owned()), "CannotPullContainerError");
    let operation = world.mate.apply(plan, mate::plan::Consents::none());
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

    let record = world.store.get(&world.mate.key(&spec.id())).await.unwrap().unwrap();
    sinks.push(record.to_json());
    sinks.push(format!("{record:?} {:?} {:?} {:?}", world.mate, world.cloud, world.store));
    sinks.push(format!("{:?}", world.cloud.calls()));
    sinks.push(format!("{:?}", world.mate.status(&spec.id()).await.unwrap()));
    for sink in &sinks {
        assert!(!sink.contains(CANARY), "a secret in {sink}");
    }
    let (bytes, leak) = logs.0.lock().unwrap().clone();
    assert!(bytes > 1000, "logs were captured");
    assert_eq!(leak, None, "no log line holds a secret");
}
