use mate_core::spec::{RepositoryName, ServiceName, ServiceSpec, TaskCount};

fn main() {
    let (name, image) = (ServiceName::new("beat").unwrap(), RepositoryName::new("django").unwrap());
    let _ = ServiceSpec::scheduler(name, image).with_desired_count(TaskCount::new(2).unwrap());
}
