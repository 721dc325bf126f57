//! Many new tenants at once on one account with AWS's rate limits: with the budget, and as a naive client would do it.

use std::time::Duration;

use mate::clock::Clock;
use mate::provider::Provider;
use mate::rate::RateSettings;
use mate::sim::{Latencies, RateLimits};
use mate::spec::TenantSpec;
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, SimCloud};
use tokio::task::JoinSet;

use crate::cloud::{base, tfvars};
use crate::naive::Naive;

/// The result of the onboarding of a fleet of new tenants.
pub(crate) struct Fleet {
    pub(crate) client: &'static str,
    pub(crate) tenants: usize,
    /// Tenants that were not made.
    pub(crate) failed: usize,
    /// Calls that reached the provider and that AWS refused because they were over its limits.
    pub(crate) throttles: u64,
    /// HTTP requests that were made.
    pub(crate) requests: u64,
    /// The time from the first call until the last tenant was made or given up.
    pub(crate) makespan: Duration,
    /// The time at which each tenant that was made was ready, in that order.
    pub(crate) ready: Vec<Duration>,
}

impl Fleet {
    /// The heading of [`Fleet::line`].
    pub(crate) const HEADING: &'static str =
        "client       tenants  requests  throttles  failed  half ready (s)  all over (s)";

    /// The time at which half of the tenants that were made were ready.
    pub(crate) fn median(&self) -> Duration {
        self.ready.get(self.ready.len() / 2).copied().unwrap_or_default()
    }

    pub(crate) fn line(&self) -> String {
        let Self { client, tenants, failed, throttles, requests, makespan, .. } = self;
        let (median, makespan) = (self.median().as_secs(), makespan.as_secs());
        format!("{client:<12} {tenants:>7} {requests:>9} {throttles:>10} {failed:>7} {median:>15} {makespan:>13}")
    }

    /// With the budget, on a cloud that keeps these limits.
    pub(crate) async fn budgeted(tenants: usize, limits: RateLimits) -> (Self, SimCloud) {
        let cloud = cloud(limits, Some(RateSettings::published()));
        (provision("with budget", cloud.clone(), &cloud, tenants).await, cloud)
    }

    /// With no budget: each call is tried three times, with the waits of an SDK.
    pub(crate) async fn naive(tenants: usize) -> Self {
        let cloud = cloud(RateLimits::published(), None);
        provision("naive", Naive::new(cloud.clone()), &cloud, tenants).await
    }

    /// The same fleet with the budget and naively, each on a thread and in a time of its own.
    pub(crate) fn side_by_side(tenants: usize) -> (Self, Self) {
        std::thread::scope(|scope| {
            let budgeted = scope.spawn(move || run(async { Self::budgeted(tenants, RateLimits::published()).await.0 }));
            let naive = run(Self::naive(tenants));
            (budgeted.join().expect("the fleet with the budget"), naive)
        })
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime without I/O").block_on(work)
}

/// A cloud with these limits, where one call takes 200 ms and things take their usual time give or take 10 percent.
pub(crate) fn cloud(limits: RateLimits, budget: Option<RateSettings>) -> SimCloud {
    let latencies = Latencies::typical().jitter(0.1).call(Duration::from_millis(200));
    let cloud = SimCloud::builder().seed(7).latencies(latencies).rate_limits(limits);
    match budget {
        Some(settings) => cloud.rate_budget(settings).build(),
        None => cloud.build(),
    }
}

/// The smallest example, as the tenant of this number.
pub(crate) fn small(number: usize) -> TenantSpec {
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").expect("the smallest example");
    tfvars(&text.replace("\"clinic\"", &format!("\"clinic-{number:03}\"")))
}

/// A client of the fleet.
pub(crate) fn client(provider: impl Provider + 'static) -> Mate {
    Mate::builder()
        .provider(provider)
        .store(MemoryStore::new())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .build()
        .expect("a client")
}

/// Provisions so many tenants at once.
async fn provision(name: &'static str, provider: impl Provider + 'static, cloud: &SimCloud, tenants: usize) -> Fleet {
    let mate = client(provider);
    let mut runs = JoinSet::new();
    for number in 0..tenants {
        let (mate, clock) = (mate.clone(), cloud.clock());
        runs.spawn(async move {
            let made = mate.provision(&small(number)).await;
            made.map(|_| clock.now())
        });
    }
    let mut ready: Vec<Duration> = runs.join_all().await.into_iter().flatten().collect();
    ready.sort_unstable();
    Fleet {
        client: name,
        tenants,
        failed: tenants - ready.len(),
        throttles: cloud.throttles().values().sum(),
        requests: cloud.requests(),
        makespan: cloud.sim_clock().now(),
        ready,
    }
}
