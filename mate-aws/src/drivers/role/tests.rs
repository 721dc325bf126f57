use aws_sdk_iam::Client;
use aws_sdk_iam::operation::attach_role_policy::{AttachRolePolicyError, AttachRolePolicyOutput};
use aws_sdk_iam::operation::create_role::{CreateRoleError, CreateRoleOutput};
use aws_sdk_iam::operation::delete_role::{DeleteRoleError, DeleteRoleOutput};
use aws_sdk_iam::operation::delete_role_policy::DeleteRolePolicyOutput;
use aws_sdk_iam::operation::detach_role_policy::DetachRolePolicyOutput;
use aws_sdk_iam::operation::get_role::{GetRoleError, GetRoleOutput};
use aws_sdk_iam::operation::get_role_policy::{GetRolePolicyError, GetRolePolicyOutput};
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::operation::list_role_policies::ListRolePoliciesOutput;
use aws_sdk_iam::operation::list_role_tags::ListRoleTagsOutput;
use aws_sdk_iam::operation::list_roles::ListRolesOutput;
use aws_sdk_iam::operation::put_role_policy::{PutRolePolicyError, PutRolePolicyOutput};
use aws_sdk_iam::operation::tag_role::TagRoleOutput;
use aws_sdk_iam::operation::untag_role::UntagRoleOutput;
use aws_sdk_iam::types::{AttachedPolicy, Role as SdkRole};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::Role;
use mate_core::kinds::policy::{PolicyDocument, Statement};
use mate_core::kinds::role::RoleInputs;
use mate_core::model::ids::TenantKey;
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Scope, Target};
use serde_json::json;

use super::RoleDriver;
use super::driver::{path, to_sdk};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, address, aws, client, code, create, delete, made, present, update};

const NAME: &str = "mate-acme-dev-task";
const ARN: &str = "arn:aws:iam::123456789012:role/mate/dev/acme/mate-acme-dev-task";
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
/// As IAM writes it: RFC 3986, single values for lists of one.
const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Sid%22%3A%22Trust%22%2C%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ecs-tasks.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
const POLICY: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Sid%22%3A%22Read%22%2C%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22s3%3AGetObject%22%5D%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ab%2F%2A%22%7D%5D%7D";
const UNKNOWN: &str = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22NotAction%22%3A%22s3%3A%2A%22%7D%7D";

fn target() -> Target {
    testing::target::<Role>(
        NAME,
        &RoleInputs {
            description: "Tasks of acme".into(),
            assume_role_policy: PolicyDocument::trust("ecs-tasks.amazonaws.com"),
            policy: Some(PolicyDocument {
                statements: vec![Statement::allow("Read", ["s3:GetObject"], vec!["arn:aws:s3:::b/*".into()])],
            }),
            managed_policy_arns: vec![MANAGED.into()],
        },
    )
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { iam: client!(aws_sdk_iam, any, rules), ..aws() }
}

fn sdk_role(ours: bool) -> SdkRole {
    SdkRole::builder()
        .path("/mate/dev/acme/")
        .role_name(NAME)
        .role_id("AROA")
        .arn(ARN)
        .create_date(DateTime::from_secs(1))
        .description("Tasks of acme")
        .assume_role_policy_document(TRUST)
        .set_tags(ours.then(|| to_sdk(&target().tags)))
        .build()
        .unwrap()
}

fn got(ours: bool) -> Rule {
    mock!(Client::get_role).then_output(move || GetRoleOutput::builder().role(sdk_role(ours)).build())
}

fn inline(document: &'static str) -> Rule {
    mock!(Client::get_role_policy).then_output(move || {
        GetRolePolicyOutput::builder().role_name(NAME).policy_name(NAME).policy_document(document).build().unwrap()
    })
}

fn attached(marker: Option<&'static str>, arn: &'static str, next: Option<&'static str>) -> Rule {
    mock!(Client::list_attached_role_policies).match_requests(move |request| request.marker() == marker).then_output(
        move || {
            ListAttachedRolePoliciesOutput::builder()
                .attached_policies(AttachedPolicy::builder().policy_arn(arn).build())
                .is_truncated(next.is_some())
                .set_marker(next.map(str::to_owned))
                .build()
        },
    )
}

fn new() -> Rule {
    mock!(Client::create_role)
        .match_requests(|request| request.path() == Some("/mate/dev/acme/") && request.tags().len() == 4)
        .then_output(|| CreateRoleOutput::builder().role(sdk_role(true)).build())
}

fn exists() -> Rule {
    mock!(Client::create_role).then_error(|| CreateRoleError::generic(code("EntityAlreadyExists")))
}

#[tokio::test]
async fn what_iam_tells_is_what_was_wanted() {
    let aws = stub(&[&got(true), &inline(POLICY), &attached(None, MANAGED, None)]);
    let live = present(RoleDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["role_name"], json!(NAME));
}

#[tokio::test]
async fn every_page_of_managed_policies_is_read_and_no_inline_policy_is_none() {
    let none = mock!(Client::get_role_policy).then_error(|| GetRolePolicyError::generic(code("NoSuchEntity")));
    let aws = stub(&[&got(true), &none, &attached(None, MANAGED, Some("2")), &attached(Some("2"), "arn:b", None)]);
    let live = present(RoleDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs["managed_policy_arns"], json!([MANAGED, "arn:b"]));
    assert_eq!(live.inputs["policy"], json!(null));
}

#[tokio::test]
async fn a_policy_that_the_model_cannot_express_is_a_difference() {
    let aws = stub(&[&got(true), &inline(UNKNOWN), &attached(None, MANAGED, None)]);
    let live = present(RoleDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs["policy"]["Statement"]["NotAction"], json!("s3:*"));
}

#[tokio::test]
async fn foreign_absent_and_unknown_are_told_apart() {
    let answer = RoleDriver.observe(&stub(&[&got(false)]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    for (said, absent) in [("NoSuchEntity", true), ("Throttling", false)] {
        let rule = mock!(Client::get_role).then_error(move || GetRoleError::generic(code(said)));
        let answer = RoleDriver.observe(&stub(&[&rule]), &[target()]).await.remove(0);
        assert_eq!(matches!(answer, Observation::Absent), absent, "{answer:?}");
    }
}

#[tokio::test]
async fn a_role_that_cannot_be_seen_yet_is_tried_again_with_what_exists() {
    let unseen = mock!(Client::put_role_policy).then_error(|| PutRolePolicyError::generic(code("NoSuchEntity")));
    let error = RoleDriver.create(&stub(&[&new(), &unseen]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let put = mock!(Client::put_role_policy)
        .match_requests(|request| request.policy_name() == Some(NAME))
        .then_output(|| PutRolePolicyOutput::builder().build());
    let denied = mock!(Client::attach_role_policy).then_error(|| AttachRolePolicyError::generic(code("AccessDenied")));
    let error = RoleDriver.create(&stub(&[&new(), &put, &denied]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(made(error).outputs["arn"], json!(ARN));
}

#[tokio::test]
async fn a_foreign_role_of_the_name_is_refused() {
    let error = RoleDriver.create(&stub(&[&exists(), &got(false)]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn managed_policies_come_and_go_by_their_difference() {
    let on = mock!(Client::attach_role_policy)
        .match_requests(|request| request.policy_arn() == Some(MANAGED))
        .then_output(|| AttachRolePolicyOutput::builder().build());
    let off = mock!(Client::detach_role_policy)
        .match_requests(|request| request.policy_arn() == Some("arn:old"))
        .then_output(|| DetachRolePolicyOutput::builder().build());
    let aws = stub(&[&got(true), &attached(None, "arn:old", None), &on, &off]);
    RoleDriver.update(&aws, &update(target(), &["managed_policy_arns"])).await.unwrap();
    assert_eq!((on.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn everything_on_the_role_goes_before_it() {
    let listed = mock!(Client::list_role_policies)
        .then_output(|| ListRolePoliciesOutput::builder().policy_names(NAME).policy_names("by-hand").build().unwrap());
    let dropped = mock!(Client::delete_role_policy).then_output(|| DeleteRolePolicyOutput::builder().build());
    let off = mock!(Client::detach_role_policy).then_output(|| DetachRolePolicyOutput::builder().build());
    let deleted = mock!(Client::delete_role).then_output(|| DeleteRoleOutput::builder().build());
    let aws = stub(&[&got(true), &attached(None, MANAGED, None), &listed, &dropped, &off, &deleted]);
    assert_eq!(RoleDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!((dropped.num_calls(), off.num_calls(), deleted.num_calls()), (2, 1, 1));
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_says_what_is_in_the_way() {
    let error = RoleDriver.delete(&stub(&[&got(false)]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    let listed = mock!(Client::list_role_policies)
        .then_output(|| ListRolePoliciesOutput::builder().set_policy_names(Some(Vec::new())).build().unwrap());
    let none = mock!(Client::list_attached_role_policies)
        .then_output(|| ListAttachedRolePoliciesOutput::builder().is_truncated(false).build());
    let used = mock!(Client::delete_role).then_error(|| DeleteRoleError::generic(code("DeleteConflict")));
    let error = RoleDriver.delete(&stub(&[&got(true), &listed, &none, &used]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);

    let gone = mock!(Client::get_role).then_error(|| GetRoleError::generic(code("NoSuchEntity")));
    assert_eq!(RoleDriver.delete(&stub(&[&gone]), &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_tenant_s_roles_are_found_by_their_path() {
    let page = |marker: Option<&'static str>, next: Option<&'static str>| {
        mock!(Client::list_roles)
            .match_requests(move |request| {
                request.path_prefix() == Some("/mate/dev/acme/") && request.marker() == marker
            })
            .then_output(move || {
                ListRolesOutput::builder()
                    .roles(sdk_role(false))
                    .is_truncated(next.is_some())
                    .set_marker(next.map(str::to_owned))
                    .build()
                    .unwrap()
            })
    };
    let tags = mock!(Client::list_role_tags)
        .then_output(|| ListRoleTagsOutput::builder().set_tags(Some(to_sdk(&target().tags))).build().unwrap());
    let thing = address("thing");
    assert_eq!(path(&thing), "/mate/dev/acme/");
    let scope = Scope::Tenant(TenantKey::new(thing.environment.clone(), thing.tenant.clone()));
    let policy = mock!(Client::get_role_policy).then_error(|| GetRolePolicyError::generic(code("NoSuchEntity")));
    let pages = [page(None, Some("2")), page(Some("2"), None)];
    let found = RoleDriver.discover(&stub(&[&pages[0], &pages[1], &tags, &policy]), &scope).await;
    let found = found.unwrap();
    assert_eq!((found.len(), tags.num_calls()), (2, 2));
    assert_eq!(found[0].address, Some(thing));
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_role)
        .match_requests(|request| request.role_name() == Some(NAME) && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagRoleOutput::builder().build());
    let answer = RoleDriver.update(&stub(&[&got(true), &off]), &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_its_tags() {
    let on = mock!(Client::tag_role)
        .match_requests(|request| request.tags().len() == 4)
        .then_output(|| TagRoleOutput::builder().build());
    let request = update(testing::unowned(target()), &["tags"]);
    RoleDriver.update(&stub(&[&got(false), &on]), &request).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}

#[tokio::test]
async fn a_search_by_tags_finds_the_roles_that_carry_them_whosever_they_are() {
    let page =
        mock!(Client::list_roles).match_requests(|request| request.path_prefix() == Some("/")).then_output(|| {
            let other = SdkRole::builder().path("/").role_name("other").role_id("AROB").arn("arn:other");
            let other = other.create_date(DateTime::from_secs(1)).build().unwrap();
            ListRolesOutput::builder().roles(sdk_role(false)).roles(other).build().unwrap()
        });
    let tags = |name: &'static str, project: &'static str| {
        mock!(Client::list_role_tags).match_requests(move |request| request.role_name() == Some(name)).then_output(
            move || {
                let tags = [("Project".to_owned(), project.to_owned())].into();
                ListRoleTagsOutput::builder().set_tags(Some(to_sdk(&tags))).build().unwrap()
            },
        )
    };
    let scope = Scope::Tags([("Project".to_owned(), "shop".to_owned())].into());
    let found =
        RoleDriver.discover(&stub(&[&page, &tags(NAME, "shop"), &tags("other", "clinic")]), &scope).await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.physical_id.as_deref(), &one.address)).collect();
    assert_eq!(found, [(Some(ARN), &None)]);
}

/// The target of a role that says where it belongs.
fn placed(region: &str) -> Target {
    let mut target = target();
    target.tags.insert("Account".into(), "123456789012".into());
    target.tags.insert("Region".into(), region.into());
    target
}

fn got_with(tags: mate_core::model::Tags) -> Rule {
    mock!(Client::get_role).then_output(move || {
        let mut role = sdk_role(true);
        role.tags = Some(to_sdk(&tags));
        GetRoleOutput::builder().role(role).build()
    })
}

#[tokio::test]
async fn a_role_of_another_region_is_foreign_and_is_neither_changed_nor_deleted() {
    let theirs = got_with(placed("eu-west-1").tags);
    let aws = stub(&[&theirs, &exists()]);
    let ours = placed("us-east-1");
    let seen = RoleDriver.observe(&aws, std::slice::from_ref(&ours)).await.remove(0);
    assert!(matches!(&seen, Observation::Foreign(why) if why.contains("eu-west-1")), "{seen:?}");
    for refused in [
        RoleDriver.create(&aws, &create(ours.clone())).await.unwrap_err(),
        RoleDriver.update(&aws, &update(ours.clone(), &["description"])).await.unwrap_err(),
        RoleDriver.delete(&aws, &delete(ours)).await.unwrap_err(),
    ] {
        assert_eq!(refused.class, ErrorClass::AlreadyExists, "{refused}");
    }
}

const OF_EUROPE: &str = "%7B%22Statement%22%3A%7B%22Sid%22%3A%22Logs%22%2C%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22logs%3APutLogEvents%22%2C%22Resource%22%3A%22arn%3Aaws%3Alogs%3Aeu-west-1%3A123456789012%3Alog-group%3A%2Fecs%3A%2A%22%7D%7D";

#[tokio::test]
async fn a_role_without_a_region_in_its_tags_is_known_by_what_its_policy_names() {
    let rules = [&got(true), &inline(OF_EUROPE), &attached(None, MANAGED, None)];
    let aws = stub(&rules);
    assert!(matches!(RoleDriver.observe(&aws, &[target()]).await.remove(0), Observation::Foreign(_)));
    let recorded = Target { physical_id: Some(ARN.into()), ..target() };
    assert!(matches!(RoleDriver.observe(&aws, &[recorded]).await.remove(0), Observation::Present(_)));
    let there = Aws { region: "eu-west-1".into(), ..aws };
    assert!(matches!(RoleDriver.observe(&there, &[target()]).await.remove(0), Observation::Present(_)));
}
