//! Scaling: how many tasks, how large; the database's class and storage; the cache's nodes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::{
    CacheTopology, FargateSize, Gib, InstanceClass, NodeCount, NodeType, ReplicaCount, Scaling, ServiceName,
    ServiceRole, Services, SpecError, SpecErrors, TaskCount, TenantSpec,
};

/// A change of a tenant's counts and sizes. Values that are not named stay as they are.
///
/// ```
/// use mate_core::lifecycle::{Scale, ServiceScale};
/// use mate_core::spec::{FargateSize, Gib, InstanceClass, ServiceName, TaskCount};
/// let scale = Scale::new()
///     .with_service(
///         ServiceName::new("django")?,
///         ServiceScale::count(TaskCount::new(4)?).with_size(FargateSize::new(512, 1024)?),
///     )
///     .with_instance_class(InstanceClass::new("db.t4g.medium")?)
///     .with_max_storage(Gib::new(500)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scale {
    /// Its services, by name.
    pub services: BTreeMap<ServiceName, ServiceScale>,
    /// The database's instance class.
    pub instance_class: Option<InstanceClass>,
    /// The database's storage. It only ever grows.
    pub allocated_storage: Option<Gib>,
    /// The upper limit of the database's storage autoscaling.
    pub max_storage: Option<Gib>,
    /// True for a Multi-AZ database, with a standby in another zone.
    pub multi_az: Option<bool>,
    /// The cache's node type.
    pub node_type: Option<NodeType>,
    /// The cache's nodes.
    pub cache_nodes: Option<NodeCount>,
}

/// A change of one service's count and size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServiceScale {
    /// Tasks.
    pub count: Option<TaskCount>,
    /// CPU and memory of each.
    pub size: Option<FargateSize>,
}

impl ServiceScale {
    /// So many tasks.
    #[must_use]
    pub fn count(count: TaskCount) -> Self {
        Self { count: Some(count), size: None }
    }

    /// Tasks of this size.
    #[must_use]
    pub fn size(size: FargateSize) -> Self {
        Self { count: None, size: Some(size) }
    }

    /// Sets CPU and memory of each task.
    #[must_use]
    pub fn with_size(mut self, size: FargateSize) -> Self {
        self.size = Some(size);
        self
    }
}

impl Scale {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Scales a service.
    #[must_use]
    pub fn with_service(mut self, name: ServiceName, scale: ServiceScale) -> Self {
        self.services.insert(name, scale);
        self
    }

    /// Sets the database's instance class.
    #[must_use]
    pub fn with_instance_class(mut self, class: InstanceClass) -> Self {
        self.instance_class = Some(class);
        self
    }

    /// Sets the database's storage.
    #[must_use]
    pub fn with_allocated_storage(mut self, size: Gib) -> Self {
        self.allocated_storage = Some(size);
        self
    }

    /// Sets how far the database's storage grows by itself.
    #[must_use]
    pub fn with_max_storage(mut self, size: Gib) -> Self {
        self.max_storage = Some(size);
        self
    }

    /// Sets whether a standby of the database stands in another zone.
    #[must_use]
    pub fn with_multi_az(mut self, on: bool) -> Self {
        self.multi_az = Some(on);
        self
    }

    /// Sets the cache's node type.
    #[must_use]
    pub fn with_node_type(mut self, node_type: NodeType) -> Self {
        self.node_type = Some(node_type);
        self
    }

    /// Sets how many nodes the cache has.
    #[must_use]
    pub fn with_cache_nodes(mut self, nodes: NodeCount) -> Self {
        self.cache_nodes = Some(nodes);
        self
    }

    /// The spec of the tenant scaled so.
    pub(super) fn of(self, mut spec: TenantSpec) -> Result<TenantSpec, SpecErrors> {
        let mut errors = Vec::new();
        for (name, scale) in self.services {
            service(&mut spec.parts.services, &name, scale, &mut errors);
        }
        let database = &mut spec.parts.database;
        database.instance_class = self.instance_class.or(database.instance_class.take());
        database.allocated_storage = self.allocated_storage.or(database.allocated_storage);
        database.max_storage = self.max_storage.or(database.max_storage);
        database.multi_az = self.multi_az.or(database.multi_az);
        let cache = &mut spec.parts.cache;
        cache.node_type = self.node_type.or(cache.node_type.take());
        if let Some(nodes) = self.cache_nodes {
            cache.topology = Some(topology(nodes, cache.topology));
        }
        match spec.into_builder().build() {
            Ok(spec) => SpecErrors::from_list(errors).map_or(Ok(spec), Err),
            Err(more) => {
                errors.extend(more);
                Err(SpecErrors::from_list(errors).expect("there are some"))
            }
        }
    }
}

fn topology(nodes: NodeCount, before: Option<CacheTopology>) -> CacheTopology {
    match ReplicaCount::new(nodes.get() - 1) {
        Err(_) => CacheTopology::Single,
        Ok(replicas) => {
            let automatic_failover = match before {
                Some(CacheTopology::Replicated { automatic_failover, .. }) => automatic_failover,
                _ => None,
            };
            CacheTopology::Replicated { replicas, automatic_failover }
        }
    }
}

fn service(services: &mut Services, name: &ServiceName, scale: ServiceScale, errors: &mut Vec<SpecError>) {
    let path = format!("services.{name}");
    let (count, size) = match services {
        Services::Preset(preset) => {
            let scaled = preset.autoscaling.is_some();
            match name.as_str() {
                "django" => (Count::of(&mut preset.django.desired_count, scaled), &mut preset.django.size),
                "celery" => (Count::of(&mut preset.celery.desired_count, scaled), &mut preset.celery.size),
                "beat" => (Count::One, &mut preset.beat),
                other => return errors.push(SpecError::unknown(path, "service", other, ["django", "celery", "beat"])),
            }
        }
        Services::List(list) => {
            let Some(index) = list.iter().position(|service| service.name == *name) else {
                let known = list.iter().map(|service| service.name.as_str());
                return errors.push(SpecError::unknown(path, "service", name.as_str(), known));
            };
            let service = &mut list[index];
            let count = match &mut service.role {
                ServiceRole::Web { scaling, .. } | ServiceRole::Worker { scaling } => {
                    let Scaling { desired_count, autoscaling } = scaling;
                    Count::of(desired_count, autoscaling.is_some())
                }
                ServiceRole::Scheduler => Count::One,
            };
            (count, &mut service.size)
        }
    };
    if let Some(wanted) = scale.size {
        *size = wanted.into();
    }
    let Some(wanted) = scale.count else { return };
    let path = format!("{path}.desired_count");
    match count {
        Count::Of(count) => *count = Some(wanted),
        Count::Autoscaled => errors.push(
            SpecError::new(path, "is moved by autoscaling; update the bounds of that instead").given(wanted.get()),
        ),
        Count::One if wanted.get() == 1 => {}
        Count::One => {
            let problem = "is that of a scheduler, of which two would start everything twice";
            errors.push(SpecError::new(path, problem).allowed("1").given(wanted.get()));
        }
    }
}

enum Count<'a> {
    Of(&'a mut Option<TaskCount>),
    Autoscaled,
    One,
}

impl<'a> Count<'a> {
    fn of(count: &'a mut Option<TaskCount>, autoscaled: bool) -> Self {
        if autoscaled { Self::Autoscaled } else { Self::Of(count) }
    }
}
