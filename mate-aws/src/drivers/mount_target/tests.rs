//! Cases that an emulator cannot show: batches and pages, zones, states on the way.

use aws_sdk_efs::Client;
use aws_sdk_efs::operation::create_mount_target::{CreateMountTargetError, CreateMountTargetOutput};
use aws_sdk_efs::operation::delete_mount_target::{DeleteMountTargetError, DeleteMountTargetOutput};
use aws_sdk_efs::operation::describe_mount_target_security_groups::DescribeMountTargetSecurityGroupsOutput;
use aws_sdk_efs::operation::describe_mount_targets::{DescribeMountTargetsError, DescribeMountTargetsOutput};
use aws_sdk_efs::operation::modify_mount_target_security_groups::{
    ModifyMountTargetSecurityGroupsError, ModifyMountTargetSecurityGroupsOutput,
};
use aws_sdk_efs::types::{LifeCycleState, MountTargetDescription};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::mount_target::{MountTarget, MountTargetInputs};
use mate_core::model::{Input, OutputRef};
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Status, Target};

use super::MountTargetDriver as Subject;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, made, present};

fn target(subnet: &str) -> Target {
    let inputs = MountTargetInputs {
        file_system_id: "fs-1".into(),
        subnet_id: subnet.into(),
        security_group_ids: vec!["sg-1".into()],
    };
    testing::target::<MountTarget>("mount", &inputs)
}

fn described(id: &str, subnet: &str, state: LifeCycleState) -> MountTargetDescription {
    MountTargetDescription::builder()
        .mount_target_id(id)
        .file_system_id("fs-1")
        .subnet_id(subnet)
        .life_cycle_state(state)
        .build()
        .unwrap()
}

fn page(items: Vec<MountTargetDescription>, next: Option<&'static str>) -> DescribeMountTargetsOutput {
    DescribeMountTargetsOutput::builder()
        .set_mount_targets(Some(items))
        .set_next_marker(next.map(str::to_owned))
        .build()
}

fn listed(items: Vec<MountTargetDescription>) -> Rule {
    mock!(Client::describe_mount_targets)
        .match_requests(|request| request.file_system_id() == Some("fs-1") && request.mount_target_id().is_none())
        .then_output(move || page(items.clone(), None))
}

fn one(subnet: &str) -> Rule {
    listed(vec![described("fsmt-1", subnet, LifeCycleState::Available)])
}

fn groups(group: &'static str) -> Rule {
    mock!(Client::describe_mount_target_security_groups)
        .then_output(move || DescribeMountTargetSecurityGroupsOutput::builder().security_groups(group).build().unwrap())
}

fn conflict() -> Rule {
    mock!(Client::create_mount_target).then_error(|| CreateMountTargetError::generic(code("MountTargetConflict")))
}

fn aws<const N: usize>(rules: [Rule; N]) -> Aws {
    Aws { efs: client!(aws_sdk_efs, rules), ..testing::aws() }
}

#[tokio::test]
async fn the_mount_targets_of_a_file_system_are_listed_once_over_all_pages() {
    let list = mock!(Client::describe_mount_targets).then_compute_output(|request| match request.marker() {
        None => page(vec![described("fsmt-1", "s-1", LifeCycleState::Available)], Some("more")),
        Some(_) => page(vec![described("fsmt-2", "s-2", LifeCycleState::Creating)], None),
    });
    let rules = [list.clone(), groups("sg-1")];
    let aws = Aws { efs: client!(aws_sdk_efs, any, rules), ..testing::aws() };
    let observed = Subject.observe(&aws, &[target("s-2"), target("s-1"), target("s-3")]).await;
    assert_eq!(list.num_calls(), 2);
    let [second, first, third]: [Observation; 3] = observed.try_into().unwrap();
    let first = present(first);
    assert_eq!((first.physical_id.as_str(), first.inputs.into()), ("fsmt-1", target("s-1").inputs));
    let second = present(second);
    assert_eq!((second.physical_id.as_str(), second.status), ("fsmt-2", Status::Pending("creating".into())));
    assert!(second.inputs.get("security_group_ids").is_none());
    assert!(matches!(third, Observation::Absent));
}

#[tokio::test]
async fn without_its_file_system_it_cannot_be() {
    let mut unresolved = target("s-1");
    let reference = OutputRef {
        node: "files".parse().unwrap(),
        output: "file_system_id".into(),
        prefix: String::new(),
        suffix: String::new(),
    };
    unresolved.inputs["file_system_id"] = serde_json::to_value(Input::<String>::Ref(reference)).unwrap();
    assert!(matches!(Subject.observe(&aws([]), &[unresolved]).await.remove(0), Observation::Absent));
    let gone = mock!(Client::describe_mount_targets)
        .then_error(|| DescribeMountTargetsError::generic(code("FileSystemNotFound")));
    assert!(matches!(Subject.observe(&aws([gone]), &[target("s-1")]).await.remove(0), Observation::Absent));
}

#[tokio::test]
async fn a_failed_list_is_unknown_for_each_target() {
    let rule = mock!(Client::describe_mount_targets)
        .then_error(|| DescribeMountTargetsError::generic(code("ThrottlingException")));
    for observation in Subject.observe(&aws([rule]), &[target("s-1"), target("s-2")]).await {
        assert!(matches!(observation, Observation::Unknown(error) if error.class == ErrorClass::Throttled));
    }
}

#[tokio::test]
async fn a_recorded_id_is_followed_out_of_the_wanted_subnet() {
    let elsewhere = mock!(Client::describe_mount_targets)
        .match_requests(|request| request.mount_target_id() == Some("fsmt-9"))
        .then_output(|| page(vec![described("fsmt-9", "s-9", LifeCycleState::Available)], None));
    let recorded = Target { physical_id: Some("fsmt-9".into()), ..target("s-1") };
    let rules = [listed(Vec::new()), elsewhere, groups("sg-1")];
    let live = present(Subject.observe(&aws(rules), &[recorded]).await.remove(0));
    assert_eq!(live.inputs["subnet_id"], "s-9");
}

#[tokio::test]
async fn the_one_of_an_earlier_attempt_is_found_and_brought_to_the_inputs() {
    let modify = mock!(Client::modify_mount_target_security_groups)
        .match_requests(|request| request.security_groups() == ["sg-1"])
        .then_output(|| ModifyMountTargetSecurityGroupsOutput::builder().build());
    let rules = [conflict(), one("s-1"), groups("sg-other"), one("s-1"), groups("sg-other"), modify.clone()];
    let created = Subject.create(&aws(rules), &testing::create(target("s-1"))).await.unwrap();
    assert_eq!(created.outputs["mount_target_id"], "fsmt-1");
    assert_eq!(modify.num_calls(), 1);

    let fails = mock!(Client::modify_mount_target_security_groups)
        .then_error(|| ModifyMountTargetSecurityGroupsError::generic(code("SecurityGroupNotFound")));
    let rules = [conflict(), one("s-1"), groups("sg-other"), one("s-1"), groups("sg-other"), fails];
    let error = Subject.create(&aws(rules), &testing::create(target("s-1"))).await.unwrap_err();
    assert_eq!(made(error).physical_id, "fsmt-1");
}

#[tokio::test]
async fn a_zone_that_has_its_mount_target_in_another_subnet_is_an_error() {
    let error = Subject.create(&aws([conflict(), one("s-other")]), &testing::create(target("s-1"))).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::AlreadyExists, RetryStatus::Permanent));
    let going = listed(vec![described("fsmt-1", "s-1", LifeCycleState::Deleting)]);
    let error = Subject.create(&aws([conflict(), going]), &testing::create(target("s-1"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_new_one_is_on_its_way_and_waits_for_its_file_system() {
    let made = mock!(Client::create_mount_target)
        .match_requests(|request| request.subnet_id() == Some("s-1") && request.security_groups() == ["sg-1"])
        .then_output(|| {
            CreateMountTargetOutput::builder()
                .mount_target_id("fsmt-1")
                .file_system_id("fs-1")
                .subnet_id("s-1")
                .life_cycle_state(LifeCycleState::Creating)
                .build()
                .unwrap()
        });
    let created = Subject.create(&aws([made]), &testing::create(target("s-1"))).await.unwrap();
    assert_eq!(created.status, Status::Pending("creating".into()));
    let early = mock!(Client::create_mount_target)
        .then_error(|| CreateMountTargetError::generic(code("IncorrectFileSystemLifeCycleState")));
    let error = Subject.create(&aws([early]), &testing::create(target("s-1"))).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_deletion_can_be_repeated_and_stays_in_our_subnet() {
    let request = testing::delete(target("s-1"));
    assert_eq!(Subject.delete(&aws([listed(Vec::new())]), &request).await.unwrap(), Deleted::Gone);
    let deleted = mock!(Client::delete_mount_target).then_output(|| DeleteMountTargetOutput::builder().build());
    assert_eq!(Subject.delete(&aws([one("s-1"), groups("sg-1"), deleted]), &request).await.unwrap(), Deleted::Going);
    let raced =
        mock!(Client::delete_mount_target).then_error(|| DeleteMountTargetError::generic(code("MountTargetNotFound")));
    assert_eq!(Subject.delete(&aws([one("s-1"), groups("sg-1"), raced]), &request).await.unwrap(), Deleted::Gone);
    let going = listed(vec![described("fsmt-1", "s-1", LifeCycleState::Deleting)]);
    assert_eq!(Subject.delete(&aws([going]), &request).await.unwrap(), Deleted::Going);
    let recorded = Target { physical_id: Some("fsmt-1".into()), ..target("s-1") };
    let error = Subject.delete(&aws([one("s-other"), groups("sg-1")]), &testing::delete(recorded)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}
