use aws_sdk_kms::Client;
use aws_sdk_kms::operation::create_alias::{CreateAliasError, CreateAliasOutput};
use aws_sdk_kms::operation::create_key::CreateKeyOutput;
use aws_sdk_kms::operation::delete_alias::DeleteAliasOutput;
use aws_sdk_kms::operation::describe_key::{DescribeKeyError, DescribeKeyOutput};
use aws_sdk_kms::operation::disable_key_rotation::DisableKeyRotationOutput;
use aws_sdk_kms::operation::enable_key_rotation::{EnableKeyRotationError, EnableKeyRotationOutput};
use aws_sdk_kms::operation::get_key_policy::GetKeyPolicyOutput;
use aws_sdk_kms::operation::get_key_rotation_status::GetKeyRotationStatusOutput;
use aws_sdk_kms::operation::list_aliases::ListAliasesOutput;
use aws_sdk_kms::operation::list_resource_tags::ListResourceTagsOutput;
use aws_sdk_kms::operation::put_key_policy::PutKeyPolicyOutput;
use aws_sdk_kms::operation::schedule_key_deletion::ScheduleKeyDeletionOutput;
use aws_sdk_kms::operation::untag_resource::UntagResourceOutput;
use aws_sdk_kms::operation::update_alias::UpdateAliasOutput;
use aws_sdk_kms::operation::update_key_description::UpdateKeyDescriptionOutput;
use aws_sdk_kms::types::{AliasListEntry, KeyMetadata, KeyState};
use aws_sdk_resourcegroupstagging::Client as Tagging;
use aws_sdk_resourcegroupstagging::operation::get_resources::{GetResourcesError, GetResourcesOutput};
use aws_sdk_resourcegroupstagging::types::ResourceTagMapping;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::key::{Key, KeyInputs};
use mate_core::kinds::policy::{PolicyDocument, Statement};
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, Status, Target};
use serde_json::{Value, json};

use super::KeyDriver;
use super::live::to_sdk;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const ALIAS: &str = "alias/mate-dev";
const ROOT: &str = "arn:aws:iam::123456789012:root";

fn inputs() -> KeyInputs {
    let admin = Statement::allow("Admin", ["kms:Encrypt", "kms:Decrypt"], vec!["*".into()]);
    let principals = vec!["logs.us-east-1.amazonaws.com".to_owned(), ROOT.to_owned()];
    KeyInputs {
        description: "The platform's key".into(),
        alias: ALIAS.into(),
        enable_key_rotation: true,
        policy: PolicyDocument { statements: vec![Statement { principals, ..admin }] },
        pending_window_days: 7,
    }
}

fn target() -> Target {
    testing::target::<Key>("mate-dev", &inputs())
}

fn renamed() -> Target {
    testing::target::<Key>("mate-dev", &KeyInputs { alias: "alias/new".into(), ..inputs() })
}

fn arn(id: &str) -> String {
    format!("arn:aws:kms:us-east-1:123456789012:key/{id}")
}

fn metadata(id: &str, state: KeyState, made: i64) -> KeyMetadata {
    KeyMetadata::builder()
        .key_id(id)
        .arn(arn(id))
        .enabled(state == KeyState::Enabled)
        .key_state(state)
        .description("The platform's key")
        .creation_date(DateTime::from_secs(made))
        .build()
        .unwrap()
}

/// The key of this id, by its own names and by these aliases.
fn key(id: &'static str, aliases: &'static [&'static str], state: KeyState) -> Rule {
    key_of(id, aliases, state, 1)
}

fn key_of(id: &'static str, aliases: &'static [&'static str], state: KeyState, made: i64) -> Rule {
    mock!(Client::describe_key)
        .match_requests(move |request| {
            let asked = request.key_id().unwrap();
            asked == id || asked == arn(id) || aliases.contains(&asked)
        })
        .then_output(move || DescribeKeyOutput::builder().key_metadata(metadata(id, state.clone(), made)).build())
}

fn nowhere() -> Rule {
    mock!(Client::describe_key).then_error(|| DescribeKeyError::generic(code("NotFoundException")))
}

fn tags(id: &'static str, tags: Tags) -> Rule {
    mock!(Client::list_resource_tags)
        .match_requests(move |request| request.key_id() == Some(id))
        .then_output(move || ListResourceTagsOutput::builder().set_tags(Some(to_sdk(&tags))).build())
}

fn ours(id: &'static str) -> Rule {
    tags(id, target().tags)
}

fn aspects(aliases: &'static [&'static str], rotation: bool) -> [Rule; 3] {
    let entry = |name: &&str| AliasListEntry::builder().alias_name(*name).build();
    // As AWS writes it back: one value where a list may stand, the principals by type.
    let policy = json!({"Version": "2012-10-17", "Id": "default", "Statement": {
        "Sid": "Admin", "Effect": "Allow", "Resource": "*", "Action": ["kms:Decrypt", "kms:Encrypt"],
        "Principal": {"Service": "logs.us-east-1.amazonaws.com", "AWS": ROOT},
    }});
    [
        mock!(Client::list_aliases).then_output(move || {
            ListAliasesOutput::builder().set_aliases(Some(aliases.iter().map(entry).collect())).build()
        }),
        mock!(Client::get_key_policy)
            .then_output(move || GetKeyPolicyOutput::builder().policy(policy.to_string()).build()),
        mock!(Client::get_key_rotation_status)
            .then_output(move || GetKeyRotationStatusOutput::builder().key_rotation_enabled(rotation).build()),
    ]
}

fn listed(ids: &'static [&'static str]) -> Rule {
    mock!(Tagging::get_resources)
        .match_requests(|request| request.tag_filters().len() == 4 && request.resource_type_filters() == ["kms:key"])
        .then_output(move || {
            let mapping = |id: &&str| ResourceTagMapping::builder().resource_arn(arn(id)).build();
            GetResourcesOutput::builder().set_resource_tag_mapping_list(Some(ids.iter().map(mapping).collect())).build()
        })
}

fn aws<'a>(kms: impl IntoIterator<Item = &'a Rule>, tagging: &Rule) -> Aws {
    let rules: Vec<&Rule> = kms.into_iter().collect();
    Aws {
        kms: client!(aws_sdk_kms, any, rules),
        tagging: client!(aws_sdk_resourcegroupstagging, any, [tagging]),
        ..testing::aws()
    }
}

async fn observe(aws: &Aws, target: Target) -> Observation {
    KeyDriver.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn a_key_is_told_as_it_is_wanted_when_it_means_the_same() {
    let rules = [key("a", &[ALIAS], KeyState::Enabled), ours("a")];
    let live = present(
        observe(&aws(rules.iter().chain(&aspects(&["alias/by-hand", ALIAS], true)), &listed(&[])), target()).await,
    );
    let mut wanted = target().inputs;
    wanted.as_object_mut().unwrap().remove("pending_window_days");
    assert_eq!((live.inputs.into(), live.status), (wanted, Status::Ready));
    assert_eq!(live.physical_id, arn("a"));
    assert_eq!(live.outputs, [("arn".to_owned(), json!(arn("a"))), ("key_id".to_owned(), json!("a"))].into());
}

#[tokio::test]
async fn a_policy_that_the_model_does_not_know_is_told_as_it_stands() {
    let unknown = json!({"Statement": [{"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}]});
    let text = unknown.to_string();
    let rules = [
        key("a", &[ALIAS], KeyState::Enabled),
        ours("a"),
        mock!(Client::get_key_policy).then_output(move || GetKeyPolicyOutput::builder().policy(&text).build()),
    ];
    let live = present(observe(&aws(rules.iter().chain(&aspects(&[ALIAS], true)), &listed(&[])), target()).await);
    assert_eq!(live.inputs["policy"], unknown);
}

#[tokio::test]
async fn a_key_that_waits_for_its_deletion_is_absent() {
    let rules = [key("a", &[ALIAS], KeyState::PendingDeletion), ours("a")];
    let recorded = Target { physical_id: Some(arn("a")), ..target() };
    let answer = observe(&aws(&rules, &listed(&["a"])), recorded).await;
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn an_alias_that_leads_to_a_stranger_s_key_is_foreign_even_while_that_goes() {
    for state in [KeyState::Enabled, KeyState::PendingDeletion] {
        let rules = [key("a", &[ALIAS], state), tags("a", Tags::new())];
        let answer = observe(&aws(&rules, &listed(&[])), target()).await;
        assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    }
}

#[tokio::test]
async fn without_an_alias_the_tags_lead_to_the_key_and_an_enabled_one_goes_first() {
    let rules = [
        key_of("gone", &[], KeyState::PendingDeletion, 1),
        key_of("off", &[], KeyState::Disabled, 2),
        key_of("on", &[], KeyState::Enabled, 4),
        key_of("older", &[], KeyState::Enabled, 3),
        nowhere(),
        ours("off"),
        ours("on"),
        ours("older"),
    ];
    let aws = aws(rules.iter().chain(&aspects(&[], false)), &listed(&["gone", "off", "on", "older"]));
    let live = present(observe(&aws, target()).await);
    assert_eq!(live.physical_id, arn("older"));
    assert_eq!((&live.inputs["alias"], &live.inputs["enable_key_rotation"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn only_a_certain_answer_is_absent() {
    let gone = nowhere();
    assert!(matches!(observe(&aws([&gone], &listed(&[])), target()).await, Observation::Absent));
    let failing = mock!(Tagging::get_resources).then_error(|| GetResourcesError::generic(code("ThrottledException")));
    match observe(&aws([&gone], &failing), target()).await {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_disabled_key_has_failed_and_the_diagnosis_says_how_to_enable_it() {
    let rules = [key("a", &[ALIAS], KeyState::Disabled), ours("a")];
    let aws = aws(rules.iter().chain(&aspects(&[ALIAS], true)), &listed(&[]));
    let live = present(observe(&aws, target()).await);
    assert_eq!(live.status, Status::Failed("the key is disabled".into()));
    let found = KeyDriver.diagnose(&aws, &target()).await.unwrap();
    assert!(found[0].finding.contains("Disabled") && found[0].advice.as_ref().unwrap().contains("enable-key"));
}

#[tokio::test]
async fn a_key_is_adopted_only_when_that_is_asked_for_and_it_is_nobody_s() {
    let rules = [key("a", &[ALIAS], KeyState::Enabled), tags("a", Tags::new())];
    let aws_of_nobody = aws(rules.iter().chain(&aspects(&[ALIAS], true)), &listed(&[]));
    for claim in [Claim::Unowned, Claim::ReadOnly] {
        assert!(matches!(observe(&aws_of_nobody, Target { claim, ..target() }).await, Observation::Present(_)));
    }
    let mut other = target();
    other.address.node = "other".parse().unwrap();
    let rules = [key("a", &[ALIAS], KeyState::Enabled), tags("a", other.ownership().tags())];
    let answer = observe(&aws(&rules, &listed(&[])), Target { claim: Claim::Unowned, ..target() }).await;
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

fn new_key() -> Rule {
    mock!(Client::create_key)
        .match_requests(|request| {
            request.tags() == to_sdk(&target().tags) && request.policy().is_some_and(|policy| policy.contains(ROOT))
        })
        .then_output(|| CreateKeyOutput::builder().key_metadata(metadata("new", KeyState::Enabled, 9)).build())
}

fn new_alias(name: &'static str) -> Rule {
    mock!(Client::create_alias)
        .match_requests(move |request| request.alias_name() == Some(name))
        .then_output(|| CreateAliasOutput::builder().build())
}

fn taken() -> Rule {
    mock!(Client::create_alias).then_error(|| CreateAliasError::generic(code("AlreadyExistsException")))
}

fn rotated() -> Rule {
    mock!(Client::enable_key_rotation).then_output(|| EnableKeyRotationOutput::builder().build())
}

#[tokio::test]
async fn a_new_key_is_tagged_as_it_is_made_and_gets_alias_and_rotation() {
    let rules = [nowhere(), new_key(), new_alias(ALIAS), rotated()];
    let created = KeyDriver.create(&aws(&rules, &listed(&[])), &create(target())).await.unwrap();
    assert_eq!((created.physical_id, created.status), (arn("new"), Status::Ready));
    assert_eq!(rules.iter().skip(1).map(Rule::num_calls).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn a_key_whose_answer_was_lost_is_found_by_its_tags_and_finished() {
    let (alias, rotated) = (new_alias(ALIAS), rotated());
    let rules = [key("a", &[], KeyState::Enabled), nowhere(), ours("a")];
    let aspects = aspects(&[], false);
    let aws = aws(rules.iter().chain(&aspects).chain([&alias, &rotated]), &listed(&["a"]));
    let created = KeyDriver.create(&aws, &create(target())).await.unwrap();
    assert_eq!(created.physical_id, arn("a"));
    assert_eq!((alias.num_calls(), rotated.num_calls()), (1, 1));
}

#[tokio::test]
async fn the_alias_of_our_key_that_waits_for_its_deletion_is_moved_to_the_new_one() {
    let moved = mock!(Client::update_alias)
        .match_requests(|request| request.alias_name() == Some(ALIAS) && request.target_key_id() == Some("new"))
        .then_output(|| UpdateAliasOutput::builder().build());
    let rules = [key("a", &[ALIAS], KeyState::PendingDeletion), ours("a"), new_key(), taken(), rotated()];
    KeyDriver.create(&aws(rules.iter().chain([&moved]), &listed(&[])), &create(target())).await.unwrap();
    assert_eq!(moved.num_calls(), 1);
}

#[tokio::test]
async fn no_key_is_made_while_the_alias_is_a_stranger_s() {
    let rules = [key("a", &[ALIAS], KeyState::Enabled), tags("a", Tags::new())];
    let error = KeyDriver.create(&aws(&rules, &listed(&[])), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let denied = mock!(Client::enable_key_rotation)
        .then_error(|| EnableKeyRotationError::generic(code("AccessDeniedException")));
    let rules = [nowhere(), new_key(), new_alias(ALIAS), denied];
    let error = KeyDriver.create(&aws(&rules, &listed(&[])), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(made(error).physical_id, arn("new"));
}

fn dropped(name: &'static str) -> Rule {
    mock!(Client::delete_alias)
        .match_requests(move |request| request.alias_name() == Some(name))
        .then_output(|| DeleteAliasOutput::builder().build())
}

#[tokio::test]
async fn another_alias_takes_the_place_of_ours_and_others_stay() {
    let (added, old) = (new_alias("alias/new"), dropped(ALIAS));
    let rules = [key("a", &[ALIAS], KeyState::Enabled), nowhere(), ours("a")];
    let aspects = aspects(&["alias/by-hand", ALIAS, "alias/new"], true);
    let aws = aws(rules.iter().chain(&aspects).chain([&added, &old]), &listed(&[]));
    KeyDriver.update(&aws, &update(renamed(), &["alias"])).await.unwrap();
    assert_eq!((added.num_calls(), old.num_calls()), (1, 1));
}

#[tokio::test]
async fn an_alias_of_another_key_is_not_taken_from_it() {
    let rules = [
        key("a", &[ALIAS], KeyState::Enabled),
        key("b", &["alias/new"], KeyState::Enabled),
        ours("a"),
        tags("b", Tags::new()),
        taken(),
    ];
    let recorded = Target { physical_id: Some(arn("a")), ..renamed() };
    let aws = aws(rules.iter().chain(&aspects(&[ALIAS], true)), &listed(&[]));
    let error = KeyDriver.update(&aws, &update(recorded, &["alias"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.unwrap().contains(&arn("b")));
}

#[tokio::test]
async fn an_update_touches_only_the_named_fields() {
    let described = mock!(Client::update_key_description).then_output(|| UpdateKeyDescriptionOutput::builder().build());
    let policed = mock!(Client::put_key_policy)
        .match_requests(|request| request.policy().is_some_and(|policy| policy.contains("kms:Encrypt")))
        .then_output(|| PutKeyPolicyOutput::builder().build());
    let stilled = mock!(Client::disable_key_rotation).then_output(|| DisableKeyRotationOutput::builder().build());
    let rules = [key("a", &[ALIAS], KeyState::Enabled), ours("a")];
    let aspects = aspects(&[ALIAS], true);
    for (field, rule) in [("description", &described), ("policy", &policed), ("enable_key_rotation", &stilled)] {
        let mut target = target();
        target.inputs["enable_key_rotation"] = json!(false);
        let aws = aws(rules.iter().chain(&aspects).chain([rule]), &listed(&[]));
        KeyDriver.update(&aws, &update(target, &[field, "pending_window_days"])).await.unwrap();
        assert_eq!(rule.num_calls(), 1, "{field}");
    }
}

#[tokio::test]
async fn a_key_that_is_given_back_loses_the_tags_that_are_named() {
    let untagged = mock!(Client::untag_resource)
        .match_requests(|request| request.tag_keys() == ["Tenant"])
        .then_output(|| UntagResourceOutput::builder().build());
    let rules = [key("a", &[ALIAS], KeyState::Enabled), ours("a")];
    let aspects = aspects(&[ALIAS], true);
    let aws = aws(rules.iter().chain(&aspects).chain([&untagged]), &listed(&[]));
    let mut request = update(target(), &["tags"]);
    request.target.tags.remove("Tenant");
    request.untag = ["Tenant".to_owned(), "Platform".to_owned()].into();
    KeyDriver.update(&aws, &request).await.unwrap();
    assert_eq!(untagged.num_calls(), 1);
}

#[tokio::test]
async fn a_deletion_frees_our_alias_and_waits_the_days_that_are_wanted() {
    let alias = dropped(ALIAS);
    let scheduled = mock!(Client::schedule_key_deletion)
        .match_requests(|request| request.pending_window_in_days() == Some(7))
        .then_output(|| ScheduleKeyDeletionOutput::builder().build());
    let rules = [key("a", &[ALIAS], KeyState::Enabled), ours("a")];
    let aspects = aspects(&["alias/by-hand", ALIAS], true);
    let aws = aws(rules.iter().chain(&aspects).chain([&alias, &scheduled]), &listed(&[]));
    assert_eq!(KeyDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!((alias.num_calls(), scheduled.num_calls()), (1, 1));
}

#[tokio::test]
async fn what_is_absent_is_gone_and_what_is_a_stranger_s_is_not_deleted() {
    let absent = [nowhere()];
    assert_eq!(KeyDriver.delete(&aws(&absent, &listed(&[])), &delete(target())).await.unwrap(), Deleted::Gone);
    let foreign = [key("a", &[ALIAS], KeyState::Enabled), tags("a", Tags::new())];
    let error = KeyDriver.delete(&aws(&foreign, &listed(&[])), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}
