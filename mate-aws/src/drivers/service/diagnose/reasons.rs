//! ECS's reasons for a stopped task, by the words of its documentation, and what to do about each.
//!
//! ECS gives no code for them: the words serve advice, and never decide what is done with the object.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>

/// The prospect that another task ends better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// The cause passes by itself.
    Passes,
    /// Another task may end better: a few tasks are waited for.
    Open,
    /// The next task ends in the same way: once it repeats, nothing is waited for.
    Same,
}

/// The explanation of a reason.
pub(super) struct Known {
    /// The sort of the reason. Reasons of one sort differ only in request ids and addresses.
    pub(super) sort: &'static str,
    pub(super) outlook: Outlook,
    pub(super) advice: Option<String>,
}

/// All of the words are in the reason.
struct Rule(&'static [&'static str], Outlook, &'static str);

use Outlook::{Open, Passes, Same};

/// The first that fits counts. `{}` is the secret or parameter that the reason names.
const RULES: [Rule; 28] = [
    Rule(&["CannotPull", "toomanyrequests"], Passes, "the registry limits pulls: keep the image in ECR"),
    Rule(
        &["CannotPull", "platform"],
        Same,
        "the image is not built for the task's processor: build it for that, or set the service's architecture",
    ),
    Rule(
        &["CannotPull", "denied"],
        Same,
        "let the execution role pull from the repository, and see that the image and tag exist",
    ),
    Rule(
        &["CannotPull", "timeout"],
        Same,
        "let the subnets reach the registry: a NAT gateway, or VPC endpoints of ECR and S3",
    ),
    Rule(&["CannotPull"], Same, "see that the image and tag exist, and that the subnets reach the registry"),
    Rule(&["secret", "staging label"], Same, "{} has no value yet: write one"),
    Rule(&["secret", "json key"], Same, "{} has no such key: add it, or correct the key that the service names"),
    Rule(&["secret", "marked for deletion"], Same, "restore {}, or name another secret"),
    Rule(&["secret", "ResourceNotFoundException"], Same, "{} does not exist: create it, or correct its ARN"),
    Rule(&["secret", "can't find the specified secret"], Same, "{} does not exist: create it, or correct its ARN"),
    Rule(&["invalid ssm parameters"], Same, "{} does not exist: create it, or correct its name"),
    Rule(
        &["secret", "AccessDenied"],
        Open,
        "let the execution role read {}, and use the key that it is encrypted with",
    ),
    Rule(
        &["secret", "is not authorized"],
        Open,
        "let the execution role read {}, and use the key that it is encrypted with",
    ),
    Rule(
        &["unable to pull secrets or registry auth"],
        Open,
        "see that the execution role may read the secrets and pull the image, and that the subnets reach Secrets \
         Manager and ECR: a NAT gateway, or VPC endpoints",
    ),
    Rule(
        &["EFS", "mount target"],
        Same,
        "the file system has no mount target that the task reaches: make one in each of the service's zones, with DNS \
         names enabled in the VPC",
    ),
    Rule(&["EFS", "access denied"], Open, "let the task role mount the file system, by its policy and access point"),
    Rule(
        &["EFS", "timed out"],
        Same,
        "let the service's security group reach the mount targets on port 2049, and make one in each zone",
    ),
    Rule(&["EFS"], Open, "see the file system's mount targets, access point and policy"),
    Rule(
        &["logger"],
        Same,
        "see that the log group exists, that the execution role may write it, and that the subnets reach CloudWatch \
         Logs",
    ),
    Rule(&["log stream"], Same, "see that the log group exists, and that the execution role may write it"),
    Rule(&["apacity is unavailable"], Passes, "AWS has no room for it in these zones now: wait, or add zones"),
    Rule(&["network interface"], Passes, "ECS tries again; see that the subnets have free addresses when it stays"),
    Rule(&["Spot"], Passes, "AWS took the capacity back: put FARGATE beside FARGATE_SPOT where that happens often"),
    Rule(
        &["health checks"],
        Open,
        "see that the application listens on its port and answers the health check, and give it more grace at its start",
    ),
    Rule(&["OutOfMemory"], Open, "give the service more memory"),
    Rule(
        &["ResourceInitializationError"],
        Open,
        "see that the subnets reach Secrets Manager, ECR, CloudWatch Logs and the file system's mount targets",
    ),
    Rule(&["CannotStartContainerError"], Open, "see the container's command, user and working directory"),
    Rule(&["Essential container in task exited"], Open, "read the container's log for its last lines"),
];

/// Returns the explanation of a reason. A reason without one has the outlook [`Outlook::Open`] and no advice.
pub(super) fn known(reason: &str) -> Known {
    let rule = RULES.iter().find(|Rule(words, ..)| words.iter().all(|word| reason.contains(word)));
    let Some(Rule(words, outlook, advice)) = rule else {
        return Known { sort: "", outlook: Open, advice: None };
    };
    Known { sort: words[words.len() - 1], outlook: *outlook, advice: Some(advice.replace("{}", &subject(reason))) }
}

/// The secret or parameter that a reason names.
fn subject(reason: &str) -> String {
    let stops: &[char] = &[':', '.', ',', ';', '"', '\'', '(', ')', '[', ']'];
    let arn = |word: &&str| word.starts_with("arn:") && (word.contains(":secretsmanager:") || word.contains(":ssm:"));
    if let Some(arn) = reason.split_whitespace().map(|word| word.trim_matches(stops)).find(arn) {
        return format!("the secret {arn}");
    }
    match reason.split_once("invalid ssm parameters:") {
        Some((_, names)) => format!("the parameter {}", names.trim().trim_end_matches(stops)),
        None => "the secret that it names".to_owned(),
    }
}
