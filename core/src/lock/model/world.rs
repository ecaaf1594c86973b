use std::collections::{BTreeMap, BTreeSet, HashSet};

use fastrand::Rng;

use super::{Happens, Happens::*, Violation};
use crate::lock::seen::{SeenJournal, SeenLock};
use crate::lock::*;

pub(super) type Tag = usize;

/// The item: lock, journal, and a value that writes change, compare and ask of.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) seen: Seen,
    value: u8,
    expires: u32,
}

#[derive(Clone)]
pub(super) struct Sent {
    pub(super) write: Write,
    pub(super) tag: Tag,
    pub(super) attempts: u32,
    pub(super) unanswered: bool,
    issued_before: HashSet<WriteId>,
    /// The value that must still be there.
    guard: Option<u8>,
    /// The time that must still be there.
    over: Option<u32>,
    /// When it was planned, by its machine's clock.
    now: u32,
    sets: u8,
    expires: u32,
}

pub(super) struct World<'a> {
    pub(super) rng: Rng,
    pub(super) item: Option<Image>,
    pub(super) applied: BTreeMap<Tag, u32>,
    schema: LockSchema,
    k: u8,
    happens: &'a BTreeSet<Happens>,
    tags: Tag,
    now: u32,
    /// The lock that a tool has made unreadable.
    broken: Option<SeenLock>,
}

/// What callers ask of the value.
fn wanted(value: u8) -> bool {
    value < 2
}

fn seen(mark: Mark) -> Seen {
    Seen {
        lock: mark.lock.map_or(SeenLock::Missing, SeenLock::Read),
        journal: mark.journal.map_or(SeenJournal::Missing, SeenJournal::Kept),
    }
}

impl<'a> World<'a> {
    pub(super) fn new(
        seed: u64,
        schema: LockSchema,
        k: u8,
        happens: &'a BTreeSet<Happens>,
    ) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            item: None,
            applied: BTreeMap::new(),
            schema,
            k,
            happens,
            tags: 0,
            now: 100,
            broken: None,
        }
    }

    pub(super) fn has(&self, what: Happens) -> bool {
        self.happens.contains(&what)
    }

    pub(super) fn chance(&mut self, of: f64) -> bool {
        self.rng.f64() < of
    }

    fn id(&mut self, writer: WriterId) -> WriteId {
        WriteId::new(writer, self.rng.u128(..).to_le_bytes())
    }

    pub(super) fn stranger(&mut self) -> WriteId {
        let writer = WriteId::from_bytes(self.rng.u128(..).to_le_bytes()).writer();
        self.id(writer)
    }

    /// Carries out one copy, if its condition holds.
    pub(super) fn serve(&mut self, sent: &Sent) -> Result<bool, Violation> {
        let image = self.item.as_ref();
        let value = image.map(|image| image.value);
        let expired = image.is_some_and(|image| image.expires <= sent.now);
        let over = sent.write.operation == Operation::Insert && image.is_some();
        let lands = sent.write.expected.holds(image.map(|image| &image.seen))
            && expired == over
            && sent.guards_hold(image)
            && (!sent.write.conditioned || value.is_some_and(wanted));
        if lands {
            self.item = sent.write.mark.clone().map(|mark| Image {
                seen: seen(mark),
                value: sent.sets,
                expires: sent.expires,
            });
            let times = self.applied.entry(sent.tag).or_default();
            *times += 1;
            if *times > 1 {
                return Err(Violation::AppliedTwice);
            }
        }
        Ok(lands)
    }

    /// What everybody else does to the item.
    pub(super) fn others(&mut self) {
        if self.has(Expires) && self.chance(0.2) {
            self.now += 1;
        }
        let over = self.item.as_ref();
        let over = over.is_some_and(|image| image.expires <= self.now);
        if over && self.has(Swept) && self.chance(0.2) {
            self.item = None;
        }
        let Some(mut image) = self.item.clone() else {
            self.broken = None;
            if self.has(Legacy) && self.chance(0.5) {
                let seen = Seen {
                    lock: SeenLock::Missing,
                    journal: SeenJournal::Missing,
                };
                let (value, expires) = (self.rng.u8(..4), self.expires(self.now + 1));
                self.item = Some(Image {
                    seen,
                    value,
                    expires,
                });
            }
            return;
        };
        let legacy = image.seen.lock == SeenLock::Missing;
        let tool = self.has(ToolKeepsLock) || legacy && self.has(ToolOnLegacy);
        if tool && self.chance(0.3) {
            image.value = self.rng.u8(..4);
        }
        if self.has(ToolMovesTime) && self.chance(0.1) {
            image.expires = self.expires(self.now);
        }
        match (image.seen.lock.clone(), self.broken.clone()) {
            (SeenLock::Missing, _) => {}
            (SeenLock::Unreadable(_), Some(lock)) => {
                if self.chance(0.3) {
                    self.broken = None;
                    image.seen.lock = lock;
                }
            }
            _ => self.others_move(&mut image),
        }
        self.item = Some(image);
        if self.has(OthersDelete) && self.chance(0.03) {
            self.item = None;
        }
    }

    /// What moves the lock, or breaks it.
    fn others_move(&mut self, image: &mut Image) {
        let id = self.stranger();
        let expected = Expected::after(&self.schema, image.seen.clone()).unwrap();
        let moved = seen(expected.next(&self.schema, id, self.k).unwrap()).lock;
        if self.has(Blind) && image.expires > self.now && self.chance(0.2) {
            image.expires = self.expires(self.now + 1);
            image.seen.lock = moved.clone();
            image.value = self.rng.u8(..4);
        }
        if self.has(ForeignPut) && self.chance(0.03) {
            image.seen = Seen {
                lock: moved,
                journal: SeenJournal::Missing,
            };
        }
        if self.has(PutUnchecked) && self.chance(0.03) {
            let id = self.stranger();
            image.seen = seen(Expected::New.next(&self.schema, id, self.k).unwrap());
        }
        if self.has(BreaksLock) && self.chance(0.05) {
            let attribute = self.schema.attribute;
            self.broken = Some(image.seen.lock.clone());
            image.seen.lock = SeenLock::Unreadable(LockError::Overflow { attribute });
        }
    }

    /// The verdict, which must not be false already.
    pub(super) fn judge(&self, sent: &Sent, source: Source) -> Result<Verdict, Violation> {
        let image = self.item.as_ref();
        let evidence = Evidence {
            image: image.map(|image| &image.seen),
            guard_holds: sent.guards_hold(image),
            expired: image.is_some_and(|image| image.expires <= sent.now),
            source,
            issued_before: &|id| sent.issued_before.contains(id),
            answered_once: sent.attempts == 1 && !sent.unanswered && self.has(Weak),
        };
        let verdict = judge(&sent.write, &evidence);
        match (verdict, self.applied.contains_key(&sent.tag)) {
            (Verdict::Landed, false) => Err(Violation::FalseLanded),
            (
                Verdict::NotLanded
                | Verdict::NotLandedWeak
                | Verdict::NotFound
                | Verdict::ConditionRefused
                | Verdict::Inexplicable,
                true,
            ) => Err(Violation::FalseNotLanded),
            _ => Ok(verdict),
        }
    }

    /// A write that is based on what was read; `None` where the lock does not read, or is one that the scenario leaves out.
    pub(super) fn plan(
        &mut self,
        writer: WriterId,
        read: Option<Image>,
        issued: &mut HashSet<WriteId>,
    ) -> Option<Sent> {
        let skew = if self.has(Skewed) {
            self.rng.u32(..5)
        } else {
            0
        };
        let now = self.now + skew - skew.min(2);
        // To some there is none; others hold what was alive when they read it.
        let none = |image: &Image| image.expires <= now;
        let read = match read {
            Some(image) if none(&image) && self.chance(0.5) => None,
            read => read,
        };
        let value = read.as_ref().map(|image| image.value);
        let expected = match read {
            None => Expected::New,
            Some(image) => Expected::after(&self.schema, image.seen).ok()?,
        };
        let journaled = self.schema.journal.is_some();
        if journaled && expected.lock().is_some() && expected.journal().is_none() {
            return None; // a lock without a journal, where there should be one
        }
        let id = self.id(writer);
        let issued_before = issued.clone();
        issued.insert(id);
        let k = if self.has(MixedK) && self.chance(0.5) {
            2
        } else {
            self.k
        };
        let operation = match &expected {
            Expected::New => Operation::Insert,
            Expected::Held { .. } if self.has(Delete) && self.chance(0.15) => Operation::Delete,
            _ => Operation::Update,
        };
        let mark = expected.next(&self.schema, id, k).unwrap();
        // Without a lock, what is replaced is compared.
        let unlocked = matches!(expected, Expected::Legacy(_) | Expected::Unlocked);
        let guarded = unlocked || self.has(Guards) && self.chance(0.5);
        let earliest = match operation {
            Operation::Update if self.has(EndsNow) => now,
            _ => now + 1,
        };
        self.tags += 1;
        Some(Sent {
            write: Write {
                operation,
                id,
                mark: (operation != Operation::Delete).then_some(mark),
                conditioned: value.is_some() && self.has(Conditions) && self.chance(0.5),
                expected,
            },
            tag: self.tags,
            issued_before,
            attempts: 0,
            unanswered: false,
            guard: value.filter(|_| guarded),
            over: None,
            now,
            sets: self.rng.u8(..4),
            expires: self.expires(earliest),
        })
    }

    /// The same insert on what is there now: over an item that has expired, or where there is none.
    /// `None` where its lock does not read.
    pub(super) fn go_on(&mut self, mut sent: Sent) -> Option<Sent> {
        let Write {
            id, expected, mark, ..
        } = &mut sent.write;
        let born = |expected: &Expected| expected.next(&self.schema, *id, self.k).unwrap();
        *expected = Expected::New;
        *mark = Some(born(expected));
        sent.over = None;
        if let Some(image) = &self.item {
            *expected = Expected::after(&self.schema, image.seen.clone()).ok()?;
            if self.schema.journal.is_none() {
                *mark = Some(born(expected));
            }
            sent.over = expected.lock().is_none().then_some(image.expires);
        }
        // What was answered for sure is over and done with.
        if sent.attempts == 1 && !sent.unanswered {
            sent.attempts = 0;
        }
        Some(sent)
    }

    /// What the network will deliver besides.
    pub(super) fn copies(&mut self, sent: &Sent) -> Vec<Sent> {
        let insert = sent.write.operation == Operation::Insert;
        if !self.has(Copies) || insert && !self.has(CopiesOfInserts) {
            return Vec::new();
        }
        vec![sent.clone(); [0, 0, 1, 2][self.rng.usize(..4)]]
    }

    fn expires(&mut self, earliest: u32) -> u32 {
        if self.has(Expires) {
            earliest + self.rng.u32(..6)
        } else {
            u32::MAX
        }
    }
}

impl Sent {
    fn guards_hold(&self, image: Option<&Image>) -> bool {
        let is = |guard| image.is_some_and(|image| image.value == guard);
        let over = |expires| image.is_some_and(|image| image.expires == expires);
        self.guard.is_none_or(is) && self.over.is_none_or(over)
    }
}
