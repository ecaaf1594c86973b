//! Calls of one `Db` on one item take turns, and nobody waits forever.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use optimist::RetryPolicy;
use optimist_tests::Fault;

use crate::support::{Counter, counter, world};

fn short() -> RetryPolicy {
    RetryPolicy::default().deadline(Duration::from_millis(200))
}

#[tokio::test]
async fn a_holder_that_is_never_polled_again_costs_others_their_deadline() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.script("GetItem", [Fault::Silence]);
    let mut holder = counters.modify("c", |c| c.count += 1).into_future();
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(holder.as_mut().poll(&mut context), Poll::Pending));
    let error = counters
        .modify("c", |c| c.count += 1)
        .retry(short())
        .await
        .unwrap_err();
    assert!(error.is_lane_timeout(), "{error}");
    assert!(
        error.to_string().contains("\"c\"") && error.to_string().contains("counters"),
        "{error}"
    );
    drop(holder);
    counters.modify("c", |c| c.count += 1).await.unwrap();
    assert_eq!(machine.db.lanes_in_use(), 0);
}

#[tokio::test]
async fn a_verb_on_another_item_does_not_wait() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    counters.insert(counter("d")).await.unwrap();
    machine.transport.script("GetItem", [Fault::Silence]);
    let mut holder = counters.modify("c", |c| c.count += 1).into_future();
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(holder.as_mut().poll(&mut context), Poll::Pending));
    counters
        .modify("d", |d| d.count += 1)
        .retry(short())
        .await
        .unwrap();
    drop(holder);
}

#[tokio::test]
async fn a_second_verb_from_inside_a_held_one_ends_in_the_lane_error() {
    let (_, _, counters) = world!(Counter);
    let handle = counters.insert(counter("c")).await.unwrap();
    let inner = counters.clone();
    let mut inner_error = None;
    counters
        .modify("c", |c| {
            let mut handle = handle.clone();
            handle.count = 9;
            let save = inner.save(&mut handle).retry(short());
            let save = save.into_future();
            inner_error = Some(std::thread::scope(|scope| {
                let run = || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build();
                    runtime.unwrap().block_on(save).unwrap_err()
                };
                scope.spawn(run).join().unwrap()
            }));
            c.count += 1;
        })
        .await
        .unwrap();
    assert!(inner_error.unwrap().is_lane_timeout());
    assert_eq!(counters.require("c").await.unwrap().count, 1);
}

#[tokio::test]
async fn random_cancellation_leaves_no_lane_and_a_usable_db() {
    let mut random = fastrand::Rng::with_seed(optimist_tests::seed());
    let (backend, _, _) = world!(Counter);
    let machine = backend.machine_with(Duration::from_micros(300), |db| db);
    let counters = machine.db.table::<Counter>();
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let (counters, patience) = (counters.clone(), random.u64(..4000));
            tokio::spawn(async move {
                let key = format!("c{}", n % 7);
                let modify = counters.modify(key.as_str(), |c| c.count += 1);
                let insert = key.clone();
                let modify = modify
                    .or_insert_with(move || counter(&insert))
                    .into_future();
                let _ = tokio::time::timeout(Duration::from_micros(patience), modify).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(machine.db.lanes_in_use(), 0);
    for n in 0..7 {
        let key = format!("c{n}");
        let insert = key.clone();
        let modify = counters.modify(key.as_str(), |c| c.count += 1);
        modify
            .or_insert_with(move || counter(&insert))
            .await
            .unwrap();
    }
}
