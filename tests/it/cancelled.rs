//! Calls that are dropped in the middle: the handle stays usable, and its own write is no conflict.

use std::time::Duration;

use optimist::{Deleted, RetryPolicy, Stored, Table};
use optimist_tests::Fault;

use crate::support::{Counter, counter, read_raw, world};

/// Starts a call that will not end, and drops it.
async fn cancel(call: impl IntoFuture) {
    let patience = Duration::from_millis(200);
    let ended = tokio::time::timeout(patience, call.into_future()).await;
    assert!(ended.is_err(), "it ended before it was cancelled");
}

#[tokio::test]
async fn a_cancelled_save_that_landed_is_no_conflict_for_the_next_one() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("UpdateItem", [Fault::SilenceAfter]);
    handle.count = 1;
    cancel(counters.save(&mut handle)).await;
    assert_eq!(machine.db.lanes_in_use(), 0, "the lane is free");
    handle.count += 1;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 2);
    assert_eq!(Stored::lock(&handle), Some(&optimist::Lock::Version(3)));
}

#[tokio::test]
async fn a_cancelled_save_that_did_not_land_is_made_good_by_the_next_one() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    machine.transport.script("UpdateItem", [Fault::Silence]);
    handle.count = 1;
    cancel(counters.save(&mut handle)).await;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 1);
}

#[tokio::test]
async fn a_cancelled_save_that_landed_and_was_overwritten_is_a_conflict() {
    let (backend, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("UpdateItem", [Fault::SilenceAfter]);
    handle.count = 1;
    cancel(counters.save(&mut handle)).await;
    let other = backend.machine().db.table::<Counter>();
    other.modify("c", |c| c.count += 10).await.unwrap();
    handle.count = 2;
    assert!(counters.save(&mut handle).await.unwrap_err().is_conflict());
    assert_eq!(counters.require("c").await.unwrap().count, 11);
}

#[tokio::test]
async fn a_handle_in_doubt_can_be_deleted() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("UpdateItem", [Fault::SilenceAfter]);
    handle.count = 1;
    cancel(counters.save(&mut handle)).await;
    assert_eq!(counters.delete(handle).await.unwrap(), Deleted::Done);
}

#[tokio::test]
async fn a_cancelled_save_that_was_taken_back_is_taken_back() {
    for fault in [Fault::Silence, Fault::SilenceAfter] {
        let (_, machine, counters) = world!(Counter);
        let mut handle = counters.insert(counter("c")).await.unwrap();
        machine.transport.script("UpdateItem", [fault]);
        handle.count = 1;
        cancel(counters.save(&mut handle)).await;
        handle.count = 0;
        counters.save(&mut handle).await.unwrap();
        let read = counters.require("c").await.unwrap();
        assert_eq!(read.count, 0, "{fault:?}");
        assert_ne!(
            Stored::lock(&read),
            Some(&optimist::Lock::Version(1)),
            "a copy under way is fenced"
        );
    }
}

/// The writer of the item's last write.
async fn last_writer(counters: &Table<Counter>) -> Vec<u8> {
    let item = read_raw(counters, "c").await.unwrap();
    // Behind two magic bytes, format, K and birth; a write id begins with its writer.
    item["journal"].as_b().unwrap().as_ref()[20..26].to_vec()
}

#[tokio::test]
async fn after_a_write_given_up_in_doubt_the_next_one_is_another_writers() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let first = last_writer(&counters).await;
    // A blind write is judged by nobody: it speaks for no writer.
    machine.transport.script("UpdateItem", [Fault::LoseAnswer]);
    let blind = counters.apply("c", Counter::COUNT.add(1)).await;
    assert!(blind.unwrap_err().is_outcome_unknown());
    counters.modify("c", |c| c.count += 1).await.unwrap();
    assert_eq!(last_writer(&counters).await, first);
    machine.transport.script("UpdateItem", [Fault::Silence]);
    cancel(counters.modify("c", |c| c.count += 1)).await;
    counters.modify("c", |c| c.count += 1).await.unwrap();
    assert_ne!(last_writer(&counters).await, first);
}

#[tokio::test]
async fn a_call_dropped_while_it_waits_is_in_doubt_if_a_copy_was_not_answered() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let long = Duration::from_secs(10_000);
    let policy = RetryPolicy::default()
        .base(long)
        .cap(long)
        .deadline(long * 3);
    for (fault, another) in [(Fault::Throttle, false), (Fault::LoseAnswer, true)] {
        let before = last_writer(&counters).await;
        machine.transport.script("UpdateItem", [fault]);
        cancel(counters.modify("c", |c| c.count += 1).retry(policy)).await;
        counters.modify("c", |c| c.count += 1).await.unwrap();
        let renewed = last_writer(&counters).await != before;
        assert_eq!(renewed, another, "{fault:?}");
    }
}
