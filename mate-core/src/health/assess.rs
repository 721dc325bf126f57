//! The verdict.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Health, HealthIssue, HealthReason, Verdict};
use crate::model::ids::NodeId;
use crate::model::{HealthFacet, Kinds};
use crate::plan::{Observed, Snapshot};
use crate::provider::{Concern, Diagnosis, ErrorClass, Live, Status};
use crate::state::{NodeRecord, Record};

/// A certificate that ends within this time has to be seen to: ACM renews sixty days before.
const CERTIFICATE_NOTICE_DAYS: i64 = 30;
const DAY: i64 = 86_400;

/// The cloud's findings about objects, or the reason why it could not be asked.
pub type Answers = BTreeMap<NodeId, Result<Vec<Diagnosis>, String>>;

/// The input of a verdict.
#[derive(Debug, Clone, Copy)]
pub struct HealthRequest<'a> {
    /// The kinds.
    pub kinds: &'a Kinds,
    /// The desired state.
    pub record: &'a Record,
    /// The observed state: an entry for each node of the record.
    pub snapshot: &'a Snapshot,
    /// The cloud's answers to [`questions`].
    pub answers: &'a Answers,
    /// The findings about the certificate of the platform beneath; none where the cloud was not asked.
    pub certificate: Option<&'a Result<Vec<Diagnosis>, String>>,
    /// The date; seconds of the Unix epoch.
    pub now: i64,
}

/// The nodes that the cloud has to be asked about: those that are not ready, and those of kinds that may need to be seen to
/// although they are.
#[must_use]
pub fn questions(kinds: &Kinds, record: &Record, snapshot: &Snapshot) -> Vec<NodeId> {
    let is_asked = |node: &NodeRecord| kinds.get(&node.kind).is_ok_and(|model| model.asked);
    let asked = |(id, node): &(&NodeId, &NodeRecord)| match snapshot.get(*id) {
        Some(Observed::Present(live)) => live.status != Status::Ready || is_asked(node),
        _ => false,
    };
    record.nodes.iter().filter(asked).map(|(id, _)| id.clone()).collect()
}

/// The verdict. Pure.
#[must_use]
pub fn assess(request: HealthRequest<'_>) -> Health {
    let HealthRequest { kinds, record, snapshot, answers, certificate, now } = request;
    let mut reasons = Vec::new();
    if let Some(run) = &record.run {
        let text = format!("a run to {} has begun and has not ended", run.goal.word());
        let next = "wait for it where it is under way; resume it, or unwind it, where it was interrupted";
        reasons.push(reason(None, Verdict::Degraded, HealthIssue::RunUnfinished, text, next));
    }
    for (id, node) in &record.nodes {
        let facet = kinds.get(&node.kind).map_or(HealthFacet::Beside, |model| model.health);
        let looked = Looked { id, node, facet, now };
        match snapshot.get(id) {
            Some(Observed::Present(live)) => {
                let answer = answers.get(id).map(Result::as_ref);
                if let Some(Err(why)) = &answer {
                    let text = format!("the cloud could not be asked: {why}");
                    let next = "see that the credentials may ask it, and look again";
                    reasons.push(looked.reason(Verdict::Unknown, HealthIssue::NotAnswered, text, next));
                }
                looked.present(live, answer.and_then(Result::ok).map_or(&[][..], Vec::as_slice), &mut reasons);
            }
            Some(Observed::Absent) | None => {
                let (text, next) = match &record.run {
                    Some(_) if node.physical_id.is_none() => ("it was not made", "resume the run, or unwind it"),
                    _ => ("it is gone", ErrorClass::NotFound.advice()),
                };
                reasons.push(looked.reason(looked.down(), HealthIssue::Missing, text, next));
            }
            Some(Observed::Foreign(whose)) => {
                let next = "find out who took it over, and give it its ownership tags back";
                reasons.push(looked.reason(Verdict::Degraded, HealthIssue::NotOurs, whose.clone(), next));
            }
            Some(Observed::Unknown(why)) => {
                let text = format!("it could not be read: {why}");
                let next = "see that the credentials may read it, and look again";
                reasons.push(looked.reason(Verdict::Unknown, HealthIssue::NotAnswered, text, next));
            }
        }
    }
    match certificate {
        Some(Ok(findings)) => reasons.extend(findings.iter().filter_map(|found| certificate_ends(None, found, now))),
        Some(Err(why)) => {
            let text = format!("the certificate of the platform could not be asked about: {why}");
            let next = "see that the credentials may read it, and look again";
            reasons.push(reason(None, Verdict::Unknown, HealthIssue::NotAnswered, text, next));
        }
        None => {}
    }
    reasons.sort_by_key(|reason| Reverse(reason.verdict));
    let verdict = reasons.iter().map(|reason| reason.verdict).max().unwrap_or(Verdict::Healthy);
    Health { key: record.key.clone(), verdict, at: now, objects: record.nodes.len(), reasons }
}

fn reason(
    node: Option<&NodeId>,
    verdict: Verdict,
    issue: HealthIssue,
    text: impl Into<String>,
    next: impl Into<String>,
) -> HealthReason {
    HealthReason { verdict, issue, node: node.cloned(), text: text.into(), next: next.into() }
}

/// A certificate that ends within the time of notice.
fn certificate_ends(node: Option<&NodeId>, found: &Diagnosis, now: i64) -> Option<HealthReason> {
    let Some(Concern::CertificateExpires(at)) = found.concern else { return None };
    let days = (at - now).div_euclid(DAY);
    if days >= CERTIFICATE_NOTICE_DAYS {
        return None;
    }
    let (verdict, text) = if at <= now {
        (Verdict::Unhealthy, format!("the certificate has ended: {}", found.finding))
    } else {
        (Verdict::Degraded, format!("the certificate ends in {days} days: {}", found.finding))
    };
    let next = found.advice.as_deref().unwrap_or("see why it was not renewed");
    Some(reason(node, verdict, HealthIssue::CertificateEnds { days }, text, next))
}

/// One node of the record, at one time.
struct Looked<'a> {
    id: &'a NodeId,
    node: &'a NodeRecord,
    facet: HealthFacet,
    now: i64,
}

impl Looked<'_> {
    fn reason(
        &self,
        verdict: Verdict,
        issue: HealthIssue,
        text: impl Into<String>,
        next: impl Into<String>,
    ) -> HealthReason {
        reason(Some(self.id), verdict, issue, text, next)
    }

    /// The least number of tasks that a service should run: none where it was suspended. Where autoscaling may run fewer than
    /// `desired_count`, its minimum counts. Scaling beyond that is left to autoscaling.
    fn wanted(&self) -> u64 {
        let inputs = &self.node.inputs;
        let count = inputs["desired_count"].as_u64().unwrap_or(0);
        inputs["autoscaling"]["min"].as_u64().map_or(count, |least| count.min(least))
    }

    /// Returns true if the object is out of service on purpose.
    fn rests(&self) -> bool {
        (self.facet == HealthFacet::Tasks && self.wanted() == 0) || self.node.inputs["stopped"] == Value::Bool(true)
    }

    /// The verdict where it does not serve at all.
    fn down(&self) -> Verdict {
        let answers_users = |inputs: &Value| inputs["load_balancers"].as_array().is_some_and(|all| !all.is_empty());
        let needed =
            if self.facet == HealthFacet::Tasks { answers_users(&self.node.inputs) } else { self.facet.serves() };
        if needed && !self.rests() { Verdict::Unhealthy } else { Verdict::Degraded }
    }

    fn present(&self, live: &Live, findings: &[Diagnosis], reasons: &mut Vec<HealthReason>) {
        let resting = self.rests();
        if !resting {
            reasons.extend(self.standing(live, findings));
        }
        for found in findings {
            let next = |otherwise: &str| found.advice.clone().unwrap_or_else(|| otherwise.to_owned());
            let text = found.finding.clone();
            let degraded = |issue, next| self.reason(Verdict::Degraded, issue, text, next);
            reasons.extend(match found.concern {
                Some(Concern::StorageNearlyFull) => {
                    Some(degraded(HealthIssue::StorageNearlyFull, next("make its storage larger, and apply")))
                }
                Some(Concern::PendingMaintenance) => {
                    Some(degraded(HealthIssue::PendingMaintenance, next("let it happen in the maintenance window")))
                }
                Some(Concern::CertificateExpires(_)) => certificate_ends(Some(self.id), found, self.now),
                // A service of which no task is wanted has no target, and deploys nothing.
                Some(Concern::UnhealthyTargets) if !resting => {
                    Some(degraded(HealthIssue::UnhealthyTargets, next("see what the health check is answered")))
                }
                Some(Concern::DeploymentStuck) if !resting => {
                    Some(degraded(HealthIssue::DeploymentStuck, next("put right what its tasks stopped for")))
                }
                Some(Concern::UnhealthyTargets | Concern::DeploymentStuck | Concern::LastLines) | None => None,
            });
        }
    }

    /// The reason that follows from the status and, for a service, from the number of tasks that it is told to run.
    fn standing(&self, live: &Live, findings: &[Diagnosis]) -> Option<HealthReason> {
        let wanted = self.wanted();
        if self.facet == HealthFacet::Tasks
            && let Some(told) = live.inputs["desired_count"].as_u64().filter(|told| *told < wanted)
        {
            let verdict = if told == 0 { self.down() } else { Verdict::Degraded };
            let text = format!("it is told to run {told} tasks, and {wanted} are wanted");
            let next = "somebody changed the count: repair the drift, or change what is wanted";
            return Some(self.reason(verdict, HealthIssue::TasksMissing { wanted }, text, next));
        }
        // AWS counts a database that is stopped among what is as it should be.
        if self.facet == HealthFacet::Database && live.inputs["stopped"] == Value::Bool(true) {
            let text = "it is stopped, and is wanted to run";
            let next = "somebody stopped it: repair the drift, or suspend the tenant";
            return Some(self.reason(self.down(), HealthIssue::DatabaseNotAvailable, text, next));
        }
        let issue = match self.facet {
            HealthFacet::Tasks => HealthIssue::TasksMissing { wanted },
            HealthFacet::Database => HealthIssue::DatabaseNotAvailable,
            HealthFacet::Cache => HealthIssue::CacheNotAvailable,
            _ => HealthIssue::NotReady,
        };
        let lasting = findings.iter().find(|found| found.terminal);
        let (verdict, word) = match &live.status {
            Status::Ready => return None,
            Status::Pending(word) if lasting.is_none() => (Verdict::Degraded, word.clone()),
            Status::Pending(word) => (self.down(), word.clone()),
            Status::Deleting => (self.down(), "it is being deleted".to_owned()),
            Status::Failed(why) => (self.down(), why.clone()),
        };
        let worst = lasting.or(findings.first()).filter(|found| found.concern.is_none());
        let text = match worst {
            Some(found) if found.finding != word => format!("{word}; {}", found.finding),
            _ => word,
        };
        let otherwise = match live.status {
            Status::Pending(_) => "wait for it, and look again",
            _ => "see what the cloud says of it, put that right, and make a new plan",
        };
        let next = worst.and_then(|found| found.advice.clone()).unwrap_or_else(|| otherwise.to_owned());
        Some(self.reason(verdict, issue, text, next))
    }
}
