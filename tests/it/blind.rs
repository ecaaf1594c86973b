//! Writes that read nothing: one request, the lock moves, and a lost answer is told or, exactly once, settled.

use std::collections::BTreeSet;

use optimist::{ErrorKind, Lock, RetryPolicy, Stored};
use optimist_tests::Fault::{self, FailAfter, LoseAnswer, LoseRequest, Throttle};

use crate::support::{Counter, PlainCounter, UuidCounter, counter, n, put_raw, read_raw, s, world};
use crate::update::{Person, person};

#[tokio::test]
async fn apply_is_one_request_and_gives_the_new_item() {
    let (_, machine, counters) = world!(Counter, needs Transactions);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.reset();
    let mut stored = counters.apply("c", Counter::COUNT.add(5)).await.unwrap();
    assert_eq!((stored.count, machine.transport.total()), (5, 1));
    let count = counters
        .apply("c", Counter::COUNT.add(1))
        .returning(Counter::COUNT)
        .await
        .unwrap();
    assert_eq!((count, machine.transport.total()), (6, 2));
    counters
        .apply("c", Counter::COUNT.add(1))
        .exactly_once()
        .await
        .unwrap();
    assert_eq!(machine.transport.count("TransactWriteItems"), 1);
    assert_eq!(machine.transport.total(), 3);
    stored.count = 0;
    assert!(counters.save(&mut stored).await.unwrap_err().is_conflict());
    assert_eq!(counters.require("c").await.unwrap().count, 7);
}

#[tokio::test]
async fn a_blind_write_moves_the_lock_so_that_older_holders_conflict() {
    let (_, _, counters) = world!(Counter);
    let mut stale = counters.insert(counter("c")).await.unwrap();
    let fresh = counters.apply("c", Counter::COUNT.add(1)).await.unwrap();
    assert_eq!(Stored::lock(&fresh), Some(&Lock::Version(2)));
    stale.count = 9;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    let (_, _, counters) = world!(UuidCounter);
    let mut stale = counters
        .insert(UuidCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap();
    counters
        .apply("c", UuidCounter::COUNT.add(1))
        .await
        .unwrap();
    stale.count = 9;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_legacy_item_gains_lock_and_journal() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let mut stale = counters.require("c").await.unwrap();
    counters.apply("c", Counter::COUNT.add(1)).await.unwrap();
    let stored = read_raw(&counters, "c").await.unwrap();
    assert_eq!((&stored["count"], &stored["version"]), (&n(6), &n(1)));
    assert_eq!(stored["journal"].as_b().unwrap().as_ref().len(), 20);
    stale.count = 0;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    assert_eq!(
        counters
            .modify("c", |c| c.count += 1)
            .await
            .unwrap()
            .stored
            .count,
        7
    );
}

#[tokio::test]
async fn a_missing_item_needs_or_insert() {
    let (_, _, people) = world!(Person);
    let error = people
        .apply("ann", Person::LOGINS.add(1))
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(read_raw(&people, "ann").await.is_none());
    let mut new = person("ann");
    new.logins = 10;
    let change =
        || Person::LOGINS.add(1) + Person::TAGS.append(["z"]) + Person::FRIENDS.insert(["bob"]);
    let mut ann = people
        .apply("ann", change())
        .or_insert(new.clone())
        .await
        .unwrap();
    let mut expected = new.clone();
    expected.logins = 11;
    expected.tags.push("z".into());
    expected.friends = ["bob".to_owned()].into();
    assert_eq!(*ann, expected);
    ann.logins = 100;
    people.save(&mut ann).await.unwrap();
    let again = people
        .apply("ann", change())
        .or_insert(new.clone())
        .await
        .unwrap();
    assert_eq!(again.logins, 101, "an item that is there is changed");
    let wrong_key = people
        .apply("bob", change())
        .or_insert(new.clone())
        .await
        .unwrap_err();
    assert_eq!(wrong_key.kind(), ErrorKind::InvalidInput);
    let inside = people.apply("ann", Person::LIMITS.key("x").set(1));
    new.limits = [("y".to_owned(), 1)].into();
    let error = inside.or_insert(new).await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("limits.x"),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_not_sent_again() {
    for fault in [LoseAnswer, FailAfter, LoseRequest] {
        let (_, machine, counters) = world!(Counter);
        counters.insert(counter("c")).await.unwrap();
        machine
            .transport
            .script("UpdateItem", [Throttle, Throttle, fault]);
        let error = counters
            .apply("c", Counter::COUNT.add(1))
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown(), "{fault:?} {error}");
        assert_eq!(
            machine.transport.count("UpdateItem"),
            3,
            "throttling is waited out"
        );
    }
}

#[tokio::test]
async fn exactly_once_is_exactly_once() {
    for fault in [LoseAnswer, FailAfter, LoseRequest, Throttle, Fault::Twice] {
        let (_, machine, counters) = world!(Counter, needs RequestTokens);
        machine.transport.script("TransactWriteItems", [fault; 5]);
        let mut handle = counters.insert(counter("c")).exactly_once().await.unwrap();
        handle.count = 1;
        counters.save(&mut handle).await.unwrap();
        machine.transport.script("TransactWriteItems", [fault; 5]);
        counters
            .apply("c", Counter::COUNT.add(1))
            .exactly_once()
            .await
            .unwrap();
        assert_eq!(counters.require("c").await.unwrap().count, 2, "{fault:?}");
        machine.transport.script("TransactWriteItems", [fault; 5]);
        counters
            .put_unchecked(counter("c"))
            .exactly_once()
            .await
            .unwrap();
        assert_eq!(counters.require("c").await.unwrap().count, 0, "{fault:?}");
        let again = counters
            .insert(counter("c"))
            .exactly_once()
            .await
            .unwrap_err();
        assert!(again.is_already_exists(), "{again}");
        counters.delete_unchecked("c").exactly_once().await.unwrap();
        let gone = counters
            .apply("c", Counter::COUNT.add(1))
            .exactly_once()
            .await
            .unwrap_err();
        assert!(gone.is_not_found(), "{gone}");
    }
}

#[tokio::test]
async fn bounds_hold_by_condition() {
    let (_, _, counters) = world!(Counter);
    counters
        .insert(Counter {
            id: "c".into(),
            count: 2,
        })
        .await
        .unwrap();
    let take = || {
        counters
            .apply("c", Counter::COUNT.sub(1))
            .condition(Counter::COUNT.gt(0))
    };
    take().await.unwrap();
    take().await.unwrap();
    let error = take().await.unwrap_err();
    assert!(error.is_condition_refused(), "{error}");
    assert_eq!(error.current::<Counter>().unwrap().unwrap().count, 0);
}

#[tokio::test]
async fn unchecked_puts_and_deletes_never_roll_a_lock_back() {
    let (_, _, counters) = world!(Counter);
    let mut stale = counters.insert(counter("c")).await.unwrap();
    counters
        .put_unchecked(Counter {
            id: "c".into(),
            count: 7,
        })
        .await
        .unwrap();
    assert_eq!(
        Stored::lock(&counters.require("c").await.unwrap()),
        Stored::lock(&stale),
        "the same version"
    );
    stale.count = 1;
    assert!(
        counters.save(&mut stale).await.unwrap_err().is_conflict(),
        "of another life"
    );
    assert_eq!(
        counters
            .modify("c", |c| c.count += 1)
            .await
            .unwrap()
            .stored
            .count,
        8
    );

    let (_, _, plain) = world!(PlainCounter);
    let mut stale = plain
        .insert(PlainCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap();
    plain
        .put_unchecked(PlainCounter {
            id: "c".into(),
            count: 7,
        })
        .await
        .unwrap();
    assert_eq!(
        Stored::lock(&plain.require("c").await.unwrap()),
        Some(&Lock::Version(2))
    );
    stale.count = 1;
    assert!(plain.save(&mut stale).await.unwrap_err().is_conflict());
    plain.delete_unchecked("c").await.unwrap();
    plain.delete_unchecked("c").await.unwrap();
    plain
        .put_unchecked(PlainCounter {
            id: "c".into(),
            count: 1,
        })
        .await
        .unwrap();
    assert_eq!(plain.require("c").await.unwrap().count, 1);
}

#[tokio::test]
async fn the_last_member_leaves_no_attribute_and_twice_is_once() {
    let (_, _, people) = world!(Person);
    people.insert(person("ann")).await.unwrap();
    for _ in 0..2 {
        people
            .apply("ann", Person::FRIENDS.insert(["bob"]))
            .await
            .unwrap();
    }
    for _ in 0..2 {
        let ann = people
            .apply("ann", Person::FRIENDS.delete(["bob"]))
            .await
            .unwrap();
        assert_eq!(ann.friends, BTreeSet::new());
        assert!(!Stored::image(&ann).contains_key("friends"));
    }
}

#[tokio::test]
async fn an_item_over_400_kb_is_refused_with_its_size_and_largest_attribute() {
    let (_, machine, people) = world!(Person);
    machine.transport.reset();
    let mut large = person("ann");
    large.home.city_name = "x".repeat(410_000);
    let errors = [
        people.insert(large.clone()).await.unwrap_err(),
        people.put_unchecked(large).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_invalid_input(), "{error}");
        assert!(
            error.to_string().contains("`home`") && error.to_string().contains("409600"),
            "{error}"
        );
    }
    assert_eq!(machine.transport.total(), 0);
    let never = RetryPolicy::never();
    people.insert(person("ann")).retry(never).await.unwrap();
}

#[tokio::test]
async fn exactly_once_a_refusal_after_a_lost_copy_is_unknown_and_so_is_one_that_stays_in_progress()
{
    let (_, machine, counters) = world!(Counter, needs Transactions);
    counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("TransactWriteItems", [LoseRequest]);
    let take = counters
        .apply("c", Counter::COUNT.sub(1))
        .condition(Counter::COUNT.gt(0));
    let error = take.exactly_once().await.unwrap_err();
    assert!(
        error.is_outcome_unknown(),
        "the lost copy may yet arrive: {error}"
    );
    machine
        .transport
        .script("TransactWriteItems", [Fault::TransactionInProgress; 200]);
    let add = counters
        .apply("c", Counter::COUNT.add(1))
        .retry(RetryPolicy::never());
    assert!(add.exactly_once().await.unwrap_err().is_outcome_unknown());
}

#[tokio::test]
async fn an_unchecked_put_or_delete_may_have_a_condition_newer_wins() {
    let (_, _, counters) = world!(Counter);
    let at = |count| Counter {
        id: "c".into(),
        count,
    };
    let newer = |count: u64| Counter::COUNT.missing() | Counter::COUNT.lt(count);
    counters
        .put_unchecked(at(5))
        .condition(newer(5))
        .await
        .unwrap();
    let older = counters.put_unchecked(at(3)).condition(newer(3));
    let error = older.await.unwrap_err();
    assert!(error.is_condition_refused(), "{error}");
    counters
        .put_unchecked(at(7))
        .condition(newer(7))
        .await
        .unwrap();
    let delete = || counters.delete_unchecked("c");
    let kept = delete()
        .condition(Counter::COUNT.lt(7u64))
        .await
        .unwrap_err();
    assert!(kept.is_condition_refused(), "{kept}");
    delete().condition(Counter::COUNT.eq(7u64)).await.unwrap();
    assert!(counters.get("c").await.unwrap().is_none());
}

#[tokio::test]
async fn an_idempotent_change_is_sent_again_after_a_lost_answer() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("UpdateItem", [Fault::LoseAnswer, Fault::LoseRequest]);
    let set = counters.apply("c", Counter::COUNT.set(7u64)).idempotent();
    assert_eq!(set.await.unwrap().count, 7);
    assert_eq!(machine.transport.count("UpdateItem"), 3);
    // Without the word of the caller it is not.
    machine.transport.script("UpdateItem", [Fault::LoseAnswer]);
    let set = counters.apply("c", Counter::COUNT.set(8u64)).await;
    let error = set.unwrap_err();
    assert!(
        error.is_outcome_unknown() && error.to_string().contains("exactly_once"),
        "{error}"
    );
}
