//! Every action, every risk, every refusal.

use serde_json::{Value, json};

use super::world::{World, id, insert, key, out, tenant};
use crate::model::Graph;
use crate::model::{Kinds, ReplaceOrder};
use crate::plan::{Action, Observed, Plan, PlanError, PlanJsonError, Purpose, Risk, Shown, Step, observe_targets};
use crate::provider::{DataPolicy, Status};
use crate::state::NodeState;
use crate::vocab::{ConsentRisk, Consents, FinalSnapshot, OpId, Verb};

pub(super) fn step<'p>(plan: &'p Plan, node: &str) -> &'p Step {
    plan.steps.iter().find(|step| step.node == id(node) && !step.action.is_about_leftover()).unwrap()
}

pub(super) fn set(graph: &mut Graph, node: &str, field: &str, value: Value) {
    graph.get_mut(&id(node)).unwrap().inputs[field] = value;
}

/// The plan for the made tenant with one field set otherwise.
fn changed(node: &str, field: &str, value: Value) -> Result<Plan, PlanError> {
    let mut graph = tenant();
    let world = World::of(&graph);
    set(&mut graph, node, field, value);
    world.plan(&graph, Purpose::Update)
}

fn busy(plan: &Plan) -> Vec<(&str, Action)> {
    let steps = plan.steps.iter().filter(|step| step.action.acts());
    steps.map(|step| (step.node.as_str(), step.action)).collect()
}

fn operation(plan: &Plan, node: &str, verb: Verb) -> crate::plan::Op {
    plan.operations().into_iter().find(|operation| operation.id.node == id(node) && operation.id.verb == verb).unwrap()
}

pub(super) fn waits(plan: &Plan, behind: (&str, Verb), before: (&str, Verb)) -> bool {
    let before: OpId = operation(plan, before.0, before.1).id;
    operation(plan, behind.0, behind.1).after.contains(&before)
}

const CREATE_FIRST: Action = Action::Replace { order: ReplaceOrder::CreateFirst };
const DELETE_FIRST: Action = Action::Replace { order: ReplaceOrder::DeleteFirst };

#[test]
fn a_new_tenant_is_created_in_order() {
    let graph = tenant();
    let plan = World::empty(Kinds::standard()).plan(&graph, Purpose::Provision).unwrap();
    assert_eq!(plan.counts().create, graph.len());
    assert!(plan.steps.iter().all(|step| step.reason == "not there yet" && step.risk == Risk::None));
    assert!(waits(&plan, ("django", Verb::Create), ("django-task", Verb::Create)));
    // 2 s for each security group, 300 s for the database, 1 s for the task definition, 150 s for the service.
    assert_eq!(plan.expected().as_secs(), 2 + 2 + 300 + 1 + 150);
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    let graph = tenant();
    let plan = World::of(&graph).plan(&graph, Purpose::Update).unwrap();
    assert!(plan.is_empty(), "{:?} {:?}", busy(&plan), plan.record_changes);
    assert_eq!(plan.operations(), []);
    assert_eq!(plan.headline(), "Plan: nothing to do; everything is as it should be");
}

#[test]
fn a_change_in_place_names_the_leaf() {
    let mut graph = tenant();
    let world = World::of(&graph);
    graph.get_mut(&id("django-targets")).unwrap().inputs["health_check"]["path"] = json!("/health/");
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(busy(&plan), [("django-targets", Action::Update)]);
    let step = step(&plan, "django-targets");
    assert_eq!(step.changes[0].path, "health_check.path");
    assert_eq!(step.changes[0].old, Shown::Value(json!("/admin/")));
    assert_eq!(step.changes[0].new, Shown::Value(json!("/health/")));
    assert_eq!(
        (step.fields(), &step.risk, step.needs_consent()),
        (vec!["health_check".to_owned()], &Risk::None, false)
    );
}

#[test]
fn a_new_revision_restarts_the_service_that_runs_it() {
    let plan = changed("django-task", "cpu", json!(512)).unwrap();
    assert_eq!(busy(&plan), [("django-task", Action::Update), ("django", Action::UpdateWithRestart)]);
    let service = step(&plan, "django");
    assert_eq!(service.changes[0].new, Shown::KnownAfterApply("{django-task.arn}".into()));
    assert_eq!((&service.risk, service.needs_consent()), (&Risk::Restart, false));
    assert!(waits(&plan, ("django", Verb::Update), ("django-task", Verb::Update)));
}

#[test]
fn a_listener_s_certificate_does_not_touch_the_service_behind_it() {
    let plan = changed("https", "certificate_arn", json!("cert-2")).unwrap();
    assert_eq!(busy(&plan), [("https", Action::Update)]);
}

#[test]
fn downtime_depends_on_the_old_inputs_and_needs_consent() {
    let plan = changed("db", "instance_class", json!("db.t4g.medium")).unwrap();
    assert_eq!(busy(&plan), [("db", Action::UpdateWithDowntime)]);
    let missing = plan.check(&Consents::none()).unwrap_err();
    assert_eq!(missing[0].consent.risk, ConsentRisk::Downtime);
    assert_eq!(
        missing[0].to_string(),
        "DOWNTIME at db: a single instance is down while its class changes: several minutes. \
         Consent to it with Consents::downtime(\"db\")"
    );
    assert!(plan.check(&Consents::none().downtime(id("django"))).is_err());
    assert!(plan.check(&Consents::none().downtime(id("db"))).is_ok());
    assert!(plan.check(&Consents::to_every_step_of(&plan)).is_ok());

    let mut graph = tenant();
    set(&mut graph, "db", "multi_az", json!(true));
    let world = World::of(&graph);
    set(&mut graph, "db", "instance_class", json!("db.t4g.medium"));
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(busy(&plan), [("db", Action::UpdateWithRestart)]);
}

#[test]
fn replacing_what_holds_data_is_data_loss() {
    let plan = changed("db", "kms_key_id", json!("key-2")).unwrap();
    let db = step(&plan, "db");
    assert_eq!(db.action, DELETE_FIRST);
    assert!(matches!(&db.risk, Risk::DataLoss(text) if text.contains("final snapshot mate-regional-dev-db-final-")));
    assert!(matches!(&db.data, DataPolicy::Keep { final_snapshot: Some(_) }));
    // Consent to downtime is not consent to the loss of data.
    assert!(plan.check(&Consents::none().downtime(id("db"))).is_err());
    assert!(plan.check(&Consents::none().data_loss(id("db"))).is_ok());
    assert!(waits(&plan, ("db", Verb::Create), ("db", Verb::Delete)));
    assert_eq!(step(&plan, "django-task").action, Action::Update, "its DB_HOST is not known yet");
    assert_eq!(step(&plan, "django-task").changes[0].path, "containers[0].environment.DB_HOST");
}

#[test]
fn replacing_with_the_new_one_first_moves_the_users_between() {
    let plan = changed("django-targets", "port", json!(9000)).unwrap();
    let expected = [("django-targets", CREATE_FIRST), ("https", Action::Update), ("django", Action::UpdateWithRestart)];
    assert_eq!(busy(&plan), expected);
    let targets = step(&plan, "django-targets");
    assert_eq!(targets.generation, 1);
    assert!(targets.name.ends_with("-g1") && targets.name.len() <= 32, "{}", targets.name);
    assert_eq!(targets.risk, Risk::None);
    assert!(waits(&plan, ("https", Verb::Update), ("django-targets", Verb::Create)));
    assert!(waits(&plan, ("django", Verb::Update), ("https", Verb::Update)));
    assert!(waits(&plan, ("django-targets", Verb::DeleteOld), ("https", Verb::Update)));
}

#[test]
fn replacing_with_the_old_one_first_is_downtime_and_takes_its_users_along() {
    let plan = changed("alb", "scheme", json!("internal")).unwrap();
    assert_eq!(step(&plan, "alb").action, DELETE_FIRST);
    assert!(matches!(step(&plan, "alb").risk, Risk::Downtime(_)));
    assert_eq!(step(&plan, "https").action, DELETE_FIRST);
    assert!(waits(&plan, ("alb", Verb::Delete), ("https", Verb::Delete)));
    assert!(waits(&plan, ("https", Verb::Create), ("alb", Verb::Create)));
}

#[test]
fn an_access_point_does_not_outlive_its_file_system() {
    let mut graph = Graph::new();
    let files = json!({"kms_key_id": "key-1", "throughput": "bursting", "transition_to_ia": null});
    insert(&mut graph, "files", "efs:FileSystem", files);
    let point = json!({"file_system_id": out("files", "file_system_id"), "posix_uid": 1, "posix_gid": 1,
        "root_directory": "/data", "permissions": "0750"});
    insert(&mut graph, "point", "efs:AccessPoint", point);
    let mut world = World::of(&graph);
    set(&mut graph, "files", "kms_key_id", json!("key-2"));
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(busy(&plan), [("files", DELETE_FIRST), ("point", DELETE_FIRST)]);
    assert!(waits(&plan, ("files", Verb::Delete), ("point", Verb::Delete)));
    world.apply(&plan);
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
}

#[test]
fn every_impossible_change_is_listed_with_the_way_round() {
    let mut graph = tenant();
    let world = World::of(&graph);
    set(&mut graph, "db", "allocated_storage_gib", json!(10));
    set(&mut graph, "db", "engine_version", json!("15"));
    set(&mut graph, "db-secret", "generate", json!({"token": {"length": 64}}));
    let error = world.plan(&graph, Purpose::Update).unwrap_err();
    let PlanError::Impossible(changes) = &error else { panic!("{error}") };
    assert_eq!(changes.len(), 3);
    let text = error.to_string();
    assert!(
        text.contains("db (rds:DBInstance): allocated_storage_gib cannot go from 20 to 10: RDS storage cannot shrink")
    );
    assert!(text.contains("engine_version cannot go from \"16\" to \"15\""), "{text}");
    assert!(text.contains("db-secret (secretsmanager:Secret): generate cannot go from"), "{text}");
}

#[test]
fn the_order_of_an_unordered_list_means_nothing_and_a_member_is_named() {
    let plan = changed("db", "log_exports", json!(["upgrade", "postgresql"])).unwrap();
    assert!(plan.is_empty());
    let plan = changed("db", "log_exports", json!(["upgrade"])).unwrap();
    let change = &step(&plan, "db").changes[0];
    assert_eq!((change.path.as_str(), &change.old), ("log_exports[]", &Shown::Value(json!("postgresql"))));
    assert_eq!(change.new, Shown::Absent);
}

#[test]
fn drift_in_the_cloud_is_seen_and_what_it_does_not_tell_is_not() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("db").inputs["backup_retention_days"] = json!(1);
    world.live("db").inputs.as_object_mut().unwrap().remove("storage_type");
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    let changes = &step(&plan, "db").changes;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].old, Shown::Value(json!(1)));
}

#[test]
fn a_write_only_field_is_compared_with_the_record_alone() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("db").inputs["master_user_secret_arn"] = json!("whatever AWS says");
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
    world.record.nodes.get_mut(&id("db")).unwrap().inputs["master_user_secret_arn"] = json!("another");
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "db").fields(), ["master_user_secret_arn"]);
}

#[test]
fn a_missing_tag_is_an_update_of_tags_and_tags_of_others_stay() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("data").tags.insert("Theirs".into(), "stays".into());
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
    world.live("data").tags.remove("Tenant");
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(busy(&plan), [("data", Action::Update)]);
    assert_eq!(step(&plan, "data").fields(), ["tags"]);
    assert_eq!(step(&plan, "data").changes[0].path, "tags.Tenant");
}

#[test]
fn without_a_record_what_is_ours_is_found_again() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.record.nodes.clear();
    world.record.version = 0;
    let plan = world.plan(&graph, Purpose::Provision).unwrap();
    assert_eq!(plan.counts().adopt, graph.len());
    assert_eq!(step(&plan, "db").reason, "found again: it carries our tags");
    world.apply(&plan);
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
}

#[test]
fn what_is_gone_is_made_again_and_what_uses_it_follows() {
    let graph = tenant();
    let mut world = World::of(&graph);
    let name = world.record.nodes[&id("django-targets")].name.clone();
    world.cloud.remove(&name);
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "django-targets").action, Action::Create);
    assert_eq!(step(&plan, "django-targets").reason, "recorded, but gone from the cloud");
    assert_eq!(step(&plan, "https").action, Action::Update);
    world.apply(&plan);
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
}

#[test]
fn what_has_failed_is_replaced_with_consent_only_where_it_held_data() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("db").status = Status::Failed("incompatible-network".into());
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "db").action, DELETE_FIRST);
    assert_eq!(step(&plan, "db").reason, "it has failed: incompatible-network");
    assert!(matches!(step(&plan, "db").risk, Risk::DataLoss(_)));
    world.record.nodes.get_mut(&id("db")).unwrap().state = NodeState::Creating;
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!((step(&plan, "db").action, &step(&plan, "db").risk), (DELETE_FIRST, &Risk::None));
}

#[test]
fn a_failed_deployment_is_repaired_in_place_by_the_change_that_repairs_it() {
    let mut graph = tenant();
    let mut world = World::of(&graph);
    world.live("django").status = Status::Failed("the circuit breaker stopped the deployment".into());
    graph.get_mut(&id("django-task")).unwrap().inputs["containers"][0]["image"] = json!("django:2");
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "django").action, Action::UpdateWithRestart);
    assert!(step(&plan, "django").reason.starts_with("it has failed: the circuit breaker"));
}

#[test]
fn what_is_on_its_way_is_waited_for() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("db").status = Status::Pending("backing-up".into());
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(busy(&plan), [("db", Action::Adopt)]);
    assert_eq!(operation(&plan, "db", Verb::Adopt).expected.as_secs(), 300);
}

#[test]
fn what_is_no_longer_wanted_is_deleted_after_its_users() {
    let graph = tenant();
    let mut world = World::of(&graph);
    let mut smaller = Graph::new();
    for node in graph.nodes().filter(|node| !["django", "https", "django-targets"].contains(&node.id.as_str())) {
        smaller.insert(node.clone()).unwrap();
    }
    let plan = world.plan(&smaller, Purpose::Update).unwrap();
    let expected = [("django", Action::Delete), ("https", Action::Delete), ("django-targets", Action::Delete)];
    assert_eq!(busy(&plan), expected);
    assert_eq!(step(&plan, "django").reason, "no longer part of the tenant");
    let name = world.record.nodes[&id("https")].name.clone();
    world.cloud.remove(&name);
    let plan = world.plan(&smaller, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "https").action, Action::Forget);
    world.apply(&plan);
    assert!(world.plan(&smaller, Purpose::Update).unwrap().is_empty());
}

#[test]
fn destroying_keeps_the_database_in_a_snapshot_and_marks_what_is_lost() {
    let graph = tenant();
    let mut world = World::of(&graph);
    let nothing = Graph::new();
    let plan = world.plan(&nothing, Purpose::Destroy).unwrap();
    assert_eq!(plan.counts().delete, graph.len());
    assert_eq!(step(&plan, "db").risk, Risk::None);
    assert!(step(&plan, "db").reason.contains("its data stays in the final snapshot mate-regional-dev-db-final-"));
    assert_eq!(step(&plan, "data").data, DataPolicy::Keep { final_snapshot: None });
    assert!(step(&plan, "data").reason.ends_with("refused while it still holds objects"));
    assert!(matches!(step(&plan, "db-secret").risk, Risk::DataLoss(_)));
    assert!(waits(&plan, ("db-group", Verb::Delete), ("db", Verb::Delete)));

    world.deletions.empty = true;
    world.deletions.final_snapshots.insert(id("db"), FinalSnapshot::Discard);
    let plan = world.plan(&nothing, Purpose::Destroy).unwrap();
    assert_eq!((&step(&plan, "db").data, &step(&plan, "data").data), (&DataPolicy::Discard, &DataPolicy::Discard));
    assert_eq!(plan.risky_steps().count(), 3);

    world.deletions.final_snapshots.insert(id("db"), FinalSnapshot::Named("last".into()));
    let plan = world.plan(&nothing, Purpose::Destroy).unwrap();
    assert_eq!(step(&plan, "db").data, DataPolicy::Keep { final_snapshot: Some("last".into()) });
    world.live("db").status = Status::Deleting;
    let plan = world.plan(&nothing, Purpose::Destroy).unwrap();
    assert_eq!(step(&plan, "db").action, Action::Delete, "a deletion that has begun goes on");
    world.apply(&plan);
    assert!(world.cloud.is_empty() && world.record.nodes.is_empty());
}

#[test]
fn what_stands_in_the_way_is_listed_whole() {
    let graph = tenant();
    let world = World::of(&graph);
    let plan_with = |node: &str, other: &str, seen: Observed| {
        let mut snapshot = world.snapshot(&graph);
        snapshot.insert(id(node), seen.clone());
        snapshot.insert(id(other), seen);
        world.plan_with(&graph, Purpose::Update, &snapshot).unwrap_err()
    };
    let error = plan_with("db", "alb", Observed::Foreign("tagged Owner=them\u{1b}[2J".into()));
    assert!(matches!(&error, PlanError::Foreign(problems) if problems.len() == 2));
    assert!(error.to_string().contains("db (rds:DBInstance): tagged Owner=them\\u{1b}[2J"), "{error}");
    let error = plan_with("db", "alb", Observed::Unknown("throttled".into()));
    assert!(matches!(&error, PlanError::Unknown(problems) if problems.len() == 2));
    let mut deleting = world.clone();
    deleting.live("db").status = Status::Deleting;
    let error = deleting.plan(&graph, Purpose::Update).unwrap_err();
    assert!(matches!(&error, PlanError::Deleting(problems) if problems[0].node == id("db")));
    let mut snapshot = world.snapshot(&graph);
    snapshot.remove(&id("db"));
    let error = world.plan_with(&graph, Purpose::Update, &snapshot).unwrap_err();
    assert!(matches!(&error, PlanError::Unobserved(problems) if problems.len() == 1));
}

#[test]
fn an_object_of_an_earlier_generation_than_is_asked_for_is_replaced_once() {
    let mut graph = tenant();
    let mut world = World::of(&graph);
    for node in ["ecs-group", "django"] {
        graph.at_generation(id(node), 1);
    }
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "ecs-group").action, Action::Replace { order: ReplaceOrder::CreateFirst });
    assert_eq!(step(&plan, "django").action, Action::Replace { order: ReplaceOrder::DeleteFirst });
    assert_eq!((step(&plan, "ecs-group").generation, step(&plan, "django").generation), (1, 1));
    world.apply(&plan);
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
}

#[test]
fn a_graph_that_does_not_fit_its_kinds_is_refused() {
    let mut graph = tenant();
    set(&mut graph, "db", "colour", json!("red"));
    set(&mut graph, "django", "cluster", out("db", "colour"));
    let error = World::empty(Kinds::standard()).plan(&graph, Purpose::Provision).unwrap_err();
    let PlanError::Misfit(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), 2);
}

#[test]
fn another_tenant_s_record_is_refused() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.record.key.tenant = "other".parse().unwrap();
    let error = world.plan(&graph, Purpose::Update).unwrap_err();
    assert_eq!(error.to_string(), "the record is of dev/other, and the plan is for dev/regional");
}

#[test]
fn a_node_of_another_kind_is_replaced() {
    let graph = tenant();
    let world = World::of(&graph);
    let mut other = Graph::new();
    for node in graph.nodes() {
        if node.id == id("data") {
            insert(&mut other, "data", "logs:LogGroup", json!({"retention_days": 30}));
        } else {
            other.insert(node.clone()).unwrap();
        }
    }
    let plan = world.plan(&other, Purpose::Update).unwrap();
    let data = step(&plan, "data");
    assert_eq!((data.action, data.old.as_ref().unwrap().kind.as_str()), (DELETE_FIRST, "s3:Bucket"));
    assert!(matches!(data.risk, Risk::DataLoss(_)));
}

#[test]
fn a_change_of_the_record_alone_is_not_nothing() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.after.summary.tier = "enterprise".into();
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert!(!plan.is_empty() && plan.operations().is_empty());
    assert_eq!(plan.record_changes[0].path, "tier");
}

#[test]
fn a_plan_survives_the_wire_and_a_changed_one_is_refused() {
    let plan = changed("db", "kms_key_id", json!("key-2")).unwrap();
    let text = plan.to_json();
    assert_eq!(Plan::from_json(&text).unwrap(), plan);
    let forged = text.replace("\"level\": \"data_loss\"", "\"level\": \"downtime\"");
    assert_ne!(forged, text);
    assert!(matches!(Plan::from_json(&forged), Err(PlanJsonError::Changed)));
    for other in [1, 3] {
        let text = text.replacen("\"schema\": 2", &format!("\"schema\": {other}"), 1);
        assert!(matches!(Plan::from_json(&text), Err(PlanJsonError::Schema { found, supported: 2 }) if found == other));
    }
    assert!(matches!(Plan::from_json("{}"), Err(PlanJsonError::Malformed(_))));
}

#[test]
fn everything_in_graph_and_record_is_observed_once() {
    let graph = tenant();
    let world = World::of(&graph);
    let mut wanted = Graph::new();
    wanted.insert(graph.get(&id("https")).unwrap().clone()).unwrap();
    insert(&mut wanted, "logs", "logs:LogGroup", json!({"retention_days": 30}));
    let targets = observe_targets(&key(), &wanted, Some(&world.record), &Default::default(), &world.kinds).unwrap();
    assert_eq!(targets.len(), graph.len() + 1);
    let https = targets.iter().find(|target| *target.node() == id("https")).unwrap();
    assert!(https.physical_id.is_some());
    assert_eq!(Some(&https.inputs["load_balancer_arn"]), world.record.nodes[&id("alb")].outputs.get("arn"));
}
