//! The run of the suite: make everything, look at it, change it, take it away.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::compare::{brief, differences, expected_outputs, missing_tags};
use super::{Check, Failure, Report, Setup};
use crate::clock::{Clock, attend};
use crate::model::KindModel;
use crate::model::Ownership;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Node, Outputs, references, resolve};
use crate::provider::{Deleted, ErrorClass, Live, Observation, Provider, Scope, Status, Target};

pub(super) async fn run(provider: Arc<dyn Provider>, setup: Setup) -> Report {
    let clock = provider.clock();
    attend(&*clock, checked(provider, Arc::clone(&clock), setup)).await
}

async fn checked(provider: Arc<dyn Provider>, clock: Arc<dyn Clock>, setup: Setup) -> Report {
    let order = match setup.graph.order() {
        Ok(order) => order,
        Err(error) => {
            let mut report = Report::default();
            report.failures.push(Failure {
                node: None,
                kind: None,
                check: Check::Create,
                promised: "a graph that can be ordered".to_owned(),
                seen: error.to_string(),
            });
            return report;
        }
    };
    let nodes: Vec<Node> = order.iter().filter_map(|id| setup.graph.get(id).cloned()).collect();
    let mut suite =
        Suite { provider, setup, clock, report: Report::default(), outputs: BTreeMap::new(), made: BTreeMap::new() };
    suite.before(&nodes).await;
    for node in &nodes {
        if node.dependencies().iter().all(|needed| suite.outputs.contains_key(needed)) {
            suite.make(node).await;
        } else {
            suite.report.skipped.push(node.id.clone());
        }
    }
    let made: Vec<Node> = nodes.iter().filter(|node| suite.made.contains_key(&node.id)).cloned().collect();
    suite.batch(&made).await;
    suite.discovered(&made).await;
    for node in &made {
        if suite.model(node).is_some_and(|model| model.taggable) {
            suite.foreign(node).await;
        }
    }
    for node in &made {
        suite.update(node).await;
    }
    suite.claims(&made).await;
    for node in made.iter().rev() {
        suite.delete(node).await;
    }
    suite.after(&nodes).await;
    let exemptions = std::mem::take(&mut suite.setup.exemptions);
    suite.report.exempt(&exemptions);
    suite.report
}

pub(super) struct Suite {
    pub(super) provider: Arc<dyn Provider>,
    pub(super) setup: Setup,
    pub(super) clock: Arc<dyn Clock>,
    report: Report,
    outputs: BTreeMap<NodeId, Outputs>,
    /// The physical id and the inputs of what was made.
    made: BTreeMap<NodeId, (String, Value)>,
}

impl Suite {
    pub(super) fn model(&self, node: &Node) -> Option<&KindModel> {
        self.setup.kinds.get(&node.kind).ok()
    }

    pub(super) fn target(&self, node: &Node) -> Target {
        let made = self.made.get(&node.id);
        Target {
            address: self.setup.tenant.node(node.id.clone()),
            kind: node.kind.clone(),
            name: node.name.clone(),
            physical_id: made.map(|made| made.0.clone()),
            inputs: made.map_or_else(|| resolve(&node.inputs, &self.outputs), |made| made.1.clone()).into(),
            tags: node.tags.clone(),
            claim: Default::default(),
        }
    }

    /// The same object, asked for by somebody else.
    fn strangers(&self, node: &Node) -> Target {
        let mut target = self.target(node);
        target.address = self.setup.intruder.node(node.id.clone());
        target.physical_id = None;
        target.tags.extend(Ownership(target.address.clone()).tags());
        target
    }

    pub(super) fn token(&self, key: &TenantKey, node: &NodeId, purpose: &str) -> String {
        hex::encode(Sha256::digest(format!("{} {} {purpose}", self.setup.run, key.node(node.clone()))))
    }

    pub(super) fn note(&mut self, node: Option<&Node>, check: Check, promised: &str, seen: Result<(), String>) {
        match seen {
            Ok(()) => *self.report.passed.entry(check).or_default() += 1,
            Err(seen) => self.report.failures.push(Failure {
                node: node.map(|node| node.id.clone()),
                kind: node.map(|node| node.kind.clone()),
                check,
                promised: promised.to_owned(),
                seen,
            }),
        }
    }

    async fn before(&mut self, nodes: &[Node]) {
        let targets: Vec<Target> = nodes.iter().map(|node| self.target(node)).collect();
        for (node, target) in nodes.iter().zip(&targets) {
            let seen = match self.sure(target).await {
                Ok(Observation::Absent) => Ok(()),
                Ok(other) => Err(brief(&other)),
                Err(error) => Err(error),
            };
            self.note(Some(node), Check::AbsentBefore, "absent before anything is made", seen);
        }
        let Some(unreachable) = self.setup.unreachable.clone() else { return };
        // An object that refers to one that was never made cannot be there: that is known without a call.
        let certain: Vec<bool> = targets.iter().map(|target| !references(&target.inputs).is_empty()).collect();
        let answers = unreachable.observe(targets).await;
        for ((node, answer), certain) in nodes.iter().zip(&answers).zip(certain) {
            let kept = matches!(answer, Observation::Unknown(_)) || certain && matches!(answer, Observation::Absent);
            let seen = if kept { Ok(()) } else { Err(brief(answer)) };
            self.note(Some(node), Check::UnknownIsNotAbsent, "unknown while the cloud cannot be reached", seen);
        }
        if answers.len() != nodes.len() {
            let seen = Err(format!("{} answers", answers.len()));
            self.note(None, Check::UnknownIsNotAbsent, &format!("{} answers", nodes.len()), seen);
        }
    }

    async fn make(&mut self, node: &Node) {
        let mut target = self.target(node);
        let token = self.token(&self.setup.tenant, &node.id, "create");
        let created = match self.create(target.clone(), token.clone()).await {
            Ok(created) => created,
            Err(error) => {
                return self.note(Some(node), Check::Create, "create is accepted", Err(error.to_string()));
            }
        };
        self.note(Some(node), Check::Create, "create is accepted", Ok(()));
        target.physical_id = Some(created.physical_id.clone());
        self.made.insert(node.id.clone(), (created.physical_id.clone(), target.inputs.clone().into()));
        let ready = self.watch_ready(&target).await;
        let live = ready.as_ref().ok().cloned();
        self.note(Some(node), Check::BecomesReady, "ready within patience", ready.map(drop));
        let Some(live) = live else { return };
        self.outputs.insert(node.id.clone(), live.outputs.clone());
        self.read_back(node, &target.inputs, &live);

        let again = match self.create(target.clone(), token).await {
            Ok(again) if again.physical_id == created.physical_id => Ok(()),
            Ok(again) => Err(format!("{} and then {}", created.physical_id, again.physical_id)),
            Err(error) => Err(error.to_string()),
        };
        self.note(Some(node), Check::SameTokenMakesOne, "the same physical id for the same token", again);

        let nameless = Target { physical_id: None, ..target };
        let found = match self.watch_ready(&nameless).await {
            Ok(found) if found.physical_id == live.physical_id => Ok(()),
            Ok(found) => Err(format!("another one, {}", found.physical_id)),
            Err(seen) => Err(seen),
        };
        self.note(
            Some(node),
            Check::FoundByName,
            &format!("{} found without its physical id", live.physical_id),
            found,
        );
    }

    fn read_back(&mut self, node: &Node, wanted: &Value, live: &Live) {
        let Some(model) = self.model(node).cloned() else { return };
        let told = differences(&model, wanted, &live.inputs);
        let told = if told.is_empty() { Ok(()) } else { Err(told.join("; ")) };
        self.note(Some(node), Check::InputsReadBack, "the inputs as they were given", told);

        let lacking: Vec<_> = expected_outputs(&model, wanted)
            .into_iter()
            .filter(|output| live.outputs.get(*output).is_none_or(Value::is_null))
            .collect();
        let outputs = if lacking.is_empty() { Ok(()) } else { Err(format!("no {}", lacking.join(", "))) };
        self.note(Some(node), Check::HasOutputs, "every output that the kind declares", outputs);

        if model.taggable {
            let missing = missing_tags(&self.expected_tags(node), &live.tags);
            let tags = if missing.is_empty() { Ok(()) } else { Err(format!("without {}", missing.join(", "))) };
            self.note(Some(node), Check::CarriesTags, "the tags that it was given", tags);
        }
    }

    pub(super) fn expected_tags(&self, node: &Node) -> crate::model::Tags {
        let mut tags = Ownership(self.setup.tenant.node(node.id.clone())).tags();
        tags.extend(node.tags.clone());
        tags
    }

    async fn batch(&mut self, made: &[Node]) {
        // Backwards, so that an answer in the provider's own order is seen to be wrong.
        let targets: Vec<Target> = made.iter().rev().map(|node| self.target(node)).collect();
        let answers = self.provider.observe(targets.clone()).await;
        if answers.len() != targets.len() {
            let seen = Err(format!("{} answers", answers.len()));
            return self.note(None, Check::BatchAsSingle, &format!("{} answers", targets.len()), seen);
        }
        for ((node, target), batched) in made.iter().rev().zip(&targets).zip(answers) {
            // An object that was unknown in the batch is looked at again; the comparison is of answers that are sure.
            let batched =
                if matches!(batched, Observation::Unknown(_)) { self.sure(target).await } else { Ok(batched) };
            let seen = match (batched, self.sure(target).await) {
                (Ok(Observation::Present(batched)), Ok(Observation::Present(single))) if batched == single => Ok(()),
                (Ok(batched), Ok(single)) => Err(format!("{} and alone {}", brief(&batched), brief(&single))),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            self.note(Some(node), Check::BatchAsSingle, "in a batch the same as alone", seen);
        }
    }

    async fn discovered(&mut self, made: &[Node]) {
        let found = self.discover(Scope::Tenant(self.setup.tenant.clone())).await;
        // A node that runs once ends by itself: nobody looks for it.
        let stays = |node: &&Node| self.model(node).is_some_and(|model| model.taggable && !model.run_once);
        for node in made.iter().filter(stays).cloned().collect::<Vec<_>>() {
            let address = self.setup.tenant.node(node.id.clone());
            let seen = match &found {
                Err(error) => Err(error.clone()),
                Ok(found) => {
                    let of_node: Vec<_> =
                        found.iter().filter(|found| found.address.as_ref() == Some(&address)).collect();
                    match of_node.as_slice() {
                        [] => Err("not among what was discovered".to_owned()),
                        [one] if one.kind.as_ref().is_some_and(|kind| *kind != node.kind) => {
                            Err(format!("of kind {:?}", one.kind.as_ref().map(ToString::to_string)))
                        }
                        [one] if one.arn.is_empty() => Err("without an ARN".to_owned()),
                        [_] => Ok(()),
                        many => Err(format!("{} objects", many.len())),
                    }
                }
            };
            self.note(Some(&node), Check::Discovered, "discovered once by its tags", seen);
        }
        let Ok(found) = found else { return };
        let everywhere = self.discover(Scope::Environment(self.setup.tenant.environment.clone())).await;
        for one in found {
            let node = made.iter().find(|node| one.address.as_ref().is_some_and(|address| address.node == node.id));
            let seen = match &everywhere {
                Err(error) => Err(error.clone()),
                Ok(all) if all.iter().any(|other| other.arn == one.arn && other.address == one.address) => Ok(()),
                Ok(_) => Err(format!("{} only in the tenant's search", one.arn)),
            };
            self.note(node, Check::EnvironmentIsSearched, "found in the environment as in the tenant", seen);
        }
    }

    async fn foreign(&mut self, node: &Node) {
        let (ours, mut theirs) = (self.target(node), self.strangers(node));
        if !self.model(node).is_none_or(KindModel::names_are_unique) {
            let seen = match self.sure(&theirs).await {
                Ok(Observation::Absent | Observation::Foreign(_)) => Ok(()),
                Ok(other) => Err(brief(&other)),
                Err(error) => Err(error),
            };
            self.note(Some(node), Check::ForeignIsTold, "not somebody else's by its name alone", seen);
            theirs.physical_id = ours.physical_id.clone();
        }
        let seen = match self.sure(&theirs).await {
            Ok(Observation::Foreign(_)) => Ok(()),
            Ok(other) => Err(brief(&other)),
            Err(error) => Err(error),
        };
        self.note(Some(node), Check::ForeignIsTold, "foreign to somebody else", seen);

        let token = self.token(&self.setup.intruder, &node.id, "create");
        let seen = match self.create(theirs.clone(), token).await {
            Err(error) if error.class == ErrorClass::AlreadyExists => self.untouched(node, &ours).await,
            Err(error) => Err(error.to_string()),
            Ok(created) => Err(format!("{} handed to somebody else", created.physical_id)),
        };
        self.note(Some(node), Check::ForeignIsNotAdopted, "create refused to somebody else (already exists)", seen);

        let seen = match self.remove(theirs).await {
            Err(error) if error.class == ErrorClass::AlreadyExists => self.untouched(node, &ours).await,
            Err(error) => Err(error.to_string()),
            Ok(_) => Err("deleted for somebody else".to_owned()),
        };
        self.note(Some(node), Check::ForeignIsNotDeleted, "delete refused to somebody else (already exists)", seen);
    }

    /// Checks that our object is as it was.
    async fn untouched(&self, node: &Node, ours: &Target) -> Result<(), String> {
        match self.sure(ours).await? {
            Observation::Present(live) if live.status != Status::Deleting => {
                let missing = missing_tags(&self.expected_tags(node), &live.tags);
                if missing.is_empty() { Ok(()) } else { Err(format!("afterwards without {}", missing.join(", "))) }
            }
            other => Err(format!("afterwards {}", brief(&other))),
        }
    }

    async fn update(&mut self, node: &Node) {
        let Some(model) = self.model(node).cloned() else { return };
        if let Some(changes) = self.setup.updates.get(&node.id).cloned() {
            self.update_fields(node, &model, changes).await;
        }
        // A run that is over may be forgotten by now.
        if model.taggable && !model.run_once {
            let mut target = self.target(node);
            target.tags.insert("Conformance".to_owned(), "checked".to_owned());
            let token = self.token(&self.setup.tenant, &node.id, "tags");
            let seen = match self.change(target.clone(), vec!["tags".to_owned()], token).await {
                Err(error) => Err(error.to_string()),
                Ok(_) => match self.watch_ready(&target).await {
                    Err(seen) => Err(seen),
                    Ok(live) => {
                        let mut wanted = self.expected_tags(node);
                        wanted.insert("Conformance".to_owned(), "checked".to_owned());
                        let missing = missing_tags(&wanted, &live.tags);
                        if missing.is_empty() { Ok(()) } else { Err(format!("without {}", missing.join(", "))) }
                    }
                },
            };
            self.note(Some(node), Check::TagsAreUpdated, "the new tag, and the old ones", seen);
        }
    }

    async fn update_fields(&mut self, node: &Node, model: &KindModel, changes: BTreeMap<String, Value>) {
        let mut target = self.target(node);
        let fields: Vec<String> = changes.keys().cloned().collect();
        for (field, value) in changes {
            target.inputs[field.as_str()] = resolve(&value, &self.outputs);
        }
        let promised = format!("{} as wanted, and all else as it was", fields.join(", "));
        let token = self.token(&self.setup.tenant, &node.id, "update");
        let mut physical_ids = Vec::new();
        for (round, check) in [Check::UpdateIsVisible, Check::UpdateIsRepeatable].into_iter().enumerate() {
            let live = match self.change(target.clone(), fields.clone(), token.clone()).await {
                Err(error) => Err(error.to_string()),
                Ok(updated) => {
                    physical_ids.push(updated.physical_id.clone());
                    target.physical_id = Some(updated.physical_id);
                    self.watch_ready(&target).await
                }
            };
            let seen = live.as_ref().map_err(Clone::clone).and_then(|live| {
                let told = differences(model, &target.inputs, &live.inputs);
                if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
            });
            self.note(Some(node), check, &promised, seen);
            let Ok(live) = live else { return };
            if round == 0 {
                self.made.insert(node.id.clone(), (live.physical_id.clone(), target.inputs.clone().into()));
                let before = self.outputs.insert(node.id.clone(), live.outputs.clone()).unwrap_or_default();
                let expected = expected_outputs(model, &live.inputs);
                for output in model.revised_outputs.iter().filter(|output| expected.contains(output)) {
                    // An output that repeats an input (the target group that a rule forwards to) is new only with that input.
                    let repeats = live.outputs.get(*output).is_some_and(|value| contains(&live.inputs, value));
                    let same = !repeats && before.get(*output) == live.outputs.get(*output);
                    let seen = if same { Err(format!("{output} is the same")) } else { Ok(()) };
                    self.note(Some(node), Check::OutputsRevised, &format!("a new {output}"), seen);
                }
            } else if self.outputs.get(&node.id) != Some(&live.outputs) {
                let seen = Err("other outputs after the repetition".to_owned());
                self.note(Some(node), Check::UpdateIsRepeatable, "the same outputs after a repetition", seen);
            }
        }
        if let [first, second] = physical_ids.as_slice()
            && first != second
        {
            let seen = Err(format!("{first} and then {second}"));
            self.note(Some(node), Check::UpdateIsRepeatable, "the same physical id after a repetition", seen);
        }
    }

    async fn delete(&mut self, node: &Node) {
        let mut target = self.target(node);
        if target.inputs["deletion_protection"] == true {
            target.inputs["deletion_protection"] = Value::Bool(false);
            let token = self.token(&self.setup.tenant, &node.id, "unprotect");
            let unprotected = self.change(target.clone(), vec!["deletion_protection".to_owned()], token).await;
            if let Err(error) = unprotected {
                self.note(Some(node), Check::Deleted, "protection can be lifted", Err(error.to_string()));
            }
        }
        let seen = match self.remove(target.clone()).await {
            Err(error) => Err(error.to_string()),
            Ok(_) => match self.watch(&target, |seen| self.is_over(node, seen)).await {
                Ok(_) => Ok(()),
                Err(seen) => Err(seen),
            },
        };
        let gone = seen.is_ok();
        self.note(Some(node), Check::Deleted, "deleted, and absent in the end", seen);
        if gone {
            let seen = match self.remove(target).await {
                Ok(Deleted::Gone) => Ok(()),
                Ok(Deleted::Going) => Err("going".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            self.note(Some(node), Check::DeleteOfAbsent, "gone", seen);
        }
    }

    /// Returns true if nothing of it is left; of a node that runs once, if nothing runs.
    fn is_over(&self, node: &Node, seen: &Observation) -> bool {
        let ended = |live: &Live| matches!(live.status, Status::Ready | Status::Failed(_));
        match seen {
            Observation::Absent => true,
            Observation::Present(live) => ended(live) && self.model(node).is_some_and(|model| model.run_once),
            _ => false,
        }
    }

    async fn after(&mut self, nodes: &[Node]) {
        for node in nodes {
            let seen = match self.sure(&self.target(node)).await {
                Ok(seen) if self.is_over(node, &seen) => Ok(()),
                Ok(other) => Err(brief(&other)),
                Err(error) => Err(error),
            };
            self.note(Some(node), Check::NothingLeft, "absent in the end", seen);
        }
        let deadline = self.deadline();
        let seen = loop {
            match self.discover(Scope::Tenant(self.setup.tenant.clone())).await {
                Err(error) => break Err(error),
                Ok(found) if found.is_empty() => break Ok(()),
                Ok(found) if self.clock.now() >= deadline => {
                    break Err(found.iter().map(|found| found.arn.as_str()).collect::<Vec<_>>().join(", "));
                }
                Ok(_) => self.pause().await,
            }
        };
        self.note(None, Check::NothingLeft, "nothing is discovered in the end", seen);
    }
}

fn contains(inside: &Value, value: &Value) -> bool {
    inside == value
        || match inside {
            Value::Array(items) => items.iter().any(|item| contains(item, value)),
            Value::Object(fields) => fields.values().any(|field| contains(field, value)),
            _ => false,
        }
}
