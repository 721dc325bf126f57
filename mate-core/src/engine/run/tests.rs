//! The driver, with a provider of which nothing may be asked.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use super::{Asked, Runner, Terms};
use crate::clock::{Clock, Presence};
use crate::engine::fixtures::{begun, key, plan, record, step};
use crate::engine::{Cancellation, EventSender, Limits, RunError};
use crate::model::Kinds;
use crate::plan::Action;
use crate::provider::MockProvider;
use crate::state::{LeaseRequest, Leases, MemoryStore, Records};

/// A clock that stands still.
#[derive(Debug)]
struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn unix_seconds(&self) -> i64 {
        0
    }

    async fn sleep_until(&self, _: Duration) {
        std::future::pending::<()>().await;
    }

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        None
    }
}

#[test]
fn a_run_that_was_cancelled_before_it_starts_asks_nothing_of_the_provider() {
    let mut provider = MockProvider::new();
    provider.expect_clock().returning(|| Arc::new(Still));
    let (store, events, cancellation) = (MemoryStore::new(), EventSender::default(), Cancellation::new());
    cancellation.cancel();
    let request = LeaseRequest { key: key(), owner: "a".into(), now: 0, ttl: Duration::from_secs(30), over: None };
    let lease = store.acquire(&request).now_or_never().unwrap().unwrap();
    let (store, kinds) = (Arc::new(store), Kinds::standard());
    let runner = Runner {
        provider: Arc::new(provider),
        store: store.clone(),
        limits: Limits::default(),
        kinds: &kinds,
        events: &events,
        cancellation: &cancellation,
    };
    let plan = plan(vec![step("a", Action::Create, &[], 1), step("b", Action::Create, &["a"], 1)]);
    let terms =
        Terms { asked: Asked { time: Duration::ZERO, date: 0 }, begins_at: Duration::ZERO, clear_at: Duration::ZERO };
    let ended = runner.run(plan, begun(record()), lease, terms).now_or_never().unwrap();
    assert!(matches!(ended, Err(RunError::Cancelled { done: 0, total: 2, .. })), "{ended:?}");
    let record = store.get(&key()).now_or_never().unwrap().unwrap().unwrap();
    assert!(record.run.unwrap().journal().is_empty(), "nothing was announced either");
}
