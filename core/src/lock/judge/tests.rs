//! Each row of the table in `ARCHITECTURE.md`, "Judging".

mod expired;

use aws_sdk_dynamodb::primitives::Blob;

use super::*;
use crate::lock::seen::{SeenJournal, SeenLock};
use crate::lock::{LockError, LockKind, LockSchema, WriterId};
use crate::value::AttributeValue;

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
    let mark = expected.next(schema, id, 2).unwrap();
    Write {
        operation,
        id,
        expected,
        mark: (operation != Operation::Delete).then_some(mark),
        conditioned: true,
    }
}

fn seen(lock: impl Into<Option<Lock>>, journal: Option<Journal>) -> Seen {
    Seen {
        lock: lock.into().map_or(SeenLock::Missing, SeenLock::Read),
        journal: journal.map_or(SeenJournal::Missing, SeenJournal::Kept),
    }
}

fn evidence(image: Option<&Seen>, source: Source, answered_once: bool) -> Evidence<'_> {
    Evidence {
        image,
        guard_holds: true,
        expired: false,
        source,
        issued_before: &|_| false,
        answered_once,
    }
}

fn verdict(write: &Write, image: Option<&Seen>, source: Source, answered_once: bool) -> Verdict {
    judge(write, &evidence(image, source, answered_once))
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
        let born = write(&schema, Insert, Expected::New).mark.unwrap();
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
            write(&schema, Insert, Expected::New).mark.unwrap().lock,
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
        let mine = seen(write.mark.clone().unwrap().lock, None);
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
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
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
        let born = write(&schema, Insert, Expected::New).mark.unwrap();
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
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
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
    let own = insert.mark.clone().unwrap();
    let own = seen(own.lock, own.journal);
    assert_eq!(
        verdict(&insert, Some(&own), Refusal, false),
        Verdict::Landed
    );
    assert_eq!(verdict(&insert, None, Read, false), Verdict::NotYet);
    let legacy = Seen {
        lock: SeenLock::Missing,
        journal: SeenJournal::Missing,
    };
    for source in [Refusal, Source::ReadAfterRefusal, Read] {
        let verdict = verdict(&insert, Some(&legacy), source, false);
        assert_eq!(verdict, Verdict::Exists);
    }
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

#[test]
fn an_unreadable_lock_hides_everything_but_the_mark() {
    let schema = schema(LockKind::Version, Some("journal"));
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
    let read = seen(born.lock, born.journal);
    let update = write(&schema, Update, held(&schema, &read));
    let damaged = |journal| Seen {
        lock: SeenLock::Unreadable(LockError::Overflow { attribute: "lock" }),
        journal,
    };
    let mine = damaged(SeenJournal::Kept(
        update.mark.clone().unwrap().journal.unwrap(),
    ));
    assert_eq!(verdict(&update, Some(&mine), Read, false), Verdict::Landed);
    let other = damaged(read.journal);
    assert_eq!(
        verdict(&update, Some(&other), Read, false),
        Verdict::Unknown
    );
    assert_eq!(
        verdict(&update, Some(&other), Refusal, true),
        Verdict::NotLandedWeak
    );
}

#[test]
fn the_users_condition_is_final_only_beside_a_lock_that_never_comes_back() {
    let legacy = Seen {
        lock: SeenLock::Missing,
        journal: SeenJournal::Missing,
    };
    let journaled = schema(LockKind::Version, Some("journal"));
    let plain = schema(LockKind::Version, None);
    let values = schema(LockKind::Values, None);
    let version = seen(Lock::Version(3), None);
    for (schema, image) in [
        (&journaled, &legacy),
        (&journaled, &version),
        (&plain, &version),
        (&values, &legacy),
    ] {
        let write = write(schema, Update, held(schema, image));
        let of = |source, once| verdict(&write, Some(image), source, once);
        assert_eq!(of(Refusal, true), Verdict::ConditionRefused);
        assert_eq!(of(Refusal, false), Verdict::Unknown);
        assert_eq!(of(Source::ReadAfterRefusal, false), Verdict::Unknown);
    }
    let uuid = schema(LockKind::Uuid, None);
    let image = seen(Lock::Uuid("another".into()), None);
    let write = write(&uuid, Update, held(&uuid, &image));
    for source in [Refusal, Source::ReadAfterRefusal] {
        let verdict = verdict(&write, Some(&image), source, false);
        assert_eq!(verdict, Verdict::ConditionRefused);
    }
}

#[test]
fn a_guard_that_fails_under_an_unmoved_lock_is_no_proof() {
    let schema = schema(LockKind::Uuid, Some("journal"));
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
    let image = seen(born.lock, born.journal);
    let write = write(&schema, Update, held(&schema, &image));
    for (answered_once, verdict) in [(true, Verdict::NotLandedWeak), (false, Verdict::Unknown)] {
        let evidence = Evidence {
            guard_holds: false,
            ..evidence(Some(&image), Refusal, answered_once)
        };
        assert_eq!(judge(&write, &evidence), verdict);
    }
}

#[test]
fn a_journal_that_is_to_be_replaced_is_compared_as_it_was_read() {
    let schema = schema(LockKind::Version, Some("journal"));
    let life = || write(&schema, Insert, Expected::New).mark.unwrap().journal;
    let damaged = |byte: u8| {
        let raw = AttributeValue::B(Blob::new([0xFA, b'J', 1, byte]));
        SeenJournal::Unreadable(raw)
    };
    let unlocked = |journal| Seen {
        lock: SeenLock::Missing,
        journal,
    };
    let locked = |journal| Seen {
        lock: SeenLock::Read(Lock::Version(3)),
        journal,
    };
    let (one, other) = (life().unwrap(), life().unwrap());
    for (read, another) in [
        (locked(damaged(0)), locked(damaged(1))),
        (unlocked(damaged(0)), unlocked(damaged(1))),
        (
            unlocked(SeenJournal::Kept(one)),
            unlocked(SeenJournal::Kept(other)),
        ),
    ] {
        let update = write(&schema, Update, held(&schema, &read));
        assert_eq!(verdict(&update, Some(&read), Read, false), Verdict::NotYet);
        assert_eq!(
            verdict(&update, Some(&another), Read, false),
            Verdict::Unknown
        );
        let refused = verdict(&update, Some(&read), Refusal, true);
        assert_eq!(refused, Verdict::ConditionRefused);
    }
}

#[test]
fn a_refusal_that_nothing_explains_is_an_error_after_one_copy_and_unknown_after_more() {
    let journaled = schema(LockKind::Version, Some("journal"));
    let born = write(&journaled, Insert, Expected::New).mark.unwrap();
    let version = seen(born.lock, born.journal);
    let values = schema(LockKind::Values, None);
    let unlocked = seen(None, None);
    for (schema, image, read, reread) in [
        (
            &journaled,
            &version,
            [Verdict::NotYet; 2],
            [Verdict::NotYet; 2],
        ),
        // Nothing tells one copy from the write of another.
        (
            &values,
            &unlocked,
            [Verdict::Unknown; 2],
            [Verdict::NotLandedWeak, Verdict::Unknown],
        ),
    ] {
        let mut write = write(schema, Update, held(schema, image));
        write.conditioned = false;
        let of = |source| [true, false].map(|once| verdict(&write, Some(image), source, once));
        assert_eq!(of(Refusal), [Verdict::Inexplicable, Verdict::Unknown]);
        assert_eq!(of(Read), read);
        assert_eq!(of(Source::ReadAfterRefusal), reread);
    }
}

#[test]
fn a_journal_tells_by_room_by_an_older_entry_or_by_few_versions() {
    let schema = schema(LockKind::Version, Some("journal"));
    let fresh = || WriteId::fresh(WriterId::fresh());
    let (birth, old) = (fresh(), fresh());
    let at = |version, entries: &[WriteId]| {
        let journal = Journal {
            writers: 2,
            birth,
            entries: entries.to_vec(),
        };
        seen(Lock::Version(version), Some(journal))
    };
    let update = write(&schema, Update, held(&schema, &at(5, &[fresh(), old])));
    for (image, told) in [
        (at(15, &[fresh()]), Verdict::NotLanded),
        (at(15, &[fresh(), old]), Verdict::NotLanded),
        (at(7, &[fresh(), fresh()]), Verdict::NotLanded),
        (at(8, &[fresh(), fresh()]), Verdict::Unknown),
    ] {
        let verdict = verdict(&update, Some(&image), Refusal, false);
        assert_eq!(verdict, told, "{image:?}");
    }
    // An entry of this writer that this `Db` did not issue: two machines share one writer id.
    let mine = WriteId::fresh(update.id.writer());
    let image = at(6, &[mine]);
    for (issued, told) in [(false, Verdict::Unknown), (true, Verdict::NotLanded)] {
        let evidence = Evidence {
            issued_before: &|_| issued,
            ..evidence(Some(&image), Refusal, false)
        };
        assert_eq!(judge(&update, &evidence), told);
    }
}

#[test]
fn a_delete_in_doubt_is_unknown_where_its_life_cannot_be_told() {
    let schema = schema(LockKind::Version, Some("journal"));
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
    let read = seen(Lock::Version(5), born.journal.clone());
    let delete = write(&schema, Delete, held(&schema, &read));
    let moved = seen(Lock::Version(6), born.journal.clone());
    let set_back = seen(Lock::Version(4), born.journal);
    for (image, told) in [
        (moved, Verdict::NotLanded),
        (set_back, Verdict::Unknown),
        (seen(Lock::Version(6), None), Verdict::Unknown),
    ] {
        let verdict = verdict(&delete, Some(&image), Refusal, false);
        assert_eq!(verdict, told, "{image:?}");
    }
}
