//! Releases: which image each service runs, and the migration that has to succeed before the services move.

use std::collections::BTreeMap;

use crate::kinds::service::DeploymentStrategy;
use crate::spec::{ImageReference, ResolvedImage, ResolvedTenant, ServiceName, SpecError, SpecErrors};
use crate::vocab::{Command, Migration, Operating};

impl Command {
    /// A command with everything that this service has.
    #[must_use]
    pub fn new(service: ServiceName, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { service: service.into(), command: command.into_iter().map(Into::into).collect() }
    }
}

impl Command {
    /// The problems of the command, for a tenant with these services.
    pub(crate) fn errors(&self, path: &str, known: &[&str]) -> Vec<SpecError> {
        let mut errors = Vec::new();
        if !known.contains(&self.service.as_str()) {
            errors.push(SpecError::unknown(format!("{path}.service"), "service", &self.service, known.iter().copied()));
        }
        if self.command.is_empty() {
            errors.push(SpecError::new(format!("{path}.command"), "is empty").allowed("a command and its arguments"));
        }
        errors
    }
}

/// A deployment: the images, the migration and the strategy.
///
/// ```
/// use mate_core::lifecycle::Deployment;
/// use mate_core::vocab::Migration;
/// use mate_core::spec::{ImageReference, ServiceName};
/// let deployment = Deployment::of(ImageReference::new("main-4f2a91c")?)
///     .with_migration(Migration::new(ServiceName::new("django")?, ["python", "manage.py", "migrate"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployment {
    /// The tag or digest of every service that is not named.
    pub reference: Option<ImageReference>,
    /// The tag or digest of single services.
    pub services: BTreeMap<ServiceName, ImageReference>,
    /// The migration that runs once before the services move.
    pub migration: Option<Migration>,
    /// The strategy of this deployment and of later ones; none for the strategy of the deployments before. The first default is
    /// [`DeploymentStrategy::Rolling`].
    pub strategy: Option<DeploymentStrategy>,
}

impl Deployment {
    /// This tag or digest for every service.
    #[must_use]
    pub fn of(reference: ImageReference) -> Self {
        Self { reference: Some(reference), services: BTreeMap::new(), migration: None, strategy: None }
    }

    /// This tag or digest for one service. The others stay as they are, or are named too.
    #[must_use]
    pub fn of_service(service: ServiceName, reference: ImageReference) -> Self {
        Self { reference: None, services: BTreeMap::from([(service, reference)]), migration: None, strategy: None }
    }

    /// Sets the tag or digest of one service.
    #[must_use]
    pub fn with_service(mut self, service: ServiceName, reference: ImageReference) -> Self {
        self.services.insert(service, reference);
        self
    }

    /// Sets what runs once before the services move.
    #[must_use]
    pub fn with_migration(mut self, migration: Migration) -> Self {
        self.migration = Some(migration);
        self
    }

    /// Sets the strategy of this deployment and of later ones, for the services behind the load balancer; the others are replaced
    /// task by task. A tenant with two target groups cannot go back to [`DeploymentStrategy::Rolling`], because only ECS knows
    /// which of the two has the traffic. Blue-green with 0 minutes comes closest.
    #[must_use]
    pub fn with_strategy(mut self, strategy: DeploymentStrategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// The images of this tenant's services as they are to be.
    ///
    /// # Errors
    /// [`SpecErrors`] for services that the tenant does not have, all at once, and for a migration without a command.
    pub(crate) fn images(
        &self,
        tenant: &ResolvedTenant,
        before: DeploymentStrategy,
    ) -> Result<BTreeMap<String, ResolvedImage>, SpecErrors> {
        let known: Vec<&str> = tenant.services.iter().map(|service| service.name.as_str()).collect();
        let mut errors: Vec<SpecError> = self
            .services
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| SpecError::unknown(format!("services.{name}"), "service", name.as_str(), known.iter().copied()))
            .collect();
        errors.extend(self.migration.iter().flat_map(|migration| migration.errors("migration", &known)));
        errors.extend(self.strategy.into_iter().flat_map(|strategy| strategy_errors(strategy, before)));
        if let Some(errors) = SpecErrors::from_list(errors) {
            return Err(errors);
        }
        let asked = |name: &str| {
            let own =
                self.services.iter().find(|(service, _)| service.as_str() == name).map(|(_, reference)| reference);
            own.or(self.reference.as_ref())
        };
        let image = |image: &ResolvedImage, name: &str| match asked(name) {
            Some(reference) => refer(image, reference.as_str()),
            None => image.clone(),
        };
        let services = tenant.services.iter();
        Ok(services.map(|service| (service.name.clone(), image(&service.image, &service.name))).collect())
    }
}

/// The problems of a strategy, for a tenant whose deployments had the strategy `before` so far.
fn strategy_errors(strategy: DeploymentStrategy, before: DeploymentStrategy) -> Vec<SpecError> {
    let mut errors = Vec::new();
    let mut bake = |field: &str, minutes: u16| {
        if minutes > DeploymentStrategy::MAX_BAKE_MINUTES {
            let error = SpecError::new(format!("strategy.{field}"), "is too long").given(minutes);
            errors.push(error.allowed(format!("0 to {} minutes", DeploymentStrategy::MAX_BAKE_MINUTES)));
        }
    };
    match strategy {
        DeploymentStrategy::Rolling if before.is_rolling() => {}
        DeploymentStrategy::Rolling => {
            let problem = "cannot be rolling once two target groups are there: which has the traffic only ECS knows";
            errors.push(
                SpecError::new("strategy", problem).given("rolling").allowed("blue_green with 0 minutes, or canary"),
            );
        }
        DeploymentStrategy::BlueGreen { bake_minutes } => bake("bake_minutes", bake_minutes),
        DeploymentStrategy::Canary { percent, canary_bake_minutes, bake_minutes } => {
            bake("canary_bake_minutes", canary_bake_minutes);
            bake("bake_minutes", bake_minutes);
            if !(1..=99).contains(&percent) {
                let error = SpecError::new("strategy.percent", "is not a share that moves first");
                errors.push(error.given(percent).allowed("1 to 99 percent"));
            }
        }
    }
    errors
}

/// The same image by another tag or digest.
fn refer(image: &ResolvedImage, reference: &str) -> ResolvedImage {
    match image {
        ResolvedImage::Repository { repository, .. } => {
            ResolvedImage::Repository { repository: repository.clone(), reference: reference.to_owned() }
        }
        ResolvedImage::Uri(uri) => {
            let separator = if reference.starts_with("sha256:") { '@' } else { ':' };
            ResolvedImage::Uri(format!("{}{separator}{reference}", split(uri).0))
        }
    }
}

/// A URI without its tag or digest, and that.
fn split(uri: &str) -> (&str, &str) {
    if let Some((name, digest)) = uri.split_once('@') {
        return (name, digest);
    }
    // A colon before the last slash is that of a port.
    let path = uri.rfind('/').map_or(0, |slash| slash + 1);
    match uri[path..].rfind(':') {
        Some(colon) => (&uri[..path + colon], &uri[path + colon + 1..]),
        None => (uri, "latest"),
    }
}

/// The tag or digest of an image.
pub(crate) fn reference_of(image: &ResolvedImage) -> &str {
    match image {
        ResolvedImage::Repository { reference, .. } => reference,
        ResolvedImage::Uri(uri) => split(uri).1,
    }
}

/// Lays over a tenant the images of its release.
pub(crate) fn with_release(mut tenant: ResolvedTenant, operating: &Operating) -> ResolvedTenant {
    let Some(release) = &operating.release else { return tenant };
    for service in &mut tenant.services {
        if let Some(reference) = release.images.get(&service.name) {
            service.image = refer(&service.image, reference);
        }
    }
    tenant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_or_digest_takes_the_place_of_what_stood_there() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (uri, reference, wanted) in [
            ("public.ecr.aws/docker/nginx:1.29", "1.30", "public.ecr.aws/docker/nginx:1.30".to_owned()),
            ("localhost:5000/nginx", "1.30", "localhost:5000/nginx:1.30".to_owned()),
            ("ghcr.io/a/b@sha256:00", "v2", "ghcr.io/a/b:v2".to_owned()),
            ("ghcr.io/a/b:v1", digest.as_str(), format!("ghcr.io/a/b@{digest}")),
        ] {
            assert_eq!(refer(&ResolvedImage::Uri(uri.into()), reference), ResolvedImage::Uri(wanted));
        }
        let image = ResolvedImage::Repository { repository: "django".into(), reference: "latest".into() };
        let wanted = ResolvedImage::Repository { repository: "django".into(), reference: digest.clone() };
        assert_eq!(refer(&image, &digest), wanted);
    }

    #[test]
    fn the_reference_of_an_image_is_what_stands_behind_its_name() {
        let of = |uri: &str| reference_of(&ResolvedImage::Uri(uri.into())).to_owned();
        assert_eq!(of("localhost:5000/nginx"), "latest");
        assert_eq!(of("localhost:5000/nginx:1.29"), "1.29");
        assert_eq!(of("ghcr.io/a/b@sha256:00"), "sha256:00");
    }
}
