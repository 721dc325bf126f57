//! The cost of a plan: spec, resolve, design, observe, diff. Time, and memory by a counting allocator.
//!
//! `cargo bench --bench plan`. The column `max alloc` is the peak of the memory allocated at once. The allocations of
//! SimCloud count here too; `tests/allocations.rs` holds the limits for everything else.

#[path = "../tests/sim/cloud.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cloud;

use cloud::{EXAMPLES, World, example, tfvars, world};
use divan::{AllocProfiler, Bencher, black_box};
use mate::plan::Plan;
use mate::spec::TenantSpec;
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Spec to graph, with no cloud.
#[divan::bench(args = EXAMPLES)]
fn design(bencher: Bencher<'_, '_>, file: &str) {
    let (world, spec) = (world(), example(file));
    bencher.bench_local(|| world.mate.design(black_box(&spec)).unwrap());
}

/// A tenant that does not exist: everything is to be created.
#[divan::bench(args = EXAMPLES)]
fn new_tenant(bencher: Bencher<'_, '_>, file: &str) {
    let (runtime, world, spec) = (runtime(), world(), example(file));
    bencher.bench_local(|| {
        let plan = runtime.block_on(world.mate.plan(black_box(&spec))).unwrap();
        assert_eq!(plan.counts().create, plan.steps.len());
        plan
    });
}

/// A tenant that is as it should be: every field of every object is compared, and there is nothing to do.
#[divan::bench(args = EXAMPLES)]
fn existing_tenant(bencher: Bencher<'_, '_>, file: &str) {
    let (runtime, world, spec) = (runtime(), world(), example(file));
    runtime.block_on(world.mate.provision(&spec)).unwrap();
    bencher.bench_local(|| {
        let plan = runtime.block_on(world.mate.plan(black_box(&spec))).unwrap();
        assert!(plan.is_empty());
        plan
    });
}

/// 1,000 tenants in a measurement, few where it is only seen to work.
fn fleet() -> Vec<TenantSpec> {
    let tenants = if std::env::args().any(|argument| argument == "--bench") { 1000 } else { 10 };
    let text = std::fs::read_to_string("examples/tenants/regional.tfvars").unwrap();
    let named = |number| tfvars(&text.replace("\"regional\"", &format!("\"regional-{number}\"")));
    let specs: Vec<TenantSpec> = (0..tenants).map(named).collect();
    assert_ne!(specs[0].id(), specs[1].id());
    specs
}

fn plan_one_by_one(runtime: &Runtime, world: &World, specs: &[TenantSpec], mut keep: impl FnMut(Plan)) {
    for spec in specs {
        keep(runtime.block_on(world.mate.plan(spec)).unwrap());
    }
}

/// The plans of 1,000 tenants, all held at once: the peak is what they and the work on them take.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn fleet_held(bencher: Bencher<'_, '_>) {
    let (runtime, world, specs) = (runtime(), world(), fleet());
    bencher.bench_local(|| {
        let mut plans = Vec::with_capacity(specs.len());
        plan_one_by_one(&runtime, &world, &specs, |plan| plans.push(plan));
        plans
    });
}

/// The plans of 1,000 tenants, each dropped before the next: the peak is what one takes.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn fleet_streamed(bencher: Bencher<'_, '_>) {
    let (runtime, world, specs) = (runtime(), world(), fleet());
    bencher.bench_local(|| plan_one_by_one(&runtime, &world, &specs, |plan| drop(black_box(plan))));
}
