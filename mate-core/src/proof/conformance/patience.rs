//! Calls that are repeated while the provider says that it is worth it, and looks until something has come true.

use std::collections::BTreeSet;
use std::time::Duration;

use super::compare::brief;
use super::suite::Suite;
use crate::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Discovered, Live, Observation, ProviderError,
    RetryStatus, Scope, Status, Target, UpdateRequest,
};

impl Suite {
    pub(super) async fn pause(&self) {
        self.clock.sleep_until(self.clock.now() + self.setup.poll).await;
    }

    pub(super) fn deadline(&self) -> Duration {
        self.clock.now() + self.setup.patience
    }

    pub(super) async fn look(&self, target: &Target) -> Option<Observation> {
        let mut answers = self.provider.observe(vec![target.clone()]).await;
        if answers.len() == 1 { answers.pop() } else { None }
    }

    /// Looks until `enough` says so or patience ends; answers what was seen last. What is unknown is looked at again.
    pub(super) async fn watch(
        &self,
        target: &Target,
        enough: impl Fn(&Observation) -> bool,
    ) -> Result<Observation, String> {
        let deadline = self.deadline();
        loop {
            let Some(seen) = self.look(target).await else {
                return Err("not one answer to one request".to_owned());
            };
            if enough(&seen) {
                return Ok(seen);
            }
            if self.clock.now() >= deadline {
                return Err(format!("{} when patience ended", brief(&seen)));
            }
            self.pause().await;
        }
    }

    pub(super) async fn watch_ready(&self, target: &Target) -> Result<Live, String> {
        let over = |seen: &Observation| match seen {
            Observation::Present(live) => matches!(live.status, Status::Ready | Status::Failed(_)),
            Observation::Foreign(_) => true,
            Observation::Absent | Observation::Unknown(_) => false,
        };
        match self.watch(target, over).await? {
            Observation::Present(live) if live.status == Status::Ready => Ok(live),
            other => Err(brief(&other)),
        }
    }

    /// One look that is sure.
    pub(super) async fn sure(&self, target: &Target) -> Result<Observation, String> {
        self.watch(target, |seen| !matches!(seen, Observation::Unknown(_))).await
    }

    fn worth_repeating(&self, error: &ProviderError, deadline: Duration) -> bool {
        error.retry == RetryStatus::Temporary && self.clock.now() < deadline
    }

    pub(super) async fn create(&self, target: Target, token: String) -> Result<Created, ProviderError> {
        let deadline = self.deadline();
        loop {
            match self.provider.create(CreateRequest { target: target.clone(), token: token.clone() }).await {
                Err(error) if self.worth_repeating(&error, deadline) => self.pause().await,
                answer => return answer,
            }
        }
    }

    pub(super) async fn change(
        &self,
        target: Target,
        fields: Vec<String>,
        token: String,
    ) -> Result<Created, ProviderError> {
        self.change_without(target, fields, BTreeSet::new(), token).await
    }

    /// An update that also takes tags off.
    pub(super) async fn change_without(
        &self,
        target: Target,
        fields: Vec<String>,
        untag: BTreeSet<String>,
        token: String,
    ) -> Result<Created, ProviderError> {
        let deadline = self.deadline();
        loop {
            let (target, fields) = (target.clone(), fields.clone());
            let request = UpdateRequest { target, fields, untag: untag.clone(), token: token.clone() };
            match self.provider.update(request).await {
                Err(error) if self.worth_repeating(&error, deadline) => self.pause().await,
                answer => return answer,
            }
        }
    }

    pub(super) async fn remove(&self, target: Target) -> Result<Deleted, ProviderError> {
        let deadline = self.deadline();
        loop {
            match self.provider.delete(DeleteRequest { target: target.clone(), data: DataPolicy::Discard }).await {
                Err(error) if self.worth_repeating(&error, deadline) => self.pause().await,
                answer => return answer,
            }
        }
    }

    pub(super) async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, String> {
        let deadline = self.deadline();
        loop {
            match self.provider.discover(scope.clone()).await {
                Err(error) if self.worth_repeating(&error, deadline) => self.pause().await,
                answer => return answer.map_err(|error| error.to_string()),
            }
        }
    }
}
