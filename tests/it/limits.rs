//! The documented limits, each shown; and what closes them.

use std::time::Duration;

use optimist_tests::Fault::{LoseAnswer, Twice};

use crate::support::{
    Counter, PlainCounter, counter, delete_raw, n, put_raw, read_raw, s, update_raw, world,
};

#[tokio::test]
async fn an_unanswered_insert_against_a_delete_lands_twice_and_exactly_once_does_not() {
    for exactly_once in [false, true] {
        let (backend, machine, counters) = world!(Counter, needs RequestTokens);
        let slow = backend.machine_with(Duration::from_millis(50), |db| db);
        let operation = if exactly_once {
            "TransactWriteItems"
        } else {
            "PutItem"
        };
        let slow_counters = slow.db.table::<Counter>();
        slow.transport.script(operation, [LoseAnswer; 3]);
        let insert = tokio::spawn(async move {
            let insert = slow_counters.insert(counter("c"));
            if exactly_once {
                insert.exactly_once().await.map(drop)
            } else {
                insert.await.map(drop)
            }
        });
        // The first copy has landed: another deletes the item before the next copy comes.
        while read_raw(&counters, "c").await.is_none() {
            tokio::task::yield_now().await;
        }
        delete_raw(&counters, "c").await;
        insert.await.unwrap().unwrap();
        assert_eq!(read_raw(&counters, "c").await.is_some(), !exactly_once);
        drop(machine);
    }
}

#[tokio::test]
async fn without_a_journal_a_version_cannot_tell_one_life_from_the_next() {
    let (_, _, plain) = world!(PlainCounter);
    let new = || PlainCounter {
        id: "c".into(),
        count: 0,
    };
    let mut stale = plain.insert(new()).await.unwrap();
    delete_raw(&plain, "c").await;
    plain.insert(new()).await.unwrap();
    stale.count = 7;
    plain.save(&mut stale).await.unwrap();
    assert_eq!(
        plain.require("c").await.unwrap().count,
        7,
        "the limit is as documented"
    );
}

#[tokio::test]
async fn a_blind_write_delivered_twice_is_carried_out_twice_and_exactly_once_is_not() {
    let (_, machine, counters) = world!(Counter, needs RequestTokens);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.script("UpdateItem", [Twice]);
    counters.apply("c", Counter::COUNT.add(1)).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 2, "the limit");
    machine.transport.script("TransactWriteItems", [Twice]);
    let add = counters.apply("c", Counter::COUNT.add(1));
    add.exactly_once().await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 3, "closed");
}

#[tokio::test]
async fn the_weak_row_is_wrong_when_a_write_without_a_journal_is_delivered_twice() {
    let (_, machine, plain) = world!(PlainCounter);
    let new = PlainCounter {
        id: "c".into(),
        count: 0,
    };
    let mut handle = plain.insert(new).await.unwrap();
    machine.transport.script("UpdateItem", [Twice]);
    handle.count = 1;
    let error = plain.save(&mut handle).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(
        plain.require("c").await.unwrap().count,
        1,
        "though it landed"
    );
}

#[tokio::test]
async fn the_first_write_to_a_legacy_item_sees_a_foreign_write_to_what_it_replaces_and_no_other() {
    let (_, _, counters) = world!(Counter);
    put_raw(
        &counters,
        [("id", s("c")), ("count", n(1)), ("note", s("a"))],
    )
    .await;
    let mut handle = counters.require("c").await.unwrap();
    update_raw(&counters, "c", "count", n(77)).await;
    handle.count += 1;
    let error = counters.save(&mut handle).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(
        read_raw(&counters, "c").await.unwrap()["count"],
        n(77),
        "not lost"
    );

    let mut handle = counters.require("c").await.unwrap();
    update_raw(&counters, "c", "note", s("b")).await;
    handle.count += 1;
    counters.save(&mut handle).await.unwrap();
    let item = read_raw(&counters, "c").await.unwrap();
    assert_eq!(
        (&item["count"], &item["note"]),
        (&n(78), &s("b")),
        "the limit"
    );
}
