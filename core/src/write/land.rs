//! The loop of the combinators: read, plan, write, and again after a proven conflict.

use super::held::{self, Draft, Held};
use super::{Call, Proposal, Refusal, Settled};
use crate::entity::{Entity, Stored, lock_view};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::{Verdict, WriteId};
use crate::retry::RetryPolicy;
use crate::value::Item;

/// A change that landed, or that changed nothing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Modified<E, R> {
    /// The item as this change left it, ready for more.
    pub stored: Stored<E>,
    /// What the closure returned when its change landed.
    pub output: R,
    /// How often the closure ran.
    pub attempts: u32,
    /// How often somebody else wrote in between.
    pub conflicts: u32,
}

/// When a combinator reads the item again after a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reread {
    /// Every other retry, the first one too, works on the item that came with the refusal; the others wait and read
    /// again. The default.
    #[default]
    InTurn,
    /// Every retry reads again.
    Always,
}

/// How a combinator goes about it.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) policy: Option<RetryPolicy>,
    pub(crate) reread: Reread,
    /// Applying the change twice does no harm.
    pub(crate) idempotent: bool,
}

/// What came of applying the change once. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Turn<E> {
    Unchanged(Stored<E>),
    Change(Stored<E>, Draft),
    Insert(E, Proposal),
}

/// Takes turns until one lands. A turn is given the item, or that there is none.
pub(crate) async fn land<E: Entity, R, X: From<Error>>(
    mut call: Call,
    course: &Course,
    mut turn: impl FnMut(&Call, Option<Item>) -> Result<(Turn<E>, R), X>,
) -> Result<Modified<E, R>, X> {
    call.enter().await?;
    let mut image = call.read(true).await?;
    let (mut attempts, mut conflicts) = (0, 0);
    loop {
        attempts += 1;
        let (turn, output) = turn(&call, image)?;
        let refusal = match take(&mut call, turn).await {
            Ok(Taken::Conflict(refusal)) => refusal,
            Ok(Taken::Done(stored)) => {
                call.db.pressure().landed_after(conflicts);
                return Ok(Modified {
                    stored,
                    output,
                    attempts,
                    conflicts,
                });
            }
            Err(error)
                if error.is_outcome_unknown()
                    && course.idempotent
                    && call.budget.has_more().is_ok() =>
            {
                call.back_off_outside().await?;
                image = call.read(true).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        conflicts += 1;
        if conflicts == 1 {
            let waits = call.db.pressure().waits();
            call.budget.skip_waits(waits);
        }
        if let Err(spent) = call.budget.has_more() {
            let error = call.gave_up(spent, None);
            return Err(refusal.into_error(error).into());
        }
        // Every other retry goes out at once, from the item that came with the refusal: that costs one request instead of
        // two, and a shorter time for others to get between.
        let at_once =
            conflicts % 2 == 1 && course.reread == Reread::InTurn && refusal.image.is_some();
        image = if at_once {
            call.shown(refusal.image)
        } else {
            call.back_off_outside().await?;
            call.read(true).await?
        };
    }
}

/// A turn that was taken. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Taken<E> {
    Done(Stored<E>),
    /// Proved not landed: the change may be applied again.
    Conflict(Refusal),
}

async fn take<E: Entity>(call: &mut Call, turn: Turn<E>) -> Result<Taken<E>> {
    match turn {
        Turn::Unchanged(stored) => Ok(Taken::Done(stored)),
        Turn::Change(mut stored, draft) => match held::settle(call, &mut stored, draft).await? {
            Held::Refused(refusal) => check_reapply(call, refusal, None).map(Taken::Conflict),
            // A handle that has just been read is never behind a write of its own.
            Held::Landed | Held::Again => Ok(Taken::Done(stored)),
        },
        Turn::Insert(entity, proposal) => {
            let id = proposal.write.id;
            match insert(call, entity, proposal).await? {
                Ok(stored) => Ok(Taken::Done(stored)),
                Err(refusal) => check_reapply(call, refusal, Some(&id)).map(Taken::Conflict),
            }
        }
    }
}

/// Stores a new item, judged: the handle on it, or what was found in its place.
pub(crate) async fn insert<E: Entity>(
    call: &mut Call,
    mut entity: E,
    mut proposal: Proposal,
) -> Result<Result<Stored<E>, Refusal>> {
    let mut copies = call.copies();
    loop {
        let view = lock_view::<E>(proposal.mark()).map_err(|error| call.named(error))?;
        match call.settle_copies(&proposal, &mut copies).await? {
            Settled::Refused(refusal) if refusal.verdict == Verdict::Vacant => {
                copies.go_on();
                let again = go_on(call, proposal, refusal.image.as_ref());
                proposal = again.map_err(|error| call.named(error))?;
            }
            Settled::Refused(refusal) => return Ok(Err(refusal)),
            Settled::Landed(_) => {
                entity.set_lock_view(view);
                let (item, mark) = proposal.into_inserted();
                return Ok(Ok(Stored::inserted(call.target(), entity, item, mark)));
            }
        }
    }
}

/// The same insert on what is there now: over an item that has expired, or where there is none.
fn go_on(call: &Call, proposal: Proposal, image: Option<&Item>) -> Result<Proposal> {
    let planner = call.planner_of(&proposal);
    let (item, _) = proposal.into_inserted();
    match image {
        Some(image) => planner.insert_over(image, item),
        None => planner.insert(item),
    }
}

/// Whether the change may be applied again: only after a write that was proved not landed.
fn check_reapply(call: &Call, refusal: Refusal, insert: Option<&WriteId>) -> Result<Refusal> {
    match (refusal.verdict, insert) {
        (Verdict::NotLanded | Verdict::NotLandedWeak | Verdict::NotFound, _) => Ok(refusal),
        (Verdict::Exists, _) if refusal.answered_once => Ok(refusal),
        (Verdict::Exists, Some(id)) => {
            let message = "an insert was sent more than once or not answered, and another item is there now: \
                           it may have landed and been replaced. Read the item and decide";
            let error = call.tried(Error::new(ErrorKind::OutcomeUnknown, message));
            Err(refusal.into_error(error.of_write(id)))
        }
        _ => Err(refusal.into_conflict(call)),
    }
}
