//! One write under way: its copies, and how its outcome is settled.

use super::copies::{Copies, Delivery, Ended};
use super::{Call, Proposal};
use crate::error::{Error, ErrorKind, Result, Source as Cause};
use crate::lock::{Evidence, LockKind, Seen, Source, Verdict};
use crate::retry::Spent;
use crate::value::Item;

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
    /// The image has expired, and the entity hides it.
    expired: bool,
    /// One copy was sent, and it was answered.
    pub(crate) answered_once: bool,
    cause: Option<Cause>,
}

impl Call {
    /// Sends a write, again if need be, until it is known what became of it.
    ///
    /// # Errors
    /// `OutcomeUnknown` where that cannot be known; otherwise the write was proved not landed.
    pub(crate) async fn settle(&mut self, proposal: &Proposal) -> Result<Settled> {
        let mut copies = self.copies();
        self.settle_copies(proposal, &mut copies).await
    }

    /// No copies yet.
    pub(super) fn copies(&self) -> Copies {
        // Without a lock nothing in the item tells one copy from the write of another.
        let delivery = match self.schema.lock.kind {
            LockKind::Values => Delivery::Once,
            _ => Delivery::Again,
        };
        Copies::new(delivery, self.db.clock())
    }

    /// As [`settle`](Self::settle), after other copies of the same write.
    pub(super) async fn settle_copies(
        &mut self,
        proposal: &Proposal,
        copies: &mut Copies,
    ) -> Result<Settled> {
        let mut cause = None;
        loop {
            let (image, refused) = match self.send(&proposal.request, copies).await {
                Ended::Done(item) => return Ok(Settled::Landed(item)),
                Ended::Refused { image, source } => (image, source),
                Ended::Spent(spent) => return self.conclude(proposal, copies, spent, cause).await,
            };
            let (image, from) = match image {
                Some(image) => (Some(image), Source::Refusal),
                None => match self.read_to(true, true).await {
                    Ok(image) => (image, Source::ReadAfterRefusal),
                    Err(error) => {
                        let why = "the write was refused without an image, and the read that was to show one failed";
                        return Err(self.unknown(proposal, None, why, Some(error.into())));
                    }
                },
            };
            let verdict = self.judge(proposal, image.as_ref(), from, copies);
            if verdict != Verdict::NotYet {
                return self.pronounce(verdict, proposal, image, copies, Some(refused));
            }
            cause = Some(refused);
            self.budget.back_off(None).await;
        }
    }

    /// No more copies will be sent: one read may still show what became of those that were.
    async fn conclude(
        &mut self,
        proposal: &Proposal,
        copies: &mut Copies,
        spent: Spent,
        refused: Option<Cause>,
    ) -> Result<Settled> {
        let last = copies.last.take();
        if !copies.unanswered {
            self.in_doubt = false;
            return Err(match last {
                Some(_) => self.gave_up(spent, last),
                None => self.gave_up(spent, None).caused_by(refused),
            });
        }
        let cause = last.map(|failure| failure.source).or(refused);
        self.budget.open_reserve();
        let Ok(image) = self.read_to(true, true).await else {
            return Err(self.unknown(proposal, None, &spent.to_string(), cause));
        };
        let verdict = self.judge(proposal, image.as_ref(), Source::Read, copies);
        self.pronounce(verdict, proposal, image, copies, cause)
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
            guard_holds: image.is_none_or(|image| proposal.guard.holds(image)),
            expired: proposal.hides(image),
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
        copies: &Copies,
        cause: Option<Cause>,
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
                Err(self.unknown(proposal, image, why, cause))
            }
            Verdict::Unknown => {
                let why = "the item was written since and shows no trace of it";
                Err(self.unknown(proposal, image, why, cause))
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
            | Verdict::Vacant
            | Verdict::NotFound
            | Verdict::Gone => {
                // A copy of an insert or delete may still be on its way to an item that comes and goes.
                let comes_and_goes = [Verdict::Exists, Verdict::Vacant, Verdict::Gone];
                self.in_doubt = comes_and_goes.contains(&verdict) && copies.unanswered;
                Ok(Settled::Refused(Refusal {
                    verdict,
                    expired: proposal.hides(image.as_ref()),
                    image,
                    answered_once: copies.answered_once(),
                    cause,
                }))
            }
        }
    }

    /// Leaves `in_doubt` as it is, so that dropping the call draws a new writer id.
    fn unknown(
        &self,
        proposal: &Proposal,
        image: Option<Item>,
        why: &str,
        cause: Option<Cause>,
    ) -> Error {
        let operation = proposal.request.name();
        let message = format!(
            "{operation} may have been carried out or may yet be: {why}. Read the item and decide; \
             do not repeat the change blindly"
        );
        self.tried(Error::new(ErrorKind::OutcomeUnknown, message))
            .of_write(&proposal.write.id)
            .showing(image.filter(|image| !proposal.hides(Some(image))))
            .caused_by(cause)
    }
}

impl Refusal {
    /// `error`, with the evidence.
    pub(crate) fn into_error(self, error: Error) -> Error {
        let shown = self.image.filter(|_| !self.expired);
        error.showing(shown).caused_by(self.cause)
    }

    /// The error of a write that was based on a read.
    pub(crate) fn into_conflict(self, call: &Call) -> Error {
        let (kind, message) = match (self.verdict, &self.image) {
            (Verdict::ConditionRefused, _) => (
                ErrorKind::ConditionRefused,
                "the item is as it was read, but the call's own condition does not hold; nothing was written",
            ),
            _ if self.expired => (
                ErrorKind::NotFound,
                "the item has expired, and its entity hides it; nothing was written",
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
