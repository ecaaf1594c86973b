//! Batches over a bad network: the report equals the table, item by item.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use optimist::batch::{Observer, Why};
use optimist::{Entity, Key, Replaceable};
use optimist_tests::{Fault, Machine, seed};

use super::{ValueCounter, counters, report};
use crate::support::{Counter, PlainCounter, UuidCounter, embedded};

/// What a counter is under any lock.
trait Counts: Replaceable {
    fn new(id: String, count: u64) -> Self;
    fn count(&self) -> u64;
}

macro_rules! counts {
    ($($counter:ident),*) => {$(
        impl Counts for $counter {
            fn new(id: String, count: u64) -> Self {
                Self { id, count }
            }
            fn count(&self) -> u64 {
                self.count
            }
        }
    )*};
}
counts!(Counter, UuidCounter, PlainCounter, ValueCounter);

const POISON: u64 = 37;

fn break_network(machine: &Machine, seed: u64) {
    machine.transport.reset();
    machine.transport.poison(&format!("\"c{POISON}\""));
    let writes = ["BatchWriteItem", "UpdateItem", "BatchGetItem"];
    let faults = [
        (Fault::UnprocessedShare(30, 0), 0.7),
        (Fault::Throttle, 0.1),
        (Fault::LoseAnswer, 0.05),
        (Fault::LoseRequest, 0.02),
        (Fault::FailAfter, 0.02),
        (Fault::Silence, 0.01),
    ];
    machine.transport.plan(seed, &writes, faults);
}

/// Puts and deletes of keys that come once or several times, in one run, and again what is left of it.
async fn report_equals_table<E>(seeds: u64)
where
    E: Counts + Entity<Key = optimist::key::Single<String>>,
{
    let (_, machine, table) = embedded::<E>().await;
    let first = seed();
    for seed in (0..seeds).map(|round| first.wrapping_add(round)) {
        let mut random = Rng::with_seed(seed);
        let keys = random.u64(40..150);
        machine.transport.reset();
        // What is there before.
        let before = (0..keys).filter(|key| key % 3 == 0);
        let before = before.map(|key| E::new(format!("c{key}"), 1_000_000 + key));
        let before: Vec<_> = before.collect();
        let batch = machine.db.batch().put_all_unchecked(&table, before);
        let absent = (0..keys).filter(|key| key % 3 != 0);
        let absent: Vec<_> = absent.map(|key| format!("c{key}")).collect();
        let batch = batch.delete_all_unchecked(&table, absent);
        batch.await.unwrap().require_complete().unwrap();

        break_network(&machine, seed);
        let sole = random.bool();
        let once = random.bool();
        let operations: Vec<(u64, Option<u64>)> = if once {
            (0..keys)
                .map(|key| (key, random.bool().then_some(key)))
                .collect()
        } else {
            let count = random.u64(..400);
            let operation = |n| (random.u64(..keys), random.u8(..4).ne(&0).then_some(n));
            (0..count).map(operation).collect()
        };
        let mut batch = machine
            .db
            .batch()
            .keep_done()
            .concurrency(random.usize(1..9));
        if sole {
            batch = batch.sole_writer();
        }
        for (key, put) in &operations {
            let id = format!("c{key}");
            batch = match put {
                Some(count) => batch.put_unchecked(&table, E::new(id, *count)),
                None => batch.delete_unchecked(&table, id),
            };
        }
        let report = report(batch.await);
        assert_eq!(
            report.done() + report.undone().len() as u64,
            operations.len() as u64,
            "seed {seed}"
        );

        // By key: how many were done, and how many are what else.
        let mut done: HashMap<String, usize> = HashMap::new();
        for entry in report.done_entries() {
            *done.entry(entry.key().to_string()).or_default() += 1;
        }
        let mut unknown: HashMap<String, usize> = HashMap::new();
        for undone in report.undone() {
            let key = undone.key().unwrap().to_string();
            match undone.why() {
                Why::Unknown => *unknown.entry(key).or_default() += 1,
                Why::Refused => assert_eq!(key, format!("\"c{POISON}\""), "seed {seed}"),
                why => panic!("seed {seed}: {why}, {}", undone.error()),
            }
        }
        machine.transport.reset();
        for key in 0..keys {
            let id = format!("c{key}");
            let shown = format!("{id:?}");
            let own = || operations.iter().filter(|(k, _)| *k == key);
            let (done, unknown) = (
                done.get(&shown).copied().unwrap_or(0),
                unknown.get(&shown).copied().unwrap_or(0),
            );
            let before = (key % 3 == 0).then_some(1_000_000 + key);
            let found = table.get(&*id).await.unwrap().map(|item| item.count());
            let possible: Vec<Option<u64>> = if unknown > 0 {
                // Any of them may have been the last that was carried out.
                own().map(|(_, put)| *put).chain([before]).collect()
            } else if done > 0 {
                own().last().map(|(_, put)| *put).into_iter().collect()
            } else {
                vec![before]
            };
            assert!(
                possible.contains(&found),
                "seed {seed}, {id}: {found:?} of {possible:?}; {done} done, {unknown} unknown"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_a_version() {
    report_equals_table::<Counter>(150).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_a_uuid() {
    report_equals_table::<UuidCounter>(150).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_values() {
    report_equals_table::<ValueCounter>(150).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_with_the_journal_off() {
    report_equals_table::<PlainCounter>(150).await;
}

#[derive(Clone, Default)]
struct Acknowledged(Arc<Mutex<HashSet<String>>>);

impl Observer for Acknowledged {
    fn acknowledged(&mut self, table: &str, key: &Key) {
        assert!(table.ends_with("counters"));
        self.0.lock().unwrap().insert(key.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_before_a_run_was_dropped_is_stored() {
    let first = seed();
    for seed in (0..100).map(|round| first.wrapping_add(round)) {
        let (backend, _, table) = embedded::<Counter>().await;
        let machine = backend.machine_with(Duration::from_millis(5), |db| db);
        break_network(&machine, seed);
        let acknowledged = Acknowledged::default();
        let batch = machine
            .db
            .batch()
            .put_all_unchecked(&table, counters(0..500));
        let run = batch.observe(acknowledged.clone()).into_future();
        let patience = Duration::from_millis(Rng::with_seed(seed).u64(..400));
        let ended = tokio::time::timeout(patience, run).await;
        let acknowledged = acknowledged.0.lock().unwrap().clone();
        for key in &acknowledged {
            let id = key.trim_matches('"');
            let found = table.get(id).await.unwrap();
            assert!(found.is_some(), "seed {seed}: {key}");
        }
        if let Ok(ended) = ended {
            assert_eq!(
                report(ended).done(),
                acknowledged.len() as u64,
                "seed {seed}"
            );
        }
    }
}
