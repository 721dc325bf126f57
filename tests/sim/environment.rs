//! Settings of the environment, and what a tenant has of its base.

use mate::Mate;
use mate::MemoryStore;
use mate::SimCloud;
use mate::blueprint::Design;
use mate::model::ids::Environment;
use mate::spec::{Base, Format, PlatformSpec, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Platform};
use serde_json::{Value, json};

use crate::cloud::{base, example, on, tfvars, world};

fn mate(base: Base, cloud: SimCloud) -> Mate {
    let builder = Mate::builder().provider(cloud).store(MemoryStore::new());
    builder.catalogue(TierCatalogue::standard()).base(base).build().unwrap()
}

fn input<'d>(design: &'d Design, node: &str, field: &str) -> &'d Value {
    &design.graph.get(&node.parse().unwrap()).unwrap().inputs[field]
}

#[test]
fn how_long_a_deleted_secret_is_kept_is_a_setting_and_thirty_days_where_it_is_not_said() {
    for name in ["dev", "prod", "production"] {
        for (setting, days) in [(None, 30), (Some(0), 0), (Some(7), 7)] {
            let environment = Environment::new(name).unwrap();
            let base = Base { environment, secret_recovery_days: setting, ..base() };
            let design = mate(base, SimCloud::new(1)).design(&example("clinic.tfvars")).unwrap();
            let told = input(&design, "django-secret-key", "recovery_window_days");
            assert_eq!(*told, json!(days), "{name}, {setting:?}");
        }
    }
}

fn platform(environment: &str, more: &str) -> PlatformSpec {
    let text = format!(
        "environment = \"{environment}\"\ndomain_name = \"x.example\"\ncognito_domain = \"x-auth\"\n\
         create_route53_zone = true\n{more}"
    );
    PlatformSpec::from_str(Format::Toml, &text).unwrap()
}

#[tokio::test]
async fn how_long_a_deleted_key_waits_is_a_setting_and_thirty_days_where_it_is_not_said() {
    let client = Platform::builder().provider(SimCloud::new(1)).store(MemoryStore::new()).build().unwrap();
    for name in ["dev", "prod", "production"] {
        for (setting, days) in [("", 30), ("key_deletion_days = 7\n", 7)] {
            let design = client.design(&platform(name, setting)).await.unwrap();
            assert_eq!(*input(&design, "kms-key", "pending_window_days"), json!(days), "{name}, {setting}");
        }
    }
}

#[tokio::test]
async fn tenants_have_the_recovery_window_of_their_platform() {
    let client = Platform::builder().provider(SimCloud::new(1)).store(MemoryStore::new()).build().unwrap();
    client.provision(&platform("prod", "secret_recovery_days = 14\n")).await.unwrap();
    let base = client.base(&Environment::new("prod").unwrap()).await.unwrap();
    assert_eq!(base.secret_recovery_days, Some(14));
}

#[test]
fn windows_that_aws_does_not_take_are_refused() {
    for wrong in ["secret_recovery_days = 3", "secret_recovery_days = 31", "key_deletion_days = 0"] {
        let text =
            format!("environment = \"dev\"\ndomain_name = \"x.example\"\ncognito_domain = \"x-auth\"\n{wrong}\n");
        let error = PlatformSpec::from_str(Format::Toml, &text).unwrap_err().to_string();
        assert!(error.contains(wrong.split(' ').next().unwrap()), "{error}");
    }
}

fn standby() -> TenantSpec {
    example("clinic.tfvars").into_builder().with_host_record(false).build().unwrap()
}

#[tokio::test]
async fn a_standby_under_the_same_host_name_is_planned_and_leaves_the_record_alone() {
    let first = world();
    first.mate.provision(&example("clinic.tfvars")).await.unwrap();
    let before = first.cloud.objects();
    let eu = Base { region: "eu-west-1".into(), user_pool_id: Some("eu-west-1_AbCdEf123".into()), ..base() };
    let there = mate(eu, first.cloud.in_region("eu-west-1"));
    let refused = there.plan(&example("clinic.tfvars")).await.unwrap_err().to_string();
    assert!(refused.contains("dns-record"), "its record is the first one's: {refused}");

    let plan = there.plan(&standby()).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("host_record")), "{:?}", plan.notes);
    let applied = there.apply(plan, Consents::none()).await.unwrap();
    assert!(applied.outputs.contains_key("alb_dns_name"));
    assert!(there.plan(&standby()).await.unwrap().is_empty());
    let plan =
        there.tenant(&standby().id()).plan_destroy(&DestroyOptions::new().without_final_snapshot()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    there.apply(plan, consents).await.unwrap();
    assert_eq!(first.cloud.objects(), before);
}

#[test]
fn a_spec_says_of_its_host_record_only_what_is_not_the_default() {
    let said = serde_json::to_value(standby()).unwrap();
    assert_eq!(said["host_record"], json!(false));
    assert_eq!(serde_json::from_value::<TenantSpec>(said).unwrap(), standby());
    assert_eq!(serde_json::to_value(example("clinic.tfvars")).unwrap().get("host_record"), None);
}

#[test]
fn the_file_system_lets_in_only_the_tenant_s_roles_over_tls_and_through_an_access_point() {
    let design = world().mate.design(&example("clinic.tfvars")).unwrap();
    let policy: mate::kinds::policy::PolicyDocument =
        serde_json::from_value(input(&design, "file-system", "policy").clone()).unwrap();
    let roles = format!("arn:aws:iam::{}:role/mate/dev/clinic/*", base().account_id);
    let clients =
        ["ClientMount", "ClientRootAccess", "ClientWrite"].map(|action| format!("elasticfilesystem:{action}"));
    let denied = |sid: &str, condition: Value| json!({"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": clients, "Condition": condition});
    assert_eq!(
        policy.to_aws().unwrap()["Statement"],
        json!([
            {"Sid": "TenantMounts", "Effect": "Allow", "Principal": "*", "Action": [clients[0], clients[2]],
             "Condition": {"ArnLike": {"aws:PrincipalArn": roles},
                           "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}},
            denied("OnlyTheTenant", json!({"ArnNotLike": {"aws:PrincipalArn": roles}})),
            denied("OnlyOverTls", json!({"Bool": {"aws:SecureTransport": "false"}})),
            denied("OnlyThroughAccessPoints", json!({"Null": {"elasticfilesystem:AccessPointArn": "true"}})),
        ])
    );
}

#[tokio::test]
async fn an_unknown_repository_is_refused_with_those_that_the_base_has() {
    let text = r#"
        tenant_config = {
          display_name = "Clinic", subdomain = "clinic", tier = "trial"
          technical_contact = "it@clinic.com", billing_contact = "it@clinic.com"
        }
    "#;
    let spec = tfvars(text);
    let mut without = base();
    without.repositories.remove("django");
    let world = on(SimCloud::new(1));
    let error = mate(without, world.cloud.clone()).plan(&spec).await.unwrap_err();
    let text = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(text.contains("no repository `django`"), "{text}");
    assert!(text.contains("ai-ml, backend, beat, celery, frontend"), "{text}");
    assert_eq!(world.cloud.calls().len(), 0, "nothing was asked");
}
