//! The day-to-day verbs over the wire, and what AWS's own client then sees.

use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Deployment, Scale, ServiceScale};
use mate::spec::{Format, ImageReference, ServiceName, TaskCount, TenantSpec, Tier};
use mate::vocab::Consents;
use mate::vocab::{Page, SuspendedCache, Suspension, TenantPhase};
use mate::{DestroyOptions, Error};
use serde_json::{Value, json};

use crate::world::{World, example};

const SERVICES: [&str; 3] = ["mate-clinic-dev-django", "mate-clinic-dev-celery", "mate-clinic-dev-beat"];

fn services(world: &World) -> Vec<Value> {
    let arguments = [&["ecs", "describe-services", "--cluster", "mate-dev", "--services"], &SERVICES[..]].concat();
    world.aws(&arguments)["services"].as_array().unwrap().clone()
}

fn counts(world: &World) -> Vec<u64> {
    services(world).iter().map(|service| service["desiredCount"].as_u64().unwrap()).collect()
}

fn database(world: &World) -> Value {
    world.aws(&["rds", "describe-db-instances"])["DBInstances"][0].clone()
}

/// The fixed answers before the services on the listener of 443: those of the rules of priority 1.
fn pages(world: &World) -> Vec<Value> {
    let first = rules(world).into_iter().filter(|rule| rule["Priority"] == "1");
    first.map(|rule| rule["Actions"][0]["FixedResponseConfig"].clone()).collect()
}

/// The share of the traffic that each of two target groups has, by the last rule of the listener of 443.
fn weights(world: &World) -> Vec<u64> {
    let last = rules(world).into_iter().find(|rule| rule["Priority"] == "50000").unwrap();
    let groups = last["Actions"][0]["ForwardConfig"]["TargetGroups"].as_array().unwrap().clone();
    groups.iter().map(|group| group["Weight"].as_u64().unwrap()).collect()
}

/// The rules of the listener of 443.
fn rules(world: &World) -> Vec<Value> {
    let balancer = world.aws(&["elbv2", "describe-load-balancers"])["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let listeners =
        world.aws(&["elbv2", "describe-listeners", "--load-balancer-arn", balancer.as_str().unwrap()])["Listeners"]
            .clone();
    let https = listeners.as_array().unwrap().iter().find(|listener| listener["Port"] == 443).unwrap();
    let rules = world.aws(&["elbv2", "describe-rules", "--listener-arn", https["ListenerArn"].as_str().unwrap()]);
    rules["Rules"].as_array().unwrap().clone()
}

/// The image that the tasks of a service are started from.
fn image(world: &World, service: &Value) -> String {
    let definition = service["taskDefinition"].as_str().unwrap();
    let definition = world.aws(&["ecs", "describe-task-definition", "--task-definition", definition]);
    definition["taskDefinition"]["containerDefinitions"][0]["image"].as_str().unwrap().to_owned()
}

fn push(world: &World, tag: &str) -> String {
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": format!("sha256:{tag}")},
        "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": format!("sha256:{tag}")}]});
    let manifest = manifest.to_string();
    let pushed = world.aws(&[
        "ecr",
        "put-image",
        "--repository-name",
        "mate-django-dev",
        "--image-tag",
        tag,
        "--image-manifest",
        &manifest,
    ]);
    pushed["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_deactivated_suspended_shut_down_and_comes_back_each_time() {
    let world = World::new().await;
    let spec = example("clinic.tfvars");
    let (mate, id) = (&world.mate, spec.id());
    mate.provision(&spec).await.unwrap();
    let running = counts(&world);

    mate.tenant(&id).deactivate(Page::new(402, "text/html", "<h1>Please pay</h1>").unwrap()).await.unwrap();
    let page = json!({"StatusCode": "402", "ContentType": "text/html", "MessageBody": "<h1>Please pay</h1>"});
    assert_eq!((pages(&world), counts(&world)), (vec![page], running.clone()));
    mate.tenant(&id).activate().await.unwrap();
    assert_eq!(pages(&world), Vec::<Value>::new());

    mate.tenant(&id).suspend(Suspension::new()).await.unwrap();
    assert_eq!((counts(&world), pages(&world).len()), (vec![0, 0, 0], 1));
    assert_eq!(database(&world)["DBInstanceStatus"], "stopped");
    assert_eq!(mate.tenant(&id).phase().await.unwrap(), TenantPhase::Suspended);
    assert!(mate.plan(&spec).await.unwrap().is_empty());

    // As AWS does it after seven days.
    let name = database(&world)["DBInstanceIdentifier"].clone();
    world.aws(&["rds", "start-db-instance", "--db-instance-identifier", name.as_str().unwrap()]);
    mate.tenant(&id).tend().await.unwrap();
    assert_eq!(database(&world)["DBInstanceStatus"], "stopped");

    mate.tenant(&id).resume().await.unwrap();
    assert_eq!((counts(&world), pages(&world).len()), (running.clone(), 0));
    assert_eq!(database(&world)["DBInstanceStatus"], "available");
    assert!(mate.plan(&spec).await.unwrap().is_empty());

    mate.tenant(&id).shut_down().await.unwrap();
    assert_eq!((counts(&world), pages(&world).len()), (vec![0, 0, 0], 1));
    assert_eq!(database(&world)["DBInstanceStatus"], "available", "data stays within reach");
    mate.tenant(&id).resume().await.unwrap();
    assert_eq!((counts(&world), pages(&world).len()), (running, 0));
    assert!(mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_that_removes_the_cache_leaves_none_over_the_wire_and_a_resumption_makes_it_anew() {
    let world = World::new().await;
    let spec = example("clinic.tfvars");
    let (mate, id) = (&world.mate, spec.id());
    mate.provision(&spec).await.unwrap();
    let caches = || {
        let groups = world.aws(&["elasticache", "describe-replication-groups"])["ReplicationGroups"].clone();
        let names =
            groups.as_array().unwrap().iter().map(|group| group["ReplicationGroupId"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(caches(), ["mate-clinic-dev-redis"]);
    mate.tenant(&id).suspend(Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved)).await.unwrap();
    assert_eq!((caches(), counts(&world)), (Vec::new(), vec![0, 0, 0]));
    assert!(mate.plan(&spec).await.unwrap().is_empty());
    assert!(mate.tenant(&id).drift().await.unwrap().is_empty());
    let snapshots = world.aws(&["elasticache", "describe-snapshots"])["Snapshots"].clone();
    let [snapshot] = &snapshots.as_array().unwrap()[..] else { panic!("{snapshots}") };
    let name = snapshot["SnapshotName"].as_str().unwrap();
    mate.tenant(&id).resume().await.unwrap();
    assert_eq!(caches(), ["mate-clinic-dev-redis"]);
    assert!(mate.plan(&spec).await.unwrap().is_empty());
    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let note = format!("data of redis (elasticache:ReplicationGroup) stay in the snapshot {name}");
    assert_eq!(plan.notes, [note]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_scaled_goes_up_a_tier_and_down_again() {
    let world = World::new().await;
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").unwrap();
    let text = text.replace("redis_node_type      = \"cache.t4g.micro\"", "");
    let spec = TenantSpec::from_str(Format::Tfvars, &text).unwrap();
    let (mate, id) = (&world.mate, spec.id());
    mate.provision(&spec).await.unwrap();
    let endpoint = database(&world)["DbiResourceId"].clone();

    let scale =
        Scale::new().with_service(ServiceName::new("django").unwrap(), ServiceScale::count(TaskCount::new(3).unwrap()));
    mate.tenant(&id).scale(scale, Consents::none()).await.unwrap();
    assert_eq!(counts(&world).iter().max(), Some(&3));

    for (tier, node_type) in [(Tier::enterprise(), "cache.r7g.large"), (Tier::trial(), "cache.t4g.micro")] {
        let change = mate::lifecycle::Change::ChangeTier(tier.clone());
        let plan = mate.tenant(&id).plan_change(change).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        mate.apply(plan, consents).await.unwrap();
        let tags = database(&world)["TagList"].clone();
        let tag = json!({"Key": "Tier", "Value": tier.as_str()});
        assert!(tags.as_array().unwrap().contains(&tag), "{tags}");
        let caches = world.aws(&["elasticache", "describe-replication-groups"]);
        assert_eq!(caches["ReplicationGroups"][0]["CacheNodeType"], node_type);
        assert_eq!(database(&world)["DbiResourceId"], endpoint, "it is the same database");
    }
    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert!(mate.unclaimed().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_deployed_by_digest_and_rolled_back() {
    let world = World::new().await;
    let spec = example("clinic.tfvars");
    let (mate, id) = (&world.mate, spec.id());
    mate.provision(&spec).await.unwrap();
    let deployment = |tag: &str| Deployment::of(ImageReference::new(tag).unwrap());

    let error = mate.tenant(&id).deploy(&deployment("v1"), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::NoImage { .. }), "{error}");
    let digests = [push(&world, "v1"), push(&world, "v2")];
    assert_ne!(digests[0], digests[1]);
    for (tag, digest) in ["v1", "v2"].into_iter().zip(&digests) {
        mate.tenant(&id).deploy(&deployment(tag), Consents::none()).await.unwrap();
        for service in services(&world) {
            assert!(image(&world, &service).ends_with(&format!("mate-django-dev@{digest}")), "{service}");
        }
    }
    assert!(mate.plan(&spec).await.unwrap().is_empty());
    mate.tenant(&id).rollback(None, Consents::none()).await.unwrap();
    for service in services(&world) {
        assert!(image(&world, &service).ends_with(&digests[0]), "{service}");
    }
    assert_eq!(mate.tenant(&id).releases().await.unwrap().current, Some(1));
    mate.tenant(&id).restart(Vec::new()).await.unwrap();
    assert!(mate.plan(&spec).await.unwrap().is_empty());

    // The same tenant goes on over two target groups: all traffic moves to the other one, and at the next deployment back.
    let canary = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 0, bake_minutes: 0 };
    for (deployment, wanted) in [(deployment("v2").with_strategy(canary), [0, 100]), (deployment("v1"), [100, 0])] {
        mate.tenant(&id).deploy(&deployment, Consents::none()).await.unwrap();
        assert_eq!(weights(&world), wanted);
        assert!(mate.plan(&spec).await.unwrap().is_empty(), "what ECS has moved is no drift");
        assert!(mate.tenant(&id).drift().await.unwrap().is_empty());
    }
    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert!(mate.unclaimed().await.unwrap().is_empty());
}
