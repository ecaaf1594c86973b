//! Lost answers: a write that landed is recognised, one that did not is sent again, and where neither can be shown the
//! caller is told.

use std::time::Duration;

use optimist::{Deleted, RetryPolicy, Stored};
use optimist_tests::Fault::{self, FailAfter, LoseAnswer, LoseRequest, Throttle, Twice};

use crate::support::{Counter, PlainCounter, UuidCounter, counter, delete_raw, read_raw, world};

/// What may befall one call: one fault, and as many as outlast the SDK's own three attempts.
const BEFALLS: [&[Fault]; 8] = [
    &[LoseAnswer],
    &[FailAfter],
    &[Twice],
    &[LoseRequest],
    &[LoseAnswer, LoseAnswer, LoseAnswer],
    &[LoseRequest, LoseAnswer, FailAfter, LoseAnswer],
    &[LoseAnswer, Throttle, Throttle, LoseRequest],
    &[
        FailAfter, FailAfter, FailAfter, FailAfter, FailAfter, FailAfter, FailAfter,
    ],
];

#[tokio::test]
async fn insert_reports_success_and_stores_once() {
    for befalls in BEFALLS {
        let (_, machine, counters) = world!(Counter);
        machine.transport.script("PutItem", befalls.iter().copied());
        let mut handle = counters.insert(counter("c")).await.unwrap();
        handle.count = 5;
        counters.save(&mut handle).await.unwrap();
        assert_eq!(counters.require("c").await.unwrap().count, 5, "{befalls:?}");
    }
}

#[tokio::test]
async fn save_lands_once_and_the_handle_is_current() {
    for befalls in BEFALLS {
        let (_, machine, counters) = world!(Counter);
        let mut handle = counters.insert(counter("c")).await.unwrap();
        machine
            .transport
            .script("UpdateItem", befalls.iter().copied());
        for count in 1..=3 {
            handle.count = count;
            counters.save(&mut handle).await.unwrap();
        }
        let read = counters.require("c").await.unwrap();
        assert_eq!(Stored::image(&read), Stored::image(&handle), "{befalls:?}");
        assert_eq!(
            Stored::lock(&read),
            Some(&optimist::Lock::Version(4)),
            "{befalls:?}"
        );
    }
}

#[tokio::test]
async fn modify_counts_once() {
    for befalls in BEFALLS {
        let (_, machine, counters) = world!(Counter);
        counters.insert(counter("c")).await.unwrap();
        machine
            .transport
            .script("UpdateItem", befalls.iter().copied());
        for count in 1..=3 {
            let modified = counters.modify("c", |c| c.count += 1).await.unwrap();
            assert_eq!(
                (modified.stored.count, modified.attempts),
                (count, 1),
                "{befalls:?}"
            );
        }
        assert_eq!(counters.require("c").await.unwrap().count, 3, "{befalls:?}");
    }
}

#[tokio::test]
async fn modify_counts_once_under_a_uuid_without_a_journal_too() {
    #[derive(optimist::Entity)]
    #[entity(table = "plain-uuid", lock(uuid, journal = off))]
    struct Plain {
        #[entity(partition_key)]
        id: String,
        count: u64,
    }
    for befalls in BEFALLS {
        let (_, machine, plain) = world!(Plain);
        plain
            .insert(Plain {
                id: "c".into(),
                count: 0,
            })
            .await
            .unwrap();
        machine
            .transport
            .script("UpdateItem", befalls.iter().copied());
        for _ in 0..3 {
            plain.modify("c", |c| c.count += 1).await.unwrap();
        }
        assert_eq!(plain.require("c").await.unwrap().count, 3, "{befalls:?}");
    }
}

#[tokio::test]
async fn modify_with_or_insert_stores_once() {
    for befalls in BEFALLS {
        let (_, machine, counters) = world!(Counter);
        machine.transport.script("PutItem", befalls.iter().copied());
        let modify = counters.modify("c", |c| c.count += 1);
        modify.or_insert_with(|| counter("c")).await.unwrap();
        assert_eq!(counters.require("c").await.unwrap().count, 1, "{befalls:?}");
    }
}

#[tokio::test]
async fn delete_ends_in_done_or_gone() {
    for befalls in BEFALLS {
        let (_, machine, counters) = world!(Counter);
        let handle = counters.insert(counter("c")).await.unwrap();
        machine
            .transport
            .script("DeleteItem", befalls.iter().copied());
        let deleted = counters.delete(handle).await;
        // A delivery doubled by the network looks like one attempt, answered: somebody else's delete (limit of the weak row).
        if befalls == [Twice] {
            assert!(deleted.unwrap_err().is_not_found());
        } else {
            let expected = if befalls == [LoseRequest] {
                Deleted::Gone
            } else {
                deleted.as_ref().copied().unwrap()
            };
            assert!(
                matches!(expected, Deleted::Done | Deleted::Gone),
                "{befalls:?}"
            );
            assert!(deleted.is_ok(), "{befalls:?}");
        }
        assert!(read_raw(&counters, "c").await.is_none(), "{befalls:?}");
    }
}

#[tokio::test]
async fn eight_machines_losing_answers_count_right() {
    let (backend, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let tasks: Vec<_> = (0..8u64)
        .map(|seed| {
            let machine = backend.machine();
            let mut random = fastrand::Rng::with_seed(seed);
            let faults = [LoseAnswer, FailAfter, Twice, LoseRequest];
            machine.transport.script(
                "UpdateItem",
                (0..500).map(|_| {
                    if random.u8(..) < 51 {
                        faults[random.usize(..4)]
                    } else {
                        Fault::Pass
                    }
                }),
            );
            let counters = machine.db.table::<Counter>();
            tokio::spawn(async move {
                for _ in 0..25 {
                    counters.modify("c", |c| c.count += 1).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(counters.require("c").await.unwrap().count, 200);
}

#[tokio::test]
async fn without_a_journal_a_lost_answer_under_contention_is_unknown_never_a_conflict() {
    let (_, machine, plain) = world!(PlainCounter);
    plain
        .insert(PlainCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap();
    machine.transport.script("UpdateItem", [LoseAnswer]);
    let error = plain.modify("c", |c| c.count += 1).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(
        error.current::<PlainCounter>().unwrap().unwrap().count == 1,
        "the image is there to decide by"
    );
    assert_eq!(
        plain.require("c").await.unwrap().count,
        1,
        "not applied again"
    );
}

#[tokio::test]
async fn an_insert_without_a_journal_whose_answer_is_lost_is_unknown() {
    let (_, machine, plain) = world!(PlainCounter);
    machine.transport.script("PutItem", [LoseAnswer]);
    let error = plain
        .insert(PlainCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn an_answer_lost_on_the_last_resend_is_settled_by_a_read() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.script("UpdateItem", [LoseAnswer; 3]);
    let once = counters
        .modify("c", |c| c.count += 1)
        .retry(RetryPolicy::never());
    assert_eq!(once.await.unwrap().stored.count, 1);
}

#[tokio::test]
async fn a_save_of_unknown_outcome_settles_itself_with_the_next_one() {
    let (_, machine, counters) = world!(UuidCounter);
    let mut handle = counters
        .insert(UuidCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap();
    machine
        .transport
        .script("UpdateItem", [Fault::SilenceAfter]);
    machine.transport.script("GetItem", [Fault::Silence]);
    handle.count = 1;
    let short = RetryPolicy::default().deadline(Duration::from_millis(200));
    let error = counters.save(&mut handle).retry(short).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    handle.count = 2;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 2);
    assert!(matches!(counters.delete(handle).await, Ok(Deleted::Done)));
}

#[tokio::test]
async fn an_item_deleted_after_an_unanswered_save_is_unknown() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    delete_raw(&counters, "c").await;
    machine.transport.script("UpdateItem", [LoseRequest]);
    handle.count = 1;
    let error = counters.save(&mut handle).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn throttling_to_the_end_is_exhaustion_not_doubt() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    machine.transport.script("UpdateItem", vec![Throttle; 1000]);
    handle.count = 1;
    let few = RetryPolicy::default().attempts(4);
    let few = few.base(Duration::from_millis(1));
    let error = counters.save(&mut handle).retry(few).await.unwrap_err();
    assert!(error.is_exhausted(), "{error}");
}

#[tokio::test]
async fn what_was_proved_not_landed_leaves_no_doubt_in_the_handle() {
    let (_, machine, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    let mut stale = handle.clone();
    machine.transport.script("UpdateItem", [Throttle]);
    handle.count = 1;
    let once = counters.save(&mut handle).retry(RetryPolicy::never());
    assert!(once.await.unwrap_err().is_exhausted());
    counters.modify("c", |c| c.count = 5).await.unwrap();
    stale.count = 1;
    let refused = counters.save(&mut stale).await;
    assert!(refused.unwrap_err().is_conflict());
    // Nothing is left to find out: what is as it was read sends nothing.
    (handle.count, stale.count) = (0, 0);
    machine.transport.reset();
    counters.save(&mut handle).await.unwrap();
    counters.save(&mut stale).await.unwrap();
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_throttled_attempt_before_a_conflict_leaves_a_conflict_without_a_journal_too() {
    let (_, machine, plain) = world!(PlainCounter);
    let zero = PlainCounter {
        id: "c".into(),
        count: 0,
    };
    let mut stale = plain.insert(zero).await.unwrap();
    plain.modify("c", |c| c.count = 5).await.unwrap();
    machine.transport.script("UpdateItem", [Throttle]);
    stale.count = 1;
    let error = plain.save(&mut stale).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

#[tokio::test]
async fn a_request_that_never_left_the_process_is_a_service_error_at_once() {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .http_client(optimist::local::Engine::in_memory().unwrap());
    let db = optimist::Db::new(aws_sdk_dynamodb::Client::from_conf(config.build()));
    let counters = db.table::<Counter>();
    let short = RetryPolicy::default().deadline(Duration::from_secs(5));
    let error = counters
        .insert(counter("c"))
        .retry(short)
        .await
        .unwrap_err();
    assert!(error.is_service(), "{error}");
    assert!(
        counters
            .get("c")
            .retry(short)
            .await
            .unwrap_err()
            .is_service()
    );
}

#[tokio::test]
async fn a_delete_that_reached_no_server_is_an_error() {
    let (_, machine, counters) = world!(Counter);
    let handle = counters.insert(counter("c")).await.unwrap();
    machine
        .transport
        .script("DeleteItem", vec![LoseRequest; 1000]);
    let short = RetryPolicy::default().deadline(Duration::from_millis(300));
    let error = counters.delete(handle).retry(short).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(read_raw(&counters, "c").await.is_some());
}

#[tokio::test]
async fn a_write_that_lands_after_the_re_read_is_not_applied_twice() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let late = Fault::Late(Duration::from_millis(30));
    machine.transport.script("UpdateItem", [late, late, late]);
    let once = counters
        .modify("c", |c| c.count += 1)
        .retry(RetryPolicy::never());
    // Nothing has landed when the last read looks, but three copies are under way.
    let error = once.await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let read = counters.modify("c", |c| c.count += 10).await.unwrap();
    assert!([10, 11].contains(&read.stored.count));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!([10, 11].contains(&counters.require("c").await.unwrap().count));
}

#[tokio::test]
async fn an_idempotent_change_is_applied_again_where_nothing_can_be_known() {
    let (_, machine, plain) = world!(PlainCounter);
    let zero = PlainCounter {
        id: "c".into(),
        count: 0,
    };
    plain.insert(zero).await.unwrap();
    machine.transport.script("UpdateItem", [LoseAnswer]);
    let set = plain.modify("c", |c| c.count = 7).idempotent();
    assert_eq!(set.await.unwrap().stored.count, 7);
    machine.transport.script(
        "UpdateItem",
        [LoseRequest, LoseRequest, LoseRequest, LoseAnswer],
    );
    let set = plain
        .modify_with("c", |_| PlainCounter::COUNT.set(8u64))
        .idempotent();
    assert_eq!(set.await.unwrap().stored.count, 8);
}
