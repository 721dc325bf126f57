//! The names that SBT-AWS (the SaaS Builder Toolkit) gives to these events, and the form of their detail.
//!
//! | verb | begun | succeeded | failed, stopped |
//! |---|---|---|---|
//! | `provision`, `adopt` | `onboardingRequest` | `provisionSuccess` | `provisionFailure` |
//! | `destroy`, `unwind`, `disown` | `offboardingRequest` | `deprovisionSuccess` | `deprovisionFailure` |
//! | `activate`, `resume` | `activateRequest` | `activateSuccess` | `activateFailure` |
//! | `deactivate`, `suspend` | `deactivateRequest` | `deactivateSuccess` | `deactivateFailure` |
//!
//! SBT-AWS has no names for the others: they have none here. In `DetailType` each name has `sbt_aws_` before it, as in the present
//! SBT-AWS; its first versions had not.

use serde::Serialize;
use serde_json::{Value, json};

use super::{LifecycleEvent, LifecycleKind};

/// The source of what is asked for.
pub const CONTROL_PLANE: &str = "sbt.control.plane";
/// The source of what was done.
pub const APPLICATION_PLANE: &str = "sbt.application.plane";

/// An event in the form of SBT-AWS.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SbtEvent {
    /// [`CONTROL_PLANE`] or [`APPLICATION_PLANE`].
    pub source: &'static str,
    /// Such as `sbt_aws_provisionSuccess`.
    pub detail_type: String,
    /// `tenantId` for all; `jobOutput` for what was done.
    pub detail: Value,
}

/// The event in the form of SBT-AWS; none for what has no name there, and for a platform, which is no tenant.
#[must_use]
pub fn sbt(event: &LifecycleEvent) -> Option<SbtEvent> {
    if event.tenant.tenant.is_platform() {
        return None;
    }
    let (request, done) = match event.verb.as_str() {
        "provision" | "adopt" => ("onboarding", "provision"),
        "destroy" | "unwind" | "disown" => ("offboarding", "deprovision"),
        "activate" | "resume" => ("activate", "activate"),
        "deactivate" | "suspend" => ("deactivate", "deactivate"),
        _ => return None,
    };
    let (tenant, id) = (event.tenant.tenant.as_str(), &event.id);
    let (source, name, detail) = match &event.kind {
        LifecycleKind::Begun => (
            CONTROL_PLANE,
            format!("{request}Request"),
            json!({"tenantId": tenant, "eventId": id, "tier": event.detail.get("tier")}),
        ),
        LifecycleKind::Succeeded => {
            let output =
                json!({"tenantData": event.detail, "tenantRegistrationData": {"registrationStatus": state(done)}});
            (
                APPLICATION_PLANE,
                format!("{done}Success"),
                json!({"tenantId": tenant, "eventId": id, "jobOutput": output}),
            )
        }
        LifecycleKind::Failed { reason } => (APPLICATION_PLANE, format!("{done}Failure"), failure(tenant, id, reason)),
        LifecycleKind::Unlocked => return None,
        LifecycleKind::Stopped => (APPLICATION_PLANE, format!("{done}Failure"), failure(tenant, id, "it was stopped")),
    };
    Some(SbtEvent { source, detail_type: format!("sbt_aws_{name}"), detail })
}

fn state(done: &str) -> &'static str {
    match done {
        "provision" => "created",
        "deprovision" => "deleted",
        "activate" => "activated",
        _ => "deactivated",
    }
}

fn failure(tenant: &str, id: &str, reason: &str) -> Value {
    json!({
        "tenantId": tenant,
        "eventId": id,
        "jobOutput": {"tenantRegistrationData": {"registrationStatus": "failed", "reason": reason}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::TenantKey;

    fn event(tenant: &str, verb: &str, kind: LifecycleKind) -> LifecycleEvent {
        let tenant = match tenant {
            "platform" => TenantKey::platform("dev".parse().unwrap()),
            tenant => TenantKey::new("dev".parse().unwrap(), tenant.parse().unwrap()),
        };
        LifecycleEvent {
            id: format!("{tenant}/1/abc"),
            tenant,
            seq: 1,
            at: 0,
            verb: verb.into(),
            kind,
            actor: "alice".into(),
            reason: None,
            detail: [("tier".to_owned(), "trial".to_owned())].into(),
        }
    }

    #[test]
    fn the_names_and_sources_are_those_of_sbt_aws() {
        let failed = LifecycleKind::Failed { reason: "no capacity".into() };
        let cases = [
            ("provision", "onboardingRequest", "provisionSuccess", "provisionFailure"),
            ("destroy", "offboardingRequest", "deprovisionSuccess", "deprovisionFailure"),
            ("activate", "activateRequest", "activateSuccess", "activateFailure"),
            ("deactivate", "deactivateRequest", "deactivateSuccess", "deactivateFailure"),
        ];
        for (verb, begun, succeeded, failure) in cases {
            let names = [
                (LifecycleKind::Begun, CONTROL_PLANE, begun),
                (LifecycleKind::Succeeded, APPLICATION_PLANE, succeeded),
                (failed.clone(), APPLICATION_PLANE, failure),
                (LifecycleKind::Stopped, APPLICATION_PLANE, failure),
            ];
            for (kind, source, name) in names {
                let named = sbt(&event("clinic", verb, kind)).unwrap();
                assert_eq!((named.source, named.detail_type), (source, format!("sbt_aws_{name}")));
                assert_eq!(named.detail["tenantId"], "clinic");
            }
        }
    }

    #[test]
    fn what_was_done_has_its_job_output_and_a_failure_its_reason() {
        let done = sbt(&event("clinic", "provision", LifecycleKind::Succeeded)).unwrap();
        assert_eq!(done.detail["jobOutput"]["tenantData"]["tier"], "trial");
        assert_eq!(done.detail["jobOutput"]["tenantRegistrationData"]["registrationStatus"], "created");
        let failed = LifecycleKind::Failed { reason: "no capacity".into() };
        let failed = sbt(&event("clinic", "destroy", failed)).unwrap();
        assert_eq!(failed.detail["jobOutput"]["tenantRegistrationData"]["reason"], "no capacity");
    }

    #[test]
    fn an_update_and_a_platform_have_no_name_there() {
        assert_eq!(sbt(&event("clinic", "update", LifecycleKind::Begun)), None);
        assert_eq!(sbt(&event("platform", "provision", LifecycleKind::Begun)), None);
    }
}
