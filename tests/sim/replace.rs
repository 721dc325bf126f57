//! An object is replaced because somebody asks for it, although it is as it should be.

use std::collections::BTreeSet;

use mate::model::ReplaceOrder;
use mate::model::ids::{KindName, NodeId};
use mate::plan::{Action, Plan, Risk, Step};
use mate::sim::crash::{at_await, awaits};
use mate::spec::TenantSpec;
use mate::vocab::{Consents, TenantPhase, TenantVerb};
use mate::{Error, SimCloud};

use crate::cloud::{World, changes, example, world};
use crate::sample::sample;

const CACHE: &str = "elasticache:ReplicationGroup";

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn ids(nodes: &[&str]) -> Vec<NodeId> {
    nodes.iter().map(|node| node.parse().unwrap()).collect()
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

async fn plan(world: &World, nodes: &[&str]) -> Plan {
    world.mate.tenant(&clinic().id()).plan_replace(&ids(nodes)).await.unwrap()
}

async fn replace(world: &World, nodes: &[&str]) -> Result<(), Error> {
    let consents = Consents::to_every_step_of(&plan(world, nodes).await);
    world.mate.tenant(&clinic().id()).replace(&ids(nodes), consents).await.map(drop)
}

fn step<'p>(plan: &'p Plan, node: &str) -> &'p Step {
    plan.steps.iter().find(|step| step.node.as_str() == node).unwrap()
}

/// The physical ids of everything.
fn objects(cloud: &SimCloud) -> BTreeSet<String> {
    cloud.objects().into_iter().map(|object| object.physical_id).collect()
}

async fn physical_id(world: &World, node: &str) -> String {
    let status = world.mate.tenant(&clinic().id()).status().await.unwrap();
    let found = status.nodes.into_iter().find(|found| found.node.as_str() == node).unwrap();
    let object =
        world.cloud.objects().into_iter().find(|object| (&object.kind, &object.name) == (&found.kind, &found.name));
    object.unwrap().physical_id
}

#[tokio::test]
async fn what_is_named_is_replaced_and_what_refers_to_it_follows() {
    let world = provisioned().await;
    let before = objects(&world.cloud);
    let plan = plan(&world, &["ecs-security-group"]).await;
    let group = step(&plan, "ecs-security-group");
    assert_eq!(group.action, Action::Replace { order: ReplaceOrder::CreateFirst });
    assert_eq!(group.reason, "different: generation; another object was asked for in its place");
    assert_eq!(group.risk, Risk::None);
    let replaced = |step: &&Step| matches!(step.action, Action::Replace { .. });
    assert_eq!(plan.steps.iter().filter(replaced).count(), 1);
    assert!(changes(&plan).any(|step| step.node.as_str() == "django-service"), "its tasks move to the new group");
    world.mate.apply(plan, Consents::none()).await.unwrap();
    let after = objects(&world.cloud);
    assert_eq!((before.difference(&after).count(), after.difference(&before).count()), (1, 1));
    let group = physical_id(&world, "ecs-security-group").await;
    let service = world.cloud.object(&"ecs:Service".parse().unwrap(), "mate-clinic-dev-django").unwrap();
    assert!(service.inputs["security_group_ids"].to_string().contains(&group), "{}", service.inputs);
    assert!(world.mate.unclaimed().await.unwrap().is_empty());
}

#[tokio::test]
async fn it_is_done_once_and_again_when_it_is_asked_for_again() {
    for node in ["ecs-security-group", "celery-service"] {
        let world = provisioned().await;
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(started(&world, node).await);
            replace(&world, &[node]).await.unwrap();
            assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "{node}");
            assert!(world.mate.tenant(&clinic().id()).drift().await.unwrap().is_empty(), "{node}");
        }
        seen.push(started(&world, node).await);
        let different: BTreeSet<_> = seen.iter().collect();
        assert_eq!(different.len(), seen.len(), "{node}: {seen:?}");
    }
}

/// The number of creations of this node's object, by the calls: the ARN does not tell it, because a service keeps its
/// ARN.
async fn started(world: &World, node: &str) -> usize {
    let made = |call: &&mate::sim::Call| {
        call.method == mate::sim::Method::Create
            && call.address.as_ref().is_some_and(|address| address.node.as_str() == node)
    };
    world.cloud.calls().iter().filter(made).count()
}

#[tokio::test]
async fn an_object_that_goes_first_is_downtime_and_needs_consent() {
    let world = provisioned().await;
    let plan = plan(&world, &["celery-service"]).await;
    let service = step(&plan, "celery-service");
    assert_eq!(service.action, Action::Replace { order: ReplaceOrder::DeleteFirst });
    assert!(matches!(service.risk, Risk::Downtime(_)), "{:?}", service.risk);
    let before = objects(&world.cloud);
    let refused =
        world.mate.tenant(&clinic().id()).replace(&ids(&["celery-service"]), Consents::none()).await.unwrap_err();
    assert!(matches!(refused, Error::Consent(_)), "{refused}");
    assert_eq!(objects(&world.cloud), before, "nothing was begun");
}

#[tokio::test]
async fn the_data_of_an_object_is_lost_with_it_and_only_with_consent() {
    let world = provisioned().await;
    let kind: KindName = CACHE.parse().unwrap();
    let cache = world.cloud.objects().into_iter().find(|object| object.kind == kind).unwrap();
    world.cloud.fill(&kind, &cache.name, "sessions").unwrap();
    let plan = plan(&world, &["redis"]).await;
    assert!(matches!(step(&plan, "redis").risk, Risk::DataLoss(_)), "{:?}", step(&plan, "redis").risk);
    let downtime = Consents::none().downtime("redis".parse().unwrap());
    let refused = world.mate.tenant(&clinic().id()).replace(&ids(&["redis"]), downtime).await.unwrap_err();
    assert!(matches!(refused, Error::Consent(_)), "{refused}");
    assert_eq!(world.cloud.content(&kind, &cache.name).as_deref(), Some("sessions"));
    replace(&world, &["redis"]).await.unwrap();
    let anew = world.cloud.objects().into_iter().find(|object| object.kind == kind).unwrap();
    assert_eq!(world.cloud.content(&kind, &anew.name), None, "it starts empty");
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_node_that_is_not_there_is_named_at_once() {
    let world = provisioned().await;
    let Err(Error::Spec(errors)) = world.mate.tenant(&clinic().id()).plan_replace(&ids(&["rediss", "queue"])).await
    else {
        panic!("it is refused")
    };
    let text = errors.to_string();
    assert!(text.contains("nodes.rediss") && text.contains("nodes.queue") && text.contains("`redis`"), "{text}");
}

#[tokio::test]
async fn a_suspended_tenant_is_resumed_first() {
    let world = provisioned().await;
    world.mate.tenant(&clinic().id()).suspend(Default::default()).await.unwrap();
    let refused = world.mate.tenant(&clinic().id()).plan_replace(&ids(&["redis"])).await.unwrap_err();
    let Error::IllegalTransition { phase: TenantPhase::Suspended, verb: TenantVerb::Replace, possible, .. } = refused
    else {
        panic!("{refused}")
    };
    assert!(possible.contains(&TenantVerb::Resume));
}

#[tokio::test]
async fn a_replacement_that_dies_at_any_await_is_finished_and_nothing_is_replaced_twice() {
    let nodes = ["ecs-security-group", "celery-service"];
    let consents = |plan: &Plan| Consents::to_every_step_of(plan);
    let first = provisioned().await;
    let agreed = consents(&plan(&first, &nodes).await);
    let all = awaits(first.mate.tenant(&clinic().id()).replace(&ids(&nodes), agreed)).await;
    let wanted = [started(&first, nodes[0]).await, started(&first, nodes[1]).await];
    assert_eq!(wanted, [2, 2]);
    let mut interrupted = 0;
    for n in sample("awaits of a replacement", (1..=all).collect()) {
        let world = provisioned().await;
        let agreed = consents(&plan(&world, &nodes).await);
        let replacement = world.mate.tenant(&clinic().id()).replace(&ids(&nodes), agreed);
        assert!(at_await(n, replacement).await.is_none(), "await {n} of {all}");
        match world.mate.tenant(&clinic().id()).resume_run().await {
            Ok(_) => interrupted += 1,
            Err(Error::NothingInterrupted(_)) => {
                // It had not begun, or had ended.
                if started(&world, nodes[0]).await == 1 {
                    replace(&world, &nodes).await.unwrap();
                }
            }
            Err(error) => panic!("await {n}: {error}"),
        }
        let ids: BTreeSet<String> = objects(&world.cloud);
        assert_eq!(ids.len(), objects(&first.cloud).len(), "await {n} of {all}");
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "await {n} of {all}");
        assert!(world.mate.unclaimed().await.unwrap().is_empty(), "await {n} of {all}");
        let generations: Vec<u32> = generations(&world, &nodes).await;
        assert_eq!(generations, [1, 1], "await {n} of {all}: each is replaced once");
    }
    assert!(interrupted > 5, "{interrupted} of {all}");
}

/// The generation of the object of each node, as the record counts them.
async fn generations(world: &World, nodes: &[&str]) -> Vec<u32> {
    use mate::state::Records;
    let record = world.store.get(world.mate.tenant(&clinic().id()).key()).await.unwrap().unwrap();
    nodes.iter().map(|node| record.nodes[*node].generation).collect()
}

#[tokio::test]
async fn an_interrupted_one_is_undone_without_replacing_what_still_stands() {
    let nodes = ["celery-service"];
    let first = provisioned().await;
    let agreed = Consents::to_every_step_of(&plan(&first, &nodes).await);
    let all = awaits(first.mate.tenant(&clinic().id()).replace(&ids(&nodes), agreed)).await;
    for n in sample("awaits of a replacement to be undone", (1..=all).collect()) {
        let world = provisioned().await;
        let agreed = Consents::to_every_step_of(&plan(&world, &nodes).await);
        assert!(at_await(n, world.mate.tenant(&clinic().id()).replace(&ids(&nodes), agreed)).await.is_none());
        let options = mate::DestroyOptions::new();
        match world.mate.tenant(&clinic().id()).plan_unwind(&options).await {
            Ok(plan) => {
                let replaced = plan.steps.iter().filter(|step| matches!(step.action, Action::Replace { .. }));
                let again = replaced.clone().find(|step| !step.reason.starts_with("its deletion has begun already"));
                assert!(again.is_none(), "await {n} of {all}: {again:?}");
                world.mate.tenant(&clinic().id()).unwind(&options).await.unwrap();
            }
            Err(Error::NothingInterrupted(_)) => {}
            Err(error) => panic!("await {n}: {error}"),
        }
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "await {n} of {all}");
        assert!(world.mate.unclaimed().await.unwrap().is_empty(), "await {n} of {all}");
    }
}
