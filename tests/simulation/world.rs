//! One cloud and one store, the tenants in them, and the controllers that work at them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mate::model::ids::{TenantId, TenantKey};
use mate::plan::{Plan, Risk};
use mate::provider::{CreateRequest, DeleteRequest, UpdateRequest};
use mate::sim::{ChaosStore, Latencies};
use mate::testing::conformance::sample_base;
use mate::tiers::TierCatalogue;
use mate::vocab::{ConsentRisk, Consents};
use mate::{Mate, Record, SimCloud};

use crate::findings::Findings;
use crate::ledger::Ledger;
use crate::schedule::{BYSTANDER, CONTROLLERS, Life, NAMES, Schedule};
use crate::tenant::{Small, Wanted};
use crate::watch::{Late, Watch};

/// A bug that is introduced on purpose, between the engine and what it works with. Nothing by default.
pub(crate) trait Bug: fmt::Debug + Send + Sync {
    fn creates(&self, _: &mut CreateRequest) {}
    fn deletes(&self, _: &mut DeleteRequest) {}
    /// Returns true if this update is answered and not carried out.
    fn loses_update(&self, _: &UpdateRequest) -> bool {
        false
    }
    /// Returns true if calls are sent whether their run still holds the lease or not.
    fn sends_late(&self) -> bool {
        false
    }
    /// The record on its way into the store.
    fn puts(&self, _: &mut Record) {}
    fn ignores_fences(&self) -> bool {
        false
    }
}

/// The engine as it is.
#[derive(Debug)]
pub(crate) struct NoBug;

impl Bug for NoBug {}

/// A tenant and what the simulation knows of it.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) key: TenantKey,
    pub(crate) life: Life,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: ChaosStore,
    pub(crate) ledger: Ledger,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) bystander: Tenant,
    /// The clouds of the controllers: a fault that kills one does not kill the other.
    pub(crate) processes: [SimCloud; CONTROLLERS],
    clients: Vec<[Mate; CONTROLLERS]>,
    pub(crate) late: Late,
    pub(crate) findings: Findings,
    bug: Arc<dyn Bug>,
    /// The tenants for whose databases and buckets somebody consented to lose the data.
    pub(crate) given_up: Mutex<Vec<TenantKey>>,
}

impl World {
    pub(crate) fn new(schedule: &Schedule, bug: Arc<dyn Bug>) -> Self {
        let findings = Findings::default();
        let cloud = SimCloud::builder()
            .seed(schedule.seed)
            .latencies(Latencies::typical().scaled(schedule.scale).jitter(0.3))
            .eventual_consistency(schedule.unseen)
            .build();
        let ledger = Ledger::new(cloud.sim_clock().clone(), findings.clone(), Arc::clone(&bug));
        let mut store = ChaosStore::new(ledger.clone(), schedule.seed, schedule.store_faults);
        if !schedule.store_late.is_zero() {
            store = store.late(cloud.sim_clock().clone(), schedule.store_late);
        }
        let environment = sample_base().environment;
        let tenant = |name: &str, life| {
            let id = TenantId::new(name).expect("a tenant id");
            Tenant { key: TenantKey::new(environment.clone(), id.clone()), id, life }
        };
        let tenants = NAMES.iter().zip(&schedule.tenants).map(|(name, life)| tenant(name, *life)).collect();
        let bystander = tenant(BYSTANDER, Life { parts: 1, protected: false, at_last: Some(0) });
        let processes: [SimCloud; CONTROLLERS] = std::array::from_fn(|_| cloud.process());
        processes.iter().zip(schedule.ahead).for_each(|(process, ahead)| process.machine().set_date_off(ahead));
        let mut world = Self {
            cloud,
            store,
            ledger,
            tenants,
            bystander,
            processes,
            clients: Vec::new(),
            late: Late::default(),
            findings,
            bug,
            given_up: Mutex::default(),
        };
        world.clients = world
            .tenants
            .iter()
            .map(|tenant| std::array::from_fn(|index| world.made(&world.processes[index], tenant, index)))
            .collect();
        world
    }

    fn made(&self, process: &SimCloud, tenant: &Tenant, controller: usize) -> Mate {
        let watch = Watch {
            cloud: process.clone(),
            owner: format!("controller-{controller}"),
            tenant: tenant.key.clone(),
            ledger: self.ledger.clone(),
            late: Arc::clone(&self.late),
            findings: self.findings.clone(),
            bug: Arc::clone(&self.bug),
        };
        Mate::builder()
            .provider(watch)
            .store(self.store.clone())
            .catalogue(TierCatalogue::standard())
            .base(sample_base())
            .blueprint(Small)
            .owner(format!("controller-{controller}"))
            .build()
            .expect("a complete client")
    }

    /// The client of a controller for a tenant.
    pub(crate) fn client(&self, controller: usize, tenant: usize) -> &Mate {
        &self.clients[tenant][controller]
    }

    /// A client of none of the controllers: an operator's.
    pub(crate) fn operator(&self, tenant: &Tenant) -> Mate {
        self.made(&self.cloud, tenant, CONTROLLERS)
    }

    pub(crate) fn given_up(&self, key: &TenantKey) -> bool {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    pub(crate) fn give_up(&self, key: &TenantKey) {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
    }
}

/// Consent to every risk of a plan, but to the loss of databases and buckets only with `data_too`.
pub(crate) fn consents(plan: &Plan, data_too: bool) -> Consents {
    plan.steps.iter().fold(Consents::none(), |consents, step| match &step.risk {
        Risk::Downtime(_) => consents.downtime(step.node.clone()),
        Risk::DataLoss(_) if data_too || !is_precious(step.kind.as_str()) => consents.data_loss(step.node.clone()),
        Risk::DataLoss(_) | Risk::None | Risk::Restart => consents,
    })
}

/// Returns true if this kind holds the data of the tenant itself.
pub(crate) fn is_precious(kind: &str) -> bool {
    matches!(kind, "rds:DBInstance" | "s3:Bucket")
}

/// Returns true if a run may lose the data of this node.
pub(crate) fn covers(consents: &Consents, node: &mate::model::ids::NodeId) -> bool {
    consents.cover(node, ConsentRisk::DataLoss)
}

impl Tenant {
    pub(crate) fn wanted(&self, revision: u8) -> Wanted {
        self.life.wanted(revision)
    }
}
