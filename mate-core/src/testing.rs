//! For the tests of embedding programs and of other providers: mocks, and the conformance suite.

pub use crate::client::MockTenantLifecycle;
pub use crate::outbox::MockEventSink;
pub use crate::proof::conformance;
pub use crate::provider::MockProvider;
