//! The JSON form of a plan, and its id.

use crate::model::canonical;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Plan;

/// A text that is not a plan that can be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanJsonError {
    /// It is not a plan.
    #[error("the text is not a plan")]
    Malformed(#[source] serde_json::Error),
    /// It was written in a form that this version does not know.
    #[error("the plan has schema {found}, and this version reads {supported}: make a new plan")]
    Schema {
        /// The plan's schema.
        found: u64,
        /// The schema that can be read.
        supported: u32,
    },
    /// It was changed after it was made.
    #[error("the plan was changed after it was made: its contents do not fit its id; make a new plan")]
    Changed,
    /// Its steps wait for one another in a circle.
    #[error("the plan's steps wait for one another in a circle; make a new plan")]
    Circle,
}

impl Plan {
    /// The plan as JSON. The schema is stable: fields are added, and none changes its meaning, while
    /// [`Plan::SCHEMA`] stays.
    ///
    /// # Panics
    /// Never: every part of a plan has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has a JSON form")
    }

    /// Reads a plan back and checks that it is the one that was made.
    ///
    /// # Errors
    /// [`PlanJsonError`] for another schema, for a plan that was changed, and for what is not a plan.
    pub fn from_json(text: &str) -> Result<Self, PlanJsonError> {
        #[derive(serde::Deserialize)]
        struct Head {
            schema: u64,
        }
        let head: Head = serde_json::from_str(text).map_err(PlanJsonError::Malformed)?;
        if head.schema != u64::from(Self::SCHEMA) {
            return Err(PlanJsonError::Schema { found: head.schema, supported: Self::SCHEMA });
        }
        let plan: Self = serde_json::from_str(text).map_err(PlanJsonError::Malformed)?;
        if plan.id != plan.digest() {
            return Err(PlanJsonError::Changed);
        }
        if super::operations::ordered(&plan.steps).is_none() {
            return Err(PlanJsonError::Circle);
        }
        Ok(plan)
    }
}

/// SHA-256 of everything but the id itself.
pub(super) fn digest(plan: &Plan) -> String {
    let mut value = serde_json::to_value(plan).expect("a plan has a JSON form");
    if let Some(object) = value.as_object_mut() {
        object.insert("id".to_owned(), Value::Null);
    }
    hex::encode(Sha256::digest(canonical(&value).to_string()))
}
