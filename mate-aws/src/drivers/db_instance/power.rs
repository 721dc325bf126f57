//! Stopping and starting. RDS stops what is available and changes nothing of what is stopped.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>

use aws_sdk_rds::types::DbInstance as Instance;
use mate_core::kinds::db_instance::{DbInstance, DbInstanceInputs};
use mate_core::model::Kind;
use mate_core::provider::{ErrorClass, ProviderError, RetryStatus, Target};

use super::live::is_stopped;
use crate::classify::failed;
use crate::context::Aws;

/// The start or stop that an update makes beside the other changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// The instance is as it should be.
    Stay,
    /// The instance is started before anything is changed.
    Start,
    /// The instance is stopped once everything else is changed.
    Stop,
}

/// The start or stop that the named changes ask for. `others` are the fields to change except `stopped` and the tags,
/// which RDS changes in any state.
pub(super) fn wanted(
    target: &Target,
    inputs: &DbInstanceInputs,
    instance: &Instance,
    changed: &[String],
    others: &[String],
) -> Result<Power, ProviderError> {
    let named = changed.iter().any(|field| field == "stopped");
    let refused = |message: String| {
        Err(ProviderError::new(ErrorClass::Invalid, "rds:ModifyDBInstance", target.address.clone())
            .with_message(message)
            .with_retry(RetryStatus::Permanent))
    };
    let list = others.join(", ");
    match (inputs.stopped, is_stopped(instance)) {
        (true, true) if !others.is_empty() => {
            refused(format!("RDS changes nothing of a stopped database: resume the tenant first, then change {list}"))
        }
        (true, false) if named => {
            // Whether AWS has such a value already cannot be read, so a repeated call would write it for ever.
            let blind = |field: &String| DbInstance::model().field(field).is_some_and(|rule| rule.write_only);
            if others.iter().any(blind) {
                return refused(format!("change {list} first, and stop the database after that"));
            }
            Ok(Power::Stop)
        }
        (false, true) if named => Ok(Power::Start),
        _ => Ok(Power::Stay),
    }
}

/// Starts it.
pub(super) async fn start(aws: &Aws, target: &Target, id: &str) -> Result<Option<Instance>, ProviderError> {
    let answer = aws.rds.start_db_instance().db_instance_identifier(id).send().await;
    Ok(answer.map_err(failed(&target.address, "rds:StartDBInstance"))?.db_instance)
}

/// Stops it.
pub(super) async fn stop(aws: &Aws, target: &Target, id: &str) -> Result<Option<Instance>, ProviderError> {
    let answer = aws.rds.stop_db_instance().db_instance_identifier(id).send().await;
    Ok(answer.map_err(failed(&target.address, "rds:StopDBInstance"))?.db_instance)
}

/// The rest follows when RDS is done with this: the call is to be repeated.
pub(super) fn later(target: &Target, operation: &str, message: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Conflict, operation, target.address.clone()).with_message(message)
}

#[cfg(test)]
mod tests;
