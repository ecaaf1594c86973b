//! One item read within a budget, and the errors of calls that wrote nothing.

use crate::db::{Db, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Budget, Spent};
use crate::value::Item;
use crate::wire::{self, Failure};

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Reads an item, again after failures that pass, within the budget.
pub(super) async fn read(
    db: &Db,
    target: &Target,
    consistent: bool,
    budget: &mut Budget,
) -> Result<Option<Item>> {
    let request = target.read(consistent);
    let mut reads = 0;
    loop {
        reads += 1;
        let cause = match budget.within(wire::read(db.client(), &request)).await {
            Ok(Ok(image)) => return Ok(image),
            Ok(Err(Failure::Final { source })) => return Err(service(target, source)),
            Ok(Err(failure)) => failure.into_source(),
            Err(spent) => return Err(exhausted(target, spent, None, budget)),
        };
        if reads >= budget.most_attempts() {
            return Err(exhausted(target, Spent::Attempts, Some(cause), budget));
        }
        budget.back_off().await;
    }
}

pub(super) fn service(target: &Target, cause: Cause) -> Error {
    let message = "DynamoDB refused the request, or it could not be sent; nothing was written";
    target
        .blame(Error::new(ErrorKind::Service, message))
        .because(cause)
}

/// Proved not landed: every copy that was sent was answered.
pub(super) fn exhausted(
    target: &Target,
    spent: Spent,
    cause: Option<Cause>,
    budget: &Budget,
) -> Error {
    let message =
        format!("{spent}; nothing was written. Raise the RetryPolicy, or try again later");
    let error = target
        .blame(Error::new(ErrorKind::Exhausted, message))
        .after(budget.attempts(), budget.elapsed());
    match cause {
        Some(cause) => error.because(cause),
        None => error,
    }
}
