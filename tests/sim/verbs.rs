//! The day-to-day verbs on the simulated cloud: what each does, in which order, and how it comes back.

use std::time::Duration;

use mate::lifecycle::{Change, Scale, ServiceScale};
use mate::plan::{Action, Plan, Risk};
use mate::provider::Status;
use mate::sim::{Method, SimObject};
use mate::spec::{FargateSize, Gib, InstanceClass, NodeCount, NodeType, ServiceName, TaskCount, TenantSpec, Tier};
use mate::vocab::Consents;
use mate::vocab::{Page, Suspension, TenantPhase, TenantVerb};
use mate::{DestroyOptions, Error};

use crate::cloud::{World, example, world};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

/// One with autoscaling.
fn medcenter() -> TenantSpec {
    example("medcenter.tfvars")
}

async fn provisioned(spec: &TenantSpec) -> World {
    let world = world();
    world.mate.provision(spec).await.unwrap();
    world
}

fn objects(world: &World, kind: &str) -> Vec<SimObject> {
    world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == kind).collect()
}

fn database(world: &World) -> SimObject {
    objects(world, "rds:DBInstance").remove(0)
}

fn pages(world: &World) -> Vec<SimObject> {
    let rules = objects(world, "elbv2:ListenerRule");
    rules.into_iter().filter(|rule| rule.inputs["action"].get("fixed_response").is_some()).collect()
}

fn counts(world: &World) -> Vec<u64> {
    objects(world, "ecs:Service").iter().map(|service| service.inputs["desired_count"].as_u64().unwrap()).collect()
}

fn down(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().filter(|step| matches!(step.risk, Risk::Downtime(_))).map(|step| step.node.as_str()).collect()
}

/// The position in the order of the calls of the first one of this method about this node.
fn when(world: &World, since: usize, method: Method, node: &str) -> usize {
    let calls = world.cloud.calls();
    let of_node = |call: &mate::sim::Call| {
        call.method == method && call.address.as_ref().is_some_and(|address| address.node.as_str() == node)
    };
    calls.iter().skip(since).position(of_node).unwrap_or_else(|| panic!("no {method:?} of {node}"))
}

#[tokio::test]
async fn a_suspended_tenant_has_a_page_no_task_and_a_stopped_database_and_keeps_all_else() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    let before = world.cloud.objects().len();
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Suspended);
    assert!(counts(&world).iter().all(|count| *count == 0), "{:?}", counts(&world));
    assert!(objects(&world, "application-autoscaling:ScalableTarget").iter().all(|t| t.inputs["suspended"] == true));
    assert_eq!(database(&world).inputs["stopped"], true);
    assert_eq!(pages(&world).len(), 1);
    assert_eq!(world.cloud.objects().len(), before + 1, "nothing but the page came, and nothing went");
}

#[tokio::test]
async fn the_page_stands_before_the_first_service_goes_down_and_the_database_stops_last() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    let since = world.cloud.calls().len();
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let page = when(&world, since, Method::Create, "listener-443-page");
    let scaling = when(&world, since, Method::Update, "django-scalable-target");
    let database = when(&world, since, Method::Update, "db");
    for service in ["django-service", "celery-service", "beat-service"] {
        let service = when(&world, since, Method::Update, service);
        assert!(page < service && service < database, "{page} {service} {database}");
    }
    assert!(scaling < when(&world, since, Method::Update, "django-service"), "or autoscaling would start it again");
}

#[tokio::test]
async fn the_page_goes_when_the_database_and_every_service_are_up() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let since = world.cloud.calls().len();
    world.mate.tenant(&spec.id()).resume().await.unwrap();
    let page = when(&world, since, Method::Delete, "listener-443-page");
    let database = when(&world, since, Method::Update, "db");
    for service in ["django-service", "celery-service", "beat-service"] {
        let service = when(&world, since, Method::Update, service);
        assert!(database < service && service < page, "{database} {service} {page}");
    }
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Active);
    assert!(pages(&world).is_empty());
    assert!(world.mate.plan(&spec).await.unwrap().is_empty(), "as before it was suspended");
}

#[tokio::test]
async fn a_database_that_aws_starts_after_seven_days_is_stopped_again_by_tend() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    world.cloud.sim_clock().advance(6 * DAY);
    let version = world.mate.tenant(&spec.id()).status().await.unwrap().record_version;
    let tended = world.mate.tenant(&spec.id()).tend().await.unwrap();
    assert_eq!(tended.record_version, version, "nothing was to be done, and nothing was written");
    world.cloud.sim_clock().advance(2 * DAY);
    world.mate.tenant(&spec.id()).status().await.unwrap();
    assert_eq!(database(&world).inputs["stopped"], false, "the cloud started it");
    world.mate.tenant(&spec.id()).tend().await.unwrap();
    assert_eq!(database(&world).inputs["stopped"], true);
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Suspended);
}

#[tokio::test]
async fn tend_leaves_to_repair_what_people_have_changed() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let open = serde_json::json!([]);
    let group = "ec2:SecurityGroup".parse().unwrap();
    world.cloud.tamper(&group, "mate-clinic-dev-rds-sg", |inputs| inputs["ingress"] = open.clone()).unwrap();
    world.cloud.sim_clock().advance(8 * DAY);
    world.mate.tenant(&spec.id()).tend().await.unwrap();
    assert_eq!(database(&world).inputs["stopped"], true);
    assert_eq!(world.cloud.object(&group, "mate-clinic-dev-rds-sg").unwrap().inputs["ingress"], open);
    assert!(!world.mate.tenant(&spec.id()).drift().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_plan_of_a_suspension_says_what_goes_down_and_how_long_it_takes_to_come_back() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    let plan = world.mate.tenant(&spec.id()).plan_change(Change::Suspend(Suspension::new())).await.unwrap();
    assert_eq!(down(&plan), ["celery-service", "beat-service", "django-service", "db"]);
    let note =
        "to resume takes about 452 s: the database starts (300 s), then the services start (150 s), then the page goes";
    assert!(plan.notes.iter().any(|text| text == note), "{:?}", plan.notes);
    let refused = world.mate.apply(plan, Consents::none()).await.unwrap_err();
    assert!(matches!(refused, Error::Consent(_)), "a plan is applied with consent, whatever it is for: {refused}");
}

#[tokio::test]
async fn a_deactivated_tenant_runs_on_behind_a_page_of_the_caller_s() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    let running = counts(&world);
    let page = Page::new(402, "text/html", "<h1>Please pay</h1>").unwrap();
    world.mate.tenant(&spec.id()).deactivate(page).await.unwrap();
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Deactivated);
    let shown = &pages(&world)[0].inputs;
    assert_eq!(shown["action"]["fixed_response"]["status"], 402);
    assert_eq!((shown["priority"].as_u64(), &shown["path_patterns"][0]), (Some(1), &"/*".into()));
    assert_eq!((counts(&world), &database(&world).inputs["stopped"]), (running, &false.into()));
    world.mate.tenant(&spec.id()).activate().await.unwrap();
    assert!(pages(&world).is_empty());
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_update_of_a_deactivated_tenant_leaves_the_page_standing() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).deactivate(Page::deactivated()).await.unwrap();
    let scale = Scale::new().with_service(django(), ServiceScale::count(TaskCount::new(3).unwrap()));
    world.mate.tenant(&spec.id()).scale(scale, Consents::none()).await.unwrap();
    assert_eq!(pages(&world).len(), 1);
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Deactivated);
}

#[tokio::test]
async fn an_emergency_shutdown_takes_the_tasks_and_leaves_the_database_running() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).shut_down().await.unwrap();
    assert!(counts(&world).iter().all(|count| *count == 0));
    assert_eq!(database(&world).inputs["stopped"], false);
    assert_eq!(world.mate.tenant(&spec.id()).phase().await.unwrap(), TenantPhase::Suspended);
    world.mate.tenant(&spec.id()).resume().await.unwrap();
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

fn django() -> ServiceName {
    ServiceName::new("django").unwrap()
}

#[tokio::test]
async fn everything_that_can_be_scaled_is_scaled_in_one_call() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    let scale = Scale::new()
        .with_service(
            django(),
            ServiceScale::count(TaskCount::new(4).unwrap()).with_size(FargateSize::new(512, 1024).unwrap()),
        )
        .with_instance_class(InstanceClass::new("db.t4g.medium").unwrap())
        .with_allocated_storage(Gib::new(50).unwrap())
        .with_max_storage(Gib::new(500).unwrap())
        .with_node_type(NodeType::new("cache.t4g.small").unwrap())
        .with_cache_nodes(NodeCount::new(2).unwrap());
    let plan = world.mate.tenant(&spec.id()).plan_change(Change::Scale(Box::new(scale.clone()))).await.unwrap();
    assert!(down(&plan).contains(&"db"), "a single instance is down while its class changes: {:?}", down(&plan));
    let consents = Consents::to_every_step_of(&plan);
    world.mate.tenant(&spec.id()).scale(scale, consents).await.unwrap();
    let db = database(&world).inputs;
    assert_eq!((&db["instance_class"], &db["allocated_storage_gib"]), (&"db.t4g.medium".into(), &50.into()));
    assert_eq!(db["max_allocated_storage_gib"], 500);
    let cache = objects(&world, "elasticache:ReplicationGroup").remove(0).inputs;
    assert_eq!(cache["node_type"], "cache.t4g.small");
    let status = world.mate.tenant(&spec.id()).status().await.unwrap();
    assert!(status.is_ready(), "{status:?}");
}

#[tokio::test]
async fn a_scaling_that_cannot_be_tells_everything_that_is_wrong_and_changes_nothing() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    let calls = world.cloud.calls().len();
    let scale = Scale::new()
        .with_service(ServiceName::new("djagno").unwrap(), ServiceScale::count(TaskCount::new(4).unwrap()))
        .with_service(ServiceName::new("celery").unwrap(), ServiceScale::count(TaskCount::new(4).unwrap()))
        .with_service(ServiceName::new("beat").unwrap(), ServiceScale::count(TaskCount::new(2).unwrap()));
    let error = world.mate.tenant(&spec.id()).scale(scale, Consents::none()).await.unwrap_err();
    let Error::Spec(errors) = error else { panic!("{error}") };
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["services.beat.desired_count", "services.celery.desired_count", "services.djagno"]);
    assert!(errors.to_string().contains("did you mean `django`?"), "{errors}");
    assert_eq!(world.cloud.calls().len(), calls);
}

#[tokio::test]
async fn storage_that_would_have_to_shrink_is_refused_in_the_plan_with_the_way_round() {
    let spec = medcenter();
    let world = provisioned(&spec).await;
    let scale = Scale::new().with_allocated_storage(Gib::new(20).unwrap()).with_max_storage(Gib::new(30).unwrap());
    let error = world.mate.tenant(&spec.id()).scale(scale, Consents::none()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("cannot shrink") && text.contains("move the data into a new instance"), "{text}");
}

#[tokio::test]
async fn a_tenant_goes_up_a_tier_and_down_again_and_keeps_its_data() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    let data = |world: &World| {
        ["rds:DBInstance", "s3:Bucket", "efs:FileSystem", "elasticache:ReplicationGroup"]
            .map(|kind| objects(world, kind).iter().map(|object| object.physical_id.clone()).collect::<Vec<_>>())
    };
    let before = data(&world);
    for tier in [Tier::enterprise(), Tier::trial()] {
        let plan = world.mate.tenant(&spec.id()).plan_change(Change::ChangeTier(tier.clone())).await.unwrap();
        assert!(plan.steps.iter().all(|step| !matches!(step.risk, Risk::DataLoss(_))), "{tier}");
        assert!(plan.steps.iter().all(|step| step.action != Action::Delete), "{tier}");
        let consents = Consents::to_every_step_of(&plan);
        world.mate.tenant(&spec.id()).change_tier(tier.clone(), consents).await.unwrap();
        assert_eq!(world.mate.tenant(&spec.id()).status().await.unwrap().summary.tier, tier.as_str());
        assert_eq!(data(&world), before, "{tier}");
    }
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_tier_into_which_the_data_does_not_fit_is_refused() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    let grown = Scale::new().with_max_storage(Gib::new(1000).unwrap());
    world.mate.tenant(&spec.id()).scale(grown, Consents::none()).await.unwrap();
    let database = database(&world);
    world.cloud.tamper(&database.kind, &database.name, |inputs| inputs["allocated_storage_gib"] = 400.into()).unwrap();
    let small = Scale::new().with_max_storage(Gib::new(100).unwrap());
    let error = world.mate.tenant(&spec.id()).scale(small, Consents::none()).await.unwrap_err();
    assert!(error.to_string().contains("cannot shrink"), "{error}");
    let fits = Scale::new().with_max_storage(Gib::new(500).unwrap());
    world.mate.tenant(&spec.id()).scale(fits, Consents::none()).await.unwrap();
}

#[tokio::test]
async fn what_is_not_possible_is_refused_with_what_is() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let calls = world.cloud.calls().len();
    let scale = Scale::new().with_service(django(), ServiceScale::count(TaskCount::new(3).unwrap()));
    let error = world.mate.tenant(&spec.id()).scale(scale, Consents::none()).await.unwrap_err();
    assert!(
        matches!(error, Error::IllegalTransition { phase: TenantPhase::Suspended, verb: TenantVerb::Scale, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("possible: suspend, resume, tend"), "{error}");
    let other = clinic().into_builder().with_tier(Tier::standard()).build().unwrap();
    let error = world.mate.plan(&other).await.unwrap_err();
    assert!(matches!(error, Error::IllegalTransition { verb: TenantVerb::Update, .. }), "{error}");
    assert_eq!(world.cloud.calls().len(), calls, "nothing was asked of the cloud");
    let error = world.mate.tenant(&spec.id()).activate().await.unwrap_err();
    assert!(matches!(error, Error::IllegalTransition { .. }), "{error}");
}

#[tokio::test]
async fn a_controller_that_plans_the_spec_of_a_suspended_tenant_leaves_it_suspended() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let plan = world.mate.plan(&spec).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
}

#[tokio::test]
async fn a_suspended_tenant_can_be_destroyed_and_leaves_nothing() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let plan = world.mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty());
    assert_eq!(world.cloud.snapshots().len(), 1, "of the stopped database too");
}

#[tokio::test]
async fn services_do_not_start_while_the_database_is_stopped() {
    let spec = clinic();
    let world = provisioned(&spec).await;
    world.mate.tenant(&spec.id()).suspend(Suspension::new()).await.unwrap();
    let service = objects(&world, "ecs:Service").remove(0);
    world.cloud.tamper(&service.kind, &service.name, |inputs| inputs["desired_count"] = 1.into()).unwrap();
    let service = world.cloud.object(&service.kind, &service.name).unwrap();
    let Status::Pending(reason) = &service.status else { panic!("{:?}", service.status) };
    assert!(reason.contains("Connection refused"), "{reason}");
}
