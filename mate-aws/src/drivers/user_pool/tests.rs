use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool::CreateUserPoolOutput;
use aws_sdk_cognitoidentityprovider::operation::delete_user_pool::{DeleteUserPoolError, DeleteUserPoolOutput};
use aws_sdk_cognitoidentityprovider::operation::describe_user_pool::{DescribeUserPoolError, DescribeUserPoolOutput};
use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::list_user_pools::{ListUserPoolsError, ListUserPoolsOutput};
use aws_sdk_cognitoidentityprovider::operation::list_users::ListUsersOutput;
use aws_sdk_cognitoidentityprovider::operation::set_user_pool_mfa_config::SetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::operation::tag_resource::TagResourceOutput;
use aws_sdk_cognitoidentityprovider::operation::untag_resource::UntagResourceOutput;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::{UpdateUserPoolError, UpdateUserPoolOutput};
use aws_sdk_cognitoidentityprovider::types::builders::UserPoolTypeBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, DeletionProtectionType, EmailConfigurationType, MessageTemplateType, PasswordPolicyType,
    SoftwareTokenMfaConfigType, UserPoolDescriptionType, UserPoolMfaType, UserPoolPolicyType, UserPoolType, UserType,
    UsernameAttributeType, VerifiedAttributeType,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::UserPool;
use mate_core::kinds::user_pool::UserPoolInputs;
use mate_core::model::Tags;
use mate_core::provider::{Claim, DataPolicy, DeleteRequest, Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::json;

use super::UserPoolDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const ID: &str = "us-east-1_ours";
const ARN: &str = "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_ours";

fn target() -> Target {
    let inputs =
        UserPoolInputs { password_minimum_length: 12, admin_create_user_only: true, deletion_protection: false };
    testing::target::<UserPool>("mate-dev", &inputs)
}

fn recorded() -> Target {
    Target { physical_id: Some(ID.into()), ..target() }
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { cognito: client!(aws_sdk_cognitoidentityprovider, rules), ..testing::aws() }
}

/// A pool of ours, with settings that are no inputs.
fn pool() -> UserPoolTypeBuilder {
    UserPoolType::builder()
        .id(ID)
        .arn(ARN)
        .name("mate-dev")
        .creation_date(DateTime::from_secs(10))
        .policies(
            UserPoolPolicyType::builder()
                .password_policy(
                    PasswordPolicyType::builder()
                        .minimum_length(12)
                        .require_numbers(true)
                        .temporary_password_validity_days(3)
                        .build(),
                )
                .build(),
        )
        .admin_create_user_config(
            AdminCreateUserConfigType::builder()
                .allow_admin_create_user_only(true)
                .unused_account_validity_days(7)
                .invite_message_template(MessageTemplateType::builder().email_subject("Welcome").build())
                .build(),
        )
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .email_configuration(EmailConfigurationType::builder().from("mate@example.org").build())
        .email_verification_subject("Your code")
        .set_user_pool_tags(Some(target().tags.into_iter().collect()))
}

fn untagged() -> UserPoolTypeBuilder {
    pool().set_user_pool_tags(None)
}

fn described(pool: UserPoolTypeBuilder) -> Rule {
    let pool = pool.build();
    let id = pool.id.clone();
    mock!(Client::describe_user_pool)
        .match_requests(move |request| request.user_pool_id() == id.as_deref())
        .then_output(move || DescribeUserPoolOutput::builder().user_pool(pool.clone()).build())
}

fn gone() -> Rule {
    mock!(Client::describe_user_pool).then_error(|| DescribeUserPoolError::generic(code("ResourceNotFoundException")))
}

fn page(
    token: Option<&'static str>,
    pools: &'static [(&'static str, &'static str)],
    next: Option<&'static str>,
) -> Rule {
    mock!(Client::list_user_pools)
        .match_requests(move |request| request.next_token() == token && request.max_results() == Some(60))
        .then_output(move || {
            let pool = |(id, name): &(&str, &str)| UserPoolDescriptionType::builder().id(*id).name(*name).build();
            ListUserPoolsOutput::builder()
                .set_user_pools(Some(pools.iter().map(pool).collect()))
                .set_next_token(next.map(str::to_owned))
                .build()
        })
}

fn listed() -> Rule {
    page(None, &[("us-east-1_other", "another"), (ID, "mate-dev")], None)
}

fn nothing_listed() -> Rule {
    page(None, &[], None)
}

fn users(count: usize) -> Rule {
    mock!(Client::list_users).match_requests(|request| request.limit() == Some(1)).then_output(move || {
        ListUsersOutput::builder().set_users(Some(vec![UserType::builder().username("a").build(); count])).build()
    })
}

fn deleted() -> Rule {
    mock!(Client::delete_user_pool)
        .match_requests(|request| request.user_pool_id() == Some(ID))
        .then_output(|| DeleteUserPoolOutput::builder().build())
}

fn discard() -> DeleteRequest {
    DeleteRequest { target: recorded(), data: DataPolicy::Discard }
}

#[tokio::test]
async fn ours_is_told_in_the_inputs_own_form() {
    let live = present(UserPoolDriver.observe(&stub(&[&described(pool())]), &[recorded()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(json!(live.outputs), json!({"user_pool_id": ID, "arn": ARN}));
    assert_eq!(live.tags, target().tags);
}

#[tokio::test]
async fn without_a_record_every_page_is_looked_through_once_for_all() {
    let first = page(None, &[("us-east-1_other", "another")], Some("more"));
    let second = page(Some("more"), &[(ID, "mate-dev")], None);
    let (one, two) = (described(pool()), described(pool()));
    let aws = stub(&[&first, &second, &one, &two]);
    let answers = UserPoolDriver.observe(&aws, &[target(), target()]).await;
    assert!(answers.into_iter().all(|answer| present(answer).physical_id == ID));
    assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_recorded_id_that_leads_nowhere_is_only_a_hint() {
    let absent = stub(&[&gone(), &nothing_listed()]);
    let answer = UserPoolDriver.observe(&absent, &[recorded()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
    let stale = Target { physical_id: Some("us-east-1_old".into()), ..target() };
    let aws = stub(&[&gone(), &listed(), &described(pool())]);
    assert_eq!(present(UserPoolDriver.observe(&aws, &[stale]).await.remove(0)).physical_id, ID);
}

#[tokio::test]
async fn of_several_of_one_name_it_is_ours_and_a_namesake_alone_is_foreign() {
    let both = page(None, &[("us-east-1_older", "mate-dev"), (ID, "mate-dev")], None);
    let older = || described(untagged().id("us-east-1_older").creation_date(DateTime::from_secs(1)));
    let aws = stub(&[&both, &older(), &described(pool())]);
    assert_eq!(present(UserPoolDriver.observe(&aws, &[target()]).await.remove(0)).physical_id, ID);
    let alone = page(None, &[("us-east-1_older", "mate-dev")], None);
    let answer = UserPoolDriver.observe(&stub(&[&alone, &older()]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

#[tokio::test]
async fn a_pool_of_nobody_can_be_adopted_and_one_of_somebody_cannot() {
    let adopting = Target { claim: Claim::Unowned, ..target() };
    let aws = stub(&[&listed(), &described(untagged())]);
    assert_eq!(present(UserPoolDriver.observe(&aws, std::slice::from_ref(&adopting)).await.remove(0)).physical_id, ID);
    let mut others = target().tags;
    others.insert("Tenant".into(), "other".into());
    let aws = stub(&[&listed(), &described(pool().set_user_pool_tags(Some(others.into_iter().collect())))]);
    let answer = UserPoolDriver.observe(&aws, &[adopting]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

#[tokio::test]
async fn what_cannot_be_found_out_is_unknown() {
    let throttled =
        mock!(Client::list_user_pools).then_error(|| ListUserPoolsError::generic(code("TooManyRequestsException")));
    match UserPoolDriver.observe(&stub(&[&throttled]), &[target()]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_people_sign_in_with_their_address() {
    let new = mock!(Client::create_user_pool)
        .match_requests(|request| {
            let password = request.policies().unwrap().password_policy().unwrap();
            request.pool_name() == Some("mate-dev")
                && request.username_attributes() == [UsernameAttributeType::Email]
                && request.auto_verified_attributes() == [VerifiedAttributeType::Email]
                && request.deletion_protection() == Some(&DeletionProtectionType::Inactive)
                && request.admin_create_user_config().unwrap().allow_admin_create_user_only()
                && request.user_pool_tags().unwrap().len() == 4
                && !request.username_configuration().unwrap().case_sensitive()
                && (password.minimum_length(), password.require_symbols()) == (Some(12), true)
                && password.temporary_password_validity_days() == 7
        })
        .then_output(|| CreateUserPoolOutput::builder().user_pool(pool().build()).build());
    let created = UserPoolDriver.create(&stub(&[&nothing_listed(), &new]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, ID);
    assert_eq!(created.outputs["arn"], json!(ARN));
}

#[tokio::test]
async fn what_a_lost_answer_made_is_found_instead_of_made_again() {
    let created = UserPoolDriver.create(&stub(&[&listed(), &described(pool())]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, ID);
}

#[tokio::test]
async fn our_own_is_completed_and_a_failure_says_what_exists() {
    let busy = mock!(Client::update_user_pool)
        .then_error(|| UpdateUserPoolError::generic(code("ConcurrentModificationException")));
    let protected = || described(pool().deletion_protection(DeletionProtectionType::Active));
    let aws = stub(&[&listed(), &protected(), &protected(), &busy]);
    let error = UserPoolDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, ID);
}

#[tokio::test]
async fn a_namesake_is_neither_taken_over_nor_changed_nor_deleted() {
    let aws = stub(&[&listed(), &described(untagged())]);
    let error = UserPoolDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let aws = stub(&[&listed(), &described(untagged())]);
    let error = UserPoolDriver.update(&aws, &update(target(), &["tags"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let aws = stub(&[&listed(), &described(untagged())]);
    let error = UserPoolDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn an_update_changes_what_is_named_and_sends_back_all_else() {
    let mut target = recorded();
    target.inputs["password_minimum_length"] = json!(16);
    target.inputs["admin_create_user_only"] = json!(false);
    let put = mock!(Client::update_user_pool)
        .match_requests(|request| {
            let password = request.policies().unwrap().password_policy().unwrap();
            let admin = request.admin_create_user_config().unwrap();
            password.minimum_length() == Some(16)
                && password.require_numbers()
                && !password.require_symbols()
                && password.temporary_password_validity_days() == 3
                // Not named, and so as it was; its days are what Cognito refuses beside those of the password.
                && admin.allow_admin_create_user_only()
                && admin.unused_account_validity_days() == 0
                && admin.invite_message_template().unwrap().email_subject() == Some("Welcome")
                && request.auto_verified_attributes() == [VerifiedAttributeType::Email]
                && request.email_configuration().unwrap().from() == Some("mate@example.org")
                && request.email_verification_subject() == Some("Your code")
                && request.user_pool_tags().unwrap().len() == 4
                && request.mfa_configuration() == Some(&UserPoolMfaType::Off)
        })
        .then_output(|| UpdateUserPoolOutput::builder().build());
    let aws = stub(&[&described(pool().mfa_configuration(UserPoolMfaType::Off)), &put]);
    UserPoolDriver.update(&aws, &update(target, &["password_minimum_length"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_second_factor_without_text_messages_outlives_an_update() {
    let factor = || SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let before = mock!(Client::get_user_pool_mfa_config).then_output(move || {
        GetUserPoolMfaConfigOutput::builder()
            .mfa_configuration(UserPoolMfaType::On)
            .software_token_mfa_configuration(factor())
            .build()
    });
    let put = mock!(Client::update_user_pool)
        .match_requests(|request| request.mfa_configuration().is_none())
        .then_output(|| UpdateUserPoolOutput::builder().build());
    let back = mock!(Client::set_user_pool_mfa_config)
        .match_requests(|request| {
            request.mfa_configuration() == Some(&UserPoolMfaType::On)
                && request.software_token_mfa_configuration().is_some_and(SoftwareTokenMfaConfigType::enabled)
        })
        .then_output(|| SetUserPoolMfaConfigOutput::builder().build());
    let aws = stub(&[&described(pool().mfa_configuration(UserPoolMfaType::On)), &before, &put, &back]);
    UserPoolDriver.update(&aws, &update(recorded(), &["deletion_protection"])).await.unwrap();
    assert_eq!((put.num_calls(), back.num_calls()), (1, 1));
}

#[tokio::test]
async fn tags_are_set_and_taken_off_without_touching_the_settings() {
    let mut live: Tags = target().tags;
    live.insert("Old".into(), "1".into());
    let set = mock!(Client::tag_resource)
        .match_requests(|request| {
            request.resource_arn() == Some(ARN) && request.tags().unwrap().keys().eq(["New"].iter().copied())
        })
        .then_output(|| TagResourceOutput::builder().build());
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.tag_keys() == ["Old"])
        .then_output(|| UntagResourceOutput::builder().build());
    let mut request = update(recorded(), &["tags"]);
    request.target.tags.insert("New".into(), "2".into());
    request.untag = ["Old".to_owned(), "Never".to_owned()].into();
    let there = described(pool().set_user_pool_tags(Some(live.into_iter().collect())));
    UserPoolDriver.update(&stub(&[&there, &set, &off]), &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn users_are_lost_only_by_consent() {
    let full = || described(pool().estimated_number_of_users(2));
    let error = UserPoolDriver.delete(&stub(&[&full()]), &delete(recorded())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));
    // The number is an estimate.
    let aws = stub(&[&described(pool()), &users(1)]);
    let error = UserPoolDriver.delete(&aws, &delete(recorded())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));

    let aws = stub(&[&described(pool()), &users(0), &deleted()]);
    assert_eq!(UserPoolDriver.delete(&aws, &delete(recorded())).await.unwrap(), Deleted::Gone);
    let aws = stub(&[&full(), &deleted()]);
    assert_eq!(UserPoolDriver.delete(&aws, &discard()).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn protection_is_lifted_only_by_consent() {
    let protected = || described(pool().deletion_protection(DeletionProtectionType::Active));
    let aws = stub(&[&protected(), &users(0)]);
    let error = UserPoolDriver.delete(&aws, &delete(recorded())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);

    let lifted = mock!(Client::update_user_pool)
        .match_requests(|request| {
            request.deletion_protection() == Some(&DeletionProtectionType::Inactive)
                && request.email_configuration().is_some()
        })
        .then_output(|| UpdateUserPoolOutput::builder().build());
    let aws = stub(&[&protected(), &lifted, &deleted()]);
    assert_eq!(UserPoolDriver.delete(&aws, &discard()).await.unwrap(), Deleted::Gone);
    assert_eq!(lifted.num_calls(), 1);
}

#[tokio::test]
async fn a_deletion_waits_for_the_domain() {
    let used = described(pool().domain("mate-dev-auth"));
    let error = UserPoolDriver.delete(&stub(&[&used]), &discard()).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let still =
        mock!(Client::delete_user_pool).then_error(|| DeleteUserPoolError::generic(code("InvalidParameterException")));
    let error = UserPoolDriver.delete(&stub(&[&described(pool()), &still]), &discard()).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_deletion_can_be_repeated_whatever_has_the_name_now() {
    let aws = stub(&[&gone(), &nothing_listed()]);
    assert_eq!(UserPoolDriver.delete(&aws, &delete(recorded())).await.unwrap(), Deleted::Gone);
    let namesake = page(None, &[("us-east-1_new", "mate-dev")], None);
    let aws = stub(&[&gone(), &namesake, &described(untagged().id("us-east-1_new"))]);
    assert_eq!(UserPoolDriver.delete(&aws, &delete(recorded())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn cognito_s_own_words_say_why_no_mail_comes() {
    let aws = stub(&[&described(pool().email_configuration_failure("the address is not verified"))]);
    let said = UserPoolDriver.diagnose(&aws, &recorded()).await.unwrap();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].finding, "Cognito cannot send e-mail: the address is not verified");
}
