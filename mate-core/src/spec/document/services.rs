//! Services of the structured form: the preset, and lists of a tenant's own.

use std::collections::BTreeMap;

use super::raw::Raw;
use super::reader::Reader;
use crate::spec::autoscaling::Autoscaling;
use crate::spec::environment::{VariableName, VariableValue};
use crate::spec::error::SpecError;
use crate::spec::exposure::{Exposure, HealthCheck};
use crate::spec::fargate::{CpuUnits, FargateSize, MemoryMib, SizeSpec};
use crate::spec::preset::{DjangoPreset, PresetService};
use crate::spec::service::{
    ImageReference, ImageSpec, ImageUri, RepositoryName, Scaling, ServiceName, ServiceRole, ServiceSpec,
};
use crate::spec::values::{NumberValue, Percent, Port};

pub(crate) fn preset(mut table: Reader<'_>) -> DjangoPreset {
    let tag = table.text("tag");
    let django = table.table("django").map(preset_service).unwrap_or_default();
    let (celery, celery_spot) = table.table("celery").map(celery).unwrap_or_default();
    let beat = table.table("beat").map(beat).unwrap_or_default();
    let autoscaling = table.table("autoscaling").and_then(autoscaling);
    let preset = DjangoPreset {
        tag,
        django,
        celery,
        beat,
        autoscaling,
        celery_spot,
        environment: environment(&mut table),
        enable_execute_command: table.flag("enable_execute_command"),
    };
    table.finish();
    preset
}

fn preset_service(mut table: Reader<'_>) -> PresetService {
    let service = PresetService { size: size(&mut table), desired_count: table.number("desired_count") };
    table.finish();
    service
}

fn celery(mut table: Reader<'_>) -> (PresetService, Option<Percent>) {
    let spot = table.number("spot_percent");
    (preset_service(table), spot)
}

fn beat(mut table: Reader<'_>) -> SizeSpec {
    let size = size(&mut table);
    table.finish();
    size
}

fn size(table: &mut Reader<'_>) -> SizeSpec {
    let cpu: Option<CpuUnits> = table.number("cpu");
    let memory: Option<MemoryMib> = table.number("memory_mib");
    match (cpu, memory) {
        (None, None) => SizeSpec::ByTier,
        (Some(cpu), None) => SizeSpec::Cpu(cpu),
        (None, Some(memory)) => SizeSpec::Memory(memory),
        (Some(cpu), Some(memory)) => match FargateSize::pair(cpu, memory) {
            Ok(pair) => SizeSpec::Pair(pair),
            Err(unpaired) => {
                let error = table.fail("memory_mib", "is not a memory size that Fargate pairs with the CPU units");
                error.allowed = Some(unpaired.allowed);
                error.given = Some(unpaired.given);
                SizeSpec::ByTier
            }
        },
    }
}

fn autoscaling(mut table: Reader<'_>) -> Option<Autoscaling> {
    let enabled = table.flag("enabled");
    let (min, max) = (table.number("min_capacity"), table.number("max_capacity"));
    let bounds = Autoscaling::bounded(min, max).map_err(|mut error| {
        let min = table.path("min_capacity");
        error.path = table.path(&error.path);
        error.problem = error.problem.replace("`min_capacity`", &format!("`{min}`"));
        table.errors.push(error);
    });
    let mut scaling = bounds.unwrap_or_default();
    scaling.target_cpu = table.number("target_cpu_percent");
    scaling.target_memory = table.number("target_memory_percent");
    scaling.target_requests = table.number("target_requests");
    scaling.scale_in_cooldown = table.number("scale_in_cooldown_seconds");
    scaling.scale_out_cooldown = table.number("scale_out_cooldown_seconds");
    table.finish();
    (enabled != Some(false)).then_some(scaling)
}

fn environment(table: &mut Reader<'_>) -> BTreeMap<VariableName, VariableValue> {
    let entries = table.entries("environment");
    let path = table.path("environment");
    let mut environment = BTreeMap::new();
    for (name, raw) in entries {
        let name = match VariableName::new(name) {
            Ok(name) => name,
            Err(invalid) => {
                table.errors.push(SpecError::invalid(&path, invalid));
                continue;
            }
        };
        let place = format!("{path}.{name}");
        match raw {
            Raw::Text(text) => match VariableValue::new(text) {
                Ok(value) => {
                    environment.insert(name, value);
                }
                Err(invalid) => table.errors.push(SpecError::invalid(place, invalid)),
            },
            _ => table.errors.push(SpecError::new(place, "is not text").allowed("text, in quotes")),
        }
    }
    environment
}

/// One service of a list. Its path is its name, where it has a valid one.
pub(crate) fn service(index: usize, raw: Raw, errors: &mut Vec<SpecError>) -> Option<ServiceSpec> {
    let path = match &raw {
        Raw::Table(table) => match table.entries.get("name") {
            Some(Raw::Text(name)) if ServiceName::new(name.as_str()).is_ok() => format!("services.{name}"),
            _ => format!("services[{index}]"),
        },
        _ => format!("services[{index}]"),
    };
    let mut table = Reader::open(&path, raw, errors)?;
    let name: Option<ServiceName> = table.required("name");
    let image = image(&mut table);
    let role = role(&mut table);
    let command = command(&mut table);
    let size = size(&mut table);
    let environment = environment(&mut table);
    let spot = table.number("spot_percent");
    let stop_timeout = table.number("stop_timeout_seconds");
    let minimum_healthy = table.number("minimum_healthy_percent");
    let maximum = table.number("maximum_percent");
    let enable_execute_command = table.flag("enable_execute_command");
    table.finish();
    Some(ServiceSpec {
        name: name?,
        image: image?,
        role: role?,
        command,
        size,
        environment,
        spot,
        stop_timeout,
        minimum_healthy,
        maximum,
        enable_execute_command,
    })
}

fn image(table: &mut Reader<'_>) -> Option<ImageSpec> {
    let (in_repository, elsewhere, tagged) = (table.has("repository"), table.has("image"), table.has("tag"));
    let repository: Option<RepositoryName> = table.text("repository");
    let reference: Option<ImageReference> = table.text("tag");
    let uri: Option<ImageUri> = table.text("image");
    if in_repository == elsewhere {
        let problem = if elsewhere { "cannot stand beside `repository`" } else { "is missing, and so is `repository`" };
        table.fail("image", problem).allowed =
            Some("a repository of the base's, or the URI of an image, but not both".to_owned());
        return None;
    }
    if elsewhere && tagged {
        table.fail("tag", "cannot stand beside `image`, which has a tag of its own").allowed =
            Some("nothing here, or `repository` instead of `image`".to_owned());
    }
    match (repository, uri) {
        (Some(repository), _) => Some(ImageSpec::Repository { repository, reference }),
        (None, uri) => uri.map(ImageSpec::Uri),
    }
}

fn command(table: &mut Reader<'_>) -> Vec<String> {
    let items = table.list("command").unwrap_or_default();
    let mut words = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Raw::Text(word) => words.push(word),
            other => {
                let error = table.fail(&format!("command[{index}]"), "is not text");
                error.allowed = Some("a word of the command".to_owned());
                error.given = Some(other.to_string());
            }
        }
    }
    words
}

fn role(table: &mut Reader<'_>) -> Option<ServiceRole> {
    let has_web = table.has("port") || table.has("exposure");
    let role_is_given = table.has("role");
    let role = table.choice("role", &["web", "worker", "scheduler"]);
    let (has_port, has_exposure) = (table.has("port"), table.has("exposure"));
    let has_scaling = table.has("desired_count") || table.has("autoscaling");
    let port: Option<Port> = table.number("port");
    let exposure = table.table("exposure").and_then(exposure);
    let scaling = Scaling {
        desired_count: table.number("desired_count"),
        autoscaling: table.table("autoscaling").and_then(autoscaling),
    };
    match role {
        None if role_is_given => None,
        None if !has_web => Some(ServiceRole::Worker { scaling }),
        None | Some("web") => {
            if !has_port {
                table.fail("port", "is missing, and a web service listens on one").allowed = Some(Port::allowed());
            }
            if !has_exposure {
                table.fail("exposure", "is missing, and a web service is reached through the load balancer").allowed =
                    Some("a table with health_check_path".to_owned());
            }
            Some(ServiceRole::Web { port: port?, exposure: exposure?, scaling })
        }
        Some(role) => {
            for (field, given) in [("port", has_port), ("exposure", has_exposure)] {
                if given {
                    table.fail(field, format!("can only be set on a web service, and this is a {role}")).allowed =
                        Some("nothing here, or the role \"web\"".to_owned());
                }
            }
            if role == "worker" {
                return Some(ServiceRole::Worker { scaling });
            }
            if has_scaling {
                table.fail("role", "is scheduler, which is always one task").allowed =
                    Some("no desired_count and no autoscaling".to_owned());
            }
            Some(ServiceRole::Scheduler)
        }
    }
}

fn exposure(mut table: Reader<'_>) -> Option<Exposure> {
    let listener = table.number("listener_port");
    let paths = table.texts("path_patterns");
    let path = table.required("health_check_path");
    let matcher = table.text("health_check_matcher");
    let interval = table.number("health_check_interval_seconds");
    let healthy_threshold = table.number("healthy_threshold");
    let unhealthy_threshold = table.number("unhealthy_threshold");
    let deregistration_delay = table.number("deregistration_delay_seconds");
    let stickiness = table.number("stickiness_seconds");
    table.finish();
    let health = HealthCheck { path: path?, matcher, interval, healthy_threshold, unhealthy_threshold };
    Some(Exposure { listener, paths, health, deregistration_delay, stickiness })
}
