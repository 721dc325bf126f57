//! Deployments over two target groups: where the traffic is, and when.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{Either, select};
use mate::clock::Clock;
use mate::engine::EventKind;
use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::Deployment;
use mate::plan::Action;
use mate::spec::{ImageReference, ServiceName};
use mate::vocab::Consents;
use mate::{DestroyOptions, Error};

use crate::cloud::{World, example, world};

const BLUE_GREEN: DeploymentStrategy = DeploymentStrategy::BlueGreen { bake_minutes: 10 };
const CANARY: DeploymentStrategy = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 15, bake_minutes: 5 };

fn tag(text: &str) -> Deployment {
    Deployment::of(ImageReference::new(text).unwrap())
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&example("clinic.tfvars")).await.unwrap();
    world
}

/// The share of the traffic that the first and the second target group have.
fn shares(world: &World) -> Vec<u8> {
    world.cloud.traffic("mate-clinic-dev-django").into_iter().map(|(_, share)| share).collect()
}

async fn deploy(world: &World, deployment: &Deployment) -> Result<(), Error> {
    world.mate.tenant(&example("clinic.tfvars").id()).deploy(deployment, Consents::none()).await.map(drop)
}

/// Deploys, and says how the traffic was shared on the way, minute by minute, each share once.
async fn watched(world: &World, deployment: &Deployment) -> (Result<(), Error>, Vec<(Vec<u8>, usize)>) {
    let clock = world.cloud.sim_clock();
    let mut seen: Vec<(Vec<u8>, usize)> = Vec::new();
    let mut work = Box::pin(deploy(world, deployment));
    loop {
        match select(work, clock.sleep_until(clock.now() + Duration::from_secs(60))).await {
            Either::Left((ended, _)) => return (ended, seen),
            Either::Right(((), going_on)) => work = going_on,
        }
        match (seen.last_mut(), shares(world)) {
            (Some((last, minutes)), now) if *last == now => *minutes += 1,
            (_, now) => seen.push((now, 1)),
        }
    }
}

#[tokio::test]
async fn each_blue_green_deployment_moves_all_traffic_to_the_other_group_once_its_tasks_run() {
    let world = provisioned().await;
    assert_eq!(shares(&world), [100]);
    let (ended, seen) = watched(&world, &tag("v1").with_strategy(BLUE_GREEN)).await;
    ended.unwrap();
    let steps: Vec<&[u8]> =
        seen.iter().map(|(shares, _)| shares.as_slice()).filter(|shares| shares.len() == 2).collect();
    assert_eq!(steps, [&[100, 0][..], &[0, 100]], "{seen:?}");
    let (_, baked) = seen.last().unwrap();
    assert!((9..=11).contains(baked), "the former tasks stay for 10 minutes: {seen:?}");
    let (ended, seen) = watched(&world, &tag("v2")).await;
    ended.unwrap();
    assert_eq!(shares(&world), [100, 0], "the next one goes back to the first group, by the same strategy: {seen:?}");
    assert!(world.mate.plan(&example("clinic.tfvars")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_canary_moves_its_share_first_and_the_rest_after_its_time() {
    let world = provisioned().await;
    let (ended, seen) = watched(&world, &tag("v1").with_strategy(CANARY)).await;
    ended.unwrap();
    let canary = seen.iter().find(|(shares, _)| *shares == [90, 10]).expect("a tenth first");
    assert!((14..=16).contains(&canary.1), "{seen:?}");
    let rest = seen.iter().find(|(shares, _)| *shares == [0, 100]).expect("then the rest");
    assert!((4..=6).contains(&rest.1), "{seen:?}");
}

#[tokio::test]
async fn nothing_moves_to_a_release_that_does_not_start_and_that_is_told_within_minutes() {
    let world = provisioned().await;
    deploy(&world, &tag("good").with_strategy(BLUE_GREEN)).await.unwrap();
    let bad = world.mate.tenant(&example("clinic.tfvars").id()).plan_deploy(&tag("bad")).await.unwrap();
    let digest = bad.after.operating.release.as_ref().unwrap().images["django"].clone();
    world.cloud.break_image(digest, "essential container exited: exit code 137, out of memory");
    let before = world.cloud.sim_clock().now();
    // Applied from its plan it goes back by itself too: the traffic is looked at where the run ends that failed.
    let deployment = world.mate.apply(bad, Consents::none());
    let mut events = deployment.events();
    let watched = async {
        let mut failed = None;
        while let Some(event) = events.next().await {
            if event.kind == EventKind::RunFinished && failed.is_none() {
                failed = Some((shares(&world), world.cloud.sim_clock().now() - before));
            }
        }
        failed.expect("the run ends")
    };
    let (deployed, (shares, took)) = tokio::join!(deployment, watched);
    let error = deployed.unwrap_err();
    assert!(format!("{error:?}").contains("exit code 137, out of memory"), "{error:?}");
    assert_eq!(shares, [0, 100]);
    assert!(took < Duration::from_secs(60 * 10), "{took:?}, less than the time that the former tasks would stay");
}

#[tokio::test]
async fn a_release_that_fails_goes_back_by_itself_and_the_next_one_moves_again() {
    let world = provisioned().await;
    deploy(&world, &tag("good").with_strategy(BLUE_GREEN)).await.unwrap();
    let bad = world.mate.tenant(&example("clinic.tfvars").id()).plan_deploy(&tag("bad")).await.unwrap();
    world.cloud.break_image(bad.after.operating.release.as_ref().unwrap().images["django"].clone(), "exit code 1");
    let error = deploy(&world, &tag("bad")).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(2), to: Some(1), .. }), "{error}");
    let before = shares(&world);
    deploy(&world, &tag("better")).await.unwrap();
    assert_eq!(shares(&world), before.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_deployment_undone_after_the_second_group_was_made_keeps_both_groups() {
    let world = provisioned().await;
    world.cloud.break_image("@sha256:", "CannotPullContainerError: manifest unknown");
    let error = deploy(&world, &tag("bad").with_strategy(BLUE_GREEN)).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { to: None, .. }), "{error}");
    assert_eq!(shares(&world).len(), 2, "which of them has the traffic only ECS knows");
    assert!(world.mate.plan(&example("clinic.tfvars")).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_plan_names_what_comes_beside_the_tenant_and_how_long_it_takes() {
    let world = provisioned().await;
    let plan =
        world.mate.tenant(&example("clinic.tfvars").id()).plan_deploy(&tag("v1").with_strategy(CANARY)).await.unwrap();
    let made: BTreeSet<&str> =
        plan.steps.iter().filter(|step| step.action == Action::Create).map(|step| step.node.as_str()).collect();
    let wanted = ["deployment-role", "django-target-group-alternate", "listener-443-production"];
    assert_eq!(made, wanted.into_iter().collect());
    assert!(plan.expected() >= CANARY.bakes(), "{:?}", plan.expected());
    let note = "deployments move the traffic: canary, 10 % for 15 min, then 5 min until the former tasks go";
    assert!(plan.notes.iter().any(|said| said == note), "{:?}", plan.notes);
}

#[tokio::test]
async fn a_strategy_that_cannot_be_is_refused_with_everything_that_is_wrong() {
    let world = provisioned().await;
    let strategy = DeploymentStrategy::Canary { percent: 0, canary_bake_minutes: 1441, bake_minutes: 2000 };
    let service = ServiceName::new("web").unwrap();
    let deployment = tag("v1").with_strategy(strategy).with_service(service, ImageReference::new("v1").unwrap());
    let Error::Spec(errors) = deploy(&world, &deployment).await.unwrap_err() else { panic!("refused as a whole") };
    let text = errors.to_string();
    for wanted in [
        "services.web",
        "strategy.percent: is not a share that moves first (allowed: 1 to 99 percent; given: 0)",
        "strategy.canary_bake_minutes: is too long (allowed: 0 to 1440 minutes; given: 1441)",
        "strategy.bake_minutes: is too long (allowed: 0 to 1440 minutes; given: 2000)",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    deploy(&world, &tag("v1").with_strategy(BLUE_GREEN)).await.unwrap();
    let error = deploy(&world, &tag("v2").with_strategy(DeploymentStrategy::Rolling)).await.unwrap_err();
    assert!(error.to_string().contains("blue_green with 0 minutes"), "{error}");
}

#[tokio::test]
async fn a_tenant_over_two_groups_is_destroyed_without_anything_left() {
    let world = provisioned().await;
    deploy(&world, &tag("v1").with_strategy(BLUE_GREEN)).await.unwrap();
    let id = example("clinic.tfvars").id();
    let plan = world.mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty(), "{:#?}", world.cloud.objects());
}
