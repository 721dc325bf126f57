//! Figures that belong into the log of the tests.

use std::fmt::Display;
use std::io::Write;

/// Prints the count of an exhaustive test, as a line that `./test exhaustive` reads: `[part] 415 cases of Provision`.
#[allow(dead_code, reason = "not every test binary has exhaustive tests")]
pub(crate) fn count(part: &str, number: impl Display, what: impl Display) {
    tell(format!("[{part}] {number} {what}"));
}

/// Writes a line past the test harness, which holds back what a test that passes prints.
pub(crate) fn tell(figures: impl Display) {
    // Nobody reads them when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{figures}");
}
