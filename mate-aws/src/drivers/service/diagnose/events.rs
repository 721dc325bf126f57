//! The findings from a service's events, except those of its ordinary life.

use aws_sdk_ecs::types::{Deployment, ServiceEvent};
use mate_core::provider::Diagnosis;

/// Events that are told.
const TOLD: usize = 10;

/// The number of times that ECS repeats an event before it counts as lasting.
const REPEATED: usize = 3;

/// Words of the events that a service has when nothing is the matter with it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>
const ROUTINE: [&str; 7] = [
    "has started ",
    "has stopped ",
    "registered ",
    "has begun draining",
    "has reached a steady state",
    "deployment completed",
    "updated computedDesiredCount",
];

/// Words of an event, whether it lasts once it repeats, and the advice.
const KNOWN: [(&str, bool, &str); 9] = [
    (
        "apacity is unavailable",
        false,
        "AWS has no Fargate capacity in these zones now: ECS tries again; add zones, or FARGATE beside FARGATE_SPOT",
    ),
    (
        "reached the limit on the number of",
        true,
        "have the quota of Fargate's vCPUs raised in Service Quotas, or stop other tasks",
    ),
    (
        "unable to assume the role",
        true,
        "let ecs-tasks.amazonaws.com assume the task role and the execution role, by their trust policies",
    ),
    ("no container instance met all of its requirements", true, "use Fargate, or add an instance that fits"),
    ("does not have an associated load balancer", true, "hang the target group on a listener"),
    ("unable to place a task", false, "ECS tries again; the event's own words say what is missing"),
    ("unable to consistently start tasks", false, "see what the stopped tasks ended for"),
    ("is unhealthy in", false, "see that the application answers its health check, and how long it takes to start"),
    ("deployment failed", false, "put right what the stopped tasks ended for, and apply again"),
];

/// The events since the deployment began, the latest first as ECS lists them.
pub(super) fn findings(events: &[ServiceEvent], deployment: Option<&Deployment>) -> Vec<Diagnosis> {
    let began = deployment.and_then(|one| one.created_at()).map(|at| at.secs());
    let messages: Vec<&str> = events
        .iter()
        .filter(|event| match (began, event.created_at()) {
            (Some(began), Some(at)) => at.secs() >= began,
            _ => true,
        })
        .filter_map(|event| event.message())
        .filter(|message| !ROUTINE.iter().any(|words| message.contains(words)))
        .collect();
    let told = |message: &str| {
        let known = KNOWN.iter().find(|(words, ..)| message.contains(words));
        Diagnosis {
            concern: None,
            terminal: known.is_some_and(|(words, lasts, _)| {
                *lasts && messages.iter().filter(|other| other.contains(words)).count() >= REPEATED
            }),
            finding: message.to_owned(),
            advice: known.map(|(.., advice)| (*advice).to_owned()),
        }
    };
    messages.iter().take(TOLD).map(|message| told(message)).collect()
}
