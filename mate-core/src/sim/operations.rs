//! The operations of the cloud: make, change, delete.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::aws::Creation;
use super::config::Span;
use super::deployments::{moves, without_bakes};
use super::faults::Fault;
use super::object::{Object, Snapshot, same};
use super::regions::in_region;
use super::rules::{Refusal, check_change, refuse};
use super::state::{Found, State};
use super::status::visible_outputs;
use crate::model::Ownership;
use crate::model::ids::Address;
use crate::model::{Mechanism, Tags, references};
use crate::provider::{
    Claim, CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Discovered, ErrorClass, Live, Scope, Status,
    Target, UpdateRequest,
};

/// The answer to a lookup, without the errors that only faults make.
pub(super) enum Seen {
    Absent,
    Foreign(String),
    Present(Live),
}

/// The effect of an update on an object's tags, or on its maker where it carries no tags.
struct Tagging<'a> {
    target: &'a Target,
    untag: &'a BTreeSet<String>,
}

impl Tagging<'_> {
    /// Tags that the request does not name stay.
    fn tags(&self, object: &Object) -> Tags {
        let mut tags = object.tags.clone();
        tags.extend(self.target.tags.clone());
        tags.retain(|key, _| !self.untag.contains(key));
        tags
    }

    /// Nobody's once it is disowned; whoever adopts it takes the place of who made it where no tag can tell.
    fn maker(&self, object: &Object, untaggable: bool) -> Option<Address> {
        if Ownership::KEYS.iter().any(|key| self.untag.contains(*key)) {
            return None;
        }
        let adopted = (untaggable && self.target.claim == Claim::Unowned).then(|| self.target.address.clone());
        object.maker.clone().or(adopted)
    }
}

/// Refuses a write to an object that is only read.
fn check_claim(target: &Target) -> Result<(), Refusal> {
    if target.claim != Claim::ReadOnly {
        return Ok(());
    }
    refuse(ErrorClass::Denied, "AccessDeniedException", format!("{} is only read", target.name))
}

/// Storage of a database that has grown by itself, within what it may, is as wanted.
fn storage_within_bounds(live: &mut Value, wanted: &Value) {
    let gib = |inputs: &Value, field: &str| inputs[field].as_u64();
    let bounds = gib(wanted, "allocated_storage_gib").zip(gib(wanted, "max_allocated_storage_gib"));
    let (Some(has), Some((least, most))) = (gib(live, "allocated_storage_gib"), bounds) else { return };
    if (least..=most).contains(&has) {
        live["allocated_storage_gib"] = least.into();
    }
}

impl State {
    pub(super) fn observe(&self, target: &Target, now: Duration, stale: bool) -> Seen {
        const STALE_FOR: Duration = Duration::from_secs(30);
        let object = match self.find(target) {
            Found::Nothing => return Seen::Absent,
            Found::Foreign(uid) => {
                let object = &self.objects[&uid];
                let owner = State::owner(object).map_or_else(|| "nobody known".to_owned(), |owner| owner.to_string());
                let place = object.tags.get("Region").map_or_else(String::new, |region| format!(" in {region}"));
                return Seen::Foreign(format!("{} {} belongs to {owner}{place}", object.kind, object.physical_id));
            }
            Found::Ours(uid) => &self.objects[&uid],
        };
        if object.visible_at > now {
            return Seen::Absent;
        }
        let mut live = self.live(object, now);
        let grown = |inputs: &mut Value| storage_within_bounds(inputs, &target.inputs);
        grown(&mut live.inputs);
        if stale && object.gone_at.is_none() {
            match &object.before {
                Some((at, inputs, tags)) if now < *at + STALE_FOR => {
                    live.inputs = self.told(object, inputs);
                    grown(&mut live.inputs);
                    live.tags = self.kept_tags(&object.kind, tags);
                    live.status = Status::Ready;
                }
                None if now < object.created_at + STALE_FOR => return Seen::Absent,
                _ => {}
            }
        }
        Seen::Present(live)
    }

    pub(super) fn live(&self, object: &Object, now: Duration) -> Live {
        Live {
            physical_id: object.physical_id.clone(),
            status: self.status(object, now),
            inputs: self.told(object, &object.inputs),
            outputs: visible_outputs(&self.config, object, now),
            tags: self.kept_tags(&object.kind, &object.tags),
        }
    }

    /// The inputs that the cloud tells back.
    fn told(&self, object: &Object, inputs: &Value) -> Value {
        let (Some(model), Some(fields)) = (self.config.model(&object.kind), inputs.as_object()) else {
            return inputs.clone();
        };
        let hidden = |field: &str| model.field(field).is_some_and(|rule| rule.write_only || rule.edge_only);
        let told = fields.iter().filter(|(field, _)| !hidden(field));
        Value::Object(told.map(|(field, value)| (field.clone(), value.clone())).collect())
    }

    pub(super) fn create(
        &mut self,
        request: &CreateRequest,
        now: Duration,
        fault: Option<Fault>,
    ) -> Result<Created, Refusal> {
        let target = &request.target;
        check_claim(target)?;
        let creation = self.config.creation(&target.kind);
        let found = match self.find(target) {
            // Nothing but its tags tells that it is there, and those cannot be seen yet.
            Found::Ours(uid) if creation.passes_by_unseen() && self.objects[&uid].visible_at > now => Found::Nothing,
            // An object that has run before is no other run's.
            Found::Ours(uid) if target.physical_id.is_none() && self.is_run_once(&self.objects[&uid]) => Found::Nothing,
            found => found,
        };
        match found {
            Found::Foreign(uid) => {
                let message = format!("{} exists and is not ours", self.objects[&uid].physical_id);
                return refuse(ErrorClass::AlreadyExists, self.config.exists(&target.kind), message);
            }
            Found::Ours(uid) => {
                if creation == Creation::Revision && self.objects[&uid].visible_at > now {
                    self.revise(uid);
                }
                let tagging = Tagging { target, untag: &BTreeSet::new() };
                return self.change(uid, &target.inputs, Some(tagging), now);
            }
            Found::Nothing => {}
        }
        if let Creation::ByToken(token) = creation
            && let Some(answer) = self.recall(request, &token, now)
        {
            return answer;
        }
        let kind = target.kind.as_str();
        self.check_inputs(&target.kind, &target.inputs)?;
        let is_secret = self.config.is(&target.kind, Mechanism::Secret);
        if is_secret && self.secrets.in_recovery(&in_region(&target.name, &self.config.region), now) {
            let message = "a secret with this name is already scheduled for deletion";
            return refuse(ErrorClass::Invalid, "InvalidRequestException", message);
        }
        if let Some(model) = self.config.model(&target.kind)
            && target.name.len() > model.name_rule.max
        {
            let message = format!("the name {} is longer than {}", target.name, model.name_rule.max);
            return refuse(ErrorClass::Invalid, "ValidationError", message);
        }
        self.check_links((&target.kind, &target.name), &target.inputs, None, now)?;
        let content = self.restored(&target.kind, &target.inputs)?;
        if let Some(most) = self.config.most(&target.kind)
            && self.count(&target.kind) >= most
        {
            let message = format!("the limit of {most} {kind} is reached");
            return refuse(ErrorClass::Quota, self.config.facet(&target.kind).quota, message);
        }
        let mut object = self.new_object(target, now);
        object.stuck = fault == Some(Fault::StuckCreate);
        if let Some(Fault::Unseen(time)) = fault {
            object.visible_at = now + time;
        }
        object.maker = Some(target.address.clone());
        let uid = object.uid;
        if let Creation::ByToken(token) = creation {
            self.remember(request, &token, uid, now);
        }
        self.put(object);
        self.contents.extend(content.map(|content| (uid, content)));
        let object = &self.objects[&uid];
        if is_secret {
            let generation = object.inputs["generation"].as_u64().unwrap_or(0);
            self.secrets.generate(&object.physical_id, &object.inputs["generate"], generation);
        }
        self.give_credentials(uid, None);
        let object = &self.objects[&uid];
        Ok(self.live(object, now).into())
    }

    /// A new object as `target` says, not put in yet.
    pub(super) fn new_object(&mut self, target: &Target, now: Duration) -> Object {
        let serial = self.next_serial(&target.kind, &target.name);
        let naming = self.config.naming(&target.kind, &target.name, (serial, serial), &target.inputs);
        let made_at = now + self.config.takes(Span::Create, &naming);
        let label = ["visible", target.kind.as_str(), &target.name, &serial.to_string()];
        let visible_at = now + self.config.seed.up_to(&label, self.config.invisible);
        Object {
            uid: self.next_uid(),
            kind: target.kind.clone(),
            name: target.name.clone(),
            region: self.config.region.clone(),
            physical_id: String::new(),
            inputs: target.inputs.clone().into(),
            tags: self.kept_tags(&target.kind, &target.tags),
            outputs: Default::default(),
            maker: None,
            serial,
            revision: serial,
            created_at: now,
            made_at,
            ready_at: made_at,
            visible_at,
            gone_at: None,
            stuck: false,
            on_alternate: false,
            ended: None,
            before: None,
            keys: Vec::new(),
            refers: Vec::new(),
        }
    }

    /// Gives an object its next revision, with the same inputs.
    fn revise(&mut self, uid: u64) {
        if let Some(mut object) = self.remove(uid) {
            object.revision = self.next_serial(&object.kind, &object.name);
            self.put(object);
        }
    }

    pub(super) fn update(&mut self, request: &UpdateRequest, now: Duration) -> Result<Created, Refusal> {
        let target = &request.target;
        check_claim(target)?;
        let uid = match self.find(target) {
            Found::Nothing => return refuse(ErrorClass::NotFound, "ResourceNotFoundException", "it does not exist"),
            Found::Foreign(_) => {
                return refuse(ErrorClass::AlreadyExists, self.config.exists(&target.kind), "it is not ours");
            }
            Found::Ours(uid) => uid,
        };
        let named = Value::Object(
            target
                .inputs
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(field, _)| request.fields.contains(field))
                .map(|(field, value)| (field.clone(), value.clone()))
                .collect(),
        );
        let tagging = Tagging { target, untag: &request.untag };
        let tagging = request.fields.iter().any(|field| field == "tags").then_some(tagging);
        if let Some(open) = references(&named).first() {
            return refuse(ErrorClass::Bug, "UnresolvedReference", format!("the inputs still refer to {open}"));
        }
        self.change(uid, &named, tagging, now)
    }

    /// Brings the fields that stand in `inputs`, and the tags, to what is wanted.
    fn change(
        &mut self,
        uid: u64,
        inputs: &Value,
        tagging: Option<Tagging<'_>>,
        now: Duration,
    ) -> Result<Created, Refusal> {
        let object = &self.objects[&uid];
        if object.gone_at.is_some() {
            self.check_idle(object, now)?;
        }
        let mut wanted = object.inputs.clone();
        let model = self.config.model(&object.kind);
        let mut differs = false;
        if let (Some(wanted), Some(fields)) = (wanted.as_object_mut(), inputs.as_object()) {
            for (field, value) in fields {
                let rule = model.and_then(|model| model.field(field));
                let old = wanted.insert(field.clone(), value.clone()).unwrap_or(Value::Null);
                differs |= !rule.is_some_and(|rule| rule.edge_only)
                    && !same(&old, value, rule.is_some_and(|rule| rule.unordered));
            }
        }
        let (new_tags, new_maker) = match &tagging {
            Some(tagging) if self.taggable(&object.kind) => (tagging.tags(object), tagging.maker(object, false)),
            Some(tagging) => (object.tags.clone(), tagging.maker(object, true)),
            None => (object.tags.clone(), object.maker.clone()),
        };
        if differs {
            self.check_idle(object, now)?;
            self.check_inputs(&object.kind, &wanted)?;
            check_change(self, object, &wanted)?;
            self.check_links((&object.kind, &object.name), &wanted, Some(uid), now)?;
            if self.config.is(&object.kind, Mechanism::Secret) {
                let generation = wanted["generation"].as_u64().unwrap_or(0);
                self.secrets.check(&object.physical_id, generation)?;
            }
        } else if new_tags == object.tags && new_maker == object.maker {
            return Ok(self.live(object, now).into());
        }
        let Some(mut object) = self.remove(uid) else {
            return refuse(ErrorClass::NotFound, "ResourceNotFoundException", "it does not exist");
        };
        let is_service = self.config.is(&object.kind, Mechanism::Service);
        let moving = (is_service && moves(&object.inputs, &wanted)).then(|| self.injected(&object).is_some());
        object.before = Some((now, object.inputs.clone(), object.tags.clone()));
        object.tags = new_tags;
        object.maker = new_maker;
        object.inputs = wanted;
        if differs {
            if self.config.is(&object.kind, Mechanism::Revisions) {
                object.revision = self.next_serial(&object.kind, &object.name);
            }
            let numbers = (object.serial, object.revision);
            let inputs = without_bakes(&object.inputs);
            let naming = self.config.naming(&object.kind, &object.name, numbers, &inputs);
            let mut takes = self.config.takes(Span::Update, &naming);
            if let Some(before) = moving {
                takes += self.deploy(&mut object, before);
            }
            object.ready_at = object.ready_at.max(now + takes);
        }
        if self.config.is(&object.kind, Mechanism::Secret) {
            let generation = object.inputs["generation"].as_u64().unwrap_or(0);
            self.secrets.generate(&object.physical_id, &object.inputs["generate"], generation);
        }
        let before = object.before.as_ref().map(|(_, inputs, _)| inputs.clone());
        self.put(object);
        self.give_credentials(uid, before.as_ref());
        Ok(self.live(&self.objects[&uid], now).into())
    }

    pub(super) fn delete(&mut self, request: &DeleteRequest, now: Duration) -> Result<Deleted, Refusal> {
        let target = &request.target;
        check_claim(target)?;
        let uid = match self.find(target) {
            Found::Nothing => return Ok(Deleted::Gone),
            Found::Foreign(_) => {
                return refuse(ErrorClass::AlreadyExists, self.config.exists(&target.kind), "it is not ours");
            }
            Found::Ours(uid) => uid,
        };
        let object = &self.objects[&uid];
        if object.gone_at.is_some() {
            return Ok(Deleted::Going);
        }
        self.check_idle(object, now)?;
        self.check_delete(object, &request.data, now)?;
        let object = object.clone();
        let model = self.config.model(&object.kind);
        if let (Some(_), DataPolicy::Keep { final_snapshot: Some(name) }) =
            (model.and_then(|model| model.snapshot), &request.data)
        {
            self.snapshots.push(Snapshot {
                name: name.clone(),
                kind: object.kind.clone(),
                source: object.name.clone(),
                tags: object.tags.clone(),
                content: self.contents.get(&uid).cloned(),
                taken_at: now,
            });
        }
        self.filled.remove(&(object.kind.to_string(), object.name.clone()));
        let keeps = matches!(request.data, DataPolicy::Keep { .. });
        if keeps && self.config.is(&object.kind, Mechanism::Secret) {
            let days = target.inputs["recovery_window_days"].as_u64();
            let days = days.or(object.inputs["recovery_window_days"].as_u64()).unwrap_or(30);
            self.secrets
                .schedule_deletion(&in_region(&object.name, &object.region), now + Duration::from_secs(days * 86_400));
        }
        self.take_down(uid, now);
        Ok(if self.objects.contains_key(&uid) { Deleted::Going } else { Deleted::Gone })
    }

    /// Begins the end of an object, and of all that goes along with it.
    pub(super) fn take_down(&mut self, uid: u64, now: Duration) {
        let Some(mut object) = self.remove(uid) else { return };
        let numbers = (object.serial, object.revision);
        let naming = self.config.naming(&object.kind, &object.name, numbers, &object.inputs);
        // Of what has ended nothing runs.
        let at_once = self.config.facet(&object.kind).gone_at_once || object.ended.is_some();
        let takes = if at_once { Duration::ZERO } else { self.config.takes(Span::Delete, &naming) };
        let gone_at = now + takes;
        object.gone_at = Some(gone_at);
        let along: Vec<u64> = self
            .holders(&object)
            .into_iter()
            .filter(|holder| {
                holder.gone_at.is_none()
                    && self
                        .config
                        .links(&holder.kind)
                        .iter()
                        .any(|link| link.cascade && link.target == object.kind.as_str())
            })
            .map(|holder| holder.uid)
            .collect();
        self.put(object);
        if gone_at <= now {
            self.bury(uid);
        }
        for uid in along {
            self.take_down(uid, now);
        }
    }

    pub(super) fn discover(&self, scope: &Scope, now: Duration) -> Vec<Discovered> {
        // The tags of tasks are those of what runs them: they end by themselves, and are not looked for.
        let objects = self
            .objects
            .values()
            .filter(|object| object.gone_at.is_none() && object.visible_at <= now && !self.is_run_once(object))
            .filter(|object| self.belongs_here(object));
        objects
            .filter(|object| scope.covers(&object.tags))
            .map(|object| Discovered {
                address: Ownership::from_tags(&object.tags),
                kind: Some(object.kind.clone()),
                arn: self.arn(object),
                physical_id: Some(object.physical_id.clone()),
                tags: object.tags.clone(),
            })
            .collect()
    }
}
