//! Makes, shows and destroys the shared base that tenants stand on.
//!
//! On SimCloud, with no AWS account: `cargo run --example platform -- create examples/platform-dev.toml`
//!
//! On AWS or an emulator: `cargo run --features aws --example platform -- create examples/platform-dev.toml --aws`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use mate::DestroyOptions;
use mate::blueprint::TenantBlueprint;
use mate::model::ids::Environment;
use mate::spec::PlatformSpec;
use mate::tiers::TierCatalogue;

mod support;

#[derive(Debug, Parser)]
#[command(about = "Makes, shows and destroys the shared base that tenants stand on")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Brings a platform to its spec: makes it, or changes it.
    Create {
        #[command(flatten)]
        target: support::Target,
        /// Consent to every step of the plan that loses data or interrupts something.
        #[arg(long)]
        consent: bool,
        /// The spec: .toml, .json or the .tfvars of a base.
        spec: PathBuf,
    },
    /// Shows how a platform is, who stands on it, and what has become different.
    Show {
        #[command(flatten)]
        target: support::Target,
        /// The environment.
        name: Environment,
    },
    /// Destroys a platform; refused while tenants stand on it.
    Destroy {
        #[command(flatten)]
        target: support::Target,
        /// Consent to every step of the plan that loses data, as it is printed. Without it the plan is only shown.
        #[arg(long)]
        consent: bool,
        /// Empty buckets and repositories.
        #[arg(long)]
        empty: bool,
        /// The environment.
        name: Environment,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    match Arguments::parse().what {
        What::Create { target, consent, spec } => {
            let spec = PlatformSpec::from_path(&spec)
                .with_context(|| format!("the spec `{}` cannot be used", spec.display()))?;
            let platform = target.platform().await?;
            let plan = platform.plan(&spec).await?;
            support::carry_out(&platform, plan, consent).await
        }
        What::Show { target, name } => show(&platform_of(&target).await?, &name).await,
        What::Destroy { target, consent, empty, name } => {
            let platform = platform_of(&target).await?;
            let options = if empty { DestroyOptions::new().empty_bucket() } else { DestroyOptions::new() };
            let plan = platform.plan_destroy(&name, &options).await?;
            support::carry_out(&platform, plan, consent).await
        }
    }
}

/// SimCloud is empty at first: there the platform of the examples is made before.
async fn platform_of(target: &support::Target) -> anyhow::Result<mate::Platform> {
    let platform = target.platform().await?;
    if !target.aws {
        platform.provision(&PlatformSpec::from_path(support::PLATFORM)?.with_deletion_protection(false)).await?;
    }
    Ok(platform)
}

async fn show(platform: &mate::Platform, name: &Environment) -> anyhow::Result<()> {
    let status = platform.status(name).await?;
    println!("{} is {}", status.summary.display_name, if status.is_ready() { "ready" } else { "NOT ready" });
    for node in &status.nodes {
        println!("  {:<32} {:<28} {:<40} {}", node.node.as_str(), node.kind.as_str(), node.name, node.state);
    }
    let tenants = platform.tenants(name).await?;
    println!("\n{} tenants stand on it", tenants.len());
    for on in tenants {
        let record = if on.recorded { "" } else { "  WITHOUT A RECORD" };
        println!("  {:<32} {} tagged objects{record}", on.tenant.as_str(), on.objects);
    }
    println!("\nDrift: {}", platform.drift(name).await?);
    let unclaimed = platform.unclaimed(name).await?;
    println!("{} objects carry tags of this environment and belong to no record", unclaimed.len());
    for object in unclaimed {
        println!("  {}", object.arn);
    }
    let base = platform.base(name).await?;
    let needs = TierCatalogue::standard().needs(&TenantBlueprint, &base)?;
    println!("\nRoom for more tenants\n{}", platform.capacity(needs).await?);
    Ok(())
}
