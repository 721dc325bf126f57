//! Autoscaling of a service between two bounds.

use super::error::SpecError;
use super::values::{CooldownSeconds, Percent, RequestCount, TargetPercent, TaskCount};

/// Bounds and targets of a service's autoscaling. What is not set is the default: 1 to 3 tasks, CPU held at 75 %,
/// memory at 80 %, no target of requests, 300 s after scaling in, 60 s after scaling out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Autoscaling {
    min: Option<TaskCount>,
    max: Option<TaskCount>,
    /// CPU to hold.
    pub target_cpu: Option<TargetPercent>,
    /// Memory to hold; 0 for no such target.
    pub target_memory: Option<Percent>,
    /// Requests a target and minute to hold; of a service behind the load balancer.
    pub target_requests: Option<RequestCount>,
    /// Pause after scaling in.
    pub scale_in_cooldown: Option<CooldownSeconds>,
    /// Pause after scaling out.
    pub scale_out_cooldown: Option<CooldownSeconds>,
}

impl Autoscaling {
    /// Fewest tasks when none is set.
    pub const DEFAULT_MIN: u32 = 1;
    /// Most tasks when none is set.
    pub const DEFAULT_MAX: u32 = 3;

    /// The default bounds, 1 to 3 tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From `min` to `max` tasks.
    ///
    /// # Errors
    /// [`SpecError`] if `max` is not greater than `min`.
    pub fn between(min: TaskCount, max: TaskCount) -> Result<Self, SpecError> {
        Self::bounded(Some(min), Some(max))
    }

    pub(crate) fn bounded(min: Option<TaskCount>, max: Option<TaskCount>) -> Result<Self, SpecError> {
        let scaling = Self { min, max, ..Self::default() };
        let (least, most) = (scaling.effective_min(), scaling.effective_max());
        if most > least {
            return Ok(scaling);
        }
        let says = |set: bool| if set { "" } else { " by default" };
        Err(SpecError::new(
            "max_capacity",
            format!("must be greater than `min_capacity`, which is {least}{}", says(min.is_some())),
        )
        .allowed(format!("{} to 100", least + 1))
        .given(format!("{most}{}", says(max.is_some()))))
    }

    fn effective_min(&self) -> u32 {
        self.min.map_or(Self::DEFAULT_MIN, TaskCount::get)
    }

    fn effective_max(&self) -> u32 {
        self.max.map_or(Self::DEFAULT_MAX, TaskCount::get)
    }

    /// Fewest tasks, if set.
    #[must_use]
    pub const fn min(&self) -> Option<TaskCount> {
        self.min
    }

    /// Most tasks, if set.
    #[must_use]
    pub const fn max(&self) -> Option<TaskCount> {
        self.max
    }

    /// Sets the CPU to hold.
    #[must_use]
    pub fn with_target_cpu(mut self, percent: TargetPercent) -> Self {
        self.target_cpu = Some(percent);
        self
    }

    /// Sets the memory to hold; 0 for no such target.
    #[must_use]
    pub fn with_target_memory(mut self, percent: Percent) -> Self {
        self.target_memory = Some(percent);
        self
    }

    /// Sets the requests a target and minute to hold.
    #[must_use]
    pub fn with_target_requests(mut self, requests: RequestCount) -> Self {
        self.target_requests = Some(requests);
        self
    }

    /// Sets the pauses after scaling in and after scaling out.
    #[must_use]
    pub fn with_cooldowns(mut self, scale_in: CooldownSeconds, scale_out: CooldownSeconds) -> Self {
        self.scale_in_cooldown = Some(scale_in);
        self.scale_out_cooldown = Some(scale_out);
        self
    }
}
