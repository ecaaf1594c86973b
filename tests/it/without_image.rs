//! A refusal that does not bring the item back is as right as one that does, by a read.

use optimist::{Deleted, Lock, Stored};
use optimist_tests::Fault::{self, LoseAnswer, LoseRequest, WithoutImage};
use optimist_tests::Transport;

use crate::support::{Counter, UuidCounter, counter, delete_raw, world};

/// From now on, no refusal of a single write brings the item.
fn strip(transport: &Transport) {
    let writes = ["PutItem", "UpdateItem", "DeleteItem"];
    transport.plan(0, &writes, [(Fault::WithoutImage, 1.0)]);
}

#[tokio::test]
async fn a_conflict_shows_the_current_item_for_one_read() {
    let (_, machine, counters) = world!(Counter);
    let mut stale = counters.insert(counter("c")).await.unwrap();
    counters.modify("c", |c| c.count = 5).await.unwrap();
    machine.transport.reset();
    strip(&machine.transport);
    stale.count = 1;
    let error = counters.save(&mut stale).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.current::<Counter>().unwrap().unwrap().count, 5);
    assert_eq!(machine.transport.count("GetItem"), 1);
    assert_eq!(machine.transport.total(), 2);
    let error = counters.delete(stale).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let current = error.current::<Counter>().unwrap().unwrap();
    assert_eq!(Stored::lock(&current), Some(&Lock::Version(2)));
    assert_eq!(counters.delete(current).await.unwrap(), Deleted::Done);
}

#[tokio::test]
async fn an_insert_tells_its_own_item_from_another() {
    let (_, machine, counters) = world!(Counter);
    strip(&machine.transport);
    machine
        .transport
        .script("PutItem", [LoseAnswer, WithoutImage]);
    counters.insert(counter("c")).await.unwrap();
    let error = counters.insert(counter("c")).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    assert!(error.current::<Counter>().unwrap().is_some());
}

#[tokio::test]
async fn a_deleted_item_is_not_found() {
    let (_, machine, counters) = world!(UuidCounter);
    let new = UuidCounter {
        id: "c".into(),
        count: 0,
    };
    let mut stale = counters.insert(new).await.unwrap();
    delete_raw(&counters, "c").await;
    strip(&machine.transport);
    stale.count = 1;
    assert!(counters.save(&mut stale).await.unwrap_err().is_not_found());
    assert!(counters.delete(stale).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn lost_answers_count_once() {
    for befalls in [LoseAnswer, LoseRequest] {
        let (_, machine, counters) = world!(Counter);
        counters.insert(counter("c")).await.unwrap();
        strip(&machine.transport);
        for count in 1..=3 {
            machine.transport.script("UpdateItem", [befalls]);
            let modified = counters.modify("c", |c| c.count += 1).await.unwrap();
            assert_eq!((modified.stored.count, modified.attempts), (count, 1));
        }
        assert_eq!(counters.require("c").await.unwrap().count, 3, "{befalls:?}");
    }
}

#[tokio::test]
async fn a_refused_condition_is_told_from_a_conflict() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    strip(&machine.transport);
    handle.count = 1;
    let save = counters.save(&mut handle).condition(Counter::COUNT.gt(5));
    let error = save.await.unwrap_err();
    assert!(error.is_condition_refused(), "{error}");
}

#[tokio::test]
async fn a_blind_write_tells_a_missing_item_from_a_false_condition() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    strip(&machine.transport);
    let apply = counters.apply("c", Counter::COUNT.add(1));
    let error = apply.condition(Counter::COUNT.gt(5)).await.unwrap_err();
    assert!(error.is_condition_refused(), "{error}");
    let error = counters
        .apply("x", Counter::COUNT.add(1))
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn an_insert_whose_obstacle_is_gone_by_the_read_is_sent_again() {
    let (backend, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let slow = backend.machine_with(std::time::Duration::from_millis(50), |db| db);
    slow.transport.script("PutItem", [WithoutImage]);
    let insert = slow.db.table::<Counter>().insert(counter("c"));
    let insert = tokio::spawn(insert.into_future());
    // It was refused, and the read that is to show why is under way.
    while slow.transport.count("GetItem") == 0 {
        tokio::task::yield_now().await;
    }
    crate::support::delete_raw(&counters, "c").await;
    insert.await.unwrap().unwrap();
    assert_eq!(slow.transport.count("PutItem"), 2);
}

#[tokio::test]
async fn a_refusal_that_has_passed_by_the_next_read_is_no_condition_of_the_users() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    let refused = Fault::Answer(400, "ConditionalCheckFailedException");
    machine.transport.script("UpdateItem", [refused]);
    handle.count = 1;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 1);
}
