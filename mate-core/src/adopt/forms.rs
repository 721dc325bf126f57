//! The kinds' facets for adoption, and texts that tell by their own form which kind they are of.

use crate::model::ids::KindName;
use crate::model::{AdoptFacet, Kinds, is_arn};

/// The marks of a kind; plain ones for a kind that is not registered.
pub(super) fn facet(kinds: &Kinds, kind: &KindName) -> &'static AdoptFacet {
    kinds.get(kind).map_or(&AdoptFacet::PLAIN, |model| model.adopt)
}

/// Kind and physical id, where the text tells them by its own form.
pub(super) fn recognize(kinds: &Kinds, text: &str) -> Option<(KindName, String)> {
    let by_arn = || {
        let is_clean = text.bytes().all(|b| b.is_ascii_graphic());
        let mut found = kinds.iter().filter_map(|model| Some((model, model.arn?.id_in(text)?)));
        found.next().filter(|_| is_clean && is_arn(text))
    };
    let by_prefix = || {
        let is_of = |prefix: &str| !prefix.is_empty() && text.strip_prefix(prefix).is_some_and(is_hex);
        kinds.iter().find(|model| is_of(model.adopt.id_prefix)).map(|model| (model, text))
    };
    let by_shape = || kinds.iter().find_map(|model| Some((model, model.adopt.shape?(text)?)));
    let (model, id) = by_arn().or_else(by_prefix).or_else(by_shape)?;
    Some((model.name.clone(), id.to_owned()))
}

fn is_hex(id: &str) -> bool {
    (8..=17).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
