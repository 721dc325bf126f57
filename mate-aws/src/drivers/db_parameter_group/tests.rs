//! Cases that an emulator cannot show: batches, pages, static parameters, resets, half-finished creations.

use std::collections::BTreeMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::create_db_parameter_group::{CreateDBParameterGroupError, CreateDbParameterGroupOutput};
use aws_sdk_rds::operation::delete_db_parameter_group::DeleteDBParameterGroupError;
use aws_sdk_rds::operation::describe_db_parameter_groups::{
    DescribeDBParameterGroupsError, DescribeDbParameterGroupsOutput,
};
use aws_sdk_rds::operation::describe_db_parameters::DescribeDbParametersOutput;
use aws_sdk_rds::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_rds::operation::modify_db_parameter_group::{ModifyDBParameterGroupError, ModifyDbParameterGroupOutput};
use aws_sdk_rds::operation::reset_db_parameter_group::ResetDbParameterGroupOutput;
use aws_sdk_rds::types::{ApplyMethod, DbParameterGroup as Group, Parameter};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::db_parameter_group::{DbParameterGroup, DbParameterGroupInputs};
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, RetryStatus, Target};
use serde_json::json;

use super::DbParameterGroupDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, rds_tags};

fn target(parameters: BTreeMap<String, String>) -> Target {
    let inputs = DbParameterGroupInputs { family: "postgres16".into(), description: "d".into(), parameters };
    testing::target::<DbParameterGroup>("settings", &inputs)
}

fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn aws(rds: Client) -> Aws {
    Aws { rds, ..testing::aws() }
}

fn group() -> Group {
    Group::builder()
        .db_parameter_group_name("settings")
        .db_parameter_group_arn("arn:settings")
        .db_parameter_group_family("postgres16")
        .description("d")
        .build()
}

fn described() -> Rule {
    mock!(Client::describe_db_parameter_groups)
        .then_output(|| DescribeDbParameterGroupsOutput::builder().db_parameter_groups(group()).build())
}

fn absent() -> Rule {
    mock!(Client::describe_db_parameter_groups)
        .then_error(|| DescribeDBParameterGroupsError::generic(code("DBParameterGroupNotFound")))
}

fn tagged(tags: &Tags) -> Rule {
    let tags = rds_tags::list(tags);
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().set_tag_list(Some(tags.clone())).build())
}

fn created() -> Rule {
    mock!(Client::create_db_parameter_group)
        .then_output(|| CreateDbParameterGroupOutput::builder().db_parameter_group(group()).build())
}

/// The parameters that are set, in two pages.
fn set(parameters: &[(&'static str, &'static str)]) -> [Rule; 2] {
    let parameter = |(name, value): &(&str, &str)| {
        Parameter::builder().parameter_name(*name).parameter_value(*value).source("user").build()
    };
    let (first, second) = parameters.split_at(parameters.len() / 2);
    let [first, second] = [first, second].map(|page| page.iter().map(parameter).collect::<Vec<_>>());
    [
        mock!(Client::describe_db_parameters)
            .match_requests(|request| request.source() == Some("user") && request.marker().is_none())
            .then_output(move || {
                DescribeDbParametersOutput::builder().set_parameters(Some(first.clone())).marker("more").build()
            }),
        mock!(Client::describe_db_parameters)
            .match_requests(|request| request.source() == Some("user") && request.marker() == Some("more"))
            .then_output(move || DescribeDbParametersOutput::builder().set_parameters(Some(second.clone())).build()),
    ]
}

/// The apply type of each named parameter: static (with a restart) where the name starts with `rds.`, dynamic
/// otherwise.
fn apply_types() -> Rule {
    mock!(Client::describe_db_parameters).match_requests(|request| !request.filters().is_empty()).then_compute_output(
        |request| {
            let parameter = |name: &String| {
                let apply = if name.starts_with("rds.") { "static" } else { "dynamic" };
                Parameter::builder().parameter_name(name).apply_type(apply).build()
            };
            let named = request.filters()[0].values().iter().map(parameter).collect();
            DescribeDbParametersOutput::builder().set_parameters(Some(named)).build()
        },
    )
}

fn modified() -> Rule {
    mock!(Client::modify_db_parameter_group)
        .match_requests(|request| {
            let fits = |parameter: &Parameter| {
                let restart = parameter.parameter_name().is_some_and(|name| name.starts_with("rds."));
                let method = if restart { ApplyMethod::PendingReboot } else { ApplyMethod::Immediate };
                parameter.apply_method() == Some(&method) && parameter.parameter_value().is_some()
            };
            request.parameters().len() <= 20 && request.parameters().iter().all(fits)
        })
        .then_output(|| ModifyDbParameterGroupOutput::builder().build())
}

#[tokio::test]
async fn parameters_are_set_twenty_at_a_time_and_static_ones_with_the_next_restart() {
    let mut many: BTreeMap<String, String> = (0..44).map(|n| (format!("p{n:02}"), "1".to_owned())).collect();
    many.insert("rds.force_ssl".into(), "1".into());
    let modified = modified();
    let rds = client!(aws_sdk_rds, any, [created(), apply_types(), modified.clone()]);
    let answer = Subject.create(&aws(rds), &testing::create(target(many))).await.unwrap();
    assert_eq!(answer.outputs["arn"], "arn:settings");
    assert_eq!(modified.num_calls(), 3);
}

#[tokio::test]
async fn what_somebody_set_is_read_from_every_page() {
    let wanted = settings(&[("log_statement", "ddl"), ("rds.force_ssl", "1")]);
    let [first, second] = set(&[("log_statement", "ddl"), ("rds.force_ssl", "1")]);
    let target = target(wanted);
    let rds = client!(aws_sdk_rds, [described(), tagged(&target.tags), first, second]);
    let live = present(Subject.observe(&aws(rds), std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(live.inputs, target.inputs);
}

#[tokio::test]
async fn an_update_sets_what_differs_and_resets_what_is_wanted_no_more() {
    let reset = mock!(Client::reset_db_parameter_group)
        .match_requests(|request| {
            let [parameter] = request.parameters() else { return false };
            parameter.parameter_name() == Some("work_mem") && parameter.apply_method() == Some(&ApplyMethod::Immediate)
        })
        .then_output(|| ResetDbParameterGroupOutput::builder().build());
    let modify = mock!(Client::modify_db_parameter_group)
        .match_requests(|request| {
            let [parameter] = request.parameters() else { return false };
            parameter.parameter_name() == Some("log_statement") && parameter.parameter_value() == Some("all")
        })
        .then_output(|| ModifyDbParameterGroupOutput::builder().build());
    let target = target(settings(&[("log_statement", "all"), ("rds.force_ssl", "1")]));
    let [first, second] = set(&[("log_statement", "ddl"), ("rds.force_ssl", "1"), ("work_mem", "64")]);
    let rules = [described(), tagged(&target.tags), first, second, apply_types(), modify, apply_types(), reset];
    let answer = Subject.update(&aws(client!(aws_sdk_rds, rules)), &testing::update(target, &["parameters"])).await;
    assert_eq!(answer.unwrap().physical_id, "settings");
}

#[tokio::test]
async fn a_failure_behind_the_creation_says_what_exists_and_a_repeat_completes_it() {
    let target = target(settings(&[("log_statement", "all")]));
    let fails = |failure: &'static str| {
        mock!(Client::modify_db_parameter_group).then_error(move || ModifyDBParameterGroupError::generic(code(failure)))
    };
    let rds = client!(aws_sdk_rds, [created(), apply_types(), fails("InvalidDBParameterGroupState")]);
    let error = Subject.create(&aws(rds), &testing::create(target.clone())).await.unwrap_err();
    assert_eq!(made(error).outputs["name"], json!("settings"));
    // RDS says so of a group that it has just made.
    let rds = client!(aws_sdk_rds, [created(), apply_types(), fails("DBParameterGroupNotFound")]);
    let error = Subject.create(&aws(rds), &testing::create(target.clone())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));

    let taken = mock!(Client::create_db_parameter_group)
        .then_error(|| CreateDBParameterGroupError::generic(code("DBParameterGroupAlreadyExists")));
    let [first, second] = set(&[]);
    let [again, rest] = set(&[]);
    let ours = || tagged(&target.tags);
    let done = modified();
    let rules =
        [taken, described(), ours(), first, second, described(), ours(), again, rest, apply_types(), done.clone()];
    let request = testing::create(target.clone());
    Subject.create(&aws(client!(aws_sdk_rds, rules)), &request).await.unwrap();
    assert_eq!(done.num_calls(), 1);
}

#[tokio::test]
async fn a_deletion_waits_for_the_instance_and_keeps_what_is_foreign() {
    let target = target(BTreeMap::new());
    let request = testing::delete(target.clone());
    let answer = Subject.delete(&aws(client!(aws_sdk_rds, [absent()])), &request).await;
    assert_eq!(answer.unwrap(), Deleted::Gone);
    let used = mock!(Client::delete_db_parameter_group)
        .then_error(|| DeleteDBParameterGroupError::generic(code("InvalidDBParameterGroupState")));
    let [first, second] = set(&[]);
    let rds = client!(aws_sdk_rds, [described(), tagged(&target.tags), first, second, used]);
    let error = Subject.delete(&aws(rds), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
    let [first, second] = set(&[]);
    let rds = client!(aws_sdk_rds, [described(), tagged(&Tags::new()), first, second]);
    assert_eq!(Subject.delete(&aws(rds), &request).await.unwrap_err().class, ErrorClass::AlreadyExists);
}
