//! Why tasks of ECS do not run: a mount target, a secret or the database is missing.

use std::time::Duration;

use serde_json::Value;

use super::links;
use super::object::Object;
use super::state::State;
use crate::provider::Status;

impl State {
    /// Why the tasks of a service cannot start, if so: a mount target, secret or log group is missing.
    pub(super) fn held_up(&self, object: &Object, now: Duration) -> Option<String> {
        if object.kind.as_str() != "ecs:Service" || object.inputs["desired_count"] == 0 {
            return None;
        }
        let definition = self.by_key("ecs:TaskDefinition", object.inputs["task_definition"].as_str()?)?;
        let prefix = format!("0 of {} tasks running: ResourceInitializationError", object.inputs["desired_count"]);
        self.trouble(definition, now).map(|why| format!("{prefix}: {why}"))
    }

    /// Why a one-off task fails, if so.
    pub(super) fn fails(&self, task: &Object, now: Duration) -> Option<String> {
        let definition = self.by_key("ecs:TaskDefinition", task.inputs["task_definition"].as_str()?)?;
        self.trouble(definition, now)
    }

    fn trouble(&self, definition: &Object, now: Duration) -> Option<String> {
        for id in links::texts_at(&definition.inputs, "volumes.*.file_system_id") {
            let Some(file_system) = self.by_key("efs:FileSystem", id) else { continue };
            let targets = self.holders(file_system);
            let mut targets = targets.iter().filter(|holder| holder.kind.as_str() == "efs:MountTarget");
            if !targets.any(|target| self.status(target, now) == Status::Ready) {
                return Some(format!("no mount target of {id} is available"));
            }
        }
        let secrets = definition.inputs["containers"].as_array().into_iter().flatten();
        let secrets = secrets.filter_map(|container| container["secrets"].as_object()).flat_map(|map| map.values());
        for arn in secrets.filter_map(Value::as_str) {
            let arn = arn.split(':').take(7).collect::<Vec<_>>().join(":");
            if self.by_key("secretsmanager:Secret", &arn).is_none() {
                return Some(format!("unable to pull secret {arn}: ResourceNotFoundException"));
            }
        }
        let environment = definition.inputs["containers"].as_array().into_iter().flatten();
        let hosts = environment.filter_map(|container| container["environment"]["DATABASE_HOST"].as_str());
        for host in hosts {
            let mut stopped = self.stopped().filter_map(|uid| self.objects.get(&uid));
            if stopped.any(|database| database.outputs.get("address").is_some_and(|address| address == host)) {
                return Some(format!("exit code 1: could not connect to {host}: Connection refused"));
            }
        }
        None
    }
}
