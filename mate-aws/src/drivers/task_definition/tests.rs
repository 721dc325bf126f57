use std::collections::BTreeMap;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::delete_task_definitions::{DeleteTaskDefinitionsError, DeleteTaskDefinitionsOutput};
use aws_sdk_ecs::operation::deregister_task_definition::DeregisterTaskDefinitionOutput;
use aws_sdk_ecs::operation::describe_task_definition::{DescribeTaskDefinitionError, DescribeTaskDefinitionOutput};
use aws_sdk_ecs::operation::list_task_definitions::ListTaskDefinitionsOutput;
use aws_sdk_ecs::operation::register_task_definition::{RegisterTaskDefinitionInput, RegisterTaskDefinitionOutput};
use aws_sdk_ecs::operation::tag_resource::TagResourceOutput;
use aws_sdk_ecs::operation::untag_resource::UntagResourceOutput;
use aws_sdk_ecs::types::{
    EfsAuthorizationConfigIam, EfsTransitEncryption, TaskDefinition as Described, TaskDefinitionStatus,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::TaskDefinition;
use mate_core::kinds::task_definition::{Container, ContainerLogs, EfsVolume, Mount, TaskDefinitionInputs};
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::{TaskDefinitionDriver, form};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::ecs::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const FAMILY: &str = "mate-acme-dev-django";

fn arn(revision: i32) -> String {
    format!("arn:aws:ecs:us-east-1:123456789012:task-definition/{FAMILY}:{revision}")
}

fn container(name: &str) -> Container {
    Container {
        name: name.into(),
        image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev:main-1234567".into(),
        essential: true,
        command: vec!["django".into()],
        port: Some(8000),
        environment: BTreeMap::from([("B".into(), "2".into()), ("A".into(), "1".into())]),
        secrets: BTreeMap::from([("KEY".into(), "arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf:key::".into())]),
        mounts: vec![
            Mount { volume: "models".into(), path: "/mnt/shared-models".into(), read_only: true },
            Mount { volume: "data".into(), path: "/mnt/tenant-data".into(), read_only: false },
        ],
        logs: ContainerLogs {
            group: "/ecs/mate-acme-dev/django".into(),
            region: "us-east-1".into(),
            stream_prefix: "django".into(),
        },
        stop_timeout_seconds: 60,
    }
}

fn target() -> Target {
    testing::target::<TaskDefinition>(
        FAMILY,
        &TaskDefinitionInputs {
            cpu: 256,
            memory_mib: 512,
            execution_role_arn: "arn:aws:iam::123456789012:role/execution".into(),
            task_role_arn: "arn:aws:iam::123456789012:role/task".into(),
            containers: vec![container("django"), container("xray")],
            volumes: vec![
                EfsVolume { name: "models".into(), file_system_id: "fs-1".into(), access_point_id: None },
                EfsVolume {
                    name: "data".into(),
                    file_system_id: "fs-2".into(),
                    access_point_id: Some("fsap-1".into()),
                },
            ],
        },
    )
}

/// The request that would register the target's inputs.
fn request(target: &Target) -> RegisterTaskDefinitionInput {
    let inputs = target.typed::<TaskDefinition>().unwrap();
    form::register(&testing::aws().ecs, target, &inputs).unwrap().as_input().clone().build().unwrap()
}

/// A revision as AWS would tell what the target's inputs were registered as, in an order of its own.
fn revision(number: i32, target: &Target, status: TaskDefinitionStatus) -> Described {
    let mut request = request(target);
    let mut containers = request.container_definitions.take().unwrap();
    for container in &mut containers {
        container.environment.as_mut().unwrap().reverse();
        container.mount_points.as_mut().unwrap().reverse();
    }
    containers.reverse();
    let mut volumes = request.volumes.take().unwrap();
    volumes.reverse();
    Described::builder()
        .task_definition_arn(arn(number))
        .family(FAMILY)
        .revision(number)
        .status(status)
        .set_cpu(request.cpu)
        .set_memory(request.memory)
        .set_execution_role_arn(request.execution_role_arn)
        .set_task_role_arn(request.task_role_arn)
        .set_container_definitions(Some(containers))
        .set_volumes(Some(volumes))
        .build()
}

fn described(described: Described, tags: Tags) -> Rule {
    mock!(Client::describe_task_definition).then_output(move || {
        DescribeTaskDefinitionOutput::builder()
            .task_definition(described.clone())
            .set_tags(Some(tag_list(&tags)))
            .build()
    })
}

fn missing() -> Rule {
    mock!(Client::describe_task_definition).then_error(|| DescribeTaskDefinitionError::generic(code("ClientException")))
}

fn registered(number: i32) -> Rule {
    mock!(Client::register_task_definition).then_output(move || {
        let described = Described::builder().task_definition_arn(arn(number)).build();
        RegisterTaskDefinitionOutput::builder().task_definition(described).build()
    })
}

fn listed(status: TaskDefinitionStatus, arns: Vec<String>) -> Rule {
    mock!(Client::list_task_definitions)
        .match_requests(move |request| request.status() == Some(&status))
        .then_output(move || ListTaskDefinitionsOutput::builder().set_task_definition_arns(Some(arns.clone())).build())
}

fn aws(ecs: Client) -> Aws {
    Aws { ecs, ..testing::aws() }
}

#[test]
fn what_is_registered_is_safe_by_itself() {
    let request = request(&target());
    for volume in request.volumes() {
        let efs = volume.efs_volume_configuration().unwrap();
        assert_eq!(efs.transit_encryption(), Some(&EfsTransitEncryption::Enabled));
        assert_eq!(efs.authorization_config().unwrap().iam(), Some(&EfsAuthorizationConfigIam::Enabled));
        assert_eq!(efs.root_directory(), None, "an access point forbids a root directory");
    }
    let container = &request.container_definitions()[0];
    assert_eq!(container.mount_points()[0].read_only(), Some(true));
    assert_eq!(container.memory(), None);
    assert_eq!(request.tags().len(), target().tags.len());
}

#[tokio::test]
async fn the_order_of_aws_is_no_difference() {
    let target = target();
    let found = described(revision(3, &target, TaskDefinitionStatus::Active), target.tags.clone());
    let aws = aws(client!(aws_sdk_ecs, [&found]));
    let live = present(TaskDefinitionDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert!(unlike(&TaskDefinition::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!((live.physical_id, live.outputs["family"].clone()), (arn(3), json!(FAMILY)));
}

#[tokio::test]
async fn a_volume_without_tls_is_a_difference() {
    let target = target();
    let mut open = revision(1, &target, TaskDefinitionStatus::Active);
    let volume = &mut open.volumes.as_mut().unwrap()[0];
    volume.efs_volume_configuration.as_mut().unwrap().transit_encryption = Some(EfsTransitEncryption::Disabled);
    let aws = aws(client!(aws_sdk_ecs, [&described(open, target.tags.clone())]));
    let live = present(TaskDefinitionDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(unlike(&TaskDefinition::model(), &target, &live), ["volumes"]);
}

#[tokio::test]
async fn a_repeated_create_registers_no_second_revision() {
    let target = target();
    let first = registered(1);
    let found = described(revision(1, &target, TaskDefinitionStatus::Active), target.tags.clone());
    let aws = aws(client!(aws_sdk_ecs, [&missing(), &first, &found]));
    let one = TaskDefinitionDriver.create(&aws, &create(target.clone())).await.unwrap();
    let two = TaskDefinitionDriver.create(&aws, &create(target)).await.unwrap();
    assert_eq!((one.physical_id, first.num_calls()), (two.physical_id, 1));
}

#[tokio::test]
async fn a_family_of_somebody_else_is_refused() {
    let target = target();
    let found = described(revision(1, &target, TaskDefinitionStatus::Active), Tags::new());
    let made = registered(2);
    let aws = aws(client!(aws_sdk_ecs, any, [&found, &made]));
    let error = TaskDefinitionDriver.create(&aws, &create(target)).await.unwrap_err();
    assert_eq!((error.class, made.num_calls()), (ErrorClass::AlreadyExists, 0));
}

#[tokio::test]
async fn a_change_registers_the_next_revision_and_tags_do_not() {
    let mut target = target();
    let before = || described(revision(1, &self::target(), TaskDefinitionStatus::Active), self::target().tags);
    target.inputs["cpu"] = json!(512);
    let next = registered(2);
    let aws_one = aws(client!(aws_sdk_ecs, [&before(), &next]));
    let revised = TaskDefinitionDriver.update(&aws_one, &update(target, &["cpu"])).await.unwrap();
    assert_eq!((revised.physical_id, revised.outputs["arn"].clone()), (arn(2), json!(arn(2))));

    let mut target = self::target();
    target.tags.insert("CostCenter".into(), "radiology".into());
    let tagged = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(&arn(1)) && request.tags().len() == 1)
        .then_output(|| TagResourceOutput::builder().build());
    let aws_two = aws(client!(aws_sdk_ecs, [&before(), &tagged]));
    let kept = TaskDefinitionDriver.update(&aws_two, &update(target, &["tags"])).await.unwrap();
    assert_eq!((kept.physical_id, tagged.num_calls()), (arn(1), 1));
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous() {
    let lost = mock!(Client::register_task_definition).sequence().http_status(503, None).build();
    let aws = aws(client!(aws_sdk_ecs, [&missing(), &lost]));
    let error = TaskDefinitionDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
}

#[tokio::test]
async fn a_deletion_takes_every_revision_of_ours_ten_at_a_time() {
    let target = target();
    let mut active: Vec<String> = (1..=11).map(arn).collect();
    active.push("arn:aws:ecs:us-east-1:123456789012:task-definition/mate-acme-dev-django-two:1".into());
    let tags = target.tags.clone();
    let wanted = target.clone();
    let describe = mock!(Client::describe_task_definition).then_compute_output(move |request| {
        let name = request.task_definition().unwrap();
        let number: i32 = name.rsplit(':').next().unwrap().parse().unwrap();
        assert!(name.contains("django:"), "another family is not touched");
        let status = if number == 12 { TaskDefinitionStatus::Inactive } else { TaskDefinitionStatus::Active };
        let foreign = number == 5;
        DescribeTaskDefinitionOutput::builder()
            .task_definition(revision(number, &wanted, status))
            .set_tags(Some(if foreign { Vec::new() } else { tag_list(&tags) }))
            .build()
    });
    let deregistered = mock!(Client::deregister_task_definition)
        .match_requests(|request| request.task_definition() != Some(&arn(5)))
        .then_output(|| DeregisterTaskDefinitionOutput::builder().build());
    let deleted = mock!(Client::delete_task_definitions)
        .match_requests(|request| request.task_definitions().len() <= 10)
        .then_output(|| DeleteTaskDefinitionsOutput::builder().build());
    let aws = aws(client!(
        aws_sdk_ecs,
        any,
        [
            &listed(TaskDefinitionStatus::Active, active),
            &listed(TaskDefinitionStatus::Inactive, vec![arn(12)]),
            &describe,
            &deregistered,
            &deleted
        ]
    ));
    assert_eq!(TaskDefinitionDriver.delete(&aws, &delete(target)).await.unwrap(), Deleted::Gone);
    assert_eq!((deregistered.num_calls(), deleted.num_calls()), (10, 2));
}

#[tokio::test]
async fn a_place_without_deletion_is_no_failure() {
    for unsupported in ["UnknownOperationException", "UnsupportedFeatureException"] {
        let target = target();
        let deleted = mock!(Client::delete_task_definitions)
            .then_error(move || DeleteTaskDefinitionsError::generic(code(unsupported)));
        let aws = aws(client!(
            aws_sdk_ecs,
            any,
            [
                &listed(TaskDefinitionStatus::Active, vec![]),
                &listed(TaskDefinitionStatus::Inactive, vec![arn(1)]),
                &described(revision(1, &target, TaskDefinitionStatus::Inactive), target.tags.clone()),
                &deleted
            ]
        ));
        assert_eq!(TaskDefinitionDriver.delete(&aws, &delete(target)).await.unwrap(), Deleted::Gone);
        assert_eq!(deleted.num_calls(), 1);
    }
}

#[tokio::test]
async fn what_is_not_ours_is_not_deregistered_and_what_is_absent_is_gone() {
    let target = target();
    let foreign = aws(client!(
        aws_sdk_ecs,
        any,
        [
            &listed(TaskDefinitionStatus::Active, vec![arn(1)]),
            &listed(TaskDefinitionStatus::Inactive, vec![]),
            &described(revision(1, &target, TaskDefinitionStatus::Active), Tags::new())
        ]
    ));
    let error = TaskDefinitionDriver.delete(&foreign, &delete(target.clone())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let none = aws(client!(
        aws_sdk_ecs,
        any,
        [&missing(), &listed(TaskDefinitionStatus::Active, vec![]), &listed(TaskDefinitionStatus::Inactive, vec![])]
    ));
    assert!(matches!(
        TaskDefinitionDriver.observe(&none, std::slice::from_ref(&target)).await.remove(0),
        Observation::Absent
    ));
    assert_eq!(TaskDefinitionDriver.delete(&none, &delete(target)).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags_on_every_revision_the_latest_last() {
    let target = target();
    let latest = || described(revision(2, &target, TaskDefinitionStatus::Active), target.tags.clone());
    let former = described(revision(1, &target, TaskDefinitionStatus::Active), target.tags.clone());
    let off = |number: i32| {
        mock!(Client::untag_resource)
            .match_requests(move |request| {
                request.resource_arn() == Some(&arn(number)) && request.tag_keys() == testing::OWNERSHIP
            })
            .then_output(|| UntagResourceOutput::builder().build())
    };
    let rules = [latest(), listed(TaskDefinitionStatus::Active, vec![arn(2), arn(1)]), former, off(1), off(2)];
    let answer = TaskDefinitionDriver
        .update(&aws(client!(aws_sdk_ecs, rules)), &testing::give_back(target.clone()))
        .await
        .unwrap();
    assert_eq!(answer.physical_id, arn(2));
    assert_eq!(rules.each_ref().map(Rule::num_calls), [1; 5]);
}

#[tokio::test]
async fn the_recorded_family_is_the_object_whatever_its_name() {
    let recorded = Target { physical_id: Some(arn(1)), name: "another-name".into(), ..testing::unowned(target()) };
    let found = || {
        let described = revision(1, &target(), TaskDefinitionStatus::Active);
        mock!(Client::describe_task_definition)
            .match_requests(|request| request.task_definition() == Some(FAMILY))
            .then_output(move || DescribeTaskDefinitionOutput::builder().task_definition(described.clone()).build())
    };
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(&arn(1)) && request.tags().len() == 4)
        .then_output(|| TagResourceOutput::builder().build());
    let adopting = aws(client!(aws_sdk_ecs, [&found(), &on]));
    TaskDefinitionDriver.update(&adopting, &update(recorded.clone(), &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);

    let mut wanted = recorded;
    wanted.inputs["cpu"] = json!(512);
    let next = mock!(Client::register_task_definition)
        .match_requests(|request| request.family() == Some(FAMILY))
        .then_output(|| {
            let described = Described::builder().task_definition_arn(arn(2)).build();
            RegisterTaskDefinitionOutput::builder().task_definition(described).build()
        });
    let revising = aws(client!(aws_sdk_ecs, [&found(), &next]));
    let revised = TaskDefinitionDriver.update(&revising, &update(wanted, &["cpu"])).await.unwrap();
    assert_eq!(revised.outputs["family"], json!(FAMILY));
}
