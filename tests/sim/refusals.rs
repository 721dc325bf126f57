//! Refusals before anything is touched.

use mate::plan::PlanError;
use mate::vocab::Consents;
use mate::{DestroyOptions, Error};

use crate::cloud::{example, tfvars, world};

#[tokio::test]
async fn a_plan_made_from_an_older_record_is_refused() {
    let world = world();
    let spec = example("clinic.tfvars");
    let old = world.mate.plan(&spec).await.unwrap();
    world.mate.provision(&spec).await.unwrap();
    let calls = world.cloud.calls().len();
    let error = world.mate.apply(old, Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::Stale { planned: 0, .. }), "{error}");
    assert!(error.to_string().contains("make a new plan"));
    assert_eq!(world.cloud.calls().len(), calls, "nothing was called");
}

#[tokio::test]
async fn downtime_and_data_loss_need_consent_to_exactly_that_step() {
    let world = world();
    let spec = example("clinic.tfvars");
    world.mate.provision(&spec).await.unwrap();
    let plan = world.mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let some = Consents::none().data_loss("redis".parse().unwrap());
    let Err(Error::Consent(missing)) = world.mate.apply(plan, some).await else { panic!("consent is missing") };
    let text: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert!(text.iter().any(|line| line.contains("at file-system:")), "{text:?}");
    assert!(!text.iter().any(|line| line.contains("at redis:")), "that was consented to: {text:?}");
    assert!(world.mate.plan(&spec).await.unwrap().is_empty(), "nothing was touched");
}

#[tokio::test]
async fn a_protected_tenant_is_not_destroyed() {
    let world = world();
    let text = std::fs::read_to_string("examples/tenants/clinic.tfvars").unwrap();
    let protected = text.replace("tenant_config = {", "tenant_config = {\n  deletion_protection = true");
    let spec = tfvars(&protected);
    world.mate.provision(&spec).await.unwrap();
    let error = world.mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::Protected(_)), "{error}");
    assert!(error.to_string().contains("deletion_protection = false"));
}

#[tokio::test]
async fn a_bucket_that_holds_objects_is_not_emptied_silently() {
    let world = world();
    let spec = example("clinic.tfvars");
    world.mate.provision(&spec).await.unwrap();
    world.cloud.put_object("mate-clinic-dev-data-123456789012-us-east-1", "patient.pdf");
    let plan = world.mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    let error = world.mate.apply(plan, consents).await.unwrap_err();
    assert!(error.to_string().contains("bucket"), "{error}");
    let bucket = "s3:Bucket".parse().unwrap();
    assert!(world.cloud.object(&bucket, "mate-clinic-dev-data-123456789012-us-east-1").is_some(), "it is still there");

    let options = DestroyOptions::new().empty_bucket();
    let plan = world.mate.tenant(&spec.id()).plan_destroy(&options).await.unwrap();
    assert!(plan.risky_steps().any(|step| step.node.as_str() == "bucket"), "emptying it needs consent");
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty());
}

#[tokio::test]
async fn what_is_not_ours_is_never_touched() {
    let world = world();
    let kind: mate::model::ids::KindName = "s3:Bucket".parse().unwrap();
    world.cloud.plant(
        kind.clone(),
        "mate-clinic-dev-data-123456789012-us-east-1",
        Default::default(),
        serde_json::json!({}),
    );
    let Err(Error::Plan(PlanError::Foreign(foreign))) = world.mate.plan(&example("clinic.tfvars")).await else {
        panic!("a foreign bucket stands in the way")
    };
    assert_eq!(foreign.len(), 1);
    assert!(world.cloud.object(&kind, "mate-clinic-dev-data-123456789012-us-east-1").is_some());
}

#[tokio::test]
async fn what_aws_cannot_do_is_refused_with_the_way_round() {
    let world = world();
    let text = std::fs::read_to_string("examples/tenants/medcenter.tfvars").unwrap();
    world.mate.provision(&tfvars(&text)).await.unwrap();
    let smaller = text.replace("rds_allocated_storage = 100", "rds_allocated_storage = 50");
    let Err(Error::Plan(error)) = world.mate.plan(&tfvars(&smaller)).await else { panic!("storage cannot shrink") };
    assert!(error.to_string().contains("cannot shrink"), "{error}");
}

#[tokio::test]
async fn a_tenant_without_a_record_is_named() {
    let error = world().mate.tenant(&"nobody".parse().unwrap()).status().await.unwrap_err();
    assert_eq!(error.to_string(), "there is no record of dev/nobody; `tenants` lists those that there are");
}
