use std::future::pending;

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};

use super::*;
use crate::clock::{attend, attend_as};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_lone_sleeper_moves_time_by_itself() {
    let clock = SimClock::new();
    clock.sleep_until(10 * MINUTE).await;
    assert_eq!(clock.now(), 10 * MINUTE);
    assert_eq!(clock.unix_seconds(), SimClock::START_UNIX_SECONDS + 600);
}

#[tokio::test]
async fn time_stands_while_one_that_is_present_is_awake() {
    let clock = SimClock::new();
    let (awake, wakes) = futures::channel::oneshot::channel::<()>();
    let present = tokio::spawn({
        let clock = clock.clone();
        async move { attend(&clock, wakes).await }
    });
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { attend(&clock, clock.sleep_until(MINUTE)).await }
    });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.now(), Duration::ZERO, "one waits for something that is no sleep");
    awake.send(()).unwrap();
    present.await.unwrap().unwrap();
    sleeper.await.unwrap();
    assert_eq!(clock.now(), MINUTE);
}

#[tokio::test]
async fn a_dropped_sleep_is_forgotten() {
    let clock = SimClock::new();
    attend(&clock, async {
        {
            let mut sleep = clock.sleep_until(MINUTE);
            assert!(futures::poll!(&mut sleep).is_pending());
            assert_eq!(clock.occupancy(), (1, 1));
        }
        assert_eq!(clock.occupancy(), (1, 0));
        clock.sleep_until(3 * MINUTE).await;
    })
    .await;
    assert_eq!(clock.now(), 3 * MINUTE);
}

#[tokio::test]
async fn what_is_ready_runs_before_time_jumps() {
    let clock = SimClock::new();
    let awake = async {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        clock.now()
    };
    let (_, seen) = attend(&clock, futures::future::join(clock.sleep_until(MINUTE), awake)).await;
    assert_eq!(seen, Duration::ZERO);
}

#[tokio::test]
async fn a_part_that_sleeps_does_not_hide_that_another_part_can_go_on() {
    let clock = SimClock::new();
    attend(&clock, async {
        let mut parts: FuturesUnordered<_> = (0..3).map(|_| clock.sleep_until(200 * SECOND)).collect();
        // Each turn sleeps anew, as the timers of a run do, while the parts are at work.
        for turn in 1..=19_u32 {
            tokio::select! {
                biased;
                Some(()) = parts.next() => panic!("time jumped over turn {turn}"),
                () = clock.sleep_until(turn * 10 * SECOND) => assert_eq!(clock.now(), turn * 10 * SECOND),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_part_that_works_in_real_time_keeps_simulated_time_from_moving() {
    let clock = SimClock::new();
    let (done, works) = futures::channel::oneshot::channel::<()>();
    let operation = tokio::spawn({
        let clock = clock.clone();
        async move {
            attend(&clock, async {
                tokio::select! {
                    _ = attend(&clock, works) => clock.now(),
                    () = clock.sleep_until(MINUTE) => clock.now(),
                }
            })
            .await
        }
    });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    done.send(()).unwrap();
    assert_eq!(operation.await.unwrap(), Duration::ZERO);
}

#[tokio::test]
async fn one_operation_may_sleep_in_many_places_at_once() {
    let clock = SimClock::new();
    attend(&clock, async {
        let sleeps = (1..=3_u32).map(|minutes| clock.sleep_until(minutes * MINUTE));
        let mut sleeps: FuturesUnordered<_> = sleeps.collect();
        // Each awakes by itself, and none of them sleeps again.
        while sleeps.next().await.is_some() {}
    })
    .await;
    assert_eq!(clock.now(), 3 * MINUTE);
}

#[tokio::test]
async fn a_sleep_that_is_over_and_was_dropped_unseen_holds_nobody_up() {
    let clock = SimClock::new();
    let sleeper = attend(&clock, async {
        let mut early = clock.sleep_until(MINUTE);
        assert!(futures::poll!(&mut early).is_pending());
        let late = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(2 * MINUTE).await }
        });
        while clock.occupancy() != (1, 2) {
            tokio::task::yield_now().await;
        }
        clock.advance(MINUTE);
        drop(early);
        Some(late)
    });
    sleeper.await.unwrap().await.unwrap();
    assert_eq!(clock.now(), 2 * MINUTE);
}

async fn many(clock: SimClock) {
    // All of them are there before the first goes to sleep.
    let entered: Vec<_> = (1..=500_u32).map(|index| (index, clock.enter().unwrap())).collect();
    let tasks = entered.into_iter().map(|(index, presence)| {
        let clock = clock.clone();
        tokio::spawn(async move {
            let work = async {
                let mut woken = Vec::new();
                for round in 1..=20_u32 {
                    let deadline = MINUTE * round + Duration::from_millis(u64::from(index));
                    clock.sleep_until(deadline).await;
                    woken.push(clock.now() >= deadline && clock.now() < deadline + MINUTE);
                }
                woken.into_iter().all(|in_time| in_time)
            };
            attend_as(presence, work).await
        })
    });
    let in_time = join_all(tasks).await.into_iter().all(|task| task.unwrap());
    assert!(in_time);
    assert_eq!(clock.now(), 20 * MINUTE + Duration::from_millis(500));
    assert_eq!(clock.occupancy(), (0, 0));
}

#[tokio::test]
async fn many_operations_on_one_thread() {
    many(SimClock::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_operations_on_many_threads() {
    many(SimClock::new()).await;
}

#[tokio::test]
async fn the_earliest_sleeper_may_be_dropped_while_others_wait() {
    let clock = SimClock::new();
    let early = clock.sleep_until(MINUTE);
    let late = tokio::spawn({
        let clock = clock.clone();
        async move { attend(&clock, clock.sleep_until(2 * MINUTE)).await }
    });
    let mut early = Box::pin(early);
    assert!(futures::poll!(&mut early).is_pending());
    drop(early);
    late.await.unwrap();
    assert_eq!(clock.now(), 2 * MINUTE);
}

#[tokio::test]
async fn an_operation_may_sleep_in_the_time_of_another_clock() {
    let (own, other) = (SimClock::new(), SimClock::new());
    attend(&own, other.sleep_until(MINUTE)).await;
    assert_eq!((own.now(), other.now()), (Duration::ZERO, MINUTE));
}

#[tokio::test]
async fn an_operation_that_is_dropped_holds_nobody_up() {
    let clock = SimClock::new();
    let stuck = tokio::spawn({
        let clock = clock.clone();
        async move { attend(&clock, pending::<()>()).await }
    });
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { attend(&clock, clock.sleep_until(MINUTE)).await }
    });
    while clock.occupancy() != (2, 1) {
        tokio::task::yield_now().await;
    }
    stuck.abort();
    sleeper.await.unwrap();
    assert_eq!(clock.now(), MINUTE);
}

#[tokio::test]
async fn nothing_goes_on_where_the_machine_is_suspended_and_time_moves_all_the_same() {
    let clock = SimClock::new();
    let machine = SimClock::new_machine();
    let suspended = attend(&clock, async {
        let suspended = tokio::spawn({
            let clock = clock.clone();
            let presence = clock.enter_on(machine);
            async move { attend_as(presence, clock.sleep_until(MINUTE)).await }
        });
        while clock.occupancy() != (2, 1) {
            tokio::task::yield_now().await;
        }
        clock.suspend(machine);
        clock.sleep_until(10 * MINUTE).await;
        Some(suspended)
    });
    let suspended = suspended.await.unwrap();
    assert!(!suspended.is_finished());
    clock.resume(machine);
    suspended.await.unwrap();
    assert_eq!(clock.now(), 10 * MINUTE);
}
