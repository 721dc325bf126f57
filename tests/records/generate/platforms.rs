//! The platform of the examples, with its defaults and with every option.

use mate::vocab::{Consents, Goal};
use mate::{DestroyOptions, Error};
use serde_json::json;

use super::life::{Life, MIDDLE, where_};
use super::runs::by_cost_center;
use crate::fixture::{Document, Fixture, Of};
use crate::subject::Subject;
use crate::world::World;

pub(super) fn defaults() -> String {
    std::fs::read_to_string("examples/platform-dev.toml").unwrap()
}

/// Every option is another one than its default.
fn every_option() -> String {
    defaults()
        + r#"
account_id = "123456789012"
vpc_cidr = "10.8.0.0/16"
cost_center = "research"
enable_flow_logs = true
enable_audit_logging = true
enable_access_logs = false
availability_zones = ["us-east-1a", "us-east-1c"]
nat = "per_zone"
container_insights = false
repositories = ["django", "celery", "beat", "backend"]
keep_last_images = 30
immutable_image_tags = false

[subnets]
prefix_length = 23
public_offset = 2
private_offset = 12
database_offset = 22

[vpc_endpoints]
s3 = false
interface = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]

[user_pool]
password_minimum_length = 16
self_sign_up = true

[waf]
rate_limit = 500
managed_rule_groups = ["AWSManagedRulesCommonRuleSet"]
blocked_countries = ["KP"]
"#
}

/// The defaults, and what can be added to a platform that stands.
fn grown() -> String {
    defaults()
        + r#"
enable_flow_logs = true
enable_audit_logging = true
nat = "per_zone"

[subnets]
database_offset = 21

[vpc_endpoints]
interface = ["ecr.api", "logs"]
"#
}

async fn destroy(subject: &Subject) -> Result<(), Error> {
    let (platform, environment) = subject.platform();
    let plan = platform.plan_destroy(&environment, &DestroyOptions::new().empty_bucket()).await?;
    let consents = Consents::to_every_step_of(&plan);
    platform.apply(plan, consents).await.map(drop)
}

async fn disown(subject: &Subject) -> Result<(), Error> {
    let (platform, environment) = subject.platform();
    let plan = platform.plan_disown(&environment).await?;
    platform.apply(plan, Consents::none()).await.map(drop)
}

pub(super) async fn fixtures() -> Vec<Fixture> {
    let mut all = with_defaults().await;
    all.extend(with_every_option().await);
    all.extend(observing().await);
    all
}

async fn with_defaults() -> Vec<Fixture> {
    let mut life = Life::new("platform", Of::Platform, Document::toml(defaults()), None);
    let empty = World::empty().saved().await;
    let active = life.after(&empty, async |_, subject| subject.provision().await).await;
    life.keep("active", "It was provisioned with its defaults.", json!({}), &active).await;
    let provision = ("provision", json!({}));
    let work = async |_: &World, subject: &Subject| subject.provision().await;
    let begun = life.interrupt("provision-interrupted", provision, &empty, MIDDLE, work).await;

    let changed = Fixture { spec: Document::toml(grown()), ..life.like.clone() };
    let change = ("update", json!({"spec": "more options"}));
    life.interrupt_as(changed, "update-interrupted", change, &active, MIDDLE, work).await;

    let unwind = ("unwind", json!({}));
    life.interrupt(
        "unwind-interrupted",
        unwind,
        &begun,
        where_(&|record| record.run.as_ref().is_some_and(|run| run.goal == Goal::Unwind)),
        async |world, subject| {
            let (platform, environment) = subject.platform();
            let made = world.record(&subject.key()).await.unwrap().run.unwrap().made;
            let consents = made.into_iter().fold(Consents::none(), Consents::data_loss);
            let options = DestroyOptions::new().empty_bucket().consent(consents);
            platform.unwind(&environment, &options).await.map(drop)
        },
    )
    .await;
    life.interrupt("destroy-interrupted", ("destroy", json!({})), &active, MIDDLE, async |_, subject| {
        destroy(subject).await
    })
    .await;
    let destroyed = life.after(&active, async |_, subject| destroy(subject).await).await;
    life.keep("destroyed", "It was destroyed.", json!({}), &destroyed).await;

    life.interrupt("disown-interrupted", ("disown", json!({})), &active, MIDDLE, async |_, subject| {
        disown(subject).await
    })
    .await;
    let disowned = life.after(&active, async |_, subject| disown(subject).await).await;
    let adopting = Fixture { adopted_by: Some(by_cost_center()), ..life.like.clone() };
    let about = "It was disowned: no record, and objects without ownership tags.";
    life.keep_as(adopting.clone(), "disowned", about, json!({}), &disowned).await;
    let adopt = ("adopt", json!({"tags": by_cost_center()}));
    let work = async |_: &World, subject: &Subject| subject.adopt(by_cost_center()).await;
    life.interrupt_as(adopting, "adopt-interrupted", adopt, &disowned, MIDDLE, work).await;
    let adopted = life.after(&disowned, work).await;
    life.keep("adopted", "It was adopted by a tag.", json!({}), &adopted).await;
    life.fixtures()
}

async fn with_every_option() -> Vec<Fixture> {
    let mut life = Life::new("platform-complete", Of::Platform, Document::toml(every_option()), None);
    let empty = World::empty().saved().await;
    let work = async |_: &World, subject: &Subject| subject.provision().await;
    let active = life.after(&empty, work).await;
    life.keep("active", "It was provisioned with every option.", json!({}), &active).await;
    life.interrupt("provision-interrupted", ("provision", json!({})), &empty, MIDDLE, work).await;
    life.interrupt("destroy-interrupted", ("destroy", json!({})), &active, MIDDLE, async |_, subject| {
        destroy(subject).await
    })
    .await;
    life.fixtures()
}

/// A zone and a key are somebody else's, and only read.
async fn observing() -> Vec<Fixture> {
    let world = World::empty();
    world.cloud.plant(
        "route53:HostedZone".parse().unwrap(),
        "mate.sociant.ai",
        Default::default(),
        json!({"domain": "mate.sociant.ai", "comment": "theirs"}),
    );
    let key = world.cloud.plant(
        "kms:Key".parse().unwrap(),
        "theirs",
        Default::default(),
        json!({"description": "theirs", "alias": "alias/theirs", "enable_key_rotation": true, "policy": {"statements": []}, "pending_window_days": 7}),
    );
    let spec = defaults().replace("create_route53_zone = true", "create_route53_zone = false")
        + &format!("\n[observe]\nkms-key = \"{key}\"\n");
    let mut life = Life::new("platform-observing", Of::Platform, Document::toml(spec), None);
    let active = life.after(&world.saved().await, async |_, subject| subject.provision().await).await;
    life.keep("active", "Its zone and its key are somebody else's, and only read.", json!({}), &active).await;
    life.fixtures()
}
