//! The design of a tenant in its operating state: an overlay on the design of the blueprint.

use std::time::Duration;

use super::two_groups;
use crate::blueprint::Design;
use crate::kinds::listener::ListenerAction;
use crate::kinds::listener_rule::ListenerRuleInputs;
use crate::kinds::task::TaskInputs;
use crate::kinds::{DbInstance, Listener, ListenerRule, ReplicationGroup, ScalableTarget, Secret, Service, Task};
use crate::model::Ownership;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::names;
use crate::model::{GraphError, Input, Node, Output, OutputRef, json_of};
use crate::model::{Kind, Kinds, Timing};
use crate::vocab::{Command, CommandRun, Mode, Operating, Page};

/// The first rule of a listener: what stands before all others.
const FIRST: u16 = 1;

/// Lays over a design how the tenant is run. Works by kind, so that it holds for a blueprint of the caller's own too.
///
/// - Where a page stands before the services, every listener that lets requests through gets a rule before all others that
///   answers with it; target groups and their services stay as they are. The rule is there before the first service goes down,
///   and goes when the last one is up.
/// - Where deployments move the traffic between two target groups, every service behind a load balancer has a second one, and the
///   rule that leads to it forwards to either.
/// - Where an object was asked to be replaced, its node asks for the next generation.
/// - Where no task runs, every service has the count 0, and its autoscaling is suspended before.
/// - Where the database is stopped, that is done once no service uses it.
/// - Where the cache is removed, it rests: it is deleted once no service uses it and leaves a snapshot, and what refers to it stays
///   as it is.
///
/// # Errors
/// [`GraphError`] when a node of the design has the name of one that is laid over it.
pub fn operate(
    mut design: Design,
    operating: &Operating,
    key: &TenantKey,
    kinds: &Kinds,
) -> Result<Design, GraphError> {
    // No field is passed over: a new one does not compile until it is laid over the design, or named as one that is not.
    // The window and what is deferred say when something is done, not what the tenant is made of.
    let Operating {
        mode,
        release,
        strategy,
        restarts,
        secrets,
        generations,
        command,
        window: _,
        deferred: _,
        both_tokens,
    } = operating;
    if !strategy.is_rolling() {
        two_groups::stand_over(&mut design, *strategy, key)?;
        design.notes.push(format!("deployments move the traffic: {strategy}"));
    }
    for (service, times) in restarts {
        restart(&mut design, service, *times)?;
    }
    for (secret, generation) in secrets {
        rotate(&mut design, secret, *generation, *both_tokens)?;
    }
    for (node, generation) in generations {
        design.graph.at_generation(node.clone(), *generation);
    }
    if let Some(page) = mode.page() {
        stand_before(&mut design, page, key)?;
    }
    let migration = release.as_ref().and_then(|release| Some((release.number, release.migration.as_ref()?)));
    if let Some((number, migration)) = migration.filter(|_| mode.has_tasks()) {
        migrate(&mut design, number, migration, key)?;
    }
    if let Some(CommandRun { run, command }) = command {
        run_once(&mut design, "command", command, run, key)?;
    }
    if !mode.has_tasks() {
        each::<Service>(&mut design, |service| {
            service.desired_count = 0;
            service.autoscaling = None;
        })?;
        each::<ScalableTarget>(&mut design, |target| target.suspended = true)?;
    }
    if mode.stops_database() {
        each::<DbInstance>(&mut design, |database| database.stopped = true)?;
    }
    if mode.removes_cache() {
        for id in of_kind::<ReplicationGroup>(&design) {
            design.graph.rest(id);
        }
    }
    if !mode.is_running() && !matches!(mode, Mode::Maintained(_)) {
        design.notes.push(way_back(&design, mode, kinds));
    }
    Ok(design)
}

pub(super) fn of_kind<K: Kind>(design: &Design) -> Vec<NodeId> {
    let kind: KindName = K::name();
    design
        .graph
        .nodes()
        .filter(|node| node.kind == kind && node.existing.is_none())
        .map(|node| node.id.clone())
        .collect()
}

fn each<K: Kind>(design: &mut Design, change: impl Fn(&mut K::Inputs)) -> Result<(), GraphError> {
    of_kind::<K>(design).iter().try_for_each(|id| design.graph.edit::<K>(id, &change))
}

/// Gives a secret the value of this generation, and has its consumers take it: the database and the cache that refer to it, and
/// behind them every task.
fn rotate(design: &mut Design, secret: &NodeId, generation: u32, both_tokens: bool) -> Result<(), GraphError> {
    if design.graph.get(secret).is_none_or(|node| node.kind != Secret::name()) {
        return Ok(());
    }
    design.graph.edit::<Secret>(secret, |secret| secret.generation = generation)?;
    let version = Some(Input::Literal(generation.to_string()));
    let users = |design: &Design, kind: KindName| -> Vec<NodeId> {
        let uses = |node: &&Node| node.kind == kind && node.dependencies().contains(secret);
        design.graph.nodes().filter(uses).map(|node| node.id.clone()).collect()
    };
    for id in users(design, DbInstance::name()) {
        let version = version.clone();
        design.graph.edit::<DbInstance>(&id, |database| database.master_user_secret_version = version)?;
    }
    for id in users(design, ReplicationGroup::name()) {
        let version = version.clone();
        design.graph.edit::<ReplicationGroup>(&id, |cache| {
            cache.auth_token_secret_version = version;
            cache.auth_token_only = !both_tokens;
        })?;
    }
    each::<Service>(design, |service| service.restart_on.push(Input::Literal(format!("{secret} {generation}"))))
}

/// Runs the migration of a release once, with the new task definition of its service, and every service behind it.
fn migrate(design: &mut Design, release: u32, migration: &Command, key: &TenantKey) -> Result<(), GraphError> {
    let has_run = run_once(design, "migration", migration, &format!("release-{release}"), key)?;
    each::<Service>(design, |service| service.after.push(has_run.clone()))
}

/// The node of a service: `{service}-service`. None where the design has no such service.
fn service_node<'d>(design: &'d Design, service: &str) -> Option<&'d Node> {
    let id = NodeId::new(format!("{service}-service")).ok()?;
    design.graph.get(&id).filter(|node| node.kind == Service::name())
}

/// Runs a command once, with the task definition and the network of its service.
fn run_once(
    design: &mut Design,
    part: &str,
    command: &Command,
    run: &str,
    key: &TenantKey,
) -> Result<Input<String>, GraphError> {
    let id = NodeId::new(part).map_err(|error| GraphError::NodeId(error.to_string()))?;
    let Some(node) = service_node(design, &command.service) else {
        let of_service = format!("{}-service", command.service);
        let reason = format!("there is no node `{of_service}` whose task definition it could run with");
        return Err(GraphError::Inputs { node: id, reason });
    };
    let service = design.graph.inputs::<Service>(&node.id)?;
    let inputs = TaskInputs {
        cluster: service.cluster,
        task_definition: service.task_definition,
        container: command.service.clone(),
        command: command.command.clone(),
        subnet_ids: service.subnet_ids,
        security_group_ids: service.security_group_ids,
        run: run.to_owned(),
        after: service.after,
    };
    let has_run = reference(&id, Task::ARN);
    let task = beside::<Task>(node, id, part, &inputs, key)?;
    design.graph.insert(task)?;
    Ok(has_run)
}

/// Has the tasks of a service started anew whenever the figure is another one.
fn restart(design: &mut Design, service: &str, times: u32) -> Result<(), GraphError> {
    let Some(id) = service_node(design, service).map(|node| node.id.clone()) else { return Ok(()) };
    let value = Input::Literal(format!("restart {times}"));
    design.graph.edit::<Service>(&id, |service| service.restart_on = vec![value])
}

/// Puts the page before everything that a listener lets through, and every service behind the page.
fn stand_before(design: &mut Design, page: &Page, key: &TenantKey) -> Result<(), GraphError> {
    let mut rules = Vec::new();
    for id in of_kind::<Listener>(design) {
        let listener = design.graph.inputs::<Listener>(&id)?;
        if matches!(listener.default_action, ListenerAction::RedirectToHttps { .. }) {
            continue;
        }
        let Some(node) = design.graph.get(&id) else { continue };
        let rule = page_rule(node, page, key)?;
        rules.push(reference(&rule.id, ListenerRule::ARN));
        design.graph.insert(rule)?;
    }
    each::<Service>(design, |service| service.after.extend(rules.iter().cloned()))
}

fn page_rule(listener: &Node, page: &Page, key: &TenantKey) -> Result<Node, GraphError> {
    let part = format!("{}-page", listener.id);
    let id = NodeId::new(&part).map_err(|error| GraphError::NodeId(error.to_string()))?;
    let inputs = ListenerRuleInputs {
        listener_arn: reference(&listener.id, Listener::ARN),
        priority: FIRST,
        path_patterns: vec!["/*".to_owned()],
        action: ListenerAction::FixedResponse {
            status: page.status(),
            content_type: page.content_type().to_owned(),
            body: page.body().to_owned(),
        },
    };
    beside::<ListenerRule>(listener, id, &part, &inputs, key)
}

/// A node that belongs to the same tenant as this one, with its tags.
pub(super) fn beside<K: Kind>(
    like: &Node,
    id: NodeId,
    part: &str,
    inputs: &K::Inputs,
    key: &TenantKey,
) -> Result<Node, GraphError> {
    let inputs = json_of::<K>(&id, inputs)?;
    let name = names::physical(key, part, K::model().name_rule.max);
    let mut tags = like.tags.clone();
    tags.extend(Ownership(key.node(id.clone())).tags());
    tags.insert("Name".to_owned(), name.clone());
    Ok(Node { id, kind: K::name(), name, inputs, tags, existing: None, former: Default::default() })
}

/// A late-bound input: this output of this node.
pub(super) fn reference<K, T>(node: &NodeId, output: Output<K, T>) -> Input<T> {
    Input::Ref(OutputRef {
        node: node.clone(),
        output: output.name().to_owned(),
        prefix: String::new(),
        suffix: String::new(),
    })
}

/// Describes the steps until the tenant serves again, with their typical durations.
fn way_back(design: &Design, mode: &Mode, kinds: &Kinds) -> String {
    let longest = |kind: KindName, of: fn(Timing) -> Duration| {
        let nodes = design.graph.nodes().filter(|node| node.kind == kind);
        let takes = nodes.filter_map(|node| Some(of((kinds.get(&kind).ok()?.timing)(&node.inputs))));
        takes.max().unwrap_or(Duration::ZERO)
    };
    let update = |timing: Timing| timing.update;
    let mut parts = Vec::new();
    let mut total = longest(ListenerRule::name(), update);
    // Database and cache come back side by side.
    let (mut data, mut first) = (Duration::ZERO, Vec::new());
    if mode.stops_database() {
        let takes = longest(DbInstance::name(), update);
        data = data.max(takes);
        first.push(format!("the database starts ({} s)", takes.as_secs()));
    }
    if mode.removes_cache() {
        let takes = longest(ReplicationGroup::name(), |timing| timing.create);
        data = data.max(takes);
        first.push(format!("the cache is made from its snapshot ({} s)", takes.as_secs()));
    }
    if !first.is_empty() {
        total += data;
        parts.push(first.join(" while "));
    }
    if !mode.has_tasks() {
        let takes = longest(Service::name(), update);
        total += takes;
        parts.push(format!("the services start ({} s)", takes.as_secs()));
    }
    parts.push("the page goes".to_owned());
    let verb = if mode.has_tasks() { "activate" } else { "resume" };
    format!("to {verb} takes about {} s: {}", total.as_secs(), parts.join(", then "))
}
