//! The life of one tenant on SimCloud, verb by verb: trial, deployments, a bad release that goes back by itself, another tier, a
//! manual change that is found and repaired, eight days of suspension, and the end.
//!
//! `cargo run --example tenant_life`: months of a tenant's life in simulated time, seconds of yours.
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use indicatif::MultiProgress;
use mate::clock::Clock;
use mate::lifecycle::{Change, Deployment};
use mate::model::DriftClass;
use mate::model::ids::{KindName, TenantId};
use mate::plan::Plan;
use mate::spec::{Base, ImageReference, ServiceName, Tier};
use mate::state::LogEvent;
use mate::tiers::TierCatalogue;
use mate::vocab::{Consents, RepairSelection};
use mate::vocab::{Migration, Page, SuspendedCache, Suspension};
use mate::{Applied, DestroyOptions, Error, Mate, MemoryStore, Operation, SimCloud};

mod support;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Life {
    cloud: SimCloud,
    mate: Mate,
    id: TenantId,
    screen: MultiProgress,
}

impl Life {
    fn chapter(&self, text: &str) {
        let days = self.cloud.sim_clock().now().as_secs_f64() / DAY.as_secs_f64();
        println!("\n== day {days:.2}: {text}");
    }

    async fn show(&self, operation: Operation<Applied>) -> Result<Applied, Error> {
        support::show(&self.id, operation, &self.screen).await
    }

    /// Shows what a plan does, and carries it out with consent to what it says.
    async fn carry_out(&self, plan: Plan) -> anyhow::Result<()> {
        println!("{}", plan.headline());
        for step in plan.risky_steps() {
            println!("  {}: {:?}", step.node, step.risk);
        }
        for note in &plan.notes {
            println!("  {note}");
        }
        let consents = Consents::to_every_step_of(&plan);
        self.show(self.mate.apply(plan, consents)).await?;
        Ok(())
    }

    async fn change(&self, change: Change) -> anyhow::Result<()> {
        let plan = self.mate.tenant(&self.id).plan_change(change).await?;
        self.carry_out(plan).await
    }

    fn days(&self, days: u32) {
        self.cloud.sim_clock().advance(days * DAY);
    }

    /// A release whose migration runs once, before the services move.
    async fn deploy(&self, tag: &str) -> Result<Applied, Error> {
        let django = ServiceName::new("django").expect("a name");
        let deployment = Deployment::of(ImageReference::new(tag).expect("a tag"))
            .with_migration(Migration::new(django, ["python", "manage.py", "migrate"]));
        self.show(self.mate.tenant(&self.id).deploy(&deployment, Consents::none())).await
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let spec = support::spec(&PathBuf::from("examples/tenants/clinic.tfvars"))?;
    let spec = spec.into_builder().with_deletion_protection(false).build()?;
    let cloud = SimCloud::new(1);
    let mate = Mate::builder()
        .owner("tenant_life")
        .provider(cloud.clone())
        .store(MemoryStore::new())
        .catalogue(TierCatalogue::standard())
        .base(Base::from_path("examples/base-dev.toml")?)
        .build()?;
    let life = Life { cloud, mate, id: spec.id(), screen: MultiProgress::new() };

    life.chapter("a clinic signs up for a trial");
    let applied = life.show(life.mate.provision(&spec)).await?;
    support::outputs(&applied);

    life.days(3);
    life.chapter("the first release is deployed, by the digest that its tag means today");
    life.deploy("main-4f2a91c").await?;
    println!("{}", life.mate.tenant(&life.id).releases().await?.releases[0]);

    life.days(11);
    life.chapter("the clinic buys the enterprise tier");
    life.change(Change::ChangeTier(Tier::enterprise())).await?;

    life.days(9);
    life.chapter("every secret is rotated");
    life.show(life.mate.tenant(&life.id).rotate(&[])).await?;

    life.days(11);
    life.chapter("a bad release: it goes back by itself and says why");
    let bad = life.mate.tenant(&life.id).plan_deploy(&Deployment::of(ImageReference::new("main-0bad000")?)).await?;
    let images = bad.after.operating.release.context("a deployment has a release")?.images;
    life.cloud.break_image(&images["django"], "essential container exited: exit code 137, out of memory");
    match life.deploy("main-0bad000").await {
        Err(error @ Error::RolledBack { .. }) => println!("{error}"),
        other => bail!("the bad release stood: {other:?}"),
    }

    life.days(2);
    life.chapter("somebody opens the database to the world by hand");
    let group: KindName = "ec2:SecurityGroup".parse()?;
    let anywhere = serde_json::json!([{"protocol": "tcp", "from_port": 5432, "to_port": 5432,
        "peer": {"cidr": "0.0.0.0/0"}, "description": "just for a moment"}]);
    life.cloud.tamper(&group, "mate-clinic-dev-rds-sg", |inputs| inputs["ingress"] = anywhere)?;
    println!("{}", life.mate.tenant(&life.id).drift().await?);
    let security = RepairSelection::classes([DriftClass::Security]);
    life.show(life.mate.tenant(&life.id).repair(&security, Consents::none())).await?;
    ensure!(life.mate.tenant(&life.id).drift().await?.is_empty(), "what was opened is closed again");

    life.days(30);
    life.chapter(
        "the clinic does not pay: its traffic is blocked, then it is suspended, and its cache waits in a snapshot",
    );
    life.show(life.mate.tenant(&life.id).deactivate(Page::deactivated())).await?;
    life.days(14);
    let suspension = Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved);
    life.change(Change::Suspend(suspension)).await?;
    for _ in 0..8 {
        life.days(1);
        life.mate.tenant(&life.id).tend().await?;
    }
    life.chapter("after eight days the database is still stopped: `tend` was called each day");
    let database = life.cloud.objects().into_iter().find(|object| object.kind.as_str() == "rds:DBInstance");
    ensure!(database.context("there is a database")?.inputs["stopped"] == true, "the database is stopped");

    life.chapter("it has paid");
    life.change(Change::Resume).await?;
    println!("{}", life.mate.tenant(&life.id).health().await?);

    life.days(60);
    life.chapter("it goes back to the trial, and then it goes");
    life.change(Change::ChangeTier(Tier::trial())).await?;
    let plan = life.mate.tenant(&life.id).plan_destroy(&DestroyOptions::new()).await?;
    life.carry_out(plan).await?;
    ensure!(life.cloud.objects().is_empty(), "nothing is left");
    println!("\nWhat was done, by whom and why, in a log that outlives the tenant:");
    for entry in
        life.mate.tenant(&life.id).history().await?.iter().filter(|entry| matches!(entry.what, LogEvent::Ended(_)))
    {
        println!("  {:>3} {:<12} {}", entry.seq, entry.verb, entry.actor);
    }
    println!("  whole: {} entries", life.mate.tenant(&life.id).verify().await?.entries);
    let left: Vec<String> = life.cloud.snapshots().into_iter().map(|snapshot| snapshot.name).collect();
    println!("\nNothing is left but the final snapshots: {}", left.join(", "));
    Ok(())
}
