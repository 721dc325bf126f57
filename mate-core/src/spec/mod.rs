//! What the caller describes: tenants, their services, database, cache and storage, and the base they stand on.

mod base;
mod resolved;
mod storage;

pub use base::Base;
pub use resolved::*;
pub use storage::StorageLayout;
