use super::*;
use crate::sim::SimClock;
use futures::FutureExt;

const START: i64 = SimClock::START_UNIX_SECONDS;

fn until(seconds: u64, date: i64) -> Until {
    Until { time: Duration::from_secs(seconds), date: START + date }
}

/// A call that wants to send one request.
fn call(clearance: &Clearance) -> (Requests, std::pin::Pin<Box<dyn Future<Output = Sending>>>) {
    let requests = Requests::default();
    (requests.clone(), Box::pin(requests.of(clearance.clone(), Sending::begin())))
}

#[test]
fn a_request_is_sent_while_the_lease_is_the_runs_own_and_counts_until_it_is_answered() {
    let clearance = Clearance::new(Arc::new(SimClock::new()), until(30, 30));
    let (requests, call) = call(&clearance);
    let sending = call.now_or_never().unwrap();
    assert_eq!(requests.counts.sending.load(Ordering::Relaxed), 1);
    drop(sending);
    assert_eq!(requests.counts.sending.load(Ordering::Relaxed), 0);
}

#[test]
fn nothing_is_sent_once_the_lease_has_ended_by_either_clock_until_it_is_renewed() {
    for ended in [until(0, 30), until(30, 0)] {
        let clearance = Clearance::new(Arc::new(SimClock::new()), ended);
        let (requests, mut call) = call(&clearance);
        assert!((&mut call).now_or_never().is_none());
        assert!(requests.only_wait());
        clearance.extend(until(30, 30));
        drop(call.now_or_never().unwrap());
        assert!(!requests.only_wait());
    }
}

#[test]
fn the_request_of_a_call_that_is_dropped_is_neither_waiting_nor_sent() {
    let clearance = Clearance::new(Arc::new(SimClock::new()), until(0, 0));
    let (requests, mut call) = call(&clearance);
    assert!((&mut call).now_or_never().is_none());
    drop(call);
    assert_eq!(requests.counts.waiting.load(Ordering::Relaxed), 0);
}
