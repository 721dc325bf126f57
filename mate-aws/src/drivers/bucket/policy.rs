//! The bucket policy: one document of our own statement, which refuses what does not come over TLS, and all others.

use mate_core::kinds::policy::{Effect, PolicyDocument, Statement};
use mate_core::provider::{ErrorClass, ProviderError, Target};
use serde_json::{Value, json};

use super::aspects::{Outcome, arn};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::policies::{meaning, unseen};

const TLS_ONLY: &str = "DenyInsecureTransport";

/// The bucket policy as it stands.
pub(super) async fn read(aws: &Aws, target: &Target) -> Outcome<Option<Value>> {
    let answer = aws.s3.get_bucket_policy().bucket(&target.name).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "s3:GetBucketPolicy")))?;
    Ok(answer.and_then(|answer| answer.policy).and_then(|policy| serde_json::from_str(&policy).ok()))
}

/// Returns true if the policy denies every request that does not come over TLS.
pub(super) fn is_tls_only(aws: &Aws, target: &Target, policy: Option<&Value>) -> bool {
    let wanted = meaning(&tls_only(&arn(aws, &target.name)));
    policy.into_iter().flat_map(statements).filter_map(parse).any(|statement| meaning(&statement) == wanted)
}

/// The statements of the policy besides ours, in the desired form where they mean the same.
pub(super) fn others(target: &Target, policy: Option<&Value>) -> Vec<Value> {
    let desired = target.inputs.get("policy").cloned().unwrap_or_default();
    let desired: Vec<Statement> = serde_json::from_value(desired).unwrap_or_default();
    let live: Vec<&Value> =
        policy.into_iter().flat_map(statements).filter(|statement| statement["Sid"] != TLS_ONLY).collect();
    told(&desired, &live)
}

/// The desired parts of a bucket policy. A part that is `None` stays as it is.
pub(super) struct Parts<'a> {
    /// True if the policy holds our statement.
    pub(super) tls_only: Option<bool>,
    /// Every other statement.
    pub(super) others: Option<&'a [Statement]>,
}

/// Makes one policy of both parts, or takes the policy away when nothing is in it.
pub(super) async fn put(aws: &Aws, target: &Target, parts: Parts<'_>, policy: Option<Value>) -> Outcome<()> {
    const PUT: &str = "s3:PutBucketPolicy";
    let raw = |wanted: &[Statement]| {
        let document = PolicyDocument { statements: wanted.to_vec() }.to_aws();
        let document = document
            .map_err(|error| ProviderError::new(ErrorClass::Bug, PUT, target.address.clone()).with_source(error))?;
        Ok::<_, ProviderError>(statements(&document).into_iter().cloned().collect::<Vec<Value>>())
    };
    let was: Vec<Value> = policy.as_ref().into_iter().flat_map(statements).cloned().collect();
    let (ours, others): (Vec<Value>, Vec<Value>) =
        was.iter().cloned().partition(|statement| statement["Sid"] == TLS_ONLY);
    let mut all = match parts.others {
        Some(wanted) => raw(wanted)?,
        None => others,
    };
    match parts.tls_only {
        Some(true) => all.extend(raw(&[tls_only(&arn(aws, &target.name))])?),
        Some(false) => {}
        None => all.extend(ours),
    }
    if means(&all) == means(&was) {
        return Ok(());
    }
    if all.is_empty() {
        let call = aws.s3.delete_bucket_policy().bucket(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, "s3:DeleteBucketPolicy")))?;
        return Ok(());
    }
    let document = json!({ "Version": "2012-10-17", "Statement": all }).to_string();
    let answer = aws.s3.put_bucket_policy().bucket(&target.name).policy(document).send().await;
    answer.map_err(failed(&target.address, PUT)).map_err(|error| unseen(error, parts.others.unwrap_or_default()))?;
    Ok(())
}

/// The meaning of the statements together. Their order does not count.
fn means(statements: &[Value]) -> Vec<String> {
    let meaning = |raw: &Value| parse(raw).map_or_else(|| raw.clone(), |known| meaning(&known));
    let mut all: Vec<String> = statements.iter().map(|raw| meaning(raw).to_string()).collect();
    all.sort();
    all
}

fn tls_only(arn: &str) -> Statement {
    let resources = vec![arn.into(), format!("{arn}/*").into()];
    let statement = Statement {
        effect: Effect::Deny,
        principals: vec!["*".to_owned()],
        ..Statement::allow(TLS_ONLY, ["s3:*"], resources)
    };
    statement.when("Bool", "aws:SecureTransport", vec!["false".into()])
}

/// The live statements, each in the words of the desired one that means the same, and those in their order; what nobody
/// desires comes behind them. A statement that the model cannot express is told as it stands.
fn told(desired: &[Statement], live: &[&Value]) -> Vec<Value> {
    let mut rest: Vec<(Option<Value>, Value)> = live
        .iter()
        .map(|raw| match parse(raw) {
            Some(statement) => (Some(meaning(&statement)), json!(statement)),
            None => (None, (*raw).clone()),
        })
        .collect();
    let mut told = Vec::new();
    for statement in desired {
        let wanted = meaning(statement);
        if let Some(index) = rest.iter().position(|(live, _)| live.as_ref() == Some(&wanted)) {
            rest.remove(index);
            told.push(json!(statement));
        }
    }
    told.extend(rest.into_iter().map(|(_, live)| live));
    told
}

/// The statements of a policy as AWS writes them: a list, or the only one.
fn statements(policy: &Value) -> Vec<&Value> {
    match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        Value::Null => Vec::new(),
        single => vec![single],
    }
}

/// A statement as AWS writes it, when the model can express it.
fn parse(raw: &Value) -> Option<Statement> {
    PolicyDocument::from_aws(&json!({ "Statement": [raw] })).ok()?.statements.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs() -> Statement {
        Statement {
            principals: vec!["logdelivery.elasticloadbalancing.amazonaws.com".into()],
            ..Statement::allow("Logs", ["s3:PutObject", "s3:GetBucketAcl"], vec!["arn:aws:s3:::b/*".into()])
        }
    }

    fn owner() -> Statement {
        Statement {
            principals: vec!["arn:aws:iam::123456789012:root".into()],
            ..Statement::allow("Owner", ["s3:ListBucket"], vec!["arn:aws:s3:::b".into()])
        }
    }

    #[test]
    fn what_means_the_same_is_told_in_the_desired_words_and_order() {
        let owner_of_aws = json!({"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "123456789012"},
            "Action": "s3:listbucket", "Resource": "arn:aws:s3:::b"});
        let logs_of_aws = json!({"Sid": "Logs", "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"]});
        let told = told(&[logs(), owner()], &[&owner_of_aws, &logs_of_aws]);
        assert_eq!(told, [json!(logs()), json!(owner())]);
    }

    #[test]
    fn what_nobody_desires_is_told_and_so_is_what_the_model_cannot_express() {
        let strange = json!({"Sid": "Odd", "Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"});
        let logs_of_aws = PolicyDocument { statements: vec![logs()] }.to_aws().unwrap()["Statement"][0].clone();
        assert_eq!(told(&[owner()], &[&strange, &logs_of_aws]), [strange.clone(), json!(logs())]);
        let mut denied = logs_of_aws.clone();
        denied["Effect"] = json!("Deny");
        assert_ne!(told(&[logs()], &[&denied]), [json!(logs())]);
    }

    #[test]
    fn our_statement_is_known_among_others_and_in_aws_s_form() {
        let aws = crate::drivers::testing::aws();
        let target = crate::drivers::bucket::tests::target();
        let mut policy = PolicyDocument { statements: vec![tls_only(&arn(&aws, &target.name))] }.to_aws().unwrap();
        policy["Statement"][0]["Principal"] = json!({"AWS": "*"});
        policy["Statement"][0]["Action"] = json!("s3:*");
        assert!(is_tls_only(&aws, &target, Some(&policy)));
        policy["Statement"][0]["Effect"] = json!("Allow");
        assert!(!is_tls_only(&aws, &target, Some(&policy)));
        assert!(!is_tls_only(&aws, &target, None));
    }
}
