use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::create_cluster::{CreateClusterError, CreateClusterOutput};
use aws_sdk_ecs::operation::delete_cluster::{DeleteClusterError, DeleteClusterOutput};
use aws_sdk_ecs::operation::describe_clusters::{DescribeClustersError, DescribeClustersOutput};
use aws_sdk_ecs::operation::put_cluster_capacity_providers::{
    PutClusterCapacityProvidersError, PutClusterCapacityProvidersOutput,
};
use aws_sdk_ecs::operation::tag_resource::TagResourceOutput;
use aws_sdk_ecs::operation::untag_resource::UntagResourceOutput;
use aws_sdk_ecs::operation::update_cluster::UpdateClusterOutput;
use aws_sdk_ecs::types::{
    Attachment, CapacityProviderStrategyItem, Cluster as Described, ClusterField, ClusterSetting, ClusterSettingName,
    Failure, KeyValuePair,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Cluster;
use mate_core::kinds::cluster::ClusterInputs;
use mate_core::kinds::service::CapacityProvider;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::ClusterDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::ecs::tag_list;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const NAME: &str = "mate-dev";
const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/mate-dev";

fn target() -> Target {
    testing::target::<Cluster>(
        NAME,
        &ClusterInputs {
            container_insights: true,
            capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()],
            default_strategy: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 }],
        },
    )
}

fn strategy(provider: &str, weight: i32, base: i32) -> CapacityProviderStrategyItem {
    CapacityProviderStrategyItem::builder().capacity_provider(provider).weight(weight).base(base).build().unwrap()
}

/// The cluster as AWS tells it when it is as the target wants.
fn steady() -> Described {
    let insights = ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value("enabled");
    Described::builder()
        .cluster_arn(ARN)
        .cluster_name(NAME)
        .status("ACTIVE")
        .settings(insights.build())
        .capacity_providers("FARGATE")
        .capacity_providers("FARGATE_SPOT")
        .default_capacity_provider_strategy(strategy("FARGATE", 1, 1))
        .set_tags(Some(tag_list(&target().tags)))
        .build()
}

fn like(change: impl FnOnce(&mut Described)) -> Described {
    let mut cluster = steady();
    change(&mut cluster);
    cluster
}

fn insights(value: &str) -> Option<Vec<ClusterSetting>> {
    Some(vec![ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value(value).build()])
}

fn described(clusters: Vec<Described>) -> Rule {
    mock!(Client::describe_clusters).then_compute_output(move |request| {
        assert!(request.clusters().len() <= 100, "AWS takes 100 clusters a call");
        assert!(request.include().contains(&ClusterField::Tags) && request.include().contains(&ClusterField::Settings));
        let asked = |one: &&Described| {
            request.clusters().iter().any(|id| one.cluster_name() == Some(id) || one.cluster_arn() == Some(id))
        };
        DescribeClustersOutput::builder()
            .set_clusters(Some(clusters.iter().filter(asked).cloned().collect()))
            .failures(Failure::builder().arn("arn:aws:ecs:us-east-1:1:cluster/other").reason("MISSING").build())
            .build()
    })
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ecs: client!(aws_sdk_ecs, rules), ..aws() }
}

async fn observe(aws: &Aws, target: Target) -> Observation {
    ClusterDriver.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn what_ecs_tells_is_what_was_wanted() {
    let live = present(observe(&stub(&[&described(vec![steady()])]), target()).await);
    assert_eq!(live.inputs, target().inputs);
    assert_eq!((live.status, live.physical_id.as_str()), (Status::Ready, ARN));
    assert_eq!(live.outputs, [("arn".into(), json!(ARN)), ("cluster_name".into(), json!(NAME))].into());
}

#[tokio::test]
async fn enhanced_insights_are_insights() {
    for (value, on) in [("enhanced", true), ("enabled", true), ("disabled", false)] {
        let live =
            present(observe(&stub(&[&described(vec![like(|one| one.settings = insights(value))])]), target()).await);
        assert_eq!(live.inputs["container_insights"], json!(on), "{value}");
    }
}

#[tokio::test]
async fn eighty_are_read_in_two_calls() {
    let named = |number: usize| {
        testing::target::<Cluster>(&format!("cluster-{number:02}"), &target().typed::<Cluster>().unwrap())
    };
    let targets: Vec<Target> = (0..80).map(named).collect();
    let clusters = targets.iter().filter(|one| !one.name.ends_with("07"));
    let calls = described(clusters.map(|one| like(|cluster| cluster.cluster_name = Some(one.name.clone()))).collect());
    let answers = ClusterDriver.observe(&Aws { ecs: client!(aws_sdk_ecs, any, [&calls]), ..aws() }, &targets).await;
    let absent: Vec<usize> = (0..80).filter(|index| matches!(answers[*index], Observation::Absent)).collect();
    assert_eq!((absent, calls.num_calls()), (vec![7], 2));
}

#[tokio::test]
async fn an_inactive_cluster_is_absent() {
    let answer = observe(&stub(&[&described(vec![like(|one| one.status = Some("INACTIVE".into()))])]), target()).await;
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn what_ecs_could_not_tell_is_unknown() {
    let refused =
        mock!(Client::describe_clusters).then_error(|| DescribeClustersError::generic(code("ThrottlingException")));
    let failure = mock!(Client::describe_clusters).then_output(|| {
        let failure = Failure::builder().arn(ARN).reason("INTERNAL").detail("later").build();
        DescribeClustersOutput::builder().failures(failure).build()
    });
    for (rule, class) in [(refused, ErrorClass::Throttled), (failure, ErrorClass::Transient)] {
        match observe(&stub(&[&rule]), target()).await {
            Observation::Unknown(error) => assert_eq!(error.class, class),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_recorded_cluster_comes_before_the_one_of_the_name() {
    let recorded = "arn:aws:ecs:us-east-1:123456789012:cluster/former";
    let former = like(|one| (one.cluster_arn, one.cluster_name) = (Some(recorded.into()), Some("former".into())));
    let target = Target { physical_id: Some(recorded.into()), ..target() };
    let both = stub(&[&described(vec![steady(), former])]);
    assert_eq!(present(observe(&both, target.clone()).await).physical_id, recorded);
    let one = stub(&[&described(vec![steady()])]);
    assert_eq!(present(observe(&one, target).await).physical_id, ARN);
}

#[tokio::test]
async fn whose_it_is_depends_on_the_claim() {
    let untagged = || stub(&[&described(vec![like(|one| one.tags = None)])]);
    assert!(matches!(observe(&untagged(), target()).await, Observation::Foreign(_)));
    present(observe(&untagged(), Target { claim: Claim::Unowned, ..target() }).await);
    let mut theirs = target();
    theirs.address.tenant = "globex".parse().unwrap();
    theirs.claim = Claim::Unowned;
    assert!(matches!(observe(&stub(&[&described(vec![steady()])]), theirs.clone()).await, Observation::Foreign(_)));
    present(observe(&stub(&[&described(vec![steady()])]), Target { claim: Claim::ReadOnly, ..theirs }).await);
}

#[tokio::test]
async fn the_status_is_told_from_the_cluster_and_its_attachments() {
    let none = || Some(Vec::new());
    for (status, attachments, providers, expected) in [
        ("ACTIVE", Some("UPDATE_COMPLETE"), steady().capacity_providers, Status::Ready),
        (
            "ACTIVE",
            Some("UPDATE_IN_PROGRESS"),
            none(),
            Status::Pending("its capacity providers are being changed".into()),
        ),
        ("ACTIVE", Some("UPDATE_FAILED"), none(), Status::Failed("the change of its capacity providers failed".into())),
        ("ACTIVE", Some("UPDATE_FAILED"), steady().capacity_providers, Status::Ready),
        ("PROVISIONING", None, none(), Status::Pending("provisioning".into())),
        ("DEPROVISIONING", None, none(), Status::Deleting),
        ("FAILED", None, none(), Status::Failed("what its capacity providers need could not be made".into())),
    ] {
        let cluster = like(|one| {
            one.status = Some(status.into());
            one.attachments_status = attachments.map(str::to_owned);
            one.capacity_providers = providers;
        });
        assert_eq!(present(observe(&stub(&[&described(vec![cluster])]), target()).await).status, expected);
    }
}

#[tokio::test]
async fn it_is_made_whole_in_one_call() {
    let new = mock!(Client::create_cluster)
        .match_requests(|request| {
            request.cluster_name() == Some(NAME)
                && request.tags().len() == target().tags.len()
                && request.settings()[0].value() == Some("enabled")
                && request.capacity_providers() == ["FARGATE", "FARGATE_SPOT"]
                && request.default_capacity_provider_strategy() == [strategy("FARGATE", 1, 1)]
        })
        .then_output(|| CreateClusterOutput::builder().cluster(steady()).build());
    let created = ClusterDriver.create(&stub(&[&described(vec![]), &new]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status), (ARN, Status::Ready));
}

#[tokio::test]
async fn one_that_is_there_is_not_made_again() {
    let there = described(vec![steady()]);
    let created = ClusterDriver.create(&stub(&[&there]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), there.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn one_that_is_ours_is_brought_to_the_inputs_and_a_failure_says_what_exists() {
    let other = || described(vec![like(|one| one.capacity_providers = None)]);
    let busy = mock!(Client::put_cluster_capacity_providers)
        .then_error(|| PutClusterCapacityProvidersError::generic(code("UpdateInProgressException")));
    let error = ClusterDriver.create(&stub(&[&other(), &other(), &busy]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_foreign_cluster_of_the_name_is_refused() {
    let aws = stub(&[&described(vec![like(|one| one.tags = None)])]);
    let error = ClusterDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    // Made by somebody else between the look and the call: ECS answers with that one.
    let theirs = mock!(Client::create_cluster).then_output(|| {
        let tags = tag_list(&[("Owner".to_owned(), "them".to_owned())].into());
        CreateClusterOutput::builder().cluster(like(|one| one.tags = Some(tags))).build()
    });
    let error = ClusterDriver.create(&stub(&[&described(vec![]), &theirs]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn the_first_cluster_of_an_account_waits_for_ecs_s_own_role() {
    let refused =
        || mock!(Client::create_cluster).then_error(|| CreateClusterError::generic(code("InvalidParameterException")));
    let error = ClusterDriver.create(&stub(&[&described(vec![]), &refused()]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
    let mut other = target();
    other.inputs["capacity_providers"] = json!(["my-instances"]);
    let error = ClusterDriver.create(&stub(&[&described(vec![]), &refused()]), &create(other)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn an_update_touches_what_it_names() {
    let set = mock!(Client::update_cluster)
        .match_requests(|request| request.cluster() == Some(ARN) && request.settings()[0].value() == Some("enabled"))
        .then_output(|| UpdateClusterOutput::builder().build());
    let bare = || {
        described(vec![like(|one| {
            one.settings = insights("disabled");
            one.capacity_providers = Some(vec!["FARGATE".into()]);
            one.default_capacity_provider_strategy = Some(vec![strategy("FARGATE", 7, 0)]);
        })])
    };
    ClusterDriver.update(&stub(&[&bare(), &set]), &update(target(), &["container_insights"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);

    let put = mock!(Client::put_cluster_capacity_providers)
        .match_requests(|request| {
            request.capacity_providers() == ["FARGATE", "FARGATE_SPOT"]
                && request.default_capacity_provider_strategy() == [strategy("FARGATE", 7, 0)]
        })
        .then_output(|| {
            let cluster = like(|one| one.attachments_status = Some("UPDATE_IN_PROGRESS".into()));
            PutClusterCapacityProvidersOutput::builder().cluster(cluster).build()
        });
    let updated = ClusterDriver.update(&stub(&[&bare(), &put]), &update(target(), &["capacity_providers"])).await;
    assert!(matches!(updated.unwrap().status, Status::Pending(_)));
}

#[tokio::test]
async fn an_update_that_is_done_already_calls_nothing() {
    let there = described(vec![steady()]);
    let fields = ["container_insights", "capacity_providers", "default_strategy", "tags"];
    ClusterDriver.update(&stub(&[&there]), &update(target(), &fields)).await.unwrap();
    assert_eq!(there.num_calls(), 1);
}

#[tokio::test]
async fn tags_are_set_and_taken_off() {
    let set = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tags()[0].key() == Some("Cost"))
        .then_output(|| TagResourceOutput::builder().build());
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tag_keys() == ["Old"])
        .then_output(|| UntagResourceOutput::builder().build());
    let mut tags = target().tags;
    tags.insert("Old".into(), "1".into());
    let there = described(vec![like(|one| one.tags = Some(tag_list(&tags)))]);
    let mut request = update(target(), &["tags"]);
    request.target.tags.insert("Cost".into(), "r&d".into());
    request.untag = ["Old".to_owned(), "Never".to_owned()].into();
    ClusterDriver.update(&stub(&[&there, &set, &off]), &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_what_uses_it() {
    let there = || described(vec![steady()]);
    for (left, expected) in [("INACTIVE", Deleted::Gone), ("DEPROVISIONING", Deleted::Going)] {
        let deleted =
            mock!(Client::delete_cluster).match_requests(|request| request.cluster() == Some(ARN)).then_output(
                move || DeleteClusterOutput::builder().cluster(like(|one| one.status = Some(left.into()))).build(),
            );
        assert_eq!(ClusterDriver.delete(&stub(&[&there(), &deleted]), &delete(target())).await.unwrap(), expected);
    }
    for said in ["ClusterContainsServicesException", "ClusterContainsTasksException"] {
        let used = mock!(Client::delete_cluster).then_error(move || DeleteClusterError::generic(code(said)));
        let error = ClusterDriver.delete(&stub(&[&there(), &used]), &delete(target())).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Dependency, "{said}");
    }
    let foreign = stub(&[&described(vec![like(|one| one.tags = None)])]);
    assert_eq!(ClusterDriver.delete(&foreign, &delete(target())).await.unwrap_err().class, ErrorClass::AlreadyExists);
    let gone =
        mock!(Client::delete_cluster).then_error(|| DeleteClusterError::generic(code("ClusterNotFoundException")));
    for aws in [stub(&[&described(vec![])]), stub(&[&there(), &gone])] {
        assert_eq!(ClusterDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    }
}

#[tokio::test]
async fn the_diagnosis_names_what_failed_and_what_uses_it() {
    let attachment = Attachment::builder()
        .r#type("as_policy")
        .status("FAILED")
        .details(KeyValuePair::builder().name("capacityProviderName").value("spot").build())
        .build();
    let cluster = like(|one| {
        one.attachments = Some(vec![attachment]);
        one.active_services_count = 2;
        one.pending_tasks_count = 1;
    });
    let findings = ClusterDriver.diagnose(&stub(&[&described(vec![cluster])]), &target()).await.unwrap();
    let findings: Vec<&str> = findings.iter().map(|one| one.finding.as_str()).collect();
    assert_eq!(
        findings,
        [
            "the attachment as_policy of mate-dev has failed: capacityProviderName=spot",
            "services in mate-dev: 2",
            "tasks in mate-dev: 1"
        ]
    );
}
