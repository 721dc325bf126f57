//! An event of the outbox as an entry of PutEvents, small enough for it.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use mate_core::outbox::sbt::sbt;
use mate_core::outbox::{LifecycleEvent, LifecycleKind};
use serde_json::{Value, json};

/// Below "1 MB" however that is counted, by the size that EventBridge takes: time, source, detail type and detail in UTF-8.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size>
const MAX_BYTES: usize = 1_000_000;
/// The size that EventBridge counts for the time, in bytes.
const TIME_BYTES: usize = 14;
/// The number of characters that are left of each text of a detail that is too large.
const SHORT: usize = 1_000;

/// The names and the form of what goes on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// MATE's own, with this source.
    Mate {
        /// The source.
        source: String,
    },
    /// The names and the form of SBT-AWS.
    SbtAws,
}

/// An event that does not fit, even with its texts cut.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the event {id} is {bytes} bytes large, and EventBridge takes {MAX_BYTES}")]
pub(super) struct TooLarge {
    id: String,
    bytes: usize,
}

/// The entry for an event; none where the form has no name for it.
///
/// An event that never fits would hold back all that come after it. So the texts of one that is too large are cut, which its
/// detail says by `shortened`: the log still has them in full.
pub(super) fn entry(form: &Form, bus: &str, event: &LifecycleEvent) -> Option<Result<PutEventsRequestEntry, TooLarge>> {
    let (source, detail_type, mut detail) = match form {
        Form::Mate { source } => (source.clone(), format!("{}.{}", event.verb, event.kind.as_str()), detail(event)),
        Form::SbtAws => {
            let named = sbt(event)?;
            (named.source.to_owned(), named.detail_type, named.detail)
        }
    };
    let size = |detail: &Value| TIME_BYTES + source.len() + detail_type.len() + detail.to_string().len();
    if size(&detail) > MAX_BYTES {
        shorten(&mut detail);
        detail["shortened"] = true.into();
    }
    let bytes = size(&detail);
    if bytes > MAX_BYTES {
        return Some(Err(TooLarge { id: event.id.clone(), bytes }));
    }
    Some(Ok(PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(source)
        .detail_type(detail_type)
        .time(DateTime::from_secs(event.at))
        .detail(detail.to_string())
        .build()))
}

fn detail(event: &LifecycleEvent) -> Value {
    let mut detail = json!({
        "id": event.id,
        "environment": event.tenant.environment,
        "tenant": event.tenant.tenant,
        "seq": event.seq,
        "time": event.at,
        "verb": event.verb,
        "outcome": event.kind.as_str(),
        "actor": event.actor,
        "detail": event.detail,
    });
    if let Some(reason) = &event.reason {
        detail["reason"] = reason.as_str().into();
    }
    if let LifecycleKind::Failed { reason } = &event.kind {
        detail["failure"] = reason.as_str().into();
    }
    detail
}

/// Cuts every text to its beginning.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(SHORT) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}
