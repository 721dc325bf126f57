//! The tokens of creations, for as long as AWS knows them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::aws::{Again, Compared, Memory, Source, Token};
use super::object::Object;
use super::rules::{Refusal, refuse};
use super::state::{Key, State};
use crate::model::Outputs;
use crate::model::Tags;
use crate::model::ids::KindName;
use crate::provider::{CreateRequest, Created, Status};

/// A creation that AWS knows by its token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) uid: u64,
    /// The digest of the parameters of the call.
    pub(super) parameters: String,
    pub(super) first_used: Duration,
    /// The object as it was when it went.
    pub(super) end: Option<End>,
}

/// The end of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    pub(super) at: Duration,
    pub(super) physical_id: String,
    pub(super) outputs: Outputs,
}

/// The tokens that are known, by the realm of the kind and the token.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    known: BTreeMap<Key, Known>,
    by_uid: BTreeMap<u64, Key>,
}

impl Tokens {
    pub(super) fn insert(&mut self, key: Key, known: Known) {
        self.by_uid.insert(known.uid, key.clone());
        self.known.insert(key, known);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Known)> {
        self.known.iter()
    }

    /// Keeps what AWS tells of an object that goes now.
    pub(super) fn ends(&mut self, object: &Object) {
        let known = self.by_uid.remove(&object.uid).and_then(|key| self.known.get_mut(&key));
        if let Some(known) = known.filter(|known| known.uid == object.uid) {
            let (physical_id, outputs) = (object.physical_id.clone(), object.outputs.clone());
            known.end = Some(End { at: stopped_at(object).unwrap_or(object.ready_at), physical_id, outputs });
        }
    }
}

/// The time at which an object is over: its run has ended, or it is gone.
fn stopped_at(object: &Object) -> Option<Duration> {
    if object.ended.is_some() { Some(object.ready_at) } else { object.gone_at }
}

impl Memory {
    /// True if AWS still knows a token that was first used at `first`, and whose object was over at `end`.
    fn holds(self, first: Duration, end: Option<Duration>, now: Duration) -> bool {
        match self {
            Self::For(time) => now < first + time,
            Self::PastItsEnd(time) => end.is_none_or(|end| now < end + time),
            Self::AtMost { most, past_its_end } => now < first + most && end.is_none_or(|end| now < end + past_its_end),
            Self::WhileItStands => end.is_none(),
            Self::ForEver => true,
        }
    }
}

impl State {
    fn token_key(&self, request: &CreateRequest, token: &Token) -> Key {
        let text = match token.source {
            Source::Request => &request.token,
            Source::Name => &request.target.name,
        };
        (self.realm(request.target.kind.as_str()), text.clone())
    }

    /// The digest of the parameters of a creating call.
    pub(super) fn parameters(
        &self,
        kind: &KindName,
        name: &str,
        (inputs, tags): (&Value, &Tags),
        compared: Compared,
    ) -> String {
        let model = self.config.model(kind);
        let sent = |field: &str| match compared {
            Compared::All => !model.and_then(|model| model.field(field)).is_some_and(|rule| rule.edge_only),
            Compared::Only(fields) => fields.contains(&field),
        };
        let fields = inputs.as_object().into_iter().flatten().filter(|(field, _)| sent(field));
        let fields: BTreeMap<&String, &Value> = fields.collect();
        let text = json!([name, fields, &**tags]).to_string();
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// The answer to a creation whose token AWS knows; none where it knows none, and makes an object.
    pub(super) fn recall(
        &self,
        request: &CreateRequest,
        token: &Token,
        now: Duration,
    ) -> Option<Result<Created, Refusal>> {
        let known = self.tokens.known.get(&self.token_key(request, token))?;
        let object = self.objects.get(&known.uid);
        let end = known.end.as_ref().map(|end| end.at).or_else(|| object.and_then(stopped_at).filter(|at| *at <= now));
        if !token.memory.holds(known.first_used, end, now) {
            return None;
        }
        let target = &request.target;
        let same = || {
            let parameters = (&*target.inputs, &target.tags);
            known.parameters == self.parameters(&target.kind, &target.name, parameters, token.compared)
        };
        Some(match (token.again, object, &known.end) {
            (Again::Refused(code), ..) => {
                refuse(token.class, code, format!("{} was made with this token already", target.kind))
            }
            (Again::SameOr(code), ..) if !same() => {
                let message = "the parameters are not those of the earlier request with this token";
                refuse(token.class, code, message)
            }
            (_, Some(object), _) => Ok(self.live(object, now).into()),
            // What was deleted is answered as it is by now.
            (Again::SameOr(_), None, Some(End { physical_id, outputs, .. })) => {
                Ok(Created { physical_id: physical_id.clone(), status: Status::Deleting, outputs: outputs.clone() })
            }
            (_, None, _) => refuse(token.class, "ResourceNotFoundException", "what was made with this token is gone"),
        })
    }

    /// Keeps the token of an object that is made now.
    pub(super) fn remember(&mut self, request: &CreateRequest, token: &Token, uid: u64, now: Duration) {
        let target = &request.target;
        let parameters = (&*target.inputs, &target.tags);
        let parameters = self.parameters(&target.kind, &target.name, parameters, token.compared);
        let key = self.token_key(request, token);
        self.tokens.insert(key, Known { uid, parameters, first_used: now, end: None });
    }
}
