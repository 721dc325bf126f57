//! An object that AWS makes beside an object of ours.

/// An object that AWS makes beside an object of ours, such as a log group, a linked role or a network interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion {
    /// Its kind in AWS's terms, `iam:ServiceLinkedRole`.
    pub kind: &'static str,
    /// Its name as AWS makes it, `{name}` for that of our object; empty for an object without a name.
    pub name: &'static str,
    /// True if it stays when our object is deleted.
    pub stays: bool,
    /// The page of AWS that says so.
    pub source: &'static str,
}
