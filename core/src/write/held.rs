//! Writing under a handle: the handle remembers a write before it is sent, moves on when it has landed, and where an earlier
//! write turns out to have landed unseen, moves on to that one first.

use super::{Call, Proposal, Refusal, Settled};
use crate::entity::{Entity, InDoubt, Stored, lock_view};
use crate::error::Result;
use crate::expr::Assignment;

/// A write under a handle, planned: what is sent, and what the handle becomes if it lands.
pub(crate) struct Draft {
    pub(crate) proposal: Proposal,
    pub(crate) becomes: Becomes,
}

/// What a write makes of its item.
pub(crate) enum Becomes {
    /// The entity was changed here, by these assignments.
    Edited(Vec<Assignment>),
    /// The server changes the item, and answers with it.
    Answered,
    /// Nothing.
    Deleted,
}

/// What became of a write under a handle.
pub(crate) enum Held {
    /// The handle is current.
    Landed,
    /// An earlier write of the handle had landed: the handle has moved on to it, and the rest is to be planned anew.
    Again,
    Refused(Refusal),
}

/// Sends and settles one write under a handle.
///
/// # Errors
/// As [`Call::settle`]. After `OutcomeUnknown` the handle remembers the write.
pub(crate) async fn settle<E: Entity>(
    call: &mut Call,
    stored: &mut Stored<E>,
    draft: Draft,
) -> Result<Held> {
    let Draft { proposal, becomes } = draft;
    let id = proposal.write.id;
    // What cannot be shown afterwards must fail before it is sent.
    let view = match &proposal.write.mark {
        Some(mark) => {
            let view = lock_view::<E>(mark).map_err(|error| call.named(error))?;
            stored.remember(InDoubt {
                id,
                mark: mark.clone(),
                edited: matches!(becomes, Becomes::Edited(_)),
            });
            Some(view)
        }
        None => None,
    };
    match call.settle(&proposal).await {
        Ok(Settled::Landed(shown)) => {
            let Some((mark, view)) = proposal.write.mark.zip(view) else {
                return Ok(Held::Landed);
            };
            match becomes {
                Becomes::Edited(assignments) => stored.advance(assignments, mark, view),
                Becomes::Answered | Becomes::Deleted => {
                    let refreshed = stored.refresh(shown.unwrap_or_default(), mark, view);
                    refreshed.map_err(|error| call.named(error))?;
                }
            }
            Ok(Held::Landed)
        }
        Ok(Settled::Refused(refusal)) => {
            stored.forget(&id);
            let landed = match &refusal.image {
                Some(current) => stored
                    .advance_to_remembered(current)
                    .map_err(|error| call.named(error))?,
                None => false,
            };
            Ok(if landed {
                Held::Again
            } else {
                Held::Refused(refusal)
            })
        }
        Err(error) => {
            if !error.is_outcome_unknown() {
                stored.forget(&id);
            }
            Err(error)
        }
    }
}
