//! Choices that hang together cannot be expressed wrongly. In this crate because it stands on the core alone: the
//! cases are built with few dependencies.

#[test]
fn wrong_couplings_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
