//! One write under way: its lane, its copies, and how its outcome is settled.

use crate::db::{Db, Lane, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::{
    Evidence, LockKind, LockSchema, Operation, Seen, Source, Verdict, judge, unsound,
};
use crate::retry::{Budget, Spent};
use crate::value::Item;
use crate::wire::{self, Answer, Failure};

use super::plan::Planned;
use super::read::{exhausted, read, service};

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A call that holds the lane of an item. Dropped while a write is in doubt, it draws a new writer id before the lane is
/// free: a copy that lands later must not speak for this writer.
pub(super) struct Flight<'a> {
    db: &'a Db,
    target: &'a Target,
    in_doubt: bool,
    // Declared last, dropped last.
    lane: Option<Lane>,
}

/// What became of a write, known.
pub(super) enum Settled {
    /// It landed; with the item it answered with, or the image that proved it.
    Landed(Option<Item>),
    Refused(Refusal),
}

/// A write that was proved not landed, or a delete or insert that found its end reached.
pub(super) struct Refusal {
    pub(super) verdict: Verdict,
    pub(super) image: Option<Item>,
    /// One copy was sent, and it was answered.
    pub(super) answered_once: bool,
    pub(super) cause: Option<Cause>,
}

impl Refusal {
    /// `error`, with the evidence.
    pub(super) fn into_error(self, target: &Target, error: Error) -> Error {
        let error = target.blame(error).showing(self.image);
        match self.cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }

    /// The error of a write that was based on a read.
    pub(super) fn into_conflict(self, target: &Target) -> Error {
        let (kind, message) = match (self.verdict, &self.image) {
            (Verdict::ConditionRefused, _) => (
                ErrorKind::ConditionRefused,
                "the item is as it was read, but the call's own condition does not hold; nothing was written",
            ),
            (_, None) => (
                ErrorKind::NotFound,
                "the item was deleted since it was read; nothing was written",
            ),
            _ => (
                ErrorKind::Conflict,
                "somebody else wrote the item since it was read; nothing was written. Reload and redo the change, or use `modify`",
            ),
        };
        self.into_error(target, Error::new(kind, message))
    }
}

/// The copies of a write that may have been carried out.
#[derive(Default)]
struct Copies {
    sent: u32,
    unanswered: bool,
    cause: Option<Cause>,
}

impl Copies {
    fn answered_once(&self) -> bool {
        self.sent == 1 && !self.unanswered
    }
}

impl<'a> Flight<'a> {
    /// Waits for the lane.
    pub(super) async fn enter(db: &'a Db, target: &'a Target, budget: &Budget) -> Result<Self> {
        let mut flight = Self {
            db,
            target,
            in_doubt: false,
            lane: None,
        };
        flight.reenter(budget).await?;
        Ok(flight)
    }

    /// Frees the lane while waiting after a proven conflict.
    pub(super) async fn back_off(&mut self, budget: &mut Budget) -> Result<()> {
        self.lane = None;
        budget.back_off().await;
        self.reenter(budget).await
    }

    async fn reenter(&mut self, budget: &Budget) -> Result<()> {
        let turn = self.db.lanes().enter(self.target.lane_key());
        let lane = budget.within(turn).await.map_err(|_| {
            self.target
                .blame(Error::new(
                    ErrorKind::LaneTimeout,
                    "another call of this Db held the item's lane until the deadline; nothing was written. \
                     Do not call a verb on an item from inside another verb on it",
                ))
                .after(budget.attempts(), budget.elapsed())
        })?;
        self.lane = Some(lane);
        Ok(())
    }

    /// Reads the item with a consistent read.
    pub(super) async fn read(&self, budget: &mut Budget) -> Result<Option<Item>> {
        read(self.db, self.target, true, budget).await
    }

    /// Sends a write, again if need be, until it is known what became of it.
    ///
    /// # Errors
    /// `OutcomeUnknown` where that cannot be known; otherwise the write was proved not landed.
    pub(super) async fn settle(
        &mut self,
        planned: &Planned,
        lock: &LockSchema,
        budget: &mut Budget,
    ) -> Result<Settled> {
        let mut copies = Copies::default();
        loop {
            if let Err(spent) = budget.spend() {
                return self.conclude(planned, lock, copies, budget, spent).await;
            }
            self.in_doubt = true;
            let request = wire::write(self.db.client(), &self.target.table, &planned.request);
            match budget.within(request).await {
                Err(spent) => {
                    copies.sent += 1;
                    copies.unanswered = true;
                    return self.conclude(planned, lock, copies, budget, spent).await;
                }
                Ok(Answer::Done(item)) => {
                    self.in_doubt = false;
                    return Ok(Settled::Landed(item));
                }
                Ok(Answer::Refused {
                    image,
                    doubtful,
                    source,
                }) => {
                    copies.sent += 1 + doubtful;
                    copies.unanswered |= doubtful > 0;
                    copies.cause = Some(source);
                    let (image, from) = match image {
                        Some(image) => (Some(image), Source::Refusal),
                        None => match self.read(budget).await {
                            Ok(image) => (image, Source::Read),
                            Err(error) => {
                                copies.cause = Some(error.into());
                                let why = "the write was refused without an image, and the read that was to show one failed";
                                return Err(self.unknown(planned, copies, None, why, budget));
                            }
                        },
                    };
                    let verdict = self.judge(planned, lock, image.as_ref(), from, &copies);
                    if verdict != Verdict::NotYet {
                        return self.pronounce(verdict, planned, image, copies, budget);
                    }
                }
                Ok(Answer::Failed(Failure::Ambiguous { source })) => {
                    copies.sent += 1;
                    copies.unanswered = true;
                    copies.cause = Some(source);
                    if lock.kind == LockKind::Values {
                        // Nothing in the item tells one copy from the write of another.
                        let spent = Spent::Attempts;
                        return self.conclude(planned, lock, copies, budget, spent).await;
                    }
                }
                Ok(Answer::Failed(Failure::Transient { source })) => {
                    self.in_doubt = copies.sent > 0;
                    copies.cause = Some(source);
                }
                Ok(Answer::Failed(Failure::Final { source })) if copies.sent == 0 => {
                    self.in_doubt = false;
                    return Err(service(self.target, source));
                }
                Ok(Answer::Failed(Failure::Final { source })) => {
                    copies.cause = Some(source);
                    return self
                        .conclude(planned, lock, copies, budget, Spent::Attempts)
                        .await;
                }
            }
            budget.back_off().await;
        }
    }

    /// No more copies will be sent: one read may still show what became of those that were.
    async fn conclude(
        &mut self,
        planned: &Planned,
        lock: &LockSchema,
        copies: Copies,
        budget: &mut Budget,
        spent: Spent,
    ) -> Result<Settled> {
        if !copies.unanswered {
            self.in_doubt = false;
            return Err(exhausted(self.target, spent, copies.cause, budget));
        }
        budget.open_reserve();
        let Ok(image) = self.read(budget).await else {
            return Err(self.unknown(planned, copies, None, &spent.to_string(), budget));
        };
        let verdict = self.judge(planned, lock, image.as_ref(), Source::Read, &copies);
        self.pronounce(verdict, planned, image, copies, budget)
    }

    fn judge(
        &self,
        planned: &Planned,
        lock: &LockSchema,
        image: Option<&Item>,
        source: Source,
        copies: &Copies,
    ) -> Verdict {
        let Ok(seen) = image.map(|item| Seen::of(lock, item)).transpose() else {
            // Another tool left no lock where the lock belongs: the image cannot speak, but for being there.
            let insert = planned.write.operation == Operation::Insert;
            return match (insert, copies.answered_once()) {
                (true, once) if once || lock.journal.is_some() => Verdict::Exists,
                (false, true) => Verdict::NotLandedWeak,
                _ => Verdict::Unknown,
            };
        };
        let evidence = Evidence {
            image: seen.as_ref(),
            source,
            issued_before: &|id| self.db.identity().issued_before(id, &planned.issued),
            answered_once: copies.answered_once(),
        };
        let verdict = unsound(self.db.judging(), &planned.write, &evidence)
            .unwrap_or_else(|| judge(&planned.write, &evidence));
        let guarded = image.is_some_and(|image| planned.guard.holds(image));
        match verdict {
            // The lock held, but not what the write found in a list: a tool that moves no lock was here.
            Verdict::ConditionRefused if !guarded => Verdict::NotLandedWeak,
            // The values are the lock, and they held.
            Verdict::NotLandedWeak
                if guarded
                    && lock.kind == LockKind::Values
                    && planned.write.operation != Operation::Insert =>
            {
                Verdict::ConditionRefused
            }
            verdict => verdict,
        }
    }

    fn pronounce(
        &mut self,
        verdict: Verdict,
        planned: &Planned,
        image: Option<Item>,
        copies: Copies,
        budget: &Budget,
    ) -> Result<Settled> {
        tracing::debug!(
            table = &*self.target.table,
            ?verdict,
            copies = copies.sent,
            unanswered = copies.unanswered,
            "judged"
        );
        match verdict {
            Verdict::Landed => {
                self.in_doubt = false;
                Ok(Settled::Landed(image))
            }
            Verdict::NotYet => {
                let why = "it has not landed, but a copy may be under way";
                Err(self.unknown(planned, copies, image, why, budget))
            }
            Verdict::Unknown => {
                let why = "the item was written since and shows no trace of it";
                Err(self.unknown(planned, copies, image, why, budget))
            }
            Verdict::ConditionRefused if !planned.conditioned => {
                self.in_doubt = false;
                let message = "the write was refused although its condition holds on the item that came with the refusal; nothing was written";
                let error = self.target.blame(Error::new(ErrorKind::Service, message));
                Err(error.showing(image))
            }
            verdict => {
                // A copy of an insert or delete may still be on its way to an item that comes and goes.
                self.in_doubt =
                    matches!(verdict, Verdict::Exists | Verdict::Gone) && copies.unanswered;
                Ok(Settled::Refused(Refusal {
                    verdict,
                    image,
                    answered_once: copies.answered_once(),
                    cause: copies.cause,
                }))
            }
        }
    }

    /// Leaves `in_doubt` as it is, so that dropping the flight draws a new writer id.
    fn unknown(
        &self,
        planned: &Planned,
        copies: Copies,
        image: Option<Item>,
        why: &str,
        budget: &Budget,
    ) -> Error {
        let operation = planned.request.name();
        let error = Error::new(
            ErrorKind::OutcomeUnknown,
            format!(
                "{operation} may have been carried out or may yet be: {why}. Read the item and decide; \
                 do not repeat the change blindly"
            ),
        );
        let error = self
            .target
            .blame(error)
            .of_write(&planned.write.id)
            .showing(image)
            .after(budget.attempts(), budget.elapsed());
        match copies.cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.in_doubt {
            self.db.identity().renew();
        }
    }
}
