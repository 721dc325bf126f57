//! The settings of a store in PostgreSQL.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::time::error::Elapsed;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};

use super::PostgresStore;
use super::schema::{SchemaName, Statements};
use super::tls::connector;
use crate::state::StoreError;

const OPERATION: &str = "set up its connections";

/// Sets up a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresBuilder {
    connection: String,
    password: Option<String>,
    schema: String,
    roots: Option<Vec<u8>>,
    connections: usize,
    connect_timeout: Option<Duration>,
    statement_timeout: Duration,
}

/// Without connection string and password.
impl fmt::Debug for PostgresBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBuilder")
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}

/// Its text may be the password itself: `password=my secret` without quotes is an unknown option `secret`.
#[derive(Debug, thiserror::Error)]
#[error("the connection string cannot be read (it is not shown, for it may hold a password)")]
struct UnreadableConnection;

#[derive(Debug, thiserror::Error)]
#[error(
    "sslmode=require needs the root certificates to check the server against: `root_certificates` takes them as PEM"
)]
struct NoRoots;

impl PostgresBuilder {
    pub(super) fn new(connection: String) -> Self {
        Self {
            connection,
            password: None,
            schema: "mate".to_owned(),
            roots: None,
            connections: 4,
            connect_timeout: None,
            statement_timeout: Duration::from_secs(5),
        }
    }

    /// The password, where the connection string has none. It is in no log, error or debug form of this library.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The schema that the tables are in; `mate` unless this says otherwise. It is made when it is not there.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// The root certificates that the server's has to come from, as PEM; for RDS its `global-bundle.pem`.
    ///
    /// With them, `sslmode=require` and `prefer` (the default) check certificate and host name, as libpq's `verify-full` does;
    /// `prefer` goes without TLS where the server has none. Without them `require` is refused and `prefer` means no TLS.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Sets the greatest number of connections; the default is 4. A call takes one for a few milliseconds.
    #[must_use]
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// Sets the timeout for making a connection, for each host of the connection string; the default is 5 seconds, or the value
    /// in the connection string.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of a statement, which includes the wait for a row that another controller is writing; the default is 5
    /// seconds. The server ends the statement then. A call that has no answer after twice that time is given up.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Connects, and makes the tables or brings them to their present form.
    ///
    /// # Errors
    /// [`StoreError::Backend`] when the server cannot be reached or refuses, when what it is set up with cannot be, and for
    /// tables of a newer version of this library.
    pub async fn open(self) -> Result<PostgresStore, StoreError> {
        let schema = SchemaName::new(&self.schema).map_err(|source| StoreError::permanent(OPERATION, source))?;
        let statements = Statements::new(schema);
        let patience = self.patience();
        let pool = self.pool()?;
        let store = PostgresStore { pool, statements, patience };
        let mut connection = store.connection(OPERATION).await?;
        store.statements.migrate(&mut connection).await?;
        drop(connection);
        Ok(store)
    }

    fn patience(&self) -> Duration {
        self.statement_timeout.saturating_mul(2)
    }

    fn pool(self) -> Result<Pool, StoreError> {
        let config = self.config()?;
        let (session, patience) = (session(self.statement_timeout), self.patience());
        let hosts = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(u32::MAX);
        let connect = config.get_connect_timeout().copied().unwrap_or_default().saturating_mul(hosts);
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match (self.roots, config.get_ssl_mode()) {
            (_, SslMode::Disable) | (None, SslMode::Prefer) => Manager::from_config(config, NoTls, manager),
            (None, _) => return Err(StoreError::permanent(OPERATION, NoRoots)),
            (Some(pem), _) => {
                let tls = connector(&pem).map_err(|source| StoreError::permanent(OPERATION, source))?;
                Manager::from_config(config, tls, manager)
            }
        };
        let begin = Hook::async_fn(move |connection: &mut ClientWrapper, _| {
            let session = session.clone();
            Box::pin(async move {
                match tokio::time::timeout(patience, connection.batch_execute(&session)).await {
                    Ok(begun) => begun.map_err(HookError::Backend),
                    Err(Elapsed { .. }) => Err(HookError::message("the server did not answer in time")),
                }
            })
        });
        Pool::builder(manager)
            .max_size(self.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(patience))
            .create_timeout(Some(connect))
            .post_create(begin)
            .build()
            .map_err(|source| StoreError::permanent(OPERATION, source))
    }

    fn config(&self) -> Result<Config, StoreError> {
        let config = self.connection.parse::<Config>();
        let mut config = config.map_err(|_| StoreError::permanent(OPERATION, UnreadableConnection))?;
        if let Some(password) = &self.password {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("mate");
        }
        match (self.connect_timeout, config.get_connect_timeout()) {
            (Some(timeout), _) => config.connect_timeout(timeout),
            (None, None) => config.connect_timeout(Duration::from_secs(5)),
            (None, Some(_)) => &mut config,
        };
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(self.patience());
        }
        // Of several hosts the one that takes writes: a standby would show what was.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(config)
    }
}

/// The statements with which each session begins. A controller that goes silent in the middle of a transaction does not hold
/// its row for long.
fn session(statement_timeout: Duration) -> String {
    let timeout = statement_timeout.as_millis().clamp(1, 2_147_483_647);
    format!(
        "SET statement_timeout = {timeout};
        SET idle_in_transaction_session_timeout = {timeout};
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
    )
}
