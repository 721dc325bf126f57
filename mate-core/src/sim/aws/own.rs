//! The behaviour of a kind in this cloud: AWS's, or for an embedder's own that of its model.

use serde_json::Value;

use super::{Again, Compared, Creation, Memory, Source, Tagged, Token, facts};
use crate::model::ids::KindName;
use crate::model::{Deduplication, FieldImpact, Impact, KindModel};
use crate::provider::ErrorClass;
use crate::sim::config::Config;
use crate::sim::object::same;

/// The token of an embedder's own kind: it stands for its object, as long as there is one.
const OWN_TOKEN: Token = Token {
    source: Source::Request,
    again: Again::Same,
    class: ErrorClass::EventualConsistency,
    memory: Memory::WhileItStands,
    compared: Compared::All,
};

/// The way in which a model says that a repeated creation is recognised.
fn own_creation(model: &KindModel) -> Creation {
    let facet = model.sim;
    let again = facet.map_or(Again::Overwritten, |facet| Again::Refused(facet.exists));
    match model.deduplication {
        Deduplication::Name => Creation::ByName { within: facet.map_or("", |facet| facet.scope), again },
        Deduplication::Place => Creation::ByPlace { inputs: facet.map_or(&[], |facet| facet.place), again },
        Deduplication::Token => Creation::ByToken(OWN_TOKEN),
        Deduplication::Never => Creation::Never,
    }
}

impl Config {
    /// The way in which a repeated creation is recognised.
    pub(in crate::sim) fn creation(&self, kind: &KindName) -> Creation {
        let by_name = Creation::ByName { within: "", again: Again::Overwritten };
        let own = || self.model(kind).map_or(by_name, own_creation);
        facts(kind.as_str()).map_or_else(own, |facts| facts.creation)
    }

    /// The code of the refusal to make or change something because an object that is not ours has its name.
    pub(in crate::sim) fn exists(&self, kind: &KindName) -> &'static str {
        self.creation(kind).exists().unwrap_or(self.facet(kind).exists)
    }

    /// The input within whose value names are unique; empty for names unique in the account.
    pub(in crate::sim) fn scope(&self, kind: &KindName) -> &'static str {
        match self.creation(kind) {
            Creation::ByName { within, .. } => within,
            _ => self.facet(kind).scope,
        }
    }

    /// The inputs of which the same values can exist only once.
    pub(in crate::sim) fn place(&self, kind: &KindName) -> &'static [&'static str] {
        match self.creation(kind) {
            Creation::ByPlace { inputs, .. } => inputs,
            _ => &[],
        }
    }

    /// True if AWS lets objects of the kind carry tags.
    pub(in crate::sim) fn taggable(&self, kind: &KindName) -> bool {
        let own = || self.model(kind).is_none_or(|model| model.taggable);
        facts(kind.as_str()).map_or_else(own, |facts| facts.tagged != Tagged::Never)
    }

    /// The input that AWS does not change from its old value to the new one, and why where the model is the one to say it.
    pub(in crate::sim) fn unchangeable(
        &self,
        kind: &KindName,
        old: &Value,
        new: &Value,
    ) -> Option<(&'static str, &'static str)> {
        let model = self.model(kind);
        let differs = |field: &str| {
            let unordered = model.and_then(|model| model.field(field)).is_some_and(|rule| rule.unordered);
            !same(&old[field], &new[field], unordered)
        };
        if let Some(facts) = facts(kind.as_str()) {
            let mut fixed = facts.fixed.iter().filter(|fixed| differs(fixed.field));
            let fixed = fixed.find(|fixed| fixed.refuses(&old[fixed.field], &new[fixed.field]))?;
            return Some((fixed.field, "AWS has no call for it"));
        }
        let rules = model?.fields.iter().filter(|rule| !rule.edge_only && differs(rule.field));
        rules.into_iter().find_map(|rule| {
            let impact = match rule.impact {
                FieldImpact::Always(impact) => impact,
                FieldImpact::By(by) => by(old, new),
            };
            match impact {
                Impact::Replace(why) | Impact::Never(why) => Some((rule.field, why)),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{FieldRule, Kind, Kinds, SimFacet};
    use crate::sim::SimCloudBuilder;

    #[derive(Debug)]
    struct Queue;

    impl Kind for Queue {
        const NAME: &'static str = "sqs:Queue";
        type Inputs = Value;

        fn model() -> KindModel {
            const FIELDS: &[FieldRule] =
                &[FieldRule::new("fifo", Impact::Replace("it is fixed")), FieldRule::new("delay", Impact::InPlace)];
            const SIM: SimFacet =
                SimFacet { scope: "group", place: &["port"], exists: "QueueExists", ..SimFacet::PLAIN };
            KindModel::new(Self::name(), FIELDS).with_sim(&SIM).untaggable()
        }
    }

    #[derive(Debug)]
    struct Stack;

    impl Kind for Stack {
        const NAME: &'static str = "cloudformation:Stack";
        type Inputs = Value;

        fn model() -> KindModel {
            KindModel::new(Self::name(), &[]).with_deduplication(Deduplication::Token)
        }
    }

    #[test]
    fn an_embedders_own_kind_behaves_as_its_model_says() {
        let config = SimCloudBuilder::new().kinds(Kinds::standard().with::<Queue>().with::<Stack>()).config;
        let (queue, stack) = (Queue::name(), Stack::name());
        let refused = Again::Refused("QueueExists");
        assert_eq!(config.creation(&queue), Creation::ByName { within: "group", again: refused });
        assert_eq!(
            (config.scope(&queue), config.exists(&queue), config.taggable(&queue)),
            ("group", "QueueExists", false)
        );
        let place = own_creation(&Queue::model().with_deduplication(Deduplication::Place));
        assert_eq!(place, Creation::ByPlace { inputs: &["port"], again: refused });
        assert_eq!(own_creation(&Queue::model().with_deduplication(Deduplication::Never)), Creation::Never);
        assert_eq!((config.creation(&stack), config.taggable(&stack)), (Creation::ByToken(OWN_TOKEN), true));
        let (old, new) = (json!({"fifo": false, "delay": 1}), json!({"fifo": true, "delay": 2}));
        assert_eq!(config.unchangeable(&queue, &old, &new), Some(("fifo", "it is fixed")));
        assert_eq!(config.unchangeable(&queue, &old, &json!({"fifo": false, "delay": 2})), None);
        let unknown = "glue:Job".parse().unwrap();
        assert!(config.taggable(&unknown) && config.creation(&unknown).exists().is_none());
    }
}
