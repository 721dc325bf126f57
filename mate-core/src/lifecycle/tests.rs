//! Tests of the effect of each verb on the desired state, without any cloud.

use crate::vocab::Command;
use crate::vocab::CommandRun;
use crate::vocab::Mode;
use crate::vocab::Operating;
use crate::vocab::Page;
use crate::vocab::Release;
use crate::vocab::SuspendedCache;
use crate::vocab::Suspension;
use crate::vocab::TenantPhase;
use crate::vocab::TenantVerb;
use serde_json::{Value, json};

use super::*;
use crate::blueprint::Design;
use crate::kinds::service::DeploymentStrategy;
use crate::model::Kinds;
use crate::model::Ownership;
use crate::model::ids::TenantKey;
use crate::model::{Graph, Node};
use crate::spec::{
    Autoscaling, CacheSpec, Contacts, DisplayName, DjangoPreset, Email, FargateSize, Gib, InstanceClass, NodeCount,
    ServiceName, Services, Subdomain, TaskCount, TenantSpec, Tier,
};
use crate::state::{Record, RecordPhase};

fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "clinic".parse().unwrap())
}

fn spec() -> TenantSpec {
    let contacts = Contacts::same(Email::new("admin@clinic.com").unwrap());
    let name = DisplayName::new("Clinic").unwrap();
    TenantSpec::builder(name, Subdomain::new("clinic").unwrap(), Tier::trial(), contacts).build().unwrap()
}

fn wanted() -> Wanted {
    Wanted { spec: spec(), operating: Operating::default() }
}

/// Complete inputs of a kind: these, and for the rest what any object of the kind could have.
fn complete(kind: &str, inputs: &Value) -> Value {
    let mut all = match kind {
        "elbv2:Listener" => json!({
            "load_balancer_arn": "alb", "port": 443, "protocol": "HTTPS", "certificate_arn": null, "ssl_policy": null,
            "default_action": null,
        }),
        "elbv2:TargetGroup" => json!({
            "port": 80, "protocol": "HTTP", "vpc_id": "vpc-1", "deregistration_delay_seconds": 30, "stickiness_seconds": null,
            "health_check": {
                "path": "/", "matcher": "200", "interval_seconds": 30, "timeout_seconds": 5, "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
        }),
        "ecs:Service" => json!({
            "cluster": "c", "task_definition": "t:1", "desired_count": 1, "autoscaling": null, "capacity_providers": [],
            "subnet_ids": [], "security_group_ids": [], "load_balancers": [], "health_check_grace_seconds": null,
            "minimum_healthy_percent": 100, "maximum_percent": 200, "circuit_breaker": true,
            "deployment_strategy": "rolling", "enable_execute_command": false, "after": [], "restart_on": [],
        }),
        "application-autoscaling:ScalableTarget" => json!({
            "resource_id": "r", "min_capacity": 1, "max_capacity": 2, "suspended": false,
        }),
        "rds:DBInstance" => json!({
            "engine": "postgres", "engine_version": "17", "instance_class": "db.t4g.micro", "allocated_storage_gib": 20,
            "max_allocated_storage_gib": 40, "storage_type": "gp3", "kms_key_id": "k", "multi_az": false,
            "backup_retention_days": 7, "db_name": "d", "master_username": "u", "master_user_secret_arn": "s", "port": 5432,
            "db_subnet_group_name": "g", "db_parameter_group_name": "p", "security_group_ids": [],
            "deletion_protection": false, "performance_insights": false, "log_exports": [], "stopped": false,
            "master_user_secret_version": null,
        }),
        _ => json!({}),
    };
    for (field, value) in inputs.as_object().unwrap() {
        all[field] = value.clone();
    }
    all
}

fn node(id: &str, kind: &str, inputs: Value) -> Node {
    let inputs = complete(kind, &inputs);
    let tags = Ownership(key().node(id.parse().unwrap())).tags();
    let name = format!("mate-clinic-dev-{id}");
    Node {
        id: id.parse().unwrap(),
        kind: kind.parse().unwrap(),
        name,
        inputs: inputs.into(),
        tags,
        existing: None,
        former: Default::default(),
    }
}

/// One node of each kind that is touched, and one that is not.
fn design() -> Design {
    let mut graph = Graph::new();
    let nodes = [
        ("listener-80", "elbv2:Listener", json!({"default_action": {"redirect_to_https": {"port": 443}}})),
        ("listener-443", "elbv2:Listener", json!({"default_action": {"forward": {"target_group_arn": "tg"}}})),
        ("web", "ecs:Service", json!({"desired_count": 3, "autoscaling": {"min": 1, "max": 5}, "after": ["mt"]})),
        ("scaling", "application-autoscaling:ScalableTarget", json!({"suspended": false, "min_capacity": 1})),
        ("db", "rds:DBInstance", json!({"stopped": false, "multi_az": false})),
        ("cache", "elasticache:ReplicationGroup", json!({"node_type": "cache.t4g.micro"})),
        ("bucket", "s3:Bucket", json!({"versioning": true})),
    ];
    for (id, kind, inputs) in nodes {
        graph.insert(node(id, kind, inputs)).unwrap();
    }
    Design { graph, outputs: Default::default(), notes: Vec::new() }
}

fn laid(mode: Mode) -> Design {
    operate(design(), &Operating::default().in_mode(mode), &key(), &Kinds::standard()).unwrap()
}

fn inputs<'a>(design: &'a Design, id: &str) -> &'a Value {
    &design.graph.get(&id.parse().unwrap()).unwrap().inputs
}

#[test]
fn a_running_tenant_is_what_the_blueprint_made() {
    assert_eq!(laid(Mode::Running), design());
}

#[test]
fn a_suspended_tenant_has_no_task_no_scaling_and_a_stopped_database() {
    let laid = laid(Mode::Suspended(Suspension::new()));
    assert_eq!(
        (&inputs(&laid, "web")["desired_count"], &inputs(&laid, "web")["autoscaling"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(inputs(&laid, "scaling")["suspended"], true);
    assert_eq!(inputs(&laid, "db")["stopped"], true);
    assert_eq!(inputs(&laid, "bucket"), inputs(&design(), "bucket"));
}

#[test]
fn the_cache_of_a_suspended_tenant_is_kept_unless_it_is_to_be_removed_and_nothing_else_differs() {
    let rests = |design: &Design| -> Vec<String> {
        design.graph.nodes().filter(|node| design.graph.rests(&node.id)).map(|node| node.id.to_string()).collect()
    };
    let kept = laid(Mode::Suspended(Suspension::new()));
    let removed = laid(Mode::Suspended(Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved)));
    assert!(rests(&kept).is_empty());
    assert_eq!(rests(&removed), ["cache"]);
    assert!(kept.graph.nodes().eq(removed.graph.nodes()));
    let note = "to resume takes about 572 s: the database starts (300 s) while the cache is made from its snapshot (420 s), \
        then the services start (150 s), then the page goes";
    assert_eq!(removed.notes, [note]);
}

#[test]
fn a_shut_down_tenant_keeps_its_database_running() {
    let laid = laid(Mode::ShutDown(Page::maintenance()));
    assert_eq!(inputs(&laid, "web")["desired_count"], 0);
    assert_eq!(inputs(&laid, "db")["stopped"], false);
}

#[test]
fn a_deactivated_tenant_has_a_page_and_is_nothing_else_than_before() {
    let laid = laid(Mode::Deactivated(Page::deactivated()));
    assert_eq!(laid.graph.len(), design().graph.len() + 1);
    for id in ["listener-80", "listener-443", "scaling", "db", "bucket"] {
        assert_eq!(inputs(&laid, id), inputs(&design(), id), "{id}");
    }
    assert_eq!(inputs(&laid, "web")["desired_count"], 3);
}

#[test]
fn the_page_is_the_first_rule_of_every_listener_that_lets_through_and_carries_the_tenant_s_tags() {
    let laid = laid(Mode::Deactivated(Page::new(402, "text/html", "<p>").unwrap()));
    let page = laid.graph.get(&"listener-443-page".parse().unwrap()).unwrap();
    assert_eq!(page.kind.as_str(), "elbv2:ListenerRule");
    assert_eq!((&page.inputs["priority"], &page.inputs["path_patterns"]), (&json!(1), &json!(["/*"])));
    let answer = json!({"fixed_response": {"status": 402, "content_type": "text/html", "body": "<p>"}});
    assert_eq!(page.inputs["action"], answer);
    assert_eq!(page.dependencies(), ["listener-443".parse().unwrap()].into());
    assert!(Ownership(key().node(page.id.clone())).owns(&page.tags));
    assert!(laid.graph.get(&"listener-80-page".parse().unwrap()).is_none(), "what redirects lets nothing through");
}

#[test]
fn services_come_behind_the_page() {
    let laid = laid(Mode::Suspended(Suspension::new()));
    let service = laid.graph.get(&"web".parse().unwrap()).unwrap();
    assert!(service.dependencies().contains("listener-443-page"));
    assert_eq!(service.inputs["after"][0], "mt", "and behind what they came before");
}

#[test]
fn the_way_back_is_told_by_the_durations_of_the_kinds() {
    let note = |mode| laid(mode).notes.pop().unwrap();
    assert!(
        note(Mode::Suspended(Suspension::new()))
            .starts_with("to resume takes about 452 s: the database starts (300 s)")
    );
    assert!(
        note(Mode::ShutDown(Page::maintenance()))
            .starts_with("to resume takes about 152 s: the services start (150 s)")
    );
    assert_eq!(note(Mode::Deactivated(Page::deactivated())), "to activate takes about 2 s: the page goes");
}

#[test]
fn a_page_that_no_load_balancer_answers_with_is_refused_with_everything_that_is_wrong() {
    let error = Page::new(302, "text/markdown", "x".repeat(1025)).unwrap_err();
    assert_eq!(error.0.len(), 3);
    let text = error.to_string();
    for part in ["status", "given: 302", "content_type", "text/markdown", "body", "given: 1025", "up to 1024"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(Page::new(503, "text/plain", "x".repeat(1024)).is_ok());
    assert!(serde_json::from_value::<Page>(json!({"status": 302, "content_type": "text/plain", "body": ""})).is_err());
}

#[test]
fn every_change_of_mode_leaves_the_spec_and_every_change_of_the_spec_leaves_the_mode() {
    let page = Page::deactivated;
    for change in [
        Change::Suspend(Suspension::new()),
        Change::Resume,
        Change::Deactivate(page()),
        Change::Activate,
        Change::ShutDown(page()),
    ] {
        assert_eq!(change.of(wanted()).unwrap().spec, spec());
    }
    let deactivated = Wanted { operating: Operating::default().in_mode(Mode::Deactivated(page())), ..wanted() };
    for change in [
        Change::Update(Box::new(spec())),
        Change::ChangeTier(Tier::enterprise()),
        Change::Scale(Box::new(Scale::new().with_multi_az(true))),
    ] {
        assert_eq!(change.of(deactivated.clone()).unwrap().operating, deactivated.operating);
    }
}

#[test]
fn what_is_not_scaled_stays() {
    let scale = Scale::new()
        .with_service(ServiceName::new("celery").unwrap(), ServiceScale::size(FargateSize::new(512, 1024).unwrap()))
        .with_instance_class(InstanceClass::new("db.t4g.large").unwrap())
        .with_cache_nodes(NodeCount::new(3).unwrap());
    let scaled = Change::Scale(Box::new(scale)).of(wanted()).unwrap().spec;
    let Services::Preset(preset) = scaled.services() else { panic!("{scaled:?}") };
    assert_eq!(preset.django, DjangoPreset::new().django);
    assert_eq!(preset.celery.desired_count, None);
    assert_eq!(preset.celery.size.cpu().map(|cpu| cpu.get()), Some(512));
    assert_eq!(scaled.database().instance_class.as_ref().unwrap().as_str(), "db.t4g.large");
    assert_eq!(scaled.database().allocated_storage, None);
    assert_eq!(scaled.cache().topology.unwrap().nodes(), 3);
    assert_eq!(scaled.tier(), spec().tier());
}

#[test]
fn one_node_is_a_cache_without_replicas() {
    let three = spec().into_builder().with_cache(CacheSpec::replicated(crate::spec::ReplicaCount::new(2).unwrap()));
    let wanted = Wanted { spec: three.build().unwrap(), operating: Operating::default() };
    let scale = Scale::new().with_cache_nodes(NodeCount::new(1).unwrap());
    let scaled = Change::Scale(Box::new(scale)).of(wanted).unwrap().spec;
    assert_eq!(scaled.cache().topology.unwrap().nodes(), 1);
}

#[test]
fn a_count_that_autoscaling_moves_is_refused_and_so_is_storage_that_contradicts_itself_at_once() {
    let preset = DjangoPreset::new().with_autoscaling(Autoscaling::new());
    let wanted =
        Wanted { spec: spec().into_builder().with_preset(preset).build().unwrap(), operating: Operating::default() };
    let scale = Scale::new()
        .with_service(ServiceName::new("django").unwrap(), ServiceScale::count(TaskCount::new(2).unwrap()))
        .with_allocated_storage(Gib::new(100).unwrap())
        .with_max_storage(Gib::new(50).unwrap());
    let errors = Change::Scale(Box::new(scale)).of(wanted).unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["services.django.desired_count", "database.max_storage_gib"]);
}

fn record(phase: RecordPhase, mode: Mode) -> Record {
    let mut record = Record::new(key(), "0".repeat(32));
    record.phase = phase;
    record.operating.mode = mode;
    record
}

#[test]
fn the_phase_follows_from_the_record() {
    let page = Page::suspended;
    let of = |phase, mode| TenantPhase::of(Some(&record(phase, mode)));
    let suspended = || Mode::Suspended(Suspension::new());
    assert_eq!(TenantPhase::of(None), TenantPhase::Requested);
    assert_eq!(of(RecordPhase::Provisioning, Mode::Running), TenantPhase::Provisioning);
    assert_eq!(of(RecordPhase::Active, Mode::Running), TenantPhase::Active);
    assert_eq!(of(RecordPhase::Active, suspended()), TenantPhase::Suspended);
    assert_eq!(of(RecordPhase::Active, Mode::ShutDown(page())), TenantPhase::Suspended);
    assert_eq!(of(RecordPhase::Active, Mode::Deactivated(page())), TenantPhase::Deactivated);
    assert_eq!(of(RecordPhase::Destroying, suspended()), TenantPhase::Offboarding);
    assert_eq!(of(RecordPhase::Unwinding, Mode::Running), TenantPhase::Offboarding);
}

/// One row a phase: what is possible there, and nothing else.
#[test]
fn the_table_of_phases_and_verbs() {
    let rows = [
        ("requested", "adopt provision"),
        ("provisioning", "adopt destroy disown provision resume_run unwind"),
        (
            "active",
            "adopt change_tier deactivate deploy destroy disown maintain provision replace restart rollback rotate run_command scale \
             set_maintenance_window shut_down suspend tend update",
        ),
        ("updating", "adopt destroy disown provision resume_run shut_down unwind update"),
        ("suspended", "destroy disown resume suspend tend"),
        (
            "deactivated",
            "activate change_tier deactivate deploy destroy disown maintain provision replace restart rollback rotate run_command scale \
             set_maintenance_window shut_down suspend tend update",
        ),
        ("maintained", "destroy disown maintain shut_down tend"),
        ("offboarding", "destroy resume_run"),
        ("gone", "adopt provision"),
    ];
    assert_eq!(rows.map(|(phase, _)| phase), TenantPhase::ALL.map(TenantPhase::word));
    for (phase, (_, row)) in TenantPhase::ALL.into_iter().zip(rows) {
        let mut verbs: Vec<&str> = phase.possible().map(TenantVerb::word).collect();
        verbs.sort_unstable();
        assert_eq!(verbs.join(" "), row, "{phase}");
    }
}

#[test]
fn an_operating_state_survives_the_wire_and_the_usual_one_takes_no_room() {
    for mode in [Mode::Running, Mode::Suspended(Suspension::new()), Mode::Deactivated(Page::deactivated())] {
        let operating = Operating::default().in_mode(mode);
        let text = serde_json::to_string(&operating).unwrap();
        assert_eq!(serde_json::from_str::<Operating>(&text).unwrap(), operating);
    }
    assert_eq!(serde_json::to_string(&Operating::default()).unwrap(), "{}");
}

fn release(strategy: Option<DeploymentStrategy>) -> Release {
    Release { number: 1, images: Default::default(), migration: None, strategy }
}

#[test]
fn a_strategy_stays_for_the_deployments_after_it() {
    let canary = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 15, bake_minutes: 5 };
    let first = Change::Deploy(release(Some(canary))).of(wanted()).unwrap();
    assert_eq!(first.operating.strategy, canary);
    assert_eq!(Change::Deploy(release(None)).of(first.clone()).unwrap().operating.strategy, canary);
    assert_eq!(Change::Rollback(release(None)).of(first).unwrap().operating.strategy, canary);
}

#[test]
fn a_maintenance_is_a_page_then_the_work_then_no_page() {
    let mut waits = wanted();
    waits.operating.deferred.insert("db".parse().unwrap(), ["instance_class".to_owned()].into());
    let begun = Change::BeginMaintenance(Page::maintenance()).of(waits.clone()).unwrap();
    assert_eq!((begun.operating.mode.word(), begun.operating.deferred.len()), ("maintained", 1));
    let worked = Change::Maintain.of(begun).unwrap();
    assert_eq!((worked.operating.mode.word(), worked.operating.deferred.len()), ("maintained", 0));
    assert_eq!(Change::EndMaintenance.of(worked).unwrap(), wanted());
    let window = "sun:03:00-sun:05:00".parse().unwrap();
    let with_window = Change::SetMaintenanceWindow(Some(window)).of(waits).unwrap().operating;
    assert_eq!((with_window.window, with_window.deferred.len()), (Some(window), 1));
}

#[test]
fn a_command_is_gone_once_it_has_run() {
    let command = Command::new(ServiceName::new("django").unwrap(), ["check"]);
    let run = CommandRun { run: "command-7".to_owned(), command };
    let during = Change::RunCommand(run.clone()).of(wanted()).unwrap();
    assert_eq!(during.operating.command, Some(run));
    assert_eq!(during.operating.settled(), wanted().operating);
}

/// A listener that forwards to the target group of a service.
fn behind_a_listener() -> Design {
    let mut graph = Graph::new();
    let reference = |node: &str, output: &str| json!({"$node": node, "$output": output});
    let forward = json!({"forward": {"target_group_arn": reference("tg", "arn")}});
    let balancer = json!({"target_group_arn": reference("listener", "target_group_arn"), "container_name": "web", "container_port": 80});
    for (id, kind, inputs) in [
        ("tg", "elbv2:TargetGroup", json!({"port": 80})),
        ("listener", "elbv2:Listener", json!({"default_action": forward})),
        ("web", "ecs:Service", json!({"load_balancers": [balancer], "desired_count": 1})),
        ("worker", "ecs:Service", json!({"load_balancers": [], "desired_count": 1})),
    ] {
        graph.insert(node(id, kind, inputs)).unwrap();
    }
    Design { graph, outputs: Default::default(), notes: Vec::new() }
}

#[test]
fn over_two_target_groups_a_last_rule_forwards_to_either_and_ecs_may_change_it_and_no_other() {
    let strategy = DeploymentStrategy::BlueGreen { bake_minutes: 10 };
    let operating = Operating { strategy, ..Operating::default() };
    let laid = operate(behind_a_listener(), &operating, &key(), &Kinds::standard()).unwrap();
    let rule = inputs(&laid, "listener-production");
    assert_eq!((&rule["priority"], &rule["path_patterns"]), (&json!(50_000), &json!(["/*"])));
    assert!(rule["action"]["forward_to_either"]["alternate_target_group_arn"].to_string().contains("tg-alternate"));
    assert_eq!(inputs(&laid, "tg-alternate"), inputs(&laid, "tg"));
    let web = inputs(&laid, "web");
    assert_eq!(web["deployment_strategy"], json!(strategy));
    let way = &web["load_balancers"][0]["alternate"];
    assert!(way["production_listener_rule_arn"].to_string().contains("listener-production"), "{way}");
    assert_eq!(inputs(&laid, "worker"), inputs(&behind_a_listener(), "worker"), "it is behind no load balancer");
    let role = inputs(&laid, "deployment-role")["policy"].to_string();
    assert!(role.contains("elasticloadbalancing:ModifyRule") && role.contains("listener-production"), "{role}");
    assert!(!role.contains("ModifyListener\""), "{role}");
}
