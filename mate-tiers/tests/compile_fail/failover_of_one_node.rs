use mate_core::spec::CacheSpec;

fn main() {
    let _ = CacheSpec::single().with_automatic_failover(true);
}
