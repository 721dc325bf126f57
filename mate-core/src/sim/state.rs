//! All objects of a simulated cloud, found by name, by identity and by place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::Selector;
use super::config::Config;
use super::facets::{Linked, linked};
use super::faults::FaultState;
use super::log::Call;
use super::object::{Object, Snapshot};
use super::rates::{RateLimits, Server};
use super::regions::realm;
use super::secrets::Secrets;
use super::tokens::Tokens;
use super::wire::Wire;
use crate::model::Ownership;
use crate::model::ids::{Address, KindName};
use crate::model::{Mechanism, Naming, ReplaceOrder, texts_at};
use crate::model::{OutputRef, Tags};
use crate::provider::{Claim, Diagnosis, Target};

pub(super) type Key = (String, String);

pub(super) struct State {
    pub(super) config: Config,
    linked: Linked,
    pub(super) faults: FaultState,
    pub(super) objects: BTreeMap<u64, Object>,
    pub(super) secrets: Secrets,
    pub(super) snapshots: Vec<Snapshot>,
    /// The objects in each bucket, the tags of the images in each repository: by kind and name of what has content.
    pub(super) filled: BTreeMap<Key, BTreeSet<String>>,
    /// The contents that tests have put into databases and caches.
    pub(super) contents: BTreeMap<u64, String>,
    /// The images that do not start, each with the reason.
    pub(super) broken_images: Vec<(String, String)>,
    /// The images of each revision of a task definition.
    pub(super) revisions: BTreeMap<String, Vec<String>>,
    pub(super) tokens: Tokens,
    /// The passwords that each database and cache takes.
    pub(super) credentials: BTreeMap<u64, Vec<String>>,
    pub(super) failures: Vec<(Selector, String)>,
    /// The findings that `diagnose` returns besides those that follow from an object's state.
    pub(super) reports: Vec<(Selector, Diagnosis)>,
    pub(super) calls: Vec<Call>,
    pub(super) server: Server,
    pub(super) wire: Wire,
    pub(super) next_uid: u64,
    pub(super) serials: BTreeMap<Key, u32>,
    names: BTreeMap<Key, BTreeSet<u64>>,
    keys: BTreeMap<Key, u64>,
    places: BTreeMap<Key, u64>,
    holders: BTreeMap<(&'static str, String), BTreeSet<u64>>,
    going: BTreeSet<(Duration, u64)>,
    /// Stopped databases, and when AWS starts each again.
    stopped: BTreeSet<(Duration, u64)>,
    /// The objects that run once, with the time at which each ends or is forgotten.
    pub(super) runs: BTreeSet<(Duration, u64)>,
    /// The identities of what was here and is gone.
    pub(super) buried: BTreeSet<Key>,
}

/// The result of a lookup.
pub(super) enum Found {
    Nothing,
    Ours(u64),
    Foreign(u64),
}

impl State {
    pub(super) fn new(config: Config, faults: FaultState, limits: Option<RateLimits>) -> Self {
        let linked = linked(&config.kinds);
        let secrets = Secrets::new(config.seed, config.canary.clone());
        Self {
            config,
            linked,
            faults,
            secrets,
            objects: BTreeMap::new(),
            snapshots: Vec::new(),
            filled: BTreeMap::new(),
            contents: BTreeMap::new(),
            broken_images: Vec::new(),
            revisions: BTreeMap::new(),
            tokens: Tokens::default(),
            credentials: BTreeMap::new(),
            failures: Vec::new(),
            reports: Vec::new(),
            calls: Vec::new(),
            server: Server::new(limits),
            wire: Wire::default(),
            next_uid: 0,
            serials: BTreeMap::new(),
            names: BTreeMap::new(),
            keys: BTreeMap::new(),
            places: BTreeMap::new(),
            holders: BTreeMap::new(),
            going: BTreeSet::new(),
            stopped: BTreeSet::new(),
            runs: BTreeSet::new(),
            buried: BTreeSet::new(),
        }
    }

    /// Lets everything happen that has happened by now.
    pub(super) fn settle(&mut self, now: Duration) {
        self.land(now);
        self.pass(now);
    }

    /// Lets what needs no request happen by now: what goes is gone.
    pub(super) fn pass(&mut self, now: Duration) {
        while let Some(&(at, uid)) = self.going.first() {
            if at > now {
                break;
            }
            self.going.remove(&(at, uid));
            self.bury(uid);
        }
        self.start_stopped(now);
        self.end_runs(now);
    }

    /// The databases that are stopped.
    pub(super) fn stopped(&self) -> impl Iterator<Item = u64> + use<'_> {
        self.stopped.iter().map(|(_, uid)| *uid)
    }

    /// A database that has been stopped for seven days is started again.
    fn start_stopped(&mut self, now: Duration) {
        while let Some(&(at, uid)) = self.stopped.first() {
            if at > now {
                break;
            }
            self.stopped.remove(&(at, uid));
            if let Some(mut object) = self.remove(uid) {
                object.inputs["stopped"] = Value::Bool(false);
                self.put(object);
            }
        }
    }

    /// Takes an object out for good.
    pub(super) fn bury(&mut self, uid: u64) {
        let Some(object) = self.remove(uid) else { return };
        self.tokens.ends(&object);
        let kind = realm(&self.config.kinds, object.kind.as_str(), &object.region);
        self.buried.extend(object.keys.into_iter().map(|key| (kind.clone(), key)));
    }

    /// Returns true if something of this identity was here once: an object that never was may belong to a base made elsewhere.
    pub(super) fn was_here(&self, kind: &str, key: &str) -> bool {
        self.buried.contains(&(self.realm(kind), key.to_owned()))
    }

    /// The number of objects of a kind, as AWS counts them against a limit: until they are gone.
    pub(super) fn count(&self, kind: &KindName) -> usize {
        self.of_kind(kind.as_str()).count()
    }

    /// Every object of a kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let kind = self.realm(kind);
        let names = self.names.range((kind.clone(), String::new())..);
        let names = names.take_while(move |((of, _), _)| *of == kind).flat_map(|(_, uids)| uids);
        names.filter_map(|uid| self.objects.get(uid))
    }

    pub(super) fn next_uid(&mut self) -> u64 {
        self.next_uid += 1;
        self.next_uid
    }

    /// The next number of this kind and name; never given twice.
    pub(super) fn next_serial(&mut self, kind: &KindName, name: &str) -> u32 {
        let serial = self.serials.entry((kind.to_string(), name.to_owned())).or_default();
        *serial += 1;
        *serial
    }

    pub(super) fn taggable(&self, kind: &KindName) -> bool {
        self.config.taggable(kind)
    }

    /// Puts an object in, or back after a change, with outputs, identities and references made anew.
    pub(super) fn put(&mut self, mut object: Object) {
        let numbers = (object.serial, object.revision);
        let naming = self.config.naming(&object.kind, &object.name, numbers, &object.inputs);
        let naming = Naming { region: &object.region, ..naming };
        object.outputs = self.config.outputs(&naming);
        if object.physical_id.is_empty() {
            object.physical_id = (self.config.facet(&object.kind).physical_id)(&naming);
        }
        let linked = self.linked.get(object.kind.as_str()).into_iter().flatten();
        let outputs = linked.filter_map(|output| object.outputs.get(*output).and_then(Value::as_str));
        for key in std::iter::once(object.physical_id.as_str()).chain(outputs) {
            if !object.keys.iter().any(|known| known == key) {
                object.keys.push(key.to_owned());
            }
        }
        // An object whose run has ended holds nothing any more.
        let links = self.config.links(&object.kind).iter();
        object.refers = links
            .filter(|_| object.ended.is_none())
            .flat_map(|link| {
                let texts = texts_at(&object.inputs, link.path);
                texts.into_iter().map(|text| (link.target, text.to_owned()))
            })
            .collect();

        if self.config.is(&object.kind, Mechanism::Revisions) {
            let containers = object.inputs["containers"].as_array().into_iter().flatten();
            let images = containers.filter_map(|container| container["image"].as_str()).map(str::to_owned).collect();
            if let Some(arn) = object.outputs.get("arn").and_then(Value::as_str) {
                self.revisions.insert(arn.to_owned(), images);
            }
        }

        let kind = realm(&self.config.kinds, object.kind.as_str(), &object.region);
        for key in &object.keys {
            self.keys.insert((kind.clone(), key.clone()), object.uid);
        }
        for reference in &object.refers {
            self.holders.entry(reference.clone()).or_default().insert(object.uid);
        }
        if let Some(place) = place(&self.config, &object.kind, &object.inputs) {
            self.places.insert((kind.clone(), place), object.uid);
        }
        self.names.entry((kind, object.name.clone())).or_default().insert(object.uid);
        if let Some(gone_at) = object.gone_at {
            self.going.insert((gone_at, object.uid));
        }
        if let Some(starts_at) = starts_at(&object) {
            self.stopped.insert((starts_at, object.uid));
        }
        if let Some(moves_at) = self.moves_at(&object) {
            self.runs.insert((moves_at, object.uid));
        }
        self.objects.insert(object.uid, object);
    }

    /// Takes an object out, with all that it is found by.
    pub(super) fn remove(&mut self, uid: u64) -> Option<Object> {
        let object = self.objects.remove(&uid)?;
        let kind = realm(&self.config.kinds, object.kind.as_str(), &object.region);
        for key in &object.keys {
            let key = (kind.clone(), key.clone());
            if self.keys.get(&key) == Some(&uid) {
                self.keys.remove(&key);
            }
        }
        for reference in &object.refers {
            if let Some(holders) = self.holders.get_mut(reference) {
                holders.remove(&uid);
                if holders.is_empty() {
                    self.holders.remove(reference);
                }
            }
        }
        if let Some(place) = place(&self.config, &object.kind, &object.inputs) {
            let key = (kind.clone(), place);
            if self.places.get(&key) == Some(&uid) {
                self.places.remove(&key);
            }
        }
        let key = (kind, object.name.clone());
        if let Some(names) = self.names.get_mut(&key) {
            names.remove(&uid);
            if names.is_empty() {
                self.names.remove(&key);
            }
        }
        if let Some(gone_at) = object.gone_at {
            self.going.remove(&(gone_at, uid));
        }
        if let Some(starts_at) = starts_at(&object) {
            self.stopped.remove(&(starts_at, uid));
        }
        if let Some(moves_at) = self.moves_at(&object) {
            self.runs.remove(&(moves_at, uid));
        }
        Some(object)
    }

    pub(super) fn by_key(&self, kind: &str, key: &str) -> Option<&Object> {
        self.objects.get(self.keys.get(&(self.realm(kind), key.to_owned()))?)
    }

    pub(super) fn by_name(&self, kind: &KindName, name: &str) -> impl Iterator<Item = &Object> {
        let uids = self.names.get(&(self.realm(kind.as_str()), name.to_owned()));
        uids.into_iter().flatten().filter_map(|uid| self.objects.get(uid))
    }

    /// The objects that refer to this one.
    pub(super) fn holders(&self, object: &Object) -> Vec<&Object> {
        let kind = self.linked.get_key_value(object.kind.as_str()).map(|(target, _)| *target);
        let uids: BTreeSet<u64> = kind
            .into_iter()
            .flat_map(|kind| object.keys.iter().filter_map(move |key| self.holders.get(&(kind, key.clone()))))
            .flatten()
            .copied()
            .collect();
        let near =
            |holder: &&Object| holder.region == object.region || self.is_global(holder) || self.is_global(object);
        let others = uids.into_iter().filter(|uid| *uid != object.uid);
        others.filter_map(|uid| self.objects.get(&uid)).filter(near).collect()
    }

    /// Looks for what a request is about: by physical id; else by what it is known by, its ownership tags or its name
    /// and place.
    pub(super) fn find(&self, target: &Target) -> Found {
        let by_id = target.physical_id.as_deref().and_then(|id| self.by_key(target.kind.as_str(), id));
        let found = by_id.or_else(|| {
            if self.config.model(&target.kind).is_some_and(|model| model.run_once) {
                self.find_run(target)
            } else if self.config.facet(&target.kind).by_tags {
                self.find_by_tags(target).or_else(|| self.find_by_input(target))
            } else {
                self.find_by_name(target).or_else(|| self.find_by_place(target))
            }
        });
        match found {
            None => Found::Nothing,
            Some(object) if self.accepts(object, target) => Found::Ours(object.uid),
            Some(object) => Found::Foreign(object.uid),
        }
    }

    /// By the ownership tags: what has the name and is not on its way out comes first. Where a replacement stands beside
    /// what it replaces, only the name tells the two apart.
    fn find_by_tags(&self, target: &Target) -> Option<&Object> {
        let beside = self.config.model(&target.kind).is_some_and(|model| model.replace == ReplaceOrder::CreateFirst);
        let owned = self
            .of_kind(target.kind.as_str())
            .filter(|object| target.ownership().owns(&object.tags) && (!beside || object.name == target.name));
        owned.min_by_key(|object| (object.gone_at.is_some(), object.name != target.name, object.uid))
    }

    /// An object that is adopted or read may be known by an input: a zone by its domain.
    fn find_by_input(&self, target: &Target) -> Option<&Object> {
        let field = self.config.facet(&target.kind).known_by.filter(|_| target.claim != Claim::Owned)?;
        let found = self
            .of_kind(target.kind.as_str())
            .filter(|object| object.gone_at.is_none() && object.inputs[field] == target.inputs[field]);
        found.min_by_key(|object| (!self.accepts(object, target), object.uid))
    }

    fn find_by_name(&self, target: &Target) -> Option<&Object> {
        let scope = self.config.scope(&target.kind);
        let wanted = &target.inputs[scope];
        let mut found = self.by_name(&target.kind, &target.name).filter(|object| {
            if scope.is_empty() {
                true
            } else if OutputRef::from_json(wanted).is_some() || wanted.is_null() {
                self.accepts(object, target)
            } else {
                object.inputs[scope] == *wanted
            }
        });
        let first = found.next();
        if first.is_some_and(|object| object.gone_at.is_some()) { found.next().or(first) } else { first }
    }

    fn find_by_place(&self, target: &Target) -> Option<&Object> {
        let place = place(&self.config, &target.kind, &target.inputs)?;
        self.objects.get(self.places.get(&(self.realm(target.kind.as_str()), place))?)
    }

    /// Returns true if a request may be about this object. An object that carries no tags is nobody's until somebody made or
    /// adopted it.
    pub(super) fn accepts(&self, object: &Object, target: &Target) -> bool {
        if self.taggable(&object.kind) {
            return target.accepts(&object.tags) && self.tells_its_place(object, target);
        }
        match target.claim {
            Claim::Owned => self.owned(object, &target.address) && self.tells_its_place(object, target),
            Claim::Unowned => object.maker.is_none() || self.owned(object, &target.address),
            Claim::Tenant => object.maker.as_ref().is_none_or(|maker| maker.is_beside(&target.address)),
            Claim::ReadOnly => true,
        }
    }

    /// Returns true if an object that carries no tags belongs to the tenant of this address: by its maker, or by the owner of
    /// an object that it is a part of.
    fn owned(&self, object: &Object, address: &Address) -> bool {
        match &object.maker {
            Some(maker) => maker.is_beside(address),
            None => object
                .refers
                .iter()
                .filter_map(|(kind, key)| self.by_key(kind, key))
                .any(|parent| Ownership::from_tags(&parent.tags).is_some_and(|owner| owner.is_beside(address))),
        }
    }

    /// The tags that an object of this kind keeps.
    pub(super) fn kept_tags(&self, kind: &KindName, tags: &Tags) -> Tags {
        if self.taggable(kind) { tags.clone() } else { Tags::new() }
    }
}

/// The time at which AWS starts a stopped database again: after seven days.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
fn starts_at(object: &Object) -> Option<Duration> {
    const SEVEN_DAYS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    (object.inputs["stopped"] == true && object.gone_at.is_none()).then(|| object.ready_at + SEVEN_DAYS)
}

fn place(config: &Config, kind: &KindName, inputs: &Value) -> Option<String> {
    let fields = config.place(kind);
    if fields.is_empty() {
        return None;
    }
    let values = fields.iter().map(|field| match &inputs[*field] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    values.collect::<Option<Vec<_>>>().map(|values| values.join(" "))
}
