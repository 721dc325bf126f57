//! Cases that an emulator cannot show.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::add_tags_to_resource::AddTagsToResourceOutput;
use aws_sdk_rds::operation::create_db_subnet_group::{CreateDBSubnetGroupError, CreateDbSubnetGroupOutput};
use aws_sdk_rds::operation::delete_db_subnet_group::DeleteDBSubnetGroupError;
use aws_sdk_rds::operation::describe_db_subnet_groups::{DescribeDBSubnetGroupsError, DescribeDbSubnetGroupsOutput};
use aws_sdk_rds::operation::list_tags_for_resource::{ListTagsForResourceError, ListTagsForResourceOutput};
use aws_sdk_rds::operation::modify_db_subnet_group::{ModifyDBSubnetGroupError, ModifyDbSubnetGroupOutput};
use aws_sdk_rds::operation::remove_tags_from_resource::RemoveTagsFromResourceOutput;
use aws_sdk_rds::types::{DbSubnetGroup as Group, Subnet};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::db_subnet_group::{DbSubnetGroup, DbSubnetGroupInputs};
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::DbSubnetGroupDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, rds_tags};

fn target() -> Target {
    let inputs = DbSubnetGroupInputs { description: "d".into(), subnet_ids: vec!["s-2".into(), "s-1".into()] };
    testing::target::<DbSubnetGroup>("subnets", &inputs)
}

fn aws(rds: Client) -> Aws {
    Aws { rds, ..testing::aws() }
}

fn described(description: &str) -> Rule {
    let subnet = |id: &str| Subnet::builder().subnet_identifier(id).build();
    let group = Group::builder()
        .db_subnet_group_name("subnets")
        .db_subnet_group_arn("arn:subnets")
        .db_subnet_group_description(description)
        .subnet_group_status("Complete")
        .subnets(subnet("s-1"))
        .subnets(subnet("s-2"))
        .build();
    mock!(Client::describe_db_subnet_groups)
        .then_output(move || DescribeDbSubnetGroupsOutput::builder().db_subnet_groups(group.clone()).build())
}

fn absent() -> Rule {
    mock!(Client::describe_db_subnet_groups)
        .then_error(|| DescribeDBSubnetGroupsError::generic(code("DBSubnetGroupNotFoundFault")))
}

fn tagged(tags: &Tags) -> Rule {
    let tags = rds_tags::list(tags);
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().set_tag_list(Some(tags.clone())).build())
}

#[tokio::test]
async fn the_recorded_id_is_a_hint_and_the_name_decides() {
    let recorded = Target { physical_id: Some("old-name".into()), ..target() };
    let aws = aws(client!(aws_sdk_rds, [absent(), described("d"), tagged(&target().tags)]));
    let live = present(Subject.observe(&aws, &[recorded]).await.remove(0));
    assert_eq!(live.physical_id, "subnets");
    assert_eq!(live.inputs, json!({"description": "d", "subnet_ids": ["s-1", "s-2"]}));
}

#[tokio::test]
async fn unknown_is_not_absent() {
    let rule = mock!(Client::describe_db_subnet_groups)
        .then_error(|| DescribeDBSubnetGroupsError::generic(code("AccessDenied")));
    let observation = Subject.observe(&aws(client!(aws_sdk_rds, [rule])), &[target()]).await.remove(0);
    assert!(matches!(observation, Observation::Unknown(error) if error.class == ErrorClass::Denied));
    // Described, and its tags not found: not seen yet, or just gone.
    let tags = mock!(Client::list_tags_for_resource)
        .then_error(|| ListTagsForResourceError::generic(code("DBSubnetGroupNotFoundFault")));
    let observation = Subject.observe(&aws(client!(aws_sdk_rds, [described("d"), tags])), &[target()]).await.remove(0);
    assert!(matches!(observation, Observation::Unknown(error) if error.class == ErrorClass::EventualConsistency));
}

#[tokio::test]
async fn a_race_for_the_name_is_settled_by_the_tags() {
    let taken = || {
        mock!(Client::create_db_subnet_group)
            .then_error(|| CreateDBSubnetGroupError::generic(code("DBSubnetGroupAlreadyExists")))
    };
    let rules = [absent(), taken(), described("d"), tagged(&target().tags)];
    let created = Subject.create(&aws(client!(aws_sdk_rds, rules)), &testing::create(target())).await.unwrap();
    assert_eq!(created.outputs["arn"], "arn:subnets");

    let rules = [absent(), taken(), described("d"), tagged(&Tags::new())];
    let error = Subject.create(&aws(client!(aws_sdk_rds, rules)), &testing::create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::AlreadyExists, RetryStatus::Permanent));

    // Taken, and not to be seen yet.
    let rules = [absent(), taken(), absent()];
    let error = Subject.create(&aws(client!(aws_sdk_rds, rules)), &testing::create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_new_group_carries_its_tags_from_the_start() {
    let rule = mock!(Client::create_db_subnet_group)
        .match_requests(|request| request.tags().len() == 4 && request.subnet_ids() == ["s-2", "s-1"])
        .then_output(|| {
            let group = Group::builder().db_subnet_group_name("subnets").db_subnet_group_arn("arn:subnets").build();
            CreateDbSubnetGroupOutput::builder().db_subnet_group(group).build()
        });
    let created =
        Subject.create(&aws(client!(aws_sdk_rds, [absent(), rule])), &testing::create(target())).await.unwrap();
    assert_eq!(created.outputs["name"], "subnets");
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let modify = mock!(Client::modify_db_subnet_group)
        .then_error(|| ModifyDBSubnetGroupError::generic(code("SubnetAlreadyInUse")));
    let found = || [described("other"), tagged(&target().tags)];
    let [a, b] = found();
    let [c, d] = found();
    let rds = client!(aws_sdk_rds, [a, b, c, d, modify]);
    let error = Subject.create(&aws(rds), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
    assert_eq!(made(error).physical_id, "subnets");
}

#[tokio::test]
async fn an_update_repeated_sends_nothing() {
    let modify = mock!(Client::modify_db_subnet_group)
        .match_requests(|request| request.db_subnet_group_description() == Some("d"))
        .then_output(|| ModifyDbSubnetGroupOutput::builder().build());
    let rds = client!(aws_sdk_rds, [described("other"), tagged(&target().tags), modify]);
    Subject.update(&aws(rds), &testing::update(target(), &["description"])).await.unwrap();
    let rds = client!(aws_sdk_rds, [described("d"), tagged(&target().tags)]);
    Subject.update(&aws(rds), &testing::update(target(), &["description", "subnet_ids", "tags"])).await.unwrap();
}

#[tokio::test]
async fn an_update_of_what_is_gone_says_so() {
    let rds = client!(aws_sdk_rds, [absent()]);
    let error = Subject.update(&aws(rds), &testing::update(target(), &["description"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
}

#[tokio::test]
async fn a_group_in_use_is_a_dependency_and_a_foreign_one_is_kept() {
    assert_eq!(
        Subject.delete(&aws(client!(aws_sdk_rds, [absent()])), &testing::delete(target())).await.unwrap(),
        Deleted::Gone
    );
    let used = mock!(Client::delete_db_subnet_group)
        .then_error(|| DeleteDBSubnetGroupError::generic(code("InvalidDBSubnetGroupStateFault")));
    let rds = client!(aws_sdk_rds, [described("d"), tagged(&target().tags), used]);
    let error = Subject.delete(&aws(rds), &testing::delete(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let rds = client!(aws_sdk_rds, [described("d"), tagged(&Tags::new())]);
    let error = Subject.delete(&aws(rds), &testing::delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::remove_tags_from_resource)
        .match_requests(|request| {
            request.resource_name() == Some("arn:subnets") && request.tag_keys() == testing::OWNERSHIP
        })
        .then_output(|| RemoveTagsFromResourceOutput::builder().build());
    let rules = client!(aws_sdk_rds, [described("d"), tagged(&target().tags), off.clone()]);
    let answer = Subject.update(&aws(rules), &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), ("subnets", 1));
    // Once more, when the first answer was lost: nothing is left to take off.
    let rules = client!(aws_sdk_rds, [described("d"), tagged(&Tags::new())]);
    Subject.update(&aws(rules), &testing::give_back(testing::unowned(target()))).await.unwrap();
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_its_tags_and_what_is_somebody_s_is_not() {
    let group = testing::unowned(target());
    let on = || {
        mock!(Client::add_tags_to_resource)
            .match_requests(|request| request.tags().len() == 4)
            .then_output(|| AddTagsToResourceOutput::builder().build())
    };
    let rules = client!(aws_sdk_rds, [described("other"), tagged(&Tags::new())]);
    present(Subject.observe(&aws(rules), std::slice::from_ref(&group)).await.remove(0));
    let tagging = on();
    let rules = client!(aws_sdk_rds, [described("other"), tagged(&Tags::new()), tagging.clone()]);
    Subject.update(&aws(rules), &testing::update(group.clone(), &["tags"])).await.unwrap();
    assert_eq!(tagging.num_calls(), 1);

    let rules = client!(aws_sdk_rds, [described("d"), tagged(&testing::somebody_s())]);
    let observation = Subject.observe(&aws(rules), std::slice::from_ref(&group)).await.remove(0);
    assert!(matches!(observation, Observation::Foreign(_)), "{observation:?}");

    // A create that finds it does the same, and brings the rest.
    let (modify, tagging) =
        (mock!(Client::modify_db_subnet_group).then_output(|| ModifyDbSubnetGroupOutput::builder().build()), on());
    let nobody_s = || tagged(&Tags::new());
    let rules = [described("other"), nobody_s(), described("other"), nobody_s(), modify.clone(), tagging.clone()];
    Subject.create(&aws(client!(aws_sdk_rds, rules)), &testing::create(group)).await.unwrap();
    assert_eq!((modify.num_calls(), tagging.num_calls()), (1, 1));
}

#[tokio::test]
async fn what_is_only_read_is_anybody_s() {
    let read = Target { claim: Claim::ReadOnly, ..target() };
    for tags in [Tags::new(), testing::somebody_s()] {
        let rules = client!(aws_sdk_rds, [described("d"), tagged(&tags)]);
        assert_eq!(present(Subject.observe(&aws(rules), std::slice::from_ref(&read)).await.remove(0)).tags, tags);
    }
}

#[tokio::test]
async fn what_is_nobody_s_and_not_ready_is_adopted_later() {
    let forming = || {
        let group = Group::builder().db_subnet_group_name("subnets").db_subnet_group_arn("arn:subnets");
        let group = group.subnet_group_status("Creating").build();
        mock!(Client::describe_db_subnet_groups)
            .then_output(move || DescribeDbSubnetGroupsOutput::builder().db_subnet_groups(group.clone()).build())
    };
    let taken = || {
        mock!(Client::create_db_subnet_group)
            .then_error(|| CreateDBSubnetGroupError::generic(code("DBSubnetGroupAlreadyExists")))
    };
    let request = testing::create(testing::unowned(target()));
    let rules = [absent(), taken(), forming(), tagged(&Tags::new())];
    let error = Subject.create(&aws(client!(aws_sdk_rds, rules)), &request).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));

    // What carries our tags comes from an earlier attempt, and the engine waits for it.
    let rules = [absent(), taken(), forming(), tagged(&target().tags)];
    let created = Subject.create(&aws(client!(aws_sdk_rds, rules)), &request).await.unwrap();
    assert_eq!(created.status, Status::Pending("Creating".into()));
}
