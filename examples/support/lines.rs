//! The progress of a run where nobody watches a terminal: one line a change.

use std::collections::BTreeMap;

use mate::engine::{Event, EventKind};
use mate::model::ids::NodeId;

/// The line printed last for each node that is waited for.
#[derive(Debug, Default)]
pub struct Lines {
    waiting: BTreeMap<NodeId, String>,
}

impl Lines {
    /// The line for an event; none for one that says nothing new: that what was just called is at work, or another look at a
    /// node that is still `creating`.
    pub fn next(&mut self, event: &Event) -> Option<String> {
        if let EventKind::Waiting { node, reason, waited } = &event.kind {
            let before = self.waiting.insert(node.clone(), reason.clone());
            if waited.as_secs() == 0 || before.as_ref() == Some(reason) {
                return None;
            }
        }
        line(event)
    }
}

/// An event in words.
pub fn line(event: &Event) -> Option<String> {
    Some(match &event.kind {
        EventKind::Started { node, verb, .. } => format!("{verb} {node}"),
        EventKind::Waiting { node, reason, waited } => {
            format!("wait for {node}: {reason} ({} so far)", span(waited.as_secs()))
        }
        EventKind::Retrying { node, reason, after } => {
            format!("again in {}: {node}: {reason}", span(after.as_secs()))
        }
        EventKind::Done { node, took, .. } => format!("done {node} in {}", span(took.as_secs())),
        EventKind::Failed { node, reason } => format!("FAILED {node}: {reason}"),
        EventKind::Skipped { node, because } => format!("skipped {node} because of {because}"),
        EventKind::Cancelling => "cancelling: calls in flight are awaited".to_owned(),
        EventKind::Sweeping { left } => format!("search by tags: {left} left"),
        _ => return None,
    })
}

/// Seconds in words: `45 s`, `2:05 min`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{}:{:02} min", seconds / 60, seconds % 60),
    }
}
