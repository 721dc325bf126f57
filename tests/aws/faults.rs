//! Every write of a tenant's life over the wire is struck, by a proxy between MATE and the emulator: what stands in the end is what
//! stands without it, object by object. `./test exhaustive faults` strikes with everything, and every other run with one of them,
//! drawn by a seed.

use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mate::spec::{Base, Format, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Mate, SqliteStore};
use tokio::sync::Notify;

use crate::examples;
use crate::support::emulator::Emulator;
use crate::support::figures::{count, tell};
use crate::support::proxy::{Each, Proxy, Strike};
use crate::support::sample;
use crate::world::{example, provider_at};

/// The same clinic in another tier, with a larger database.
fn changed_text() -> String {
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").unwrap();
    text.replace("\"trial\"", "\"standard\"").replace("db.t4g.micro", "db.t4g.small")
}

fn changed() -> TenantSpec {
    TenantSpec::from_str(Format::Tfvars, &changed_text()).unwrap()
}

/// Everything that stands there, an object a line, without what is drawn at random.
fn standing(emulator: &Emulator) -> Vec<String> {
    emulator.script("standing.py").unwrap().lines().map(str::to_owned).collect()
}

#[track_caller]
fn assert_same(found: &[String], wanted: &[String], when: &str) {
    let without = |these: &[String], those: &[String]| {
        let mut left = those.to_vec();
        let more = these.iter().filter(|line| match left.iter().position(|other| other == *line) {
            Some(index) => {
                left.swap_remove(index);
                false
            }
            None => true,
        });
        more.cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(found == wanted, "{when}: more:\n{}\nless:\n{}", without(found, wanted), without(wanted, found));
}

/// The objects after each part of an undisturbed life: at the beginning, after provision, after a change, at the end.
fn undisturbed() -> &'static [Vec<String>; 4] {
    static STANDING: OnceLock<[Vec<String>; 4]> = OnceLock::new();
    STANDING.get_or_init(|| {
        let emulator = Emulator::start().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mate = runtime.block_on(client(&emulator, emulator.endpoint(), 1));
        let before = standing(&emulator);
        let [provisioned, changed, gone] = [0, 1, 2].map(|part| {
            runtime.block_on(live(&mate, part));
            standing(&emulator)
        });
        [before, provisioned, changed, gone]
    })
}

async fn client(emulator: &Emulator, endpoint: &str, attempts: u32) -> Mate {
    // With the budget, that many throttles slow everything down for minutes, as they should.
    let builder = provider_at(endpoint).await.without_rate_budget();
    let provider = builder.sdk_retry(attempts, Duration::from_millis(20)).build().await.unwrap();
    Mate::builder()
        .provider(provider)
        .store(SqliteStore::open(emulator.directory().join("mate.db")).unwrap())
        .catalogue(TierCatalogue::standard())
        .base(Base::from_path(emulator.base_file()).unwrap())
        .build()
        .unwrap()
}

/// One part of a life: it is provisioned, changed, or destroyed, and the next plan has nothing to do.
async fn live(mate: &Mate, part: usize) {
    let spec = if part == 0 { example("clinic.tfvars") } else { changed() };
    if part < 2 {
        let plan = mate.plan(&spec).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        mate.apply(plan, consents).await.unwrap();
        let next = mate.plan(&spec).await.unwrap();
        assert!(next.is_empty(), "{next:?}");
    } else {
        let plan = mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new().without_final_snapshot()).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        mate.apply(plan, consents).await.unwrap();
    }
    let unclaimed = mate.unclaimed().await.unwrap();
    assert!(unclaimed.is_empty(), "{unclaimed:?}");
}

/// A whole life in which every write is struck the first time that it comes.
fn survives(strike: Strike, attempts: u32) {
    // It lives at the same time.
    std::thread::spawn(undisturbed);
    let emulator = Emulator::start().unwrap();
    let proxy = Proxy::before(emulator.endpoint()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mate = runtime.block_on(client(&emulator, proxy.endpoint(), attempts));
    let before = standing(&emulator);
    let mut struck = Vec::new();
    for (part, when) in ["provision", "change", "destroy"].into_iter().enumerate() {
        proxy.strike(strike, Each::Write);
        runtime.block_on(live(&mate, part));
        struck.push((when, proxy.struck(), proxy.operations().len()));
        assert_same(&standing(&emulator), &undisturbed()[part + 1], when);
    }
    assert_same(&before, &undisturbed()[0], "before");
    tell(format!("{strike:?}, {attempts} attempts of the SDK: {struck:?} (writes struck, operations so far)"));
    let writes: usize = struck.iter().map(|(_, writes, _)| writes).sum();
    count("faults", writes, format!("writes struck by {strike:?} ({attempts})"));
    assert!(struck[0].1 >= 37 && struck[1].1 >= 2 && struck[2].1 >= 30, "{struck:?}");
}

/// Runs a program to its end, or until it is to die: then with SIGKILL. Whether it succeeded; nothing when it was killed.
async fn until_killed(command: Command, death: &Notify) -> Option<bool> {
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
    tokio::select! {
        status = child.wait() => Some(status.unwrap().success()),
        () = death.notified() => {
            child.kill().await.unwrap();
            None
        }
    }
}

/// The example programs are killed with SIGKILL at each operation of a provision, of a change and of a destroy, once each, and begun
/// again.
fn survives_deaths(strike: Strike) {
    // It lives at the same time.
    std::thread::spawn(undisturbed);
    let emulator = Emulator::start().unwrap();
    let proxy = Proxy::before(emulator.endpoint()).unwrap();
    let death = Arc::new(Notify::new());
    proxy.on_death({
        let death = Arc::clone(&death);
        move || death.notify_one()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let log = emulator.directory().join("victim.log");
    let changed = emulator.directory().join("clinic.tfvars");
    std::fs::write(&changed, changed_text()).unwrap();
    let runs: [(&str, &[&str], usize); 3] = [
        ("onboard", &["examples/tenants/clinic.tfvars"], 1),
        ("onboard", &["--consent", changed.to_str().unwrap()], 2),
        ("destroy", &["--consent", "--no-final-snapshot", "clinic"], 3),
    ];
    for (name, arguments, part) in runs {
        proxy.strike(strike, Each::Operation);
        let mut deaths = 0;
        loop {
            let mut command = Command::new(examples::program(name));
            command.args(arguments).args(["--aws", "--lease", "3", "--base"]).arg(emulator.base_file());
            command.arg("--store").arg(emulator.directory().join("mate.db")).envs(emulator.environment());
            command.env("AWS_ENDPOINT_URL", proxy.endpoint()).env_remove("AWS_PROFILE");
            let output = std::fs::File::create(&log).unwrap();
            command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
            match runtime.block_on(until_killed(command, &death)) {
                None => deaths += 1,
                Some(true) => break,
                Some(false) => panic!("{name}, after {deaths} deaths: {}", std::fs::read_to_string(&log).unwrap()),
            }
        }
        tell(format!("{strike:?}: {name} was killed {deaths} times, {} operations struck", proxy.struck()));
        count("faults", deaths, format!("kills at {strike:?} of {name}"));
        assert!(deaths >= 5 && deaths <= proxy.struck(), "{deaths} deaths, {} struck", proxy.struck());
        assert_same(&standing(&emulator), &undisturbed()[part], name);
    }
}

/// One way to strike, of all that there are.
fn strikes() -> [(&'static str, fn()); 8] {
    [
        ("an internal error", every::write_may_meet_an_internal_error),
        ("a load balancer's page", every::write_may_meet_a_load_balancer_s_page),
        ("a throttle", every::write_may_be_throttled),
        ("a lost answer", every::write_may_lose_its_answer),
        ("a lost answer that the SDK asks for again", every::write_may_lose_its_answer_and_be_repeated_by_the_sdk),
        ("a broken answer", every::answer_may_break_in_the_middle),
        ("a death before", every::operation_may_be_preceded_by_the_death_of_the_process),
        ("a death after", every::operation_may_be_followed_by_the_death_of_the_process),
    ]
}

#[test]
fn a_strike_that_the_seed_draws_changes_nothing_of_what_stands_in_the_end() {
    let (name, strike) = sample::draw("strike", strikes());
    tell(format!("{}: every write meets {name}", sample::again()));
    strike();
}

mod every {
    use super::{Strike, survives, survives_deaths};

    #[test]
    pub(super) fn write_may_meet_an_internal_error() {
        survives(Strike::InternalError, 1);
    }

    #[test]
    pub(super) fn write_may_meet_a_load_balancer_s_page() {
        survives(Strike::Unavailable, 1);
    }

    #[test]
    pub(super) fn write_may_be_throttled() {
        survives(Strike::Throttled, 1);
    }

    #[test]
    pub(super) fn write_may_lose_its_answer() {
        survives(Strike::AnswerLost, 1);
    }

    #[test]
    pub(super) fn write_may_lose_its_answer_and_be_repeated_by_the_sdk() {
        survives(Strike::AnswerLost, 3);
    }

    #[test]
    pub(super) fn answer_may_break_in_the_middle() {
        survives(Strike::AnswerBroken, 1);
    }

    #[test]
    pub(super) fn operation_may_be_preceded_by_the_death_of_the_process() {
        survives_deaths(Strike::DeathBefore);
    }

    #[test]
    pub(super) fn operation_may_be_followed_by_the_death_of_the_process() {
        survives_deaths(Strike::DeathAfter);
    }
}
