//! The common parts of the integration tests. A test binary includes them with `mod support;`.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod emulator;
pub(crate) mod figures;
pub(crate) mod host;
pub(crate) mod logs;
pub(crate) mod proxy;
pub(crate) mod sample;
pub(crate) mod wire;
