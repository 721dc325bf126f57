//! No secret byte in record, plan, events, logs at TRACE (the SDK's and its HTTP client's among them), errors or Debug.

use std::sync::{Arc, Mutex};

use mate::aws::{RandomSecrets, SecretSource};
use mate::state::Records;
use secrecy::{ExposeSecret, SecretString};

use crate::support::logs::Logs;
use crate::world::{World, example};

/// Secrets that can be told apart from everything else, and are still secrets.
#[derive(Default)]
struct Marked {
    made: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Marked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marked")
    }
}

impl SecretSource for Marked {
    fn generate(&self, length: usize) -> SecretString {
        let text = format!("CaNaRy{}", RandomSecrets.generate(length - 6).expose_secret());
        self.made.lock().unwrap().push(text.clone());
        text.into()
    }
}

#[tokio::test]
async fn no_sink_holds_a_secret() {
    let logs = Logs::capture("CaNaRy");

    let secrets = Arc::new(Marked::default());
    let world = World::with(|builder| builder.secret_source(secrets.clone())).await;
    let spec = example("clinic.tfvars");
    let plan = world.mate.plan(&spec).await.unwrap();
    let mut sinks = vec![plan.to_json(), format!("{plan:?}")];
    let operation = world.mate.apply(plan, mate::vocab::Consents::none());
    let mut events = operation.events();
    let (result, ()) = tokio::join!(operation, async {
        while let Some(event) = events.next().await {
            sinks.push(format!("{event:?}"));
        }
    });
    result.unwrap();
    let record = world.store.get(world.mate.tenant(&spec.id()).key()).await.unwrap().unwrap();
    sinks.push(record.to_json());
    sinks.push(format!("{record:?} {:?} {:?}", world.mate, world.provider));
    sinks.push(format!("{:?}", world.mate.tenant(&spec.id()).status().await.unwrap()));
    let made = secrets.made.lock().unwrap().clone();
    assert_eq!(made.len(), 3, "three secrets were made");
    let stored = world.aws(&["secretsmanager", "get-secret-value", "--secret-id", "mate-clinic-dev-redis-auth"]);
    assert!(made.iter().any(|secret| stored["SecretString"] == secret.as_str()), "and one of them is the cache's");
    for (index, sink) in sinks.iter().enumerate() {
        if let Some(at) = sink.find("CaNaRy") {
            let line = sink[..at].rfind('\n').map_or(0, |newline| newline + 1);
            panic!("sink {index} holds a secret: {}", &sink[line..(at + 6).min(sink.len())]);
        }
    }
    logs.assert_clean();
}
