//! Two controllers, as processes, share a store and fight over 20 tenants, while they are killed and halted at random: each tenant ends
//! as it should, and what a halted controller still wants to write is refused. `./test exhaustive fights` runs one over each store,
//! and every other run one over a store that a seed draws.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mate::model::ids::TenantKey;
use mate::spec::Base;
use mate::state::{SqliteStore, StateStore};
use mate::tiers::TierCatalogue;
use mate::{Mate, PostgresStore};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::examples;
use crate::postgres::{PASSWORD, Server};
use crate::stores::{BUCKET, config_at, emulator_with_bucket};
use crate::support::emulator::Emulator;
use crate::support::figures::{count, tell};
use crate::support::proxy::Proxy;
use crate::support::sample;
use crate::world::provider_at;

const TENANTS: usize = 20;
/// The number of times that a controller is killed or halted.
const STRIKES: usize = 6;
/// The longest time that a controller stays halted when nobody takes its tenants over.
const HALT: Duration = Duration::from_secs(20);

/// The figures of one controller.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    halts: usize,
    taken_over: usize,
}

/// The place of a fight.
struct Arena {
    emulator: Emulator,
    specs: PathBuf,
    address: String,
    store: Arc<dyn StateStore>,
}

fn tenant(number: usize) -> String {
    format!("clinic-{number:02}")
}

fn key(number: usize) -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), tenant(number).parse().unwrap())
}

/// A directory of specs.
fn specs(emulator: &Emulator, tenants: usize) -> PathBuf {
    let directory = emulator.directory().join("tenants");
    std::fs::create_dir(&directory).unwrap();
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").unwrap();
    for number in 0..tenants {
        let text = text.replace("\"clinic\"", &format!("\"{}\"", tenant(number)));
        std::fs::write(directory.join(format!("{}.tfvars", tenant(number))), text).unwrap();
    }
    directory
}

/// A controller's command, on this endpoint.
fn controller(emulator: &Emulator, endpoint: &str, specs: &Path, store: &str, name: &str) -> Command {
    let mut command = Command::new(examples::program("controller"));
    command.args(["--aws", "--storage-only", "--lease", "3", "--name", name, "--store", store, "--base"]);
    command.arg(emulator.base_file()).arg(specs).envs(emulator.environment()).env("AWS_ENDPOINT_URL", endpoint);
    command.env("PGPASSWORD", PASSWORD).env_remove("AWS_PROFILE").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The lines of one tenant among all objects, under the name of another tenant.
fn part(all: &str, number: usize, as_number: usize) -> Vec<String> {
    let of_tenant = all.lines().filter(|line| line.contains(&tenant(number)));
    let mut lines: Vec<String> = of_tenant.map(|line| line.replace(&tenant(number), &tenant(as_number))).collect();
    lines.sort();
    lines
}

/// The objects of a tenant that nobody disturbs.
fn undisturbed() -> &'static [String] {
    static STANDING: OnceLock<Vec<String>> = OnceLock::new();
    STANDING.get_or_init(|| {
        let emulator = Emulator::start().unwrap();
        let specs = specs(&emulator, 1);
        let store = emulator.directory().join("mate.db");
        let mut command = controller(&emulator, emulator.endpoint(), &specs, store.to_str().unwrap(), "alone");
        assert!(command.as_std_mut().status().unwrap().success());
        part(&emulator.script("standing.py").unwrap(), 0, 0)
    })
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("a process that has not ended").to_string();
    assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
}

/// Waits until somebody else has taken a tenant over that this owner has the lease of.
async fn taken_over(store: &dyn StateStore, owner: &str) -> bool {
    let mut held = Vec::new();
    for number in 0..TENANTS {
        let Ok(lease) = store.lease(&key(number)).await else { continue };
        if lease.holder.is_some_and(|holder| holder.owner.starts_with(owner)) {
            held.push((number, lease.fence));
        }
    }
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    while !held.is_empty() {
        looks.tick().await;
        for (number, fence) in &held {
            if store.lease(&key(*number)).await.is_ok_and(|lease| lease.fence > *fence) {
                return true;
            }
        }
    }
    false
}

/// One controller: killed and begun again, halted and let go, then left in peace until it has ended by itself.
async fn fighter(arena: &Arena, name: &str, seed: u64, halting: &Mutex<()>) -> Tally {
    let mut random = StdRng::seed_from_u64(seed);
    let proxy = Proxy::before(arena.emulator.endpoint()).unwrap();
    let mut writes = proxy.writes();
    let path = arena.emulator.directory().join(format!("{name}.log"));
    let log = std::fs::File::create(&path).unwrap();
    let mut tally = Tally::default();
    loop {
        let mut command = controller(&arena.emulator, proxy.endpoint(), &arena.specs, &arena.address, name);
        let mut child = command.stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap()).spawn().unwrap();
        let owner = format!("{name}-{}/", child.id().unwrap());
        let killed = loop {
            let due = *writes.borrow() + 3 + random.random_range(0..25);
            let in_peace = tally.kills + tally.halts >= STRIKES;
            tokio::select! {
                status = child.wait() => {
                    let said = || std::fs::read_to_string(&path).unwrap();
                    assert!(status.unwrap().success(), "{name}, seed {seed}: {}", said());
                    break false;
                }
                _ = writes.wait_for(|count| *count >= due), if !in_peace => {}
            }
            if child.try_wait().unwrap().is_some() {
                continue;
            }
            if random.random_bool(0.5) {
                child.kill().await.unwrap();
                tally.kills += 1;
                break true;
            }
            // Two that are halted at once would wait for each other.
            let _turn = halting.lock().await;
            signal(&child, "STOP");
            tally.halts += 1;
            let over = tokio::time::timeout(HALT, taken_over(&*arena.store, &owner)).await;
            tally.taken_over += usize::from(over == Ok(true));
            signal(&child, "CONT");
        };
        if !killed {
            return tally;
        }
    }
}

async fn fight(arena: Arena) {
    let wanted = undisturbed_elsewhere().await;
    let halting = Mutex::new(());
    let (one, two) = tokio::join!(fighter(&arena, "one", 1, &halting), fighter(&arena, "two", 2, &halting));
    let said = |name: &str| std::fs::read_to_string(arena.emulator.directory().join(format!("{name}.log"))).unwrap();
    let logs = said("one") + &said("two");
    let refused = logs.matches("was taken over while this controller was away").count();
    tell(format!("{}: one {one:?}, two {two:?}, {refused} runs ended by a refused write", arena.address));
    let place = if arena.address.contains("://") { &*arena.address } else { "a file" };
    count("fights", one.kills + two.kills, format!("kills in {place}"));
    count("fights", one.halts + two.halts, format!("halts in {place}"));
    count("fights", refused, format!("refused writes in {place}"));
    assert!(one.taken_over + two.taken_over >= 1, "{one:?} {two:?}");
    assert!(refused >= 1, "a write under a lost lease was refused:\n{logs}");

    // A controller that looks once finds nothing to do.
    let endpoint = arena.emulator.endpoint();
    let mut last = controller(&arena.emulator, endpoint, &arena.specs, &arena.address, "last");
    let looked = last.args(["--rounds", "1"]).output().await.unwrap();
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stdout));
    let mate = Mate::builder()
        .provider(provider_at(endpoint).await.build().await.unwrap())
        .store(Arc::clone(&arena.store))
        .catalogue(TierCatalogue::standard())
        .base(Base::from_path(arena.emulator.base_file()).unwrap())
        .build()
        .unwrap();
    assert_eq!(mate.tenants().await.unwrap().len(), TENANTS);
    assert_eq!(mate.unclaimed().await.unwrap(), []);
    let all = arena.emulator.script("standing.py").unwrap();
    for number in 0..TENANTS {
        assert_eq!(part(&all, number, 0), wanted, "{}", tenant(number));
    }
}

async fn undisturbed_elsewhere() -> &'static [String] {
    tokio::task::spawn_blocking(undisturbed).await.unwrap()
}

async fn emulator() -> Emulator {
    tokio::task::spawn_blocking(|| emulator_with_bucket(Emulator::start().unwrap())).await.unwrap()
}

async fn in_a_sqlite_file() {
    let emulator = emulator().await;
    let path = emulator.directory().join("mate.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let address = path.to_str().unwrap().to_owned();
    fight(Arena { specs: specs(&emulator, TENANTS), address, store, emulator }).await;
}

async fn in_an_s3_bucket() {
    use mate::aws::S3Store;

    let emulator = emulator().await;
    let store = Arc::new(S3Store::new(&config_at(emulator.endpoint()).await, BUCKET).prefix("fight/"));
    let address = format!("s3://{BUCKET}/fight/");
    fight(Arena { specs: specs(&emulator, TENANTS), address, store, emulator }).await;
}

async fn in_postgresql() {
    let emulator = emulator().await;
    let server = Server::shared();
    let (host, port) = server.address();
    let address = format!("postgres://postgres@{host}:{port}/postgres?sslmode=disable&connect_timeout=60");
    let store = Arc::new(PostgresStore::builder(&*address).password(PASSWORD).open().await.unwrap());
    fight(Arena { specs: specs(&emulator, TENANTS), address, store, emulator }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tenants_in_a_store_that_the_seed_draws() {
    let store = sample::draw("fight", ["a SQLite file", "an S3 bucket", "PostgreSQL"]);
    tell(format!("{}: a fight over tenants in {store}", sample::again()));
    match store {
        "a SQLite file" => in_a_sqlite_file().await,
        "an S3 bucket" => in_an_s3_bucket().await,
        _ => in_postgresql().await,
    }
}

mod every {
    #[tokio::test(flavor = "multi_thread")]
    async fn over_tenants_in_a_sqlite_file() {
        super::in_a_sqlite_file().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn over_tenants_in_an_s3_bucket() {
        super::in_an_s3_bucket().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn over_tenants_in_postgresql() {
        super::in_postgresql().await;
    }
}
