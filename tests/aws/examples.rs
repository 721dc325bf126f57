//! The way of the README: the example programs on an empty emulator, from nothing to three tenants and back.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::inventory::inventory;
use crate::support::emulator::Emulator;

const TENANTS: [&str; 3] = ["clinic", "regional", "medcenter"];

/// The program of an example, which `./test` builds with the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("debug/examples").join(name);
    assert!(program.exists(), "{} is not built; run ./test, which builds it", program.display());
    program
}

fn run(emulator: &Emulator, name: &str, arguments: &[&str]) -> Output {
    let store = emulator.directory().join("mate.db");
    let mut command = Command::new(program(name));
    command.args(arguments).arg("--aws").arg("--store").arg(store).envs(emulator.environment());
    command.env_remove("AWS_PROFILE").output().unwrap()
}

#[track_caller]
fn succeed(emulator: &Emulator, name: &str, arguments: &[&str]) -> String {
    let done = run(emulator, name, arguments);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{name} {arguments:?}: {said}{}", String::from_utf8_lossy(&done.stderr));
    said
}

#[test]
fn from_an_empty_emulator_to_three_tenants_and_back() {
    let emulator = Emulator::empty().unwrap();
    let before = inventory(&emulator);
    let said = succeed(&emulator, "platform", &["create", "examples/platform-dev.toml"]);
    assert!(said.contains("Plan for the platform of dev") && said.contains("vpc_id"), "{said}");

    let files = TENANTS.map(|tenant| format!("examples/tenants/{tenant}.tfvars"));
    let mut arguments = vec!["--environment", "dev"];
    arguments.extend(files.iter().map(String::as_str));
    let said = succeed(&emulator, "onboard", &arguments);
    for tenant in TENANTS {
        assert!(said.contains(&format!("https://{tenant}.mate.sociant.ai")), "{said}");
    }
    let said = succeed(&emulator, "platform", &["show", "dev"]);
    assert!(said.contains("3 tenants stand on it") && said.contains("everything is as it was applied"), "{said}");
    assert!(said.contains("0 objects carry tags of this environment and belong to no record"), "{said}");

    let refused = run(&emulator, "platform", &["destroy", "dev", "--consent", "--empty"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{why}");
    for tenant in TENANTS {
        assert!(why.contains(tenant), "{why}");
    }

    for tenant in TENANTS {
        succeed(&emulator, "destroy", &["--environment", "dev", "--consent", "--no-final-snapshot", tenant]);
    }
    succeed(&emulator, "platform", &["destroy", "dev", "--consent", "--empty"]);
    for (service, names) in inventory(&emulator) {
        assert_eq!(names, before[&service], "{service}");
    }
}

#[test]
fn a_script_s_base_is_adopted_by_the_example() {
    let emulator = Emulator::empty().unwrap();
    emulator.script("legacy_base.py").unwrap();
    let spec = emulator.directory().join("platform.toml");
    let text = std::fs::read_to_string("examples/platform-dev.toml").unwrap();
    std::fs::write(&spec, format!("enable_access_logs = false\n{text}")).unwrap();
    let said = succeed(&emulator, "adopt", &["--spec", spec.to_str().unwrap(), "--tag", "Project=legacy", "--apply"]);
    assert!(said.contains("What was found is as the spec wants it."), "{said}");
    assert!(said.contains("Plan: nothing to do; everything is as it should be"), "{said}");
}
