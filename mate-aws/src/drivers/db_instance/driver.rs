//! The driver of database instances: a hundred described in one call, made and changed without waiting.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_rds::types::{DbInstance as Instance, Event, Filter, SourceType};
use mate_core::kinds::db_instance::{DbInstance, DbInstanceInputs};
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation,
    ProviderError, RetryStatus, Status, Target, UpdateRequest,
};

use super::actions;
use super::live::{is_stopped, live};
use super::power::Power;
use super::{diagnose, power, request};
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::findings::unread;
use crate::drivers::{Driver, fields, rds_tags};
use crate::policy::Actions;
use crate::secrets::{unlogged, without};
use crate::tags;

/// The most instances that a page holds.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>
const PAGE: usize = 100;

/// The age of the oldest events that a diagnosis reads, in minutes.
const EVENTS: i32 = 60;

#[derive(Debug)]
pub(crate) struct DbInstanceDriver;

#[async_trait]
impl Driver for DbInstanceDriver {
    fn model(&self) -> KindModel {
        DbInstance::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("rds", "auto-backup:"), ("rds", "cluster-snapshot:"), ("rds", "snapshot:")]
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let mut answers = Vec::with_capacity(targets.len());
        for targets in targets.chunks(PAGE) {
            let identifiers = targets.iter().flat_map(fields::known_as).collect();
            match describe(aws, &targets[0].address, identifiers).await {
                Ok(found) => answers.extend(targets.iter().map(|target| match pick(target, &found) {
                    Some(instance) => tags::judge(target, live(target, instance)),
                    None => Observation::Absent,
                })),
                Err(error) => {
                    answers.extend(targets.iter().map(|target| Observation::Unknown(fields::repeat(&error, target))))
                }
            }
        }
        answers
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "rds:CreateDBInstance";
        let target = &request.target;
        let inputs = target.typed::<DbInstance>()?;
        let password = request::password(aws, target, &inputs).await?;
        let call = request::create(aws, target, &inputs, &password)?;
        let made = unlogged(call.send()).await.map_err(failed(&target.address, CALL));
        match made.map_err(|error| fields::missing(without(&password, error))) {
            Ok(answer) => Ok(made_now(target, answer.db_instance)),
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = describe(aws, &target.address, vec![&target.name]).await?;
                let found = found.values().next().map(|instance| live(target, instance));
                fields::converge::<DbInstance>(self, aws, request, found, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "rds:ModifyDBInstance";
        let target = &request.target;
        let inputs = target.typed::<DbInstance>()?;
        let found = describe(aws, &target.address, fields::known_as(target)).await?;
        let instance = pick(target, &found);
        let present = fields::needed(target, CALL, instance.map(|instance| live(target, instance)))?;
        let changed = fields::to_change::<DbInstance>(request, &present);
        rds_tags::change(aws, request, &present, &changed).await?;
        let others: Vec<String> =
            changed.iter().filter(|field| !["tags", "stopped"].contains(&field.as_str())).cloned().collect();
        let Some(instance) = instance else { return Ok(present.into()) };
        let power = power::wanted(target, &inputs, instance, &changed, &others)?;
        if power == Power::Start {
            let started = power::start(aws, target, &present.physical_id).await;
            let started = unless_so_already(aws, target, false, started).await?;
            if !others.is_empty() {
                let message = "the database is starting: the other changes follow once it runs";
                return Err(power::later(target, "rds:StartDBInstance", message));
            }
            return Ok(started.into());
        }
        let mut answer = None;
        if !others.is_empty() {
            answer = modify(aws, target, &inputs, instance, &others).await?;
            if power == Power::Stop {
                let message = "the database is changing: it is stopped once that is done";
                return Err(power::later(target, "rds:StopDBInstance", message));
            }
        }
        if power == Power::Stop {
            let stopped = power::stop(aws, target, &present.physical_id).await;
            return Ok(unless_so_already(aws, target, true, stopped).await?.into());
        }
        Ok(answer.map_or(present, |instance| live(target, &instance)).into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "rds:DeleteDBInstance";
        let target = &request.target;
        let found = describe(aws, &target.address, fields::known_as(target)).await?;
        let Some(instance) = pick(target, &found) else { return Ok(Deleted::Gone) };
        let present = live(target, instance);
        if !target.accepts(&present.tags) {
            return Err(tags::refuse(target, CALL, &present.tags));
        }
        if present.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let refused = |class, message: &str| {
            Err(ProviderError::new(class, CALL, target.address.clone())
                .with_message(message)
                .with_retry(RetryStatus::Permanent))
        };
        if instance.deletion_protection() == Some(true) {
            let message = match is_stopped(instance) {
                false => {
                    "deletion protection is on: turn deletion_protection off in the tenant's database and apply that first"
                }
                true => {
                    "deletion protection is on, and RDS changes nothing of a stopped database: resume the tenant, turn \
                     deletion_protection off in its database, and apply that first"
                }
            };
            return refused(ErrorClass::Invalid, message);
        }
        let call = aws.rds.delete_db_instance().db_instance_identifier(&present.physical_id);
        let call = match &request.data {
            DataPolicy::Discard => call.skip_final_snapshot(true),
            DataPolicy::Keep { final_snapshot: Some(name) } => {
                call.skip_final_snapshot(false).final_db_snapshot_identifier(name)
            }
            _ => {
                return refused(
                    ErrorClass::Dependency,
                    "it holds the database: give the final snapshot a name, or consent to losing the data",
                );
            }
        };
        let call = call.delete_automated_backups(true);
        let going = call.send().await.map_err(failed(&target.address, CALL));
        Ok(fields::unless_absent(going)?.map_or(Deleted::Gone, |_| Deleted::Going))
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let found = describe(aws, &target.address, fields::known_as(target)).await?;
        let Some(instance) = pick(target, &found) else { return Ok(Vec::new()) };
        let mut findings: Vec<Diagnosis> = diagnose::standing(instance).into_iter().collect();
        findings.extend(diagnose::unapplied(instance));
        match events(aws, target, instance).await {
            Ok(events) => findings.extend(diagnose::events(events)),
            Err(error) => findings.push(unread(&error)),
        }
        Ok(findings)
    }
}

/// Makes the named changes at once.
async fn modify(
    aws: &Aws,
    target: &Target,
    inputs: &DbInstanceInputs,
    instance: &Instance,
    fields: &[String],
) -> Result<Option<Instance>, ProviderError> {
    let password = match fields.iter().any(|field| field.starts_with("master_user_secret_")) {
        true => Some(request::password(aws, target, inputs).await?),
        false => None,
    };
    let call = request::modify(aws, target, inputs, instance, fields, password.as_ref())?;
    let answer = unlogged(call.send()).await.map_err(failed(&target.address, "rds:ModifyDBInstance"));
    let answer = answer.map_err(|error| match &password {
        Some(password) => without(password, error),
        None => error,
    })?;
    Ok(answer.db_instance)
}

/// The instance after a start or a stop. RDS refuses the call where an earlier one has done it; another look tells that
/// case from an instance that is busy with something else.
async fn unless_so_already(
    aws: &Aws,
    target: &Target,
    stopped: bool,
    answer: Result<Option<Instance>, ProviderError>,
) -> Result<Live, ProviderError> {
    let refused = match answer {
        Ok(Some(instance)) => return Ok(live(target, &instance)),
        Ok(None) => None,
        Err(error) if error.class == ErrorClass::Conflict => Some(error),
        Err(error) => return Err(error),
    };
    let found = describe(aws, &target.address, fields::known_as(target)).await?;
    let instance = pick(target, &found).filter(|instance| is_stopped(instance) == stopped);
    match (instance, refused) {
        (Some(instance), _) => Ok(live(target, instance)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(power::later(target, "rds:DescribeDBInstances", "the change cannot be seen yet")),
    }
}

fn made_now(target: &Target, instance: Option<Instance>) -> Created {
    let instance = instance.unwrap_or_else(|| {
        Instance::builder().db_instance_identifier(&target.name).db_instance_status("creating").build()
    });
    live(target, &instance).into()
}

/// The instances of these identifiers, a hundred a call.
async fn describe(
    aws: &Aws,
    address: &Address,
    identifiers: Vec<&str>,
) -> Result<BTreeMap<String, Instance>, ProviderError> {
    let mut found = BTreeMap::new();
    for identifiers in identifiers.chunks(PAGE) {
        let wanted = identifiers.iter().map(|id| (*id).to_owned()).collect();
        let filter = Filter::builder().name("db-instance-id").set_values(Some(wanted)).build();
        let mut marker = None;
        loop {
            let answer = aws
                .rds
                .describe_db_instances()
                .filters(filter.clone())
                .max_records(PAGE as i32)
                .set_marker(marker)
                .send()
                .await
                .map_err(failed(address, "rds:DescribeDBInstances"));
            let Some(answer) = fields::unless_absent(answer)? else { break };
            let named =
                |instance: &Instance| identifiers.contains(&instance.db_instance_identifier().unwrap_or_default());
            let instances = answer.db_instances.unwrap_or_default().into_iter().filter(named);
            found.extend(instances.map(|i| (i.db_instance_identifier().unwrap_or_default().to_owned(), i)));
            marker = answer.marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

fn pick<'a>(target: &Target, found: &'a BTreeMap<String, Instance>) -> Option<&'a Instance> {
    fields::known_as(target).into_iter().find_map(|id| found.get(id))
}

/// The events of the last hour.
async fn events(aws: &Aws, target: &Target, instance: &Instance) -> Result<Vec<Event>, ProviderError> {
    let answer = aws
        .rds
        .describe_events()
        .set_source_identifier(instance.db_instance_identifier.clone())
        .source_type(SourceType::DbInstance)
        .duration(EVENTS)
        .send()
        .await
        .map_err(failed(&target.address, "rds:DescribeEvents"))?;
    Ok(answer.events.unwrap_or_default())
}
