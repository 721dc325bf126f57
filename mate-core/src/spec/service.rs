//! A tenant's services: a list of its own, each a web service, a worker or a scheduler.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::autoscaling::Autoscaling;
use super::environment::{VariableName, VariableValue};
use super::error::InvalidValue;
use super::exposure::Exposure;
use super::fargate::SizeSpec;
use super::values::{
    MaximumPercent, MinimumHealthyPercent, Percent, Port, StopSeconds, TaskCount, TextValue, label, text_value,
};

text_value!(
    /// The name of a service: the `{part}` of `mate-{tenant}-{env}-{part}`.
    ServiceName,
    "the name of a service",
    "1 to 20 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| label(text, 20)
);
text_value!(
    /// The short name of one of the base's repositories: `django` for `mate-django-dev`.
    RepositoryName,
    "the short name of a repository",
    "1 to 60 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| label(text, 60)
);
text_value!(
    /// The tag or digest of an image: `latest`, `main-4f2a91c`, `sha256:…`.
    ImageReference,
    "the tag or digest of an image",
    "a tag of up to 128 letters, digits and _ . -, or sha256: and 64 hexadecimal digits",
    |text| {
        let tag = |tag: &str| {
            (1..=128).contains(&tag.len())
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
                && !tag.starts_with(['.', '-'])
        };
        text.strip_prefix("sha256:").map_or_else(|| tag(text), |hex| {
            hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
    }
);
text_value!(
    /// The full URI of an image with its tag or digest: `public.ecr.aws/docker/library/nginx:1.29`.
    ImageUri,
    "the URI of an image",
    "a registry, a repository and a tag or digest, such as public.ecr.aws/docker/library/nginx:1.29",
    |text| {
        let Some((host, rest)) = text.split_once('/') else { return false };
        let path = rest.split(['@', ':']).next().unwrap_or_default();
        text.len() <= 512
            && text.bytes().all(|b| b.is_ascii_graphic())
            && host.contains(['.', ':'])
            && !path.is_empty()
            && path.len() < rest.len()
            && !rest.ends_with([':', '@'])
            && path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/._-".contains(&b))
    }
);

/// A service's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSpec {
    /// In one of the base's repositories.
    Repository {
        /// The repository's short name.
        repository: RepositoryName,
        /// The tag or digest; `latest` by default.
        reference: Option<ImageReference>,
    },
    /// Anywhere else.
    Uri(ImageUri),
}

impl From<RepositoryName> for ImageSpec {
    fn from(repository: RepositoryName) -> Self {
        Self::Repository { repository, reference: None }
    }
}

/// The number of tasks, and the autoscaling bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Scaling {
    /// Tasks wanted; 1 by default.
    pub desired_count: Option<TaskCount>,
    /// Autoscaling; none by default.
    pub autoscaling: Option<Autoscaling>,
}

/// The role of a service. A tier has a size for each role; a scheduler is always one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRole {
    /// Behind the load balancer.
    Web {
        /// The port that its container listens on.
        port: Port,
        /// Its exposure through the load balancer.
        exposure: Exposure,
        /// The number of tasks, and its autoscaling.
        scaling: Scaling,
    },
    /// Works without being reached.
    Worker {
        /// The number of tasks, and its autoscaling.
        scaling: Scaling,
    },
    /// Starts work by the clock: one task, never more.
    Scheduler,
}

/// One service of a list of a tenant's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceSpec {
    /// Its name.
    pub name: ServiceName,
    /// Its image.
    pub image: ImageSpec,
    /// Its role.
    pub role: ServiceRole,
    /// The container's command; empty for the image's own.
    pub command: Vec<String>,
    /// CPU and memory; by tier.
    pub size: SizeSpec,
    /// Plain environment variables of its own.
    pub environment: BTreeMap<VariableName, VariableValue>,
    /// The share of tasks on Fargate Spot; none by default.
    pub spot: Option<Percent>,
    /// Time between SIGTERM and SIGKILL; 30 s by default.
    pub stop_timeout: Option<StopSeconds>,
    /// Tasks that stay healthy during a deployment; 100 % by default, 0 % of a scheduler: two must never run at once.
    pub minimum_healthy: Option<MinimumHealthyPercent>,
    /// Tasks that may run during a deployment; 200 % by default, 100 % of a scheduler.
    pub maximum: Option<MaximumPercent>,
    /// True if ECS Exec is on, which opens a shell in a task; off by default.
    pub enable_execute_command: Option<bool>,
}

impl ServiceSpec {
    /// A service behind the load balancer.
    #[must_use]
    pub fn web(name: ServiceName, image: impl Into<ImageSpec>, port: Port, exposure: Exposure) -> ServiceBuilder<Web> {
        ServiceBuilder::new(name, image.into(), Web { port, exposure, scaling: Scaling::default() })
    }

    /// A service that works without being reached.
    #[must_use]
    pub fn worker(name: ServiceName, image: impl Into<ImageSpec>) -> ServiceBuilder<Worker> {
        ServiceBuilder::new(name, image.into(), Worker { scaling: Scaling::default() })
    }

    /// A service that starts work by the clock: one task, never more.
    #[must_use]
    pub fn scheduler(name: ServiceName, image: impl Into<ImageSpec>) -> ServiceBuilder<Scheduler> {
        ServiceBuilder::new(name, image.into(), Scheduler)
    }
}

/// Behind the load balancer.
#[derive(Debug, Clone)]
pub struct Web {
    port: Port,
    exposure: Exposure,
    scaling: Scaling,
}

/// Works without being reached.
#[derive(Debug, Clone)]
pub struct Worker {
    scaling: Scaling,
}

/// One task, never more.
#[derive(Debug, Clone, Copy)]
pub struct Scheduler;

impl From<Web> for ServiceRole {
    fn from(Web { port, exposure, scaling }: Web) -> Self {
        Self::Web { port, exposure, scaling }
    }
}

impl From<Worker> for ServiceRole {
    fn from(Worker { scaling }: Worker) -> Self {
        Self::Worker { scaling }
    }
}

impl From<Scheduler> for ServiceRole {
    fn from(Scheduler: Scheduler) -> Self {
        Self::Scheduler
    }
}

/// A [`ServiceSpec`] in the making; its role is known by type.
#[derive(Debug, Clone)]
pub struct ServiceBuilder<R> {
    spec: ServiceSpec,
    role: R,
}

impl<R> ServiceBuilder<R> {
    fn new(name: ServiceName, image: ImageSpec, role: R) -> Self {
        let spec = ServiceSpec {
            name,
            image,
            role: ServiceRole::Scheduler,
            command: Vec::new(),
            size: SizeSpec::ByTier,
            environment: BTreeMap::new(),
            spot: None,
            stop_timeout: None,
            minimum_healthy: None,
            maximum: None,
            enable_execute_command: None,
        };
        Self { spec, role }
    }

    /// Sets the container's command.
    #[must_use]
    pub fn with_command(mut self, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.spec.command = command.into_iter().map(Into::into).collect();
        self
    }

    /// Sets CPU and memory.
    #[must_use]
    pub fn with_size(mut self, size: impl Into<SizeSpec>) -> Self {
        self.spec.size = size.into();
        self
    }

    /// Sets a plain environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: VariableName, value: VariableValue) -> Self {
        self.spec.environment.insert(name, value);
        self
    }

    /// Sets the share of tasks on Fargate Spot.
    #[must_use]
    pub fn with_spot(mut self, share: Percent) -> Self {
        self.spec.spot = Some(share);
        self
    }

    /// Sets the time between SIGTERM and SIGKILL.
    #[must_use]
    pub fn with_stop_timeout(mut self, seconds: StopSeconds) -> Self {
        self.spec.stop_timeout = Some(seconds);
        self
    }

    /// Sets whether a shell can be opened in its tasks.
    #[must_use]
    pub fn with_execute_command(mut self, on: bool) -> Self {
        self.spec.enable_execute_command = Some(on);
        self
    }
}

macro_rules! scaled {
    ($($role:ty),*) => {$(
        impl ServiceBuilder<$role> {
            /// Sets how many tasks are wanted.
            #[must_use]
            pub fn with_desired_count(mut self, count: TaskCount) -> Self {
                self.role.scaling.desired_count = Some(count);
                self
            }

            /// Turns autoscaling on.
            #[must_use]
            pub fn with_autoscaling(mut self, autoscaling: Autoscaling) -> Self {
                self.role.scaling.autoscaling = Some(autoscaling);
                self
            }

            /// Sets how many tasks stay healthy and how many may run during a deployment.
            #[must_use]
            pub fn with_deployment(mut self, minimum: MinimumHealthyPercent, maximum: MaximumPercent) -> Self {
                self.spec.minimum_healthy = Some(minimum);
                self.spec.maximum = Some(maximum);
                self
            }
        }
    )*};
}
scaled!(Web, Worker);

impl<R: Into<ServiceRole>> From<ServiceBuilder<R>> for ServiceSpec {
    fn from(builder: ServiceBuilder<R>) -> Self {
        Self { role: builder.role.into(), ..builder.spec }
    }
}
