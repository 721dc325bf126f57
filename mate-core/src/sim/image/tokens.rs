//! The tokens that a simulated cloud knows, as a document.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SimImage, millis};
use crate::model::Outputs;
use crate::sim::aws::Creation;
use crate::sim::regions::{realm, seen_from};
use crate::sim::state::{Key, State};
use crate::sim::tokens::{End, Known};

/// A creation that AWS knows by its token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TokenImage {
    kind: String,
    token: String,
    uid: u64,
    /// The digest of the parameters of the call.
    parameters: String,
    first_used: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<EndImage>,
}

/// The object of a token as it was when it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct EndImage {
    at: u64,
    physical_id: String,
    outputs: Outputs,
}

impl TokenImage {
    pub(super) fn of(((of, token), known): (&Key, &Known), region: &str) -> Self {
        let end = |end: &End| EndImage {
            at: millis(end.at),
            physical_id: end.physical_id.clone(),
            outputs: end.outputs.clone(),
        };
        Self {
            kind: seen_from(of, region),
            token: token.clone(),
            uid: known.uid,
            parameters: known.parameters.clone(),
            first_used: millis(known.first_used),
            end: known.end.as_ref().map(end),
        }
    }

    fn known(&self) -> Known {
        let end = |end: &EndImage| End {
            at: Duration::from_millis(end.at),
            physical_id: end.physical_id.clone(),
            outputs: end.outputs.clone(),
        };
        Known {
            uid: self.uid,
            parameters: self.parameters.clone(),
            first_used: Duration::from_millis(self.first_used),
            end: self.end.as_ref().map(end),
        }
    }
}

impl SimImage {
    /// Fills in the tokens, once the objects are in. Those of earlier versions were used for what their objects are.
    pub(super) fn fill_tokens(&self, state: &mut State) {
        for image in &self.known_tokens {
            let key = (realm(&state.config.kinds, &image.kind, &self.region), image.token.clone());
            state.tokens.insert(key, image.known());
        }
        for (token, uid) in &self.tokens {
            let Some(object) = state.objects.get(uid) else { continue };
            let Creation::ByToken(rule) = state.config.creation(&object.kind) else { continue };
            let sent = (&object.inputs, &object.tags);
            let known = Known {
                uid: *uid,
                parameters: state.parameters(&object.kind, &object.name, sent, rule.compared),
                first_used: object.created_at,
                end: None,
            };
            let key = (realm(&state.config.kinds, object.kind.as_str(), &object.region), token.clone());
            state.tokens.insert(key, known);
        }
    }
}
