//! Cases that an emulator cannot show: tokens, pages, few and many, old beside new.

use aws_sdk_efs::Client;
use aws_sdk_efs::operation::create_access_point::{CreateAccessPointError, CreateAccessPointOutput};
use aws_sdk_efs::operation::delete_access_point::{DeleteAccessPointError, DeleteAccessPointOutput};
use aws_sdk_efs::operation::describe_access_points::{DescribeAccessPointsError, DescribeAccessPointsOutput};
use aws_sdk_efs::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_efs::operation::untag_resource::UntagResourceOutput;
use aws_sdk_efs::types::builders::AccessPointDescriptionBuilder;
use aws_sdk_efs::types::{AccessPointDescription, CreationInfo, LifeCycleState, PosixUser, RootDirectory};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::access_point::{AccessPoint, AccessPointInputs};
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Status, Target};

use super::AccessPointDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, efs};

fn target() -> Target {
    let inputs = AccessPointInputs {
        file_system_id: "fs-1".into(),
        posix_uid: 1000,
        posix_gid: 1001,
        root_directory: "/models".into(),
        permissions: "0750".into(),
    };
    testing::target::<AccessPoint>("models", &inputs)
}

fn recorded(id: &str) -> Target {
    Target { physical_id: Some(id.into()), ..target() }
}

fn access_point(id: &str) -> AccessPointDescriptionBuilder {
    let creation = CreationInfo::builder().owner_uid(1000).owner_gid(1001).permissions("750").build().unwrap();
    AccessPointDescription::builder()
        .access_point_id(id)
        .access_point_arn(format!("arn:{id}"))
        .client_token("earlier")
        .file_system_id("fs-1")
        .life_cycle_state(LifeCycleState::Available)
        .posix_user(PosixUser::builder().uid(1000).gid(1001).build().unwrap())
        .root_directory(RootDirectory::builder().path("/models").creation_info(creation).build())
        .set_tags(Some(efs::list(&efs::with_name(&target()))))
}

fn listed(items: Vec<AccessPointDescriptionBuilder>) -> Rule {
    let items: Vec<_> = items.into_iter().map(AccessPointDescriptionBuilder::build).collect();
    mock!(Client::describe_access_points)
        .match_requests(|request| request.file_system_id() == Some("fs-1") && request.access_point_id().is_none())
        .then_output(move || DescribeAccessPointsOutput::builder().set_access_points(Some(items.clone())).build())
}

fn by_id(found: AccessPointDescriptionBuilder) -> Rule {
    let found = found.build();
    mock!(Client::describe_access_points)
        .match_requests(|request| request.access_point_id().is_some() && request.file_system_id().is_none())
        .then_output(move || DescribeAccessPointsOutput::builder().access_points(found.clone()).build())
}

fn gone() -> Rule {
    mock!(Client::describe_access_points)
        .match_requests(|request| request.access_point_id().is_some())
        .then_error(|| DescribeAccessPointsError::generic(code("AccessPointNotFound")))
}

fn created() -> Rule {
    mock!(Client::create_access_point)
        .match_requests(|request| {
            let root = request.root_directory().unwrap();
            let creation = root.creation_info().unwrap();
            request.client_token().is_some_and(|token| token.len() == 64)
                && request.posix_user().is_some_and(|user| (user.uid(), user.gid()) == (1000, 1001))
                && root.path() == Some("/models")
                && (creation.owner_uid(), creation.owner_gid(), creation.permissions()) == (1000, 1001, "0750")
                && request.tags().iter().any(|tag| tag.key() == "Name" && tag.value() == "models")
        })
        .then_output(|| {
            CreateAccessPointOutput::builder()
                .access_point_id("fsap-1")
                .access_point_arn("arn:fsap-1")
                .file_system_id("fs-1")
                .life_cycle_state(LifeCycleState::Creating)
                .build()
        })
}

fn aws<const N: usize>(rules: [Rule; N]) -> Aws {
    Aws { efs: client!(aws_sdk_efs, rules), ..testing::aws() }
}

#[tokio::test]
async fn what_was_made_as_wanted_shows_no_difference() {
    let live = present(Subject.observe(&aws([by_id(access_point("fsap-1"))]), &[recorded("fsap-1")]).await.remove(0));
    assert_eq!(live.status, Status::Ready);
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["access_point_id"], "fsap-1");
    assert_eq!(live.outputs["arn"], "arn:fsap-1");
    assert_eq!(live.outputs["file_system_id"], "fs-1");
}

#[tokio::test]
async fn many_of_one_file_system_are_listed_page_by_page() {
    let list = mock!(Client::describe_access_points)
        .match_requests(|request| request.file_system_id() == Some("fs-1"))
        .then_compute_output(|request| {
            let (ids, next) = if request.next_token().is_some() { (5..9, None) } else { (0..5, Some("more")) };
            DescribeAccessPointsOutput::builder()
                .set_access_points(Some(ids.map(|n| access_point(&format!("fsap-{n}")).build()).collect()))
                .set_next_token(next.map(str::to_owned))
                .build()
        });
    let targets: Vec<Target> = (0..9).rev().map(|n| recorded(&format!("fsap-{n}"))).collect();
    let aws = Aws { efs: client!(aws_sdk_efs, any, [list.clone()]), ..testing::aws() };
    for (target, observation) in targets.iter().zip(Subject.observe(&aws, &targets).await) {
        assert_eq!(Some(present(observation).physical_id), target.physical_id);
    }
    assert_eq!(list.num_calls(), 2);
}

#[tokio::test]
async fn without_a_record_it_is_found_by_name_and_tags() {
    let renamed = Target { name: "earlier-name".into(), ..target() };
    let old = access_point("fsap-old").set_tags(Some(efs::list(&efs::with_name(&renamed))));
    let foreign = access_point("fsap-foreign").set_tags(None);
    let going = access_point("fsap-going").life_cycle_state(LifeCycleState::Deleting);
    let all = listed(vec![foreign, old.clone(), going, access_point("fsap-1")]);
    assert_eq!(present(Subject.observe(&aws([all]), &[target()]).await.remove(0)).physical_id, "fsap-1");
    let old = listed(vec![old]);
    assert_eq!(present(Subject.observe(&aws([old]), &[target()]).await.remove(0)).physical_id, "fsap-old");
    let foreign = listed(vec![access_point("fsap-foreign").set_tags(None)]);
    assert!(matches!(Subject.observe(&aws([foreign]), &[target()]).await.remove(0), Observation::Absent));
}

#[tokio::test]
async fn a_recorded_one_that_is_not_ours_is_foreign() {
    let foreign = by_id(access_point("fsap-1").set_tags(None));
    let observation = Subject.observe(&aws([foreign]), &[recorded("fsap-1")]).await.remove(0);
    assert!(matches!(observation, Observation::Foreign(_)));
}

#[tokio::test]
async fn a_new_one_stands_beside_the_one_that_it_replaces() {
    let renamed = Target { name: "earlier-name".into(), ..target() };
    let old = access_point("fsap-old").set_tags(Some(efs::list(&efs::with_name(&renamed))));
    let answer = Subject.create(&aws([listed(vec![old]), created()]), &testing::create(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), answer.status), ("fsap-1", Status::Pending("creating".into())));
}

#[tokio::test]
async fn the_one_of_an_earlier_attempt_is_found_by_name_or_token() {
    let request = testing::create(target());
    let answer = Subject.create(&aws([listed(vec![access_point("fsap-1")])]), &request).await.unwrap();
    assert_eq!(answer.physical_id, "fsap-1");

    let exists = || {
        mock!(Client::create_access_point)
            .then_error(|| CreateAccessPointError::generic(code("AccessPointAlreadyExists")))
    };
    let token = efs::cut(&request.token).to_owned();
    let late = access_point("fsap-1").client_token(&token);
    let answer = Subject.create(&aws([listed(Vec::new()), exists(), listed(vec![late])]), &request).await.unwrap();
    assert_eq!(answer.physical_id, "fsap-1");

    let foreign = access_point("fsap-1").client_token(&token).set_tags(None);
    let error =
        Subject.create(&aws([listed(Vec::new()), exists(), listed(vec![foreign])]), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = Subject.create(&aws([listed(Vec::new()), exists(), listed(Vec::new())]), &request).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let mut wanted = target();
    wanted.tags.insert("CostCenter".into(), "7".into());
    let fails = mock!(Client::tag_resource).then_error(|| TagResourceError::generic(code("InternalServerError")));
    let rules = [listed(vec![access_point("fsap-1")]), by_id(access_point("fsap-1")), fails];
    let error = Subject.create(&aws(rules), &testing::create(wanted)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
    assert_eq!(made(error).physical_id, "fsap-1");
}

#[tokio::test]
async fn only_tags_change_in_place() {
    let mut wanted = recorded("fsap-1");
    wanted.tags.insert("CostCenter".into(), "7".into());
    let tag = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_id() == Some("fsap-1") && request.tags().len() == 1)
        .then_output(|| TagResourceOutput::builder().build());
    let rules = [by_id(access_point("fsap-1")), tag.clone()];
    Subject.update(&aws(rules), &testing::update(wanted.clone(), &["tags"])).await.unwrap();
    assert_eq!(tag.num_calls(), 1);
    let rules = [by_id(access_point("fsap-1"))];
    let error = Subject.update(&aws(rules), &testing::update(wanted, &["posix_uid"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Bug);
}

#[tokio::test]
async fn a_deletion_can_be_repeated_and_keeps_what_is_foreign() {
    let request = testing::delete(recorded("fsap-1"));
    assert_eq!(Subject.delete(&aws([gone(), listed(Vec::new())]), &request).await.unwrap(), Deleted::Gone);
    let deleted = mock!(Client::delete_access_point).then_output(|| DeleteAccessPointOutput::builder().build());
    assert_eq!(Subject.delete(&aws([by_id(access_point("fsap-1")), deleted]), &request).await.unwrap(), Deleted::Going);
    let raced =
        mock!(Client::delete_access_point).then_error(|| DeleteAccessPointError::generic(code("AccessPointNotFound")));
    assert_eq!(Subject.delete(&aws([by_id(access_point("fsap-1")), raced]), &request).await.unwrap(), Deleted::Gone);
    let foreign = by_id(access_point("fsap-1").set_tags(None));
    assert_eq!(Subject.delete(&aws([foreign]), &request).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.resource_id() == Some("fsap-1") && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagResourceOutput::builder().build());
    let rules = [by_id(access_point("fsap-1")), off.clone()];
    let answer = Subject.update(&aws(rules), &testing::give_back(recorded("fsap-1"))).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), ("fsap-1", 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_whatever_its_name() {
    let nobody_s = || access_point("fsap-1").set_tags(Some(efs::list(&[("Name".into(), "other".into())].into())));
    let on = || {
        mock!(Client::tag_resource)
            .match_requests(|request| request.tags().len() == 4)
            .then_output(|| TagResourceOutput::builder().build())
    };
    let wanted = testing::unowned(recorded("fsap-1"));
    present(Subject.observe(&aws([by_id(nobody_s())]), std::slice::from_ref(&wanted)).await.remove(0));
    let tagging = on();
    let rules = [by_id(nobody_s()), tagging.clone()];
    Subject.update(&aws(rules), &testing::update(wanted, &["tags"])).await.unwrap();
    assert_eq!(tagging.num_calls(), 1);

    // A create takes the one of its name over.
    let named = || access_point("fsap-1").set_tags(Some(efs::list(&[("Name".into(), "models".into())].into())));
    let tagging = on();
    let rules = [listed(vec![named()]), by_id(named()), tagging.clone()];
    Subject.create(&aws(rules), &testing::create(testing::unowned(target()))).await.unwrap();
    assert_eq!(tagging.num_calls(), 1);
    let error = Subject.create(&aws([listed(vec![named()])]), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}
