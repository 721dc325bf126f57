//! A cloud and a store, saved and gone on with.

use mate::state::{Log, Records};
use std::collections::BTreeMap;
use std::time::Duration;

use mate::model::ids::TenantKey;
use mate::sim::{Latencies, SimImage};
use mate::spec::Base;
use mate::state::Record;
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, Platform, SimCloud};

use crate::blueprint::Renamed;
use crate::check::text;
use crate::fixture::{Fixture, Kept};

pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: MemoryStore,
}

/// A world as documents.
#[derive(Clone)]
pub(crate) struct Saved {
    pub(crate) cloud: SimImage,
    pub(crate) store: Vec<Kept>,
}

/// Calls take their time, so that a run can die while one is under way.
fn with_calls() -> Latencies {
    Latencies::typical().call(Duration::from_millis(50))
}

/// Every change is done at once: there are few looks in between.
fn at_once() -> Latencies {
    Latencies::none()
}

impl World {
    pub(crate) fn empty() -> Self {
        Self { cloud: SimCloud::builder().seed(7).latencies(with_calls()).build(), store: MemoryStore::new() }
    }

    pub(crate) fn of(saved: &Saved) -> Self {
        Self::new(&saved.cloud, &saved.store, with_calls()).unwrap()
    }

    pub(crate) fn of_fixture(fixture: &Fixture) -> Result<Self, String> {
        let image: SimImage = serde_json::from_value(fixture.cloud.clone()).map_err(|error| error.to_string())?;
        Self::new(&image, &fixture.store, at_once())
    }

    fn new(image: &SimImage, kept: &[Kept], latencies: Latencies) -> Result<Self, String> {
        let cloud = SimCloud::builder().latencies(latencies).restore(image).map_err(|error| error.to_string())?;
        let store = MemoryStore::new();
        for kept in kept {
            store.keep(&kept.key(), &kept.slot(), kept.log()).map_err(text)?;
        }
        Ok(Self { cloud, store })
    }

    pub(crate) async fn saved(&self) -> Saved {
        let mut keys = self.store.list().await.unwrap();
        keys.extend(self.store.logged().await.unwrap());
        keys.sort();
        keys.dedup();
        let kept = keys.iter().map(|key| {
            let (slot, log) = self.store.kept_of(key);
            Kept::of(key, &slot, &log)
        });
        Saved { cloud: self.cloud.image(), store: kept.collect() }
    }

    /// The client of the tenants on this base.
    pub(crate) fn mate(&self, base: &Base, renamed: &BTreeMap<String, String>) -> Mate {
        Mate::builder()
            .provider(self.cloud.clone())
            .store(self.store.clone())
            .catalogue(TierCatalogue::standard())
            .base(base.clone())
            .blueprint(Renamed(renamed.clone()))
            .owner("records")
            .build()
            .unwrap()
    }

    pub(crate) fn platform(&self) -> Platform {
        let builder = Platform::builder().provider(self.cloud.clone()).store(self.store.clone());
        builder.owner("records").build().unwrap()
    }

    pub(crate) async fn record(&self, key: &TenantKey) -> Option<Record> {
        self.store.get(key).await.unwrap()
    }
}
