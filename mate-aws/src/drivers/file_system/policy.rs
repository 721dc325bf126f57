//! The policy of a file system: who may mount it and how.

use aws_sdk_efs::types::FileSystemDescription;
use mate_core::kinds::policy::{PolicyDocument, Statement};
use mate_core::provider::{ErrorClass, ProviderError, Target};
use serde_json::{Value, json};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::{fields, policies};

const PUT: &str = "elasticfilesystem:PutFileSystemPolicy";
const NONE: &str = "PolicyNotFound";

/// The policy in the model's form, and in the desired words when it means the same. One that the model cannot express
/// is told as it stands: it differs from every desired one.
pub(super) async fn read(aws: &Aws, target: &Target, found: &FileSystemDescription) -> Result<Value, ProviderError> {
    let answer = aws.efs.describe_file_system_policy().file_system_id(found.file_system_id()).send().await;
    let answer = match answer.map_err(failed(&target.address, "elasticfilesystem:DescribeFileSystemPolicy")) {
        Err(error) if error.code.as_deref() == Some(NONE) => return Ok(Value::Null),
        answer => answer.map_err(fields::unsettled)?,
    };
    let text = answer.policy.unwrap_or_default();
    let raw: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    let Ok(live) = PolicyDocument::from_aws(&raw) else { return Ok(raw) };
    let wanted = target.inputs.get("policy").cloned().unwrap_or_default();
    let own = found.file_system_arn().unwrap_or_default();
    Ok(match serde_json::from_value::<PolicyDocument>(wanted.clone()) {
        Ok(desired) if means(&desired, own) == means(&live, own) => wanted,
        _ => json!(live),
    })
}

/// Sets the policy, or takes it away.
pub(super) async fn put(
    aws: &Aws,
    target: &Target,
    id: &str,
    policy: Option<&PolicyDocument>,
) -> Result<(), ProviderError> {
    let Some(policy) = policy else {
        let answer = aws.efs.delete_file_system_policy().file_system_id(id).send().await;
        return match answer.map_err(failed(&target.address, "elasticfilesystem:DeleteFileSystemPolicy")) {
            Err(error) if error.code.as_deref() != Some(NONE) => Err(error),
            _ => Ok(()),
        };
    };
    let document = policy
        .to_aws()
        .map_err(|error| ProviderError::new(ErrorClass::Bug, PUT, target.address.clone()).with_source(error))?;
    let answer = aws.efs.put_file_system_policy().file_system_id(id).policy(document.to_string()).send().await;
    answer.map_err(failed(&target.address, PUT)).map_err(|error| policies::unseen(error, &policy.statements))?;
    Ok(())
}

/// The meaning of a document on a file system. EFS fills in the file system as the resource of a statement that names
/// none, and `*` means no more than that. The order of statements does not count.
fn means(document: &PolicyDocument, own: &str) -> Vec<String> {
    let statement = |statement: &Statement| {
        let mut statement = statement.clone();
        statement.resources.retain(|resource| !resource.get().is_ok_and(|resource| resource == "*" || resource == own));
        policies::meaning(&statement).to_string()
    };
    let mut all: Vec<String> = document.statements.iter().map(statement).collect();
    all.sort();
    all
}
