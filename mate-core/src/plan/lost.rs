//! An object that held data and is gone. What is made in its place starts empty, so the caller has to consent to it.

use super::request::DiffRequest;
use super::step::{Action, Risk, Step};
use crate::model::ids::NodeId;
use crate::model::{Data, KindModel};
use crate::state::{NodeRecord, NodeState};

/// The risk of making anew what is gone: none for a kind that holds no data.
pub(super) fn risk(model: &KindModel, name: &str) -> Risk {
    match model.data {
        Data::Held(what) => Risk::DataLoss(format!(
            "{name} is gone, and with it {what}: it comes back empty. To keep the data, restore it and adopt it instead"
        )),
        Data::None => Risk::None,
    }
}

/// True if an object once did its work, so that it may have held data, and somebody else than MATE removed it.
///
/// A creation that was interrupted never held any. A deletion that was interrupted was planned, with the consent or the final
/// snapshot that it needs. A node that rested is made from its snapshot, and comes back empty only where it left none.
pub(super) fn held_data(request: &DiffRequest<'_>, id: &NodeId, recorded: Option<&NodeRecord>) -> bool {
    let Some(recorded) = recorded else {
        let rested = request.record.and_then(|record| record.resting.get(id));
        return rested.is_some_and(|rested| rested.snapshot.is_none());
    };
    match recorded.state {
        NodeState::Creating | NodeState::Deleting | NodeState::Replacing => false,
        NodeState::Failed(_) => !recorded.outputs.is_empty(),
        NodeState::Ready | NodeState::Updating => true,
    }
}

impl Step {
    /// True if it makes anew, and empty, an object that held data and is gone.
    #[must_use]
    pub fn comes_back_empty(&self) -> bool {
        self.action == Action::Create && matches!(self.risk, Risk::DataLoss(_))
    }
}
