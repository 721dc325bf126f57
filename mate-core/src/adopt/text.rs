//! The text of the matches, for people.

use std::fmt;

use super::candidate::Candidate;
use super::matching::{Evidence, Matches};
use crate::plan::escape::Printable;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "its id was given",
            Self::Owned => "it carries the ownership tags",
            Self::Named => "it has the name",
            Self::Used => "what was found uses it",
            Self::Alike => "it is alike",
            Self::OnlyOne => "it is the only one of its kind: please check",
        })
    }
}

impl fmt::Display for Candidate {
    /// The id, with the name and the origin behind it where they say more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(&self.physical_id))?;
        if let Some(label) = self.label().filter(|label| !self.physical_id.contains(label)) {
            write!(f, " \"{}\"", Printable(label))?;
        }
        if self.origin != self.physical_id && !self.origin.is_empty() {
            write!(f, " ({})", Printable(&self.origin))?;
        }
        Ok(())
    }
}

/// The matched, ambiguous, missing and left-over objects; a line an object, a line break at the end.
impl fmt::Display for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.matched.len() + self.ambiguous.len() + self.missing.len();
        writeln!(f, "Found {} of {nodes}", self.matched.len())?;
        let width = self.matched.keys().map(|node| node.as_str().len()).max().unwrap_or_default();
        for (node, candidate) in &self.matched {
            write!(f, "  = {node:<width$}  {} {candidate}", candidate.kind)?;
            if let Some(evidence) = self.because.get(node) {
                write!(f, ", {evidence}")?;
            }
            writeln!(f)?;
        }
        if !self.ambiguous.is_empty() {
            writeln!(f, "Ambiguous {}: say by its id which it is", self.ambiguous.len())?;
            for (node, candidates) in &self.ambiguous {
                let kind = candidates.first().map(|candidate| candidate.kind.to_string()).unwrap_or_default();
                writeln!(f, "  ? {node}  {kind}")?;
                for candidate in candidates {
                    writeln!(f, "      {candidate}")?;
                }
            }
        }
        if !self.missing.is_empty() {
            writeln!(f, "Missing {}: nothing stands for", self.missing.len())?;
            for node in &self.missing {
                writeln!(f, "  + {node}")?;
            }
        }
        if !self.unused.is_empty() {
            writeln!(f, "Not used {}", self.unused.len())?;
            for candidate in &self.unused {
                writeln!(f, "    {} {candidate}", candidate.kind)?;
            }
        }
        Ok(())
    }
}
