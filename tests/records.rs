//! Records of earlier versions: each is read, its run resumed, and nothing is planned for its unchanged spec.
//!
//! `tests/fixtures/records/README.md` says what is in a fixture and how a generation of them is added.
#![allow(missing_docs, reason = "tests read as specification")]

#[path = "records/blueprint.rs"]
mod blueprint;
#[path = "records/check.rs"]
mod check;
#[path = "records/fixture.rs"]
mod fixture;
#[path = "records/generate/mod.rs"]
mod generate;
#[path = "records/parts.rs"]
mod parts;
#[path = "records/sqlite.rs"]
mod sqlite;
#[path = "records/subject.rs"]
mod subject;
#[path = "records/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::sync::Mutex;

use fixture::{Fixture, GoesOn};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The failures of the fixtures, each with its name; on all cores.
fn wrong(fixtures: &[Fixture], check: impl Fn(&Fixture) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, wrong) = (Mutex::new(fixtures.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(fixture) = next.lock().unwrap().next() else { return };
                    if let Err(what) = check(fixture) {
                        wrong.lock().unwrap().push(format!("{}: {what}", fixture.place()));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

fn checked(fixture: &Fixture) -> Result<(), String> {
    runtime().block_on(check::check(fixture))
}

fn named(name: &str) -> Fixture {
    let mut all = fixture::all().iter();
    all.find(|fixture| fixture.name == name).unwrap_or_else(|| panic!("there is no fixture {name}")).clone()
}

#[test]
fn a_record_of_any_earlier_version_is_read_its_run_comes_to_its_end_and_nothing_is_planned_for_its_spec() {
    let fixtures = fixture::all();
    let wrong = wrong(fixtures, checked);
    assert!(wrong.is_empty(), "{} of {} fixtures:\n{}", wrong.len(), fixtures.len(), wrong.join("\n"));
}

#[test]
fn a_record_of_any_earlier_version_is_read_from_sqlite_as_from_memory_and_its_text_is_not_changed() {
    let fixtures = fixture::all();
    let wrong = wrong(fixtures, |fixture| runtime_with_threads().block_on(sqlite::check(fixture)));
    assert!(wrong.is_empty(), "{} of {} fixtures:\n{}", wrong.len(), fixtures.len(), wrong.join("\n"));
}

/// SQLite works on threads of its own.
fn runtime_with_threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn no_fixture_holds_a_value_of_a_secret() {
    let wrong = wrong(fixture::all(), |fixture| {
        let text = serde_json::to_string(fixture).map_err(check::text)?;
        let values = world::World::of_fixture(fixture)?.cloud.secret_values();
        assert!(fixture.name != "regional-active" || !values.is_empty(), "a tenant has secrets");
        if values.iter().any(|value| text.contains(value)) { Err("a value is told".to_owned()) } else { Ok(()) }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of the first generation. A later one may have more.
#[test]
fn the_fixtures_have_every_phase_and_an_interrupted_run_of_every_verb() {
    let fixtures = fixture::all();
    let phases: BTreeSet<&str> = fixtures.iter().map(|fixture| fixture.expect.phase.as_str()).collect();
    for phase in [
        "requested",
        "provisioning",
        "active",
        "updating",
        "suspended",
        "deactivated",
        "maintained",
        "offboarding",
        "gone",
    ] {
        assert!(phases.contains(phase), "no fixture is {phase}");
    }
    let interrupted = fixtures.iter().filter(|fixture| fixture.expect.goes_on != GoesOn::Nothing);
    let verbs: BTreeSet<String> = interrupted.filter_map(Fixture::verb_of_run).collect();
    for verb in [
        "provision",
        "adopt",
        "update",
        "scale",
        "change_tier",
        "deploy",
        "rollback",
        "restart",
        "rotate",
        "suspend",
        "resume",
        "deactivate",
        "activate",
        "shut_down",
        "run_command",
        "maintain",
        "tend",
        "repair",
        "rename",
        "unwind",
        "release",
        "destroy",
    ] {
        assert!(verbs.contains(verb), "no fixture has an interrupted run of {verb}: {verbs:?}");
    }
}

#[test]
fn a_record_that_was_changed_after_it_was_written_is_told() {
    let mut fixture = named("regional-active");
    let record = fixture.store[0].record.as_mut().unwrap();
    let text = record.concat().replace("Regional Hospital", "National Hospital");
    *record = vec![text];
    let error = checked(&fixture).unwrap_err();
    assert!(error.contains("its digest is another one"), "{error}");
}

#[test]
fn an_object_that_is_not_as_the_record_says_is_told() {
    let mut fixture = named("regional-active");
    let objects = fixture.cloud["objects"].as_array_mut().unwrap();
    let database = objects.iter_mut().find(|object| object["kind"] == "rds:DBInstance").unwrap();
    database["inputs"]["backup_retention_days"] = serde_json::json!(1);
    let error = checked(&fixture).unwrap_err();
    assert!(error.contains("db"), "{error}");
}

#[test]
fn a_run_that_does_not_go_on_as_it_did_is_told() {
    let mut fixture = named("regional-deploy-interrupted");
    fixture.expect.goes_on = GoesOn::ResumeAndGoBack;
    let error = checked(&fixture).unwrap_err();
    assert!(error.contains("ResumeAndGoBack"), "{error}");
}

/// Writes a generation where one is asked for: `MATE_WRITE_FIXTURES=v2`. A generation that is there is never written again.
#[test]
fn a_generation_of_fixtures_is_written_where_that_is_asked_for() {
    let Ok(generation) = std::env::var("MATE_WRITE_FIXTURES") else { return };
    let written = generate::generation();
    fixture::write(&generation, &written);
}
