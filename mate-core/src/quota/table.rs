//! The quotas of the kinds.

use crate::model::{Kinds, Quota};
use crate::provider::QuotaId;

impl Quota {
    /// Its id. A quota without a code of AWS has a word in its place, which never begins with `L-`.
    #[must_use]
    pub fn id(&self) -> QuotaId {
        let code = self.code.map_or_else(|| self.name.to_lowercase().replace(' ', "-"), str::to_owned);
        QuotaId { service: self.service.to_owned(), code }
    }

    /// The quota of this id, if one of the kinds counts against it.
    #[must_use]
    pub fn find(kinds: &Kinds, id: &QuotaId) -> Option<&'static Self> {
        Self::all(kinds).find(|quota| quota.id() == *id)
    }

    /// Every quota that one of the kinds counts against.
    pub fn all(kinds: &Kinds) -> impl Iterator<Item = &'static Self> {
        kinds.iter().flat_map(|model| model.quotas)
    }
}
