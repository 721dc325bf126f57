//! For the tests of embedding programs and of other providers: a mock, and the conformance suite.

pub use crate::outbox::MockEventSink;
pub use crate::provider::MockProvider;
pub use crate::provider::conformance;
