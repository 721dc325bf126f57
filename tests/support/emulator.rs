//! The emulator of AWS: a moto server of its own for each test that asks, with a base on it, and AWS's own client.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::host::{Fork, Port};

const REGION: &str = "us-east-1";

/// A running emulator. It ends when this is dropped, and also when the test process dies: the connection closes.
#[derive(Debug)]
pub(crate) struct Emulator {
    endpoint: String,
    base_file: PathBuf,
    directory: tempfile::TempDir,
    fork: Fork,
}

impl Emulator {
    /// Starts an emulator on a free port of loopback, with the base `mate-dev` on it.
    pub(crate) fn start() -> Result<Self> {
        let emulator = Self::on(Port::Base)?;
        let base = emulator.fork.answer["base"].as_str().context("the base")?;
        std::fs::write(&emulator.base_file, base).context("writing the base")?;
        Ok(emulator)
    }

    /// Starts an emulator with nothing on it but what AWS puts into every account.
    pub(crate) fn empty() -> Result<Self> {
        Self::on(Port::Empty)
    }

    fn on(port: Port) -> Result<Self> {
        let fork = Fork::ask(port, &json!({"serve": {}})).context("starting the emulator")?;
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("a directory for the emulator")?;
        let endpoint = fork.answer["endpoint"].as_str().context("the emulator's endpoint")?.to_owned();
        Ok(Self { endpoint, base_file: directory.path().join("base.toml"), directory, fork })
    }

    /// Runs one of the scripts beside the emulator's and gives what it printed.
    pub(crate) fn script(&self, name: &str) -> Result<String> {
        Fork::output(Port::Empty, &json!({"script": name, "arguments": [self.endpoint]})).context(name.to_owned())
    }

    /// The address, `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The base, as a TOML file.
    pub(crate) fn base_file(&self) -> &Path {
        &self.base_file
    }

    /// A directory that goes with the emulator.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The environment of a client process: endpoint, region, credentials that mean nothing, no proxy.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 10] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("NO_PROXY", "127.0.0.1,localhost"),
            ("no_proxy", "127.0.0.1,localhost"),
        ]
    }

    /// Runs AWS's own command-line client and gives its answer; null when it says nothing.
    pub(crate) fn aws_cli(&self, arguments: &[&str]) -> Result<Value> {
        let named = ["--endpoint-url", self.endpoint(), "--region", REGION, "--output", "json"];
        let environment: std::collections::BTreeMap<_, _> = self.environment().into();
        let request = json!({"aws": ([arguments, &named].concat()), "environment": environment});
        let answer = Fork::output(Port::Client, &request).with_context(|| format!("aws {}", arguments.join(" ")))?;
        if answer.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer).with_context(|| format!("the answer of aws {}", arguments.join(" ")))
    }
}
