use mate_core::spec::{EfsThroughput, StorageSpec};

fn main() {
    let _ = StorageSpec::new().with_efs_throughput(EfsThroughput::Provisioned);
}
