//! The traffic strategy of a service's deployments, between the kind's form and AWS's.

use aws_sdk_ecs::types::builders::DeploymentConfigurationBuilder;
use aws_sdk_ecs::types::{
    AdvancedConfiguration, CanaryConfiguration, DeploymentConfiguration, DeploymentStrategy as Strategy,
};
use mate_core::kinds::service::{AlternateTargetGroup, DeploymentStrategy};
use mate_core::provider::{ProviderError, Target};
use serde_json::{Value, json};

use crate::drivers::fields::value;

pub(super) fn strategy(
    builder: DeploymentConfigurationBuilder,
    wanted: DeploymentStrategy,
) -> DeploymentConfigurationBuilder {
    match wanted {
        DeploymentStrategy::BlueGreen { bake_minutes } => {
            builder.strategy(Strategy::BlueGreen).bake_time_in_minutes(i32::from(bake_minutes))
        }
        DeploymentStrategy::Canary { percent, canary_bake_minutes, bake_minutes } => builder
            .strategy(Strategy::Canary)
            .canary_configuration(
                CanaryConfiguration::builder()
                    .canary_percent(f64::from(percent))
                    .canary_bake_time_in_minutes(i32::from(canary_bake_minutes))
                    .build(),
            )
            .bake_time_in_minutes(i32::from(bake_minutes)),
        _ => builder.strategy(Strategy::Rolling),
    }
}

/// The strategy; nothing where the answer does not tell it, or tells one that the kind does not know.
pub(super) fn read_strategy(deployment: &DeploymentConfiguration) -> Option<DeploymentStrategy> {
    let minutes = |minutes: Option<i32>| minutes.unwrap_or_default().try_into().ok();
    let bake_minutes = minutes(deployment.bake_time_in_minutes())?;
    match deployment.strategy()? {
        Strategy::Rolling => Some(DeploymentStrategy::Rolling),
        Strategy::BlueGreen => Some(DeploymentStrategy::BlueGreen { bake_minutes }),
        Strategy::Canary => {
            let canary = deployment.canary_configuration()?;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let percent = canary.canary_percent()?.round().clamp(0.0, 100.0) as u8;
            let canary_bake_minutes = minutes(canary.canary_bake_time_in_minutes())?;
            Some(DeploymentStrategy::Canary { percent, canary_bake_minutes, bake_minutes })
        }
        _ => None,
    }
}

pub(super) fn alternate(
    target: &Target,
    wanted: &AlternateTargetGroup,
) -> Result<AdvancedConfiguration, ProviderError> {
    Ok(AdvancedConfiguration::builder()
        .alternate_target_group_arn(value(target, &wanted.target_group_arn)?)
        .production_listener_rule(value(target, &wanted.production_listener_rule_arn)?)
        .role_arn(value(target, &wanted.role_arn)?)
        .build())
}

pub(super) fn read_alternate(live: &AdvancedConfiguration) -> Option<AlternateTargetGroup> {
    Some(AlternateTargetGroup {
        target_group_arn: live.alternate_target_group_arn()?.into(),
        production_listener_rule_arn: live.production_listener_rule()?.into(),
        role_arn: live.role_arn()?.into(),
    })
}

/// The live load balancers in the order of the wanted ones: which of two target groups is the first is only ours to say.
pub(super) fn ordered(mut live: Value, wanted: Option<&Value>) -> Value {
    let wanted: &[Value] = wanted.and_then(Value::as_array).map_or(&[], Vec::as_slice);
    for one in live.as_array_mut().into_iter().flatten() {
        let turned = turned(one);
        if !wanted.contains(one) && wanted.contains(&turned) {
            *one = turned;
        }
    }
    live
}

fn turned(balancer: &Value) -> Value {
    let mut turned = balancer.clone();
    if balancer["alternate"].is_object() {
        turned["target_group_arn"] = json!(balancer["alternate"]["target_group_arn"]);
        turned["alternate"]["target_group_arn"] = json!(balancer["target_group_arn"]);
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_read_as_it_is_written() {
        for wanted in [
            DeploymentStrategy::Rolling,
            DeploymentStrategy::BlueGreen { bake_minutes: 10 },
            DeploymentStrategy::Canary { percent: 7, canary_bake_minutes: 15, bake_minutes: 5 },
        ] {
            let written = strategy(DeploymentConfiguration::builder(), wanted).build();
            assert_eq!(read_strategy(&written), Some(wanted));
        }
        assert_eq!(read_strategy(&DeploymentConfiguration::builder().build()), None, "not told");
    }

    #[test]
    fn two_target_groups_are_the_same_in_any_order() {
        let balancer = |first: &str, second: &str| {
            json!({
                "target_group_arn": first, "container_name": "web", "container_port": 80,
                "alternate": {"target_group_arn": second, "production_listener_rule_arn": "r", "role_arn": "i"},
            })
        };
        let wanted = json!([balancer("a", "b")]);
        assert_eq!(ordered(json!([balancer("b", "a")]), Some(&wanted)), wanted);
        assert_eq!(ordered(json!([balancer("b", "c")]), Some(&wanted)), json!([balancer("b", "c")]));
    }
}
