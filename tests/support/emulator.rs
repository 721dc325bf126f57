//! The emulator of AWS: a moto server of its own for each test that asks, with a base on it, and AWS's own client.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const REGION: &str = "us-east-1";
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running emulator. It ends when this is dropped, and also when the test process dies: the launcher
/// ends when its standard input closes.
#[derive(Debug)]
pub(crate) struct Emulator {
    child: Child,
    python: Python,
    endpoint: String,
    base_file: PathBuf,
    directory: tempfile::TempDir,
}

/// The interpreter of the emulator's environment.
#[derive(Debug, Clone)]
struct Python {
    program: PathBuf,
    packages: String,
}

impl Emulator {
    /// Starts an emulator on a free port of loopback and makes the base `mate-dev` on it. The first call
    /// on a machine makes the Python environment under the target directory, which takes about a minute.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// The same, with settings for the launcher, such as `("MATE_EMULATOR_DELAY", "2")`.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        let emulator = Self::empty_with(settings)?;
        let mut seed = emulator.python.command(&scripts().join("seed_base.py"));
        output(seed.arg(&emulator.endpoint).arg(&emulator.base_file)).context("making the base")?;
        Ok(emulator)
    }

    /// Starts an emulator with nothing on it but what AWS puts into every account.
    pub(crate) fn empty() -> Result<Self> {
        Self::empty_with(&[])
    }

    fn empty_with(settings: &[(&str, &str)]) -> Result<Self> {
        let python = Python::prepare()?;
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("a directory for the emulator")?;
        let log = directory.path().join("launcher.log");
        let mut child = python
            .command(&scripts().join("launcher.py"))
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("the launcher's log")?)
            .spawn()
            .context("starting the emulator")?;
        let port = match port_of(&mut child) {
            Ok(port) => port,
            Err(error) => {
                end(&mut child);
                return Err(error.context(fs::read_to_string(&log).unwrap_or_default()));
            }
        };
        let base_file = directory.path().join("base.toml");
        Ok(Self { child, python, endpoint: format!("http://127.0.0.1:{port}"), base_file, directory })
    }

    /// Runs one of the scripts beside this emulator's and gives what it printed.
    pub(crate) fn script(&self, name: &str) -> Result<String> {
        output(self.python.command(&scripts().join(name)).arg(&self.endpoint))
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

    /// What a client process needs in its environment: endpoint, region, credentials that mean nothing, no proxy.
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
        let mut command = Command::new(&self.python.program);
        command.env("PYTHONPATH", &self.python.packages).args(["-m", "awscli"]).args(arguments);
        command.args(["--endpoint-url", self.endpoint(), "--region", REGION, "--output", "json"]);
        let answer = output(command.envs(self.environment()).env_remove("AWS_PROFILE"))
            .with_context(|| format!("aws {}", arguments.join(" ")))?;
        if answer.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer).with_context(|| format!("the answer of aws {}", arguments.join(" ")))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

impl Python {
    /// Finds the environment, or makes it.
    fn prepare() -> Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("the target directory")?;
        let mut command = Command::new("python3");
        command.arg(scripts().join("venv.py")).arg(target.join("emulator-venv"));
        let said = output(&mut command)
            .context("the emulator needs python3, 3.10 or newer, with venv: `apt-get install python3 python3-venv`")?;
        let mut lines = said.lines();
        let program = PathBuf::from(lines.next().context("venv.py names no interpreter")?);
        Ok(Self { program, packages: lines.next().unwrap_or_default().to_owned() })
    }

    fn command(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.env("PYTHONPATH", &self.packages).env("NO_PROXY", "127.0.0.1,localhost").arg(script);
        command
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator")
}

/// Waits for the line `ready PORT`.
fn port_of(child: &mut Child) -> Result<u16> {
    let stdout = child.stdout.take().context("the launcher's standard output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line).map(|_| line);
        // Nobody listens any more when the wait below has run out.
        let _ = sender.send(read);
    });
    let line = receiver.recv_timeout(START_LIMIT).context("the emulator did not start in time")??;
    let port = line.trim().strip_prefix("ready ").with_context(|| format!("the launcher said `{}`", line.trim()))?;
    port.parse().context("the launcher's port")
}

fn end(child: &mut Child) {
    // An error means that it has already ended.
    let _ = child.kill();
    let _ = child.wait();
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("running {program}"))?;
    if !done.status.success() {
        bail!("{program} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim());
    }
    ensure!(!done.stdout.contains(&0), "{program} wrote binary data");
    String::from_utf8(done.stdout).context("an answer in UTF-8")
}
