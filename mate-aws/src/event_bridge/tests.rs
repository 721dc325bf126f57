use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::operation::put_events::{PutEventsError, PutEventsOutput};
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use aws_sdk_eventbridge::types::error::InternalException;
use aws_smithy_mocks::mock;
use mate_core::model::ids::TenantKey;
use mate_core::outbox::LifecycleKind;
use mate_core::provider::RetryStatus;
use serde_json::{Value, json};

use super::*;
use crate::drivers::testing::{client, code};

fn event(kind: LifecycleKind) -> LifecycleEvent {
    let tenant = TenantKey::new("dev".parse().unwrap(), "clinic".parse().unwrap());
    LifecycleEvent {
        id: "dev/clinic/2/0123456789abcdef".into(),
        tenant,
        seq: 2,
        at: 1_767_225_600,
        verb: "provision".into(),
        kind,
        actor: "alice".into(),
        reason: Some("ticket 4711".into()),
        detail: [("tier".to_owned(), "trial".to_owned())].into(),
    }
}

fn failure(reason: &str) -> LifecycleEvent {
    event(LifecycleKind::Failed { reason: reason.into() })
}

fn mate() -> Form {
    Form::Mate { source: "mate".into() }
}

fn sink(client: Client, form: Form) -> EventBridgeSink {
    EventBridgeSink { client, bus: "tenants".into(), form }
}

fn accepted() -> PutEventsOutput {
    let entry = PutEventsResultEntry::builder().event_id("11710aed").build();
    PutEventsOutput::builder().failed_entry_count(0).entries(entry).build()
}

fn refused(code: &str) -> PutEventsOutput {
    let entry = PutEventsResultEntry::builder().error_code(code).error_message("said the service").build();
    PutEventsOutput::builder().failed_entry_count(1).entries(entry).build()
}

/// A sink whose answers are these, in their order, and the entries that it sends.
fn answered(form: Form, answers: Vec<PutEventsOutput>) -> (EventBridgeSink, Arc<Mutex<Vec<PutEventsRequestEntry>>>) {
    let (sent, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(VecDeque::from(answers))));
    let kept = Arc::clone(&sent);
    let rule = mock!(Client::put_events)
        .match_requests(move |request| {
            kept.lock().unwrap().extend(request.entries().iter().cloned());
            true
        })
        .then_compute_output(move |_| answers.lock().unwrap().pop_front().unwrap());
    (sink(client!(aws_sdk_eventbridge, any, [rule]), form), sent)
}

fn detail_of(entry: &PutEventsRequestEntry) -> Value {
    serde_json::from_str(entry.detail().unwrap()).unwrap()
}

#[tokio::test]
async fn an_event_is_one_entry_that_says_whose_it_is_and_what_tells_a_repetition() {
    let (sink, sent) = answered(mate(), vec![accepted()]);
    sink.deliver(&failure("no capacity")).await.unwrap();
    let sent = sent.lock().unwrap();
    let [entry] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((entry.event_bus_name(), entry.source()), (Some("tenants"), Some("mate")));
    assert_eq!(entry.detail_type(), Some("provision.failed"));
    assert_eq!(entry.time().unwrap().secs(), 1_767_225_600, "when it happened, not when it was sent");
    let wanted = json!({
        "id": "dev/clinic/2/0123456789abcdef", "environment": "dev", "tenant": "clinic", "seq": 2, "time": 1_767_225_600,
        "verb": "provision", "outcome": "failed", "failure": "no capacity", "actor": "alice", "reason": "ticket 4711",
        "detail": {"tier": "trial"},
    });
    assert_eq!(detail_of(entry), wanted);
}

#[tokio::test]
async fn the_names_of_sbt_aws_come_from_its_adapter_and_what_has_none_is_not_sent() {
    let (sink, sent) = answered(Form::SbtAws, vec![accepted()]);
    sink.deliver(&event(LifecycleKind::Succeeded)).await.unwrap();
    sink.deliver(&LifecycleEvent { verb: "deploy".into(), ..event(LifecycleKind::Succeeded) }).await.unwrap();
    let sent = sent.lock().unwrap();
    let [entry] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(entry.source(), Some("sbt.application.plane"));
    assert_eq!(entry.detail_type(), Some("sbt_aws_provisionSuccess"));
    assert_eq!(detail_of(entry)["jobOutput"]["tenantData"]["tier"], "trial");
    assert_eq!(detail_of(entry)["eventId"], "dev/clinic/2/0123456789abcdef");
}

/// Every code of the API reference of `PutEventsResultEntry`.
#[tokio::test]
async fn an_entry_that_fails_in_a_good_answer_is_a_failure_and_its_code_says_whether_to_try_again() {
    for (code, class, retry) in [
        ("InternalFailure", ErrorClass::Transient, RetryStatus::Temporary),
        ("ThrottlingException", ErrorClass::Throttled, RetryStatus::Temporary),
        ("AccessDeniedException", ErrorClass::Denied, RetryStatus::Permanent),
        ("InvalidAccountIdException", ErrorClass::Invalid, RetryStatus::Permanent),
        ("InvalidArgument", ErrorClass::Invalid, RetryStatus::Permanent),
        ("MalformedDetail", ErrorClass::Invalid, RetryStatus::Permanent),
        ("RedactionFailure", ErrorClass::Invalid, RetryStatus::Permanent),
        ("NotAuthorizedForSourceException", ErrorClass::Denied, RetryStatus::Permanent),
        ("NotAuthorizedForDetailTypeException", ErrorClass::Denied, RetryStatus::Permanent),
        ("SomethingNew", ErrorClass::Invalid, RetryStatus::Permanent),
    ] {
        let (sink, _) = answered(mate(), vec![refused(code)]);
        let error = sink.deliver(&event(LifecycleKind::Begun)).await.unwrap_err();
        assert_eq!(error.retry, retry, "{code}");
        let cause = error.source.downcast_ref::<ProviderError>().unwrap();
        assert_eq!((cause.class, cause.code.as_deref()), (class, Some(code)));
        assert_eq!(cause.message.as_deref(), Some("said the service"));
        assert!(cause.to_string().contains("dev/clinic/outbox"), "{cause}");
    }
}

#[tokio::test]
async fn an_answer_that_names_no_event_is_no_delivery() {
    let counted = PutEventsOutput::builder().failed_entry_count(1).build();
    let empty = PutEventsOutput::builder().failed_entry_count(0).build();
    for answer in [counted, empty] {
        let (sink, _) = answered(mate(), vec![answer]);
        let error = sink.deliver(&event(LifecycleKind::Begun)).await.unwrap_err();
        assert_eq!(error.retry, RetryStatus::Temporary, "it comes again, with the same id");
    }
}

#[tokio::test]
async fn an_error_of_the_whole_call_is_classed_as_that_of_any_other() {
    let rule = mock!(Client::put_events).then_error(|| {
        PutEventsError::InternalException(InternalException::builder().meta(code("InternalException")).build())
    });
    let sink = sink(client!(aws_sdk_eventbridge, [rule]), mate());
    let error = sink.deliver(&event(LifecycleKind::Begun)).await.unwrap_err();
    let cause = error.source.downcast_ref::<ProviderError>().unwrap();
    assert_eq!((error.retry, cause.class), (RetryStatus::Temporary, ErrorClass::Ambiguous));
}

#[test]
fn the_rate_budget_hears_of_a_throttle_within_a_good_answer() {
    assert_eq!(answer(&accepted()), Answer::Done);
    assert_eq!(answer(&refused("ThrottlingException")), Answer::Throttled);
    assert_eq!(answer(&refused("InternalFailure")), Answer::Failed);
    assert_eq!(answer(&refused("MalformedDetail")), Answer::Done);
}

#[test]
fn an_event_that_is_too_large_is_cut_so_that_it_holds_back_no_other() {
    for form in [mate(), Form::SbtAws] {
        let fits = entry(&form, "tenants", &failure(&"ä".repeat(499_000))).unwrap().unwrap();
        assert!(!fits.detail().unwrap().contains("shortened"));
        let cut = entry(&form, "tenants", &failure(&"ä".repeat(500_000))).unwrap().unwrap();
        let detail = detail_of(&cut);
        let failure = match form {
            Form::SbtAws => &detail["jobOutput"]["tenantRegistrationData"]["reason"],
            Form::Mate { .. } => &detail["failure"],
        };
        assert_eq!(failure.as_str().unwrap(), format!("{}…", "ä".repeat(1_000)));
        assert_eq!(detail["shortened"], true);
        let id = detail.get("id").or(detail.get("eventId")).unwrap();
        assert_eq!(id, "dev/clinic/2/0123456789abcdef", "what tells a repetition is left");
    }
}

#[test]
fn what_does_not_fit_however_it_is_cut_is_refused_here() {
    let mut event = event(LifecycleKind::Succeeded);
    event.detail = (0..100_000).map(|number| (format!("key {number}"), String::new())).collect();
    let error = entry(&mate(), "tenants", &event).unwrap().unwrap_err();
    assert!(error.to_string().contains("dev/clinic/2/0123456789abcdef"), "{error}");
}
