//! The common parts of the examples: arguments, the client, and the display of a run.
#![allow(dead_code, unreachable_pub, clippy::print_stdout, reason = "each example uses its part of this module")]

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use mate::model::ids::{Environment, TenantId};
use mate::plan::{Plan, TextStyle};
use mate::spec::{Base, PlatformSpec, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::{Consents, Goal};
use mate::{Applied, Mate, MateBuilder, MemoryStore, Operation, Platform, SimCloud};

mod lines;
mod store;

use lines::{Lines, line, span};

/// The cloud, the base and the store to work on.
#[derive(Debug, Args)]
pub struct Target {
    /// Work on AWS, or on an emulator that AWS_ENDPOINT_URL points at, instead of SimCloud.
    #[arg(long)]
    pub aws: bool,
    /// The base that tenants stand on, by its ids. Without it, and with --environment, the base is the platform of that
    /// environment.
    #[arg(long, value_name = "FILE", conflicts_with = "environment")]
    pub base: Option<PathBuf>,
    /// The environment whose platform tenants stand on, from its record. On SimCloud, which is empty at first, a platform is
    /// made before.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<Environment>,
    /// The record store, with --aws: a file (SQLite), s3://BUCKET/PREFIX, or postgres://USER@HOST/DATABASE with the password in
    /// PGPASSWORD. SimCloud's records are in memory.
    #[arg(long, value_name = "STORE", default_value = "mate.db")]
    pub store: String,
    /// The duration of this program's lease of a tenant without renewal, in seconds. After a crash the next run waits
    /// for the rest of it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(3..=3600))]
    pub lease: u64,
    /// The seed of SimCloud.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Target {
    /// The client.
    pub async fn client(&self) -> anyhow::Result<Mate> {
        Ok(self.builder().await?.build()?)
    }

    /// The builder of the client.
    pub async fn builder(&self) -> anyhow::Result<MateBuilder> {
        let lease = Duration::from_secs(self.lease);
        if let Some(environment) = &self.environment {
            let platform = self.platform().await?;
            if !self.aws {
                let spec = PlatformSpec::from_path(PLATFORM)?;
                platform.provision(&spec).await?;
            }
            let builder = platform.tenants_client(environment).await.with_context(|| {
                format!("there is no platform `{environment}` in the store; the example `platform` makes one")
            })?;
            return Ok(builder.catalogue(TierCatalogue::standard()).lease(lease));
        }
        let path = self.base.clone().unwrap_or_else(|| PathBuf::from("examples/base-dev.toml"));
        let base = Base::from_path(&path).with_context(|| format!("the base `{}` cannot be used", path.display()))?;
        let builder = Mate::builder().catalogue(TierCatalogue::standard()).base(base).lease(lease);
        if self.aws {
            return Ok(builder.provider(aws().await?).store(store::open(&self.store).await?));
        }
        self.introduce();
        Ok(builder.provider(SimCloud::new(self.seed)).store(MemoryStore::new()))
    }

    /// The client of platforms.
    pub async fn platform(&self) -> anyhow::Result<Platform> {
        let builder = Platform::builder().lease(Duration::from_secs(self.lease));
        if self.aws {
            return Ok(builder.provider(aws().await?).store(store::open(&self.store).await?).build()?);
        }
        self.introduce();
        Ok(builder.provider(SimCloud::new(self.seed)).store(MemoryStore::new()).build()?)
    }

    fn introduce(&self) {
        println!("SimCloud, seed {}: an in-memory cloud, time is simulated. Use --aws for the real one.\n", self.seed);
    }
}

/// The platform of the examples.
pub const PLATFORM: &str = "examples/platform-dev.toml";

/// Shows a plan, what it needs against the account's limits, and, when that is wanted, carries it out.
pub async fn carry_out(platform: &Platform, plan: Plan, consent: bool) -> anyhow::Result<()> {
    println!("{}", plan.render(&TextStyle::for_stdout()));
    let preflight = platform.preflight(&plan).await?;
    if !preflight.is_ok() {
        println!("{preflight}");
    }
    if plan.risky_steps().next().is_some() && !consent {
        println!("Nothing was changed. Run it again with --consent to consent to the steps above.");
        return Ok(());
    }
    let consents = if consent { Consents::to_every_step_of(&plan) } else { Consents::none() };
    let goes = plan.goal == Goal::Destroy;
    let operation = platform.apply(plan, consents);
    let applied = show(&TenantId::platform(), operation, &MultiProgress::new()).await?;
    if goes {
        println!("\nThe platform {} is gone, and so is its record.", applied.key.environment);
    } else {
        outputs(&applied);
    }
    Ok(())
}

#[cfg(feature = "aws")]
async fn aws() -> anyhow::Result<mate::aws::AwsProvider> {
    let builder = mate::aws::AwsProvider::builder();
    // An emulator on this machine has no limits that would have to be kept.
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    let emulator = ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| endpoint.starts_with(local));
    let builder = if emulator { builder.without_rate_budget() } else { builder };
    Ok(builder.build().await?)
}

#[cfg(not(feature = "aws"))]
async fn aws() -> anyhow::Result<SimCloud> {
    anyhow::bail!("this was built without the AWS provider; run it as `cargo run --features aws --example …`")
}

/// Reads a tenant's spec; every error at once.
pub fn spec(path: &PathBuf) -> anyhow::Result<TenantSpec> {
    TenantSpec::from_path(path).with_context(|| format!("the spec `{}` cannot be used", path.display()))
}

/// Runs an operation and shows it: a bar on a terminal, a line an event otherwise.
pub async fn show(
    tenant: &TenantId,
    operation: Operation<Applied>,
    screen: &MultiProgress,
) -> Result<Applied, mate::Error> {
    let mut events = operation.events();
    let cancel = operation.cancel_handle();
    let bar = screen.add(ProgressBar::new(1));
    bar.set_style(style());
    bar.set_prefix(tenant.to_string());
    let mut lines = (!std::io::stdout().is_terminal()).then(Lines::default);
    let watch = async {
        while let Some(event) = events.next().await {
            bar.set_length(event.total as u64);
            bar.set_position(event.done as u64);
            if let Some(line) = line(&event) {
                bar.set_message(format!("{line} · about {} left", span(event.remaining.as_secs())));
            }
            if let Some(line) = lines.as_mut().and_then(|lines| lines.next(&event)) {
                println!("{tenant} {:>8} {:>3}/{} {line}", span(event.at.as_secs()), event.done, event.total);
            }
        }
    };
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
        std::future::pending::<()>().await;
    };
    let (result, ()) = tokio::select! {
        both = async { tokio::join!(operation, watch) } => both,
        () = interrupted => unreachable!("it waits for ever"),
    };
    bar.finish_with_message(if result.is_ok() { "done" } else { "failed" });
    result
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:>12} [{bar:30}] {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Prints what a tenant gives out.
pub fn outputs(applied: &Applied) {
    println!("\n{}", applied.key);
    for (name, value) in &applied.outputs {
        println!("  {name:<20} {value}");
    }
}
