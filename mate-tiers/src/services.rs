//! Decides every value of a tenant's services.

use std::collections::BTreeMap;

use mate_core::spec::{
    Autoscaling, CheckIntervalSeconds, CheckThreshold, CooldownSeconds, DjangoPreset, DrainSeconds, Exposure,
    FargateSize, ImageSpec, MaximumPercent, MinimumHealthyPercent, Percent, Port, RequestCount, ResolvedAutoscaling,
    ResolvedExposure, ResolvedImage, ResolvedService, Scaling, ServiceRole, ServiceSpec, Services, SizeSpec, Source,
    SpecError, StickySeconds, StopSeconds, TargetPercent, TaskCount, VariableName, VariableValue,
};

use crate::definition::TierDefinition;
use crate::sources::Sources;

const TAG: &str = "latest";
const MATCHER: &str = "200";
const CHECK_INTERVAL_SECONDS: u16 = 30;
const CHECK_THRESHOLD: u8 = 2;
const DRAIN_SECONDS: u16 = 30;
const STOP_SECONDS: u8 = 30;
const TARGET_CPU_PERCENT: u8 = 75;
const TARGET_MEMORY_PERCENT: u8 = 80;
const SCALE_IN_SECONDS: u32 = 300;
const SCALE_OUT_SECONDS: u32 = 60;

pub(crate) fn resolve(
    services: &Services,
    tier: &TierDefinition,
    sources: &mut Sources<'_>,
    errors: &mut Vec<SpecError>,
) -> Vec<ResolvedService> {
    match services {
        Services::Preset(preset) => preset_services(preset, tier, sources, errors),
        Services::List(list) => list
            .iter()
            .map(|service| Decision { name: service.name.as_str(), sources, errors }.service(service, tier))
            .collect(),
    }
}

fn preset_services(
    preset: &DjangoPreset,
    tier: &TierDefinition,
    sources: &mut Sources<'_>,
    errors: &mut Vec<SpecError>,
) -> Vec<ResolvedService> {
    let roles = [
        ("django", "/start", preset.django.size, tier.sizes.web, Some(preset.django.desired_count)),
        ("celery", "/start-celeryworker", preset.celery.size, tier.sizes.worker, Some(preset.celery.desired_count)),
        ("beat", "/start-celerybeat", preset.beat, tier.sizes.scheduler, None),
    ];
    roles
        .into_iter()
        .map(|(name, command, size, tier_size, count)| {
            let mut decision = Decision { name, sources, errors };
            let web = name == "django";
            let own_tag = preset.tag.as_ref();
            decision.note("name", Source::Default);
            decision.note("command", Source::Default);
            decision.note("port", Source::Default);
            decision.note("image", if own_tag.is_some() { Source::Tenant } else { Source::Default });
            let (cpu, memory_mib) = decision.size(size, tier_size);
            let scaling = count.map(|desired_count| (desired_count, preset.autoscaling.as_ref()));
            let (desired_count, autoscaling) = decision.scaling(scaling, web);
            let deployment = decision.deployment(scaling.is_none(), None, None);
            ResolvedService {
                name: name.to_owned(),
                image: ResolvedImage::Repository {
                    repository: DjangoPreset::REPOSITORY.to_owned(),
                    reference: own_tag.map_or_else(|| TAG.to_owned(), ToString::to_string),
                },
                command: vec![command.to_owned()],
                cpu,
                memory_mib,
                desired_count,
                port: web.then_some(DjangoPreset::PORT),
                exposure: decision.preset_exposure(web),
                autoscaling,
                environment: decision.environment(&preset.environment),
                spot_percent: decision
                    .own("spot_percent", preset.celery_spot.filter(|_| name == "celery"), Percent::MIN)
                    .get(),
                stop_timeout_seconds: decision.own("stop_timeout_seconds", None, STOP_SECONDS),
                minimum_healthy_percent: deployment.0,
                maximum_percent: deployment.1,
                enable_execute_command: decision.own("enable_execute_command", preset.enable_execute_command, false),
            }
        })
        .collect()
}

/// The decision of one service's values.
struct Decision<'a, 'b> {
    name: &'a str,
    sources: &'a mut Sources<'b>,
    errors: &'a mut Vec<SpecError>,
}

impl Decision<'_, '_> {
    fn path(&self, field: &str) -> String {
        format!("services.{}.{field}", self.name)
    }

    fn note(&mut self, field: &str, source: Source) {
        self.sources.note(self.path(field), source);
    }

    fn own<T>(&mut self, field: &str, own: Option<T>, default: T) -> T {
        self.sources.own(&self.path(field), own, default)
    }

    fn maybe<T>(&mut self, field: &str, own: Option<T>) -> Option<T> {
        self.sources.maybe(&self.path(field), own)
    }

    fn service(mut self, service: &ServiceSpec, tier: &TierDefinition) -> ResolvedService {
        self.note("name", Source::Tenant);
        self.note("image", Source::Tenant);
        self.note("command", if service.command.is_empty() { Source::Default } else { Source::Tenant });
        let (tier_size, port, exposure, scaling) = match &service.role {
            ServiceRole::Web { port, exposure, scaling } => {
                (tier.sizes.web, Some(*port), Some(exposure), Some(scaling))
            }
            ServiceRole::Worker { scaling } => (tier.sizes.worker, None, None, Some(scaling)),
            ServiceRole::Scheduler => (tier.sizes.scheduler, None, None, None),
        };
        let (cpu, memory_mib) = self.size(service.size, tier_size);
        let scaling = scaling.map(|Scaling { desired_count, autoscaling, .. }| (*desired_count, autoscaling.as_ref()));
        let (desired_count, autoscaling) = self.scaling(scaling, exposure.is_some());
        let deployment = self.deployment(scaling.is_none(), service.minimum_healthy, service.maximum);
        ResolvedService {
            name: service.name.to_string(),
            image: match &service.image {
                ImageSpec::Repository { repository, reference } => ResolvedImage::Repository {
                    repository: repository.to_string(),
                    reference: reference.as_ref().map_or_else(|| TAG.to_owned(), ToString::to_string),
                },
                ImageSpec::Uri(uri) => ResolvedImage::Uri(uri.to_string()),
            },
            command: service.command.clone(),
            cpu,
            memory_mib,
            desired_count,
            port: self.maybe("port", port).map(Port::get),
            exposure: match exposure {
                Some(exposure) => Some(self.exposure(exposure)),
                None => self.maybe("exposure", None),
            },
            autoscaling,
            environment: self.environment(&service.environment),
            spot_percent: self.own("spot_percent", service.spot, Percent::MIN).get(),
            stop_timeout_seconds: self.own(
                "stop_timeout_seconds",
                service.stop_timeout.map(StopSeconds::get),
                STOP_SECONDS,
            ),
            minimum_healthy_percent: deployment.0,
            maximum_percent: deployment.1,
            enable_execute_command: self.own("enable_execute_command", service.enable_execute_command, false),
        }
    }

    /// CPU and memory: the tenant's pair, or its half of one with the tier's other half.
    fn size(&mut self, own: SizeSpec, tier: FargateSize) -> (u32, u32) {
        let cpu = self.sources.own_or_tier(&self.path("cpu"), own.cpu(), tier.cpu());
        let memory = self.sources.own_or_tier(&self.path("memory_mib"), own.memory(), tier.memory());
        if let Err(unpaired) = FargateSize::pair(cpu, memory) {
            let missing = if own.cpu().is_some() { "memory" } else { "CPU" };
            let problem = format!("does not go with the CPU units; the {missing} comes from the tier, set it too");
            let error = SpecError::new(self.path("memory_mib"), problem);
            self.errors.push(error.allowed(unpaired.allowed).given(unpaired.given));
        }
        (cpu.get(), memory.get())
    }

    /// Count and autoscaling; a scheduler has no scaling and is one task.
    fn scaling(
        &mut self,
        scaling: Option<(Option<TaskCount>, Option<&Autoscaling>)>,
        web: bool,
    ) -> (u32, Option<ResolvedAutoscaling>) {
        let (count, autoscaling) = scaling.unwrap_or((None, None));
        let count = self.own("desired_count", count.map(TaskCount::get), TaskCount::MIN.get());
        let Some(own) = autoscaling else { return (count, self.maybe("autoscaling", None)) };
        let memory = own.target_memory.map(Percent::get);
        let requests = own.target_requests.filter(|_| web).map(RequestCount::get);
        let resolved = ResolvedAutoscaling {
            min_capacity: self.own("autoscaling.min_capacity", own.min().map(TaskCount::get), Autoscaling::DEFAULT_MIN),
            max_capacity: self.own("autoscaling.max_capacity", own.max().map(TaskCount::get), Autoscaling::DEFAULT_MAX),
            target_cpu_percent: self.own(
                "autoscaling.target_cpu_percent",
                own.target_cpu.map(TargetPercent::get),
                TARGET_CPU_PERCENT,
            ),
            target_memory_percent: Some(self.own("autoscaling.target_memory_percent", memory, TARGET_MEMORY_PERCENT))
                .filter(|percent| *percent > 0),
            target_requests: self.maybe("autoscaling.target_requests", requests),
            scale_in_cooldown_seconds: self.own(
                "autoscaling.scale_in_cooldown_seconds",
                own.scale_in_cooldown.map(CooldownSeconds::get),
                SCALE_IN_SECONDS,
            ),
            scale_out_cooldown_seconds: self.own(
                "autoscaling.scale_out_cooldown_seconds",
                own.scale_out_cooldown.map(CooldownSeconds::get),
                SCALE_OUT_SECONDS,
            ),
        };
        (count, Some(resolved))
    }

    /// Percentages of a deployment. A scheduler is stopped before the next one starts.
    fn deployment(
        &mut self,
        scheduler: bool,
        minimum: Option<MinimumHealthyPercent>,
        maximum: Option<MaximumPercent>,
    ) -> (u16, u16) {
        let (least, most) = if scheduler { (0, 100) } else { (100, 200) };
        (
            self.own("minimum_healthy_percent", minimum.map(MinimumHealthyPercent::get), least),
            self.own("maximum_percent", maximum.map(MaximumPercent::get), most),
        )
    }

    fn environment(&mut self, own: &BTreeMap<VariableName, VariableValue>) -> BTreeMap<String, String> {
        self.note("environment", if own.is_empty() { Source::Default } else { Source::Tenant });
        own.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect()
    }

    fn preset_exposure(&mut self, web: bool) -> Option<ResolvedExposure> {
        if !web {
            return self.maybe("exposure", None);
        }
        Some(ResolvedExposure {
            listener_port: self.own("exposure.listener_port", None, 443),
            path_patterns: self.own("exposure.path_patterns", None, Vec::new()),
            health_check_path: self.own("exposure.health_check_path", None, DjangoPreset::HEALTH_PATH.into()),
            health_check_matcher: self.own("exposure.health_check_matcher", None, DjangoPreset::HEALTH_MATCHER.into()),
            health_check_interval_seconds: self.own(
                "exposure.health_check_interval_seconds",
                None,
                CHECK_INTERVAL_SECONDS,
            ),
            healthy_threshold: self.own("exposure.healthy_threshold", None, CHECK_THRESHOLD),
            unhealthy_threshold: self.own("exposure.unhealthy_threshold", None, CHECK_THRESHOLD),
            deregistration_delay_seconds: self.own("exposure.deregistration_delay_seconds", None, DRAIN_SECONDS),
            stickiness_seconds: self.maybe("exposure.stickiness_seconds", None),
        })
    }

    fn exposure(&mut self, own: &Exposure) -> ResolvedExposure {
        let patterns = own.paths.iter().map(ToString::to_string).collect::<Vec<_>>();
        let matcher = own.health.matcher.as_ref().map(ToString::to_string);
        self.note("exposure.health_check_path", Source::Tenant);
        ResolvedExposure {
            listener_port: self.own("exposure.listener_port", own.listener, own.listener_port()).get(),
            path_patterns: self.own(
                "exposure.path_patterns",
                Some(patterns).filter(|some| !some.is_empty()),
                Vec::new(),
            ),
            health_check_path: own.health.path.to_string(),
            health_check_matcher: self.own("exposure.health_check_matcher", matcher, MATCHER.into()),
            health_check_interval_seconds: self.own(
                "exposure.health_check_interval_seconds",
                own.health.interval.map(CheckIntervalSeconds::get),
                CHECK_INTERVAL_SECONDS,
            ),
            healthy_threshold: self.own(
                "exposure.healthy_threshold",
                own.health.healthy_threshold.map(CheckThreshold::get),
                CHECK_THRESHOLD,
            ),
            unhealthy_threshold: self.own(
                "exposure.unhealthy_threshold",
                own.health.unhealthy_threshold.map(CheckThreshold::get),
                CHECK_THRESHOLD,
            ),
            deregistration_delay_seconds: self.own(
                "exposure.deregistration_delay_seconds",
                own.deregistration_delay.map(DrainSeconds::get),
                DRAIN_SECONDS,
            ),
            stickiness_seconds: self.maybe("exposure.stickiness_seconds", own.stickiness.map(StickySeconds::get)),
        }
    }
}
