//! The end of a tenant: destroyed, or disowned with every object as it is.

use super::{Applied, DestroyOptions, Operation, Tenant};
#[cfg(doc)]
use crate::client::{Error, Mate};
use crate::plan::Plan;

impl Tenant {
    /// Plans a destroy: every object of the record in the right order, with what is lost. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Protected`] for a protected tenant, and as [`Mate::plan`].
    pub fn plan_destroy(&self, options: &DestroyOptions) -> Operation<Plan> {
        let options = options.clone();
        self.operation(|inner, key, _, _| async move { inner.desk.plan_destroy(&key, &options).await })
    }

    /// Destroys a tenant: [`Tenant::plan_destroy`] and [`Mate::apply`] in one, with the consents of the options.
    ///
    /// A protected tenant is refused. The database leaves a final snapshot unless told otherwise; a bucket that holds objects
    /// is refused unless it is to be emptied; what loses data needs consent step by step. Ends when a search by tags
    /// finds nothing left; the base stays as it was.
    ///
    /// # Errors
    /// As [`Tenant::plan_destroy`] and [`Mate::apply`]; [`crate::engine::RunError::LeftOver`] names what would not go.
    pub fn destroy(&self, options: &DestroyOptions) -> Operation<Applied> {
        let options = options.clone();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.desk.plan_destroy(&key, &options).await?;
            inner.desk.apply(plan, &options.consents, &events, &cancellation).await
        })
    }

    /// Plans to disown a tenant, the opposite of [`Mate::adopt`]: ownership tags off, record gone, every object as it is.
    /// Carried out by [`Mate::apply`].
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn plan_disown(&self) -> Operation<Plan> {
        self.operation(|inner, key, _, _| async move { inner.desk.plan_disown(&key).await })
    }
}
