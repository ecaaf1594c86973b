//! The rows on items that have expired.

use super::*;

/// The verdict on an image that has expired.
fn of_expired(write: &Write, image: &Seen, source: Source, answered_once: bool) -> Verdict {
    let evidence = Evidence {
        expired: true,
        ..evidence(Some(image), source, answered_once)
    };
    judge(write, &evidence)
}

#[test]
fn an_item_that_has_expired_under_a_lock_that_never_comes_back_is_not_found_for_good() {
    for schema in [
        schema(LockKind::Version, Some("journal")),
        schema(LockKind::Uuid, Some("journal")),
        schema(LockKind::Uuid, None),
    ] {
        let born = write(&schema, Insert, Expected::New).mark.unwrap();
        let image = seen(born.lock, born.journal);
        for operation in [Update, Delete] {
            let write = write(&schema, operation, held(&schema, &image));
            // A read tells as much: every copy names the same moment.
            for source in [Refusal, Source::ReadAfterRefusal, Read] {
                let verdict = of_expired(&write, &image, source, false);
                assert_eq!(verdict, Verdict::NotFound, "{operation:?} {source:?}");
            }
        }
        let update = write(&schema, Update, held(&schema, &image));
        let left = update.mark.clone().unwrap();
        let left = seen(left.lock, left.journal);
        let landed = of_expired(&update, &left, Refusal, false);
        assert_eq!(landed, Verdict::Landed, "it may have expired since");
    }
}

#[test]
fn an_item_that_has_expired_under_any_other_lock_is_not_found_where_one_copy_was_answered() {
    let legacy = seen(None, None);
    let version = seen(Lock::Version(3), None);
    let journaled = schema(LockKind::Version, Some("journal"));
    let plain = schema(LockKind::Version, None);
    let values = schema(LockKind::Values, None);
    for (schema, image) in [
        (&journaled, &legacy),
        (&journaled, &version),
        (&plain, &version),
        (&values, &legacy),
    ] {
        for operation in [Update, Delete] {
            let write = write(schema, operation, held(schema, image));
            let of = |source, once| of_expired(&write, image, source, once);
            assert_eq!(of(Refusal, true), Verdict::NotFound);
            assert_eq!(of(Refusal, false), Verdict::Unknown);
            assert_eq!(of(Read, false), Verdict::Unknown);
        }
    }
}

#[test]
fn a_guard_that_fails_on_an_item_that_has_expired_is_no_proof() {
    let schema = schema(LockKind::Uuid, Some("journal"));
    let born = write(&schema, Insert, Expected::New).mark.unwrap();
    let image = seen(born.lock, born.journal);
    let write = write(&schema, Update, held(&schema, &image));
    for (source, answered_once, verdict) in [
        (Refusal, true, Verdict::NotLandedWeak),
        (Refusal, false, Verdict::Unknown),
        (Read, false, Verdict::Unknown),
    ] {
        let evidence = Evidence {
            guard_holds: false,
            expired: true,
            ..evidence(Some(&image), source, answered_once)
        };
        assert_eq!(judge(&write, &evidence), verdict);
    }
}

#[test]
fn an_insert_goes_over_what_has_expired_unless_it_may_be_its_own() {
    let journaled = schema(LockKind::Version, Some("journal"));
    let plain = schema(LockKind::Version, None);
    let unknown = [Verdict::Unknown; 2];
    for (schema, unanswered) in [
        (&journaled, [Verdict::Vacant, Verdict::NotYet]),
        (&plain, unknown),
    ] {
        let other = write(schema, Insert, Expected::New).mark.unwrap();
        let other = seen(other.lock, other.journal);
        let insert = write(schema, Insert, Expected::New);
        let of = |source, once| of_expired(&insert, &other, source, once);
        assert_eq!(of(Refusal, true), Verdict::Vacant);
        assert_eq!([of(Refusal, false), of(Read, false)], unanswered);
    }
    let insert = write(&journaled, Insert, Expected::New);
    let own = insert.mark.clone().unwrap();
    let own = seen(own.lock, own.journal);
    let landed = of_expired(&insert, &own, Refusal, false);
    assert_eq!(
        landed,
        Verdict::Landed,
        "stored with a time that had passed"
    );
}

#[test]
fn an_insert_over_an_expired_item_is_known_by_its_birth_and_goes_on_to_what_is_there() {
    for kind in [LockKind::Version, LockKind::Uuid] {
        let schema = schema(kind, Some("journal"));
        let life = || {
            let born = write(&schema, Insert, Expected::New).mark.unwrap();
            seen(born.lock, born.journal)
        };
        let (old, other) = (life(), life());
        let mut insert = write(&schema, Insert, Expected::New);
        (insert.expected, insert.conditioned) = (held(&schema, &old), false);
        let own = insert.mark.clone().unwrap();
        let own = seen(own.lock, own.journal);
        assert_eq!(
            verdict(&insert, Some(&own), Refusal, false),
            Verdict::Landed
        );
        // Still the old one, and still over: what refused the insert has passed, or nothing did.
        assert_eq!(of_expired(&insert, &old, Read, false), Verdict::NotYet);
        let of = |source, once| of_expired(&insert, &old, source, once);
        assert_eq!(of(Source::ReadAfterRefusal, false), Verdict::NotYet);
        assert_eq!(of(Refusal, true), Verdict::Inexplicable);
        // The old one lives: another tool gave it more time.
        assert_eq!(
            verdict(&insert, Some(&old), Refusal, false),
            Verdict::Exists
        );
        assert_eq!(
            verdict(&insert, Some(&other), Refusal, false),
            Verdict::Exists
        );
        // Another that has expired, or none: DynamoDB has removed it.
        let another = of_expired(&insert, &other, Refusal, false);
        assert_eq!(another, Verdict::Vacant);
        let gone = verdict(&insert, None, Source::ReadAfterRefusal, false);
        assert_eq!(gone, Verdict::Vacant);
    }
}

#[test]
fn an_insert_over_an_item_without_a_lock_compares_its_time() {
    let values = schema(LockKind::Values, None);
    let journaled = schema(LockKind::Version, Some("journal"));
    let item = seen(None, None);
    for schema in [&values, &journaled] {
        let mut insert = write(schema, Insert, Expected::New);
        (insert.expected, insert.conditioned) = (held(schema, &item), false);
        let evidence = Evidence {
            guard_holds: false,
            expired: true,
            ..evidence(Some(&item), Refusal, true)
        };
        assert_eq!(judge(&insert, &evidence), Verdict::Vacant);
        let lives = verdict(&insert, Some(&item), Refusal, true);
        assert_eq!(lives, Verdict::Exists);
    }
}
