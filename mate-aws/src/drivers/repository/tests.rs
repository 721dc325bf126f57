use aws_sdk_ecr::Client;
use aws_sdk_ecr::operation::create_repository::{CreateRepositoryError, CreateRepositoryOutput};
use aws_sdk_ecr::operation::delete_lifecycle_policy::{DeleteLifecyclePolicyError, DeleteLifecyclePolicyOutput};
use aws_sdk_ecr::operation::delete_repository::{DeleteRepositoryError, DeleteRepositoryOutput};
use aws_sdk_ecr::operation::describe_repositories::{DescribeRepositoriesError, DescribeRepositoriesOutput};
use aws_sdk_ecr::operation::get_lifecycle_policy::{GetLifecyclePolicyError, GetLifecyclePolicyOutput};
use aws_sdk_ecr::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_ecr::operation::put_image_scanning_configuration::PutImageScanningConfigurationOutput;
use aws_sdk_ecr::operation::put_image_tag_mutability::PutImageTagMutabilityOutput;
use aws_sdk_ecr::operation::put_lifecycle_policy::{PutLifecyclePolicyError, PutLifecyclePolicyOutput};
use aws_sdk_ecr::operation::tag_resource::TagResourceOutput;
use aws_sdk_ecr::operation::untag_resource::UntagResourceOutput;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Repository as Described,
    Tag,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Repository;
use mate_core::kinds::repository::RepositoryInputs;
use mate_core::model::Tags;
use mate_core::provider::{Claim, DataPolicy, Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::json;

use super::RepositoryDriver;
use super::lifecycle::{ANOTHER_FORM, policy};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const NAME: &str = "mate-django-dev";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

fn inputs() -> RepositoryInputs {
    RepositoryInputs {
        scan_on_push: true,
        immutable_tags: true,
        keep_last_images: Some(30),
        kms_key_arn: Some(KEY.into()),
    }
}

fn target() -> Target {
    testing::target::<Repository>(NAME, &inputs())
}

fn arn(name: &str) -> String {
    format!("arn:aws:ecr:us-east-1:123456789012:repository/{name}")
}

fn encrypted(how: EncryptionType, key: Option<&str>) -> EncryptionConfiguration {
    EncryptionConfiguration::builder().encryption_type(how).set_kms_key(key.map(str::to_owned)).build().unwrap()
}

fn steady(name: &str) -> Described {
    Described::builder()
        .repository_name(name)
        .repository_arn(arn(name))
        .repository_uri(format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}"))
        .image_tag_mutability(ImageTagMutability::Immutable)
        .image_scanning_configuration(ImageScanningConfiguration::builder().scan_on_push(true).build())
        .encryption_configuration(encrypted(EncryptionType::Kms, Some(KEY)))
        .build()
}

fn described(repositories: Vec<Described>) -> Rule {
    mock!(Client::describe_repositories)
        .then_output(move || DescribeRepositoriesOutput::builder().set_repositories(Some(repositories.clone())).build())
}

fn absent() -> Rule {
    mock!(Client::describe_repositories)
        .then_error(|| DescribeRepositoriesError::generic(code("RepositoryNotFoundException")))
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::list_tags_for_resource).then_output(move || {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap()).collect();
        ListTagsForResourceOutput::builder().set_tags(Some(tags)).build()
    })
}

fn keeping(text: String) -> Rule {
    mock!(Client::get_lifecycle_policy)
        .then_output(move || GetLifecyclePolicyOutput::builder().lifecycle_policy_text(text.clone()).build())
}

fn keeping_all() -> Rule {
    mock!(Client::get_lifecycle_policy)
        .then_error(|| GetLifecyclePolicyError::generic(code("LifecyclePolicyNotFoundException")))
}

/// The rules that answer a look at a repository of ours.
fn there(repository: Described) -> [Rule; 3] {
    [described(vec![repository]), tagged(target().tags), keeping(policy(30))]
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { ecr: client!(aws_sdk_ecr, rules), ..aws() }
}

async fn observe(rules: &[&Rule], target: Target) -> Observation {
    RepositoryDriver.observe(&stub(rules), &[target]).await.remove(0)
}

#[tokio::test]
async fn what_ecr_tells_is_what_was_wanted() {
    let [found, tags, kept] = there(steady(NAME));
    let live = present(observe(&[&found, &tags, &kept], target()).await);
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.physical_id, NAME);
    assert_eq!(live.outputs["arn"], json!(arn(NAME)));
    assert_eq!(live.outputs["repository_uri"], json!("123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev"));
}

#[tokio::test]
async fn what_is_absent_is_null_and_what_is_otherwise_is_a_difference() {
    let mut plain = steady(NAME);
    plain.encryption_configuration = Some(encrypted(EncryptionType::Aes256, None));
    plain.image_tag_mutability = Some(ImageTagMutability::Mutable);
    let live = present(observe(&[&described(vec![plain]), &tagged(target().tags), &keeping_all()], target()).await);
    assert_eq!(
        live.inputs,
        json!({"scan_on_push": true, "immutable_tags": false, "keep_last_images": null, "kms_key_arn": null})
    );
    let mut partly = steady(NAME);
    partly.image_tag_mutability = Some(ImageTagMutability::ImmutableWithExclusion);
    let other = keeping(json!({"rules": []}).to_string());
    let live = present(observe(&[&described(vec![partly]), &tagged(target().tags), &other], target()).await);
    assert_eq!(live.inputs["keep_last_images"], json!(ANOTHER_FORM));
    assert_eq!(live.inputs["immutable_tags"], json!("IMMUTABLE_WITH_EXCLUSION"));
}

#[tokio::test]
async fn one_that_is_missing_does_not_hide_the_others() {
    let targets = ["a", "b", "c"].map(|name| testing::target::<Repository>(name, &inputs()));
    let missing = mock!(Client::describe_repositories)
        .match_requests(|request| request.repository_names().iter().any(|name| name == "b"))
        .then_error(|| DescribeRepositoriesError::generic(code("RepositoryNotFoundException")));
    let found = mock!(Client::describe_repositories).then_compute_output(|request| {
        let found = request.repository_names().iter().map(|name| steady(name)).collect();
        DescribeRepositoriesOutput::builder().set_repositories(Some(found)).build()
    });
    let (tags, kept) = (tagged(target().tags), keeping(policy(30)));
    let aws = Aws { ecr: client!(aws_sdk_ecr, any, [&missing, &found, &tags, &kept]), ..aws() };
    let answers = RepositoryDriver.observe(&aws, &targets).await;
    let seen: Vec<Option<&str>> = answers
        .iter()
        .map(|answer| match answer {
            Observation::Present(live) => Some(live.physical_id.as_str()),
            Observation::Absent => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [Some("a"), None, Some("c")]);
}

#[tokio::test]
async fn a_failed_read_is_unknown() {
    let throttled = || {
        mock!(Client::describe_repositories)
            .then_error(|| DescribeRepositoriesError::generic(code("ThrottlingException")))
    };
    let denied = mock!(Client::get_lifecycle_policy)
        .then_error(|| GetLifecyclePolicyError::generic(code("AccessDeniedException")));
    let [found, tags, _] = there(steady(NAME));
    for (rules, class) in
        [(vec![&throttled()], ErrorClass::Throttled), (vec![&found, &tags, &denied], ErrorClass::Denied)]
    {
        match observe(&rules, target()).await {
            Observation::Unknown(error) => assert_eq!(error.class, class),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn whose_it_is_depends_on_the_claim() {
    let look = |target: Target| async move {
        observe(&[&described(vec![steady(NAME)]), &tagged(Tags::new()), &keeping_all()], target).await
    };
    assert!(matches!(look(target()).await, Observation::Foreign(_)));
    for claim in [Claim::Unowned, Claim::ReadOnly] {
        present(look(Target { claim, ..target() }).await);
    }
}

#[tokio::test]
async fn an_adopted_repository_has_a_name_of_its_own() {
    let target = Target { physical_id: Some("django".into()), claim: Claim::Unowned, ..target() };
    let found = described(vec![steady("django"), steady(NAME)]);
    let live = present(observe(&[&found, &tagged(Tags::new()), &keeping_all()], target).await);
    assert_eq!(live.physical_id, "django");
}

fn new() -> Rule {
    mock!(Client::create_repository)
        .match_requests(|request| {
            request.repository_name() == Some(NAME)
                && request.tags().len() == target().tags.len()
                && request.image_tag_mutability() == Some(&ImageTagMutability::Immutable)
                && request.image_scanning_configuration().is_some_and(ImageScanningConfiguration::scan_on_push)
                && request.encryption_configuration() == Some(&encrypted(EncryptionType::Kms, Some(KEY)))
        })
        .then_output(|| CreateRepositoryOutput::builder().repository(steady(NAME)).build())
}

fn put_policy() -> Rule {
    mock!(Client::put_lifecycle_policy)
        .match_requests(|request| {
            request.repository_name() == Some(NAME) && request.lifecycle_policy_text() == Some(&policy(30))
        })
        .then_output(|| PutLifecyclePolicyOutput::builder().build())
}

fn exists() -> Rule {
    mock!(Client::create_repository)
        .then_error(|| CreateRepositoryError::generic(code("RepositoryAlreadyExistsException")))
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_then_gets_its_policy() {
    let put = put_policy();
    let created = RepositoryDriver.create(&stub(&[&new(), &put]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), put.num_calls()), (NAME, 1));
}

#[tokio::test]
async fn a_failure_behind_the_creation_says_what_exists() {
    let refused = mock!(Client::put_lifecycle_policy)
        .then_error(|| PutLifecyclePolicyError::generic(code("RepositoryNotFoundException")));
    let error = RepositoryDriver.create(&stub(&[&new(), &refused]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::EventualConsistency);
    assert_eq!(made(error).physical_id, NAME);
}

#[tokio::test]
async fn one_that_is_ours_is_completed_and_one_that_is_not_is_refused() {
    let look = || [described(vec![steady(NAME)]), tagged(target().tags), keeping_all()];
    let ([a, b, c], [d, e, f], put) = (look(), look(), put_policy());
    let aws = stub(&[&exists(), &a, &b, &c, &d, &e, &f, &put]);
    assert_eq!(RepositoryDriver.create(&aws, &create(target())).await.unwrap().physical_id, NAME);
    assert_eq!(put.num_calls(), 1);

    let aws = stub(&[&exists(), &described(vec![steady(NAME)]), &tagged(Tags::new())]);
    let error = RepositoryDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn one_that_is_said_to_exist_and_is_not_seen_is_looked_for_again() {
    let error = RepositoryDriver.create(&stub(&[&exists(), &absent()]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
}

#[tokio::test]
async fn an_update_touches_what_it_names() {
    let mut other = steady(NAME);
    other.image_tag_mutability = Some(ImageTagMutability::Mutable);
    other.image_scanning_configuration = Some(ImageScanningConfiguration::builder().scan_on_push(false).build());
    let look = || [described(vec![other.clone()]), tagged(target().tags), keeping(json!({"rules": []}).to_string())];

    let scanned = mock!(Client::put_image_scanning_configuration)
        .match_requests(|request| {
            request.image_scanning_configuration().is_some_and(ImageScanningConfiguration::scan_on_push)
        })
        .then_output(|| PutImageScanningConfigurationOutput::builder().build());
    let [a, b, c] = look();
    RepositoryDriver.update(&stub(&[&a, &b, &c, &scanned]), &update(target(), &["scan_on_push"])).await.unwrap();
    assert_eq!(scanned.num_calls(), 1);

    let fixed = mock!(Client::put_image_tag_mutability)
        .match_requests(|request| request.image_tag_mutability() == Some(&ImageTagMutability::Immutable))
        .then_output(|| PutImageTagMutabilityOutput::builder().build());
    let [a, b, c] = look();
    RepositoryDriver.update(&stub(&[&a, &b, &c, &fixed]), &update(target(), &["immutable_tags"])).await.unwrap();
    assert_eq!(fixed.num_calls(), 1);

    let put = put_policy();
    let [a, b, c] = look();
    RepositoryDriver.update(&stub(&[&a, &b, &c, &put]), &update(target(), &["keep_last_images"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_policy_that_is_not_wanted_goes_and_one_that_is_gone_is_no_error() {
    let mut all = target();
    all.inputs["keep_last_images"] = json!(null);
    let removed = mock!(Client::delete_lifecycle_policy).then_output(|| DeleteLifecyclePolicyOutput::builder().build());
    let gone = mock!(Client::delete_lifecycle_policy)
        .then_error(|| DeleteLifecyclePolicyError::generic(code("LifecyclePolicyNotFoundException")));
    for rule in [removed, gone] {
        let [a, b, c] = there(steady(NAME));
        let aws = stub(&[&a, &b, &c, &rule]);
        RepositoryDriver.update(&aws, &update(all.clone(), &["keep_last_images"])).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }
}

#[tokio::test]
async fn tags_are_set_and_taken_off() {
    let set = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(&arn(NAME)) && request.tags()[0].key() == "Cost")
        .then_output(|| TagResourceOutput::builder().build());
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.tag_keys() == ["Old"])
        .then_output(|| UntagResourceOutput::builder().build());
    let mut tags = target().tags;
    tags.insert("Old".into(), "1".into());
    let mut request = update(target(), &["tags"]);
    request.target.tags.insert("Cost".into(), "r&d".into());
    request.untag = ["Old".to_owned(), "Never".to_owned()].into();
    let aws = stub(&[&described(vec![steady(NAME)]), &tagged(tags), &keeping(policy(30)), &set, &off]);
    RepositoryDriver.update(&aws, &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn images_are_only_lost_with_consent() {
    let full = mock!(Client::delete_repository)
        .match_requests(|request| request.force() == Some(false))
        .then_error(|| DeleteRepositoryError::generic(code("RepositoryNotEmptyException")));
    let [a, b, c] = there(steady(NAME));
    let error = RepositoryDriver.delete(&stub(&[&a, &b, &c, &full]), &delete(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));

    let forced = mock!(Client::delete_repository)
        .match_requests(|request| request.force() == Some(true))
        .then_output(|| DeleteRepositoryOutput::builder().build());
    let [a, b, c] = there(steady(NAME));
    let mut request = delete(target());
    request.data = DataPolicy::Discard;
    let gone = RepositoryDriver.delete(&stub(&[&a, &b, &c, &forced]), &request).await.unwrap();
    assert_eq!((gone, forced.num_calls()), (Deleted::Gone, 1));
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_accepts_absence() {
    let foreign = stub(&[&described(vec![steady(NAME)]), &tagged(Tags::new())]);
    let error = RepositoryDriver.delete(&foreign, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    assert_eq!(RepositoryDriver.delete(&stub(&[&absent()]), &delete(target())).await.unwrap(), Deleted::Gone);
    let gone = mock!(Client::delete_repository)
        .then_error(|| DeleteRepositoryError::generic(code("RepositoryNotFoundException")));
    let [a, b, c] = there(steady(NAME));
    assert_eq!(RepositoryDriver.delete(&stub(&[&a, &b, &c, &gone]), &delete(target())).await.unwrap(), Deleted::Gone);
}
