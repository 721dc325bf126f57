use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::create_user_pool_domain::{
    CreateUserPoolDomainError, CreateUserPoolDomainOutput,
};
use aws_sdk_cognitoidentityprovider::operation::delete_user_pool_domain::{
    DeleteUserPoolDomainError, DeleteUserPoolDomainOutput,
};
use aws_sdk_cognitoidentityprovider::operation::describe_user_pool_domain::{
    DescribeUserPoolDomainError, DescribeUserPoolDomainOutput,
};
use aws_sdk_cognitoidentityprovider::types::{DomainDescriptionType, DomainStatusType};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::UserPoolDomain;
use mate_core::kinds::user_pool_domain::UserPoolDomainInputs;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, Status, Target};
use serde_json::json;

use super::UserPoolDomainDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const PREFIX: &str = "mate-dev-auth";
const POOL: &str = "us-east-1_ours";
const OTHER: &str = "us-east-1_other";

fn target() -> Target {
    let inputs = UserPoolDomainInputs { user_pool_id: POOL.into(), domain: PREFIX.into() };
    testing::target::<UserPoolDomain>(PREFIX, &inputs)
}

/// The same while its pool is not known yet.
fn unresolved() -> Target {
    let mut target = target();
    target.inputs["user_pool_id"] = json!({"$ref": {"node": "pool", "output": "user_pool_id"}});
    target
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { cognito: client!(aws_sdk_cognitoidentityprovider, rules), ..testing::aws() }
}

fn described(pool: &'static str, status: DomainStatusType) -> Rule {
    mock!(Client::describe_user_pool_domain).match_requests(|request| request.domain() == Some(PREFIX)).then_output(
        move || {
            let domain = DomainDescriptionType::builder().domain(PREFIX).user_pool_id(pool).status(status.clone());
            DescribeUserPoolDomainOutput::builder().domain_description(domain.build()).build()
        },
    )
}

fn active(pool: &'static str) -> Rule {
    described(pool, DomainStatusType::Active)
}

/// The answer of Cognito about a prefix that nobody has.
fn nothing() -> Rule {
    mock!(Client::describe_user_pool_domain).then_output(|| {
        DescribeUserPoolDomainOutput::builder().domain_description(DomainDescriptionType::builder().build()).build()
    })
}

fn new() -> Rule {
    mock!(Client::create_user_pool_domain)
        .match_requests(|request| request.domain() == Some(PREFIX) && request.user_pool_id() == Some(POOL))
        .then_output(|| CreateUserPoolDomainOutput::builder().build())
}

async fn observe(rules: &[&Rule], target: Target) -> Observation {
    UserPoolDomainDriver.observe(&stub(rules), &[target]).await.remove(0)
}

#[tokio::test]
async fn a_domain_of_the_pool_is_ours_and_one_of_another_foreign() {
    let live = present(observe(&[&active(POOL)], target()).await);
    assert_eq!((live.physical_id.as_str(), &live.status), (PREFIX, &Status::Ready));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs["domain"], json!(PREFIX));
    assert!(matches!(observe(&[&active(OTHER)], target()).await, Observation::Foreign(_)));
    let read = Target { claim: Claim::ReadOnly, ..target() };
    assert_eq!(present(observe(&[&active(OTHER)], read).await).inputs["user_pool_id"], json!(OTHER));
}

#[tokio::test]
async fn while_the_pool_is_not_known_the_record_decides() {
    assert!(matches!(observe(&[&active(POOL)], unresolved()).await, Observation::Foreign(_)));
    let recorded = Target { physical_id: Some(PREFIX.into()), ..unresolved() };
    assert_eq!(present(observe(&[&active(POOL)], recorded).await).physical_id, PREFIX);
    let adopting = Target { claim: Claim::Unowned, ..unresolved() };
    assert_eq!(present(observe(&[&active(POOL)], adopting).await).physical_id, PREFIX);
}

#[tokio::test]
async fn a_description_of_nothing_is_absence_and_a_throttle_is_not() {
    assert!(matches!(observe(&[&nothing()], target()).await, Observation::Absent));
    let throttled = mock!(Client::describe_user_pool_domain)
        .then_error(|| DescribeUserPoolDomainError::generic(code("TooManyRequestsException")));
    assert!(matches!(observe(&[&throttled], target()).await, Observation::Unknown(_)));
}

#[tokio::test]
async fn every_state_is_told() {
    for (state, status) in [
        (DomainStatusType::Creating, Status::Pending("creating".into())),
        (DomainStatusType::Updating, Status::Pending("updating".into())),
        (DomainStatusType::Deleting, Status::Deleting),
        (DomainStatusType::Failed, Status::Failed("Cognito could not set the domain up".into())),
    ] {
        assert_eq!(present(observe(&[&described(POOL, state)], target()).await).status, status);
    }
}

#[tokio::test]
async fn it_is_made_once() {
    let made = UserPoolDomainDriver.create(&stub(&[&nothing(), &new()]), &create(target())).await.unwrap();
    assert_eq!((made.physical_id.as_str(), made.status), (PREFIX, Status::Pending("creating".into())));
    let again = UserPoolDomainDriver.create(&stub(&[&active(POOL)]), &create(target())).await.unwrap();
    assert_eq!((again.physical_id.as_str(), again.status), (PREFIX, Status::Ready));
}

#[tokio::test]
async fn a_prefix_that_is_taken_is_not_taken_over() {
    let error = UserPoolDomainDriver.create(&stub(&[&active(OTHER)]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let refused = || {
        mock!(Client::create_user_pool_domain)
            .then_error(|| CreateUserPoolDomainError::generic(code("InvalidParameterException")))
    };
    // Taken in between, by us and by another; and not taken, but not allowed.
    let aws = stub(&[&nothing(), &refused(), &active(POOL)]);
    assert_eq!(UserPoolDomainDriver.create(&aws, &create(target())).await.unwrap().physical_id, PREFIX);
    let aws = stub(&[&nothing(), &refused(), &active(OTHER)]);
    let error = UserPoolDomainDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let aws = stub(&[&nothing(), &refused(), &nothing()]);
    let error = UserPoolDomainDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn one_that_goes_is_waited_for() {
    let going = || described(POOL, DomainStatusType::Deleting);
    let error = UserPoolDomainDriver.create(&stub(&[&going()]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(UserPoolDomainDriver.delete(&stub(&[&going()]), &delete(target())).await.unwrap(), Deleted::Going);
}

#[tokio::test]
async fn nothing_of_it_can_be_changed() {
    let answer = UserPoolDomainDriver.update(&stub(&[&active(POOL)]), &update(target(), &["domain"])).await;
    assert_eq!(answer.unwrap().physical_id, PREFIX);
    let error = UserPoolDomainDriver.update(&stub(&[&nothing()]), &update(target(), &["domain"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
    let aws = stub(&[&active(OTHER)]);
    let error = UserPoolDomainDriver.update(&aws, &update(target(), &["domain"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn it_is_deleted_from_its_own_pool_only() {
    let off = mock!(Client::delete_user_pool_domain)
        .match_requests(|request| request.domain() == Some(PREFIX) && request.user_pool_id() == Some(POOL))
        .then_output(|| DeleteUserPoolDomainOutput::builder().build());
    let aws = stub(&[&active(POOL), &off]);
    assert_eq!(UserPoolDomainDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Going);
    let error = UserPoolDomainDriver.delete(&stub(&[&active(OTHER)]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_deletion_can_be_repeated() {
    assert_eq!(UserPoolDomainDriver.delete(&stub(&[&nothing()]), &delete(target())).await.unwrap(), Deleted::Gone);
    let gone = mock!(Client::delete_user_pool_domain)
        .then_error(|| DeleteUserPoolDomainError::generic(code("ResourceNotFoundException")));
    let aws = stub(&[&active(POOL), &gone]);
    assert_eq!(UserPoolDomainDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}
