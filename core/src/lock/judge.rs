//! What became of a write whose answer is missing or doubtful, from what an image of the item shows.

use super::{Expected, Left, Lock, Seen, WriteId};

/// What a write does to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Insert,
    Update,
    Delete,
}

/// A write as it was sent: the same id and condition in every copy.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) operation: Operation,
    pub(crate) id: WriteId,
    pub(crate) expected: Expected,
    /// `None` for a delete.
    pub(crate) left: Option<Left>,
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// It came with the refusal of the write.
    Refusal,
    /// It was read, consistently, after the write was sent.
    Read,
}

/// What is known besides the write itself.
pub(crate) struct Evidence<'a> {
    /// The item, or that there is none.
    pub(crate) image: Option<&'a Seen>,
    pub(crate) source: Source,
    /// Whether this `Db` issued an id before it issued the write's.
    pub(crate) issued_before: &'a dyn Fn(&WriteId) -> bool,
    /// Exactly one attempt was made, and it was answered `ConditionalCheckFailed`.
    pub(crate) answered_once: bool,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It landed.
    Landed,
    /// The lock is as expected: what refused it was the user's own condition. Final.
    ConditionRefused,
    /// Not landed yet, but a copy under way still may: send the same write again.
    NotYet,
    /// Proved not landed: a real conflict.
    NotLanded,
    /// Not landed, unless the network delivers twice.
    NotLandedWeak,
    /// The evidence is gone.
    Unknown,
    /// An insert found an item that is not its own.
    Exists,
    /// A delete found no item, and did not remove it.
    NotFound,
    /// A delete finds its item gone, by itself or by another.
    Gone,
}

/// How doubtful writes are judged: by evidence, or as others do, for tests that show the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "test-judges"), allow(dead_code))]
pub enum Judging {
    /// By the evidence in the item.
    Evidence,
    /// A refusal is a conflict.
    EveryRefusalIsAConflict,
    /// A refusal is a conflict, unless the item's last writer is this write.
    LastWriterOnly,
}

/// The verdict on an update as [`Judging`] says; `None` where the sound judge is to speak.
pub(crate) fn unsound(judging: Judging, write: &Write, evidence: &Evidence<'_>) -> Option<Verdict> {
    let last_writer = evidence
        .image
        .and_then(|image| image.kept()?.entries.first().copied());
    let refused = evidence.source == Source::Refusal && write.operation == Operation::Update;
    match judging {
        Judging::Evidence => None,
        Judging::LastWriterOnly if last_writer == Some(write.id) => None,
        _ => refused.then_some(Verdict::NotLanded),
    }
}

/// Judges a write by the rows of the table in `ARCHITECTURE.md`, "Judging".
pub(crate) fn judge(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    if bears_mark(write, evidence.image) {
        return Verdict::Landed;
    }
    if write.expected.holds(evidence.image) {
        return match (evidence.source, evidence.image) {
            (Source::Refusal, Some(_)) => Verdict::ConditionRefused,
            _ => Verdict::NotYet,
        };
    }
    match write.operation {
        Operation::Insert => judge_insert(write, evidence),
        Operation::Update => judge_update(write, evidence),
        Operation::Delete => judge_delete(write, evidence),
    }
}

/// A fresh id can stand in an item only because the write that carries it landed.
fn bears_mark(write: &Write, image: Option<&Seen>) -> bool {
    let Some((left, image)) = write.left.as_ref().zip(image) else {
        return false;
    };
    let in_lock = matches!(left.lock, Some(Lock::Uuid(_))) && image.lock == left.lock;
    let in_journal = image
        .kept()
        .is_some_and(|seen| seen.birth == write.id || seen.entries.contains(&write.id));
    in_lock || in_journal
}

fn mute(evidence: &Evidence<'_>) -> Verdict {
    if evidence.answered_once {
        Verdict::NotLandedWeak
    } else {
        Verdict::Unknown
    }
}

fn judge_insert(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let journaled = write.left.as_ref().is_some_and(|l| l.journal.is_some());
    if journaled || evidence.answered_once {
        Verdict::Exists
    } else {
        Verdict::Unknown
    }
}

fn judge_update(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let Some((image, seen)) = evidence.image.and_then(|i| Some((i, i.kept()?))) else {
        return mute(evidence);
    };
    let left = write.left.as_ref().and_then(|l| l.journal.as_ref());
    if !left.is_some_and(|left| left.birth == seen.birth) {
        return mute(evidence);
    }
    let passed = match (image.version(), write.expected.version()) {
        (Some(now), Some(read)) if now < read => return mute(evidence),
        (Some(now), Some(read)) => Some(now - read),
        _ => None,
    };
    let read = write.expected.journal();
    let earlier = |id: &WriteId| {
        read.is_some_and(|read| read.entries.contains(id)) || (evidence.issued_before)(id)
    };
    let mut mine = seen
        .entries
        .iter()
        .filter(|id| id.writer() == write.id.writer());
    if !mine.all(earlier) {
        return Verdict::Unknown; // two machines share one writer id
    }
    let few_passed = passed.is_some_and(|passed| passed <= u64::from(seen.writers));
    if seen.has_room() || few_passed || seen.entries.iter().any(earlier) {
        Verdict::NotLanded
    } else {
        Verdict::Unknown
    }
}

fn judge_delete(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let Some(image) = evidence.image else {
        return if evidence.answered_once {
            Verdict::NotFound
        } else {
            Verdict::Gone
        };
    };
    match (write.expected.journal(), image.kept()) {
        (Some(read), Some(seen)) if read.birth == seen.birth => Verdict::NotLanded,
        (Some(_), Some(_)) if !evidence.answered_once => Verdict::Gone,
        _ => mute(evidence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::seen::SeenJournal;
    use crate::lock::{Journal, LockKind, LockSchema, WriterId};

    fn schema(kind: LockKind, journal: Option<&'static str>) -> LockSchema {
        LockSchema {
            kind,
            attribute: "lock",
            journal,
        }
    }

    /// A write of a fresh writer that expects this, as `operation`.
    fn write(schema: &LockSchema, operation: Operation, expected: Expected) -> Write {
        let id = WriteId::fresh(WriterId::fresh());
        let left = expected.next(schema, id, 2).unwrap();
        Write {
            operation,
            id,
            expected,
            left: (operation != Operation::Delete).then_some(left),
        }
    }

    fn seen(lock: impl Into<Option<Lock>>, journal: Option<Journal>) -> Seen {
        Seen {
            lock: lock.into(),
            journal: journal.map_or(SeenJournal::Missing, SeenJournal::Kept),
        }
    }

    fn verdict(
        write: &Write,
        image: Option<&Seen>,
        source: Source,
        answered_once: bool,
    ) -> Verdict {
        let evidence = Evidence {
            image,
            source,
            issued_before: &|_| false,
            answered_once,
        };
        judge(write, &evidence)
    }

    fn held(schema: &LockSchema, seen: &Seen) -> Expected {
        Expected::after(schema, seen.clone()).unwrap()
    }

    use Operation::{Delete, Insert, Update};
    use Source::{Read, Refusal};

    #[test]
    fn a_refusal_whose_image_meets_the_lock_is_the_users_condition_and_a_read_is_not() {
        for kind in [LockKind::Version, LockKind::Uuid] {
            let schema = schema(kind, Some("journal"));
            let born = write(&schema, Insert, Expected::New).left.unwrap();
            let image = seen(born.lock, born.journal);
            for operation in [Update, Delete] {
                let write = write(&schema, operation, held(&schema, &image));
                assert_eq!(
                    verdict(&write, Some(&image), Refusal, true),
                    Verdict::ConditionRefused
                );
                assert_eq!(verdict(&write, Some(&image), Read, false), Verdict::NotYet);
            }
        }
    }

    #[test]
    fn without_a_journal_a_version_cannot_speak_and_a_uuid_speaks_for_its_last_write() {
        for (kind, moved) in [
            (LockKind::Version, Lock::Version(2)),
            (LockKind::Uuid, Lock::Uuid("another".into())),
        ] {
            let schema = schema(kind, None);
            let read = seen(
                write(&schema, Insert, Expected::New).left.unwrap().lock,
                None,
            );
            let write = write(&schema, Update, held(&schema, &read));
            let moved = seen(moved, None);
            assert_eq!(
                verdict(&write, Some(&moved), Refusal, true),
                Verdict::NotLandedWeak
            );
            assert_eq!(
                verdict(&write, Some(&moved), Refusal, false),
                Verdict::Unknown
            );
            assert_eq!(verdict(&write, Some(&read), Read, false), Verdict::NotYet);
            let mine = seen(write.left.clone().unwrap().lock, None);
            let landed = match kind {
                LockKind::Uuid => Verdict::Landed,
                _ => Verdict::Unknown,
            };
            assert_eq!(verdict(&write, Some(&mine), Refusal, false), landed);
        }
    }

    #[test]
    fn an_item_that_is_gone_cannot_speak() {
        let schema = schema(LockKind::Version, Some("journal"));
        let born = write(&schema, Insert, Expected::New).left.unwrap();
        let expected = held(&schema, &seen(born.lock, born.journal));
        let update = write(&schema, Update, expected.clone());
        assert_eq!(verdict(&update, None, Read, true), Verdict::NotLandedWeak);
        assert_eq!(verdict(&update, None, Read, false), Verdict::Unknown);
        let delete = write(&schema, Delete, expected);
        assert_eq!(verdict(&delete, None, Read, true), Verdict::NotFound);
        assert_eq!(verdict(&delete, None, Read, false), Verdict::Gone);
    }

    #[test]
    fn an_item_born_again_is_gone_to_an_unanswered_delete() {
        let schema = schema(LockKind::Version, Some("journal"));
        let life = || {
            let born = write(&schema, Insert, Expected::New).left.unwrap();
            seen(born.lock, born.journal)
        };
        let delete = write(&schema, Delete, held(&schema, &life()));
        assert_eq!(
            verdict(&delete, Some(&life()), Refusal, false),
            Verdict::Gone
        );
        assert_eq!(
            verdict(&delete, Some(&life()), Refusal, true),
            Verdict::NotLandedWeak
        );
    }

    #[test]
    fn a_version_set_back_by_a_restore_cannot_speak() {
        let schema = schema(LockKind::Version, Some("journal"));
        let born = write(&schema, Insert, Expected::New).left.unwrap();
        let read = seen(Lock::Version(5), born.journal.clone());
        let update = write(&schema, Update, held(&schema, &read));
        let restored = seen(Lock::Version(4), born.journal);
        assert_eq!(
            verdict(&update, Some(&restored), Read, false),
            Verdict::Unknown
        );
    }

    #[test]
    fn an_insert_finds_itself_another_or_with_no_journal_nobody_knows_whom() {
        let journaled = schema(LockKind::Version, Some("journal"));
        let insert = write(&journaled, Insert, Expected::New);
        let own = insert.left.clone().unwrap();
        let own = seen(own.lock, own.journal);
        assert_eq!(
            verdict(&insert, Some(&own), Refusal, false),
            Verdict::Landed
        );
        assert_eq!(verdict(&insert, None, Read, false), Verdict::NotYet);
        let legacy = Seen {
            lock: None,
            journal: SeenJournal::Missing,
        };
        assert_eq!(
            verdict(&insert, Some(&legacy), Refusal, false),
            Verdict::Exists
        );
        let plain = write(&schema(LockKind::Version, None), Insert, Expected::New);
        let there = seen(Lock::Version(1), None);
        assert_eq!(
            verdict(&plain, Some(&there), Refusal, true),
            Verdict::Exists
        );
        assert_eq!(
            verdict(&plain, Some(&there), Refusal, false),
            Verdict::Unknown
        );
    }
}
