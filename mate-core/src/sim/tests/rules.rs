//! AWS's rules as the simulated cloud enforces them.

use serde_json::json;

use super::world::{World, id, keep, keep_as, kind};
use crate::model::Tags;
use crate::provider::{DataPolicy, Deleted, ErrorClass, Observation, Provider, Status};
use crate::sim::SimCloud;

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let world = World::built(SimCloud::builder(), &[]).await;
    let in_use = [
        ("alb-group", "DependencyViolation"),
        ("ecs-group", "DependencyViolation"),
        ("data-group", "DependencyViolation"),
        ("db-subnets", "InvalidDBSubnetGroupStateFault"),
        ("db-parameters", "InvalidDBParameterGroupState"),
        ("cache-subnets", "CacheSubnetGroupInUse"),
        ("target-group", "ResourceInUse"),
        ("file-system", "FileSystemInUse"),
    ];
    for (node, code) in in_use {
        let error = world.delete(node, DataPolicy::Discard).await.unwrap_err();
        assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Dependency, Some(code)), "{node}");
    }
}

#[tokio::test]
async fn a_group_stays_in_use_until_what_uses_it_is_gone() {
    let mut world = World::empty(SimCloud::builder());
    for node in ["alb-group", "ecs-group", "data-group", "db-secret", "db-subnets", "db-parameters", "db"] {
        world.make(node).await;
    }
    world.set("db", "deletion_protection", json!(false)).await.unwrap();
    world.ready("db").await;
    assert_eq!(world.delete("db", DataPolicy::Discard).await.unwrap(), Deleted::Going);
    assert_eq!(world.live("db").await.status, Status::Deleting);
    assert_eq!(world.delete("data-group", keep()).await.unwrap_err().class, ErrorClass::Dependency);
    world.wait(240).await;
    world.gone("data-group", keep()).await;
}

#[tokio::test]
async fn a_cache_is_made_from_a_snapshot_that_there_is_and_holds_what_it_held() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    let (redis, name) = (kind("elasticache:ReplicationGroup"), world.target("cache").name);
    world.cloud.fill(&redis, &name, "queues").unwrap();
    world.gone("cache", keep_as("last")).await;
    assert_eq!(world.cloud.content(&redis, &name), None);
    world.graph.get_mut(&id("cache")).unwrap().inputs["snapshot_name"] = json!("another");
    let error = world.create("cache").await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some("SnapshotNotFoundFault")));
    world.graph.get_mut(&id("cache")).unwrap().inputs["snapshot_name"] = json!("last");
    world.make("cache").await;
    assert_eq!(world.cloud.content(&redis, &name).as_deref(), Some("queues"));
}

#[tokio::test]
async fn no_snapshot_is_taken_of_the_smallest_node_of_all() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    world.set("cache", "node_type", json!("cache.t1.micro")).await.unwrap();
    world.ready("cache").await;
    let error = world.delete("cache", keep_as("last")).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("SnapshotFeatureNotSupportedFault"));
    world.gone("cache", DataPolicy::Discard).await;
}

#[tokio::test]
async fn deletion_protection_holds_until_it_is_lifted() {
    let mut world = World::built(SimCloud::builder(), &["service", "scalable-target", "scaling-policy"]).await;
    for (node, code) in [("db", "InvalidParameterCombination"), ("load-balancer", "OperationNotPermitted")] {
        let error = world.delete(node, DataPolicy::Discard).await.unwrap_err();
        assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some(code)));
        world.set(node, "deletion_protection", json!(false)).await.unwrap();
        world.ready(node).await;
        world.gone(node, DataPolicy::Discard).await;
    }
    let left: Vec<String> = world.cloud.objects().into_iter().map(|object| object.kind.to_string()).collect();
    assert!(
        !left.iter().any(|kind| kind.starts_with("elbv2:Listener") || kind == "wafv2:WebACLAssociation"),
        "{left:?}"
    );
}

#[tokio::test]
async fn a_database_leaves_its_final_snapshot_whose_name_is_taken_for_ever() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    world.set("db", "deletion_protection", json!(false)).await.unwrap();
    world.ready("db").await;
    let error = world.delete("db", keep()).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidParameterCombination"));
    world.gone("db", keep_as("last")).await;
    let snapshots = world.cloud.snapshots();
    assert_eq!(snapshots.len(), 1);
    assert_eq!((snapshots[0].name.as_str(), snapshots[0].source.as_str()), ("last", "mate-conform-dev-db"));

    world.make("db").await;
    let error = world.delete("db", keep_as("last")).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("DBSnapshotAlreadyExists"));
    world.gone("db", keep_as("the next")).await;
    assert_eq!(world.cloud.snapshots().len(), 2);
}

#[tokio::test]
async fn a_bucket_that_holds_objects_goes_only_with_consent() {
    let mut world = World::empty(SimCloud::builder());
    world.make("bucket").await;
    world.cloud.put_object("mate-conform-dev-data", "image.dcm");
    let error = world.delete("bucket", keep()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Dependency, Some("BucketNotEmpty")));
    world.gone("bucket", DataPolicy::Discard).await;
}

#[tokio::test]
async fn a_deleted_secret_holds_its_name_until_its_recovery_window_ends() {
    let mut world = World::empty(SimCloud::builder());
    world.graph.get_mut(&id("app-secret")).unwrap().inputs["recovery_window_days"] = json!(7);
    let first = world.make("app-secret").await.physical_id;
    world.gone("app-secret", keep()).await;
    let error = world.create("app-secret").await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidRequestException"));
    world.wait(7 * 86_400).await;
    assert_ne!(world.make("app-secret").await.physical_id, first);
    world.gone("app-secret", DataPolicy::Discard).await;
    world.make("app-secret").await;
}

#[tokio::test]
async fn ecs_refuses_a_target_group_that_no_load_balancer_has() {
    let mut world = World::built(SimCloud::builder(), &["rule", "service", "scalable-target", "scaling-policy"]).await;
    world.outputs.insert(id("rule"), world.outputs[&id("target-group")].clone());
    let arn = world.outputs[&id("target-group")]["arn"].clone();
    world.graph.get_mut(&id("service")).unwrap().inputs["load_balancers"][0]["target_group_arn"] = arn;
    let error = world.create("service").await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some("InvalidParameterException")));
    world.make("rule").await;
    world.make("service").await;
}

#[tokio::test]
async fn tasks_start_only_once_a_mount_target_is_available() {
    let without = ["mount-target-1", "mount-target-2", "service", "task", "scalable-target", "scaling-policy"];
    let mut world = World::built(SimCloud::builder(), &without).await;
    world.graph.get_mut(&id("service")).unwrap().inputs["after"] = json!([]);
    world.create("service").await.unwrap();
    world.wait(600).await;
    let Status::Pending(reason) = world.live("service").await.status else { panic!("it must be pending") };
    assert!(reason.contains("no mount target"), "{reason}");
    let found = world.cloud.diagnose(world.target("service")).await.unwrap();
    assert!(found[0].finding.contains("ResourceInitializationError") && found[0].advice.is_some());
    world.make("mount-target-1").await;
    assert_eq!(world.live("service").await.status, Status::Ready);
}

#[tokio::test]
async fn a_reference_must_exist_and_be_ready() {
    let mut world = World::built(SimCloud::builder(), &["db"]).await;
    world.cloud.vanish(&kind("rds:DBSubnetGroup"), "mate-conform-dev-db").unwrap();
    let error = world.create("db").await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some("DBSubnetGroupNotFoundFault")));

    world.gone("access-point", keep()).await;
    world.set("file-system", "throughput", json!("elastic")).await.unwrap();
    let error = world.create("access-point").await.unwrap_err();
    let code = Some("IncorrectFileSystemLifeCycleState");
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Dependency, code));
}

#[tokio::test]
async fn what_somebody_else_made_is_foreign_and_stays_untouched() {
    let world = World::empty(SimCloud::builder());
    let theirs = Tags::from([("Owner".to_owned(), "platform".to_owned())]);
    let target = world.target("bucket");
    world.cloud.plant(target.kind.clone(), target.name.clone(), theirs.clone(), target.inputs.clone().into());
    assert!(matches!(world.look("bucket").await, Observation::Foreign(_)));
    assert_eq!(world.create("bucket").await.unwrap_err().class, ErrorClass::AlreadyExists);
    assert_eq!(world.delete("bucket", DataPolicy::Discard).await.unwrap_err().class, ErrorClass::AlreadyExists);
    assert_eq!(world.cloud.object(&target.kind, &target.name).unwrap().tags, theirs);
    assert!(world.cloud.leftovers(&world.tenant).is_empty());
}

#[tokio::test]
async fn the_quota_is_the_accounts() {
    let mut world = World::empty(SimCloud::builder().quota("ec2:SecurityGroup", 1));
    world.make("alb-group").await;
    let error = world.create("ecs-group").await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Quota, Some("SecurityGroupLimitExceeded")));
}

#[tokio::test]
async fn a_database_takes_its_time_and_has_an_endpoint_only_then() {
    let mut world = World::built(SimCloud::builder(), &["db"]).await;
    world.create("db").await.unwrap();
    let live = world.live("db").await;
    assert_eq!(live.status, Status::Pending("creating".into()));
    assert!(live.outputs.contains_key("arn") && !live.outputs.contains_key("address"));
    world.wait(299).await;
    assert_eq!(world.live("db").await.status, Status::Pending("creating".into()));
    assert_eq!(world.delete("db", DataPolicy::Discard).await.unwrap_err().class, ErrorClass::Conflict);
    world.wait(1).await;
    let live = world.live("db").await;
    assert_eq!(live.status, Status::Ready);
    let address = live.outputs["address"].as_str().unwrap();
    assert!(address.starts_with("mate-conform-dev-db.") && address.ends_with(".us-east-1.rds.amazonaws.com"));
    world.set("db", "instance_class", json!("db.r6g.large")).await.unwrap();
    let live = world.live("db").await;
    assert_eq!(live.status, Status::Pending("modifying".into()));
    assert!(live.outputs.contains_key("address"));
}

#[tokio::test]
async fn a_task_definition_gets_its_next_revision_and_the_old_one_can_still_be_run() {
    let mut world = World::built(SimCloud::builder(), &["service", "scalable-target", "scaling-policy"]).await;
    let first = world.live("task-definition").await.outputs["arn"].clone();
    assert!(first.as_str().unwrap().ends_with("task-definition/mate-conform-dev-web:1"));
    let second = world.set("task-definition", "cpu", json!(512)).await.unwrap().outputs["arn"].clone();
    assert!(second.as_str().unwrap().ends_with("task-definition/mate-conform-dev-web:2"));
    assert_eq!(world.set("task-definition", "cpu", json!(512)).await.unwrap().outputs["arn"], second);
    world.make("service").await;
    assert_eq!(world.live("service").await.inputs["task_definition"], first);
}

#[tokio::test]
async fn what_cannot_change_in_place_is_refused() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    let error = world.set("db", "allocated_storage_gib", json!(10)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    let error = world.set("db-subnets", "subnet_ids", json!(["one"])).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("DBSubnetGroupDoesNotCoverEnoughAZs"));
    let error = world.set("alb-group", "description", json!("other")).await.unwrap_err();
    assert!(error.to_string().contains("description cannot be changed in place"), "{error}");
}

#[tokio::test]
async fn ids_have_the_forms_of_aws() {
    let world = World::built(SimCloud::builder(), &[]).await;
    let of = |node: &str, output: &str| world.outputs[&id(node)][output].as_str().unwrap().to_owned();
    let group = of("alb-group", "group_id");
    assert!(group.len() == 20 && group.starts_with("sg-") && group[3..].bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(of("db", "arn"), "arn:aws:rds:us-east-1:123456789012:db:mate-conform-dev-db");
    let secret = of("db-secret", "arn");
    let (name, suffix) = secret.rsplit_once('-').unwrap();
    assert!(name.ends_with("secret:mate/conform/dev/db-secret") && suffix.len() == 6, "{secret}");
    let load_balancer = of("load-balancer", "dns_name");
    assert!(load_balancer.starts_with("mate-conform-dev-alb-"), "{load_balancer}");
    assert!(load_balancer.ends_with(".us-east-1.elb.amazonaws.com"), "{load_balancer}");
    let listener = of("https", "arn");
    assert!(listener.contains(":listener/app/mate-conform-dev-alb/"), "{listener}");
    assert!(of("rule", "arn").contains(":listener-rule/app/mate-conform-dev-alb/"));
    assert_eq!(of("service", "resource_id"), "service/mate-dev/mate-conform-dev-web");
}

#[tokio::test]
async fn change_from_outside_is_seen() {
    let mut world = World::empty(SimCloud::builder());
    let live = world.make("logs").await;
    let (of_logs, name) = (kind("logs:LogGroup"), live.physical_id);
    world.cloud.tamper(&of_logs, &name, |inputs| inputs["retention_days"] = json!(1)).unwrap();
    assert_eq!(world.live("logs").await.inputs["retention_days"], 1);
    world.cloud.tamper_tags(&of_logs, &name, |tags| tags.clear()).unwrap();
    assert!(matches!(world.look("logs").await, Observation::Foreign(_)));
    world.cloud.vanish(&of_logs, &name).unwrap();
    assert!(matches!(world.look("logs").await, Observation::Absent));
    assert!(world.cloud.vanish(&of_logs, &name).is_err());
}

#[tokio::test]
async fn no_secret_is_shown_but_by_its_arn() {
    let world = World::built(SimCloud::builder().secret_canary("canary-7f3a"), &[]).await;
    let arn = world.outputs[&id("db-secret")]["arn"].as_str().unwrap();
    let value = world.cloud.secret_value(arn).unwrap();
    assert!(value.contains("canary-7f3a") && value.contains("\"username\":\"mate\""));
    assert_eq!(world.cloud.secret_values().len(), 3);
    let observed = world.cloud.observe(world.graph.nodes().map(|node| world.target(node.id.as_str())).collect()).await;
    let (cloud, calls, objects) = (&world.cloud, world.cloud.calls(), world.cloud.objects());
    let shown = format!("{cloud:?} {calls:?} {objects:?} {observed:?}");
    assert!(!shown.contains("canary-7f3a"));
}

#[tokio::test]
async fn a_kind_of_the_embedders_own_works_without_being_registered() {
    let mut world = World::empty(SimCloud::builder());
    let mut node = world.graph.get(&id("logs")).unwrap().clone();
    node.id = id("queue");
    node.tags.insert("Component".into(), "queue".into());
    node.kind = kind("sqs:Queue");
    node.name = "jobs".into();
    node.inputs = json!({"fifo": true}).into();
    world.graph.insert(node).unwrap();
    let live = world.make("queue").await;
    assert_eq!(live.outputs["arn"], "arn:aws:sqs:us-east-1:123456789012:queue/jobs");
    assert_eq!(live.inputs, json!({"fifo": true}));
    world.set("queue", "fifo", json!(false)).await.unwrap();
    assert_eq!(world.live("queue").await.inputs, json!({"fifo": false}));
    world.gone("queue", keep()).await;
}
