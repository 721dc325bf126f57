//! The regional hospital: every phase, and an interrupted run of every verb.

use std::collections::BTreeMap;
use std::time::Duration;

use mate::Error;
use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::Change;
use mate::model::ids::KindName;
use mate::sim::{Fault, FaultRule, Faults, Method, Selector};
use mate::spec::{TenantSpec, Tier};
use mate::state::Record;
use mate::vocab::{Amendment, Consents, Goal};
use mate::vocab::{MaintenanceWindow, Mode, Page, Suspension};
use serde_json::{Value, json};

use super::life::{Kill, Life, MIDDLE, where_};
use super::runs::{
    at_any_time, by_cost_center, command, consented, deferred, deployment, options, removing, scale, security, tag,
    upgraded,
};
use super::tenants::{base, example};
use crate::fixture::{Document, Fixture, Of};
use crate::subject::Subject;
use crate::world::{Saved, World};

const RENAMES: [(&str, &str); 4] =
    [("bucket", "uploads"), ("db", "database"), ("task-role", "role-of-tasks"), ("dns-record", "name")];

fn spec() -> TenantSpec {
    example("regional.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

/// Services, database, cache and department, all of them different.
fn changed() -> TenantSpec {
    let spec = upgraded(&spec());
    spec.into_builder().with_department("cardiology".parse().unwrap()).build().unwrap()
}

struct Regional {
    life: Life,
    empty: Saved,
    active: Saved,
}

type Done = Result<(), Error>;

/// The run of a record.
fn run(record: &Record) -> &mate::state::Run {
    record.run.as_ref().unwrap()
}

fn going_back(record: &Record) -> bool {
    run(record).goal == Goal::Unwind
}

fn maintained(mode: &Mode) -> bool {
    matches!(mode, Mode::Maintained(_))
}

pub(super) async fn fixtures() -> Vec<Fixture> {
    let mut life = Life::new("regional", Of::Tenant, Document::of(&spec()), Some(base()));
    let empty = World::empty().saved().await;
    life.keep("requested", "Nothing was ever recorded.", json!({}), &empty).await;
    let active = life.after(&empty, async |_, subject| subject.provision().await).await;
    let active = life
        .after(&active, async |world, _| {
            let cache =
                world.cloud.objects().into_iter().find(|object| object.kind.as_str().contains("ReplicationGroup"));
            let cache = cache.unwrap();
            world.cloud.fill(&cache.kind, &cache.name, "sessions and queues")
        })
        .await;
    life.keep("active", "It was provisioned.", json!({}), &active).await;
    let mut regional = Regional { life, empty, active };
    regional.made_and_changed().await;
    regional.disowned_and_rotated().await;
    regional.rested().await;
    regional.maintained().await;
    regional.held().await;
    regional.ended().await;
    regional.life.fixtures()
}

impl Regional {
    fn like(&self, spec: &TenantSpec) -> Fixture {
        Fixture { spec: Document::of(spec), ..self.life.like.clone() }
    }

    async fn keep(&mut self, name: &str, about: &str, saved: &Saved) {
        self.life.keep(name, about, json!({}), saved).await;
    }

    async fn made_and_changed(&mut self) {
        let (empty, active) = (self.empty.clone(), self.active.clone());
        let provision = async |_: &World, subject: &Subject| subject.provision().await;
        let told = ("provision", json!({}));
        let begun = self.life.interrupt("provision-interrupted", told.clone(), &empty, MIDDLE, provision).await;
        let lost = lost_at("ec2:SecurityGroup");
        let like = self.life.like.clone();
        self.life.unanswered(like, "provision-unanswered", told, &empty, lost, provision).await;
        let unlocked = self
            .life
            .after(&begun, async |_, subject| {
                let (mate, id) = subject.mate();
                let holder = mate.tenant(&id).lease().await?.holder.unwrap();
                mate.tenant(&id).force_unlock(holder.fence, "ops", "its host is gone").await.map(drop)
            })
            .await;
        let told = json!({"verb": "provision", "arguments": {}});
        self.life.keep("unlocked", "Its lease was taken away from a process that had died.", told, &unlocked).await;
        let failed = self.failed(&empty, "rds:DBInstance", provision).await;
        let told = json!({"verb": "provision", "arguments": {}});
        self.life.keep("provision-failed", "The database could not be made.", told, &failed).await;

        let unwind = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_unwind(&options()).await?;
            consented(mate, plan).await
        };
        let told = ("unwind", json!({"of": "provision"}));
        self.life.interrupt("unwind-interrupted", told, &begun, where_(&going_back), unwind).await;
        let stuck = {
            let world = World::of(&begun);
            let subject = Subject::of(&self.life.like, &world).await.unwrap();
            let mut groups =
                world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "ec2:SecurityGroup");
            let inputs = json!({"security_group_ids": [groups.next().unwrap().physical_id], "subnet_ids": []});
            let balancer: KindName = "elbv2:LoadBalancer".parse().unwrap();
            world.cloud.plant(KindName::clone(&balancer), "theirs", Default::default(), inputs);
            unwind(&world, &subject).await.unwrap_err();
            assert!(run(&world.record(&subject.key()).await.unwrap()).stuck.is_some());
            world.cloud.vanish(&balancer, "theirs").unwrap();
            world.saved().await
        };
        let told = json!({"verb": "unwind", "arguments": {"of": "provision"}});
        self.life
            .keep("unwind-stuck", "A security group could not be deleted, because somebody else used it.", told, &stuck)
            .await;

        let update = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_change(Change::Update(Box::new(changed()))).await?;
            consented(mate, plan).await
        };
        let like = self.like(&changed());
        let told = ("update", json!({"spec": "another version of the database, and a department"}));
        self.life.interrupt_as(like.clone(), "update-interrupted", told, &active, MIDDLE, update).await;
        let updated = self.life.after(&active, update).await;
        self.life.keep_as(like.clone(), "updated", "It was brought to another spec.", json!({}), &updated).await;
        let failed = self.failed(&active, "ecs:Service", update).await;
        let told = json!({"verb": "update", "arguments": {}});
        self.life.keep_as(like, "update-failed", "A service could not be changed.", told, &failed).await;

        let scaled = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_change(Change::Scale(Box::new(scale()))).await?;
            consented(mate, plan).await
        };
        let end = self.life.after(&active, scaled).await;
        let like = self.like(&recorded(&self.life, &end).await);
        self.life.keep_as(like.clone(), "scaled", "It was scaled.", json!({}), &end).await;
        let told = ("scale", json!({"celery": "1024 2048", "instance_class": "db.t4g.medium"}));
        let begun = self.life.interrupt_as(like, "scale-interrupted", told, &active, MIDDLE, scaled).await;
        let told = ("unwind", json!({"of": "scale"}));
        self.life.interrupt("unwind-of-scale-interrupted", told, &begun, where_(&going_back), unwind).await;
        let told = ("shut_down", json!({"while": "scale"}));
        let down = where_(&|record| matches!(run(record).operating.mode, Mode::ShutDown(_)));
        self.life
            .interrupt("shut-down-of-scale-interrupted", told, &begun, down, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).shut_down().await.map(drop)
            })
            .await;

        let tier = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_change(Change::ChangeTier(Tier::enterprise())).await?;
            consented(mate, plan).await
        };
        let like = self.like(&spec().into_builder().with_tier(Tier::enterprise()).build().unwrap());
        let end = self.life.after(&active, tier).await;
        self.life.keep_as(like.clone(), "of-another-tier", "It was brought to another tier.", json!({}), &end).await;
        let told = ("change_tier", json!({"tier": "enterprise"}));
        self.life.interrupt_as(like, "change-tier-interrupted", told, &active, MIDDLE, tier).await;
    }

    async fn disowned_and_rotated(&mut self) {
        let active = self.active.clone();
        let deploy = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).deploy(&deployment("v1"), Consents::none()).await.map(drop)
        };
        let told = ("deploy", json!({"images": "v1", "migration": ["migrate"], "strategy": "canary"}));
        self.life.interrupt("deploy-interrupted", told.clone(), &active, MIDDLE, deploy).await;
        let like = self.life.like.clone();
        self.life.unanswered(like, "deploy-unanswered", told, &active, lost_at("ecs:Task"), deploy).await;
        let canary = self.life.after(&active, deploy).await;
        self.keep("with-two-groups", "Its traffic moves between two target groups.", &canary).await;
        let blue_green = self
            .life
            .after(&active, async |_, subject| {
                let (mate, id) = subject.mate();
                let strategy = DeploymentStrategy::BlueGreen { bake_minutes: 1 };
                mate.tenant(&id).deploy(&tag("v1").with_strategy(strategy), Consents::none()).await?;
                mate.tenant(&id).deploy(&tag("v2"), Consents::none()).await.map(drop)
            })
            .await;
        self.keep("blue-green", "Two releases moved its traffic to the other target group and back.", &blue_green)
            .await;
        let back = async |world: &World, subject: &Subject| {
            world.cloud.break_image("@sha256:", "exit code 1");
            deploy(world, subject).await
        };
        let told = ("deploy", json!({"images": "v1, which does not start"}));
        self.life.interrupt("deploy-going-back-interrupted", told, &active, where_(&going_back), back).await;

        let history = self
            .life
            .after(&active, async |_, subject| {
                let (mate, id) = subject.mate();
                for release in ["v1", "v2", "v3"] {
                    mate.tenant(&id).deploy(&tag(release), Consents::none()).await?;
                }
                mate.tenant(&id).rollback(Some(1), Consents::none()).await?;
                mate.tenant(&id).restart(Vec::new()).await.map(drop)
            })
            .await;
        self.keep("with-releases", "It has run three releases, went back to the first, and was restarted.", &history)
            .await;
        let rollback = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).rollback(Some(2), Consents::none()).await.map(drop)
        };
        self.life.interrupt("rollback-interrupted", ("rollback", json!({"to": 2})), &history, MIDDLE, rollback).await;
        self.life
            .interrupt("restart-interrupted", ("restart", json!({})), &active, MIDDLE, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).restart(Vec::new()).await.map(drop)
            })
            .await;
        let run_command = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).run_command(&command()).await.map(drop)
        };
        let told = ("run_command", json!({"service": "django", "command": ["python", "manage.py", "check"]}));
        self.life.interrupt("run-command-interrupted", told, &active, MIDDLE, run_command).await;
        let end = self.life.after(&active, run_command).await;
        self.keep("with-a-command", "It has run a command.", &end).await;

        let rotate = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).rotate(&[]).await.map(drop)
        };
        let told = ("rotate", json!({"secrets": "all"}));
        let first = where_(&|record| !record.operating.both_tokens && run(record).operating.both_tokens);
        self.life.interrupt("rotate-interrupted", told.clone(), &active, first, rotate).await;
        let second = where_(&|record| record.operating.both_tokens && !run(record).operating.both_tokens);
        self.life.interrupt("rotate-retiring-interrupted", told.clone(), &active, second, rotate).await;
        let back = async |world: &World, subject: &Subject| {
            world
                .cloud
                .fail(Selector::Node("celery-service".to_owned()), "exit code 1: password authentication failed");
            rotate(world, subject).await
        };
        let healed = |world: &World| world.cloud.heal(&Selector::Node("celery-service".to_owned()));
        let kill = Kill { at: &going_back, then: &healed };
        self.life.interrupt("rotate-going-back-interrupted", told, &active, kill, back).await;
        let rotated = self.life.after(&active, rotate).await;
        let twice = self.life.after(&rotated, rotate).await;
        self.keep("rotated", "Its secrets were rotated twice.", &twice).await;
    }

    async fn rested(&mut self) {
        let active = self.active.clone();
        let of = |change: Change| {
            async move |_: &World, subject: &Subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).change(change.clone(), Consents::none()).await.map(drop)
            }
        };
        let suspended = self.life.after(&active, of(Change::Suspend(Suspension::new()))).await;
        self.keep("suspended", "It was suspended, its cache kept.", &suspended).await;
        let without = self.life.after(&active, of(Change::Suspend(removing()))).await;
        self.keep("suspended-without-cache", "It was suspended, its cache removed.", &without).await;
        let resumed = self.life.after(&without, of(Change::Resume)).await;
        self.keep("resumed", "It was suspended without its cache, and resumed: a snapshot is left.", &resumed).await;
        let deactivated = self.life.after(&active, of(Change::Deactivate(Page::deactivated()))).await;
        self.keep("deactivated", "It was deactivated.", &deactivated).await;
        let down = self.life.after(&active, of(Change::ShutDown(Page::maintenance()))).await;
        self.keep("shut-down", "It was shut down in an emergency.", &down).await;
        let started = self
            .life
            .after(&suspended, async |world, _| {
                world.cloud.sim_clock().advance(Duration::from_secs(8 * 24 * 60 * 60));
                Ok::<(), Error>(())
            })
            .await;
        let changes: [(&str, &str, Value, &Saved, Change); 7] = [
            ("suspend", "suspend", json!({"cache": "kept"}), &active, Change::Suspend(Suspension::new())),
            (
                "suspend-without-cache",
                "suspend",
                json!({"cache": "snapshotted_and_removed"}),
                &active,
                Change::Suspend(removing()),
            ),
            ("resume", "resume", json!({}), &suspended, Change::Resume),
            ("resume-without-cache", "resume", json!({}), &without, Change::Resume),
            ("deactivate", "deactivate", json!({}), &active, Change::Deactivate(Page::deactivated())),
            ("activate", "activate", json!({}), &deactivated, Change::Activate),
            ("shut-down", "shut_down", json!({}), &active, Change::ShutDown(Page::maintenance())),
        ];
        for (name, verb, arguments, from, change) in changes {
            let name = format!("{name}-interrupted");
            self.life.interrupt(&name, (verb, arguments), from, MIDDLE, of(change)).await;
        }
        self.life
            .interrupt("tend-interrupted", ("tend", json!({})), &started, MIDDLE, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).tend().await.map(drop)
            })
            .await;
    }

    async fn maintained(&mut self) {
        let active = self.active.clone();
        let defer = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).defer(Change::Update(Box::new(changed())), Consents::none()).await.map(drop)
        };
        let like = self.like(&changed());
        let told = ("update", json!({"deferred": true}));
        self.life.interrupt_as(like.clone(), "defer-interrupted", told, &active, MIDDLE, defer).await;
        let waiting = self
            .life
            .after(&active, async |world, subject| {
                defer(world, subject).await?;
                let (mate, id) = subject.mate();
                let window: MaintenanceWindow = "sun:03:00-sun:05:00".parse().unwrap();
                mate.tenant(&id).set_maintenance_window(Some(window)).await.map(drop)
            })
            .await;
        let about = "An upgrade of its database waits for its maintenance window.";
        self.life.keep_as(like.clone(), "with-deferred-work", about, json!({}), &waiting).await;
        let behind = self
            .life
            .after(&waiting, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).change(Change::BeginMaintenance(Page::maintenance()), Consents::none()).await.map(drop)
            })
            .await;
        self.life
            .keep_as(like.clone(), "maintained", "It stands behind the page of a maintenance.", json!({}), &behind)
            .await;

        let maintain = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).maintain(&at_any_time()).await.map(drop)
        };
        let told = ("maintain", json!({"regardless_of_time": true}));
        let begins = |record: &Record| !maintained(&record.operating.mode) && maintained(&run(record).operating.mode);
        let works = |record: &Record| maintained(&record.operating.mode) && maintained(&run(record).operating.mode);
        let ends = |record: &Record| maintained(&record.operating.mode) && !maintained(&run(record).operating.mode);
        for (part, at) in [("begin", &begins as &dyn Fn(&Record) -> bool), ("work", &works), ("end", &ends)] {
            let name = format!("maintain-{part}-interrupted");
            self.life.interrupt_as(like.clone(), &name, told.clone(), &waiting, where_(at), maintain).await;
        }
        let back = async |world: &World, subject: &Subject| {
            let fault = FaultRule::new(Fault::Capacity).kind("rds:DBInstance".parse().unwrap()).on(Method::Update);
            world.cloud.set_faults(Faults::none().with(fault));
            maintain(world, subject).await
        };
        self.life
            .interrupt_as(like, "maintain-going-back-interrupted", told, &waiting, where_(&going_back), back)
            .await;
        let like = self.like(&{
            let end = self
                .life
                .after(&active, async |_, subject| {
                    let (mate, id) = subject.mate();
                    mate.tenant(&id).defer(deferred(), Consents::none()).await.map(drop)
                })
                .await;
            recorded(&self.life, &end).await
        });
        let small = self
            .life
            .after(&active, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).defer(deferred(), Consents::none()).await?;
                mate.tenant(&id).suspend(Suspension::new()).await.map(drop)
            })
            .await;
        self.life
            .keep_as(like, "suspended-with-deferred-work", "It was suspended while a change waits.", json!({}), &small)
            .await;
    }

    async fn held(&mut self) {
        let active = self.active.clone();
        let disown = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_disown().await?;
            mate.apply(plan, Consents::none()).await.map(drop)
        };
        let disowned = self.life.after(&active, disown).await;
        let adopting = Fixture { adopted_by: Some(by_cost_center()), ..self.life.like.clone() };
        let about = "It was disowned: no record, and objects without ownership tags.";
        self.life.keep_as(adopting.clone(), "disowned", about, json!({}), &disowned).await;
        self.life.interrupt("disown-interrupted", ("disown", json!({})), &active, MIDDLE, disown).await;
        let adopt = async |_: &World, subject: &Subject| subject.adopt(by_cost_center()).await;
        let told = ("adopt", json!({"tags": by_cost_center()}));
        self.life.interrupt_as(adopting, "adopt-interrupted", told, &disowned, MIDDLE, adopt).await;
        let adopted = self.life.after(&disowned, adopt).await;
        self.keep("adopted", "It was adopted by a tag.", &adopted).await;

        let renames = RENAMES.iter().fold(Amendment::none(), |amendment, (from, to)| {
            amendment.rename(from.parse().unwrap(), to.parse().unwrap())
        });
        let rename = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_amend(&renames).await?;
            mate.apply(plan, Consents::none()).await.map(drop)
        };
        let renamed: BTreeMap<String, String> =
            RENAMES.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        let told = ("rename", json!({ "nodes": renamed }));
        let end = self.life.after(&active, rename).await;
        let like = Fixture { renamed, ..self.life.like.clone() };
        self.life.keep_as(like.clone(), "renamed", "Its nodes have other ids.", json!({}), &end).await;
        self.life.interrupt_as(like, "rename-interrupted", told, &active, MIDDLE, rename).await;

        let drifted = self.life.after(&active, drifted).await;
        let repair = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).repair(&security(), Consents::none()).await.map(drop)
        };
        self.life
            .interrupt("repair-interrupted", ("repair", json!({"classes": ["security"]})), &drifted, MIDDLE, repair)
            .await;
    }

    async fn ended(&mut self) {
        let active = self.active.clone();
        let destroy = async |_: &World, subject: &Subject| {
            let (mate, id) = subject.mate();
            let plan = mate.tenant(&id).plan_destroy(&options()).await?;
            consented(mate, plan).await
        };
        let told = ("destroy", json!({"final_snapshot": false, "empty_bucket": true}));
        self.life.interrupt("destroy-interrupted", told.clone(), &active, MIDDLE, destroy).await;
        let lost = FaultRule::new(Fault::KillAfter).on(Method::Delete).kind("rds:DBInstance".parse().unwrap()).nth(1);
        let like = self.life.like.clone();
        self.life.unanswered(like, "destroy-unanswered", told, &active, lost, destroy).await;
        let destroyed = self
            .life
            .after(&active, async |_, subject| {
                let (mate, id) = subject.mate();
                let plan = mate.tenant(&id).plan_destroy(&mate::DestroyOptions::new().empty_bucket()).await?;
                consented(mate, plan).await
            })
            .await;
        self.keep("destroyed", "It was destroyed: final snapshots and its log are left.", &destroyed).await;
    }

    /// A run that fails at the objects of this kind, which are well by the time that it goes on.
    async fn failed(&self, from: &Saved, kind: &str, work: impl AsyncFn(&World, &Subject) -> Done) -> Saved {
        let world = World::of(from);
        let subject = Subject::of(&self.life.like, &world).await.unwrap();
        let selector = Selector::Kind(kind.parse().unwrap());
        world.cloud.fail(selector.clone(), "no capacity");
        work(&world, &subject).await.unwrap_err();
        world.cloud.heal(&selector);
        world.saved().await
    }
}

fn lost_at(kind: &str) -> FaultRule {
    FaultRule::new(Fault::KillAfter).on(Method::Create).kind(kind.parse().unwrap()).nth(1)
}

/// The spec that a record holds.
async fn recorded(life: &Life, saved: &Saved) -> TenantSpec {
    let world = World::of(saved);
    let subject = Subject::of(&life.like, &world).await.unwrap();
    let record = world.record(&subject.key()).await.unwrap();
    serde_json::from_value(record.spec.unwrap()).unwrap()
}

/// A security group without rules, and a role that may do more.
async fn drifted(world: &World, subject: &Subject) -> Done {
    let (mate, id) = subject.mate();
    let status = mate.tenant(&id).status().await?;
    for (node, field, value) in [
        ("ecs-security-group", "egress", json!([])),
        ("task-role", "managed_policy_arns", json!(["arn:aws:iam::aws:policy/AdministratorAccess"])),
    ] {
        let found = status.nodes.iter().find(|found| found.node.as_str() == node).unwrap();
        world.cloud.tamper(&found.kind, &found.name, |inputs| inputs[field] = value).unwrap();
    }
    Ok(())
}
