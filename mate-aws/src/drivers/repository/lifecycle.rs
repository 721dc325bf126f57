//! The lifecycle policy of a repository: one rule that keeps so many images, or none.

use mate_core::provider::{ProviderError, Target};
use serde_json::{Value, json};

use crate::classify::{failed, if_found};
use crate::context::Aws;

/// Told in the place of a number of images where the policy says something else. No number is like it, so that a
/// plan shows the difference and an update repairs it.
pub(super) const ANOTHER_FORM: &str = "a policy of another form";

const NO_POLICY: &str = "LifecyclePolicyNotFoundException";

/// The number of images that the policy keeps: null without a policy, [`ANOTHER_FORM`] for a policy unlike ours, `None`
/// when the repository is gone.
pub(super) async fn read(aws: &Aws, target: &Target, name: &str) -> Result<Option<Value>, ProviderError> {
    let answer = aws.ecr.get_lifecycle_policy().repository_name(name).send().await;
    match answer.map_err(failed(&target.address, "ecr:GetLifecyclePolicy")) {
        Err(error) if error.code.as_deref() == Some(NO_POLICY) => Ok(Some(Value::Null)),
        answer => Ok(if_found(answer)?.map(|answer| kept(answer.lifecycle_policy_text().unwrap_or_default()))),
    }
}

/// Brings the policy to what is wanted.
pub(super) async fn put(aws: &Aws, target: &Target, name: &str, keep: Option<u16>) -> Result<(), ProviderError> {
    let address = &target.address;
    let Some(keep) = keep else {
        let answer = aws.ecr.delete_lifecycle_policy().repository_name(name).send().await;
        return match answer.map_err(failed(address, "ecr:DeleteLifecyclePolicy")) {
            Err(error) if error.code.as_deref() != Some(NO_POLICY) => Err(error),
            _ => Ok(()),
        };
    };
    let call = aws.ecr.put_lifecycle_policy().repository_name(name).lifecycle_policy_text(policy(keep));
    call.send().await.map_err(failed(address, "ecr:PutLifecyclePolicy"))?;
    Ok(())
}

pub(super) fn policy(keep: u16) -> String {
    json!({"rules": [{
        "rulePriority": 1,
        "description": format!("keep the last {keep} images"),
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep},
        "action": {"type": "expire"},
    }]})
    .to_string()
}

/// The number of a policy like ours, whatever its priority and description.
fn kept(text: &str) -> Value {
    let number = || {
        let policy: Value = serde_json::from_str(text).ok()?;
        let [rule] = policy.get("rules")?.as_array()?.as_slice() else { return None };
        let keep = rule.pointer("/selection/countNumber")?.as_u64()?;
        let ours: Value = serde_json::from_str(&self::policy(keep.try_into().ok()?)).ok()?;
        (["selection", "action"].iter().all(|part| rule.get(part) == ours.pointer(&format!("/rules/0/{part}"))))
            .then(|| json!(keep))
    };
    number().unwrap_or_else(|| json!(ANOTHER_FORM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_policy_like_ours_is_a_number() {
        assert_eq!(kept(&policy(30)), json!(30));
        let rule = |selection: Value| json!({"rulePriority": 7, "selection": selection, "action": {"type": "expire"}});
        let any = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5});
        let untagged = json!({"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5});
        let aged = json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 5});
        assert_eq!(kept(&json!({"rules": [rule(any.clone())]}).to_string()), json!(5));
        for other in [vec![rule(untagged.clone())], vec![rule(aged)], vec![rule(untagged), rule(any)], vec![]] {
            assert_eq!(kept(&json!({"rules": other}).to_string()), json!(ANOTHER_FORM), "{other:?}");
        }
        assert_eq!(kept("no JSON"), json!(ANOTHER_FORM));
    }
}
