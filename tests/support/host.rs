//! The process that keeps moto and AWS's own client ready, once a test process: emulators and commands are forks of it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

const START_LIMIT: Duration = Duration::from_secs(120);

/// The service that a request to the host asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Port {
    /// An empty account, and the scripts.
    Empty,
    /// An account with the base.
    Base,
    /// AWS's own client.
    Client,
}

/// It ends with the test process, whose end closes its standard input.
#[derive(Debug)]
struct Host {
    ports: [u16; 3],
    _child: Child,
}

/// A connection to a fork, with its answer.
#[derive(Debug)]
pub(crate) struct Fork {
    connection: TcpStream,
    pub(crate) answer: Value,
}

impl Fork {
    /// Asks, and waits for the answer.
    pub(crate) fn ask(port: Port, request: &Value) -> Result<Self> {
        static HOST: OnceLock<Result<Host, String>> = OnceLock::new();
        let host = HOST.get_or_init(|| Host::start().map_err(|error| format!("{error:#}")));
        let host = host.as_ref().map_err(|error| anyhow!("{error}"))?;
        let mut connection = TcpStream::connect(("127.0.0.1", host.ports[port as usize])).context("the host")?;
        writeln!(connection, "{request}").context("asking the host")?;
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).context("the host's answer")?;
        let answer = serde_json::from_str(&line).with_context(|| format!("the host said `{}`", line.trim()))?;
        Ok(Self { connection, answer })
    }

    /// The output of a program that succeeded.
    pub(crate) fn output(port: Port, request: &Value) -> Result<String> {
        let fork = Self::ask(port, request)?;
        let answer = &fork.answer;
        let text = |field: &str| answer[field].as_str().unwrap_or_default().trim_end().to_owned();
        if answer["code"] != json!(0) {
            bail!("it ended with {}: {}", answer["code"], text("err").trim());
        }
        Ok(text("out"))
    }
}

impl Drop for Fork {
    fn drop(&mut self) {
        // It ends when the connection closes, and has ended when its own end of it is closed. An error means the same.
        let _ = self.connection.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut self.connection, &mut std::io::sink());
    }
}

impl Host {
    /// The first call on a machine makes the Python environment under the target directory, which takes about a minute.
    fn start() -> Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("the target directory")?;
        let mut command = Command::new("python3");
        let made = command.arg(scripts().join("venv.py")).arg(target.join("emulator-venv")).output();
        let made = made
            .context("the emulator needs python3, 3.10 or newer, with venv: `apt-get install python3 python3-venv`")?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let said = String::from_utf8(made.stdout)?;
        let mut lines = said.lines();
        let program = PathBuf::from(lines.next().context("venv.py names no interpreter")?);

        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-{}.log", std::process::id()));
        let mut child = Command::new(program)
            .env("PYTHONPATH", lines.next().unwrap_or_default())
            .env("NO_PROXY", "127.0.0.1,localhost")
            .arg(scripts().join("host.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("the host's log")?)
            .spawn()
            .context("starting the host")?;
        match ports_of(&mut child) {
            Ok(ports) => Ok(Self { ports, _child: child }),
            Err(error) => {
                // An error means that it has already ended.
                let _ = child.kill();
                let _ = child.wait();
                Err(error.context(std::fs::read_to_string(&log).unwrap_or_default()))
            }
        }
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator")
}

/// Waits for the line `ready EMPTY BASE CLIENT`.
fn ports_of(child: &mut Child) -> Result<[u16; 3]> {
    let stdout = child.stdout.take().context("the host's standard output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line).map(|_| line);
        // Nobody listens any more when the wait below has run out.
        let _ = sender.send(read);
    });
    let line = receiver.recv_timeout(START_LIMIT).context("the host did not start in time")??;
    let ports = line.trim().strip_prefix("ready ").with_context(|| format!("the host said `{}`", line.trim()))?;
    let ports: Vec<u16> = ports.split(' ').map(str::parse).collect::<Result<_, _>>().context("the host's ports")?;
    ports.try_into().map_err(|ports| anyhow!("the host's ports are {ports:?}"))
}
