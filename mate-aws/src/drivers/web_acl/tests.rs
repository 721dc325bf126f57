use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::operation::create_web_acl::{CreateWebACLError, CreateWebAclOutput};
use aws_sdk_wafv2::operation::delete_web_acl::{DeleteWebACLError, DeleteWebAclOutput};
use aws_sdk_wafv2::operation::get_web_acl::{GetWebACLError, GetWebAclOutput};
use aws_sdk_wafv2::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_wafv2::operation::list_web_acls::{ListWebACLsError, ListWebAcLsOutput};
use aws_sdk_wafv2::operation::tag_resource::TagResourceOutput;
use aws_sdk_wafv2::operation::untag_resource::UntagResourceOutput;
use aws_sdk_wafv2::operation::update_web_acl::{UpdateWebACLError, UpdateWebAclOutput};
use aws_sdk_wafv2::types::{
    AllowAction, BlockAction, CountAction, DefaultAction, OverrideAction, Rule as WafRule, Scope, TagInfoForResource,
    WebAcl as SdkWebAcl, WebAclSummary,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::WebAcl;
use mate_core::kinds::web_acl::WebAclInputs;
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::{Value, json};

use super::WebAclDriver;
use super::driver::to_sdk;
use super::rules;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const NAME: &str = "mate-dev";
const ARN: &str = "arn:aws:wafv2:us-east-1:1:regional/webacl/mate-dev/1-2";

fn inputs() -> WebAclInputs {
    WebAclInputs {
        rate_limit: Some(2000),
        managed_rule_groups: vec!["AWSManagedRulesCommonRuleSet".into(), "AWSManagedRulesSQLiRuleSet".into()],
        blocked_countries: vec!["KP".into(), "RU".into()],
    }
}

fn target() -> Target {
    testing::target::<WebAcl>(NAME, &inputs())
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { wafv2: client!(aws_sdk_wafv2, rules), ..testing::aws() }
}

fn web_acl(rules: Vec<WafRule>) -> SdkWebAcl {
    SdkWebAcl::builder()
        .name(NAME)
        .id("1-2")
        .arn(ARN)
        .description("the shared one")
        .default_action(DefaultAction::builder().allow(AllowAction::builder().build()).build())
        .set_rules(Some(rules))
        .visibility_config(rules::visibility("metrics"))
        .build()
        .unwrap()
}

fn listed() -> Rule {
    mock!(Client::list_web_acls).match_requests(|request| request.scope() == Some(&Scope::Regional)).then_output(|| {
        let one = |name: &str, id: &str, arn: &str| WebAclSummary::builder().name(name).id(id).arn(arn).build();
        ListWebAcLsOutput::builder().web_acls(one("another", "9", "arn:9")).web_acls(one(NAME, "1-2", ARN)).build()
    })
}

fn nothing_listed() -> Rule {
    mock!(Client::list_web_acls).then_output(|| ListWebAcLsOutput::builder().build())
}

fn got(web_acl: SdkWebAcl) -> Rule {
    mock!(Client::get_web_acl)
        .match_requests(|request| {
            (request.name(), request.id(), request.scope()) == (Some(NAME), Some("1-2"), Some(&Scope::Regional))
        })
        .then_output(move || GetWebAclOutput::builder().web_acl(web_acl.clone()).lock_token("lock").build())
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::list_tags_for_resource).match_requests(|request| request.resource_arn() == Some(ARN)).then_output(
        move || {
            let info = TagInfoForResource::builder().set_tag_list(Some(to_sdk(&tags))).build();
            ListTagsForResourceOutput::builder().tag_info_for_resource(info).build()
        },
    )
}

/// The calls that find a web ACL of ours with these rules.
fn ours(rules: Vec<WafRule>) -> [Rule; 3] {
    [listed(), got(web_acl(rules)), tagged(target().tags)]
}

fn foreign() -> [Rule; 3] {
    [listed(), got(web_acl(Vec::new())), tagged(Tags::new())]
}

fn with(found: &[Rule; 3], more: &[&Rule]) -> Aws {
    stub(&found.iter().chain(more.iter().copied()).collect::<Vec<_>>())
}

fn told(web_acl: &SdkWebAcl) -> Value {
    rules::told(web_acl)
}

#[test]
fn rules_stand_in_the_order_in_which_they_judge() {
    let wanted = rules::wanted(&inputs());
    let order: Vec<(i32, &str)> = wanted.iter().map(|rule| (rule.priority(), rule.name())).collect();
    assert_eq!(
        order,
        [
            (0, "block-countries"),
            (1, "rate-limit"),
            (2, "AWS-AWSManagedRulesCommonRuleSet"),
            (3, "AWS-AWSManagedRulesSQLiRuleSet")
        ]
    );
    assert!(wanted.iter().all(|rule| rule.visibility_config().is_some_and(|seen| {
        seen.sampled_requests_enabled() && seen.cloud_watch_metrics_enabled() && seen.metric_name() == rule.name()
    })));
    assert!(wanted[..2].iter().all(|rule| rule.action().unwrap().block().is_some()));
    assert!(wanted[2..].iter().all(|rule| rule.action().is_none() && rule.override_action().unwrap().none().is_some()));
    let rate = wanted[1].statement().unwrap().rate_based_statement().unwrap();
    assert_eq!((rate.limit(), rate.evaluation_window_sec()), (2000, 300));
}

#[test]
fn what_is_written_is_told_the_same() {
    let none = WebAclInputs { rate_limit: None, managed_rule_groups: Vec::new(), blocked_countries: Vec::new() };
    for inputs in [inputs(), none] {
        let mut written = rules::wanted(&inputs);
        written.reverse();
        assert_eq!(told(&web_acl(written)), json!(inputs));
    }
}

#[test]
fn a_rule_of_another_form_differs_from_every_wish() {
    let change = |index: usize, change: &dyn Fn(&mut WafRule)| {
        let mut rules = rules::wanted(&inputs());
        change(&mut rules[index]);
        told(&web_acl(rules))
    };
    let renamed = change(0, &|rule| rule.name = "by-hand".into());
    assert_eq!(renamed, json!(inputs()), "a rule is what it does, not what it is called");
    let counted = change(2, &|rule| {
        rule.override_action = Some(OverrideAction::builder().count(CountAction::builder().build()).build());
    });
    assert_eq!(counted["managed_rule_groups"][0], "rule AWS-AWSManagedRulesCommonRuleSet of another form");
    let unseen = change(1, &|rule| rule.visibility_config.as_mut().unwrap().sampled_requests_enabled = false);
    assert_eq!(unseen["rate_limit"], json!(null));
    let late = change(1, &|rule| rule.priority = 9);
    assert_eq!(late["managed_rule_groups"][2], "rule rate-limit of another form");

    let mut closed = web_acl(rules::wanted(&inputs()));
    closed.default_action = Some(DefaultAction::builder().block(BlockAction::builder().build()).build());
    assert_eq!(told(&closed)["managed_rule_groups"][2], "default action of another form");
}

#[test]
fn rules_of_fields_that_are_not_named_stay() {
    let mut by_hand = rules::wanted(&inputs());
    by_hand[3].name = "by-hand".into();
    let wanted = WebAclInputs { rate_limit: Some(100), managed_rule_groups: Vec::new(), blocked_countries: Vec::new() };
    let rules = rules::changed(&web_acl(by_hand.clone()), &wanted, |field| field == "rate_limit");
    let names: Vec<(i32, &str)> = rules.iter().map(|rule| (rule.priority(), rule.name())).collect();
    assert_eq!(
        names,
        [(0, "block-countries"), (1, "rate-limit"), (2, "AWS-AWSManagedRulesCommonRuleSet"), (3, "by-hand")]
    );
    assert_eq!(rules[1].statement().unwrap().rate_based_statement().unwrap().limit(), 100);
    let rules = rules::changed(&web_acl(by_hand), &wanted, |field| field != "rate_limit");
    assert_eq!(rules.iter().map(WafRule::name).collect::<Vec<_>>(), ["rate-limit"]);
}

#[tokio::test]
async fn ours_is_found_by_its_record_before_its_name() {
    let recorded = |arn: &str| Target { physical_id: Some(arn.into()), ..target() };
    let gone = mock!(Client::get_web_acl)
        .match_requests(|request| request.id() == Some("old"))
        .then_error(|| GetWebACLError::generic(code("WAFNonexistentItemException")));
    let stale = recorded("arn:aws:wafv2:us-east-1:1:regional/webacl/mate-dev/old");
    let found = || ours(rules::wanted(&inputs()));
    let [_, get, tags] = found();
    let [list, get_by_name, tags_by_name] = found();
    for (target, aws) in [
        (target(), with(&found(), &[])),
        (recorded(ARN), stub(&[&get, &tags])),
        (stale, stub(&[&gone, &list, &get_by_name, &tags_by_name])),
    ] {
        let live = present(WebAclDriver.observe(&aws, &[target]).await.remove(0));
        assert_eq!(live.physical_id, ARN);
        assert_eq!(live.inputs, json!(inputs()));
        assert_eq!(live.outputs["arn"], json!(ARN));
    }
}

#[tokio::test]
async fn every_page_is_looked_through() {
    let first =
        mock!(Client::list_web_acls).match_requests(|request| request.next_marker().is_none()).then_output(|| {
            let other = WebAclSummary::builder().name("another").build();
            ListWebAcLsOutput::builder().web_acls(other).next_marker("more").build()
        });
    let second = mock!(Client::list_web_acls)
        .match_requests(|request| request.next_marker() == Some("more"))
        .then_output(|| ListWebAcLsOutput::builder().next_marker("more").build());
    let answer = WebAclDriver.observe(&stub(&[&first, &second]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
    assert_eq!(second.num_calls(), 1);
}

#[tokio::test]
async fn absent_foreign_and_unknown_are_told_apart() {
    let gone = mock!(Client::get_web_acl).then_error(|| GetWebACLError::generic(code("WAFNonexistentItemException")));
    let answer = WebAclDriver.observe(&stub(&[&listed(), &gone]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
    let answer = WebAclDriver.observe(&with(&foreign(), &[]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
    let lost = mock!(Client::list_web_acls).then_error(|| ListWebACLsError::generic(code("WAFInternalErrorException")));
    let answer = WebAclDriver.observe(&stub(&[&lost]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Unknown(_)), "{answer:?}");
    let adopting = Target { claim: Claim::Unowned, ..target() };
    assert_eq!(present(WebAclDriver.observe(&with(&foreign(), &[]), &[adopting]).await.remove(0)).physical_id, ARN);
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_rules() {
    let new = mock!(Client::create_web_acl)
        .match_requests(|request| {
            request.name() == Some(NAME)
                && request.scope() == Some(&Scope::Regional)
                && request.default_action().unwrap().allow().is_some()
                && request.rules() == rules::wanted(&inputs())
                && request.tags().len() == 4
                && request.visibility_config().unwrap().metric_name() == NAME
        })
        .then_output(|| CreateWebAclOutput::builder().summary(WebAclSummary::builder().arn(ARN).build()).build());
    let created = WebAclDriver.create(&stub(&[&nothing_listed(), &new]), &create(target())).await.unwrap();
    assert_eq!(created.physical_id, ARN);
}

#[tokio::test]
async fn a_duplicate_of_ours_is_completed_and_a_failure_says_what_exists() {
    let taken =
        mock!(Client::create_web_acl).then_error(|| CreateWebACLError::generic(code("WAFDuplicateItemException")));
    let locked =
        mock!(Client::update_web_acl).then_error(|| UpdateWebACLError::generic(code("WAFOptimisticLockException")));
    let (before, found, again) = (nothing_listed(), ours(Vec::new()), ours(Vec::new()));
    let mut calls = vec![&before, &taken];
    // The update knows the id of what was found, and lists no more.
    calls.extend(found.iter().chain(&again[1..]));
    calls.push(&locked);
    let error = WebAclDriver.create(&stub(&calls), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_rule_group_that_aws_does_not_have_is_not_waited_for() {
    let unknown =
        mock!(Client::create_web_acl).then_error(|| CreateWebACLError::generic(code("WAFNonexistentItemException")));
    let error = WebAclDriver.create(&stub(&[&nothing_listed(), &unknown]), &create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
}

#[tokio::test]
async fn an_update_carries_the_lock_token_and_what_is_no_input() {
    let mut target = target();
    target.inputs["rate_limit"] = json!(500);
    let put = mock!(Client::update_web_acl)
        .match_requests(|request| {
            request.lock_token() == Some("lock")
                && request.id() == Some("1-2")
                && request.description() == Some("the shared one")
                && request.visibility_config().unwrap().metric_name() == "metrics"
                && request.default_action().unwrap().allow().is_some()
                && request.rules().len() == 4
                && request.rules()[1].statement().unwrap().rate_based_statement().unwrap().limit() == 500
        })
        .then_output(|| UpdateWebAclOutput::builder().build());
    let aws = with(&ours(rules::wanted(&inputs())), &[&put]);
    WebAclDriver.update(&aws, &update(target, &["rate_limit"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn tags_are_set_and_taken_off_without_touching_the_rules() {
    let mut live = target().tags;
    live.insert("Old".into(), "1".into());
    let set = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tags()[0].key() == "New")
        .then_output(|| TagResourceOutput::builder().build());
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.tag_keys() == ["Old"])
        .then_output(|| UntagResourceOutput::builder().build());
    let mut request = update(target(), &["tags"]);
    request.target.tags.insert("New".into(), "2".into());
    request.untag = ["Old".to_owned()].into();
    let found = [listed(), got(web_acl(Vec::new())), tagged(live)];
    WebAclDriver.update(&with(&found, &[&set, &off]), &request).await.unwrap();
    assert_eq!((set.num_calls(), off.num_calls()), (1, 1));
}

#[tokio::test]
async fn what_is_not_ours_is_neither_taken_over_nor_changed_nor_deleted() {
    let error = WebAclDriver.create(&with(&foreign(), &[]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = WebAclDriver.update(&with(&foreign(), &[]), &update(target(), &["tags"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = WebAclDriver.delete(&with(&foreign(), &[]), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_deletion_waits_for_what_it_protects_and_can_be_repeated() {
    let used = mock!(Client::delete_web_acl)
        .match_requests(|request| request.lock_token() == Some("lock"))
        .then_error(|| DeleteWebACLError::generic(code("WAFAssociatedItemException")));
    let error = WebAclDriver.delete(&with(&ours(Vec::new()), &[&used]), &delete(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let off = mock!(Client::delete_web_acl).then_output(|| DeleteWebAclOutput::builder().build());
    let aws = with(&ours(Vec::new()), &[&off]);
    assert_eq!(WebAclDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    let aws = stub(&[&nothing_listed()]);
    assert_eq!(WebAclDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
}
