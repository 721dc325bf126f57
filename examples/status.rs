//! Shows how tenants are: phase, outputs, and every object as it is now.
//!
//! On AWS it reads the store; on SimCloud, which is empty at first, it provisions the spec before.
//! `cargo run --example status -- --spec examples/tenants/clinic.tfvars`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;

use clap::Parser;
use mate::model::ids::TenantId;

mod support;

#[derive(Debug, Parser)]
#[command(about = "Shows how tenants are")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// Provision this spec first.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Only these tenants; all that have a record otherwise.
    tenants: Vec<TenantId>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mate = arguments.target.client().await?;
    if let Some(path) = &arguments.spec {
        mate.provision(&support::spec(path)?).await?;
    }
    let tenants = if arguments.tenants.is_empty() {
        mate.tenants().await?.into_iter().map(|key| key.tenant).collect()
    } else {
        arguments.tenants
    };
    if tenants.is_empty() {
        println!("No tenant has a record.");
    }
    for tenant in tenants {
        let status = mate.tenant(&tenant).status().await?;
        let summary = &status.summary;
        println!("{} · {} · tier {} · {:?}", status.key, summary.display_name, summary.tier, status.phase);
        for (name, value) in &status.outputs {
            println!("  {name:<20} {value}");
        }
        for node in &status.nodes {
            let mark = if node.ready { ' ' } else { '!' };
            println!("{mark} {:<34} {:<44} {}", node.node, node.name, node.state);
        }
        println!("{}\n", if status.is_ready() { "Everything is ready." } else { "Not everything is ready." });
    }
    Ok(())
}
