//! The rules between fields.

use std::collections::{BTreeMap, BTreeSet};

use super::compliance::ComplianceSpec;
use super::database::DatabaseSpec;
use super::error::{SpecError, quoted};
use super::exposure::Exposure;
use super::service::{ServiceRole, ServiceSpec};
use super::tenant::{Parts, Services};
use super::values::Gib;
use crate::model::ids::TenantId;

/// Most services of one tenant.
const MOST_SERVICES: usize = 20;

/// The id under which a platform's own record is kept is no tenant's.
pub(crate) fn check_id(path: &str, id: &str, errors: &mut Vec<SpecError>) {
    if TenantId::new(id).is_ok_and(|id| id.is_platform()) {
        errors.push(SpecError::new(path, "is reserved for the platform").allowed("another name").given(quoted(id)));
    }
}

pub(crate) fn check(parts: &Parts, errors: &mut Vec<SpecError>) {
    database(&parts.database, errors);
    hipaa(parts, errors);
    if let Some(layout) = &parts.storage.layout {
        layout.check(errors);
    }
    if let Services::List(list) = &parts.services {
        services(list, errors);
    }
}

fn database(database: &DatabaseSpec, errors: &mut Vec<SpecError>) {
    let (Some(max), allocated) = (database.max_storage, database.allocated_storage) else { return };
    let least = allocated.map_or(Gib::MIN.get(), Gib::get);
    if max.get() > least {
        return;
    }
    let by_default = if allocated.is_some() { "" } else { " by default" };
    let error = SpecError::new(
        "database.max_storage_gib",
        format!("must be greater than `database.allocated_storage_gib`, which is {least}{by_default}"),
    );
    errors.push(if least == Gib::MAX.get() {
        error.allowed("nothing: leave it out, storage of this size cannot grow").given(max)
    } else {
        error.allowed(format!("{} to {} GiB", least + 1, Gib::MAX)).given(max)
    });
}

fn hipaa(parts: &Parts, errors: &mut Vec<SpecError>) {
    if parts.compliance.hipaa != Some(true) {
        return;
    }
    if parts.storage.s3_versioning == Some(false) {
        errors.push(
            SpecError::new("storage.s3_versioning", "must be on under `compliance.hipaa`").allowed("true").given(false),
        );
    }
    let least = ComplianceSpec::HIPAA_RETENTION_DAYS;
    if let Some(days) = parts.compliance.data_retention.filter(|days| days.get() < least) {
        errors.push(
            SpecError::new("compliance.data_retention_days", "is too short under `compliance.hipaa`")
                .allowed(format!("{least} days (7 years) or more"))
                .given(days),
        );
    }
}

fn services(list: &[ServiceSpec], errors: &mut Vec<SpecError>) {
    if list.is_empty() || list.len() > MOST_SERVICES {
        errors.push(
            SpecError::new("services", "has too few or too many services")
                .allowed(format!("1 to {MOST_SERVICES} services; leave it out for django, celery and beat"))
                .given(list.len()),
        );
    }
    let mut names = BTreeSet::new();
    let mut catch_all = BTreeMap::new();
    let mut taken = BTreeMap::new();
    for service in list {
        let path = format!("services.{}", service.name);
        if !names.insert(&service.name) {
            errors.push(
                SpecError::new(format!("{path}.name"), "is the name of another service as well")
                    .allowed("a name of its own for each service")
                    .given(quoted(service.name.as_str())),
            );
        }
        command(&path, &service.command, errors);
        if service.role == ServiceRole::Scheduler && (service.minimum_healthy.is_some() || service.maximum.is_some()) {
            let problem = "has percentages of a deployment: a scheduler is stopped before the next one starts";
            errors.push(SpecError::new(path.clone(), problem).allowed("no minimum_healthy_percent or maximum_percent"));
        }
        let ServiceRole::Web { exposure, .. } = &service.role else {
            requests(&path, service, errors);
            continue;
        };
        let listener = exposure.listener_port();
        if exposure.paths.is_empty()
            && let Some(other) = catch_all.insert(listener, &service.name)
        {
            errors.push(
                SpecError::new(
                    format!("{path}.exposure.path_patterns"),
                    format!(
                        "is empty, but service {other} takes everything else on listener {} already",
                        listener.get()
                    ),
                )
                .allowed("path patterns, or a listener of its own"),
            );
        }
        if exposure.paths.len() > Exposure::MOST_PATHS {
            errors.push(
                SpecError::new(format!("{path}.exposure.path_patterns"), "has too many patterns")
                    .allowed(format!("up to {}", Exposure::MOST_PATHS))
                    .given(exposure.paths.len()),
            );
        }
        for pattern in &exposure.paths {
            if let Some(other) = taken.insert((listener, pattern), &service.name) {
                errors.push(
                    SpecError::new(
                        format!("{path}.exposure.path_patterns"),
                        format!("has a pattern that service {other} has on listener {} already", listener.get()),
                    )
                    .allowed("patterns of its own")
                    .given(quoted(pattern.as_str())),
                );
            }
        }
    }
}

fn command(path: &str, command: &[String], errors: &mut Vec<SpecError>) {
    let bad = |word: &&String| word.is_empty() || word.len() > 4096 || word.contains('\0');
    if command.len() > 100 {
        let error = SpecError::new(format!("{path}.command"), "is too long").allowed("up to 100 words");
        errors.push(error.given(command.len()));
    }
    if let Some(word) = command.iter().find(bad) {
        errors.push(
            SpecError::new(format!("{path}.command"), "has a word that cannot be passed")
                .allowed("words of 1 to 4096 bytes without NUL")
                .given(quoted(word)),
        );
    }
}

fn requests(path: &str, service: &ServiceSpec, errors: &mut Vec<SpecError>) {
    if let ServiceRole::Worker { scaling } = &service.role
        && let Some(requests) = scaling.autoscaling.as_ref().and_then(|scaling| scaling.target_requests)
    {
        errors.push(
            SpecError::new(
                format!("{path}.autoscaling.target_requests"),
                "can only be asked of a service behind the load balancer",
            )
            .allowed("nothing here, or the role \"web\"")
            .given(requests),
        );
    }
}
