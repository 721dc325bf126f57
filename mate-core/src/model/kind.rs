//! The contract of a kind, typed for blueprints and erased for plan and engine.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::KindName;
use super::{DriftClass, Ownership};

/// What a change of one field does to the running object.
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

/// How a field changes.
#[derive(Debug, Clone, Copy)]
pub enum Change {
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
    /// What a change of it does.
    pub change: Change,
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
    /// Which changes of it (first: old, second: new) are made behind the changes of everything that uses the object, instead
    /// of before them: what winds down. A database stops once the services are at 0.
    pub after_users: Option<fn(&Value, &Value) -> bool>,
    /// What a difference of it is about. Where nobody said it, it counts as the gravest.
    pub class: Option<DriftClass>,
}

impl FieldRule {
    /// A field that is read back, ordered, with this impact when it changes.
    #[must_use]
    pub const fn new(field: &'static str, impact: Impact) -> Self {
        Self {
            field,
            change: Change::Always(impact),
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
    pub const fn by(field: &'static str, change: fn(&Value, &Value) -> Impact) -> Self {
        Self { change: Change::By(change), ..Self::new(field, Impact::InPlace) }
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

    /// What a difference of it is about.
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

/// How a replacement is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// The new object first, then its dependents move over, then the old one goes. The new one has a name of its own.
    CreateFirst,
    /// The old object goes first, because its name or place can exist only once.
    DeleteFirst,
}

/// What is lost when an object of this kind is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Nothing: it can be made again as it was.
    None,
    /// Customer data, or a secret that cannot be made again.
    Held(&'static str),
}

/// Typical durations, for estimates and for when to look first. From `docs`' table of creation times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the create call to ready.
    pub create: Duration,
    /// From the update call to ready.
    pub update: Duration,
    /// From the delete call to gone.
    pub delete: Duration,
}

impl Timing {
    /// In seconds.
    #[must_use]
    pub const fn seconds(create: u64, update: u64, delete: u64) -> Self {
        Self {
            create: Duration::from_secs(create),
            update: Duration::from_secs(update),
            delete: Duration::from_secs(delete),
        }
    }
}

/// AWS's limit on the physical name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRule {
    /// Most characters.
    pub max: usize,
}

/// Within what the name of an object is unique.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// An account and region: the same name can be used in each.
    #[default]
    Region,
    /// An account: its regions share the names. Roles and trails.
    Account,
    /// The world: an account cannot have a name that another has. Buckets.
    World,
}

impl Reach {
    /// The end of a name that no other region, or no other account, gives: `us-east-1`, `123456789012-us-east-1`.
    #[must_use]
    pub fn place(self, account_id: &str, region: &str) -> Option<String> {
        match self {
            Self::Region => None,
            Self::Account => Some(region.to_owned()),
            Self::World => Some(format!("{account_id}-{region}")),
        }
    }
}

/// A resource kind.
pub trait Kind: fmt::Debug + Send + Sync + 'static {
    /// `service:Noun`, in AWS's own terms.
    const NAME: &'static str;

    /// Within what its names are unique. An object of a kind that is not a region's carries the tags `Account` and `Region`
    /// ([`Ownership::PLACE`]).
    const REACH: Reach = Reach::Region;

    /// What goes in.
    type Inputs: Serialize + DeserializeOwned + Clone + fmt::Debug + PartialEq + Send + Sync;

    /// The kind as plan and engine see it.
    fn model() -> KindModel;

    /// The kind's name as an identifier.
    ///
    /// # Panics
    /// When [`Kind::NAME`] does not have the form of a kind; every kind has a test for that.
    #[must_use]
    fn name() -> KindName {
        KindName::new(Self::NAME).expect("Kind::NAME has the form service:Noun")
    }
}

/// A kind without its types: what plan and engine need to know of it.
#[derive(Debug, Clone)]
pub struct KindModel {
    /// The kind.
    pub name: KindName,
    /// One rule a field of the inputs.
    pub fields: &'static [FieldRule],
    /// The names of the outputs.
    pub outputs: &'static [&'static str],
    /// Outputs that an update in place gives a new value (the ARN of a task definition's next revision).
    pub revised_outputs: &'static [&'static str],
    /// Outputs that follow from the name alone: an object made again under its name has them as before.
    pub named_outputs: &'static [&'static str],
    /// How a replacement is ordered.
    pub replace: ReplaceOrder,
    /// What a deletion loses.
    pub data: Data,
    /// What it is about when the object is gone.
    pub lost: DriftClass,
    /// Typical durations for these inputs.
    pub timing: fn(&Value) -> Timing,
    /// The limit on its name.
    pub name_rule: NameRule,
    /// Whether AWS lets it carry tags.
    pub taggable: bool,
    /// Whether AWS itself keeps a second creation from making a second object: by its name, its place or a token. Where it
    /// does not, a creation whose outcome is not known is made again only once the first would be visible by its tags.
    pub deduplicated: bool,
    /// Whether it is run, and is over then: it is ready once it has ended well, AWS forgets it some time later, and nobody misses
    /// it. Other inputs are another run, beside which nothing has to be deleted; one that failed is run again.
    pub run_once: bool,
}

impl KindModel {
    /// The rule of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldRule> {
        self.fields.iter().find(|rule| rule.field == name)
    }

    /// What a difference at this path is about: `ingress[]`, `tags.Owner`. By ownership tags an object is known to be ours.
    #[must_use]
    pub fn drift_class(&self, path: &str) -> DriftClass {
        let field = path.split(['.', '[']).next().unwrap_or(path);
        if field == "tags" {
            let key = path.strip_prefix("tags.").unwrap_or_default();
            let owns = Ownership::KEYS.contains(&key);
            return if owns { DriftClass::Security } else { DriftClass::Cosmetic };
        }
        self.field(field).and_then(|rule| rule.class).unwrap_or(DriftClass::Security)
    }
}

/// A kind that nobody registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kind {0} is not registered; add its model with Kinds::with")]
#[non_exhaustive]
pub struct UnknownKind(pub KindName);

/// The kinds that a client knows.
#[derive(Debug, Clone)]
pub struct Kinds {
    models: BTreeMap<KindName, KindModel>,
}

impl Kinds {
    /// No kind.
    #[must_use]
    pub fn none() -> Self {
        Self { models: BTreeMap::new() }
    }

    /// Adds a kind.
    #[must_use]
    pub fn with<K: Kind>(mut self) -> Self {
        self.models.insert(K::name(), K::model());
        self
    }

    /// The model of a kind.
    ///
    /// # Errors
    /// [`UnknownKind`] when it is not registered.
    pub fn get(&self, kind: &KindName) -> Result<&KindModel, UnknownKind> {
        self.models.get(kind).ok_or_else(|| UnknownKind(kind.clone()))
    }

    /// Whether AWS keeps a second creation of this kind from making a second object; see [`KindModel::deduplicated`].
    #[must_use]
    pub fn deduplicated(&self, kind: &KindName) -> bool {
        self.models.get(kind).is_none_or(|model| model.deduplicated)
    }

    /// All models in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &KindModel> {
        self.models.values()
    }
}
