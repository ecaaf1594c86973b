//! Refusals that pass, and those that do not.

use std::time::Duration;

use optimist::batch::Why;
use optimist::{ErrorKind, Meter, RetryPolicy};
use optimist_tests::Fault::{self, Pass, Silence, Throttle};

use super::{Order, counters, report, stored, undone};
use crate::support::{Counter, PlainCounter, embedded, world};

const NOTHING: Fault = Fault::UnprocessedShare(100, 0);

#[tokio::test]
async fn what_is_left_unprocessed_is_sent_again_alone() {
    let (_, machine, table) = world!(Counter, needs AnySignature);
    // 10, then 5, then 2, then 1.
    let half = [Fault::Unprocessed; 3];
    machine.transport.script("BatchWriteItem", half);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..10));
    let report = batch.retry(RetryPolicy::never()).await.unwrap();
    assert_eq!((report.done(), stored(&table).await), (10, 10));
    assert_eq!(machine.transport.count("BatchWriteItem"), 4);
}

#[tokio::test(start_paused = true)]
async fn progress_begins_the_policy_anew() {
    let (_, machine, table) = embedded::<Counter>().await;
    let began = tokio::time::Instant::now();
    // Two attempts each for 8, 4, 2 and 1 operations.
    let script = [NOTHING, Fault::Unprocessed].repeat(3);
    let script = [script, vec![NOTHING, Pass]].concat();
    machine.transport.script("BatchWriteItem", script);
    let policy = RetryPolicy::default().attempts(2);
    let put = |numbers| {
        machine
            .db
            .batch()
            .put_all_unchecked(&table, counters(numbers))
    };
    let report = put(0..8).retry(policy).await.unwrap();
    assert_eq!(report.done(), 8);
    assert!(!began.elapsed().is_zero());

    machine.transport.reset();
    machine.transport.script("BatchWriteItem", [NOTHING; 2]);
    let report = put(0..3).retry(policy).await.unwrap();
    assert_eq!((report.done(), report.count(Why::Unprocessed)), (0, 3));
    let error = report.undone()[0].error();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    assert_eq!(machine.transport.count("BatchWriteItem"), 2);
    let report = report.into_remaining().await.unwrap();
    assert_eq!((report.done(), report.is_complete()), (3, true));
}

#[tokio::test(start_paused = true)]
async fn neither_throttling_nor_unprocessed_items_draw_on_the_quota() {
    let (_, machine, table) = embedded::<Counter>().await;
    for fault in [Throttle, NOTHING] {
        // 600 of them: any cost would use up 500.
        machine.transport.script("BatchWriteItem", [fault; 600]);
        let policy = RetryPolicy::default().attempts(1000);
        let policy = policy.deadline(Duration::from_hours(1));
        let batch = machine.db.batch().put_all_unchecked(&table, counters(0..8));
        assert_eq!(batch.retry(policy).await.unwrap().done(), 8);
    }
}

#[tokio::test]
async fn a_poisoned_item_stands_alone_in_the_report() {
    let (backend, machine, table) = world!(Counter);
    backend.create_table::<Order>().await.unwrap();
    let orders = machine.db.table::<Order>();
    machine.transport.poison("\"c13\"");
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..20));
    let order = |day| Order {
        customer: "ann".into(),
        day,
    };
    let report = batch.put_all_unchecked(&orders, (0..5).map(order)).await;
    let report = report.unwrap();
    assert_eq!(undone(&report), [(Why::Refused, "\"c13\"".to_owned())]);
    let error = report.undone()[0].error();
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    assert_eq!(error.code(), Some("ValidationException"));
    assert_eq!((report.done(), stored(&orders).await), (24, 5));
    // Once whole, by table, and by halves.
    let sent = machine.transport.count("BatchWriteItem");
    assert!(sent <= 13, "{sent}");
    // It would be refused again.
    assert_eq!(report.into_remaining().await.unwrap().done(), 0);
}

#[tokio::test]
async fn a_missing_table_refuses_its_own_entries_at_once() {
    let (_, machine, table) = world!(Counter);
    let orders = machine.db.table::<Order>();
    let order = |day| Order {
        customer: "ann".into(),
        day,
    };
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..10));
    let batch = batch.put_all_unchecked(&orders, (0..10).map(order));
    machine.transport.reset();
    let report = batch.await.unwrap();
    assert_eq!((report.done(), report.count(Why::Refused)), (10, 10));
    for undone in report.undone() {
        assert_eq!(undone.table(), orders.name());
        let code = undone.error().code();
        assert_eq!(code, Some("ResourceNotFoundException"));
    }
    assert_eq!(stored(&table).await, 10);
    assert_eq!(machine.transport.count("BatchWriteItem"), 3);
}

#[tokio::test]
async fn access_denied_stops_the_run_and_the_rest_can_be_run_later() {
    let (_, machine, table) = world!(Counter);
    let denied = Fault::Answer(400, "AccessDeniedException");
    let script = [Pass, denied];
    machine.transport.script("BatchWriteItem", script);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..200));
    let stopped = batch.concurrency(1).await.unwrap_err();
    assert_eq!(stopped.error().kind(), ErrorKind::Service, "{stopped}");
    assert!(stopped.to_string().contains("25 done"), "{stopped}");
    assert_eq!(machine.transport.count("BatchWriteItem"), 2);
    let report = stopped.into_report();
    let taken = 25 + report.count(Why::Unprocessed);
    assert!(taken < 200, "{taken} of 200 were taken");
    let report = report.into_remaining().await.unwrap();
    assert_eq!((report.done(), stored(&table).await), (175, 200));
}

#[tokio::test]
async fn access_denied_to_a_single_write_stops_the_run_too() {
    let (_, machine, table) = world!(PlainCounter);
    let item = |number: u64| PlainCounter {
        id: format!("c{number}"),
        count: number,
    };
    let denied = Fault::Answer(400, "AccessDeniedException");
    machine.transport.script("UpdateItem", [Pass, denied]);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, (0..50).map(item));
    let report = report(batch.concurrency(1).await);
    assert_eq!(
        (report.done(), machine.transport.count("UpdateItem")),
        (1, 2)
    );
    let report = report.into_remaining().await.unwrap();
    assert_eq!((report.done(), stored(&table).await), (49, 50));
}

#[tokio::test(start_paused = true)]
async fn an_outage_stops_the_run_when_the_quota_is_used_up() {
    let (_, machine, table) = embedded::<Counter>().await;
    let outage = [(Fault::ConnectionRefused, 1.0)];
    machine.transport.plan(1, &["BatchWriteItem"], outage);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..5000));
    let stopped = batch.await.unwrap_err();
    assert!(stopped.error().is_exhausted(), "{stopped}");
    let report = stopped.into_report();
    assert!(report.undone().len() < 1000, "most were not even taken");
    machine.transport.reset();
    assert_eq!(report.into_remaining().await.unwrap().done(), 5000);

    let (_, machine, table) = embedded::<PlainCounter>().await;
    machine.transport.plan(1, &["UpdateItem"], outage);
    let item = |number: u64| PlainCounter {
        id: format!("c{number}"),
        count: number,
    };
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, (0..500).map(item));
    let report = batch.await.unwrap_err().into_report();
    assert!(report.undone().len() < 200, "most were not even taken");
    machine.transport.reset();
    assert_eq!(report.into_remaining().await.unwrap().done(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_bounds_the_run() {
    let (_, machine, table) = embedded::<Counter>().await;
    for limit in [Duration::from_millis(300), Duration::from_secs(7)] {
        for fault in [Silence, Throttle, NOTHING, Fault::SilenceAfter] {
            machine.transport.reset();
            machine
                .transport
                .plan(1, &["BatchWriteItem"], [(fault, 1.0)]);
            let began = tokio::time::Instant::now();
            let batch = machine
                .db
                .batch()
                .put_all_unchecked(&table, counters(0..300));
            let stopped = batch.time_limit(limit).await.unwrap_err();
            assert!(stopped.error().is_exhausted(), "{stopped}");
            assert!(began.elapsed() <= limit, "{fault:?}: {:?}", began.elapsed());
            let report = stopped.into_report();
            let unknown = report.count(Why::Unknown);
            assert_eq!(unknown > 0, fault == Silence, "{fault:?}: {unknown}");
            machine.transport.reset();
            let rest = report.into_remaining().sole_writer();
            let rest = rest.time_limit(Duration::from_mins(1));
            rest.await.unwrap().require_complete().unwrap();
            assert_eq!(stored(&table).await, 300);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_bounded_and_gives_way_to_throttling() {
    let (backend, _, table) = embedded::<Counter>().await;
    let machine = backend.machine_with(Duration::from_millis(10), |db| db);
    let put = |numbers| {
        machine
            .db
            .batch()
            .put_all_unchecked(&table, counters(numbers))
    };
    for most in [1, 3, 8] {
        machine.transport.reset();
        put(0..1000)
            .concurrency(most)
            .await
            .unwrap()
            .require_complete()
            .unwrap();
        assert_eq!(machine.transport.most_in_flight(), most);
    }
    // Eight in flight are throttled at once: four follow, and one more with each that goes through.
    machine.transport.reset();
    machine.transport.script("BatchWriteItem", [Throttle; 8]);
    let report = put(0..200).await.unwrap();
    assert_eq!(report.done(), 200);
    assert_eq!(machine.transport.count("BatchWriteItem"), 16);
}

#[tokio::test]
async fn a_meter_counts_a_batch() {
    let (_, machine, table) = world!(Counter);
    let meter = Meter::new();
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..30));
    batch
        .meter(&meter)
        .await
        .unwrap()
        .require_complete()
        .unwrap();
    assert_eq!(meter.requests(), 2);
    assert!((meter.write_units() - 30.0).abs() < 1e-9, "{meter:?}");
}
