//! The protocol under every interleaving that a seed can think of: writers race on one item over a network that loses
//! answers and delivers copies late or twice; callers give up; others write blindly, strip the journal, or delete.
//!
//! `judge` must never call a write landed that is not, nor not landed one that is or later lands, and no change may be
//! applied twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fastrand::Rng;

use super::seen::SeenJournal;
use super::*;

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
    /// The weak row may be used: no attempt is delivered twice.
    Weak,
}
use Happens::*;

type Tag = usize;

#[derive(Clone)]
struct Sent {
    write: Write,
    tag: Tag,
    issued_before: HashSet<WriteId>,
    attempts: u32,
    unanswered: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Violation {
    AppliedTwice,
    FalseLanded,
    FalseNotLanded,
    LandedAfterNotLanded,
}

struct World<'a> {
    rng: Rng,
    schema: LockSchema,
    k: u8,
    happens: &'a BTreeSet<Happens>,
    item: Option<Seen>,
    applied: BTreeMap<Tag, u32>,
    tags: Tag,
}

fn image(left: Left) -> Seen {
    Seen {
        lock: left.lock,
        journal: left.journal.map_or(SeenJournal::Missing, SeenJournal::Kept),
    }
}

impl World<'_> {
    fn has(&self, what: Happens) -> bool {
        self.happens.contains(&what)
    }

    fn chance(&mut self, of: f64) -> bool {
        self.rng.f64() < of
    }

    fn id(&mut self, writer: WriterId) -> WriteId {
        WriteId::new(writer, self.rng.u128(..).to_le_bytes())
    }

    fn stranger(&mut self) -> WriteId {
        let writer = WriteId::from_bytes(self.rng.u128(..).to_le_bytes()).writer();
        self.id(writer)
    }

    fn serve(&mut self, sent: &Sent) -> Result<bool, Violation> {
        let lands = sent.write.expected.holds(self.item.as_ref());
        if lands {
            self.item = sent.write.left.clone().map(image);
            let times = self.applied.entry(sent.tag).or_default();
            *times += 1;
            if *times > 1 {
                return Err(Violation::AppliedTwice);
            }
        }
        Ok(lands)
    }

    /// What everybody else does to the item.
    fn others(&mut self) {
        match self.item.clone() {
            None => {
                if self.has(Legacy) && self.chance(0.5) {
                    self.item = Some(Seen {
                        lock: None,
                        journal: SeenJournal::Missing,
                    });
                }
            }
            Some(Seen { lock: None, .. }) => {}
            Some(seen) => {
                let id = self.stranger();
                let moved = Expected::after(&self.schema, seen.clone())
                    .unwrap()
                    .next(&self.schema, id, self.k)
                    .unwrap()
                    .lock;
                if self.has(Blind) && self.chance(0.2) {
                    self.item = Some(Seen {
                        lock: moved.clone(),
                        ..seen
                    });
                }
                if self.has(ForeignPut) && self.chance(0.03) {
                    self.item = Some(Seen {
                        lock: moved,
                        journal: SeenJournal::Missing,
                    });
                }
                if self.has(PutUnchecked) && self.chance(0.03) {
                    let id = self.stranger();
                    let left = Expected::New.next(&self.schema, id, self.k).unwrap();
                    self.item = Some(image(left));
                }
                if self.has(OthersDelete) && self.chance(0.03) {
                    self.item = None;
                }
            }
        }
    }

    /// The verdict, which must not be false already.
    fn judge(&self, sent: &Sent) -> Result<Verdict, Violation> {
        let evidence = Evidence {
            image: self.item.as_ref(),
            source: Source::Read,
            issued_before: &|id| sent.issued_before.contains(id),
            answered_once: sent.attempts == 1 && !sent.unanswered && self.has(Weak),
        };
        let verdict = judge(&sent.write, &evidence);
        match (verdict, self.applied.contains_key(&sent.tag)) {
            (Verdict::Landed, false) => Err(Violation::FalseLanded),
            (Verdict::NotLanded | Verdict::NotLandedWeak | Verdict::NotFound, true) => {
                Err(Violation::FalseNotLanded)
            }
            _ => Ok(verdict),
        }
    }

    fn plan(
        &mut self,
        writer: WriterId,
        based_on: Option<Seen>,
        issued: &mut HashSet<WriteId>,
    ) -> Sent {
        let id = self.id(writer);
        let issued_before = issued.clone();
        issued.insert(id);
        let k = if self.has(MixedK) && self.chance(0.5) {
            2
        } else {
            self.k
        };
        let expected = based_on.map_or(Expected::New, |seen| {
            Expected::after(&self.schema, seen).unwrap()
        });
        let operation = match &expected {
            Expected::New => Operation::Insert,
            Expected::Held { .. } if self.has(Delete) && self.chance(0.15) => Operation::Delete,
            _ => Operation::Update,
        };
        let left =
            (operation != Operation::Delete).then(|| expected.next(&self.schema, id, k).unwrap());
        self.tags += 1;
        Sent {
            write: Write {
                operation,
                id,
                expected,
                left,
            },
            tag: self.tags,
            issued_before,
            attempts: 0,
            unanswered: false,
        }
    }
}

type Verdicts = BTreeMap<String, u32>;

fn run(
    seed: u64,
    kind: LockKind,
    k: u8,
    writers: usize,
    happens: &BTreeSet<Happens>,
) -> Result<Verdicts, Violation> {
    let mut world = World {
        rng: Rng::with_seed(seed),
        schema: LockSchema {
            kind,
            attribute: "lock",
            journal: Some("journal"),
        },
        k,
        happens,
        item: None,
        applied: BTreeMap::new(),
        tags: 0,
    };
    let mut ids: Vec<WriterId> = (0..writers).map(|_| world.stranger().writer()).collect();
    if world.has(SharedWriterId) {
        (0..writers).for_each(|w| ids[w] = ids[w / 2]);
    }
    let mut issued = vec![HashSet::new(); writers];
    let mut handles: Vec<Option<Option<Seen>>> = vec![None; writers];
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
            if handle
                .as_ref()
                .is_some_and(|h| h.lock.is_some() && h.kept().is_none())
            {
                continue; // a lock without a journal is left out of the model
            }
            let sent = world.plan(ids[w], handle, &mut issued[w]);
            let insert = sent.write.operation == Operation::Insert;
            if world.has(Copies) && (!insert || world.has(CopiesOfInserts)) {
                let copies = [0, 0, 1, 2][world.rng.usize(..4)];
                flight.extend(std::iter::repeat_n(sent.clone(), copies));
            }
            pending[w] = Some(sent);
            continue;
        };
        if !world.has(NobodyGivesUp) && world.chance(0.05) {
            ids[w] = world.stranger().writer(); // copies stay in flight
            continue;
        }
        if world.chance(0.5) {
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
        } else if sent.attempts == 0 {
            pending[w] = Some(sent);
            continue;
        }
        let verdict = world.judge(&sent)?;
        *verdicts.entry(format!("{verdict:?}")).or_default() += 1;
        match verdict {
            Verdict::NotYet => pending[w] = Some(sent),
            Verdict::NotLanded | Verdict::NotLandedWeak | Verdict::NotFound => {
                refuted.push(sent.tag);
            }
            Verdict::Unknown => ids[w] = world.stranger().writer(),
            Verdict::ConditionRefused => unreachable!("these writes have no condition"),
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

const KINDS: [LockKind; 2] = [LockKind::Version, LockKind::Uuid];

/// Runs a scenario in which nothing may go wrong; returns how often each verdict was given.
fn sound(k: u8, writers: usize, happens: &[Happens]) -> Verdicts {
    let happens = happens.iter().copied().collect();
    let mut total = Verdicts::new();
    for kind in KINDS {
        for seed in 0..300 {
            let verdicts = run(seed, kind, k, writers, &happens).unwrap_or_else(|violation| {
                panic!(
                    "{violation:?}: seed {seed}, {kind:?}, K={k}, {writers} writers, {happens:?}"
                )
            });
            for (verdict, times) in verdicts {
                *total.entry(verdict).or_default() += times;
            }
        }
    }
    assert!(
        total["Landed"] > 100 && total["NotLanded"] > 100,
        "{total:?}"
    );
    total
}

/// The violations of a scenario that is a documented limit.
fn limit(happens: &[Happens]) -> BTreeSet<Violation> {
    let happens = happens.iter().copied().collect();
    KINDS
        .iter()
        .flat_map(|&kind| (0..300).map(move |seed| (kind, seed)))
        .filter_map(|(kind, seed)| run(seed, kind, 8, 6, &happens).err())
        .collect()
}

#[test]
fn late_and_double_copies_are_never_misjudged_and_always_known() {
    assert!(!sound(8, 6, &[Copies, NobodyGivesUp]).contains_key("Unknown"));
}

#[test]
fn handles_read_outside_the_lane() {
    assert!(!sound(8, 6, &[Copies, OldHandles, NobodyGivesUp]).contains_key("Unknown"));
}

#[test]
fn as_many_writers_as_the_journal_remembers() {
    assert!(!sound(2, 2, &[Copies, OldHandles, NobodyGivesUp]).contains_key("Unknown"));
}

#[test]
fn callers_give_up() {
    sound(8, 6, &[Copies, OldHandles]);
}

#[test]
fn more_writers_than_the_journal_remembers_are_unknown_not_wrong() {
    assert!(sound(3, 6, &[Copies, OldHandles])["Unknown"] > 0);
}

#[test]
fn blind_writes_and_transactions_move_the_lock() {
    sound(8, 6, &[Copies, Blind]);
}

#[test]
fn conditional_deletes_while_every_insert_is_answered() {
    sound(8, 6, &[Copies, Delete, EveryInsertAnswered]);
}

#[test]
fn unchecked_and_foreign_puts() {
    sound(8, 6, &[Copies, PutUnchecked, ForeignPut]);
}

#[test]
fn legacy_items_are_adopted() {
    sound(8, 6, &[Copies, Legacy, Blind]);
}

#[test]
fn writers_built_with_different_k() {
    sound(8, 6, &[Copies, MixedK, Blind]);
}

#[test]
fn two_machines_with_one_writer_id() {
    assert!(sound(8, 6, &[Copies, OldHandles, SharedWriterId])["Unknown"] > 0);
}

#[test]
fn the_weak_row_while_every_copy_is_counted() {
    assert!(sound(8, 6, &[Weak, PutUnchecked, ForeignPut])["NotLandedWeak"] > 0);
}

#[test]
fn limit_the_weak_row_under_double_delivery() {
    assert!(limit(&[Weak, Copies, PutUnchecked]).contains(&Violation::FalseNotLanded));
}

#[test]
fn limit_an_unanswered_insert_deleted_and_sent_again() {
    assert_eq!(limit(&[Delete]), [Violation::AppliedTwice].into());
}

#[test]
fn limit_late_copies_of_inserts_while_others_delete() {
    assert_eq!(
        limit(&[Copies, CopiesOfInserts, OthersDelete]),
        [Violation::AppliedTwice].into()
    );
}
