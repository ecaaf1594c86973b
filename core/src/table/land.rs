//! The loop of the combinators: read, plan, write, and again after a proven conflict.

use super::flight::{Flight, Refusal, Settled};
use super::plan::Planned;
use super::read::exhausted;
use crate::db::{Table, Target};
use crate::entity::{Entity, Stored, lock_view};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::{Left, Verdict, WriteId};
use crate::retry::{Budget, RetryPolicy};
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
pub(super) struct Course {
    pub(super) policy: Option<RetryPolicy>,
    pub(super) reread: Reread,
    /// Applying the change twice does no harm.
    pub(super) idempotent: bool,
}

/// What came of applying the change once. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(super) enum Turn<E: Entity, R> {
    Unchanged(Stored<E>, R),
    Write(Applied<E, R>),
}

/// A change that was applied to one base, ready to be sent.
pub(super) struct Applied<E: Entity, R> {
    base: Base<E>,
    planned: Planned,
    left: Left,
    view: E::LockView,
    output: R,
}

/// What a change was applied to, and what is known of the item that it leaves. Moved once, so its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(super) enum Base<E> {
    /// The entity was changed here.
    Edited(Stored<E>, Item),
    /// The server changes the item, and answers with it.
    Updated(Stored<E>),
    New(E, Item),
}

impl<E: Entity, R> Turn<E, R> {
    pub(super) fn write(base: Base<E>, planned: Planned, left: Left, output: R) -> Result<Self> {
        Ok(Self::Write(Applied {
            base,
            planned,
            view: lock_view::<E>(&left)?,
            left,
            output,
        }))
    }
}

/// Takes turns until one lands.
pub(super) async fn land<E: Entity, R, X: From<Error>>(
    table: &Table<E>,
    target: &Target,
    course: &Course,
    mut turn: impl FnMut(Option<Item>) -> Result<Turn<E, R>, X>,
) -> Result<Modified<E, R>, X> {
    let mut budget = Budget::start(&table.policy(course.policy));
    let pressure = table.db().pressure();
    let mut flight = Flight::enter(table.db(), target, &budget).await?;
    let mut image = flight.read(&mut budget).await?;
    let (mut attempts, mut conflicts) = (0, 0);
    loop {
        attempts += 1;
        let applied = match turn(image)? {
            Turn::Write(applied) => applied,
            Turn::Unchanged(stored, output) => {
                return Ok(Modified {
                    stored,
                    output,
                    attempts,
                    conflicts,
                });
            }
        };
        let settled = flight.settle(&applied.planned, &E::SCHEMA.lock, &mut budget);
        let settled = match settled.await {
            Err(error)
                if error.is_outcome_unknown() && course.idempotent && budget.spent().is_none() =>
            {
                // Leaving the lane draws a new writer id: a copy that lands later is somebody else's.
                drop(flight);
                budget.back_off().await;
                flight = Flight::enter(table.db(), target, &budget).await?;
                image = flight.read(&mut budget).await?;
                continue;
            }
            settled => settled?,
        };
        let refusal = match settled {
            Settled::Landed(shown) => {
                pressure.landed_after(conflicts);
                let (output, stored) = applied.landed(target, shown)?;
                return Ok(Modified {
                    stored,
                    output,
                    attempts,
                    conflicts,
                });
            }
            Settled::Refused(refusal) => {
                check_reapply(refusal, target, &applied.planned.write.id, &budget)?
            }
        };
        conflicts += 1;
        if conflicts == 1 {
            budget.skip_waits(pressure.waits());
        }
        if let Some(spent) = budget.spent() {
            let error = exhausted(target, spent, refusal.cause, &budget);
            return Err(error.showing(refusal.image).into());
        }
        // Every other retry goes out at once, from the item that came with the refusal: that costs one request instead of
        // two, and a shorter time for others to get between.
        let at_once =
            conflicts % 2 == 1 && course.reread == Reread::InTurn && refusal.image.is_some();
        image = if at_once {
            refusal.image
        } else {
            flight.back_off(&mut budget).await?;
            flight.read(&mut budget).await?
        };
    }
}

impl<E: Entity, R> Applied<E, R> {
    /// The output, and the handle on what landed.
    fn landed(self, target: &Target, shown: Option<Item>) -> Result<(R, Stored<E>)> {
        let stored = match self.base {
            Base::New(mut entity, item) => {
                entity.set_lock_view(self.view);
                Stored::inserted(&target.table, entity, item, self.left)
            }
            Base::Edited(mut stored, image) => {
                stored.advance(image, self.left, self.view);
                stored
            }
            Base::Updated(mut stored) => {
                stored
                    .refresh(shown.unwrap_or_default(), self.left, self.view)
                    .map_err(|error| target.blame(error))?;
                stored
            }
        };
        Ok((self.output, stored))
    }
}

/// Whether the change may be applied again: only after a write that was proved not landed.
fn check_reapply(
    refusal: Refusal,
    target: &Target,
    id: &WriteId,
    budget: &Budget,
) -> Result<Refusal> {
    match refusal.verdict {
        Verdict::NotLanded | Verdict::NotLandedWeak => Ok(refusal),
        Verdict::Exists if refusal.answered_once => Ok(refusal),
        Verdict::Exists => {
            let message = "an insert was sent more than once or not answered, and another item is there now: \
                           it may have landed and been replaced. Read the item and decide";
            let error = Error::new(ErrorKind::OutcomeUnknown, message)
                .of_write(id)
                .after(budget.attempts(), budget.elapsed());
            Err(refusal.into_error(target, error))
        }
        _ => Err(refusal.into_conflict(target)),
    }
}
