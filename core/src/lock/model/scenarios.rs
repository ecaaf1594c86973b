use std::collections::BTreeSet;

use super::*;

const fn schema(kind: LockKind, journal: Option<&'static str>) -> LockSchema {
    LockSchema {
        kind,
        attribute: "lock",
        journal,
    }
}

const JOURNALED: [LockSchema; 2] = [
    schema(LockKind::Version, Some("journal")),
    schema(LockKind::Uuid, Some("journal")),
];
const PLAIN: [LockSchema; 2] = [
    schema(LockKind::Version, None),
    schema(LockKind::Uuid, None),
];
const VALUES: [LockSchema; 1] = [schema(LockKind::Values, None)];

/// Runs a scenario in which nothing may go wrong; returns how often each verdict was given.
fn sound_for(schemas: &[LockSchema], k: u8, writers: usize, happens: &[Happens]) -> Verdicts {
    let happens = happens.iter().copied().collect();
    let mut total = Verdicts::new();
    for &schema in schemas {
        for seed in 0..300 {
            let verdicts = run(seed, schema, k, writers, &happens).unwrap_or_else(|violation| {
                panic!(
                    "{violation:?}: seed {seed}, {schema:?}, K={k}, {writers} writers, {happens:?}"
                )
            });
            for (verdict, times) in verdicts {
                *total.entry(verdict).or_default() += times;
            }
        }
    }
    total
}

fn sound(k: u8, writers: usize, happens: &[Happens]) -> Verdicts {
    let total = sound_for(&JOURNALED, k, writers, happens);
    assert!(
        total["Landed"] > 100 && total["NotLanded"] > 100,
        "{total:?}"
    );
    total
}

/// The violations of a scenario that is a documented limit.
fn limit_for(schemas: &[LockSchema], happens: &[Happens]) -> BTreeSet<Violation> {
    let happens = happens.iter().copied().collect();
    let runs = |&schema: &LockSchema| (0..300).map(move |seed| (schema, seed));
    let runs = schemas.iter().flat_map(runs);
    runs.filter_map(|(schema, seed)| run(seed, schema, 8, 6, &happens).err())
        .collect()
}

fn limit(happens: &[Happens]) -> BTreeSet<Violation> {
    limit_for(&JOURNALED, happens)
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
fn guards_and_conditions_while_every_tool_moves_the_lock() {
    let happens = [Copies, OldHandles, Guards, Conditions, Blind, NobodyGivesUp];
    let verdicts = sound(8, 6, &happens);
    assert!(verdicts["ConditionRefused"] > 100, "{verdicts:?}");
    assert!(!verdicts.contains_key("Unknown"), "{verdicts:?}");
}

#[test]
fn conditions_on_legacy_items_that_another_tool_changes() {
    let happens = [Copies, Legacy, Conditions, ToolOnLegacy];
    let verdicts = sound(8, 6, &happens);
    assert!(verdicts["Unknown"] > 100, "{verdicts:?}");
    let answered = [Legacy, Conditions, ToolOnLegacy, Weak];
    let verdicts = sound(8, 6, &answered);
    assert!(verdicts["ConditionRefused"] > 100, "{verdicts:?}");
    assert!(verdicts["NotLandedWeak"] > 0, "{verdicts:?}");
}

#[test]
fn guards_under_a_tool_that_moves_no_lock() {
    assert!(sound(8, 6, &[Copies, Guards, ToolKeepsLock])["Unknown"] > 0);
    assert!(sound(8, 6, &[Guards, ToolKeepsLock, Weak])["NotLandedWeak"] > 0);
}

#[test]
fn locks_that_are_broken_and_put_back() {
    let verdicts = sound(8, 6, &[Copies, OldHandles, BreaksLock, Blind]);
    assert!(verdicts["Unknown"] > 0, "{verdicts:?}");
    sound(8, 6, &[Copies, BreaksLock, Delete, EveryInsertAnswered]);
}

#[test]
fn without_a_journal_what_is_not_shown_is_unknown() {
    for happens in [
        &[Copies, OldHandles, Guards, Conditions, Blind][..],
        &[OldHandles, Guards, Conditions, Blind, Weak],
    ] {
        let verdicts = sound_for(&PLAIN, 8, 6, happens);
        assert!(verdicts["Unknown"] > 100, "{verdicts:?}");
        assert!(verdicts["ConditionRefused"] > 100, "{verdicts:?}");
    }
}

#[test]
fn values_are_known_where_every_copy_is_answered() {
    let happens = [Guards, Conditions, ToolKeepsLock, EveryInsertAnswered, Weak];
    let verdicts = sound_for(&VALUES, 8, 6, &happens);
    for verdict in ["ConditionRefused", "NotLandedWeak", "Unknown"] {
        assert!(verdicts[verdict] > 100, "{verdicts:?}");
    }
    assert!(!verdicts.contains_key("NotYet"), "{verdicts:?}");
}

#[test]
fn items_expire_under_late_and_double_copies() {
    for happens in [
        &[Expires, Copies, CopiesOfInserts, OldHandles, NobodyGivesUp][..],
        &[Expires, Copies, OldHandles, Blind, Guards, Conditions],
        &[Expires, Copies, CopiesOfInserts, Legacy, BreaksLock],
    ] {
        let verdicts = sound(8, 6, happens);
        for verdict in ["NotFound", "Vacant"] {
            assert!(verdicts[verdict] > 100, "{verdicts:?}");
        }
    }
}

#[test]
fn items_expire_and_are_removed_while_every_insert_is_answered() {
    let answered = [Expires, Swept, Delete, EveryInsertAnswered];
    for more in [
        &[Copies, OldHandles][..],
        &[Copies, Skewed, EndsNow, Blind],
        &[Weak, Skewed, EndsNow, Guards, Conditions],
    ] {
        let verdicts = sound(8, 6, &[&answered, more].concat());
        for verdict in ["NotFound", "Vacant"] {
            assert!(verdicts[verdict] > 100, "{verdicts:?}");
        }
    }
}

#[test]
fn items_expire_without_a_journal_or_a_lock() {
    let happens = [Expires, OldHandles, Guards, EveryInsertAnswered, Weak];
    for schemas in [&PLAIN[..], &VALUES] {
        let verdicts = sound_for(schemas, 8, 6, &happens);
        for verdict in ["NotFound", "Vacant", "Unknown"] {
            assert!(verdicts[verdict] > 100, "{verdicts:?}");
        }
    }
}

#[test]
fn limit_an_unanswered_insert_that_expired_and_is_sent_again() {
    assert_eq!(limit(&[Expires, Swept]), [Violation::AppliedTwice].into());
}

#[test]
fn limit_a_time_that_a_tool_moves_under_an_unmoved_lock() {
    let violations = limit(&[Expires, Copies, ToolMovesTime, EveryInsertAnswered]);
    assert_eq!(violations, [Violation::LandedAfterNotLanded].into());
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

#[test]
fn limit_a_condition_on_what_a_tool_changes_under_an_unmoved_lock() {
    assert_eq!(
        limit(&[Copies, Conditions, ToolKeepsLock]),
        [Violation::LandedAfterNotLanded].into()
    );
}

#[test]
fn limit_values_that_come_back_under_double_delivery() {
    assert!(limit_for(&VALUES, &[Copies]).contains(&Violation::AppliedTwice));
}
