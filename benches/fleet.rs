//! New tenants at once on one account with AWS's published rate limits, with the budget and as a naive client would do it.
//!
//! All of it in virtual time, so that the figures are the same on every machine. Wanted are 0 throttles with the budget; the
//! naive client tries each call three times with growing waits, as an SDK does.
#![allow(clippy::print_stdout, reason = "a benchmark reports on its output")]

#[path = "../tests/sim/cloud.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cloud;
#[path = "../tests/sim/naive.rs"]
mod naive;
#[path = "../tests/sim/onboarding.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod onboarding;

use onboarding::Fleet;

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let sizes: &[usize] = if measuring { &[1, 10, 50, 100, 200, 400] } else { &[1, 10] };
    println!("{}", Fleet::HEADING);
    for &tenants in sizes {
        let (budgeted, naive) = Fleet::side_by_side(tenants);
        println!("{}\n{}", budgeted.line(), naive.line());
        assert_eq!((budgeted.throttles, budgeted.failed), (0, 0), "the budget kept to the limits");
    }
}
