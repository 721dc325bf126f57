//! Tests of the budget on virtual time: the order and the time of grants, and the state after a waiter leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;

use super::{Answer, Caller, Priority, RateBudget, RateSettings, Request, Usage};
use crate::clock::{Clock, Presence, attend_as};
use crate::model::ids::TenantKey;
use crate::sim::SimClock;

/// One call a second, two at once.
const SLOW: &str = "sqs:CreateQueue";

fn tenant(id: &str) -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), id.parse().unwrap())
}

fn request(id: &str, priority: Priority) -> Request {
    Request { api: SLOW.to_owned(), tenant: Some(tenant(id)), priority }
}

fn settings() -> RateSettings {
    RateSettings::published().share(1.0).limit(SLOW, 2.0, 1.0)
}

fn budget(settings: RateSettings) -> (RateBudget, SimClock) {
    let clock = SimClock::new();
    (RateBudget::new(settings, Arc::new(clock.clone())), clock)
}

fn usage(budget: &RateBudget) -> Usage {
    budget.usage().pop().unwrap()
}

/// Makes these calls at once, and says in which order and when each was let through.
async fn run(
    budget: &RateBudget,
    clock: &SimClock,
    requests: Vec<(&'static str, Priority)>,
) -> Vec<(&'static str, Duration)> {
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for (id, priority) in requests {
        let (budget, clock, order, presence) =
            (budget.clone(), clock.clone(), Arc::clone(&order), clock.enter().unwrap());
        calls.spawn(async move {
            attend_as(presence, budget.acquire(request(id, priority))).await.answered(Answer::Done);
            order.lock().unwrap().push((id, clock.now()));
        });
    }
    calls.join_all().await;
    Arc::into_inner(order).unwrap().into_inner().unwrap()
}

/// The index in `order` of a tenant's last call.
fn last(order: &[(&str, Duration)], id: &str) -> usize {
    order.iter().rposition(|(of, _)| *of == id).unwrap()
}

#[tokio::test]
async fn calls_come_at_the_rate_of_their_group_and_time_passes_by_itself() {
    let (budget, clock) = budget(settings());
    let order = run(&budget, &clock, vec![("acme", Priority::Change); 12]).await;
    assert_eq!(order.iter().filter(|(_, at)| at.is_zero()).count(), 2, "the burst");
    assert_eq!(clock.now().as_secs(), 10, "then one a second");
    assert_eq!(clock.occupancy(), (0, 0));
}

#[tokio::test]
async fn other_groups_are_not_held_up() {
    let (budget, clock) = budget(settings());
    let _held = [budget.acquire(Request::new(SLOW)).await, budget.acquire(Request::new(SLOW)).await];
    let mut waiting = Box::pin(budget.acquire(Request::new(SLOW)));
    assert!(futures::poll!(&mut waiting).is_pending());
    budget.acquire(Request::new("ecs:CreateService")).await.answered(Answer::Done);
    assert_eq!(clock.now(), Duration::ZERO);
}

#[tokio::test]
async fn each_operation_of_ec2_has_a_bucket_of_its_own() {
    let (budget, clock) = budget(RateSettings::published().share(1.0));
    for _ in 0..50 {
        for api in ["ec2:CreateSubnet", "ec2:CreateSecurityGroup"] {
            budget.acquire(Request::new(api)).await.answered(Answer::Done);
        }
    }
    assert_eq!((clock.now(), budget.usage().len()), (Duration::ZERO, 2));
}

#[tokio::test]
async fn a_share_is_left_to_others() {
    let (budget, clock) = budget(RateSettings::published());
    for _ in 0..40 {
        budget.acquire(Request::new("ecs:CreateService")).await.answered(Answer::Done);
    }
    assert_eq!(clock.now(), Duration::ZERO, "40 of the 50 at once");
    for _ in 0..8 {
        budget.acquire(Request::new("ecs:CreateService")).await.answered(Answer::Done);
    }
    assert_eq!(clock.now().as_secs(), 2, "4 of the 5 a second");
}

#[tokio::test]
async fn a_new_customer_comes_before_a_drift_scan_that_came_first() {
    let (budget, clock) = budget(settings());
    let mut requests = vec![("scan", Priority::Scan); 8];
    requests.extend(vec![("new", Priority::NewTenant); 6]);
    let order = run(&budget, &clock, requests).await;
    // Two scans had the burst before anybody else asked.
    let new: Vec<usize> = (0..order.len()).filter(|at| order[*at].0 == "new").collect();
    assert_eq!(new, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_tenant_with_a_thousand_calls_does_not_hold_up_one_with_ten() {
    let (budget, clock) = budget(settings());
    let mut requests = vec![("big", Priority::Change); 1000];
    requests.extend(vec![("small", Priority::Change); 10]);
    let order = run(&budget, &clock, requests).await;
    assert!(last(&order, "small") <= 22, "{}", last(&order, "small"));
}

#[tokio::test]
async fn a_scan_is_not_starved_by_new_customers() {
    let (budget, clock) = budget(settings());
    let mut requests = vec![("new", Priority::NewTenant); 400];
    requests.extend(vec![("scan", Priority::Scan); 10]);
    let order = run(&budget, &clock, requests).await;
    assert!(last(&order, "scan") <= 10 + 2 + 10 * 4, "{}", last(&order, "scan"));
}

#[tokio::test]
async fn looks_do_not_wait_for_scans_that_are_older() {
    let (budget, clock) = budget(settings());
    let mut requests = vec![("look", Priority::Wait); 20];
    requests.extend(vec![("new", Priority::NewTenant); 400]);
    let (_, order) = futures::join!(run(&budget, &clock, vec![("scan", Priority::Scan); 500]), async {
        clock.sleep_until(Duration::from_millis(1)).await;
        run(&budget, &clock, requests).await
    });
    let (_, looked) = order[last(&order, "look")];
    // Ten seconds go to new customers. Then one of four calls is passed down, and the looks keep three of four of these.
    assert!(looked.as_secs() <= 10 + 4 * (20 + 20 / 3), "{looked:?}");
}

#[tokio::test]
async fn a_throttle_halves_the_rate_and_calls_that_go_well_bring_it_back() {
    let (budget, clock) = budget(settings());
    budget.acquire(Request::new(SLOW)).await.answered(Answer::Throttled);
    assert_eq!((usage(&budget).rate, usage(&budget).throttled), (0.5, 1));
    let before = clock.now();
    budget.acquire(request("acme", Priority::Change)).await.answered(Answer::Done);
    assert_eq!((clock.now() - before).as_secs(), 2, "one in two seconds now");
    assert!(usage(&budget).rate > 0.5 && usage(&budget).rate < 0.52);
    run(&budget, &clock, vec![("acme", Priority::Change); 100]).await;
    assert_eq!(usage(&budget).rate, 1.0, "and never more than is published");
}

#[tokio::test]
async fn an_unpublished_rate_finds_its_own_way_up() {
    let (budget, _clock) = budget(RateSettings::published().share(1.0));
    let at_first = super::group_of("rds:CreateDBInstance").refill;
    for _ in 0..200 {
        budget.acquire(Request::new("rds:CreateDBInstance")).await.answered(Answer::Done);
    }
    assert!(usage(&budget).rate >= 4.0 * at_first, "{:?}", usage(&budget));
}

#[tokio::test]
async fn retries_of_a_broken_api_run_dry_and_first_calls_do_not_wait_for_them() {
    let (budget, clock) = budget(RateSettings::published().share(1.0).limit(SLOW, 1000.0, 100.0));
    let broken = || async { budget.acquire(request("acme", Priority::Change)).await.answered(Answer::Failed) };
    for _ in 0..11 {
        broken().await;
    }
    assert_eq!(clock.now(), Duration::ZERO, "one call and the ten retries of the budget");
    let (_, other) = futures::join!(broken(), async {
        budget.acquire(request("beta", Priority::Change)).await.answered(Answer::Done);
        clock.now()
    });
    assert_eq!(other, Duration::ZERO, "another tenant's first call");
    assert!((4..=5).contains(&clock.now().as_secs()), "then a retry in five seconds: {:?}", clock.now());
    assert_eq!(usage(&budget).retries, 11);
}

#[tokio::test]
async fn successes_fill_the_retry_budget() {
    let (budget, clock) = budget(RateSettings::published().share(1.0).limit(SLOW, 1000.0, 100.0));
    for _ in 0..100 {
        for answer in [Answer::Failed, Answer::Done] {
            budget.acquire(request("acme", Priority::Change)).await.answered(answer);
        }
        for _ in 0..9 {
            budget.acquire(request("beta", Priority::Change)).await.answered(Answer::Done);
        }
    }
    assert_eq!(usage(&budget).retries, 100);
    assert!(clock.now().as_secs() < 10, "one retry in ten calls does not wait: {:?}", clock.now());
}

#[tokio::test]
async fn a_waiter_that_goes_gives_its_place_to_the_next() {
    let (budget, clock) = budget(settings());
    let _burst = [budget.acquire(Request::new(SLOW)).await, budget.acquire(Request::new(SLOW)).await];
    let mut first = Box::pin(budget.acquire(request("acme", Priority::NewTenant)));
    let mut second = Box::pin(budget.acquire(request("beta", Priority::Scan)));
    assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
    drop(first);
    second.await.answered(Answer::Done);
    assert_eq!(clock.now().as_secs(), 1, "the first token that came");
    assert_eq!((usage(&budget).waiting, usage(&budget).granted), (0, 3));
}

#[tokio::test]
async fn a_call_that_was_granted_to_one_who_went_is_given_back() {
    let (budget, clock) = budget(settings());
    let _burst = [budget.acquire(Request::new(SLOW)).await, budget.acquire(Request::new(SLOW)).await];
    let mut first = Box::pin(budget.acquire(request("acme", Priority::NewTenant)));
    let mut second = Box::pin(budget.acquire(request("beta", Priority::Scan)));
    assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
    clock.advance(Duration::from_millis(1001));
    // A third looks, and so the token is granted to the first, who has not seen it yet.
    let mut third = Box::pin(budget.acquire(request("beta", Priority::Scan)));
    assert!(futures::poll!(&mut third).is_pending());
    assert_eq!(usage(&budget).granted, 3);
    drop(first);
    second.await.answered(Answer::Done);
    assert_eq!((clock.now(), usage(&budget).granted), (Duration::from_millis(1001), 3));
}

#[tokio::test]
async fn who_asks_is_told_by_the_innermost_caller_and_by_the_name_of_the_call_outside_one() {
    let acme = Caller::new(tenant("acme"), Priority::NewTenant);
    let waits = Caller::new(tenant("acme"), Priority::Wait);
    let (outer, inner) =
        acme.asks(async { (Request::new(SLOW), waits.asks(async { Request::new(SLOW) }).await) }).await;
    assert_eq!(
        (outer.tenant, outer.priority, inner.priority),
        (Some(tenant("acme")), Priority::NewTenant, Priority::Wait)
    );
    assert_eq!(Request::new("ecs:DescribeServices").priority, Priority::Scan);
    assert_eq!(Request::new("ecs:DeleteService").priority, Priority::Change);
}

#[tokio::test]
async fn everybody_in_the_process_who_names_the_same_account_and_region_shares_a_budget() {
    let one = RateBudget::of_process("111122223333", "us-east-1");
    one.acquire(Request::new("ecs:CreateService")).await.answered(Answer::Done);
    assert_eq!(RateBudget::of_process("111122223333", "us-east-1").usage().len(), 1);
    assert!(RateBudget::of_process("111122223333", "eu-central-1").usage().is_empty());
}

/// A clock that counts how often it is asked: once for each place that is taken, looks, or is given back.
#[derive(Debug)]
struct CountedClock {
    clock: SimClock,
    asked: AtomicU64,
}

#[async_trait]
impl Clock for CountedClock {
    fn now(&self) -> Duration {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.clock.now()
    }

    fn unix_seconds(&self) -> i64 {
        self.clock.unix_seconds()
    }

    async fn sleep_until(&self, deadline: Duration) {
        self.clock.sleep_until(deadline).await;
    }

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        self.clock.enter()
    }
}

/// The questions to the clock that so many waiters of 200 tenants cost, until all are served.
async fn questions(waiters: usize) -> u64 {
    let clock = SimClock::new();
    let counted = Arc::new(CountedClock { clock: clock.clone(), asked: AtomicU64::default() });
    let budget = RateBudget::new(settings(), Arc::clone(&counted) as Arc<dyn Clock>);
    let ids: Vec<&'static str> = (0..200).map(|id| &*format!("t{id}").leak()).collect();
    let requests = ids.into_iter().cycle().take(waiters).map(|id| (id, Priority::Wait)).collect();
    assert_eq!(run(&budget, &clock, requests).await.len(), waiters);
    counted.asked.load(Ordering::Relaxed)
}

#[tokio::test]
async fn four_times_the_waiters_look_at_most_five_times_as_often() {
    let (few, many) = (questions(4_000).await, questions(16_000).await);
    assert!(many <= 5 * few, "{few} looks of 4,000 waiters, {many} of 16,000");
}

#[tokio::test]
async fn a_waiter_that_nobody_polls_any_more_holds_the_others_up_for_a_minute() {
    let (budget, clock) = budget(settings());
    let _burst = [budget.acquire(Request::new(SLOW)).await, budget.acquire(Request::new(SLOW)).await];
    let mut forgotten = Box::pin(budget.acquire(request("acme", Priority::NewTenant)));
    assert!(futures::poll!(&mut forgotten).is_pending());
    let mut next = Box::pin(budget.acquire(request("beta", Priority::Scan)));
    assert!(futures::poll!(&mut next).is_pending());
    clock.advance(Duration::from_secs(59));
    assert!(futures::poll!(&mut next).is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(futures::poll!(&mut next).is_ready());
}
