//! One write under way: its copies, and how its outcome is settled.

use super::{Call, Proposal};
use crate::error::{Error, ErrorKind, Result, Source as Cause};
use crate::lock::{Evidence, LockKind, Seen, Source, Verdict};
use crate::retry::Spent;
use crate::value::Item;
use crate::wire::{Answer, Failure};

/// What became of a write, known.
pub(crate) enum Settled {
    /// It landed; with the item it answered with, or the image that proved it.
    Landed(Option<Item>),
    Refused(Refusal),
}

/// A write that was proved not landed, or a delete or insert that found its end reached.
pub(crate) struct Refusal {
    pub(crate) verdict: Verdict,
    pub(crate) image: Option<Item>,
    /// One copy was sent, and it was answered.
    pub(crate) answered_once: bool,
    cause: Option<Cause>,
}

/// The copies of a write that may have been carried out.
#[derive(Default)]
struct Copies {
    sent: u32,
    unanswered: bool,
    /// What the last of them came to.
    cause: Option<Cause>,
}

impl Copies {
    fn answered_once(&self) -> bool {
        self.sent == 1 && !self.unanswered
    }
}

impl Call {
    /// Sends a write, again if need be, until it is known what became of it.
    ///
    /// # Errors
    /// `OutcomeUnknown` where that cannot be known; otherwise the write was proved not landed.
    pub(crate) async fn settle(&mut self, proposal: &Proposal) -> Result<Settled> {
        let mut copies = Copies::default();
        let mut last = None;
        loop {
            if let Err(spent) = self.budget.spend() {
                return self.conclude(proposal, copies, spent, last).await;
            }
            // Should this future be dropped while the copy is under way.
            self.in_doubt = true;
            let limit = self.budget.request_time();
            match self.db.wire().write(&proposal.request, limit).await {
                Answer::Done(item) => {
                    self.in_doubt = false;
                    self.budget.give_back();
                    return Ok(Settled::Landed(item));
                }
                Answer::Refused { image, source } => {
                    self.budget.give_back();
                    copies.sent += 1;
                    copies.cause = Some(source);
                    last = None;
                    let (image, from) = match image {
                        Some(image) => (Some(image), Source::Refusal),
                        None => match self.read_to(true, true).await {
                            Ok(image) => (image, Source::ReadAfterRefusal),
                            Err(error) => {
                                copies.cause = Some(error.into());
                                let why = "the write was refused without an image, and the read that was to show one failed";
                                return Err(self.unknown(proposal, copies, None, why));
                            }
                        },
                    };
                    let verdict = self.judge(proposal, image.as_ref(), from, &copies);
                    if verdict != Verdict::NotYet {
                        return self.pronounce(verdict, proposal, image, copies);
                    }
                    self.budget.back_off(None).await;
                }
                Answer::Failed(failure) => {
                    if failure.kind.is_doubt() {
                        copies.sent += 1;
                        copies.unanswered = true;
                    }
                    self.in_doubt = copies.sent > 0;
                    // Without a lock nothing in the item tells one copy from the write of another.
                    let alone = copies.unanswered && self.schema.lock.kind == LockKind::Values;
                    let spent = match self.send_again(&failure, copies.sent > 0) {
                        Ok(()) if alone => Err(Spent::Attempts),
                        spent => spent,
                    };
                    if let Err(spent) = spent {
                        return self.conclude(proposal, copies, spent, Some(failure)).await;
                    }
                    self.budget.back_off(failure.retry_after).await;
                    last = Some(failure);
                }
            }
        }
    }

    /// No more copies will be sent: one read may still show what became of those that were.
    async fn conclude(
        &mut self,
        proposal: &Proposal,
        mut copies: Copies,
        spent: Spent,
        last: Option<Failure>,
    ) -> Result<Settled> {
        if !copies.unanswered {
            self.in_doubt = false;
            let error = match last {
                Some(_) => self.gave_up(spent, last),
                None => self.gave_up(spent, None).caused_by(copies.cause),
            };
            return Err(error);
        }
        if let Some(failure) = last {
            copies.cause = Some(failure.source);
        }
        self.budget.open_reserve();
        let Ok(image) = self.read_to(true, true).await else {
            return Err(self.unknown(proposal, copies, None, &spent.to_string()));
        };
        let verdict = self.judge(proposal, image.as_ref(), Source::Read, &copies);
        self.pronounce(verdict, proposal, image, copies)
    }

    fn judge(
        &self,
        proposal: &Proposal,
        image: Option<&Item>,
        source: Source,
        copies: &Copies,
    ) -> Verdict {
        let seen = image.map(|image| Seen::of(&self.schema.lock, image));
        let evidence = Evidence {
            image: seen.as_ref(),
            guard_holds: image.is_some_and(|image| proposal.guard.holds(image)),
            source,
            issued_before: &|id| self.db.identity().issued_before(id, &proposal.issued),
            answered_once: copies.answered_once(),
        };
        self.db.judge(&proposal.write, &evidence)
    }

    fn pronounce(
        &mut self,
        verdict: Verdict,
        proposal: &Proposal,
        image: Option<Item>,
        copies: Copies,
    ) -> Result<Settled> {
        tracing::debug!(
            table = &**self.target.table(),
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
                Err(self.unknown(proposal, copies, image, why))
            }
            Verdict::Unknown => {
                let why = "the item was written since and shows no trace of it";
                Err(self.unknown(proposal, copies, image, why))
            }
            Verdict::Inexplicable => {
                self.in_doubt = false;
                let message = "the write was refused although its condition holds on the item that came with the refusal; nothing was written";
                let error = self.named(Error::new(ErrorKind::Service, message));
                Err(error.showing(image))
            }
            Verdict::ConditionRefused
            | Verdict::NotLanded
            | Verdict::NotLandedWeak
            | Verdict::Exists
            | Verdict::NotFound
            | Verdict::Gone => {
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

    /// Leaves `in_doubt` as it is, so that dropping the call draws a new writer id.
    fn unknown(
        &self,
        proposal: &Proposal,
        copies: Copies,
        image: Option<Item>,
        why: &str,
    ) -> Error {
        let operation = proposal.request.name();
        let message = format!(
            "{operation} may have been carried out or may yet be: {why}. Read the item and decide; \
             do not repeat the change blindly"
        );
        self.tried(Error::new(ErrorKind::OutcomeUnknown, message))
            .of_write(&proposal.write.id)
            .showing(image)
            .caused_by(copies.cause)
    }
}

impl Refusal {
    /// `error`, with the evidence.
    pub(crate) fn into_error(self, error: Error) -> Error {
        error.showing(self.image).caused_by(self.cause)
    }

    /// The error of a write that was based on a read.
    pub(crate) fn into_conflict(self, call: &Call) -> Error {
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
        let error = call.named(Error::new(kind, message));
        self.into_error(error)
    }
}
