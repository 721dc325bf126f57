//! No error tells its cause in its own words: whoever prints the chain reads each reason once.

use std::error::Error as _;
use std::time::Duration;

use super::Error;
use crate::adopt::SourceError;
use crate::engine::{Failure, RunError};
use crate::model::ids::{Environment, KindName, NodeId, TenantId, TenantKey};
use crate::model::{GraphError, UnknownKind};
use crate::outbox::SinkError;
use crate::plan::{AmendError, MissingConsent, NodeProblem, PlanError, PlanJsonError};
use crate::provider::{ErrorClass, ProviderError};
use crate::spec::{LoadError, SpecError, SpecErrors};
use crate::state::{Holder, IllegalTransition, LogBroken, LogFault, RecordError, StoreError};
use crate::vocab::{Consent, ConsentRisk, OpId, TenantPhase, TenantVerb, Verb};

fn node() -> NodeId {
    "db".parse().unwrap()
}

fn kind() -> KindName {
    "rds:DBInstance".parse().unwrap()
}

fn environment() -> Environment {
    "dev".parse().unwrap()
}

fn key() -> TenantKey {
    TenantKey::new(environment(), TenantId::new("clinic").unwrap())
}

fn io() -> std::io::Error {
    std::io::Error::other("the disk is full")
}

fn json() -> serde_json::Error {
    serde_json::from_str::<u8>("x").unwrap_err()
}

fn spec() -> SpecErrors {
    SpecErrors::from_list([SpecError::new("database.storage", "is too small")]).unwrap()
}

fn provider() -> ProviderError {
    let mut error = ProviderError::new(ErrorClass::Denied, "rds:CreateDBInstance", key().node(node()));
    error.source = Some(Box::new(io()));
    error.with_code("AccessDenied").with_message("not authorized")
}

fn problem() -> NodeProblem {
    NodeProblem { node: node(), kind: kind(), problem: "is another tenant's".into() }
}

fn graph() -> GraphError {
    GraphError::Dangling { from: node(), to: "secret".parse().unwrap() }
}

fn unknown() -> UnknownKind {
    UnknownKind(kind())
}

fn holder() -> Holder {
    Holder { owner: "b".into(), fence: 3, expires_at: 9, ttl: 30, renewals: 0 }
}

fn failure() -> Failure {
    Failure {
        operation: OpId { node: node(), verb: Verb::Create, name: "mate-clinic-dev-db".into() },
        kind: kind(),
        reason: "no capacity".into(),
        error: Some(provider()),
        diagnoses: Vec::new(),
        advice: "try again".into(),
    }
}

fn plans() -> Vec<PlanError> {
    let all = vec![
        PlanError::Impossible(Vec::new()),
        PlanError::Foreign(vec![problem()]),
        PlanError::Unknown(vec![problem()]),
        PlanError::Missing(vec![problem()]),
        PlanError::Deleting(vec![problem()]),
        PlanError::Unobserved(vec![problem()]),
        PlanError::Misfit(vec![problem()]),
        PlanError::Graph(graph()),
        PlanError::Record(graph()),
        PlanError::Kind(unknown()),
        PlanError::OtherTenant { wanted: key(), found: key() },
    ];
    for (at, error) in all.iter().enumerate() {
        // A new variant does not compile until it has a place here, and is not met until it has a sample.
        let place = match error {
            PlanError::Impossible(_) => 0,
            PlanError::Foreign(_) => 1,
            PlanError::Unknown(_) => 2,
            PlanError::Missing(_) => 3,
            PlanError::Deleting(_) => 4,
            PlanError::Unobserved(_) => 5,
            PlanError::Misfit(_) => 6,
            PlanError::Graph(_) => 7,
            PlanError::Record(_) => 8,
            PlanError::Kind(_) => 9,
            PlanError::OtherTenant { .. } => 10,
        };
        assert_eq!(place, at);
    }
    all
}

fn amendments() -> Vec<AmendError> {
    let all = vec![
        AmendError::NoSuchNode(node()),
        AmendError::Taken(node()),
        AmendError::Both(node()),
        AmendError::LeftOver(node()),
        AmendError::NotReady(node()),
        AmendError::NotThere { node: node(), problem: "is gone".into() },
        AmendError::Kind(unknown()),
    ];
    for (at, error) in all.iter().enumerate() {
        let place = match error {
            AmendError::NoSuchNode(_) => 0,
            AmendError::Taken(_) => 1,
            AmendError::Both(_) => 2,
            AmendError::LeftOver(_) => 3,
            AmendError::NotReady(_) => 4,
            AmendError::NotThere { .. } => 5,
            AmendError::Kind(_) => 6,
        };
        assert_eq!(place, at);
    }
    all
}

fn records() -> Vec<RecordError> {
    let journal = IllegalTransition { before: None, after: "done" };
    let all = vec![
        RecordError::Newer { found: 9, supported: 3 },
        RecordError::Malformed(json()),
        RecordError::Damaged("a node has no name"),
        RecordError::Digest,
        RecordError::Journal(journal),
        RecordError::OtherKey(key()),
        RecordError::TooDeep("the spec".into()),
    ];
    for (at, error) in all.iter().enumerate() {
        let place = match error {
            RecordError::Newer { .. } => 0,
            RecordError::Malformed(_) => 1,
            RecordError::Damaged(_) => 2,
            RecordError::Digest => 3,
            RecordError::Journal(_) => 4,
            RecordError::OtherKey(_) => 5,
            RecordError::TooDeep(_) => 6,
        };
        assert_eq!(place, at);
    }
    all
}

/// Of the store's errors, those that have a cause.
fn stores() -> Vec<StoreError> {
    let mut all = vec![
        StoreError::Conflict { key: key(), expected: 1, found: None },
        StoreError::Held { key: key(), holder: holder() },
        StoreError::Fenced { key: key(), fence: 1, holder: Some(holder()) },
        StoreError::BrokenLog { key: key(), seq: 4 },
        StoreError::temporary("write a record", io()),
    ];
    all.extend(records().into_iter().map(|source| StoreError::Unreadable { key: key(), source }));
    all.extend(records().into_iter().map(|source| StoreError::Unwritable { key: key(), source }));
    all
}

fn runs() -> Vec<RunError> {
    let mut all = vec![
        RunError::Failed { key: key(), failures: vec![failure()], skipped: Vec::new(), total: 3 },
        RunError::Cancelled { key: key(), done: 1, total: 3 },
        RunError::Deadline { key: key(), done: 1, total: 3 },
        RunError::LeftOver { key: key(), left: vec!["arn:aws:s3:::a".into()] },
        RunError::Sweep { key: key(), source: Box::new(provider()) },
    ];
    for error in &all {
        match error {
            RunError::Failed { .. }
            | RunError::Cancelled { .. }
            | RunError::Deadline { .. }
            | RunError::LeftOver { .. }
            | RunError::Sweep { .. }
            | RunError::Store { .. } => {}
        }
    }
    all.extend(stores().into_iter().map(|source| RunError::Store { key: key(), source, in_flight: Vec::new() }));
    all
}

fn others() -> Vec<Box<dyn std::error::Error>> {
    let path = std::path::PathBuf::from("a.toml");
    vec![
        Box::new(PlanJsonError::Malformed(json())),
        Box::new(LoadError::Read { path: path.clone(), source: io() }),
        Box::new(LoadError::Invalid { path, source: spec() }),
        Box::new(SinkError::temporary("send it", io())),
        Box::new(provider()),
        Box::new(graph()),
        Box::new(unknown()),
        Box::new(spec()),
    ]
}

fn errors() -> Vec<Error> {
    let reason = || Box::new(RunError::Failed { key: key(), failures: vec![failure()], skipped: vec![], total: 1 });
    let (verb, phase, window) = (TenantVerb::Scale, TenantPhase::Suspended, None);
    let consent = Consent { node: node(), risk: ConsentRisk::DataLoss };
    let mut all = vec![
        Error::Spec(spec()),
        Error::Graph(graph()),
        Error::Source(SourceError::NotJson { command: "terraform", line: 1, column: 1 }),
        Error::Log(LogBroken { tenant: key(), seq: 1, why: LogFault::Changed }),
        Error::Sink(SinkError::permanent("send it", io())),
        Error::SinkSilent { sink: "a".into(), within: Duration::from_secs(60) },
        Error::Stale { key: key(), planned: 1, present: 2 },
        Error::Consent(vec![MissingConsent { consent, text: "loses it".into() }]),
        Error::Provider(provider()),
        Error::OtherPlace { wanted: "a".into(), present: "b".into() },
        Error::OtherPlatform { environment: environment(), recorded: "a".into(), wanted: "b".into() },
        Error::TenantsStand { environment: environment(), tenants: vec![key().tenant] },
        Error::PlatformGoing(environment()),
        Error::NotFound(key()),
        Error::NothingInterrupted(key()),
        Error::SpecNotRecorded(key()),
        Error::DataGone { key: key(), verb, lost: vec![(node(), kind())] },
        Error::NotPossible { key: key(), reason: "goes first" },
        Error::IllegalTransition { key: key(), phase, possible: phase.possible().collect(), verb },
        Error::RolledBack { key: key(), release: Some(2), to: Some(1), reason: reason() },
        Error::PutBack { key: key(), reason: reason() },
        Error::NotTheTime { key: key(), window, next: None, needs: Duration::ZERO, left: None },
        Error::Maintenance { key: key(), reason: reason() },
        Error::CannotWait { verb },
        Error::NoExitCode(key()),
        Error::NoImage { image: "django:v1".into(), source: provider() },
        Error::NoRelease { key: key(), to: None, known: vec![1] },
        Error::Protected(key()),
    ];
    let alone = all.len();
    all.extend(plans().into_iter().map(Error::Plan));
    all.extend(stores().into_iter().map(Error::Store));
    all.extend(runs().into_iter().map(Error::from));
    all.extend(amendments().into_iter().map(|source| Error::Amend { key: key(), source }));
    for (at, error) in all.iter().enumerate() {
        // A new variant does not compile until it stands here.
        let nests = match error {
            Error::Plan(_) | Error::Store(_) | Error::Run(_) | Error::Amend { .. } => true,
            Error::Spec(_)
            | Error::Graph(_)
            | Error::Source(_)
            | Error::Log(_)
            | Error::Sink(_)
            | Error::SinkSilent { .. }
            | Error::Stale { .. }
            | Error::Consent(_)
            | Error::Provider(_)
            | Error::OtherPlace { .. }
            | Error::OtherPlatform { .. }
            | Error::TenantsStand { .. }
            | Error::PlatformGoing(_)
            | Error::NotFound(_)
            | Error::NothingInterrupted(_)
            | Error::SpecNotRecorded(_)
            | Error::DataGone { .. }
            | Error::NotPossible { .. }
            | Error::IllegalTransition { .. }
            | Error::RolledBack { .. }
            | Error::PutBack { .. }
            | Error::NotTheTime { .. }
            | Error::Maintenance { .. }
            | Error::CannotWait { .. }
            | Error::NoExitCode(_)
            | Error::NoImage { .. }
            | Error::NoRelease { .. }
            | Error::Protected(_) => false,
        };
        assert_eq!(nests, at >= alone, "{error}");
    }
    all
}

#[test]
fn no_message_of_a_chain_holds_the_next_one() {
    let boxed = |error: Error| -> Box<dyn std::error::Error> { Box::new(error) };
    let (mut chains, mut repeated) = (0, Vec::new());
    for error in errors().into_iter().map(boxed).chain(others()) {
        let mut present: &dyn std::error::Error = &*error;
        while let Some(cause) = present.source() {
            chains += 1;
            if present.to_string().contains(&cause.to_string()) {
                repeated.push(format!("`{present}` tells `{cause}`"));
            }
            present = cause;
        }
    }
    assert_eq!(repeated, [""; 0]);
    assert!(chains > 30, "{chains}");
}

#[test]
fn a_failure_tells_once_what_the_cloud_says_as_well() {
    let told = |reason: &str, finding: &str| {
        let diagnosis = crate::provider::Diagnosis {
            finding: finding.into(),
            advice: Some("look at it".into()),
            terminal: false,
            concern: None,
        };
        Failure { reason: reason.into(), diagnoses: vec![diagnosis], ..failure() }.to_string()
    };
    let end = "(look at it). Next: try again";
    let begin = "to create db (rds:DBInstance `mate-clinic-dev-db`): ";
    assert_eq!(told("exit code 1", "exit code 1"), format!("{begin}exit code 1 {end}"));
    assert_eq!(told("exit code 1", "task 7: exit code 1"), format!("{begin}task 7: exit code 1 {end}"));
    assert_eq!(told("exit code 1", "no route"), format!("{begin}exit code 1; no route {end}"));
}

#[test]
fn what_went_back_by_itself_has_its_reason_in_its_text_alone() {
    for error in errors() {
        if matches!(error, Error::RolledBack { .. } | Error::PutBack { .. } | Error::Maintenance { .. }) {
            assert!(error.to_string().contains("no capacity"), "{error}");
            assert!(error.source().is_none(), "{error}");
        }
    }
}
