//! The combinator: it lands once, or says why not.

use std::cell::Cell;
use std::time::Duration;

use optimist::{Error, ErrorKind, Reread, RetryPolicy};
use optimist_tests::Fault;

use crate::support::{
    Counter, User, counter, delete_raw, elsewhere, embedded, n, read_raw, update_raw, user, world,
};

#[tokio::test]
async fn a_missing_item_is_an_error_and_stays_missing() {
    let (_, _, counters) = world!(Counter);
    let error = counters.modify("c", |c| c.count += 1).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(read_raw(&counters, "c").await.is_none());
}

#[tokio::test]
async fn or_insert_with_applies_the_change_to_the_new_item() {
    let (_, machine, counters) = world!(Counter);
    machine.transport.reset();
    let modified = counters
        .modify("c", |c| c.count += 1)
        .or_insert_with(|| counter("c"))
        .await
        .unwrap();
    assert_eq!(modified.stored.count, 1);
    assert_eq!(machine.transport.total(), 2);
    let wrong = counters.modify("d", |_| ()).or_insert_with(|| counter("e"));
    assert_eq!(wrong.await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_item_inserted_meanwhile_takes_the_change() {
    let (backend, _, counters) = world!(Counter);
    let mut meanwhile = Some(backend.machine().db.table::<Counter>());
    let modified = counters
        .modify("c", |c| {
            if let Some(other) = meanwhile.take() {
                elsewhere(async move {
                    let ten = Counter {
                        id: "c".into(),
                        count: 10,
                    };
                    other.insert(ten).await.unwrap();
                });
            }
            c.count += 1;
        })
        .or_insert_with(|| counter("c"))
        .await
        .unwrap();
    assert_eq!((modified.stored.count, modified.conflicts), (11, 1));
}

#[tokio::test]
async fn the_closures_own_error_ends_it_and_writes_nothing() {
    #[derive(Debug)]
    enum Mine {
        No(u64),
        Theirs,
    }
    impl From<Error> for Mine {
        fn from(_: Error) -> Self {
            Mine::Theirs
        }
    }
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.reset();
    let refused = counters
        .try_modify("c", |c| {
            c.count += 1;
            Err::<(), _>(Mine::No(c.count))
        })
        .await;
    assert!(matches!(refused, Err(Mine::No(1))));
    assert_eq!(machine.transport.count("UpdateItem"), 0);
    let missing = counters.try_modify("x", |_| Ok::<_, Mine>(())).await;
    assert!(matches!(missing, Err(Mine::Theirs)));
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.script("UpdateItem", [Fault::Throttle; 7]);
    machine.transport.script("GetItem", [Fault::Throttle; 4]);
    let modified = counters.modify("c", |c| c.count += 1).await.unwrap();
    assert_eq!((modified.stored.count, modified.attempts), (1, 1));
}

#[tokio::test]
async fn exhaustion_tells_attempts_elapsed_and_cause() {
    let (backend, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let policy = RetryPolicy::default()
        .attempts(3)
        .base(Duration::from_millis(1));
    let mut foreign = 100;
    let error = counters
        .modify("c", |c| {
            // Another machine writes after every read.
            let other = backend.machine().db.table::<Counter>();
            foreign += 1;
            elsewhere(async move {
                update_raw(&other, "c", "version", n(foreign)).await;
            });
            c.count += 1;
        })
        .retry(policy)
        .await
        .unwrap_err();
    assert!(error.is_exhausted(), "{error}");
    assert_eq!(error.attempts(), Some(3));
    assert!(error.elapsed().is_some());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(counters.require("c").await.unwrap().count, 0);
}

#[tokio::test]
async fn a_deleted_item_is_not_re_created() {
    let (_, _, users) = world!(User);
    users.insert(user("ann")).await.unwrap();
    delete_raw(&users, "ann").await;
    assert!(
        users
            .modify("ann", |ann| ann.logins += 1)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let short = RetryPolicy::default().deadline(Duration::from_millis(1500));
    machine.transport.script("GetItem", [Fault::Silence]);
    let error = counters
        .modify("c", |c| c.count += 1)
        .retry(short)
        .await
        .unwrap_err();
    assert!(error.is_exhausted(), "{error}");
    // What was kept back of the time is for one read: it finds the write, or that a copy may be under way.
    machine
        .transport
        .script("UpdateItem", [Fault::SilenceAfter]);
    let landed = counters.modify("c", |c| c.count += 1).retry(short).await;
    assert_eq!(landed.unwrap().stored.count, 1);
    machine.transport.script("UpdateItem", [Fault::Silence]);
    let error = counters
        .modify("c", |c| c.count += 1)
        .retry(short)
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(error.write_id().is_some());
    assert_eq!(machine.db.lanes_in_use(), 0);
}

#[tokio::test]
async fn a_modify_runs_in_a_spawned_task_with_borrowed_state() {
    let (_, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let task = tokio::spawn(async move {
        let mut seen = Vec::new();
        counters
            .modify("c", |c| {
                c.count += 1;
                seen.push(c.count);
            })
            .await
            .unwrap();
        seen
    });
    assert_eq!(task.await.unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn before_it_reads_again_it_waits_with_the_lane_free() {
    let (backend, machine, counters) = embedded::<Counter>().await;
    counters.insert(counter("c")).await.unwrap();
    let started = tokio::time::Instant::now();
    let (done, free) = (Cell::new(false), Cell::new(false));
    let mut others = 5;
    let modify = counters.modify("c", |c| {
        if others > 0 {
            others -= 1;
            let other = backend.machine().db.table::<Counter>();
            elsewhere(async move {
                other.modify("c", |c| c.count += 10).await.unwrap();
            });
        }
        c.count += 1;
    });
    let modify = modify.reread(Reread::Always);
    let waits = RetryPolicy::default().base(Duration::from_secs(1));
    let modify = async {
        let modified = modify.retry(waits).await.unwrap();
        done.set(true);
        modified
    };
    let watch = async {
        while !done.get() {
            free.set(free.get() || machine.db.lanes_in_use() == 0);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (modified, ()) = tokio::join!(modify, watch);
    assert_eq!((modified.stored.count, modified.conflicts), (51, 5));
    assert!(free.get(), "the lane was held while it waited");
    assert!(started.elapsed() > Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn where_the_last_changes_met_conflicts_the_first_wait_is_longer() {
    let (backend, _, counters) = embedded::<Counter>().await;
    counters.insert(counter("c")).await.unwrap();
    let base = Duration::from_millis(10);
    let policy = RetryPolicy::default().base(base).attempts(100);
    let conflicted = async |mut conflicts: u32| {
        let started = tokio::time::Instant::now();
        let modify = counters.modify("c", |c| {
            if conflicts > 0 {
                conflicts -= 1;
                let other = backend.machine().db.table::<Counter>();
                elsewhere(async move {
                    other.modify("c", |c| c.count += 1).await.unwrap();
                });
            }
            c.count += 1;
        });
        modify.reread(Reread::Always).retry(policy).await.unwrap();
        started.elapsed()
    };
    assert!(conflicted(1).await < base * 2);
    conflicted(20).await;
    let mut longest = Duration::ZERO;
    for _ in 0..5 {
        longest = longest.max(conflicted(1).await);
    }
    assert!(longest > base * 2, "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_insert_that_finds_another_item_is_not_applied_again() {
    let (backend, machine, counters) = embedded::<Counter>().await;
    let other = backend.machine().db.table::<Counter>();
    machine.transport.script("PutItem", [Fault::LoseRequest]);
    let modify = counters.modify("c", |c| c.count += 1);
    let modify = async { modify.or_insert_with(|| counter("c")).await };
    let meanwhile = async {
        while machine.transport.count("PutItem") == 0 {
            tokio::task::yield_now().await;
        }
        other.insert(counter("c")).await.unwrap();
    };
    let (modified, ()) = tokio::join!(modify, meanwhile);
    let error = modified.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(counters.require("c").await.unwrap().count, 0);
}

#[tokio::test]
async fn reread_always_reads_after_every_conflict() {
    for (reread, reads) in [(Reread::InTurn, 1), (Reread::Always, 2)] {
        let (backend, machine, counters) = world!(Counter, needs Image);
        counters.insert(counter("c")).await.unwrap();
        machine.transport.reset();
        let mut meanwhile = Some(backend.machine().db.table::<Counter>());
        let modified = counters
            .modify("c", |c| {
                if let Some(other) = meanwhile.take() {
                    elsewhere(async move {
                        other.apply("c", Counter::COUNT.add(10)).await.unwrap();
                    });
                }
                c.count += 1;
            })
            .reread(reread)
            .await
            .unwrap();
        assert_eq!((modified.stored.count, modified.conflicts), (11, 1));
        assert_eq!(machine.transport.count("GetItem"), reads, "{reread:?}");
    }
}
