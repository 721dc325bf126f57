//! Makes a generation of fixtures from the present code.

mod life;
mod platforms;
mod regional;
mod runs;
mod tenants;

use crate::fixture::Fixture;
use crate::runtime;

/// Every fixture of a generation.
pub(crate) fn generation() -> Vec<Fixture> {
    std::thread::scope(|scope| {
        let regional = scope.spawn(|| runtime().block_on(regional::fixtures()));
        let others = scope.spawn(|| {
            runtime().block_on(async {
                let mut others = platforms::fixtures().await;
                others.extend(tenants::fixtures().await);
                others
            })
        });
        let mut all = others.join().unwrap();
        all.extend(regional.join().unwrap());
        all
    })
}
