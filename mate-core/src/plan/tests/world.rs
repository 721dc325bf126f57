//! A graph of the real kinds, and a cloud that is as wide as a map.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::Ownership;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Node, OutputRef, Outputs, references, resolve};
use crate::model::{KindModel, Kinds, ReplaceOrder};
use crate::plan::{Action, After, DiffRequest, Observed, Plan, PlanError, Purpose, Snapshot, Step, diff};
use crate::provider::{DataPolicy, Live, Status};
use crate::state::{NodeRecord, NodeState, Record, RecordPhase, RecordSummary};
use crate::vocab::{Deletions, Goal, Verb};

pub(super) fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

pub(super) fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "regional".parse().unwrap())
}

pub(super) fn out(node: &str, output: &str) -> Value {
    let (prefix, suffix) = (String::new(), String::new());
    serde_json::to_value(OutputRef { node: id(node), output: output.into(), prefix, suffix }).unwrap()
}

pub(super) fn insert(graph: &mut Graph, node: &str, kind: &str, inputs: Value) {
    let tags = Ownership(key().node(id(node))).tags();
    let name = crate::model::names::physical(&key(), node, 32);
    graph
        .insert(Node {
            id: id(node),
            kind: kind.parse().unwrap(),
            name,
            inputs: inputs.into(),
            tags,
            existing: None,
            former: Default::default(),
        })
        .unwrap();
}

/// A service with what it stands on.
pub(super) fn tenant() -> Graph {
    let mut graph = Graph::new();
    let all = json!([{"protocol": "-1", "from_port": null, "to_port": null, "peer": {"cidr": "0.0.0.0/0"}, "description": ""}]);
    let group = |ingress: Value| json!({"description": "tasks", "vpc_id": "vpc-1", "ingress": ingress, "egress": all});
    insert(&mut graph, "ecs-group", "ec2:SecurityGroup", group(json!([])));
    let from_ecs = json!([{"protocol": "tcp", "from_port": 5432, "to_port": 5432,
        "peer": {"security_group": out("ecs-group", "group_id")}, "description": "from the tasks"}]);
    insert(&mut graph, "db-group", "ec2:SecurityGroup", group(from_ecs));
    insert(
        &mut graph,
        "db-secret",
        "secretsmanager:Secret",
        json!({"description": "db", "kms_key_id": null, "generate": {"token": {"length": 32}}, "recovery_window_days": 0}),
    );
    insert(
        &mut graph,
        "db",
        "rds:DBInstance",
        json!({"engine": "postgres", "engine_version": "16", "instance_class": "db.t4g.micro",
            "allocated_storage_gib": 20, "max_allocated_storage_gib": 100, "storage_type": "gp3", "kms_key_id": "key-1",
            "multi_az": false, "backup_retention_days": 7, "db_name": "mate", "master_username": "mate",
            "master_user_secret_arn": out("db-secret", "arn"), "port": 5432, "db_subnet_group_name": "subnets",
            "db_parameter_group_name": "parameters", "security_group_ids": [out("db-group", "group_id"), "sg-base"],
            "deletion_protection": false, "performance_insights": true, "log_exports": ["postgresql", "upgrade"]}),
    );
    insert(
        &mut graph,
        "data",
        "s3:Bucket",
        json!({"kms_key_arn": "key-1", "versioning": true, "tls_only": true, "lifecycle": []}),
    );
    insert(
        &mut graph,
        "alb",
        "elbv2:LoadBalancer",
        json!({"scheme": "internet-facing", "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-alb"],
            "idle_timeout_seconds": 60, "deletion_protection": false, "drop_invalid_header_fields": true}),
    );
    insert(
        &mut graph,
        "django-targets",
        "elbv2:TargetGroup",
        json!({"port": 8000, "protocol": "HTTP", "vpc_id": "vpc-1", "deregistration_delay_seconds": 30,
            "stickiness_seconds": null, "health_check": {"path": "/admin/", "matcher": "200,301,302",
            "interval_seconds": 30, "timeout_seconds": 5, "healthy_threshold": 2, "unhealthy_threshold": 2}}),
    );
    insert(
        &mut graph,
        "https",
        "elbv2:Listener",
        json!({"load_balancer_arn": out("alb", "arn"), "port": 443, "protocol": "HTTPS", "certificate_arn": "cert-1",
            "ssl_policy": "TLS13", "default_action": {"forward": {"target_group_arn": out("django-targets", "arn")}}}),
    );
    insert(
        &mut graph,
        "django-task",
        "ecs:TaskDefinition",
        json!({"cpu": 256, "memory_mib": 512, "execution_role_arn": "role-1", "task_role_arn": "role-2", "volumes": [],
            "containers": [{"name": "django", "image": "django:1", "environment": {"DB_HOST": out("db", "address")}}]}),
    );
    insert(
        &mut graph,
        "django",
        "ecs:Service",
        json!({"cluster": "mate-dev", "task_definition": out("django-task", "arn"), "desired_count": 2,
            "autoscaling": null, "capacity_providers": [], "subnet_ids": ["subnet-3"],
            "security_group_ids": [out("ecs-group", "group_id")], "load_balancers": [{"target_group_arn":
            out("https", "target_group_arn"), "container_name": "django", "container_port": 8000}],
            "health_check_grace_seconds": 60, "minimum_healthy_percent": 100, "maximum_percent": 200,
            "circuit_breaker": true, "enable_execute_command": false, "after": []}),
    );
    graph
}

/// The state of the world: the cloud's objects by physical name, and the record.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) kinds: Kinds,
    pub(super) record: Record,
    /// The object under each node, as an observation by the recorded name shows it.
    pub(super) cloud: BTreeMap<String, Live>,
    pub(super) deletions: Deletions,
    pub(super) after: After,
    counter: u32,
}

impl World {
    pub(super) fn empty(kinds: Kinds) -> Self {
        let summary = RecordSummary {
            display_name: "Regional Hospital".into(),
            tier: "standard".into(),
            url: "https://regional.mate.sociant.ai".into(),
        };
        Self {
            kinds,
            record: Record::new(key(), "0123456789abcdef0123456789abcdef"),
            cloud: BTreeMap::new(),
            deletions: Deletions::default(),
            after: After {
                phase: None,
                spec_digest: "spec-1".into(),
                spec: None,
                operating: Default::default(),
                summary,
                deletion_protection: false,
                outputs: BTreeMap::new(),
            },
            counter: 0,
        }
    }

    /// With everything in `graph` made.
    pub(super) fn of(graph: &Graph) -> Self {
        let mut world = Self::empty(Kinds::standard());
        let plan = world.plan(graph, Purpose::Provision).unwrap();
        world.apply(&plan);
        world
    }

    pub(super) fn live(&mut self, node: &str) -> &mut Live {
        let name = self.record.nodes[&id(node)].name.clone();
        self.cloud.get_mut(&name).unwrap()
    }

    pub(super) fn snapshot(&self, graph: &Graph) -> Snapshot {
        let mut names: BTreeMap<NodeId, String> =
            graph.nodes().map(|node| (node.id.clone(), node.name.clone())).collect();
        names.extend(self.record.nodes.iter().map(|(id, node)| (id.clone(), node.name.clone())));
        let look =
            |name: &String| self.cloud.get(name).map_or(Observed::Absent, |live| Observed::Present(live.clone()));
        names.into_iter().map(|(id, name)| (id, look(&name))).collect()
    }

    pub(super) fn plan(&self, graph: &Graph, purpose: Purpose) -> Result<Plan, PlanError> {
        self.plan_with(graph, purpose, &self.snapshot(graph))
    }

    pub(super) fn plan_with(&self, graph: &Graph, purpose: Purpose, snapshot: &Snapshot) -> Result<Plan, PlanError> {
        diff(DiffRequest {
            key: &key(),
            purpose,
            graph,
            record: (self.record.version > 0).then_some(&self.record),
            snapshot,
            kinds: &self.kinds,
            deletions: &self.deletions,
            after: self.after.clone(),
            notes: Vec::new(),
        })
    }

    /// Carries the plan out, checking what an engine relies on: each operation's predecessors have ended, inputs are
    /// resolved when they are used, a name is free when it is taken, and what the plan knew is still so.
    pub(super) fn apply(&mut self, plan: &Plan) {
        let mut done = std::collections::BTreeSet::new();
        let mut outputs: BTreeMap<NodeId, Outputs> = plan
            .steps
            .iter()
            .filter(|step| step.action.keeps())
            .map(|step| (step.node.clone(), step.outputs.clone()))
            .collect();
        for operation in plan.operations() {
            assert!(operation.after.is_subset(&done), "{} starts before {:?}", operation.id, operation.after);
            let step = &plan.steps[operation.step];
            let model = self.kinds.get(&step.kind).unwrap().clone();
            let inputs = resolve(&step.inputs, &outputs);
            let name = operation.id.name.clone();
            match operation.id.verb {
                Verb::Create => {
                    assert!(references(&inputs).is_empty(), "{}: {inputs}", operation.id);
                    self.counter += 1;
                    let made = self.made(&model, step.node.as_str(), &inputs);
                    let live = Live {
                        physical_id: format!("id-{}", self.counter),
                        status: Status::Ready,
                        inputs: told(&model, &inputs),
                        outputs: made,
                        tags: step.tags.clone(),
                    };
                    assert!(self.cloud.insert(name.clone(), live).is_none(), "{name} is taken");
                }
                Verb::Update => {
                    assert!(references(&inputs).is_empty(), "{}: {inputs}", operation.id);
                    let made = self.made(&model, step.node.as_str(), &inputs);
                    let live = self.cloud.get_mut(&name).unwrap();
                    for field in step.fields() {
                        if let Some(value) = told(&model, &inputs).get(&field) {
                            live.inputs[&field] = value.clone();
                        }
                    }
                    if step.fields() != ["tags"] {
                        for output in model.revised_outputs {
                            live.outputs.insert((*output).to_owned(), made[*output].clone());
                        }
                    }
                    live.tags.extend(step.tags.clone());
                    live.tags.retain(|key, _| !step.untag.contains(key));
                    live.status = Status::Ready;
                }
                Verb::Adopt => self.cloud.get_mut(&name).unwrap().status = Status::Ready,
                Verb::TakeOver | Verb::Rename => {
                    self.cloud.get_mut(&name).unwrap().tags.extend(step.tags.clone());
                }
                Verb::Disown => self.cloud.get_mut(&name).unwrap().tags.retain(|key, _| !step.untag.contains(key)),
                Verb::Delete | Verb::DeleteOld => {
                    let gone = self.cloud.remove(&name).is_some();
                    assert!(
                        gone || matches!(step.action, Action::Forget | Action::ForgetResting),
                        "{name} is not there"
                    );
                }
            }
            let recorded = self.record.nodes.get(&step.node).cloned();
            match operation.id.verb {
                Verb::Delete | Verb::Disown => {
                    self.record.nodes.remove(&step.node);
                    if step.action.rests() {
                        self.rest(step);
                    }
                }
                Verb::DeleteOld => {
                    self.record.nodes.get_mut(&step.node).unwrap().retired.retain(|old| old.name != name);
                }
                Verb::Create | Verb::Update | Verb::Adopt | Verb::TakeOver | Verb::Rename => {
                    let live = &self.cloud[&name];
                    for (output, value) in &step.outputs {
                        assert_eq!(live.outputs.get(output), Some(value), "{output} of {}", step.node);
                    }
                    outputs.insert(step.node.clone(), live.outputs.clone());
                    let mut retired = recorded.map(|recorded| recorded.retired).unwrap_or_default();
                    if step.action == (Action::Replace { order: ReplaceOrder::CreateFirst }) {
                        retired.extend(step.old.clone().map(Into::into));
                    }
                    let node = NodeRecord {
                        kind: step.kind.clone(),
                        name: name.clone(),
                        physical_id: Some(live.physical_id.clone()),
                        inputs: inputs.into(),
                        outputs: live.outputs.clone(),
                        tags: step.tags.clone(),
                        depends_on: step.depends_on.clone(),
                        state: NodeState::Ready,
                        generation: step.generation,
                        token: None,
                        retired,
                        holding: step.holding.clone(),
                    };
                    self.record.nodes.insert(step.node.clone(), node);
                    self.record.resting.remove(&step.node);
                }
            }
            done.insert(operation.id);
        }
        self.record.version += 1;
        self.record.phase = if plan.goal == Goal::Apply { RecordPhase::Active } else { RecordPhase::Destroying };
        self.record.summary = plan.after.summary.clone();
        self.record.deletion_protection = plan.after.deletion_protection;
    }

    /// Records an object that is taken away for a time.
    pub(super) fn rest(&mut self, step: &Step) {
        let DataPolicy::Keep { final_snapshot } = &step.data else { panic!("{:?}", step.data) };
        let resting =
            json!({"kind": step.kind, "name": step.name, "snapshot": final_snapshot, "outputs": step.outputs});
        self.record.resting.insert(step.node.clone(), serde_json::from_value(resting).unwrap());
    }

    fn made(&mut self, model: &KindModel, node: &str, inputs: &Value) -> Outputs {
        self.counter += 1;
        let count = self.counter;
        let mut outputs: Outputs = model
            .outputs
            .iter()
            .map(|output| ((*output).to_owned(), json!(format!("{node}-{output}-{count}"))))
            .collect();
        if let Some(forwards) = inputs.pointer("/default_action/forward/target_group_arn") {
            outputs.insert("target_group_arn".to_owned(), forwards.clone());
        }
        outputs
    }
}

/// The inputs as the cloud tells them back: without what it does not tell or what was not given, lists without order
/// turned round.
fn told(model: &KindModel, inputs: &Value) -> Value {
    let mut fields = serde_json::Map::new();
    for rule in model.fields.iter().filter(|rule| !rule.write_only && !rule.edge_only) {
        let Some(mut value) = inputs.get(rule.field).cloned() else { continue };
        if let Some(items) = value.as_array_mut().filter(|_| rule.unordered) {
            items.reverse();
        }
        fields.insert(rule.field.to_owned(), value);
    }
    Value::Object(fields)
}
