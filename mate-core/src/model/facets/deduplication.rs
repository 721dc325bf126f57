//! The way AWS keeps a second creation from making a second object.

/// The way AWS keeps a second creation from making a second object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deduplication {
    /// By the name: it can exist once.
    Name,
    /// By the place, such as the port of a listener: it can be taken once.
    Place,
    /// By a token of the request.
    Token,
    /// Not at all. A creation whose outcome is not known is made again only once the first would be visible by its tags.
    Never,
}

impl Deduplication {
    /// The word for it in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Place => "place",
            Self::Token => "token",
            Self::Never => "never",
        }
    }
}
