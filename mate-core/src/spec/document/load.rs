//! Reads documents of any format from text and files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::hcl;
use super::raw::{Raw, Table};
use crate::spec::error::{SpecError, SpecErrors};

/// The longest document that is read, bytes.
const LONGEST: usize = 1 << 20;

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// HCL as in a `terraform.tfvars`.
    Tfvars,
}

impl Format {
    /// The format of a file by its extension: `.toml`, `.json`, `.tfvars` or `.hcl`.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "tfvars" | "hcl" => Some(Self::Tfvars),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Toml => "TOML",
            Self::Json => "JSON",
            Self::Tfvars => "HCL",
        })
    }
}

/// A document that could not be loaded from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file's extension says no known format.
    #[error("cannot tell the format of {}: its name must end with .toml, .json or .tfvars", .path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file's content is wrong.
    #[error("{} is not valid", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong.
        source: SpecErrors,
    },
}

pub(crate) fn from_path<T>(
    path: &Path,
    read: impl FnOnce(Format, &str) -> Result<T, SpecErrors>,
) -> Result<T, LoadError> {
    let owned = || path.to_owned();
    let format = Format::of(path).ok_or_else(|| LoadError::UnknownFormat { path: owned() })?;
    let text = std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: owned(), source })?;
    read(format, &text).map_err(|source| LoadError::Invalid { path: owned(), source })
}

pub(crate) fn parse(format: Format, text: &str) -> Result<Table, SpecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LONGEST {
        let error = SpecError::new("", "is too long").allowed(format!("up to {LONGEST} bytes"));
        return Err(error.given(format!("{} bytes", text.len())));
    }
    let raw = match format {
        Format::Tfvars => Raw::Table(hcl::parse(text)?),
        Format::Toml => Raw::from_toml(toml::from_str::<toml::Table>(text).map_err(|error| {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            SpecError::new("", format!("is not TOML: line {line}, column {column}: {}", error.message()))
        })?),
        Format::Json => serde_json::from_str(text).map_err(|error| {
            let text = error.to_string();
            let message = text.split(" at line ").next().unwrap_or_default();
            let (line, column) = (error.line(), error.column());
            SpecError::new("", format!("is not JSON: line {line}, column {column}: {message}"))
        })?,
    };
    match raw {
        Raw::Table(table) => Ok(table),
        other => Err(SpecError::new("", "is not a table of fields").given(other)),
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
