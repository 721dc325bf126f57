//! PostgreSQL: a server of the tests' own, on loopback, in a temporary directory, with TLS and passwords.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_postgres::SimpleQueryMessage;

/// The password of the server's superuser `postgres`, which no log, error or debug form may hold.
pub(crate) const PASSWORD: &str = "canary-7f3e 'q\\\"";

/// Makes the cluster, starts its server, says so, and waits for the end of its standard input, which comes with the end of the test
/// process however it ends. Ctrl-C is for the test process.
const SUPERVISOR: &str = r#"
trap '' INT PIPE
exec 2>>"$2/log"
if ! [ -e "$2/data" ]; then
  "$1/initdb" --username=postgres --pwfile="$2/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync \
    --pgdata="$2/data" >>"$2/log" || exit 1
fi
"$1/pg_ctl" start --silent --wait --timeout=120 --pgdata="$2/data" --log="$2/log" --options="-c config_file=$2/server.conf" || exit 1
echo ready
cat >/dev/null
"$1/pg_ctl" stop --silent --mode=immediate --pgdata="$2/data"
rm -rf "$2"
"#;

/// A running server. It ends, and its directory goes, when this is dropped and when the test process dies.
pub(crate) struct Server {
    supervisor: Child,
    programs: Programs,
    directory: tempfile::TempDir,
    port: u16,
    authority: String,
    schemas: AtomicUsize,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Server {
    /// The server that the tests of a process share, as long as one of them has it.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// Makes a cluster and starts its server.
    pub(crate) fn start() -> Self {
        let programs = Programs::find();
        let directory = tempfile::Builder::new().prefix("mate-postgres-").tempdir().expect("a temporary directory");
        programs.give(directory.path());
        programs.write(&directory.path().join("password"), PASSWORD);
        let authority = programs.make_certificate(directory.path());
        // Another process may take the port before the server does.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let port = free.expect("a free port").port();
            programs.make_settings(directory.path(), port);
            if let Some(supervisor) = programs.supervise(directory.path()) {
                let schemas = AtomicUsize::new(0);
                return Self { supervisor, programs, directory, port, authority, schemas };
            }
        }
        let said = std::fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {said}");
    }

    /// The address of the server.
    pub(crate) fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.port)
    }

    /// The connection string of the superuser, without the password.
    pub(crate) fn connection(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    /// The certificate, as PEM, that the server's comes from.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The log of the server: every statement.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).expect("the server's log")
    }

    /// The name of a schema that nobody has used yet.
    pub(crate) fn fresh_schema(&self) -> String {
        format!("mate_{}", self.schemas.fetch_add(1, Ordering::Relaxed))
    }

    /// A session of its own, as superuser.
    pub(crate) async fn session(&self) -> tokio_postgres::Client {
        let mut config: tokio_postgres::Config = self.connection().parse().expect("a connection string");
        let (client, connection) =
            config.password(PASSWORD).connect(tokio_postgres::NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    /// Runs statements in a session of their own, and gives the first column of every row.
    pub(crate) async fn sql(&self, statements: &str) -> Vec<String> {
        let answer = self.session().await.simple_query(statements).await;
        let answer = answer.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
        let rows = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        rows.collect()
    }

    /// Lets the superuser `trusted` in without a password, which costs 4096 rounds of HMAC: for a test that connects hundreds of times.
    pub(crate) async fn trust(&self) {
        let role = "CREATE ROLE trusted SUPERUSER LOGIN";
        let there = "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL";
        self.sql(&format!("DO $$ BEGIN {role}; {there}; END $$")).await;
    }

    /// Stops the server as a crash does.
    pub(crate) fn crash(&self) {
        self.pg_ctl("stop", &["--mode=immediate"]);
    }

    /// Starts it again.
    pub(crate) fn start_again(&self) {
        let directory = self.directory.path().display();
        let log = format!("--log={directory}/log");
        self.pg_ctl("start", &["--timeout=120", &log, &format!("--options=-c config_file={directory}/server.conf")]);
    }

    fn pg_ctl(&self, verb: &str, arguments: &[&str]) {
        let directory = self.directory.path();
        let mut command = self.programs.command(directory, &self.programs.folder.join("pg_ctl"));
        command.args([verb, "--silent", "--wait", "--pgdata=data"]).args(arguments);
        let done = command.output().expect("pg_ctl, and setpriv");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "pg_ctl {verb} ended with {}: {said}", done.status);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // It has nothing to say that would help here.
        let _ = self.supervisor.wait();
    }
}

/// The folder of the server's programs, and the user that runs them.
struct Programs {
    folder: PathBuf,
    user: Option<User>,
}

/// The server refuses to run as root.
struct User {
    uid: u32,
    gid: u32,
}

impl Programs {
    fn find() -> Self {
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut versions: Vec<(u32, PathBuf)> = debian
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .filter(|(_, folder)| folder.join("initdb").exists())
            .collect();
        versions.sort();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut elsewhere = std::env::split_paths(&path).filter(|folder| folder.join("initdb").exists());
        let newest = versions.pop().map(|(_, folder)| folder).or_else(|| elsewhere.next());
        let folder =
            newest.expect("PostgreSQL is not installed, and this test needs its server: `apt-get install postgresql`");
        let user = (number("id", &["-u"]) == Some(0)).then(|| {
            let named = ["postgres", "nobody"]
                .iter()
                .find_map(|name| Some(User { uid: number("id", &["-u", name])?, gid: number("id", &["-g", name])? }));
            named.expect("a user other than root to run PostgreSQL as: `apt-get install postgresql` makes one")
        });
        Self { folder, user }
    }

    fn command(&self, directory: &Path, program: &Path) -> Command {
        let mut command = match &self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={}", user.uid), &format!("--regid={}", user.gid)]);
                command.arg("--clear-groups").arg(program);
                command
            }
            None => Command::new(program),
        };
        // Nothing of the caller's own PostgreSQL: PGDATA, PGPORT, PGOPTIONS, ...
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
        command.current_dir(directory).stdin(Stdio::null());
        command
    }

    fn make_settings(&self, directory: &Path, port: u16) {
        let of = directory.display();
        let settings = format!(
            "listen_addresses = '127.0.0.1'
            port = {port}
            unix_socket_directories = '{of}'
            max_connections = 200
            shared_buffers = 16MB
            fsync = off
            log_statement = all
            ssl = on
            ssl_cert_file = '{of}/server.crt'
            ssl_key_file = '{of}/server.key'
            hba_file = '{of}/hba.conf'
            "
        );
        self.write(&directory.join("server.conf"), &settings);
        // The first line is for `Server::trust`.
        let who = "host all trusted 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        self.write(&directory.join("hba.conf"), who);
    }

    /// A certificate for 127.0.0.1, and the authority that it comes from.
    fn make_certificate(&self, directory: &Path) -> String {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        let certificate = server.signed_by(&key, &issuer).expect("a certificate");
        self.write(&directory.join("server.crt"), &certificate.pem());
        self.write(&directory.join("server.key"), &key.serialize_pem());
        authority
    }

    /// Writes a file that only the server's user may read.
    fn write(&self, path: &Path, text: &str) {
        let mut file = std::fs::File::create(path).expect("a file");
        file.write_all(text.as_bytes()).expect("a file");
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).expect("permissions");
        self.give(path);
    }

    fn give(&self, path: &Path) {
        if let Some(user) = &self.user {
            chown(path, Some(user.uid), Some(user.gid)).expect("root may give a file away");
        }
    }

    fn supervise(&self, directory: &Path) -> Option<Child> {
        let mut command = self.command(directory, Path::new("sh"));
        command.args(["-c", SUPERVISOR, "supervisor"]).arg(&self.folder).arg(directory);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh, and setpriv");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("what the supervisor says");
        if line.trim() == "ready" {
            return Some(child);
        }
        child.wait().expect("the supervisor");
        None
    }
}

fn number(program: &str, arguments: &[&str]) -> Option<u32> {
    let done = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(done.stdout).ok()?.trim().parse().ok()
}
