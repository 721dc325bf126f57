use mate_core::spec::{CpuUnits, FargateSize, MemoryMib};

fn main() {
    let _ = FargateSize { cpu: CpuUnits::new(256).unwrap(), memory: MemoryMib::new(8192).unwrap() };
}
