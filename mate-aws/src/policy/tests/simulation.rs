use std::sync::Arc;

use aws_sdk_iam::operation::get_role::{GetRoleError, GetRoleOutput};
use aws_sdk_iam::operation::simulate_principal_policy::{SimulatePrincipalPolicyError, SimulatePrincipalPolicyOutput};
use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType, ResourceSpecificResult, Role};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use aws_smithy_mocks::{Rule, mock};

use super::*;
use crate::context::Aws;
use crate::drivers::testing::{QueueDriver, aws, client, code};
use crate::provider::AwsProvider;

const USER: &str = "arn:aws:iam::123456789012:user/deployer";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/mate-executor/session";

fn caller(arn: &'static str) -> Rule {
    mock!(aws_sdk_sts::Client::get_caller_identity)
        .then_output(move || GetCallerIdentityOutput::builder().arn(arn).account("123456789012").build())
}

fn result(action: &str, decision: PolicyEvaluationDecisionType) -> EvaluationResult {
    EvaluationResult::builder().eval_action_name(action).eval_decision(decision).build().unwrap()
}

fn simulated(results: Vec<EvaluationResult>) -> Rule {
    mock!(aws_sdk_iam::Client::simulate_principal_policy).then_output(move || {
        SimulatePrincipalPolicyOutput::builder().set_evaluation_results(Some(results.clone())).build()
    })
}

async fn report(sts: &Rule, iam: &[&Rule], policy: &ExecutorPolicy) -> PermissionReport {
    let aws = Aws { sts: client!(aws_sdk_sts, [sts]), iam: client!(aws_sdk_iam, any, iam), ..aws() };
    AwsProvider::new(aws, Vec::new()).missing_permissions(policy).await
}

fn policy() -> ExecutorPolicy {
    of(&["logs:LogGroup"], &[Access::Delete])
}

#[tokio::test]
async fn what_is_denied_is_listed() {
    use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
    let results = vec![
        result("logs:DescribeLogGroups", Allowed),
        result("logs:DeleteLogGroup", ImplicitDeny),
        result("logs:ListTagsForResource", ExplicitDeny),
    ];
    let report = report(&caller(USER), &[&simulated(results)], &policy()).await;
    assert!(!report.is_allowed());
    assert_eq!(
        report.to_string(),
        format!("Permissions of {USER}: 2 missing\n  logs:DeleteLogGroup\n  logs:ListTagsForResource")
    );
}

#[tokio::test]
async fn nothing_denied_is_complete() {
    let results = vec![result("logs:DeleteLogGroup", PolicyEvaluationDecisionType::Allowed)];
    let report = report(&caller(USER), &[&simulated(results)], &policy()).await;
    assert!(report.is_allowed());
    assert_eq!(report.to_string(), format!("Permissions of {USER}: complete"));
}

#[tokio::test]
async fn an_action_that_is_denied_on_one_resource_is_missing() {
    use PolicyEvaluationDecisionType::{Allowed, ImplicitDeny};
    let on = |name: &str, decision| {
        let resource = ResourceSpecificResult::builder().eval_resource_name(name).eval_resource_decision(decision);
        resource.build().unwrap()
    };
    let result = EvaluationResult::builder()
        .eval_action_name("logs:DeleteLogGroup")
        .eval_decision(Allowed)
        .resource_specific_results(on("a", Allowed))
        .resource_specific_results(on("b", ImplicitDeny))
        .build()
        .unwrap();
    let report = report(&caller(USER), &[&simulated(vec![result])], &policy()).await;
    assert_eq!(report.denied, BTreeSet::from(["logs:DeleteLogGroup".to_owned()]));
}

#[tokio::test]
async fn a_session_is_judged_by_its_role_path_included() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/ops/mate-executor";
    let role = mock!(aws_sdk_iam::Client::get_role)
        .match_requests(|request| request.role_name() == Some("mate-executor"))
        .then_output(|| {
            let role = Role::builder().arn(ROLE).path("/ops/").role_name("mate-executor").role_id("A");
            let role = role.create_date(aws_smithy_types::DateTime::from_secs(0)).build().unwrap();
            GetRoleOutput::builder().role(role).build()
        });
    let simulation = mock!(aws_sdk_iam::Client::simulate_principal_policy)
        .match_requests(|request| request.policy_source_arn() == Some(ROLE))
        .then_output(|| SimulatePrincipalPolicyOutput::builder().build());
    let report = report(&caller(SESSION), &[&role, &simulation], &policy()).await;
    assert!(report.is_allowed(), "{report}");
    assert_eq!(report.principal.as_deref(), Some(ROLE));
}

#[tokio::test]
async fn a_role_that_may_not_be_read_is_taken_to_have_no_path() {
    let role = mock!(aws_sdk_iam::Client::get_role).then_error(|| GetRoleError::generic(code("AccessDenied")));
    let report = report(&caller(SESSION), &[&role, &simulated(Vec::new())], &policy()).await;
    assert_eq!(report.principal.as_deref(), Some("arn:aws:iam::123456789012:role/mate-executor"));
}

#[tokio::test]
async fn conditions_and_resources_are_asked_for_as_the_policy_has_them() {
    let simulation = mock!(aws_sdk_iam::Client::simulate_principal_policy)
        .match_requests(|request| {
            let action = |name: &str| request.action_names().iter().any(|action| action == name);
            let context = request.context_entries().iter().any(|entry| {
                entry.context_key_name() == Some("aws:ResourceTag/ManagedBy") && entry.context_key_values() == ["mate"]
            });
            let resource = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/*";
            !action("cognito-idp:DeleteUserPool") || (context && request.resource_arns() == [resource])
        })
        .then_output(|| SimulatePrincipalPolicyOutput::builder().build());
    let policy = of(&["cognito-idp:UserPool"], &[Access::Delete]);
    let report = report(&caller(USER), &[&simulation], &policy).await;
    assert!(report.is_allowed(), "{report}");
    assert_eq!(simulation.num_calls(), 2);
}

#[tokio::test]
async fn the_root_user_is_unknown() {
    let report = report(&caller("arn:aws:iam::123456789012:root"), &[], &policy()).await;
    assert!(!report.is_allowed() && report.denied.is_empty());
    assert!(report.unknown.unwrap().contains("root user"));
}

#[tokio::test]
async fn a_simulation_that_is_not_allowed_is_unknown() {
    let refused = mock!(aws_sdk_iam::Client::simulate_principal_policy)
        .then_error(|| SimulatePrincipalPolicyError::generic(code("AccessDenied")));
    let report = report(&caller(USER), &[&refused], &policy()).await;
    assert_eq!(
        report.to_string(),
        format!("Permissions of {USER}: unknown, iam:SimulatePrincipalPolicy answered AccessDenied")
    );
}

#[test]
fn the_policy_has_the_actions_that_an_embedder_s_own_driver_states() {
    let mut plan = plan(&[log_group()]);
    plan.steps[0].kind = kind("sqs:Queue");
    let provider = AwsProvider::new(aws(), vec![Arc::new(QueueDriver)]);
    let policy = provider.executor_policy(&plan);
    assert_eq!(policy.actions(), BTreeSet::from(["sqs:CreateQueue", "sqs:GetQueueAttributes"]));
    let queue = format!("arn:aws:sqs:*:*:{}", plan.steps[0].name);
    assert_eq!(resources(&policy, "sqs:CreateQueue"), [queue]);
    assert!(policy.unknown_kinds().is_empty());
    assert_eq!(ExecutorPolicy::for_plan(&plan).unknown_kinds().len(), 1);
}
