//! Deployments on the simulated cloud: what is recorded, what runs, and the way back.

use mate::lifecycle::Deployment;
use mate::sim::{Fault, FaultRule, Method, Selector, SimObject, crash};
use mate::spec::{ImageReference, ServiceName, TenantSpec};
use mate::vocab::Consents;
use mate::vocab::Migration;
use mate::{Error, SimCloud};

use crate::cloud::{World, example, on, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn tag(text: &str) -> Deployment {
    Deployment::of(ImageReference::new(text).unwrap())
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

fn services(world: &World) -> Vec<SimObject> {
    world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "ecs:Service").collect()
}

/// The image that the task definition of a service names now.
fn image(world: &World, service: &str) -> String {
    let object = world.cloud.object(&"ecs:TaskDefinition".parse().unwrap(), &format!("mate-clinic-dev-{service}"));
    object.unwrap().inputs["containers"][0]["image"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_tag_is_recorded_as_the_digest_that_it_means_and_every_service_runs_it() {
    let world = provisioned().await;
    let id = clinic().id();
    let plan = world.mate.tenant(&id).plan_deploy(&tag("main-4f2a91c")).await.unwrap();
    let changed: Vec<&str> =
        plan.steps.iter().filter(|step| step.action.acts()).map(|step| step.node.as_str()).collect();
    assert_eq!(changed.len(), 6, "a task definition and a service each: {changed:?}");
    world.mate.tenant(&id).deploy(&tag("main-4f2a91c"), Consents::none()).await.unwrap();
    for service in ["django", "celery", "beat"] {
        assert!(image(&world, service).contains("mate-django-dev@sha256:"), "{}", image(&world, service));
    }
    let releases = world.mate.tenant(&id).releases().await.unwrap();
    assert_eq!((releases.current, releases.releases.len()), (Some(1), 1));
    assert!(releases.releases[0].images["django"].starts_with("sha256:"), "{releases:?}");
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "the spec does not take the release away");
}

#[tokio::test]
async fn a_tag_is_asked_for_once_however_many_services_run_it() {
    let world = provisioned().await;
    let before = world.cloud.requests();
    world.mate.tenant(&clinic().id()).plan_deploy(&tag("v2")).await.unwrap();
    let plan = world.cloud.requests() - before;
    let before = world.cloud.requests();
    world.mate.plan(&clinic()).await.unwrap();
    assert_eq!(plan, world.cloud.requests() - before, "looking an image up is no call of a driver");
}

#[tokio::test]
async fn an_image_that_is_not_there_is_refused_before_anything_is_changed() {
    let world = provisioned().await;
    world.cloud.put_image("mate-django-dev", "v1");
    let calls = world.cloud.calls().len();
    let error = world.mate.tenant(&clinic().id()).deploy(&tag("v2"), Consents::none()).await.unwrap_err();
    assert!(matches!(&error, Error::NoImage { image, .. } if image.ends_with("mate-django-dev:v2")), "{error}");
    assert_eq!(world.cloud.calls().len(), calls);
    world.mate.tenant(&clinic().id()).deploy(&tag("v1"), Consents::none()).await.unwrap();
}

#[tokio::test]
async fn one_service_alone_can_move() {
    let world = provisioned().await;
    let before = image(&world, "django");
    let deployment =
        Deployment::of_service(ServiceName::new("celery").unwrap(), ImageReference::new("hotfix").unwrap());
    world.mate.tenant(&clinic().id()).deploy(&deployment, Consents::none()).await.unwrap();
    // The tag that the others have is recorded as a digest too, so that a rollback brings back exactly what ran.
    assert_ne!(image(&world, "celery").split('@').nth(1), image(&world, "django").split('@').nth(1));
    assert!(before.ends_with(":latest"), "{before}");
}

#[tokio::test]
async fn a_release_that_does_not_start_goes_back_by_itself_and_says_why() {
    let world = provisioned().await;
    let id = clinic().id();
    world.mate.tenant(&id).deploy(&tag("good"), Consents::none()).await.unwrap();
    let good = image(&world, "django");
    let bad = world.mate.tenant(&id).plan_deploy(&tag("bad")).await.unwrap();
    let digest = bad.after.operating.release.as_ref().unwrap().images["django"].clone();
    world.cloud.break_image(digest, "essential container exited: exit code 137, out of memory");
    let error = world.mate.tenant(&id).deploy(&tag("bad"), Consents::none()).await.unwrap_err();
    let Error::RolledBack { release: Some(2), to: Some(1), .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("exit code 137, out of memory"), "{error}");
    assert_eq!(image(&world, "django"), good);
    assert!(services(&world).iter().all(|service| service.status == mate::provider::Status::Ready));
    let releases = world.mate.tenant(&id).releases().await.unwrap();
    assert_eq!((releases.current, releases.releases.len()), (Some(1), 1), "a release that never stood is none");
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_deployment_that_fails_goes_back_to_the_images_of_the_spec() {
    let world = provisioned().await;
    let before = image(&world, "django");
    world.cloud.break_image("@sha256:", "CannotPullContainerError: manifest unknown");
    let error = world.mate.tenant(&clinic().id()).deploy(&tag("bad"), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(1), to: None, .. }), "{error}");
    assert!(error.to_string().contains("it runs the images of its spec again"), "{error}");
    assert_eq!(image(&world, "django"), before);
}

#[tokio::test]
async fn a_rollback_goes_to_the_release_before_or_to_any_that_is_recorded() {
    let world = provisioned().await;
    let id = clinic().id();
    let mut images = Vec::new();
    for release in ["v1", "v2", "v3"] {
        world.mate.tenant(&id).deploy(&tag(release), Consents::none()).await.unwrap();
        images.push(image(&world, "django"));
    }
    world.mate.tenant(&id).rollback(None, Consents::none()).await.unwrap();
    assert_eq!(image(&world, "django"), images[1]);
    world.mate.tenant(&id).rollback(Some(1), Consents::none()).await.unwrap();
    assert_eq!(image(&world, "django"), images[0]);
    world.mate.tenant(&id).rollback(Some(3), Consents::none()).await.unwrap();
    assert_eq!(image(&world, "django"), images[2]);
    let error = world.mate.tenant(&id).rollback(Some(7), Consents::none()).await.unwrap_err();
    assert_eq!(error.to_string(), "dev/clinic has no release 7; it has run 1, 2, 3");
    world.mate.tenant(&id).deploy(&tag("v4"), Consents::none()).await.unwrap();
    assert_eq!(world.mate.tenant(&id).releases().await.unwrap().current, Some(4));
}

#[tokio::test]
async fn a_restart_starts_every_task_anew_and_changes_nothing_else() {
    let world = provisioned().await;
    let id = clinic().id();
    for time in 1..=2 {
        world.mate.tenant(&id).restart(vec![ServiceName::new("django").unwrap()]).await.unwrap();
        let restarted = |service: &&SimObject| service.inputs["restart_on"][0] == format!("restart {time}");
        let names: Vec<String> =
            services(&world).iter().filter(restarted).map(|service| service.name.clone()).collect();
        assert_eq!(names, ["mate-clinic-dev-django"]);
    }
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_spec_that_names_another_image_takes_the_place_of_the_release() {
    let world = provisioned().await;
    world.mate.tenant(&clinic().id()).deploy(&tag("v1"), Consents::none()).await.unwrap();
    let preset = mate::spec::DjangoPreset::new().with_tag(ImageReference::new("v9").unwrap());
    let spec = clinic().into_builder().with_preset(preset).build().unwrap();
    world.mate.update(&spec, Consents::none()).await.unwrap();
    assert!(image(&world, "django").ends_with("mate-django-dev:v9"), "{}", image(&world, "django"));
    assert_eq!(world.mate.tenant(&clinic().id()).releases().await.unwrap().current, None);
}

#[tokio::test]
async fn a_process_that_dies_on_the_way_back_is_followed_by_one_that_goes_on_back() {
    let world = on(SimCloud::new(7));
    world.mate.provision(&clinic()).await.unwrap();
    world.cloud.break_image("@sha256:", "exit code 1");
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Update).node("django-service").nth(2));
    let id = clinic().id();
    let deployed =
        crash::until_killed(&world.cloud, world.mate.tenant(&id).deploy(&tag("bad"), Consents::none())).await;
    assert!(deployed.is_none(), "it died");
    world.mate.tenant(&id).resume_run().await.unwrap();
    assert!(image(&world, "django").ends_with(":latest"));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_deployment_that_is_resumed_and_fails_goes_back_by_itself_too() {
    let world = provisioned().await;
    let id = clinic().id();
    world.mate.tenant(&id).deploy(&tag("good"), Consents::none()).await.unwrap();
    let good = image(&world, "django");
    let bad = world.mate.tenant(&id).plan_deploy(&tag("bad")).await.unwrap().after.operating.release.unwrap();
    world.cloud.break_image(&bad.images["django"], "exit code 137, out of memory");
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Update).node("django-service").nth(1));
    let deployed =
        crash::until_killed(&world.cloud, world.mate.tenant(&id).deploy(&tag("bad"), Consents::none())).await;
    assert!(deployed.is_none(), "it died");
    let error = world.mate.tenant(&id).resume_run().await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(2), to: Some(1), .. }), "{error}");
    assert!(error.to_string().contains("exit code 137, out of memory"), "{error}");
    assert_eq!(image(&world, "django"), good);
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

fn migrated(name: &str) -> Deployment {
    tag(name).with_migration(Migration::new(ServiceName::new("django").unwrap(), ["python", "manage.py", "migrate"]))
}

/// The position in the order of the calls of the first one of this method about this node.
fn when(world: &World, since: usize, method: Method, node: &str) -> usize {
    let of_node = |call: &mate::sim::Call| {
        call.method == method && call.address.as_ref().is_some_and(|address| address.node.as_str() == node)
    };
    world.cloud.calls().iter().skip(since).position(of_node).unwrap_or_else(|| panic!("no {method:?} of {node}"))
}

fn runs(world: &World) -> usize {
    let creates = |call: &&mate::sim::Call| {
        call.method == Method::Create && call.kind.as_ref().is_some_and(|kind| kind.as_str() == "ecs:Task")
    };
    world.cloud.calls().iter().filter(creates).count()
}

#[tokio::test]
async fn a_migration_runs_once_with_the_new_image_before_any_service_moves() {
    let world = provisioned().await;
    let id = clinic().id();
    let since = world.cloud.calls().len();
    world.mate.tenant(&id).deploy(&migrated("v1"), Consents::none()).await.unwrap();
    let definition = when(&world, since, Method::Update, "django-task-definition");
    let migration = when(&world, since, Method::Create, "migration");
    for service in ["django-service", "celery-service", "beat-service"] {
        let service = when(&world, since, Method::Update, service);
        assert!(definition < migration && migration < service, "{definition} {migration} {service}");
    }
    assert_eq!(runs(&world), 1);
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "what has run is not missed");
    world.mate.tenant(&id).deploy(&tag("v2"), Consents::none()).await.unwrap();
    world.mate.tenant(&id).rollback(None, Consents::none()).await.unwrap();
    assert_eq!(runs(&world), 1, "nothing runs it again, the way back least of all");
}

#[tokio::test]
async fn a_migration_that_fails_moves_no_service_and_its_exit_code_is_told() {
    let world = provisioned().await;
    let id = clinic().id();
    world.cloud.fail(Selector::Node("migration".to_owned()), "exit code 3: relation \"patients\" already exists");
    let before = world.cloud.calls().len();
    let error = world.mate.tenant(&id).deploy(&migrated("v1"), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { .. }), "{error}");
    assert!(error.to_string().contains("exit code 3"), "{error}");
    let moved = world.cloud.calls().iter().skip(before).any(|call| {
        call.method == Method::Update
            && call.address.as_ref().is_some_and(|address| address.node.as_str() == "django-service")
    });
    assert!(!moved || image(&world, "django").ends_with(":latest"), "no service ran the new image");
    assert!(image(&world, "django").ends_with(":latest"));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}
