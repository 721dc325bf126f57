use mate_core::spec::{Autoscaling, TaskCount};

fn main() {
    let _ = Autoscaling { min: Some(TaskCount::MAX), max: Some(TaskCount::MIN), ..Autoscaling::new() };
}
