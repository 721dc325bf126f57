//! One-off commands: a task of a service's image, its exit code and the last lines of its log.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Error, Inner, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::carry::Way;
use crate::client::resume;
use crate::engine::RunError;
use crate::engine::{Cancellation, EventSender};
use crate::kinds::Task;
use crate::lifecycle::Change;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::resolve;
use crate::plan::{Action, Plan};
use crate::provider::{Claim, Concern, Live, Observation, Target};
use crate::spec::SpecErrors;
use crate::vocab::Consents;
use crate::vocab::{Command, CommandRun, TenantVerb};

/// The result of a one-off command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct CommandOutput {
    /// The tenant.
    pub key: TenantKey,
    /// The task's ARN.
    pub task_arn: String,
    /// The exit code of its container.
    pub exit_code: i64,
    /// The last lines of its log, up to 10; none where it writes none, or they cannot be read.
    pub last_lines: Vec<String>,
}

impl CommandOutput {
    /// Returns true if the exit code is 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.exit_code == 0
    }
}

impl Tenant {
    /// Runs a command once, as a task of its own with the image, the variables, the secrets and the network of one of the tenant's
    /// services, and waits for its end.
    ///
    /// 1. The task is started. A lost answer starts no second one: ECS knows the run by its token.
    /// 2. It runs until its container ends.
    /// 3. Its exit code and the last lines of its log are looked up. It leaves nothing in the record but an entry of the log.
    ///
    /// An exit code other than 0 is an answer, not an error. A process that dies meanwhile leaves a run that
    /// [`Tenant::resume_run`] ends; the command runs once all the same.
    ///
    /// # Errors
    /// [`Error::Spec`] for a service that the tenant does not have or an empty command, [`Error::Run`] where the task did not start
    /// or told no exit code, with what the cloud says about it; and as [`Tenant::plan_change`].
    pub fn run_command(&self, command: &Command) -> Operation<CommandOutput> {
        let command = command.clone();
        self.operation(|inner, key, events, cancellation| async move {
            inner.run_command(&key, command, &events, &cancellation).await
        })
    }
}

impl Inner {
    async fn run_command(
        &self,
        key: &TenantKey,
        command: Command,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<CommandOutput, Error> {
        let record = self.admitted(key, TenantVerb::RunCommand).await?;
        let tenant = self.catalogue.resolve(&resume::spec(key, record.spec.as_ref())?)?;
        let known: Vec<&str> = tenant.services.iter().map(|service| service.name.as_str()).collect();
        if let Some(errors) = SpecErrors::from_list(command.errors("command", &known)) {
            return Err(errors.into());
        }
        // The version of a record only counts up: no run comes twice.
        let run = CommandRun { run: format!("command-{}", record.version), command };
        let plan = self.planned_change(&record, Change::RunCommand(run)).await?;
        let (target, way, consents) = (task(&plan), Way::of(&plan), Consents::none());
        let ended = self.desk.apply(plan, &consents, events, cancellation).await;
        let has_run = match &ended {
            Ok(_) => true,
            Err(Error::Run(reason)) => matches!(**reason, RunError::Failed { .. }),
            Err(_) => false,
        };
        // It is looked at before anything goes on: what goes on may take it away.
        let output = match target.filter(|_| has_run) {
            Some(target) => self.look(key, target).await,
            None => None,
        };
        let arrived = self.go_on(way, &consents, ended, events, cancellation).await?;
        match (output, arrived.went_back) {
            (Some(output), _) => Ok(output),
            (None, Some(went_back)) => Err(Error::Run(went_back.reason)),
            (None, None) => Err(Error::NoExitCode(key.clone())),
        }
    }

    /// The task as it stands. A look that fails for the moment is repeated: nobody knows its exit code later.
    async fn seen(&self, target: &Target) -> Option<Live> {
        let provider = &self.desk.provider;
        let clock = provider.clock();
        for wait in [1, 2, 4, 8, 0] {
            match provider.observe(vec![target.clone()]).await.pop()? {
                Observation::Present(live) => return Some(live),
                Observation::Unknown(_) if wait > 0 => {
                    clock.sleep_until(clock.now() + Duration::from_secs(wait)).await;
                }
                _ => return None,
            }
        }
        None
    }

    /// The result of the task; none where it has not ended, or its exit code is not known.
    async fn look(&self, key: &TenantKey, target: Target) -> Option<CommandOutput> {
        let provider = &self.desk.provider;
        let live = self.seen(&target).await?;
        let exit_code = live.outputs.get(Task::EXIT_CODE.name())?.as_i64()?;
        let target = Target { physical_id: Some(live.physical_id.clone()), ..target };
        let findings = provider.diagnose(target).await.unwrap_or_default();
        let lines = findings.iter().find(|finding| finding.concern == Some(Concern::LastLines));
        // The first line of the finding says what it is.
        let lines = lines.map(|told| told.finding.lines().skip(1).map(str::to_owned).collect());
        let last_lines = lines.unwrap_or_default();
        Some(CommandOutput { key: key.clone(), task_arn: live.physical_id, exit_code, last_lines })
    }
}

/// The task of a plan, as it is looked up.
fn task(plan: &Plan) -> Option<Target> {
    let outputs: BTreeMap<NodeId, _> =
        plan.steps.iter().map(|step| (step.node.clone(), step.outputs.clone())).collect();
    let step = plan.steps.iter().find(|step| step.kind == Task::name() && step.action == Action::Create)?;
    Some(Target {
        address: plan.key.node(step.node.clone()),
        kind: step.kind.clone(),
        name: step.name.clone(),
        physical_id: None,
        inputs: resolve(&step.inputs, &outputs).into(),
        tags: step.tags.clone(),
        claim: Claim::Owned,
    })
}
