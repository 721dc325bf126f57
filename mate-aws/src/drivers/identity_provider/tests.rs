use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::create_identity_provider::{
    CreateIdentityProviderError, CreateIdentityProviderOutput,
};
use aws_sdk_cognitoidentityprovider::operation::delete_identity_provider::DeleteIdentityProviderOutput;
use aws_sdk_cognitoidentityprovider::operation::describe_identity_provider::{
    DescribeIdentityProviderError, DescribeIdentityProviderOutput,
};
use aws_sdk_cognitoidentityprovider::operation::update_identity_provider::{
    UpdateIdentityProviderError, UpdateIdentityProviderOutput,
};
use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, IdentityProviderTypeType};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::IdentityProvider;
use mate_core::kinds::identity_provider::IdentityProviderInputs;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, Target};

use super::IdentityProviderDriver;
use super::driver::marker;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, address, aws, client, code, create, delete, made, present, update};

const POOL: &str = "us-east-1_abc";

fn target() -> Target {
    testing::target::<IdentityProvider>(
        "AcmeSSO",
        &IdentityProviderInputs {
            user_pool_id: POOL.into(),
            provider_type: "SAML".into(),
            metadata_url: "https://idp.example.org/metadata.xml".into(),
            attribute_mapping: [("email".to_owned(), "mail".to_owned())].into(),
        },
    )
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { cognito: client!(aws_sdk_cognitoidentityprovider, rules), ..aws() }
}

fn described(ours: bool, url: &'static str) -> Rule {
    mock!(Client::describe_identity_provider).then_output(move || {
        let found = IdentityProviderType::builder()
            .provider_type(IdentityProviderTypeType::Saml)
            .provider_details("MetadataURL", url)
            .provider_details("SSORedirectBindingURI", "https://idp.example.org/sso")
            .attribute_mapping("email", "mail")
            .attribute_mapping("username", "sub")
            .idp_identifiers("acme.example.org");
        let found = if ours { found.idp_identifiers(marker(&address("thing"))) } else { found };
        DescribeIdentityProviderOutput::builder().identity_provider(found.build()).build()
    })
}

fn duplicate() -> Rule {
    mock!(Client::create_identity_provider)
        .then_error(|| CreateIdentityProviderError::generic(code("DuplicateProviderException")))
}

#[tokio::test]
async fn ours_is_told_by_its_identifier_and_in_the_inputs_own_form() {
    let rule = described(true, "https://idp.example.org/metadata.xml");
    let live = present(IdentityProviderDriver.observe(&stub(&[&rule]), &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);

    let rule = described(false, "https://idp.example.org/metadata.xml");
    let answer = IdentityProviderDriver.observe(&stub(&[&rule]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

#[test]
fn an_identifier_fits_cognito_s_limit_and_is_one_s_own() {
    let mut long = address("thing");
    long.tenant = "a-hospital-with-a-name-of-forty-letters".parse().unwrap();
    let mut other = long.clone();
    other.environment = "prod".parse().unwrap();
    assert!(marker(&long).len() <= 40 && marker(&other).len() <= 40);
    assert_ne!(marker(&long), marker(&other));
    assert_eq!(marker(&address("thing")), "mate.dev.acme.thing");
}

#[tokio::test]
async fn a_provider_of_somebody_else_is_neither_taken_over_nor_deleted() {
    let aws = stub(&[&duplicate(), &described(false, "https://other.example.org")]);
    let error = IdentityProviderDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let aws = stub(&[&described(false, "https://other.example.org")]);
    let error = IdentityProviderDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn it_is_made_with_its_marker() {
    let new = mock!(Client::create_identity_provider)
        .match_requests(|request| {
            request.idp_identifiers() == ["mate.dev.acme.thing"]
                && request.provider_details().unwrap()["MetadataURL"] == "https://idp.example.org/metadata.xml"
        })
        .then_output(|| CreateIdentityProviderOutput::builder().build());
    let created = IdentityProviderDriver.create(&stub(&[&new]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, "us-east-1_abc/AcmeSSO");
}

#[tokio::test]
async fn our_own_is_completed_and_a_failure_says_what_exists() {
    let refused = mock!(Client::update_identity_provider)
        .then_error(|| UpdateIdentityProviderError::generic(code("ConcurrentModificationException")));
    let aws = stub(&[&duplicate(), &described(true, "https://old.example.org"), &refused]);
    let error = IdentityProviderDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, "us-east-1_abc/AcmeSSO");
}

#[tokio::test]
async fn an_update_keeps_what_others_added() {
    let changed = mock!(Client::update_identity_provider)
        .match_requests(|request| {
            request.idp_identifiers() == ["acme.example.org", "mate.dev.acme.thing"]
                && request.provider_details().unwrap().keys().eq(["MetadataURL"])
        })
        .then_output(|| UpdateIdentityProviderOutput::builder().build());
    let aws = stub(&[&described(true, "https://old.example.org"), &changed]);
    IdentityProviderDriver.update(&aws, &update(target(), &["metadata_url"])).await.unwrap();
    assert_eq!(changed.num_calls(), 1);
}

#[tokio::test]
async fn deleting_what_is_absent_succeeds() {
    let gone = mock!(Client::describe_identity_provider)
        .then_error(|| DescribeIdentityProviderError::generic(code("ResourceNotFoundException")));
    assert_eq!(IdentityProviderDriver.delete(&stub(&[&gone]), &delete(target())).await.unwrap(), Deleted::Gone);

    let deleted =
        mock!(Client::delete_identity_provider).then_output(|| DeleteIdentityProviderOutput::builder().build());
    let aws = stub(&[&described(true, "https://idp.example.org/metadata.xml"), &deleted]);
    assert_eq!(IdentityProviderDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(deleted.num_calls(), 1);
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_its_marker_alone() {
    let marked = mock!(Client::update_identity_provider)
        .match_requests(|request| {
            request.idp_identifiers() == ["acme.example.org", "mate.dev.acme.thing"]
                && request.provider_details().is_none()
        })
        .then_output(|| UpdateIdentityProviderOutput::builder().build());
    let aws = stub(&[&described(false, "https://old.example.org"), &marked]);
    IdentityProviderDriver.update(&aws, &update(testing::unowned(target()), &["tags"])).await.unwrap();
    assert_eq!(marked.num_calls(), 1);
}

#[tokio::test]
async fn what_is_somebody_s_is_not_adopted_but_can_be_read() {
    let somebody_s = || described(true, "https://idp.example.org/metadata.xml");
    let mut other = Target { physical_id: Some("us-east-1_abc/AcmeSSO".into()), ..testing::unowned(target()) };
    other.address.tenant = "other".parse().unwrap();
    let answer = IdentityProviderDriver.observe(&stub(&[&somebody_s()]), std::slice::from_ref(&other)).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    other.claim = Claim::ReadOnly;
    present(IdentityProviderDriver.observe(&stub(&[&somebody_s()]), &[other]).await.remove(0));
}
