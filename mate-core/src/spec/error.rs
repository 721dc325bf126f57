//! The errors of a spec: every problem at once, each with its field, the allowed values and the given value.

use std::fmt;

/// A value that a newtype does not admit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {allowed}, not {given}")]
#[non_exhaustive]
pub struct InvalidValue {
    /// The name of the value: `a subdomain`.
    pub what: &'static str,
    /// The allowed values.
    pub allowed: String,
    /// The given value.
    pub given: String,
}

impl InvalidValue {
    pub(crate) fn text(what: &'static str, allowed: &str, given: &str) -> Self {
        Self { what, allowed: allowed.to_owned(), given: quoted(given) }
    }
}

/// One problem of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpecError {
    /// The field, `database.allocated_storage_gib`; empty for the document as a whole.
    pub path: String,
    /// The problem of the field.
    pub problem: String,
    /// The allowed values, where they can be stated.
    pub allowed: Option<String>,
    /// The given value, if there was one. Never the value of an environment variable.
    pub given: Option<String>,
}

impl SpecError {
    /// A problem of the field at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), allowed: None, given: None }
    }

    /// Adds the allowed values.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Adds the given value.
    #[must_use]
    pub fn given(mut self, given: impl fmt::Display) -> Self {
        self.given = Some(shortened(&given.to_string()));
        self
    }

    /// A name that is not among the known ones, with the nearest of them where one is near.
    #[must_use]
    pub fn unknown<'a>(
        path: impl Into<String>,
        what: &str,
        given: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let problem = match nearest(given, known.iter().copied()) {
            Some(near) => format!("is not a known {what}; did you mean `{near}`?"),
            None => format!("is not a known {what}"),
        };
        Self::new(path, problem).allowed(known.join(", ")).given(quoted(given))
    }

    pub(crate) fn invalid(path: impl Into<String>, invalid: InvalidValue) -> Self {
        Self::new(path, format!("is not {}", invalid.what)).allowed(invalid.allowed).given(invalid.given)
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)?;
        match (&self.allowed, &self.given) {
            (Some(allowed), Some(given)) => write!(f, " (allowed: {allowed}; given: {given})"),
            (Some(allowed), None) => write!(f, " (allowed: {allowed})"),
            (None, Some(given)) => write!(f, " (given: {given})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for SpecError {}

/// Every problem of a spec; one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecErrors(Vec<SpecError>);

impl SpecErrors {
    /// The problems, or nothing if there are none.
    #[must_use]
    pub fn from_list(errors: impl IntoIterator<Item = SpecError>) -> Option<Self> {
        let errors: Vec<SpecError> = errors.into_iter().collect();
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The problems one by one.
    pub fn iter(&self) -> impl Iterator<Item = &SpecError> {
        self.0.iter()
    }

    /// The number of errors.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn check(errors: Vec<SpecError>) -> Result<(), Self> {
        Self::from_list(errors).map_or(Ok(()), Err)
    }
}

impl From<SpecError> for SpecErrors {
    fn from(error: SpecError) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for SpecErrors {
    type Item = SpecError;
    type IntoIter = std::vec::IntoIter<SpecError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            1 => f.write_str("the spec has 1 error:")?,
            many => write!(f, "the spec has {many} errors:")?,
        }
        self.iter().try_for_each(|error| write!(f, "\n  - {error}"))
    }
}

impl std::error::Error for SpecErrors {}

const LONGEST: usize = 60;

/// The text in quotes, control characters escaped, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len().min(LONGEST) + 2);
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            return format!("\"{escaped}…\"");
        }
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            control if control.is_control() => escaped.extend(control.escape_default()),
            other => escaped.push(other),
        }
    }
    format!("\"{escaped}\"")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 2 * LONGEST {
        return text.to_owned();
    }
    text.chars().take(2 * LONGEST).chain(['…']).collect()
}

/// The nearest of the known names, for "did you mean".
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > 100 {
        return None;
    }
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}
