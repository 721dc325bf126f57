//! A controller: brings every tenant of a directory to its spec, and ends when all of them are. Any number of controllers may share
//! one store, on any number of machines: a tenant is carried out by the one that holds its lease, and what a controller that died
//! has begun is finished by another.
//!
//! On SimCloud: `cargo run --example controller -- examples/tenants`
//!
//! On AWS or an emulator, with records in S3:
//! `cargo run --features aws --example controller -- --aws --base base.toml --store s3://bucket/mate/ tenants`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures::stream::{self, StreamExt};
use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::engine::RunError;
use mate::model::{Graph, GraphError};
use mate::spec::{Base, ResolvedTenant, TenantSpec};
use mate::state::StoreError;
use mate::vocab::Consents;
use mate::{Error, Mate};

mod support;

/// Tenants that are worked on at once.
const AT_ONCE: usize = 4;

#[derive(Debug, Parser)]
#[command(about = "Brings every tenant of a directory to its spec")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// The name under which leases are taken, as other controllers' operators read it.
    #[arg(long, default_value = "controller")]
    name: String,
    /// Only what a tenant's data needs before anything runs: bucket, secrets, log groups.
    #[arg(long)]
    storage_only: bool,
    /// The most rounds over all tenants before the controller gives up.
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// A directory of specs: .tfvars, .toml or .json.
    directory: PathBuf,
}

/// The part of the complete tenant that stands by itself.
#[derive(Debug)]
struct StorageOnly;

impl Blueprint for StorageOnly {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let complete = TenantBlueprint.design(tenant, base)?;
        let mut graph = Graph::new();
        for node in complete.graph.nodes() {
            if ["s3:Bucket", "secretsmanager:Secret", "logs:LogGroup"].contains(&node.kind.as_str()) {
                graph.insert(node.clone())?;
            }
        }
        Ok(Design { graph, outputs: Default::default(), notes: complete.notes })
    }
}

/// The result of one look at a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// There was nothing to do.
    Settled,
    /// The tenant was changed, or belongs to another controller at the moment: the next round looks again.
    Again(String),
}

async fn settle(mate: &Mate, spec: &TenantSpec) -> Outcome {
    let plan = match mate.plan(spec).await {
        Ok(plan) if plan.is_empty() => return Outcome::Settled,
        Ok(plan) => plan,
        Err(error) => return Outcome::Again(format!("cannot be planned: {:#}", anyhow::Error::from(error))),
    };
    Outcome::Again(match mate.apply(plan, Consents::none()).await {
        Ok(_) => "brought to its spec".to_owned(),
        Err(Error::Store(StoreError::Held { holder, .. })) => format!("is worked on by {}", holder.owner),
        Err(Error::Stale { .. }) => "was changed since it was planned".to_owned(),
        Err(error) if is_fenced(&error) => {
            format!("was taken over while this controller was away: {:#}", anyhow::Error::from(error))
        }
        Err(error) => format!("failed: {:#}", anyhow::Error::from(error)),
    })
}

/// Returns true if the store refused a write because another controller has taken the lease.
fn is_fenced(error: &Error) -> bool {
    let refused = match error {
        Error::Store(refused) => refused,
        Error::Run(run) => match &**run {
            RunError::Store { source, .. } => source,
            _ => return false,
        },
        _ => return false,
    };
    matches!(refused, StoreError::Fenced { .. })
}

fn specs(directory: &PathBuf) -> anyhow::Result<Vec<TenantSpec>> {
    let files = std::fs::read_dir(directory).with_context(|| format!("reading `{}`", directory.display()))?;
    let mut paths = files.map(|file| Ok(file?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(support::spec).collect()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let arguments = Arguments::parse();
    let mut specs = specs(&arguments.directory)?;
    // Controllers that begin at the same tenant would follow each other around.
    let begin = std::process::id() as usize % specs.len().max(1);
    specs.rotate_left(begin);
    let mut builder = arguments.target.builder().await?.owner(format!("{}-{}", arguments.name, std::process::id()));
    if arguments.storage_only {
        builder = builder.blueprint(StorageOnly);
    }
    let mate = builder.build()?;
    for _ in 0..arguments.rounds {
        let looks = stream::iter(&specs).map(|spec| {
            let (mate, name) = (&mate, &arguments.name);
            async move {
                let outcome = settle(mate, spec).await;
                if let Outcome::Again(why) = &outcome {
                    println!("{name}: {} {why}", spec.id());
                }
                outcome
            }
        });
        let outcomes: Vec<Outcome> = looks.buffer_unordered(AT_ONCE).collect().await;
        if outcomes.iter().all(|outcome| *outcome == Outcome::Settled) {
            println!("{}: all {} tenants are as they should be", arguments.name, specs.len());
            return Ok(());
        }
        if !outcomes.contains(&Outcome::Settled) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    anyhow::bail!("not every tenant is as it should be after {} rounds", arguments.rounds)
}
