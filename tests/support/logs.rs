//! Takes every log line of the process at TRACE, and looks for a secret in it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// Counts the bytes of the log, and keeps the first line that holds the canary.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    canary: &'static str,
    seen: Arc<Mutex<(usize, Option<String>)>>,
}

impl Logs {
    /// Takes the log from now on. Once a process.
    pub(crate) fn capture(canary: &'static str) -> Self {
        let logs = Self { canary, seen: Arc::default() };
        // `init` takes what libraries say by the `log` crate too.
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(logs.clone()).init();
        logs
    }

    /// Something was logged, and the canary was not in it.
    pub(crate) fn assert_clean(&self) {
        let (bytes, leak) = self.seen.lock().unwrap().clone();
        assert!(bytes > 1000, "logs were captured");
        assert_eq!(leak, None, "no log line holds a secret");
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut seen = self.seen.lock().unwrap();
        seen.0 += bytes.len();
        let line = String::from_utf8_lossy(bytes);
        if line.contains(self.canary) && seen.1.is_none() {
            seen.1 = Some(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
