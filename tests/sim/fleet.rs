//! AWS's rate limits and many tenants: nothing is throttled, nobody starves, and what is not published is found out.

use mate::clock::Clock;
use mate::rate::RateSettings;
use mate::sim::RateLimits;
use tokio::task::JoinSet;

use crate::figures::tell;
use crate::onboarding::{Fleet, client, cloud, small};

#[test]
fn two_hundred_tenants_at_once_meet_no_throttle_where_a_naive_client_fails() {
    let (budgeted, naive) = Fleet::side_by_side(200);
    let figures = format!("{}\n{}\n{}", Fleet::HEADING, budgeted.line(), naive.line());
    tell(&figures);
    assert_eq!((budgeted.ready.len(), budgeted.failed), (200, 0), "{figures}");
    assert_eq!(budgeted.throttles, 0, "none reached the provider, and so none a caller\n{figures}");
    assert!(naive.throttles > 200 && naive.failed > 100, "the limits are real\n{figures}");
}

#[tokio::test]
async fn a_rate_that_aws_does_not_publish_is_found_out_and_every_tenant_is_made() {
    // The budget begins with 5 at once and 2 a second.
    let limits = RateLimits::published().limit("rds:CreateDBInstance", 3.0, 0.5);
    let (fleet, cloud) = Fleet::budgeted(20, limits).await;
    let usage = cloud.rate_budget().unwrap().usage();
    let writes = usage.iter().find(|usage| usage.group == "rds writes").unwrap();
    assert_eq!((fleet.ready.len(), fleet.failed), (20, 0));
    // 60 calls and some throttles: without a budget that adapts it is more throttles than calls.
    assert!((1..=30).contains(&fleet.throttles), "{} throttles, {writes:?}", fleet.throttles);
    assert_eq!((writes.throttled, writes.waiting), (fleet.throttles, 0));
    assert!(writes.rate < 1.6, "{writes:?}");
}

#[tokio::test]
async fn a_new_customer_is_not_held_up_by_drift_scans() {
    let mut took = Vec::new();
    for scans in [0, 40] {
        let cloud = cloud(RateLimits::published(), Some(RateSettings::published()));
        let mate = client(cloud.clone());
        for number in 0..4 {
            mate.provision(&small(number)).await.unwrap();
        }
        let clock = cloud.sim_clock().clone();
        let (begun, mut scanning) = (clock.now(), JoinSet::new());
        for scan in 0..scans {
            let (mate, tenant) = (mate.clone(), small(scan % 4).id());
            scanning.spawn(async move { mate.tenant(&tenant).drift().await.unwrap() });
        }
        let customer = small(99);
        let provision = mate.provision(&customer);
        let (_, took_now) = futures::join!(scanning.join_all(), async {
            provision.await.unwrap();
            clock.now() - begun
        });
        took.push(took_now.as_secs_f64());
        assert!(cloud.throttles().is_empty());
    }
    assert!(took[1] <= took[0] * 1.05, "alone {} s, beside the scans {} s", took[0], took[1]);
}
