//! The behaviour of a kind in a simulated cloud.

use serde_json::Value;

use super::Naming;
use crate::model::Outputs;

/// The behaviour of a kind in a simulated cloud: its ids and outputs in AWS's forms, the names of its states, calls and errors,
/// and the requests that AWS refuses.
///
/// ```
/// use mate_core::model::SimFacet;
///
/// const SIM: SimFacet = SimFacet { calls: ("CreateQueue", "SetQueueAttributes", "DeleteQueue"), ..SimFacet::PLAIN };
/// assert_eq!(SIM.words, ("creating", "modifying"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SimFacet {
    /// The physical id; the name unless said.
    pub physical_id: fn(&Naming<'_>) -> String,
    /// The outputs. Without it they are made from the declared outputs of the kind.
    pub outputs: Option<fn(&Naming<'_>) -> Outputs>,
    /// Outputs that exist only once the object was ready.
    pub late: &'static [&'static str],
    /// True if names mean nothing to AWS: objects are known by their ownership tags, and two may have one name.
    pub by_tags: bool,
    /// The input by which an object is found that is adopted or only read; none where the name or the tags tell it.
    pub known_by: Option<&'static str>,
    /// The input within whose value names are unique; empty for names unique in the account.
    pub scope: &'static str,
    /// Inputs of which the same values can exist only once.
    pub place: &'static [&'static str],
    /// AWS's words for being made and being changed.
    pub words: (&'static str, &'static str),
    /// AWS's calls: create, update, delete.
    pub calls: (&'static str, &'static str, &'static str),
    /// The call that reads objects, with its service, and the number of objects that it reads at once.
    pub read: Option<(&'static str, usize)>,
    /// The code when something has the name.
    pub exists: &'static str,
    /// The code when the object is busy; empty where a busy object can be changed and deleted.
    pub busy: &'static str,
    /// The code when the account's limit is reached.
    pub quota: &'static str,
    /// The code when a final snapshot of this name exists.
    pub snapshot_exists: &'static str,
    /// The code when no snapshot can be taken of the object.
    pub snapshot_refused: &'static str,
    /// The code when the snapshot to fill an object from does not exist.
    pub snapshot_missing: &'static str,
    /// The code when an object that still has content is deleted.
    pub not_empty: &'static str,
    /// The code and the words of the refusal to delete an object whose input `deletion_protection` is true.
    pub protected: Option<(&'static str, &'static str)>,
    /// True if a deleted object is gone at once, whatever its usual time.
    pub gone_at_once: bool,
    /// Refuses values that AWS does not accept.
    pub inputs: fn(&Value) -> Result<(), Refused>,
    /// Refuses a creation or a change that AWS refuses for what else there is.
    pub request: fn(&SimRequest<'_>, &dyn SimWorld) -> Result<(), Refused>,
    /// Refuses a deletion.
    pub deletion: fn(&SimDeletion<'_>, &dyn SimWorld) -> Result<(), Refused>,
    /// The reason why an object that is made does not become ready, or why a run fails.
    pub trouble: fn(&SimView<'_>, &dyn SimWorld) -> Option<String>,
    /// The machinery of the simulated cloud that drives it.
    pub mechanism: Mechanism,
}

impl SimFacet {
    /// A kind with a name that is its physical id, which takes any inputs of its form and refuses nothing.
    pub const PLAIN: Self = Self {
        physical_id: |naming| naming.name().to_owned(),
        outputs: None,
        late: &[],
        by_tags: false,
        known_by: None,
        scope: "",
        place: &[],
        words: ("creating", "modifying"),
        calls: ("Create", "Modify", "Delete"),
        read: None,
        exists: "ResourceAlreadyExistsException",
        busy: "",
        quota: "ServiceQuotaExceededException",
        snapshot_exists: "SnapshotAlreadyExistsFault",
        snapshot_refused: "SnapshotFeatureNotSupportedFault",
        snapshot_missing: "SnapshotNotFoundFault",
        not_empty: "ResourceInUseException",
        protected: None,
        gone_at_once: false,
        inputs: |_| Ok(()),
        request: |_, _| Ok(()),
        deletion: |_, _| Ok(()),
        trouble: |_, _| None,
        mechanism: Mechanism::None,
    };

    /// An object of EC2's network: it has no name.
    pub const NETWORK: Self = Self { by_tags: true, words: ("pending", "modifying"), ..Self::PLAIN };
}

/// The machinery of the simulated cloud that drives a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mechanism {
    /// None: it is made, changed and deleted.
    None,
    /// A secret: a value is generated as its input `generate` says, anew with each `generation`, and its name is held for
    /// `recovery_window_days` after its deletion.
    Secret,
    /// A definition of containers: each change is a revision.
    Revisions,
    /// A service: it runs the images of its `task_definition`, `desired_count` times, and deploys by its strategy.
    Service,
}

/// The class of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedFor {
    /// The request is never accepted as it is.
    Invalid,
    /// Something else has to be there, or to be gone, before.
    Dependency,
    /// Something has the name or the place.
    AlreadyExists,
}

/// A refusal: its class, AWS's code, and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The class.
    pub class: RefusedFor,
    /// AWS's code.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

impl Refused {
    /// A request that is never accepted as it is.
    ///
    /// # Errors
    /// Always.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Result<(), Self> {
        Err(Self { class: RefusedFor::Invalid, code, message: message.into() })
    }

    /// Something else has to be there, or to be gone, before.
    ///
    /// # Errors
    /// Always.
    pub fn dependency(code: &'static str, message: impl Into<String>) -> Result<(), Self> {
        Err(Self { class: RefusedFor::Dependency, code, message: message.into() })
    }

    /// Something has the name or the place.
    ///
    /// # Errors
    /// Always.
    pub fn exists(code: &'static str, message: impl Into<String>) -> Result<(), Self> {
        Err(Self { class: RefusedFor::AlreadyExists, code, message: message.into() })
    }
}

/// An object of the simulated cloud, as the rules of a kind see it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SimView<'a> {
    /// Its number.
    pub uid: u64,
    /// Its kind.
    pub kind: &'a str,
    /// Its physical name.
    pub name: &'a str,
    /// Its physical id.
    pub physical_id: &'a str,
    /// Its inputs.
    pub inputs: &'a Value,
    /// Its outputs.
    pub outputs: &'a Outputs,
    /// True if its deletion has begun.
    pub going: bool,
}

impl<'a> SimView<'a> {
    pub(crate) fn new(uid: u64, texts: [&'a str; 3], values: (&'a Value, &'a Outputs), going: bool) -> Self {
        let ([kind, name, physical_id], (inputs, outputs)) = (texts, values);
        Self { uid, kind, name, physical_id, inputs, outputs, going }
    }
}

/// A creation, or a change to these inputs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SimRequest<'a> {
    /// The physical name.
    pub name: &'a str,
    /// The inputs that the object is to have.
    pub inputs: &'a Value,
    /// The number of the object, once there is one.
    pub own: Option<u64>,
}

impl<'a> SimRequest<'a> {
    pub(crate) fn new(name: &'a str, inputs: &'a Value, own: Option<u64>) -> Self {
        Self { name, inputs, own }
    }
}

/// A deletion.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SimDeletion<'a> {
    /// The object that is to be deleted.
    pub object: SimView<'a>,
    /// True if data is kept.
    pub keeps: bool,
    /// The name of the final snapshot.
    pub final_snapshot: Option<&'a str>,
}

impl<'a> SimDeletion<'a> {
    pub(crate) fn new(object: SimView<'a>, keeps: bool, final_snapshot: Option<&'a str>) -> Self {
        Self { object, keeps, final_snapshot }
    }
}

/// The simulated cloud, as the rules of a kind see it.
pub trait SimWorld {
    /// The object of a kind by its physical id, or by an output that others refer to it by.
    fn by_key(&self, kind: &str, key: &str) -> Option<SimView<'_>>;

    /// The first object of a kind for which `test` is true.
    fn find<'a>(&'a self, kind: &str, test: &mut dyn FnMut(&SimView<'a>) -> bool) -> Option<SimView<'a>>;

    /// The objects that refer to this one.
    fn holders(&self, uid: u64) -> Vec<SimView<'_>>;

    /// True if the object is ready.
    fn is_ready(&self, uid: u64) -> bool;

    /// The first object that is stopped, by its input `stopped`, and for which `test` is true.
    fn find_stopped<'a>(&'a self, test: &mut dyn FnMut(&SimView<'a>) -> bool) -> Option<SimView<'a>>;
}
