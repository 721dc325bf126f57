//! The objects that a request may be about: those that are nobody's, adopted, or only read.

use std::collections::BTreeSet;

use super::Check;
use super::compare::brief;
use super::suite::Suite;
use crate::model::Ownership;
use crate::model::ids::KindName;
use crate::model::{Node, Tags};
use crate::provider::{Claim, ErrorClass, Live, Observation, ProviderError, Target};

const TAGS: &str = "tags";

impl Suite {
    /// With one object of each kind.
    pub(super) async fn claims(&mut self, made: &[Node]) {
        let mut seen = BTreeSet::<KindName>::new();
        let over = |node: &Node| self.model(node).is_some_and(|model| model.run_once);
        let nodes: Vec<&Node> = made.iter().filter(|node| !over(node) && seen.insert(node.kind.clone())).collect();
        for node in nodes {
            self.only_read(node).await;
            if self.model(node).is_some_and(|model| model.taggable) {
                self.untag(node).await;
                self.adopt(node).await;
            }
        }
    }

    async fn only_read(&mut self, node: &Node) {
        let ours = self.target(node);
        let mut target = Target { claim: Claim::ReadOnly, ..ours.clone() };
        target.tags.insert("Written".to_owned(), "yes".to_owned());
        let before = self.present(&ours).await;
        let created = self.create(target.clone(), self.token(&self.setup.tenant, &node.id, "read")).await;
        let fields = vec![TAGS.to_owned()];
        let changed = self.change(target.clone(), fields, self.token(&self.setup.tenant, &node.id, "reread")).await;
        let removed = self.remove(target).await;
        for (what, answer) in [
            ("create", created.map(|_| "made".to_owned())),
            ("update", changed.map(|_| "changed".to_owned())),
            ("delete", removed.map(|_| "deleted".to_owned())),
        ] {
            let promised = format!("{what} of what is only read refused (denied)");
            self.note(Some(node), Check::ReadOnlyIsNotWritten, &promised, denied(answer));
        }
        let seen = match (before, self.present(&ours).await) {
            (Ok(before), Ok(after)) if before == after => Ok(()),
            (Ok(before), Ok(after)) => Err(format!("{before:?} and then {after:?}")),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        self.note(Some(node), Check::ReadOnlyIsNotWritten, "the same before and after", seen);
    }

    /// A tag is put on and taken off again.
    async fn untag(&mut self, node: &Node) {
        const KEY: &str = "Conformance-2";
        let ours = self.target(node);
        let mut tagged = ours.clone();
        tagged.tags.insert(KEY.to_owned(), "taken off again".to_owned());
        let token = self.token(&self.setup.tenant, &node.id, "tag");
        let seen = match self.change(tagged, vec![TAGS.to_owned()], token).await {
            Err(error) => Err(error.to_string()),
            Ok(_) => match self.watch_tags(&ours, |tags| tags.contains_key(KEY)).await {
                Err(seen) => Err(seen),
                Ok(before) => self.take_off(&ours, before, BTreeSet::from([KEY.to_owned()]), "untag").await,
            },
        };
        self.note(Some(node), Check::UntagIsExact, "one tag less, and all others", seen);
    }

    /// Disowned, looked at, and taken over again.
    async fn adopt(&mut self, node: &Node) {
        let ours = self.target(node);
        let as_adopted = Target { claim: Claim::Unowned, ..ours.clone() };
        let as_read = Target { claim: Claim::ReadOnly, ..ours.clone() };
        let before = match self.present(&ours).await {
            Ok(live) => live.tags,
            Err(seen) => return self.note(Some(node), Check::ClaimIsHonoured, "present as ours", Err(seen)),
        };
        let keys = Ownership::KEYS.iter().filter(|key| before.contains_key(**key)).map(|key| (*key).to_owned());
        let keys: BTreeSet<String> = keys.collect();
        let mut given_back = as_adopted.clone();
        given_back.tags.retain(|key, _| !keys.contains(key));
        let disowned = self.take_off(&given_back, before.clone(), keys, "disown").await;
        self.note(Some(node), Check::UntagIsExact, "no ownership tags, and all others", disowned);

        let seen = self.watch(&ours, |seen| matches!(seen, Observation::Foreign(_))).await.map(drop);
        self.note(Some(node), Check::ClaimIsHonoured, "foreign without tags, where it must be ours", seen);
        for (target, promised) in [(&as_adopted, "present where it is adopted"), (&as_read, "present where it is read")]
        {
            let seen = self.watch(target, |seen| matches!(seen, Observation::Present(_))).await.map(drop);
            self.note(Some(node), Check::ClaimIsHonoured, promised, seen);
        }

        let token = self.token(&self.setup.tenant, &node.id, "adopt");
        let seen = match self.change(as_adopted, vec![TAGS.to_owned()], token).await {
            Err(error) => Err(error.to_string()),
            Ok(adopted) if Some(&adopted.physical_id) != ours.physical_id.as_ref() => {
                Err(format!("another one, {}", adopted.physical_id))
            }
            Ok(_) => self.watch_tags(&ours, |tags| *tags == before).await.map(drop),
        };
        self.note(Some(node), Check::IsAdopted, "ours again, with the tags that it had", seen);
    }

    /// Takes tags off and looks, as a reader, whether exactly those are gone.
    async fn take_off(
        &self,
        target: &Target,
        before: Tags,
        keys: BTreeSet<String>,
        purpose: &str,
    ) -> Result<(), String> {
        let token = self.token(&self.setup.tenant, &target.address.node, purpose);
        let mut wanted = before;
        wanted.retain(|key, _| !keys.contains(key));
        let answer = self.change_without(target.clone(), vec![TAGS.to_owned()], keys, token).await;
        answer.map_err(|error| error.to_string())?;
        let reader = Target { claim: Claim::ReadOnly, ..target.clone() };
        self.watch_tags(&reader, |tags| *tags == wanted).await.map(drop)
    }

    /// Looks until the tags are as they should be.
    async fn watch_tags(&self, target: &Target, right: impl Fn(&Tags) -> bool) -> Result<Tags, String> {
        let seen = self.watch(target, |seen| matches!(seen, Observation::Present(live) if right(&live.tags))).await;
        let Observation::Present(live) = seen.map_err(|seen| format!("{seen}, with other tags"))? else {
            return Err("not present".to_owned());
        };
        Ok(live.tags)
    }

    async fn present(&self, target: &Target) -> Result<Live, String> {
        match self.sure(target).await? {
            Observation::Present(live) => Ok(live),
            other => Err(brief(&other)),
        }
    }
}

fn denied(answer: Result<String, ProviderError>) -> Result<(), String> {
    match answer {
        Err(error) if error.class == ErrorClass::Denied => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(done) => Err(done),
    }
}
