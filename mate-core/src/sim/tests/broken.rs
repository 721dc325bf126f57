//! Clouds that are broken on purpose: each breaks one promise.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::clock::Clock;
use crate::provider::{
    Claim, CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Identity, Observation,
    Provider, ProviderError, QuotaId, QuotaReading, Scope, Target, UpdateRequest,
};
use crate::sim::SimCloud;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    CreatesTwice,
    ForgetsATag,
    LosesOutputs,
    TellsOtherInputs,
    NeedsThePhysicalId,
    AnswersBackwards,
    AnswersAbsentOnError,
    SeesStrangersAsOurs,
    AdoptsForeign,
    DeletesForeign,
    IgnoresUpdates,
    IgnoresTagUpdates,
    DiscoversHalf,
    FailsOnAbsent,
    OnlySaysDeleted,
    SearchesOnlyTenants,
    HidesWhatIsNobodys,
    SeesNobodysAsOurs,
    NeverAdopts,
    UntagsNothing,
    UntagsTooMuch,
    WritesWhatItReads,
}

#[derive(Debug)]
pub(super) struct Broken {
    cloud: SimCloud,
    how: Break,
    tokens: Mutex<BTreeSet<String>>,
}

impl Broken {
    pub(super) fn new(cloud: SimCloud, how: Break) -> Self {
        Self { cloud, how, tokens: Mutex::default() }
    }

    /// The target as its real owner would give it.
    fn owners(&self, target: &Target) -> Target {
        let mut target = target.clone();
        if let Some(address) = self.cloud.object(&target.kind, &target.name).and_then(|object| object.address) {
            target.address = address;
        }
        target
    }

    fn spoil(&self, answer: Observation) -> Observation {
        match (self.how, answer) {
            (Break::AnswersAbsentOnError, Observation::Unknown(_)) => Observation::Absent,
            (Break::LosesOutputs, Observation::Present(mut live)) => {
                live.outputs.remove("arn");
                Observation::Present(live)
            }
            (Break::TellsOtherInputs, Observation::Present(mut live)) => {
                if live.inputs["description"].is_string() {
                    live.inputs["description"] = "Managed elsewhere".into();
                }
                Observation::Present(live)
            }
            (_, answer) => answer,
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Provider for Broken {
    async fn observe(&self, mut targets: Vec<Target>) -> Vec<Observation> {
        if self.how == Break::SeesStrangersAsOurs {
            targets = targets.iter().map(|target| self.owners(target)).collect();
        }
        for target in &mut targets {
            target.claim = match self.how {
                Break::HidesWhatIsNobodys => Claim::Owned,
                Break::SeesNobodysAsOurs if target.claim == Claim::Owned => Claim::Unowned,
                _ => target.claim,
            };
        }
        let nameless: Vec<bool> = targets.iter().map(|target| target.physical_id.is_none()).collect();
        let answers = self.cloud.observe(targets).await;
        let mut answers: Vec<_> = answers.into_iter().map(|answer| self.spoil(answer)).collect();
        match self.how {
            Break::AnswersBackwards => answers.reverse(),
            Break::NeedsThePhysicalId => {
                for (answer, nameless) in answers.iter_mut().zip(nameless) {
                    if nameless {
                        *answer = Observation::Absent;
                    }
                }
            }
            _ => {}
        }
        answers
    }

    async fn create(&self, mut request: CreateRequest) -> Result<Created, ProviderError> {
        let again = !self.tokens.lock().unwrap().insert(request.token.clone());
        match self.how {
            Break::CreatesTwice if again => {
                request.target.name.push_str("-again");
                request.target.physical_id = None;
                request.token.push_str(" again");
            }
            Break::ForgetsATag => {
                request.target.tags.remove("CostCenter");
            }
            Break::AdoptsForeign => request.target = self.owners(&request.target),
            Break::WritesWhatItReads => request.target.claim = Claim::Owned,
            _ => {}
        }
        self.cloud.create(request).await
    }

    async fn update(&self, mut request: UpdateRequest) -> Result<Created, ProviderError> {
        let tags = request.fields.iter().any(|field| field == "tags");
        let protection = request.fields.iter().any(|field| field == "deletion_protection");
        if (self.how == Break::IgnoresTagUpdates && tags) || (self.how == Break::IgnoresUpdates && !protection) {
            request.fields.clear();
        }
        match self.how {
            Break::NeverAdopts if request.target.claim == Claim::Unowned && request.untag.is_empty() => {
                request.fields.clear();
            }
            Break::UntagsNothing => request.untag.clear(),
            Break::UntagsTooMuch if !request.untag.is_empty() => {
                request.target.tags.remove("CostCenter");
                request.untag.insert("CostCenter".into());
            }
            Break::WritesWhatItReads => request.target.claim = Claim::Owned,
            _ => {}
        }
        self.cloud.update(request).await
    }

    async fn delete(&self, mut request: DeleteRequest) -> Result<Deleted, ProviderError> {
        if self.how == Break::WritesWhatItReads {
            request.target.claim = Claim::Owned;
        }
        let target = request.target.clone();
        match (self.how, self.cloud.observe(vec![target.clone()]).await.pop()) {
            (Break::FailsOnAbsent, Some(Observation::Absent)) => {
                Err(ProviderError::new(ErrorClass::NotFound, "delete", target.address))
            }
            (Break::OnlySaysDeleted, Some(Observation::Present(_))) if target.kind.as_str() == "logs:LogGroup" => {
                Ok(Deleted::Gone)
            }
            (Break::DeletesForeign, Some(Observation::Foreign(_))) => {
                self.cloud.delete(DeleteRequest { target: self.owners(&target), data: request.data }).await
            }
            _ => self.cloud.delete(request).await,
        }
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        if self.how == Break::SearchesOnlyTenants && !matches!(scope, Scope::Tenant(_)) {
            return Ok(Vec::new());
        }
        let found = self.cloud.discover(scope).await?;
        Ok(if self.how == Break::DiscoversHalf { found.into_iter().step_by(2).collect() } else { found })
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.cloud.diagnose(target).await
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        self.cloud.quotas(quotas).await
    }

    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        self.cloud.image_digest(image).await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.cloud.identity().await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.cloud.clock()
    }
}
