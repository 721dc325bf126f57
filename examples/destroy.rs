//! Destroys a tenant: shows the plan with what is lost, asks for consent by flag, and sweeps by tags.
//!
//! On SimCloud, which is empty at first, it provisions the spec before:
//! `cargo run --example destroy -- --spec examples/tenants/clinic.tfvars --consent clinic`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;

use clap::Parser;
use indicatif::MultiProgress;
use mate::DestroyOptions;
use mate::model::ids::TenantId;
use mate::plan::TextStyle;
use mate::vocab::Consents;

mod support;

#[derive(Debug, Parser)]
#[command(about = "Destroys a tenant")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// Provision this spec first.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Consent to every step of the plan that loses data, as it is printed. Without it the plan is only shown.
    #[arg(long)]
    consent: bool,
    /// Take no final snapshot of the database.
    #[arg(long)]
    no_final_snapshot: bool,
    /// Empty the bucket, every version of every object.
    #[arg(long)]
    empty_bucket: bool,
    /// The tenant.
    tenant: TenantId,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mate = arguments.target.client().await?;
    if let Some(path) = &arguments.spec {
        mate.provision(&support::spec(path)?).await?;
    }
    let mut options = DestroyOptions::new();
    if arguments.no_final_snapshot {
        options = options.without_final_snapshot();
    }
    if arguments.empty_bucket {
        options = options.empty_bucket();
    }
    let plan = mate.tenant(&arguments.tenant).plan_destroy(&options).await?;
    println!("{}", plan.render(&TextStyle::for_stdout()));
    if !arguments.consent {
        println!("Nothing was changed. Run it again with --consent to consent to the steps above.");
        return Ok(());
    }
    let consents = Consents::to_every_step_of(&plan);
    support::show(&arguments.tenant, mate.apply(plan, consents), &MultiProgress::new()).await?;
    println!("\n{} is gone; a search by its tags finds nothing.", arguments.tenant);
    Ok(())
}
