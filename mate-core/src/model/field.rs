//! One field of the inputs of a kind: the impact of changing it, and the way it is compared.

use serde_json::Value;

use super::DriftClass;

/// The impact of a change of one field on the running object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Impact {
    /// Changed in place, nobody notices.
    InPlace,
    /// Tasks or nodes restart one after another; the service goes on.
    Restart(&'static str),
    /// The object cannot be used for a while. The text says for how long and why.
    Downtime(&'static str),
    /// AWS cannot change it: a new object takes the old one's place.
    Replace(&'static str),
    /// Refused. The text says the way round.
    Never(&'static str),
}

/// The impact of a field, always the same or by the values.
#[derive(Debug, Clone, Copy)]
pub enum FieldImpact {
    /// Always with this impact.
    Always(Impact),
    /// It depends on the whole inputs before and after (first: old, second: new).
    By(fn(&Value, &Value) -> Impact),
}

/// One field of a kind's inputs.
#[derive(Debug, Clone, Copy)]
pub struct FieldRule {
    /// The field's name in the JSON form.
    pub field: &'static str,
    /// The impact of a change of it.
    pub impact: FieldImpact,
    /// AWS does not tell this field back, or tells it in a form that cannot be compared: it is compared with the record instead.
    pub write_only: bool,
    /// A list whose order means nothing.
    pub unordered: bool,
    /// Words for people (a description, a comment): an adopted object keeps those of its maker.
    pub words: bool,
    /// Only there to derive an edge from; never sent to AWS, never a difference.
    pub edge_only: bool,
    /// It says from what the object is made, and means nothing afterwards: never a difference.
    pub creation_only: bool,
    /// True for changes of it (first: old, second: new) that are made behind the changes of everything that uses the object, instead
    /// of before them: what winds down. A database stops once the services are at 0.
    pub after_users: Option<fn(&Value, &Value) -> bool>,
    /// The class of a difference of it. Where nobody said it, it counts as the gravest.
    pub class: Option<DriftClass>,
}

impl FieldRule {
    /// A field that is read back, ordered, with this impact when it changes.
    #[must_use]
    pub const fn new(field: &'static str, impact: Impact) -> Self {
        Self {
            field,
            impact: FieldImpact::Always(impact),
            write_only: false,
            unordered: false,
            words: false,
            edge_only: false,
            creation_only: false,
            class: None,
            after_users: None,
        }
    }

    /// A field whose impact depends on the values.
    #[must_use]
    pub const fn by(field: &'static str, impact: fn(&Value, &Value) -> Impact) -> Self {
        Self { impact: FieldImpact::By(impact), ..Self::new(field, Impact::InPlace) }
    }

    /// These changes of it, by its old and new value, come behind those of everything that uses the object.
    #[must_use]
    pub const fn after_users(mut self, winds_down: fn(&Value, &Value) -> bool) -> Self {
        self.after_users = Some(winds_down);
        self
    }

    /// AWS does not tell it back.
    #[must_use]
    pub const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// A list whose order means nothing.
    #[must_use]
    pub const fn unordered(mut self) -> Self {
        self.unordered = true;
        self
    }

    /// Words for people.
    #[must_use]
    pub const fn words(mut self) -> Self {
        self.words = true;
        self
    }

    /// The class of a difference of it.
    #[must_use]
    pub const fn class(mut self, class: DriftClass) -> Self {
        self.class = Some(class);
        self
    }

    /// It means something only when the object is made.
    #[must_use]
    pub const fn creation_only(mut self) -> Self {
        self.creation_only = true;
        self
    }

    /// Only an edge.
    #[must_use]
    pub const fn edge_only(mut self) -> Self {
        self.edge_only = true;
        self
    }
}
