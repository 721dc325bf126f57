//! A simulated cloud as a document: saved now, and gone on with later, also by a later version.

mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::tokens::TokenImage;
use super::credentials;
use super::object::{Object, Snapshot};
use super::regions::{in_region, realm, seen_from};
use super::state::State;
use super::{Selector, SimCloud, SimCloudBuilder};
use crate::clock::Clock;
use crate::kinds::{Bucket, Repository};
use crate::model::ids::{Address, Environment, KindName, NodeId, TenantId};
use crate::model::{Kind, Outputs, Seed, Tags};

const BUCKET: &str = <Bucket as Kind>::NAME;
const REPOSITORY: &str = <Repository as Kind>::NAME;

/// Everything that a [`SimCloud`] holds, as a document: its objects with their identities and times, snapshots, contents of
/// buckets and databases, images, failures, tokens, counters, its seed and its time. Made by [`SimCloud::image`].
///
/// Its form is its own, and later versions read it. Times are milliseconds of virtual time. It holds no value of a secret: values
/// are drawn from the seed, and the image says only which generation each secret has.
///
/// The settings of a test are not part of it, and are set on the builder that restores it: latencies, faults, limits and kinds of
/// the test's own. Neither is [`SimCloud::report`]. The log of calls begins anew.
///
/// ```
/// use mate_core::sim::{SimCloud, SimImage};
///
/// let cloud = SimCloud::new(7);
/// cloud.put_object("uploads", "scan.dcm");
/// let text = serde_json::to_string(&cloud.image()).unwrap();
///
/// let image: SimImage = serde_json::from_str(&text).unwrap();
/// let again = SimCloud::builder().restore(&image).unwrap();
/// assert_eq!(again.image(), image);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimImage {
    format: u32,
    seed: u64,
    region: String,
    account: String,
    now: u64,
    objects: Vec<ObjectImage>,
    /// The uid that was given last.
    last_uid: u64,
    /// The number that was given last to each kind and name.
    serials: Vec<(String, String, u32)>,
    /// Kinds and identities of what was here and is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gone: Vec<(String, String)>,
    /// The tokens of earlier versions, which told of those of objects that exist and not what they were used for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tokens: BTreeMap<String, u64>,
    /// The idempotency tokens that AWS knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    known_tokens: Vec<TokenImage>,
    /// The images of each revision of a task definition, by its ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    revisions: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, SecretImage>,
    /// Names that deleted secrets hold, and until when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secret_names: BTreeMap<String, u64>,
    /// The generations of secrets that a database or cache takes, by uid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    credentials: BTreeMap<u64, Vec<CredentialImage>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    snapshots: Vec<SnapshotImage>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    buckets: BTreeMap<String, BTreeSet<String>>,
    /// The contents of databases and caches, by uid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contents: BTreeMap<u64, String>,
    /// The tags of the images in each repository.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    images: BTreeMap<String, BTreeSet<String>>,
    /// The content of objects of other kinds, by kind and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filled: Vec<(String, String, BTreeSet<String>)>,
    /// The images that do not start, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    broken_images: Vec<(String, String)>,
    /// The objects that fail, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failures: Vec<FailureImage>,
}

/// An object. The indexes over it and its references follow from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ObjectImage {
    uid: u64,
    kind: KindName,
    name: String,
    physical_id: String,
    /// The region in which it was made, where that is another than the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maker: Option<MakerImage>,
    serial: u32,
    revision: u32,
    created_at: u64,
    made_at: u64,
    ready_at: u64,
    visible_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone_at: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    stuck: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    on_alternate: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<EndImage>,
    inputs: Value,
    tags: Tags,
    outputs: Outputs,
    /// The identities by which it was ever found.
    keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<BeforeImage>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct MakerImage {
    tenant: TenantId,
    environment: Environment,
    node: NodeId,
}

/// The end of a one-off task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EndImage {
    Well,
    Failed(String),
}

/// An object before its last change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BeforeImage {
    at: u64,
    inputs: Value,
    tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SecretImage {
    /// The input from which its values are made.
    generate: Value,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CredentialImage {
    secret: String,
    generation: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SnapshotImage {
    name: String,
    kind: KindName,
    source: String,
    tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    taken_at: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FailureImage {
    of: SelectorImage,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SelectorImage {
    Node(String),
    Kind(KindName),
}

/// An image that this version does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image has format {found}, and this version reads format {supported}")]
#[non_exhaustive]
pub struct ImageError {
    /// The image's format.
    pub found: u32,
    /// The format that is read.
    pub supported: u32,
}

impl SimImage {
    /// The form that this version writes and reads.
    pub const FORMAT: u32 = 1;
}

/// Milliseconds of virtual time.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl SimCloud {
    /// Everything that it holds, to go on with later by [`SimCloudBuilder::restore`].
    #[must_use]
    pub fn image(&self) -> SimImage {
        let (state, now) = (self.state(), millis(self.clock.now()));
        let secret = |(arn, generate, generation, previous): (&str, &Value, u64, Option<u64>)| {
            (arn.to_owned(), SecretImage { generate: generate.clone(), generation, previous })
        };
        let credential = |value: &String| {
            let (secret, generation) = state.secrets.origin(value, credentials::of_value)?;
            Some(CredentialImage { secret: secret.to_owned(), generation })
        };
        let filled = |kind: &str| {
            let of_kind = state.filled.iter().filter(|((of, _), _)| of == kind);
            of_kind.map(|((_, name), items)| (name.clone(), items.clone())).collect()
        };
        let others = state.filled.iter().filter(|((kind, _), _)| ![BUCKET, REPOSITORY].contains(&kind.as_str()));
        let others = others.map(|((kind, name), items)| (kind.clone(), name.clone(), items.clone())).collect();
        let stands = |uid: &u64| state.objects.contains_key(uid);
        SimImage {
            format: SimImage::FORMAT,
            seed: state.config.seed.0,
            region: state.config.region.clone(),
            account: state.config.account.clone(),
            now,
            objects: state.objects.values().map(|object| ObjectImage::of(object, &state.config.region)).collect(),
            last_uid: state.next_uid,
            serials: state.serials.iter().map(|((kind, name), number)| (kind.clone(), name.clone(), *number)).collect(),
            gone: state
                .buried
                .iter()
                .map(|(realm, key)| (seen_from(realm, &state.config.region), key.clone()))
                .collect(),
            tokens: BTreeMap::new(),
            known_tokens: state.tokens.iter().map(|known| TokenImage::of(known, &state.config.region)).collect(),
            revisions: state.revisions.clone(),
            secrets: state.secrets.generations().map(secret).collect(),
            secret_names: state
                .secrets
                .held()
                .map(|(name, until)| (seen_from(name, &state.config.region), millis(until)))
                .collect(),
            credentials: state
                .credentials
                .iter()
                .filter(|(uid, _)| stands(uid))
                .map(|(uid, values)| (*uid, values.iter().filter_map(credential).collect()))
                .collect(),
            snapshots: state.snapshots.iter().map(SnapshotImage::of).collect(),
            buckets: filled(BUCKET),
            contents: state.contents.clone(),
            images: filled(REPOSITORY),
            filled: others,
            broken_images: state.broken_images.clone(),
            failures: state.failures.iter().map(FailureImage::of).collect(),
        }
    }
}

impl SimCloudBuilder {
    /// A cloud that goes on from an image. Seed, region and account are those of the image, the rest is as set here.
    ///
    /// # Errors
    /// [`ImageError`] for a form that this version does not read.
    pub fn restore(mut self, image: &SimImage) -> Result<SimCloud, ImageError> {
        if image.format != SimImage::FORMAT {
            return Err(ImageError { found: image.format, supported: SimImage::FORMAT });
        }
        self.config.seed = Seed(image.seed);
        self.config.region.clone_from(&image.region);
        self.config.account.clone_from(&image.account);
        let cloud = self.build();
        image.fill(&mut cloud.state());
        cloud.clock.advance(Duration::from_millis(image.now));
        Ok(cloud)
    }
}

impl SimImage {
    fn fill(&self, state: &mut State) {
        state.next_uid = self.last_uid;
        let serials = self.serials.iter().map(|(kind, name, number)| ((kind.clone(), name.clone()), *number));
        state.serials = serials.collect();
        let gone = self.gone.iter();
        let kinds = &state.config.kinds;
        state.buried = gone.map(|(kind, key)| (realm(kinds, kind, &self.region), key.clone())).collect();
        state.revisions = self.revisions.clone();
        for (arn, SecretImage { generate, generation, previous }) in &self.secrets {
            state.secrets.regenerate(arn, generate, *generation, *previous);
        }
        for (name, until) in &self.secret_names {
            state.secrets.schedule_deletion(&in_region(name, &self.region), Duration::from_millis(*until));
        }
        for (uid, taken) in &self.credentials {
            let values = taken.iter().filter_map(|one| state.secrets.value_of(&one.secret, one.generation));
            let values = values.map(|value| credentials::of_value(&value)).collect();
            state.credentials.insert(*uid, values);
        }
        state.snapshots = self.snapshots.iter().map(SnapshotImage::snapshot).collect();
        let of = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        state.filled = self.filled.iter().map(|(kind, name, items)| (of(kind, name), items.clone())).collect();
        state.filled.extend(self.buckets.iter().map(|(name, items)| (of(BUCKET, name), items.clone())));
        state.filled.extend(self.images.iter().map(|(name, items)| (of(REPOSITORY, name), items.clone())));
        state.contents = self.contents.clone();
        state.broken_images = self.broken_images.clone();
        state.failures = self.failures.iter().map(FailureImage::failure).collect();
        for object in &self.objects {
            state.put(object.object(&self.region));
            // The outputs that it gave stay, however a later version draws them.
            if let Some(put) = state.objects.get_mut(&object.uid) {
                put.outputs.extend(object.outputs.clone());
            }
        }
        self.fill_tokens(state);
    }
}

impl ObjectImage {
    fn of(object: &Object, region: &str) -> Self {
        let maker = |address: &Address| MakerImage {
            tenant: address.tenant.clone(),
            environment: address.environment.clone(),
            node: address.node.clone(),
        };
        Self {
            uid: object.uid,
            kind: object.kind.clone(),
            name: object.name.clone(),
            physical_id: object.physical_id.clone(),
            region: Some(object.region.clone()).filter(|made_in| made_in != region),
            maker: object.maker.as_ref().map(maker),
            serial: object.serial,
            revision: object.revision,
            created_at: millis(object.created_at),
            made_at: millis(object.made_at),
            ready_at: millis(object.ready_at),
            visible_at: millis(object.visible_at),
            gone_at: object.gone_at.map(millis),
            stuck: object.stuck,
            on_alternate: object.on_alternate,
            ended: object.ended.as_ref().map(|ended| match ended {
                Ok(()) => EndImage::Well,
                Err(reason) => EndImage::Failed(reason.clone()),
            }),
            inputs: object.inputs.clone(),
            tags: object.tags.clone(),
            outputs: object.outputs.clone(),
            keys: object.keys.clone(),
            before: object.before.as_ref().map(|(at, inputs, tags)| BeforeImage {
                at: millis(*at),
                inputs: inputs.clone(),
                tags: tags.clone(),
            }),
        }
    }

    fn object(&self, region: &str) -> Object {
        let maker = |maker: &MakerImage| Address {
            tenant: maker.tenant.clone(),
            environment: maker.environment.clone(),
            node: maker.node.clone(),
        };
        let time = Duration::from_millis;
        Object {
            uid: self.uid,
            kind: self.kind.clone(),
            name: self.name.clone(),
            physical_id: self.physical_id.clone(),
            region: self.region.clone().unwrap_or_else(|| region.to_owned()),
            inputs: self.inputs.clone(),
            tags: self.tags.clone(),
            outputs: self.outputs.clone(),
            maker: self.maker.as_ref().map(maker),
            serial: self.serial,
            revision: self.revision,
            created_at: time(self.created_at),
            made_at: time(self.made_at),
            ready_at: time(self.ready_at),
            visible_at: time(self.visible_at),
            gone_at: self.gone_at.map(time),
            stuck: self.stuck,
            on_alternate: self.on_alternate,
            ended: self.ended.as_ref().map(|ended| match ended {
                EndImage::Well => Ok(()),
                EndImage::Failed(reason) => Err(reason.clone()),
            }),
            before: self.before.as_ref().map(|before| (time(before.at), before.inputs.clone(), before.tags.clone())),
            keys: self.keys.clone(),
            refers: Vec::new(),
        }
    }
}

impl SnapshotImage {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            name: snapshot.name.clone(),
            kind: snapshot.kind.clone(),
            source: snapshot.source.clone(),
            tags: snapshot.tags.clone(),
            content: snapshot.content.clone(),
            taken_at: millis(snapshot.taken_at),
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            name: self.name.clone(),
            kind: self.kind.clone(),
            source: self.source.clone(),
            tags: self.tags.clone(),
            content: self.content.clone(),
            taken_at: Duration::from_millis(self.taken_at),
        }
    }
}

impl FailureImage {
    fn of((selector, reason): &(Selector, String)) -> Self {
        let of = match selector {
            Selector::Node(node) => SelectorImage::Node(node.clone()),
            Selector::Kind(kind) => SelectorImage::Kind(kind.clone()),
        };
        Self { of, reason: reason.clone() }
    }

    fn failure(&self) -> (Selector, String) {
        let selector = match &self.of {
            SelectorImage::Node(node) => Selector::Node(node.clone()),
            SelectorImage::Kind(kind) => Selector::Kind(kind.clone()),
        };
        (selector, self.reason.clone())
    }
}
