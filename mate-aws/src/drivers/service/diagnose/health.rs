//! The findings from the health of the service's targets in a target group.

use aws_sdk_elasticloadbalancingv2::types::{
    TargetHealth, TargetHealthReasonEnum as Reason, TargetHealthStateEnum as State,
};
use mate_core::provider::{Concern, Diagnosis, ErrorClass, ProviderError, Target};

use crate::classify::failed;
use crate::context::Aws;

/// The targets that fail. Those whose first checks run, and those that drain, do not.
pub(super) async fn failing(aws: &Aws, target: &Target, group: &str) -> Result<Vec<Diagnosis>, ProviderError> {
    let call = aws.elbv2.describe_target_health().target_group_arn(group).send();
    let described = match call.await.map_err(failed(&target.address, "elbv2:DescribeTargetHealth")) {
        Ok(answer) => answer.target_health_descriptions.unwrap_or_default(),
        Err(error) if error.class == ErrorClass::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let finding = |one: &aws_sdk_elasticloadbalancingv2::types::TargetHealthDescription| {
        let health = one.target_health().filter(|health| fails(health))?;
        let reason = health.reason().map_or("unhealthy", Reason::as_str);
        let address = one.target().and_then(|target| target.id()).unwrap_or("target");
        Some(Diagnosis {
            concern: Some(Concern::UnhealthyTargets),
            terminal: false,
            finding: match health.description() {
                Some(words) => format!("target {address}: {reason}: {words}"),
                None => format!("target {address}: {reason}"),
            },
            advice: health.reason().and_then(advice).map(str::to_owned),
        })
    };
    Ok(described.iter().filter_map(finding).collect())
}

fn fails(health: &TargetHealth) -> bool {
    match (health.state(), health.reason()) {
        (
            _,
            Some(Reason::InitialHealthChecking | Reason::RegistrationInProgress | Reason::DeregistrationInProgress),
        ) => false,
        (Some(State::Unhealthy | State::UnhealthyDraining), _) => true,
        (Some(State::Unavailable), reason) => reason != Some(&Reason::HealthCheckDisabled),
        (Some(State::Unused), reason) => reason == Some(&Reason::NotInUse),
        _ => false,
    }
}

fn advice(reason: &Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::ResponseCodeMismatch => "see the health check's path and the answers that count as healthy",
        Reason::Timeout => {
            "see that the security groups let the load balancer reach the port, and how long the application takes to \
             answer"
        }
        Reason::FailedHealthChecks => "see that the application listens on the container's port",
        Reason::NotInUse => "no listener leads to the target group: see its rules",
        Reason::InternalError => "the load balancer's own error: it passes by itself",
        _ => return None,
    })
}
