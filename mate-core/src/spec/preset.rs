//! The services that a tenant has unless it brings its own: django, celery and beat from one image.

use std::collections::BTreeMap;

use super::autoscaling::Autoscaling;
use super::environment::{VariableName, VariableValue};
use super::fargate::SizeSpec;
use super::service::ImageReference;
use super::values::{Percent, TaskCount};

/// One of the preset's services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PresetService {
    /// CPU and memory; by tier.
    pub size: SizeSpec,
    /// Tasks wanted, 1 to 100; 1 by default.
    pub desired_count: Option<TaskCount>,
}

impl PresetService {
    /// A service as the tier and the defaults have it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets CPU and memory.
    #[must_use]
    pub fn with_size(mut self, size: impl Into<SizeSpec>) -> Self {
        self.size = size.into();
        self
    }

    /// Sets how many tasks are wanted.
    #[must_use]
    pub fn with_desired_count(mut self, count: TaskCount) -> Self {
        self.desired_count = Some(count);
        self
    }
}

/// The preset of a Django application: three services from the one image of repository `django`.
///
/// | service | role | command | reached |
/// |---|---|---|---|
/// | `django` | web | `/start` | port 8000 behind listener 443, everything; health `/admin/`, 200,301,302, every 30 s, 2/2 |
/// | `celery` | worker | `/start-celeryworker` | not |
/// | `beat` | scheduler | `/start-celerybeat` | not |
///
/// Autoscaling, when on, is that of django and of celery. Beat is always one task: two schedulers would start
/// everything twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DjangoPreset {
    /// The tag or digest of the image; `latest` by default.
    pub tag: Option<ImageReference>,
    /// The web service.
    pub django: PresetService,
    /// The worker.
    pub celery: PresetService,
    /// CPU and memory of the scheduler; by tier.
    pub beat: SizeSpec,
    /// Autoscaling of django and celery; off by default.
    pub autoscaling: Option<Autoscaling>,
    /// The share of celery's tasks on Fargate Spot; none by default.
    pub celery_spot: Option<Percent>,
    /// Plain environment variables of all three.
    pub environment: BTreeMap<VariableName, VariableValue>,
    /// True if ECS Exec is on, which opens a shell in a task; off by default.
    pub enable_execute_command: Option<bool>,
}

impl DjangoPreset {
    /// The short name of the image's repository.
    pub const REPOSITORY: &'static str = "django";
    /// The port that django listens on.
    pub const PORT: u16 = 8000;
    /// The path that the load balancer asks for.
    pub const HEALTH_PATH: &'static str = "/admin/";
    /// The answers that count as healthy.
    pub const HEALTH_MATCHER: &'static str = "200,301,302";

    /// The preset as the tier and the defaults have it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the tag or digest of the image.
    #[must_use]
    pub fn with_tag(mut self, tag: ImageReference) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets the web service.
    #[must_use]
    pub fn with_django(mut self, service: PresetService) -> Self {
        self.django = service;
        self
    }

    /// Sets the worker.
    #[must_use]
    pub fn with_celery(mut self, service: PresetService) -> Self {
        self.celery = service;
        self
    }

    /// Sets CPU and memory of the scheduler.
    #[must_use]
    pub fn with_beat(mut self, size: impl Into<SizeSpec>) -> Self {
        self.beat = size.into();
        self
    }

    /// Turns autoscaling of django and celery on.
    #[must_use]
    pub fn with_autoscaling(mut self, autoscaling: Autoscaling) -> Self {
        self.autoscaling = Some(autoscaling);
        self
    }

    /// Sets the share of celery's tasks on Fargate Spot.
    #[must_use]
    pub fn with_celery_spot(mut self, share: Percent) -> Self {
        self.celery_spot = Some(share);
        self
    }

    /// Sets a plain environment variable of all three.
    #[must_use]
    pub fn with_variable(mut self, name: VariableName, value: VariableValue) -> Self {
        self.environment.insert(name, value);
        self
    }

    /// Sets whether a shell can be opened in the tasks.
    #[must_use]
    pub fn with_execute_command(mut self, on: bool) -> Self {
        self.enable_execute_command = Some(on);
        self
    }
}
