//! The check of the caller's permissions against a policy, by IAM's own simulation.

use std::collections::BTreeSet;
use std::fmt;

use super::ExecutorPolicy;
#[cfg(all(feature = "iam", feature = "sts"))]
use crate::context::Aws;
use crate::provider::AwsProvider;

/// The permissions that the caller lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionReport {
    /// The ARN of the identity whose permissions were checked.
    pub principal: Option<String>,
    /// The actions that are denied, on one of the resources at least.
    pub denied: BTreeSet<String>,
    /// The reason why the check is incomplete or impossible.
    pub unknown: Option<String>,
}

impl PermissionReport {
    /// Returns true if everything is known to be allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.denied.is_empty() && self.unknown.is_none()
    }
}

impl fmt::Display for PermissionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions of {}: ", self.principal.as_deref().unwrap_or("the caller"))?;
        match (self.denied.len(), &self.unknown) {
            (0, None) => f.write_str("complete")?,
            (0, Some(reason)) => write!(f, "unknown, {reason}")?,
            (count, None) => write!(f, "{count} missing")?,
            (count, Some(reason)) => write!(f, "{count} missing at least, {reason}")?,
        }
        for action in &self.denied {
            write!(f, "\n  {action}")?;
        }
        Ok(())
    }
}

impl AwsProvider {
    /// Returns the permissions of the policy that the provider's own credentials lack, by `sts:GetCallerIdentity` and
    /// `iam:SimulatePrincipalPolicy`. If these calls fail, [`PermissionReport::unknown`] says why; the method returns
    /// no error.
    ///
    /// The simulation knows the identity's policies, its boundary and the organization's. It does not know policies of
    /// resources, such as a key's, nor those of the session.
    #[cfg(all(feature = "iam", feature = "sts"))]
    pub async fn missing_permissions(&self, policy: &ExecutorPolicy) -> PermissionReport {
        let mut report = PermissionReport::default();
        if let Err(reason) = simulate(self.aws(), policy, &mut report).await {
            report.unknown = Some(reason);
        }
        report
    }

    /// The rights that carrying out this plan needs, by the actions that this provider's drivers state ([`crate::Driver::actions`]), those
    /// of the embedder's own kinds among them.
    #[must_use]
    pub fn executor_policy(&self, plan: &mate_core::plan::Plan) -> ExecutorPolicy {
        ExecutorPolicy::of_plan(plan, &crate::drivers::actions(self.drivers()))
    }
}

/// Most actions, and most resources, of one simulation.
#[cfg(all(feature = "iam", feature = "sts"))]
const CHUNK: (usize, usize) = (50, 10);

#[cfg(all(feature = "iam", feature = "sts"))]
async fn simulate(aws: &Aws, policy: &ExecutorPolicy, report: &mut PermissionReport) -> Result<(), String> {
    let identity = aws.sts.get_caller_identity().send().await.map_err(told("sts:GetCallerIdentity"))?;
    let caller = identity.arn().unwrap_or_default();
    let principal = principal(aws, caller).await?;
    report.principal = Some(principal.clone());
    let policy = match policy.account.as_str() {
        "*" => policy.clone().at(&aws.region, identity.account().unwrap_or("*")),
        _ => policy.clone(),
    };
    for statement in policy.statements() {
        let resources: Vec<String> = statement.resources.iter().filter_map(|one| one.known().cloned()).collect();
        let context = context(&statement.conditions);
        for actions in statement.actions.chunks(CHUNK.0) {
            for resources in resources.chunks(CHUNK.1) {
                let call = aws.iam.simulate_principal_policy().policy_source_arn(&principal);
                let call = call.set_action_names(Some(actions.to_vec())).set_resource_arns(Some(resources.to_vec()));
                let mut results = call.set_context_entries(Some(context.clone())).into_paginator().items().send();
                while let Some(result) = results.next().await {
                    let result = result.map_err(told("iam:SimulatePrincipalPolicy"))?;
                    if !is_allowed(&result) {
                        report.denied.insert(result.eval_action_name().to_owned());
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(all(feature = "iam", feature = "sts"))]
fn is_allowed(result: &aws_sdk_iam::types::EvaluationResult) -> bool {
    use aws_sdk_iam::types::PolicyEvaluationDecisionType::Allowed;
    match result.resource_specific_results() {
        [] => *result.eval_decision() == Allowed,
        each => each.iter().all(|resource| *resource.eval_resource_decision() == Allowed),
    }
}

/// The values that the conditions of a statement require, as context entries of the request.
#[cfg(all(feature = "iam", feature = "sts"))]
fn context(
    conditions: &std::collections::BTreeMap<
        String,
        std::collections::BTreeMap<String, Vec<mate_core::model::Input<String>>>,
    >,
) -> Vec<aws_sdk_iam::types::ContextEntry> {
    use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
    let entry = |(key, values): (&String, &Vec<mate_core::model::Input<String>>)| {
        let values = values.iter().filter_map(|value| value.known().cloned()).collect();
        ContextEntry::builder()
            .context_key_name(key)
            .set_context_key_values(Some(values))
            .context_key_type(ContextKeyTypeEnum::String)
            .build()
    };
    conditions.values().flatten().map(entry).collect()
}

/// The identity whose policies count for the caller: a user, or the role behind a session.
#[cfg(all(feature = "iam", feature = "sts"))]
async fn principal(aws: &Aws, caller: &str) -> Result<String, String> {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let ["arn", partition, service, _, account, resource] = parts[..] else {
        return Err(format!("the caller `{caller}` has no ARN"));
    };
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" => {
            Err("the caller is the account's root user, whom IAM does not simulate".to_owned())
        }
        ("iam", Some(("user" | "role", _))) => Ok(caller.to_owned()),
        ("sts", Some(("assumed-role", session))) => {
            let role = session.split('/').next().unwrap_or(session);
            // The session's ARN leaves out the path of the role.
            let answer = aws.iam.get_role().role_name(role).send().await;
            let arn = answer.ok().and_then(|answer| answer.role).map(|role| role.arn);
            Ok(arn.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}")))
        }
        _ => Err(format!("the caller `{caller}` is neither a user nor a role")),
    }
}

#[cfg(all(feature = "iam", feature = "sts"))]
fn told<E, R>(operation: &'static str) -> impl Fn(aws_smithy_runtime_api::client::result::SdkError<E, R>) -> String
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    use aws_smithy_types::error::metadata::ProvideErrorMetadata;
    move |error| match error.code() {
        Some(code) => format!("{operation} answered {code}"),
        None => format!("{operation} gave no answer"),
    }
}
