//! Provisions tenants from spec files, with progress, and prints plan, events and outputs.
//!
//! On SimCloud, with no AWS account: `cargo run --example onboard -- examples/tenants/regional.tfvars`
//!
//! On AWS or an emulator: `cargo run --features aws --example onboard -- --aws --base base.toml tenant.tfvars`,
//! with the standard `AWS_*` variables.
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use indicatif::MultiProgress;
use mate::plan::TextStyle;
use mate::vocab::Consents;

mod support;

#[derive(Debug, Parser)]
#[command(about = "Provisions tenants from spec files")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// Consent to every step of the plan that loses data or takes the tenant down, as it is printed.
    #[arg(long)]
    consent: bool,
    /// Spec files: .tfvars, .toml or .json.
    #[arg(required = true)]
    specs: Vec<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let arguments = Arguments::parse();
    let specs = arguments.specs.iter().map(support::spec).collect::<anyhow::Result<Vec<_>>>()?;
    let mate = arguments.target.client().await?;

    let mut plans = Vec::new();
    for spec in &specs {
        let plan = mate.plan(spec).await?;
        println!("{}", plan.render(&TextStyle::for_stdout()));
        plans.push((spec.id(), plan));
    }

    let screen = MultiProgress::new();
    let runs = plans.into_iter().map(|(tenant, plan)| {
        let consents = if arguments.consent { Consents::to_every_step_of(&plan) } else { Consents::none() };
        let (mate, screen) = (mate.clone(), screen.clone());
        async move {
            let result = support::show(&tenant, mate.apply(plan, consents), &screen).await;
            (tenant, result)
        }
    });
    let mut failed = None;
    for (tenant, result) in futures::future::join_all(runs).await {
        match result.with_context(|| format!("tenant `{tenant}` was not provisioned")) {
            Ok(applied) => support::outputs(&applied),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}
