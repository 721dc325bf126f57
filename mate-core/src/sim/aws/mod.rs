//! The behaviour of AWS itself, kind by kind: how a repeated creation is recognised, what carries tags, which inputs cannot
//! be changed.
//!
//! The table is the simulated cloud's own. It asks no [`KindModel`](crate::model::KindModel), so that a wrong model meets a
//! cloud that does not err in the same way. Each entry names its sources: pages of the API references by their names
//! (`CreateVpc`), other documents by their titles. [`tests`] compares the models with the table.
//!
//! An embedder's own kind is not in the table, and behaves as its model says: [`own`].

mod account;
mod containers;
mod data;
mod names;
mod network;
mod own;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use crate::provider::ErrorClass;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The behaviour of one kind.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kind: &'static str,
    pub(super) creation: Creation,
    pub(super) tagged: Tagged,
    /// The inputs that no call changes.
    pub(super) fixed: &'static [Fixed],
}

/// The way in which AWS recognises a repeated creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    /// The name exists once, within the value of the input `within` where that is not empty.
    ByName { within: &'static str, again: Again },
    /// These inputs together exist once.
    ByPlace { inputs: &'static [&'static str], again: Again },
    /// By a token of the call.
    ByToken(Token),
    /// Each call adds a revision to what has the name.
    Revision,
    /// Each call makes another object.
    Never,
}

/// The answer to a repeated creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Refused with this code, whatever the call says.
    Refused(&'static str),
    /// The object that stands, for an equal call; one with other settings is refused with this code.
    SameOr(&'static str),
    /// The object that stands, whatever the call says, and as it was.
    Same,
    /// The object that stands, brought to what the call says.
    Overwritten,
}

/// The token of a creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) source: Source,
    pub(super) again: Again,
    /// The class that the provider gives to a refusal.
    pub(super) class: ErrorClass,
    pub(super) memory: Memory,
    pub(super) compared: Compared,
}

/// The origin of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The request's token.
    Request,
    /// The driver makes it of the physical name.
    Name,
}

/// The time for which AWS knows a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// For this long after its first use.
    For(Duration),
    /// While its object stands, and for this long after it.
    PastItsEnd(Duration),
    /// Until this long after its object's end, and never longer than `most` after its first use.
    AtMost { most: Duration, past_its_end: Duration },
    /// While its object stands.
    WhileItStands,
    /// For good.
    ForEver,
}

/// The parameters that have to be the same when a token is used again: those of the creating call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// Name, tags and every input that is sent to AWS.
    All,
    /// Name, tags and these inputs; the others are set by calls of their own.
    Only(&'static [&'static str]),
}

/// The tags of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagged {
    /// It carries tags, and the creating call takes them.
    InCall,
    /// It carries tags, and takes them by a call of their own.
    Afterwards,
    /// It carries none.
    Never,
}

/// An input that no call changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    pub(super) field: &'static str,
    /// True for changes of it, by its old and new value, that AWS refuses; none where it refuses all.
    refused: Option<fn(&Value, &Value) -> bool>,
}

impl Fixed {
    /// Never changed.
    const fn always(field: &'static str) -> Self {
        Self { field, refused: None }
    }

    /// These changes are refused.
    const fn when(field: &'static str, refused: fn(&Value, &Value) -> bool) -> Self {
        Self { field, refused: Some(refused) }
    }

    /// True if AWS refuses the change of this input from one value to the other.
    pub(super) fn refuses(&self, old: &Value, new: &Value) -> bool {
        self.refused.is_none_or(|refused| refused(old, new))
    }
}

impl Facts {
    const fn new(kind: &'static str, creation: Creation) -> Self {
        Self { kind, creation, tagged: Tagged::InCall, fixed: &[] }
    }

    /// A name that exists once in the account: a second creation is refused with this code.
    const fn named(kind: &'static str, exists: &'static str) -> Self {
        Self::new(kind, Creation::ByName { within: "", again: Again::Refused(exists) })
    }

    const fn fixed(mut self, fixed: &'static [Fixed]) -> Self {
        self.fixed = fixed;
        self
    }

    const fn tagged(mut self, tagged: Tagged) -> Self {
        self.tagged = tagged;
        self
    }
}

impl Again {
    /// The code of a refusal, where there is one.
    pub(super) fn code(self) -> Option<&'static str> {
        match self {
            Self::Refused(code) | Self::SameOr(code) => Some(code),
            Self::Same | Self::Overwritten => None,
        }
    }
}

impl Creation {
    /// The code with which a creation is refused because something has the name or the place.
    pub(super) fn exists(self) -> Option<&'static str> {
        match self {
            Self::ByName { again, .. } | Self::ByPlace { again, .. } => again.code(),
            Self::ByToken(_) | Self::Revision | Self::Never => None,
        }
    }

    /// True if nothing but its tags tells that an object is there: a creation does not meet one that cannot be seen yet.
    pub(super) fn passes_by_unseen(self) -> bool {
        matches!(self, Self::ByToken(_) | Self::Never)
    }
}

/// True if a version is lower than the one before, in the parts that both have.
fn is_lower(old: &Value, new: &Value) -> bool {
    let parts = |value: &Value| -> Vec<u64> {
        let text = value.as_str().unwrap_or_default();
        text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    let (old, new) = (parts(old), parts(new));
    let told = old.len().min(new.len());
    new[..told] < old[..told]
}

static TABLE: LazyLock<BTreeMap<&'static str, &'static Facts>> = LazyLock::new(|| {
    let all = [network::FACTS, containers::FACTS, names::FACTS, data::FACTS, account::FACTS];
    all.into_iter().flatten().map(|facts| (facts.kind, facts)).collect()
});

/// The behaviour of a kind of AWS; none of an embedder's own.
pub(super) fn facts(kind: &str) -> Option<&'static Facts> {
    TABLE.get(kind).copied()
}

/// Every entry of the table.
#[cfg(test)]
fn all() -> impl Iterator<Item = &'static Facts> {
    TABLE.values().copied()
}
