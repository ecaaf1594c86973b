use std::time::{Duration, SystemTime};

use crate::db::{Db, Lane, Table};
use crate::entity::{Entity, Expiry, Schema, Stored};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::Compiled;
use crate::key::Target;
use crate::retry::{Budget, RetryPolicy, RunEnd, Spent};
use crate::value::Item;
use crate::wire::{Failure, FailureKind, ReadRequest};

use super::{Planner, Proposal};

/// One call of one verb on one item: where it goes, what is left of its budget, its lane, and whether a write of it is in
/// doubt. Dropped while one is, it draws a new writer id before the lane is free: a copy that lands later must not speak for
/// this writer.
pub(crate) struct Call {
    pub(super) db: Db,
    pub(super) schema: &'static Schema,
    pub(super) target: Target,
    pub(super) budget: Budget,
    pub(super) in_doubt: bool,
    /// The clock of the signature was put right once already.
    skewed: bool,
    // Declared last, dropped last.
    lane: Option<Lane>,
}

impl<E: Entity> Table<E> {
    /// A call on an item of this table.
    pub(crate) fn call(&self, target: Target, policy: Option<RetryPolicy>) -> Call {
        Call::new(self.db(), E::SCHEMA, target, policy)
    }

    /// A call on the item of a handle.
    ///
    /// # Errors
    /// The handle is of another table.
    pub(crate) fn call_on(&self, stored: &Stored<E>, policy: Option<RetryPolicy>) -> Result<Call> {
        stored.check_table(self.physical_name())?;
        Ok(self.call(stored.target().clone(), policy))
    }
}

impl Call {
    pub(crate) fn new(
        db: &Db,
        schema: &'static Schema,
        target: Target,
        policy: Option<RetryPolicy>,
    ) -> Self {
        Self {
            db: db.clone(),
            schema,
            target,
            budget: db.budget(policy),
            in_doubt: false,
            skewed: false,
            lane: None,
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Ends with the run that it is a part of.
    pub(crate) fn end_with(&mut self, run: Option<RunEnd>) {
        if let Some(run) = run {
            self.budget.end_with(run);
        }
    }

    /// Whether a request was sent that came to nothing.
    pub(crate) fn was_tried_again(&self) -> bool {
        self.budget.attempts() > 1
    }

    /// Whether it was the quota of the `Db` that ended it.
    pub(crate) fn is_out_of_quota(&self) -> bool {
        self.budget.is_out_of_quota()
    }

    /// The time of day, for what is stored.
    pub(crate) fn wall(&self) -> SystemTime {
        self.db.clock().wall()
    }

    /// What plans the next write of this call, under a fresh id.
    pub(crate) fn planner(&self) -> Planner<'_> {
        Planner {
            schema: self.schema,
            target: &self.target,
            issued: self.db.identity().issue(),
            expiry: self.expiry(),
            writers: self.db.journal_writers(),
        }
    }

    /// What plans the write of this proposal anew: under its id, for its moment.
    pub(super) fn planner_of(&self, proposal: &Proposal) -> Planner<'_> {
        Planner {
            schema: self.schema,
            target: &self.target,
            issued: proposal.issued,
            expiry: proposal.expiry,
            writers: self.db.journal_writers(),
        }
    }

    fn expiry(&self) -> Option<Expiry> {
        Expiry::hiding(self.schema, || self.wall())
    }

    /// The item, unless its entity hides it by now.
    pub(super) fn shown(&self, image: Option<Item>) -> Option<Item> {
        let image = image?;
        let expired = self.expiry().is_some_and(|expiry| expiry.is_past(&image));
        (!expired).then_some(image)
    }

    /// Waits for the item's lane.
    pub(crate) async fn enter(&mut self) -> Result<()> {
        let turn = self.db.lanes().enter(self.target.clone());
        match self.budget.within(turn).await {
            Ok(lane) => self.lane = Some(lane),
            Err(_) => {
                return Err(self.tried(Error::new(
                    ErrorKind::LaneTimeout,
                    "another call of this Db held the item's lane until the deadline; nothing was written. \
                     Do not call a verb on an item from inside another verb on it",
                )));
            }
        }
        Ok(())
    }

    /// Whether its writes are judged: those that take no lane are not.
    pub(super) fn is_in_lane(&self) -> bool {
        self.lane.is_some()
    }

    /// Leaves the lane, waits, and enters it again.
    pub(super) async fn back_off_outside(&mut self) -> Result<()> {
        self.leave();
        self.budget.back_off(None).await;
        self.enter().await
    }

    /// Frees the lane. After a write in doubt the next one is another writer's.
    fn leave(&mut self) {
        if std::mem::take(&mut self.in_doubt) {
            self.db.identity().renew();
        }
        self.lane = None;
    }

    /// Reads the item, again after failures that pass; `None` too where its entity hides it.
    pub(crate) async fn read(&mut self, consistent: bool) -> Result<Option<Item>> {
        let image = self.read_to(consistent, false).await?;
        Ok(self.shown(image))
    }

    /// Reads what this expression asks for of the item, likewise.
    pub(crate) async fn read_view(
        &mut self,
        consistent: bool,
        expression: Compiled,
    ) -> Result<Option<Item>> {
        let image = self.ask(consistent, expression, false).await?;
        Ok(self.shown(image))
    }

    /// As [`read`](Self::read), whatever the entity hides; where it settles a write in doubt, the quota does not refuse it.
    pub(super) async fn read_to(
        &mut self,
        consistent: bool,
        settles: bool,
    ) -> Result<Option<Item>> {
        self.ask(consistent, Compiled::default(), settles).await
    }

    async fn ask(
        &mut self,
        consistent: bool,
        expression: Compiled,
        settles: bool,
    ) -> Result<Option<Item>> {
        let request = ReadRequest {
            target: self.target.clone(),
            consistent,
            expression,
        };
        let (mut reads, mut last) = (0, None);
        loop {
            if let Err(spent) = self.budget.in_time() {
                return Err(self.read_failed(spent, last, reads));
            }
            reads += 1;
            let limit = self.budget.request_time();
            let failure = match self.db.wire().read(&request, limit).await {
                Ok(image) => {
                    self.budget.give_back();
                    return Ok(image);
                }
                Err(failure) => failure,
            };
            let again = if reads < self.budget.max_attempts() {
                self.go_on(&failure, settles)
            } else {
                Err(Spent::Attempts)
            };
            if let Err(spent) = again {
                return Err(self.read_failed(spent, Some(failure), reads));
            }
            self.budget.back_off(failure.retry_after).await;
            last = Some(failure);
        }
    }

    fn read_failed(&self, spent: Spent, failure: Option<Failure>, reads: u32) -> Error {
        let attempts = reads.max(self.budget.attempts());
        self.gave_up(spent, failure)
            .after(attempts, self.budget.elapsed())
    }

    /// Takes from the quota what another request after this failure costs.
    pub(super) fn go_on(&mut self, failure: &Failure, settles: bool) -> Result<(), Spent> {
        let again = match failure.kind {
            FailureKind::Final => false,
            FailureKind::Skewed => !std::mem::replace(&mut self.skewed, true),
            _ => true,
        };
        if !again {
            return Err(Spent::Attempts);
        }
        self.budget.draw(failure.kind.cost(), settles)
    }

    /// As [`go_on`](Self::go_on), for another copy of a write: the policy must have an attempt left.
    pub(super) fn send_again(&mut self, failure: &Failure, settles: bool) -> Result<(), Spent> {
        self.budget.has_more()?;
        self.go_on(failure, settles)
    }

    /// The error of a call that wrote nothing, with the failure that ended it.
    pub(super) fn gave_up(&self, spent: Spent, failure: Option<Failure>) -> Error {
        let Some(failure) = failure else {
            return self.tried(exhausted(spent));
        };
        let error = match failure.kind {
            FailureKind::Final | FailureKind::Skewed => {
                self.tried(Error::service(failure.reply.as_ref()))
            }
            _ => self.tried(exhausted(spent)),
        };
        error.replied(failure.reply).because(failure.source)
    }

    /// Names the item in an error.
    pub(crate) fn named(&self, error: impl Into<Error>) -> Error {
        error.into().at(&self.target)
    }

    /// Names the item in an error, and how long it was tried.
    pub(crate) fn tried(&self, error: impl Into<Error>) -> Error {
        let (attempts, elapsed): (u32, Duration) = (self.budget.attempts(), self.budget.elapsed());
        self.named(error).after(attempts, elapsed)
    }
}

fn exhausted(spent: Spent) -> Error {
    let message =
        format!("{spent}; nothing was written. Raise the RetryPolicy, or try again later");
    Error::new(ErrorKind::Exhausted, message)
}

impl Drop for Call {
    fn drop(&mut self) {
        self.leave();
    }
}
