use aws_sdk_s3::Client;
use aws_sdk_s3::operation::create_bucket::{CreateBucketError, CreateBucketOutput};
use aws_sdk_s3::operation::delete_bucket::{DeleteBucketError, DeleteBucketOutput};
use aws_sdk_s3::operation::delete_bucket_policy::DeleteBucketPolicyOutput;
use aws_sdk_s3::operation::delete_bucket_tagging::DeleteBucketTaggingOutput;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::operation::get_bucket_encryption::{GetBucketEncryptionError, GetBucketEncryptionOutput};
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationError;
use aws_sdk_s3::operation::get_bucket_policy::{GetBucketPolicyError, GetBucketPolicyOutput};
use aws_sdk_s3::operation::get_bucket_tagging::{GetBucketTaggingError, GetBucketTaggingOutput};
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::operation::put_bucket_encryption::{PutBucketEncryptionError, PutBucketEncryptionOutput};
use aws_sdk_s3::operation::put_bucket_policy::{PutBucketPolicyError, PutBucketPolicyOutput};
use aws_sdk_s3::operation::put_bucket_tagging::PutBucketTaggingOutput;
use aws_sdk_s3::operation::put_bucket_versioning::PutBucketVersioningOutput;
use aws_sdk_s3::operation::put_public_access_block::PutPublicAccessBlockOutput;
use aws_sdk_s3::types::{
    DeleteMarkerEntry, Error as ObjectError, ObjectVersion, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use mate_core::kinds::Bucket;
use mate_core::kinds::policy::{PolicyDocument, Statement};
use mate_core::kinds::s3_bucket::BucketInputs;
use mate_core::provider::{DataPolicy, Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::json;

use super::BucketDriver;
use super::aspects::tags_to_sdk;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b";
const NAME: &str = "mate-acme-dev-data";

pub(super) fn target() -> Target {
    let inputs = BucketInputs {
        kms_key_arn: Some(KEY.into()),
        versioning: true,
        tls_only: true,
        lifecycle: Vec::new(),
        policy: Vec::new(),
    };
    testing::target::<Bucket>(NAME, &inputs)
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { s3: client!(aws_sdk_s3, rules), ..aws() }
}

fn tagged(ours: bool) -> Rule {
    mock!(Client::get_bucket_tagging).then_output(move || {
        let tags = if ours { tags_to_sdk(&target().tags) } else { Vec::new() };
        GetBucketTaggingOutput::builder().set_tag_set(Some(tags)).build().unwrap()
    })
}

fn not_tagged(said: &'static str) -> Rule {
    mock!(Client::get_bucket_tagging).then_error(move || GetBucketTaggingError::generic(code(said)))
}

fn no_policy() -> Rule {
    mock!(Client::get_bucket_policy).then_error(|| GetBucketPolicyError::generic(code("NoSuchBucketPolicy")))
}

fn refused(said: &'static str) -> Rule {
    mock!(Client::create_bucket).then_error(move || CreateBucketError::generic(code(said)))
}

fn new() -> Rule {
    mock!(Client::create_bucket)
        .match_requests(|request| {
            let configuration = request.create_bucket_configuration().unwrap();
            configuration.tags().len() == 4 && configuration.location_constraint().is_none()
        })
        .then_output(|| CreateBucketOutput::builder().build())
}

/// Every call behind the creation, in its order; the policy is the last.
fn aspects() -> Vec<Rule> {
    vec![
        mock!(Client::put_public_access_block)
            .match_requests(|request| {
                let block = request.public_access_block_configuration().unwrap();
                block.block_public_acls() == Some(true) && block.restrict_public_buckets() == Some(true)
            })
            .then_output(|| PutPublicAccessBlockOutput::builder().build()),
        mock!(Client::put_bucket_encryption)
            .match_requests(|request| {
                let rule = &request.server_side_encryption_configuration().unwrap().rules()[0];
                let default = rule.apply_server_side_encryption_by_default().unwrap();
                rule.bucket_key_enabled() == Some(true) && default.kms_master_key_id() == Some(KEY)
            })
            .then_output(|| PutBucketEncryptionOutput::builder().build()),
        mock!(Client::put_bucket_versioning).then_output(|| PutBucketVersioningOutput::builder().build()),
        mock!(Client::get_bucket_lifecycle_configuration)
            .then_error(|| GetBucketLifecycleConfigurationError::generic(code("NoSuchLifecycleConfiguration"))),
        no_policy(),
        mock!(Client::put_bucket_policy)
            .match_requests(|request| request.policy().unwrap().contains("aws:SecureTransport"))
            .then_output(|| PutBucketPolicyOutput::builder().build()),
    ]
}

fn with_aspects(before: Vec<Rule>) -> (Aws, Vec<Rule>) {
    let rules: Vec<Rule> = before.into_iter().chain(aspects()).collect();
    (stub(&rules.iter().collect::<Vec<_>>()), rules)
}

fn page(versions: usize, markers: usize, truncated: bool) -> Rule {
    mock!(Client::list_object_versions).then_output(move || {
        let version = |index| ObjectVersion::builder().key(format!("k{index}")).version_id("v").build();
        let marker = |index| DeleteMarkerEntry::builder().key(format!("m{index}")).version_id("v").build();
        ListObjectVersionsOutput::builder()
            .set_versions(Some((0..versions).map(version).collect()))
            .set_delete_markers(Some((0..markers).map(marker).collect()))
            .is_truncated(truncated)
            .next_key_marker("k")
            .build()
    })
}

fn removed(count: usize) -> Rule {
    mock!(Client::delete_objects)
        .match_requests(move |request| request.delete().unwrap().objects().len() == count)
        .then_output(|| DeleteObjectsOutput::builder().build())
}

fn gone() -> Rule {
    mock!(Client::delete_bucket).then_output(|| DeleteBucketOutput::builder().build())
}

#[tokio::test]
async fn a_bucket_without_any_setting_is_told_as_such() {
    let rules = [
        tagged(true),
        mock!(Client::get_bucket_encryption)
            .then_error(|| GetBucketEncryptionError::generic(code("ServerSideEncryptionConfigurationNotFoundError"))),
        mock!(Client::get_bucket_versioning).then_output(|| GetBucketVersioningOutput::builder().build()),
        no_policy(),
        mock!(Client::get_bucket_lifecycle_configuration)
            .then_error(|| GetBucketLifecycleConfigurationError::generic(code("NoSuchLifecycleConfiguration"))),
    ];
    let aws = Aws { s3: client!(aws_sdk_s3, any, rules), ..aws() };
    let live = present(BucketDriver.observe(&aws, &[target()]).await.remove(0));
    let none = json!({"kms_key_arn": null, "versioning": false, "tls_only": false, "lifecycle": [], "policy": []});
    assert_eq!(live.inputs, none);
    assert_eq!(live.outputs["arn"], json!("arn:aws:s3:::mate-acme-dev-data"));
}

#[tokio::test]
async fn a_barred_bucket_is_foreign_unless_it_is_recorded() {
    let answer = BucketDriver.observe(&stub(&[&not_tagged("AccessDenied")]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    let recorded = Target { physical_id: Some(NAME.into()), ..target() };
    let answer = BucketDriver.observe(&stub(&[&not_tagged("AccessDenied")]), &[recorded]).await.remove(0);
    assert!(matches!(answer, Observation::Unknown(_)), "{answer:?}");
    for (said, absent) in [("NoSuchBucket", true), ("NoSuchTagSet", false), ("SlowDown", false)] {
        let answer = BucketDriver.observe(&stub(&[&not_tagged(said)]), &[target()]).await.remove(0);
        assert_eq!(matches!(answer, Observation::Absent), absent, "{said}: {answer:?}");
    }
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_every_aspect() {
    let (aws, rules) = with_aspects(vec![not_tagged("NoSuchBucket"), new(), tagged(true)]);
    assert_eq!(BucketDriver.create(&aws, &create(target())).await.unwrap().physical_id, NAME);
    assert!(rules.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn another_region_is_named_at_creation() {
    let there = mock!(Client::create_bucket)
        .match_requests(|request| {
            let constraint = request.create_bucket_configuration().unwrap().location_constraint();
            constraint.is_some_and(|constraint| constraint.as_str() == "eu-central-1")
        })
        .then_output(|| CreateBucketOutput::builder().build());
    let (aws, _) = with_aspects(vec![not_tagged("NoSuchBucket"), there, tagged(true)]);
    let aws = Aws { region: "eu-central-1".into(), ..aws };
    BucketDriver.create(&aws, &create(target())).await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_came_from_a_lost_answer_is_found_again() {
    let lost = mock!(Client::create_bucket)
        .then_http_response(|| Response::new(StatusCode::try_from(500).unwrap(), SdkBody::from("")));
    let (aws, _) = with_aspects(vec![not_tagged("NoSuchBucket"), lost, tagged(true)]);
    assert_eq!(BucketDriver.create(&aws, &create(target())).await.unwrap().physical_id, NAME);
}

#[tokio::test]
async fn what_is_not_ours_is_neither_taken_over_nor_deleted() {
    let error = BucketDriver.create(&stub(&[&tagged(false)]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let taken = stub(&[&not_tagged("NoSuchBucket"), &refused("BucketAlreadyExists")]);
    let error = BucketDriver.create(&taken, &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::AlreadyExists, RetryStatus::Permanent));
    let error = BucketDriver.delete(&stub(&[&tagged(false)]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let open = mock!(Client::put_public_access_block).then_output(|| PutPublicAccessBlockOutput::builder().build());
    let fails =
        mock!(Client::put_bucket_encryption).then_error(|| PutBucketEncryptionError::generic(code("OperationAborted")));
    let aws = stub(&[&not_tagged("NoSuchBucket"), &new(), &tagged(true), &open, &fails]);
    let error = BucketDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, NAME);
}

#[tokio::test]
async fn a_bucket_that_holds_objects_is_left_as_it_is() {
    let aws = stub(&[&tagged(true), &page(3, 1, true)]);
    let error = BucketDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));
    assert!(error.to_string().contains("holds more than 3 object versions"), "{error}");
}

#[tokio::test]
async fn delete_markers_alone_are_no_data() {
    let (list, again, empty) = (page(0, 2, false), page(0, 2, false), page(0, 0, false));
    let (markers, bucket) = (removed(2), gone());
    let aws = stub(&[&tagged(true), &list, &again, &markers, &empty, &bucket]);
    assert_eq!(BucketDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(bucket.num_calls(), 1);
}

#[tokio::test]
async fn with_consent_every_page_is_emptied() {
    let (first, second, third) = (page(998, 2, true), page(0, 1, false), page(0, 0, false));
    let (many, one, bucket) = (removed(1000), removed(1), gone());
    let aws = stub(&[&tagged(true), &first, &many, &second, &one, &third, &bucket]);
    let mut request = delete(target());
    request.data = DataPolicy::Discard;
    assert_eq!(BucketDriver.delete(&aws, &request).await.unwrap(), Deleted::Gone);
    assert_eq!((many.num_calls(), one.num_calls(), bucket.num_calls()), (1, 1, 1));
}

#[tokio::test]
async fn an_object_that_does_not_go_stops_the_deletion() {
    let mut request = delete(target());
    request.data = DataPolicy::Discard;

    let locked = mock!(Client::delete_objects).then_output(|| {
        DeleteObjectsOutput::builder().errors(ObjectError::builder().code("AccessDenied").key("k0").build()).build()
    });
    let error = BucketDriver.delete(&stub(&[&tagged(true), &page(1, 0, false), &locked]), &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);

    let aws = stub(&[&tagged(true), &page(1, 0, false), &removed(1), &page(1, 0, false)]);
    let error = BucketDriver.delete(&aws, &request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn an_object_that_came_meanwhile_is_tried_again() {
    let late = mock!(Client::delete_bucket).then_error(|| DeleteBucketError::generic(code("BucketNotEmpty")));
    let aws = stub(&[&tagged(true), &page(0, 0, false), &page(0, 0, false), &late]);
    let error = BucketDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));

    let aws = stub(&[&not_tagged("NoSuchBucket")]);
    assert_eq!(BucketDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}

/// The statement that lets a load balancer write its access logs.
fn logs() -> Statement {
    Statement {
        principals: vec!["logdelivery.elasticloadbalancing.amazonaws.com".into()],
        ..Statement::allow("Logs", ["s3:PutObject"], vec!["arn:aws:s3:::mate-acme-dev-data/*".into()])
    }
}

/// Objects of a role.
fn reader() -> Statement {
    Statement {
        principals: vec!["arn:aws:iam::123456789012:role/reader".into()],
        ..Statement::allow("Reader", ["s3:GetObject"], vec!["arn:aws:s3:::mate-acme-dev-data/*".into()])
    }
}

fn with_policy(policy: &[Statement]) -> Target {
    let mut target = target();
    target.inputs["policy"] = json!(policy);
    target
}

/// The policy that AWS tells: of these statements, and the one of `tls_only`.
fn bucket_policy(statements: &[Statement]) -> Rule {
    let mut all = PolicyDocument { statements: statements.to_vec() }.to_aws().unwrap();
    all["Statement"].as_array_mut().unwrap().push(json!({"Sid": "DenyInsecureTransport", "Effect": "Deny",
        "Principal": {"AWS": "*"}, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::mate-acme-dev-data", "arn:aws:s3:::mate-acme-dev-data/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}));
    mock!(Client::get_bucket_policy)
        .then_output(move || GetBucketPolicyOutput::builder().policy(all.to_string()).build())
}

/// The one policy is put, with statements of these names.
fn policy_put(sids: &'static [&'static str]) -> Rule {
    mock!(Client::put_bucket_policy)
        .match_requests(move |request| {
            let policy: serde_json::Value = serde_json::from_str(request.policy().unwrap()).unwrap();
            policy["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["Sid"].as_str().unwrap())
                .eq(sids.iter().copied())
        })
        .then_output(|| PutBucketPolicyOutput::builder().build())
}

fn all_else() -> [Rule; 3] {
    [
        mock!(Client::get_bucket_encryption)
            .then_error(|| GetBucketEncryptionError::generic(code("ServerSideEncryptionConfigurationNotFoundError"))),
        mock!(Client::get_bucket_versioning).then_output(|| GetBucketVersioningOutput::builder().build()),
        mock!(Client::get_bucket_lifecycle_configuration)
            .then_error(|| GetBucketLifecycleConfigurationError::generic(code("NoSuchLifecycleConfiguration"))),
    ]
}

#[tokio::test]
async fn the_other_statements_are_told_in_the_desired_order_and_ours_by_itself() {
    let [encryption, versioning, lifecycle] = all_else();
    let rules = [tagged(true), encryption, versioning, lifecycle, bucket_policy(&[reader(), logs()])];
    let aws = Aws { s3: client!(aws_sdk_s3, any, rules), ..aws() };
    let live = present(BucketDriver.observe(&aws, &[with_policy(&[logs(), reader()])]).await.remove(0));
    assert_eq!(live.inputs["policy"], json!([logs(), reader()]));
    assert_eq!(live.inputs["tls_only"], json!(true));
}

#[tokio::test]
async fn a_new_bucket_has_one_policy_of_both_parts() {
    let put = policy_put(&["Logs", "DenyInsecureTransport"]);
    let mut rules: Vec<Rule> = [not_tagged("NoSuchBucket"), new(), tagged(true)].into_iter().chain(aspects()).collect();
    *rules.last_mut().unwrap() = put.clone();
    let aws = stub(&rules.iter().collect::<Vec<_>>());
    BucketDriver.create(&aws, &create(with_policy(&[logs()]))).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn an_update_of_one_part_of_the_policy_keeps_the_other() {
    let put = policy_put(&["Reader", "DenyInsecureTransport"]);
    let aws = stub(&[&tagged(true), &bucket_policy(&[logs()]), &put]);
    BucketDriver.update(&aws, &update(with_policy(&[reader()]), &["policy"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);

    let mut open = with_policy(&[]);
    open.inputs["tls_only"] = json!(false);
    let put = policy_put(&["Logs"]);
    let aws = stub(&[&tagged(true), &bucket_policy(&[logs()]), &put]);
    BucketDriver.update(&aws, &update(open.clone(), &["tls_only"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);

    let gone = mock!(Client::delete_bucket_policy).then_output(|| DeleteBucketPolicyOutput::builder().build());
    let aws = stub(&[&tagged(true), &bucket_policy(&[logs()]), &gone]);
    BucketDriver.update(&aws, &update(open, &["policy", "tls_only"])).await.unwrap();
    assert_eq!(gone.num_calls(), 1);
}

#[tokio::test]
async fn a_policy_that_means_what_is_wanted_is_not_put_again() {
    let aws = stub(&[&tagged(true), &bucket_policy(&[reader(), logs()])]);
    let request = update(with_policy(&[logs(), reader()]), &["policy", "tls_only"]);
    BucketDriver.update(&aws, &request).await.unwrap();
}

#[tokio::test]
async fn a_role_that_s3_does_not_see_yet_is_waited_for() {
    let refused =
        || mock!(Client::put_bucket_policy).then_error(|| PutBucketPolicyError::generic(code("MalformedPolicy")));
    for (statement, class) in [(reader(), ErrorClass::EventualConsistency), (logs(), ErrorClass::Invalid)] {
        let aws = stub(&[&tagged(true), &no_policy(), &refused()]);
        let error = BucketDriver.update(&aws, &update(with_policy(&[statement]), &["policy"])).await.unwrap_err();
        assert_eq!(error.class, class);
    }
}

#[tokio::test]
async fn without_a_key_s3_encrypts_with_its_own() {
    let mut target = target();
    target.inputs["kms_key_arn"] = json!(null);
    let put = mock!(Client::put_bucket_encryption)
        .match_requests(|request| {
            let rule = &request.server_side_encryption_configuration().unwrap().rules()[0];
            let default = rule.apply_server_side_encryption_by_default().unwrap();
            *default.sse_algorithm() == ServerSideEncryption::Aes256
                && default.kms_master_key_id().is_none()
                && rule.bucket_key_enabled() == Some(false)
        })
        .then_output(|| PutBucketEncryptionOutput::builder().build());
    BucketDriver.update(&stub(&[&tagged(true), &put]), &update(target.clone(), &["kms_key_arn"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);

    let [_, versioning, lifecycle] = all_else();
    let own = mock!(Client::get_bucket_encryption).then_output(|| {
        let default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default.build().unwrap())
            .bucket_key_enabled(false);
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().unwrap();
        GetBucketEncryptionOutput::builder().server_side_encryption_configuration(rules).build()
    });
    let rules = [tagged(true), own, versioning, lifecycle, no_policy()];
    let aws = Aws { s3: client!(aws_sdk_s3, any, rules), ..aws() };
    let live = present(BucketDriver.observe(&aws, &[target]).await.remove(0));
    assert_eq!(live.inputs["kms_key_arn"], json!(null));
}

#[tokio::test]
async fn over_plain_http_a_refused_deletion_puts_the_policy_back() {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Other","Effect":"Deny","Principal":"*","Action":"s3:PutBucketAcl","Resource":"arn:aws:s3:::mate-acme-dev-data"},
        {"Sid":"DenyInsecureTransport","Effect":"Deny","Principal":"*","Action":"s3:*",
         "Resource":["arn:aws:s3:::mate-acme-dev-data","arn:aws:s3:::mate-acme-dev-data/*"],
         "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    let told = |policy: String| {
        mock!(Client::get_bucket_policy)
            .then_output(move || GetBucketPolicyOutput::builder().policy(policy.clone()).build())
    };
    let put = |ours: bool| {
        mock!(Client::put_bucket_policy)
            .match_requests(move |request| {
                let policy = request.policy().unwrap();
                policy.contains("Other") && policy.contains("DenyInsecureTransport") == ours
            })
            .then_output(|| PutBucketPolicyOutput::builder().build())
    };
    let (lifted, back) = (put(false), put(true));
    let rest = r#"{"Statement":[{"Sid":"Other"}]}"#.to_owned();
    let aws = stub(&[&tagged(true), &told(policy.into()), &lifted, &page(1, 0, false), &told(rest), &back]);
    let aws = Aws { plain_http: true, ..aws };
    let error = BucketDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("BucketNotEmpty"));
    assert_eq!((lifted.num_calls(), back.num_calls()), (1, 1));
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags_and_keeps_the_others() {
    let mixed = mock!(Client::get_bucket_tagging).then_output(|| {
        let mut tags = target().tags;
        tags.insert("Project".into(), "shop".into());
        GetBucketTaggingOutput::builder().set_tag_set(Some(tags_to_sdk(&tags))).build().unwrap()
    });
    let rest = mock!(Client::put_bucket_tagging)
        .match_requests(|request| request.tagging().unwrap().tag_set().iter().map(|tag| tag.key()).eq(["Project"]))
        .then_output(|| PutBucketTaggingOutput::builder().build());
    BucketDriver.update(&stub(&[&mixed, &rest]), &testing::give_back(target())).await.unwrap();
    assert_eq!(rest.num_calls(), 1);

    let none = mock!(Client::delete_bucket_tagging).then_output(|| DeleteBucketTaggingOutput::builder().build());
    let answer = BucketDriver.update(&stub(&[&tagged(true), &none]), &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), none.num_calls()), (NAME, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_its_tags() {
    let on = mock!(Client::put_bucket_tagging)
        .match_requests(|request| request.tagging().unwrap().tag_set().len() == 4)
        .then_output(|| PutBucketTaggingOutput::builder().build());
    let request = update(testing::unowned(target()), &["tags"]);
    BucketDriver.update(&stub(&[&tagged(false), &on]), &request).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}

#[tokio::test]
async fn a_bucket_of_another_region_is_foreign_and_is_neither_changed_nor_deleted() {
    let placed = |region: &str| {
        let mut target = target();
        target.tags.insert("Account".into(), "123456789012".into());
        target.tags.insert("Region".into(), region.into());
        target
    };
    let theirs = placed("eu-west-1").tags;
    let seen = || {
        let theirs = theirs.clone();
        mock!(Client::get_bucket_tagging).then_output(move || {
            GetBucketTaggingOutput::builder().set_tag_set(Some(tags_to_sdk(&theirs))).build().unwrap()
        })
    };
    let ours = placed("us-east-1");
    let observed = BucketDriver.observe(&stub(&[&seen()]), std::slice::from_ref(&ours)).await.remove(0);
    assert!(matches!(&observed, Observation::Foreign(why) if why.contains("eu-west-1")), "{observed:?}");
    for refused in [
        BucketDriver.create(&stub(&[&seen()]), &create(ours.clone())).await.unwrap_err(),
        BucketDriver.update(&stub(&[&seen()]), &update(ours.clone(), &["versioning"])).await.unwrap_err(),
        BucketDriver.delete(&stub(&[&seen()]), &delete(ours)).await.unwrap_err(),
    ] {
        assert_eq!(refused.class, ErrorClass::AlreadyExists, "{refused}");
    }
}
