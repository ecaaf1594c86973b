//! Lost answers: what landed is known by what it left, and the rest is unknown. Nothing is sent again unasked.

use std::time::Duration;

use optimist::batch::Why;
use optimist::{Entity, RetryPolicy};
use optimist_tests::Fault::{self, LoseAnswer, LoseRequest, Pass, SilenceAfter, Throttle};

use super::{Numbered, ValueCounter, counted, counters, report, stored, undone};
use crate::support::{Counter, PlainCounter, UuidCounter, embedded, world};

fn unknown(numbers: impl IntoIterator<Item = u64>) -> Vec<(Why, String)> {
    let key = |number| (Why::Unknown, format!("{:?}", format!("c{number}")));
    numbers.into_iter().map(key).collect()
}

#[tokio::test]
async fn a_put_that_landed_is_known_by_the_life_that_it_began() {
    let (_, machine, table) = world!(Counter);
    for lost in [
        LoseAnswer,
        Fault::FailAfter,
        Fault::TimeoutAfter,
        Fault::Garble,
    ] {
        machine.transport.reset();
        machine.transport.script("BatchWriteItem", [lost]);
        let batch = machine.db.batch().put_all_unchecked(&table, counters(0..9));
        let report = batch.await.unwrap();
        assert_eq!((report.done(), report.is_complete()), (9, true), "{lost:?}");
        assert_eq!(machine.transport.count("BatchWriteItem"), 1);
        assert_eq!(machine.transport.count("BatchGetItem"), 1);
    }
}

#[tokio::test]
async fn a_put_that_shows_no_trace_is_unknown_and_not_sent_again() {
    let (_, machine, table) = world!(Counter);
    table.insert(counted(1)).await.unwrap();
    machine.transport.reset();
    machine.transport.script("BatchWriteItem", [LoseRequest]);
    let batch = machine.db.batch().put_all_unchecked(&table, counters(0..3));
    let report = batch.await.unwrap();
    assert_eq!(undone(&report), unknown(0..3));
    for undone in report.undone() {
        let error = undone.error();
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(error.write_id().is_some(), "{error}");
        assert!(std::error::Error::source(error).is_some(), "{error}");
        let is_there = undone.key().unwrap().to_string().contains("c1");
        assert_eq!(error.current_item().is_some(), is_there);
    }
    assert_eq!(machine.transport.total(), 2);
    // It is read again, and stays unknown, unless nobody else writes.
    let report = report.into_remaining().await.unwrap();
    assert_eq!(undone(&report).len(), 3);
    assert_eq!(machine.transport.count("BatchWriteItem"), 1);
    let report = report.into_remaining().sole_writer().await.unwrap();
    assert_eq!((report.done(), stored(&table).await), (3, 3));
}

#[tokio::test]
async fn what_landed_late_is_known_when_the_rest_is_run() {
    let (_, machine, table) = embedded::<Counter>().await;
    let late = Fault::Late(Duration::from_millis(200));
    machine.transport.script("BatchWriteItem", [late]);
    let batch = machine.db.batch().put_all_unchecked(&table, counters(0..3));
    let report = batch.await.unwrap();
    assert_eq!(undone(&report), unknown(0..3));
    while stored(&table).await < 3 {
        tokio::task::yield_now().await;
    }
    let report = report.into_remaining().await.unwrap();
    assert_eq!((report.done(), report.is_complete()), (3, true));
    assert_eq!(machine.transport.count("BatchWriteItem"), 1);
}

#[tokio::test]
async fn a_delete_that_landed_leaves_no_item() {
    let (_, machine, table) = world!(Counter);
    for (lost, left) in [(LoseAnswer, 0), (LoseRequest, 2)] {
        table.put_unchecked(counted(0)).await.unwrap();
        table.put_unchecked(counted(1)).await.unwrap();
        machine.transport.script("BatchWriteItem", [lost]);
        let batch = machine.db.batch();
        let batch = batch.delete_all_unchecked(&table, ["c0", "c1", "c2"]);
        let report = batch.await.unwrap();
        assert_eq!(undone(&report), unknown(0..left), "{lost:?}");
        assert_eq!(report.done(), 3 - left);
    }
}

/// The put landed, another changed the item under the lock, then the answer was lost: sent again, it would erase the change.
#[tokio::test]
async fn a_put_that_landed_and_was_changed_since_is_not_put_again() {
    let (backend, machine, table) = world!(Counter);
    let other = backend.machine().db.table::<Counter>();
    let patience = RetryPolicy::default().attempt_timeout(Duration::from_millis(300));
    machine.transport.script("BatchWriteItem", [SilenceAfter]);
    let batch = machine.db.batch().put_unchecked(&table, counted(1));
    let run = tokio::spawn(batch.retry(patience).into_future());
    loop {
        let changed = other.modify("c1", |c| c.count += 100).await;
        if changed.is_ok() {
            break;
        }
    }
    assert_eq!(report(run.await.unwrap()).done(), 1);
    assert_eq!(table.require("c1").await.unwrap().count, 101);
}

#[tokio::test]
async fn a_uuid_lock_without_journal_knows_its_last_write() {
    #[derive(Entity, Debug, Clone, PartialEq)]
    #[entity(table = "uuid-counters", lock(uuid, journal = off))]
    struct Bare {
        #[entity(partition_key)]
        id: String,
        count: u64,
    }
    let (_, machine, table) = world!(Bare);
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    let bare = Bare {
        id: "c".into(),
        count: 0,
    };
    let batch = machine.db.batch().put_unchecked(&table, bare);
    assert!(batch.await.unwrap().is_complete());

    let (_, machine, table) = world!(UuidCounter);
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    let item = UuidCounter {
        id: "c".into(),
        count: 0,
    };
    let batch = machine.db.batch().put_unchecked(&table, item);
    assert!(batch.await.unwrap().is_complete());
}

#[tokio::test]
async fn what_leaves_nothing_to_be_known_by_is_unknown() {
    let (_, machine, table) = world!(ValueCounter);
    let item = || ValueCounter {
        id: "c1".into(),
        count: 0,
    };
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    let batch = machine.db.batch().put_unchecked(&table, item());
    assert_eq!(undone(&batch.await.unwrap()), unknown([1]));

    let (_, machine, table) = world!(PlainCounter);
    let item = || PlainCounter {
        id: "c1".into(),
        count: 0,
    };
    machine.transport.script("UpdateItem", [LoseAnswer]);
    let batch = machine.db.batch().put_unchecked(&table, item());
    let report = batch.await.unwrap();
    assert_eq!(undone(&report), unknown([1]));
    let report = report.into_remaining().await.unwrap();
    assert_eq!(undone(&report), unknown([1]));
    assert_eq!(machine.transport.count("UpdateItem"), 1);
    let report = report.into_remaining().sole_writer().await.unwrap();
    assert!(report.is_complete());
}

#[tokio::test]
async fn a_sole_writer_sends_again() {
    let (_, machine, table) = world!(Counter);
    for lost in [LoseAnswer, LoseRequest] {
        machine.transport.reset();
        machine
            .transport
            .script("BatchWriteItem", [lost, Pass, lost]);
        let batch = machine
            .db
            .batch()
            .put_all_unchecked(&table, counters(0..30));
        let report = batch.sole_writer().await.unwrap();
        assert_eq!(report.done(), 30);
        assert_eq!(machine.transport.count("BatchWriteItem"), 4);
        assert_eq!(machine.transport.count("BatchGetItem"), 0);
    }
}

#[tokio::test]
async fn a_sole_writer_without_an_answer_reads_in_the_end() {
    let (_, machine, table) = world!(Counter);
    let policy = RetryPolicy::default().attempts(2);
    for (lost, done) in [(LoseAnswer, 2), (LoseRequest, 0)] {
        machine.transport.script("BatchWriteItem", [lost; 2]);
        let (a, b) = if lost == LoseAnswer { (0, 2) } else { (2, 4) };
        let batch = machine.db.batch().put_all_unchecked(&table, counters(a..b));
        let report = batch.sole_writer().retry(policy).await.unwrap();
        assert_eq!(report.done(), done);
        assert_eq!(
            report.count(Why::Unknown),
            2 - usize::try_from(done).unwrap()
        );
    }
}

#[tokio::test]
async fn keys_that_are_numbers_are_read_back_too() {
    let (_, machine, table) = world!(Numbered);
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    let item = |number: &str| Numbered {
        id: number.parse().unwrap(),
        name: number.into(),
    };
    let items = ["10", "1.50", "-0.0"].map(item);
    let batch = machine.db.batch().put_all_unchecked(&table, items);
    assert_eq!(batch.await.unwrap().done(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_read_that_settles_waits_out_what_passes() {
    let (_, machine, table) = embedded::<Counter>().await;
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    let nothing = Fault::UnprocessedShare(100, 0);
    let script = [
        Throttle,
        nothing,
        Fault::Unprocessed,
        Fault::FailBefore(500),
    ];
    machine.transport.script("BatchGetItem", script);
    let batch = machine.db.batch().put_all_unchecked(&table, counters(0..9));
    assert_eq!(batch.await.unwrap().done(), 9);

    // Where it does not come, that is said.
    machine.transport.script("BatchWriteItem", [LoseAnswer]);
    machine.transport.script("BatchGetItem", [Throttle; 9]);
    let batch = machine.db.batch().put_all_unchecked(&table, counters(0..2));
    let report = batch
        .retry(RetryPolicy::default().attempts(9))
        .await
        .unwrap();
    assert_eq!(undone(&report), unknown(0..2));
    assert!(report.undone()[0].error().to_string().contains("read"));
}
