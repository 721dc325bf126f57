//! The caller's consent to the risks of a plan, step by step.

use crate::vocab::Consent;
use crate::vocab::ConsentRisk;
use crate::vocab::Consents;
use std::fmt;

use super::Plan;
use super::escape::Printable;
use super::step::Risk;

impl Consents {
    /// Consent to every risk of this plan, for a caller who has read it.
    #[must_use]
    pub fn to_every_step_of(plan: &Plan) -> Self {
        let mut consents = Self::none();
        let every = plan.steps.iter();
        consents
            .0
            .extend(every.filter_map(|step| Some(Consent { node: step.node.clone(), risk: needed(&step.risk)? })));
        consents
    }

    /// With consent to the downtime of every step of this plan that loses no data.
    pub(crate) fn and_to_downtime_of(mut self, plan: &Plan) -> Self {
        let down = plan.steps.iter().filter(|step| needed(&step.risk) == Some(ConsentRisk::Downtime));
        self.0.extend(down.map(|step| Consent { node: step.node.clone(), risk: ConsentRisk::Downtime }));
        self
    }
}

/// The consent that a risk needs.
pub(super) fn needed(risk: &Risk) -> Option<ConsentRisk> {
    match risk {
        Risk::None | Risk::Restart => None,
        Risk::Downtime(_) => Some(ConsentRisk::Downtime),
        Risk::DataLoss(_) => Some(ConsentRisk::DataLoss),
    }
}

/// A step that lacks the caller's consent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MissingConsent {
    /// The consent that is missing.
    pub consent: Consent,
    /// The risk, in words.
    pub text: String,
}

impl fmt::Display for MissingConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (loud, method) = match self.consent.risk {
            ConsentRisk::Downtime => ("DOWNTIME", "downtime"),
            ConsentRisk::DataLoss => ("DATA LOSS", "data_loss"),
        };
        let node = &self.consent.node;
        write!(f, "{loud} at {node}: {}. Consent to it with Consents::{method}(\"{node}\")", Printable(&self.text))
    }
}

impl Plan {
    /// Checks that `consents` cover every step that needs one.
    ///
    /// # Errors
    /// Every consent that is missing, with how to give it.
    pub fn check(&self, consents: &Consents) -> Result<(), Vec<MissingConsent>> {
        let missing: Vec<MissingConsent> = self
            .steps
            .iter()
            .filter_map(|step| {
                let risk = needed(&step.risk)?;
                let (Risk::Downtime(text) | Risk::DataLoss(text)) = &step.risk else { return None };
                (!consents.cover(&step.node, risk))
                    .then(|| MissingConsent { consent: Consent { node: step.node.clone(), risk }, text: text.clone() })
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }
}
