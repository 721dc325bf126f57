//! The contract of a kind, typed for blueprints and erased for plan and engine.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facets::{
    AdoptFacet, ArnForm, Companion, CredentialRule, Deduplication, HealthFacet, Link, Quota, Sample, SimFacet,
    SnapshotRule, Timing,
};
use super::field::FieldRule;
use super::ids::KindName;
use super::{DriftClass, Ownership};

/// The order of the steps of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// The new object first, then its dependents move over, then the old one goes. The new one has a name of its own.
    CreateFirst,
    /// The old object goes first, because its name or place can exist only once.
    DeleteFirst,
}

/// The data lost when an object of this kind is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Nothing: it can be made again as it was.
    None,
    /// Customer data, or a secret that cannot be made again.
    Held(&'static str),
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
    /// ([`Ownership::PLACE`]), where it can carry tags.
    const REACH: Reach = Reach::Region;

    /// Its inputs.
    type Inputs: Serialize + DeserializeOwned + Clone + fmt::Debug + PartialEq + Send + Sync;

    /// The kind as plan and engine see it.
    fn model() -> KindModel;

    /// The kind's name as an identifier.
    ///
    /// # Panics
    /// When [`Kind::NAME`] does not have the form of a kind; every kind has a test for that.
    #[must_use]
    fn name() -> KindName {
        KindName::of(Self::NAME).expect("Kind::NAME has the form service:Noun")
    }
}

/// A kind without its types: the facts that plan, engine, simulation, adoption, quotas, health and conformance read.
///
/// ```
/// use mate_core::model::{DriftClass, FieldRule, Impact, KindModel, ReplaceOrder, Timing};
///
/// const FIELDS: &[FieldRule] = &[FieldRule::new("fifo", Impact::Replace("SQS fixes the type of a queue"))];
/// let queue = KindModel::new("sqs:Queue".parse()?, FIELDS)
///     .with_outputs(&["url", "arn"])
///     .with_replace(ReplaceOrder::CreateFirst)
///     .with_lost(DriftClass::Data)
///     .with_timing(|_| Timing::seconds(1, 60, 60))
///     .with_name_max(80);
/// assert!(queue.taggable && queue.deduplicated());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// The order of a replacement.
    pub replace: ReplaceOrder,
    /// The loss of a deletion.
    pub data: Data,
    /// The final snapshot that a deleted object leaves; none for a kind that has no snapshots.
    pub snapshot: Option<&'static SnapshotRule>,
    /// The credentials that it takes from a secret.
    pub credentials: Option<CredentialRule>,
    /// The noun for the content (`objects`, `images`) as long as which is there AWS refuses a deletion.
    pub content: Option<&'static str>,
    /// The class of drift of an object that is gone.
    pub lost: DriftClass,
    /// Typical durations for these inputs.
    pub timing: fn(&Value) -> Timing,
    /// The limit on its name.
    pub name_rule: NameRule,
    /// Within what its names are unique: [`Kind::REACH`], once the kind is registered.
    pub reach: Reach,
    /// True if AWS lets it carry tags.
    pub taggable: bool,
    /// The way AWS keeps a second creation from making a second object.
    pub deduplication: Deduplication,
    /// True if it is run, and is over then: it is ready once it has ended well, AWS forgets it some time later, and nobody misses
    /// it. Other inputs are another run, beside which nothing has to be deleted; one that failed is run again.
    pub run_once: bool,
    /// The form of its ARN; none for a kind whose objects have none, or none that tells the kind.
    pub arn: Option<ArnForm>,
    /// The references to other kinds.
    pub links: &'static [Link],
    /// The quotas that its objects count against.
    pub quotas: &'static [Quota],
    /// The objects that AWS makes beside it.
    pub companions: &'static [Companion],
    /// The behaviour in a simulated cloud; none for a generic one.
    pub sim: Option<&'static SimFacet>,
    /// The marks by which an existing object is known for one of this kind.
    pub adopt: &'static AdoptFacet,
    /// The meaning of its state for users.
    pub health: HealthFacet,
    /// True if the cloud is asked about it although it is ready: it may have to be seen to.
    pub asked: bool,
    /// The sample nodes of the conformance suite.
    pub samples: &'static [Sample],
    /// True if an object with these inputs has the output of this name.
    pub has_output: fn(&Value, &str) -> bool,
    pub(super) fits: fn(&Value) -> Result<(), String>,
}

impl KindModel {
    /// A kind with one rule a field of its inputs. Unless said: it has no outputs, is deleted before it is made anew, holds no data,
    /// its loss counts as the gravest, takes a second for everything, has a name of at most 255 characters by which AWS
    /// deduplicates, and carries tags.
    #[must_use]
    pub fn new(name: KindName, fields: &'static [FieldRule]) -> Self {
        Self {
            name,
            fields,
            outputs: &[],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            snapshot: None,
            credentials: None,
            content: None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 255 },
            reach: Reach::Region,
            taggable: true,
            deduplication: Deduplication::Name,
            run_once: false,
            arn: None,
            links: &[],
            quotas: &[],
            companions: &[],
            sim: None,
            adopt: &AdoptFacet::PLAIN,
            health: HealthFacet::Beside,
            asked: false,
            samples: &[],
            has_output: |_, _| true,
            fits: |_| Ok(()),
        }
    }

    /// The names of the outputs.
    #[must_use]
    pub fn with_outputs(mut self, outputs: &'static [&'static str]) -> Self {
        self.outputs = outputs;
        self
    }

    /// Outputs that an update in place gives a new value.
    #[must_use]
    pub fn with_revised_outputs(mut self, outputs: &'static [&'static str]) -> Self {
        self.revised_outputs = outputs;
        self
    }

    /// Outputs that follow from the name alone.
    #[must_use]
    pub fn with_named_outputs(mut self, outputs: &'static [&'static str]) -> Self {
        self.named_outputs = outputs;
        self
    }

    /// The order of a replacement.
    #[must_use]
    pub fn with_replace(mut self, order: ReplaceOrder) -> Self {
        self.replace = order;
        self
    }

    /// The loss of a deletion.
    #[must_use]
    pub fn with_data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }

    /// The final snapshot that a deleted object leaves.
    #[must_use]
    pub fn with_snapshot(mut self, rule: &'static SnapshotRule) -> Self {
        self.snapshot = Some(rule);
        self
    }

    /// The credentials that it takes from a secret.
    #[must_use]
    pub fn with_credentials(mut self, rule: CredentialRule) -> Self {
        self.credentials = Some(rule);
        self
    }

    /// The noun for the content as long as which is there AWS refuses a deletion: `objects`.
    #[must_use]
    pub fn with_content(mut self, content: &'static str) -> Self {
        self.content = Some(content);
        self
    }

    /// The class of drift of an object that is gone.
    #[must_use]
    pub fn with_lost(mut self, class: DriftClass) -> Self {
        self.lost = class;
        self
    }

    /// Typical durations by the inputs.
    #[must_use]
    pub fn with_timing(mut self, timing: fn(&Value) -> Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The most characters of a name.
    #[must_use]
    pub fn with_name_max(mut self, max: usize) -> Self {
        self.name_rule = NameRule { max };
        self
    }

    /// It carries no tags.
    #[must_use]
    pub fn untaggable(mut self) -> Self {
        self.taggable = false;
        self
    }

    /// The way AWS keeps a second creation from making a second object.
    #[must_use]
    pub fn with_deduplication(mut self, by: Deduplication) -> Self {
        self.deduplication = by;
        self
    }

    /// It is run, and is over then.
    #[must_use]
    pub fn run_once(mut self) -> Self {
        self.run_once = true;
        self
    }

    /// Outputs that an object has only with some inputs: true if an object with these inputs has the output of this name.
    #[must_use]
    pub fn with_optional_outputs(mut self, has_output: fn(&Value, &str) -> bool) -> Self {
        self.has_output = has_output;
        self
    }

    /// The form of its ARN.
    #[must_use]
    pub fn with_arn(mut self, form: ArnForm) -> Self {
        self.arn = Some(form);
        self
    }

    /// The references to other kinds.
    #[must_use]
    pub fn with_links(mut self, links: &'static [Link]) -> Self {
        self.links = links;
        self
    }

    /// The quotas that its objects count against.
    #[must_use]
    pub fn with_quotas(mut self, quotas: &'static [Quota]) -> Self {
        self.quotas = quotas;
        self
    }

    /// The objects that AWS makes beside it.
    #[must_use]
    pub fn with_companions(mut self, companions: &'static [Companion]) -> Self {
        self.companions = companions;
        self
    }

    /// The behaviour in a simulated cloud.
    #[must_use]
    pub fn with_sim(mut self, facet: &'static SimFacet) -> Self {
        self.sim = Some(facet);
        self
    }

    /// The marks by which an existing object is known for one of this kind.
    #[must_use]
    pub fn with_adopt(mut self, facet: &'static AdoptFacet) -> Self {
        self.adopt = facet;
        self
    }

    /// The meaning of its state for users.
    #[must_use]
    pub fn with_health(mut self, facet: HealthFacet) -> Self {
        self.health = facet;
        self
    }

    /// The cloud is asked about it although it is ready.
    #[must_use]
    pub fn asked(mut self) -> Self {
        self.asked = true;
        self
    }

    /// The sample nodes of the conformance suite.
    #[must_use]
    pub fn with_samples(mut self, samples: &'static [Sample]) -> Self {
        self.samples = samples;
        self
    }

    /// True if AWS itself keeps a second creation from making a second object.
    #[must_use]
    pub fn deduplicated(&self) -> bool {
        self.deduplication != Deduplication::Never
    }

    /// True if a name stands for one object only. Where it does not, an object is known by its ownership tags and its id, and
    /// somebody else may have another of the same name.
    #[must_use]
    pub fn names_are_unique(&self) -> bool {
        !self.sim.is_some_and(|sim| sim.by_tags)
    }

    /// Checks that inputs have the form of the kind's `Inputs`. A model that was not registered by [`Kinds::with`] takes any.
    ///
    /// # Errors
    /// The reason why they have not.
    pub fn check_form(&self, inputs: &Value) -> Result<(), String> {
        (self.fits)(inputs)
    }

    /// The rule of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldRule> {
        self.fields.iter().find(|rule| rule.field == name)
    }

    /// The drift class of a difference at this path: `ingress[]`, `tags.Owner`. Ownership tags are of [`DriftClass::Security`],
    /// because they identify an object as ours.
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
        let mut model = K::model();
        model.reach = K::REACH;
        model.fits = |inputs| match serde_json::from_value::<K::Inputs>(inputs.clone()) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        self.models.insert(K::name(), model);
        self
    }

    /// The model of a kind.
    ///
    /// # Errors
    /// [`UnknownKind`] when it is not registered.
    pub fn get(&self, kind: &KindName) -> Result<&KindModel, UnknownKind> {
        self.models.get(kind).ok_or_else(|| UnknownKind(kind.clone()))
    }

    /// Within what the names of a kind are unique; of one that is not registered, a region.
    pub(crate) fn reach(&self, kind: &str) -> Reach {
        self.models.get(kind).map_or(Reach::Region, |model| model.reach)
    }

    /// True if AWS keeps a second creation of this kind from making a second object; see [`KindModel::deduplicated`].
    #[must_use]
    pub fn deduplicated(&self, kind: &KindName) -> bool {
        self.models.get(kind).is_none_or(KindModel::deduplicated)
    }

    /// All models in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &KindModel> {
        self.models.values()
    }
}
