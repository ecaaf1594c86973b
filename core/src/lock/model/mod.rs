//! The protocol under every interleaving that a seed can think of: writers race on one item over a network that loses
//! answers and delivers copies late or twice; callers give up; others write blindly, strip the journal, break the lock,
//! change values under it, or delete.
//!
//! `judge` must never call a write landed that is not, nor not landed one that is or later lands, and no change may be
//! applied twice.

mod scenarios;
mod world;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{LockKind, LockSchema, Operation, Source, Verdict, WriterId};
use world::{Image, Sent, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    /// The network delivers updates and deletes late and more than once.
    Copies,
    CopiesOfInserts,
    /// Handles are read outside the lane, some time before the write.
    OldHandles,
    NobodyGivesUp,
    Blind,
    Delete,
    OthersDelete,
    EveryInsertAnswered,
    PutUnchecked,
    /// Another tool replaces the item and keeps no journal.
    ForeignPut,
    Legacy,
    MixedK,
    SharedWriterId,
    /// Writes compare values besides the lock.
    Guards,
    /// Callers have conditions of their own.
    Conditions,
    /// Another tool changes values and moves no lock.
    ToolKeepsLock,
    /// The same, on items that have no lock yet.
    ToolOnLegacy,
    /// Another tool makes the lock unreadable, and later puts back what was there.
    BreaksLock,
    /// Time passes, and items expire: to an insert there is none, and no other write may touch it.
    Expires,
    /// What has expired is removed, some time later.
    Swept,
    /// Machines are not of one mind about the time.
    Skewed,
    /// Updates may end the life of an item at once.
    EndsNow,
    /// Another tool changes when an item expires, and moves no lock.
    ToolMovesTime,
    /// The weak row may be used: no attempt is delivered twice.
    Weak,
}
use Happens::*;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Violation {
    AppliedTwice,
    FalseLanded,
    FalseNotLanded,
    LandedAfterNotLanded,
    /// A refusal that the judge cannot explain, in a world where every refusal has a reason.
    NoReason,
}

/// How often each verdict was given.
type Verdicts = BTreeMap<String, u32>;

fn run(
    seed: u64,
    schema: LockSchema,
    k: u8,
    writers: usize,
    happens: &BTreeSet<Happens>,
) -> Result<Verdicts, Violation> {
    let mut world = World::new(seed, schema, k, happens);
    let mut ids: Vec<WriterId> = (0..writers).map(|_| world.stranger().writer()).collect();
    if world.has(SharedWriterId) {
        (0..writers).for_each(|w| ids[w] = ids[w / 2]);
    }
    let mut issued = vec![HashSet::new(); writers];
    let mut handles: Vec<Option<Option<Image>>> = vec![None; writers];
    let mut pending: Vec<Option<Sent>> = vec![None; writers];
    let (mut flight, mut refuted, mut verdicts) = (Vec::<Sent>::new(), Vec::new(), Verdicts::new());

    for _ in 0..400 {
        if !flight.is_empty() && world.chance(0.5) {
            let copy = flight.swap_remove(world.rng.usize(..flight.len()));
            world.serve(&copy)?;
        }
        world.others();
        let w = world.rng.usize(..writers);
        let Some(mut sent) = pending[w].take() else {
            let old = world.has(OldHandles) && world.chance(0.5);
            let handle = match &handles[w] {
                Some(read_before) if old => read_before.clone(),
                _ => world.item.clone(),
            };
            handles[w] = Some(handle.clone());
            let Some(sent) = world.plan(ids[w], handle, &mut issued[w]) else {
                continue;
            };
            flight.extend(world.copies(&sent));
            pending[w] = Some(sent);
            continue;
        };
        if !world.has(NobodyGivesUp) && world.chance(0.05) {
            ids[w] = world.stranger().writer(); // copies stay in flight
            continue;
        }
        let mut source = Source::Read;
        // Where nothing tells copies apart, none is sent after one that was not answered.
        let may_send = schema.kind != LockKind::Values || !sent.unanswered;
        if may_send && world.chance(0.5) {
            sent.attempts += 1;
            let landed = world.serve(&sent)?;
            let answered =
                sent.write.operation == Operation::Insert && world.has(EveryInsertAnswered);
            if !answered && world.chance(0.2) {
                sent.unanswered = true;
                pending[w] = Some(sent);
                continue;
            }
            if landed {
                continue;
            }
            source = Source::Refusal;
            if world.item.is_none() || world.chance(0.2) {
                source = Source::ReadAfterRefusal;
                world.others();
            }
        } else if !sent.unanswered {
            pending[w] = Some(sent);
            continue;
        }
        let verdict = world.judge(&sent, source)?;
        *verdicts.entry(format!("{verdict:?}")).or_default() += 1;
        match verdict {
            Verdict::NotYet => pending[w] = Some(sent),
            Verdict::Vacant => {
                pending[w] = world.go_on(sent);
                flight.extend(pending[w].iter().flat_map(|sent| world.copies(sent)));
            }
            Verdict::ConditionRefused
            | Verdict::NotLanded
            | Verdict::NotLandedWeak
            | Verdict::NotFound => refuted.push(sent.tag),
            Verdict::Unknown => ids[w] = world.stranger().writer(),
            Verdict::Inexplicable => return Err(Violation::NoReason),
            Verdict::Landed | Verdict::Exists | Verdict::Gone => {}
        }
    }
    while let Some(copy) = flight.pop() {
        world.serve(&copy)?;
    }
    if refuted.iter().any(|tag| world.applied.contains_key(tag)) {
        return Err(Violation::LandedAfterNotLanded);
    }
    Ok(verdicts)
}
