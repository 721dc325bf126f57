//! A fixture as a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mate::model::Tags;
use mate::model::ids::TenantKey;
use mate::spec::{Base, Format, PlatformSpec, TenantSpec};
use mate::state::{LeaseState, LogEntry, LogState, Slot, Stored};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::parts::{Parts, lines};

const FOLDER: &str = "tests/fixtures/records";

/// A record as a store held it, the cloud at that moment, and what has to come of both.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    /// The story of it, for people.
    pub(crate) about: String,
    /// The verb and its arguments, for people.
    pub(crate) run: Value,
    pub(crate) of: Of,
    /// The spec that is wanted in the end.
    pub(crate) spec: Document,
    /// The base of a tenant; none where it stands on the platform beside it, and for a platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<Document>,
    /// The ids that its blueprint gives other than the standard one, by the ids of that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) renamed: BTreeMap<String, String>,
    /// The tags by which it is adopted, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) adopted_by: Option<Tags>,
    pub(crate) expect: Expect,
    pub(crate) store: Vec<Kept>,
    /// [`mate::sim::SimImage`].
    pub(crate) cloud: Value,
    /// The generation that it is of.
    #[serde(skip)]
    pub(crate) generation: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    Tenant,
    Platform,
}

/// A document in its wire form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Document {
    format: String,
    text: String,
}

/// The end that it has to come to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// The phase in which it is found.
    pub(crate) phase: String,
    /// The verbs that are possible there. A later version may admit more.
    pub(crate) possible: Vec<String>,
    pub(crate) goes_on: GoesOn,
    /// True if `tend` has something to do then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) tended: bool,
    /// The phase in the end.
    pub(crate) ends: String,
}

/// The way in which an interrupted run comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GoesOn {
    /// There is none.
    Nothing,
    /// By `resume_run`.
    Resume,
    /// By `resume_run`, which goes back to what was before.
    ResumeAndGoBack,
    /// By the application of its spec: the record of a platform does not hold that.
    ApplyAgain,
    /// By the adoption from its source.
    AdoptAgain,
}

/// The slot and the log that a store kept of one tenant or platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    environment: String,
    tenant: String,
    lease: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_state: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<String>,
    /// The sealed record, in pieces that are to be joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<Vec<String>>,
    log: Vec<Value>,
}

impl Document {
    pub(crate) fn toml(text: impl Into<String>) -> Self {
        Self { format: "toml".to_owned(), text: text.into() }
    }

    /// A tenant's spec as its record holds it.
    pub(crate) fn of(spec: &TenantSpec) -> Self {
        Self { format: "json".to_owned(), text: serde_json::to_string(spec).unwrap() }
    }

    fn format(&self) -> Format {
        match self.format.as_str() {
            "toml" => Format::Toml,
            "json" => Format::Json,
            other => panic!("a document is TOML or JSON, not {other}"),
        }
    }

    pub(crate) fn tenant(&self) -> TenantSpec {
        TenantSpec::from_str(self.format(), &self.text).unwrap()
    }

    pub(crate) fn platform(&self) -> PlatformSpec {
        PlatformSpec::from_str(self.format(), &self.text).unwrap()
    }

    pub(crate) fn base(&self) -> Base {
        Base::from_str(self.format(), &self.text).unwrap()
    }
}

impl Kept {
    pub(crate) fn of(key: &TenantKey, slot: &Slot, log: &[LogEntry]) -> Self {
        let state = (slot.log != LogState::default()).then(|| serde_json::to_value(&slot.log).unwrap());
        Self {
            environment: key.environment.to_string(),
            tenant: key.tenant.to_string(),
            lease: serde_json::to_value(&slot.lease).unwrap(),
            log_state: state,
            version: slot.record.as_ref().map(|stored| stored.version),
            lineage: slot.record.as_ref().map(|stored| stored.lineage.clone()),
            record: slot.record.as_ref().map(|stored| pieces(&stored.body)),
            log: log.iter().map(|entry| serde_json::to_value(entry).unwrap()).collect(),
        }
    }

    pub(crate) fn key(&self) -> TenantKey {
        TenantKey::new(self.environment.parse().unwrap(), self.tenant.parse().unwrap())
    }

    pub(crate) fn slot(&self) -> Slot {
        let body = self.record.as_ref().map(|pieces| pieces.concat());
        let stored = self.version.zip(self.lineage.clone()).zip(body);
        let log = self.log_state.clone().map(|state| serde_json::from_value(state).expect("a state of a log"));
        Slot {
            lease: self.lease(),
            record: stored.map(|((version, lineage), body)| Stored { version, lineage, body }),
            log: log.unwrap_or_default(),
        }
    }

    pub(crate) fn lease(&self) -> LeaseState {
        serde_json::from_value(self.lease.clone()).expect("a lease")
    }

    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.log.iter().map(|entry| serde_json::from_value(entry.clone()).expect("an entry of a log")).collect()
    }
}

/// A sealed record in pieces: its head, one for each node, and one for each line of the journal.
fn pieces(text: &str) -> Vec<String> {
    let mut cuts: Vec<usize> = text.match_indices("{\"node\":").map(|(at, _)| at).collect();
    // Back to where the id of the node begins.
    let nodes = text.match_indices("\":{\"kind\":\"");
    cuts.extend(nodes.filter_map(|(at, _)| text[..at].rfind('"')));
    cuts.extend(text.find('\n').map(|end| end + 1));
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|cut| text[cut[0]..cut[1]].to_owned()).collect()
}

impl Fixture {
    /// Its generation and its name, for messages.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}", self.generation, self.name)
    }

    /// The verb whose run was interrupted.
    pub(crate) fn verb_of_run(&self) -> Option<String> {
        Some(self.run["verb"].as_str()?.to_owned())
    }
}

/// Every fixture of every generation, by name. They are read once.
pub(crate) fn all() -> &'static [Fixture] {
    static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Fixture> {
    let mut all = Vec::new();
    for folder in entries(Path::new(FOLDER)).into_iter().filter(|path| path.is_dir()) {
        let parts = Parts::read(&std::fs::read_to_string(folder.join("parts.json")).unwrap());
        let generation = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in entries(&folder).into_iter().filter(|path| !path.ends_with("parts.json")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            parts.lengthen(&mut value);
            let read: Result<Fixture, _> = serde_json::from_value(value);
            let fixture = read.unwrap_or_else(|error| panic!("{file:?}: {error}"));
            all.push(Fixture { generation: generation.clone(), ..fixture });
        }
    }
    assert!(!all.is_empty(), "there are no fixtures");
    all
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Writes a generation.
pub(crate) fn write(generation: &str, fixtures: &[Fixture]) {
    let folder = Path::new(FOLDER).join(generation);
    assert!(!folder.exists(), "{folder:?} is there: a generation is written once and never again");
    std::fs::create_dir_all(&folder).unwrap();
    let mut parts = Parts::default();
    for fixture in fixtures {
        let mut value = serde_json::to_value(fixture).unwrap();
        parts.shorten(&mut value);
        std::fs::write(folder.join(format!("{}.json", fixture.name)), lines(&value, 4)).unwrap();
    }
    std::fs::write(folder.join("parts.json"), parts.text()).unwrap();
}
