//! Maintenance windows: a time of the week in which a tenant may be down.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
/// The Unix epoch began on a Thursday.
const EPOCH: i64 = 3 * DAY as i64;

/// A time of each week, UTC, as RDS writes its windows: `sun:03:00-sun:05:00`. At least 30 minutes, at most a day.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html>
///
/// ```
/// use mate_core::vocab::MaintenanceWindow;
/// let window: MaintenanceWindow = "sat:23:00-sun:01:30".parse()?;
/// assert_eq!(window.length().as_secs(), 9_000);
/// # Ok::<(), mate_core::vocab::InvalidWindow>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MaintenanceWindow {
    /// Minutes of the week, from Monday.
    begins: u32,
    minutes: u32,
}

/// A text that is not a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "maintenance window: {problem} (allowed: ddd:hh:mm-ddd:hh:mm in UTC, 30 minutes to 24 hours long, as sun:03:00-sun:05:00; given: {given:?})"
)]
#[non_exhaustive]
pub struct InvalidWindow {
    /// The problem of the window.
    pub problem: &'static str,
    /// The given text.
    pub given: String,
}

impl MaintenanceWindow {
    /// The length of the window.
    #[must_use]
    pub fn length(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.minutes))
    }

    /// The time that remains of the window at `now`, in seconds of the Unix epoch; none outside the window.
    #[must_use]
    pub fn remaining(&self, now: i64) -> Option<Duration> {
        let since = self.since(now);
        let length = self.length().as_secs();
        (since < length).then(|| Duration::from_secs(length - since))
    }

    /// The next begin of the window after `now`; both in seconds of the Unix epoch.
    #[must_use]
    pub fn next(&self, now: i64) -> i64 {
        now + 60 * i64::from(WEEK) - i64::try_from(self.since(now)).unwrap_or(0)
    }

    /// Seconds since it began last.
    fn since(&self, now: i64) -> u64 {
        let of_week = now + 60 * EPOCH - 60 * i64::from(self.begins);
        of_week.rem_euclid(60 * i64::from(WEEK)).unsigned_abs()
    }
}

fn minute(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let (day, hour, minute) = (parts.next()?, parts.next()?, parts.next()?);
    let day = DAYS.iter().position(|known| day.eq_ignore_ascii_case(known))?;
    let figure = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() == 2);
    let (hour, minute) = (figure(hour)?, figure(minute)?);
    let fits = parts.next().is_none() && hour < 24 && minute < 60;
    fits.then_some(u32::try_from(day).ok()? * DAY + hour * 60 + minute)
}

impl FromStr for MaintenanceWindow {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let invalid = |problem| InvalidWindow { problem, given: text.to_owned() };
        let ends = text.split_once('-').and_then(|(begins, ends)| Some((minute(begins)?, minute(ends)?)));
        let (begins, ends) = ends.ok_or_else(|| invalid("is not two times of a week"))?;
        let minutes = (ends + WEEK - begins) % WEEK;
        match minutes {
            0..30 => Err(invalid("is shorter than 30 minutes")),
            30..=DAY => Ok(Self { begins, minutes }),
            _ => Err(invalid("is longer than a day")),
        }
    }
}

impl TryFrom<String> for MaintenanceWindow {
    type Error = InvalidWindow;

    fn try_from(text: String) -> Result<Self, InvalidWindow> {
        text.parse()
    }
}

impl From<MaintenanceWindow> for String {
    fn from(window: MaintenanceWindow) -> Self {
        window.to_string()
    }
}

impl fmt::Display for MaintenanceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minute: u32| {
            let day = DAYS[(minute / DAY % 7) as usize];
            format!("{day}:{:02}:{:02}", minute % DAY / 60, minute % 60)
        };
        write!(f, "{}-{}", time(self.begins), time(self.begins + self.minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 1 January 2026, 00:00 UTC.
    const THURSDAY: i64 = 1_767_225_600;
    const HOUR: i64 = 3600;

    fn window(text: &str) -> MaintenanceWindow {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_written_as_it_is_read() {
        for text in ["sun:03:00-sun:05:00", "sat:23:00-sun:01:30", "sun:23:30-mon:00:00", "mon:00:00-tue:00:00"] {
            assert_eq!(window(text).to_string(), text);
            assert_eq!(serde_json::from_value::<MaintenanceWindow>(text.into()).unwrap(), window(text));
        }
        assert_eq!(window("Sun:03:00-SUN:05:00"), window("sun:03:00-sun:05:00"));
    }

    #[test]
    fn what_is_no_window_is_refused_with_what_is() {
        for (text, problem) in [
            ("sunday", "two times"),
            ("sun:3:00-sun:05:00", "two times"),
            ("sun:24:00-mon:01:00", "two times"),
            ("sun:03:00-sun:03:20", "30 minutes"),
            ("sun:03:00-sun:03:00", "30 minutes"),
            ("sun:03:00-tue:03:00", "a day"),
        ] {
            let error = text.parse::<MaintenanceWindow>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn it_is_known_how_much_of_it_is_left_and_when_it_comes_again() {
        let thursday = window("thu:01:00-thu:03:00");
        assert_eq!(thursday.remaining(THURSDAY), None);
        assert_eq!(thursday.next(THURSDAY), THURSDAY + HOUR);
        assert_eq!(thursday.remaining(THURSDAY + HOUR), Some(Duration::from_secs(7200)));
        assert_eq!(thursday.remaining(THURSDAY + 3 * HOUR - 1), Some(Duration::from_secs(1)));
        assert_eq!(thursday.remaining(THURSDAY + 3 * HOUR), None);
        assert_eq!(thursday.next(THURSDAY + 3 * HOUR), THURSDAY + 169 * HOUR);
        let over_midnight = window("sun:23:00-mon:01:00");
        assert_eq!(over_midnight.remaining(THURSDAY + 4 * 24 * HOUR), Some(Duration::from_secs(3600)));
    }
}
