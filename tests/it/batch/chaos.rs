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

fn break_network(machine: &Machine, seed: u64, poison: &str) {
    machine.transport.reset();
    machine.transport.poison(poison);
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

/// What a run was told, and its seed.
struct Told {
    seed: u64,
    keys: u64,
    operations: Vec<(u64, Option<u64>)>,
}

impl Told {
    fn new(seed: u64, random: &mut Rng) -> Self {
        let keys = random.u64(40..100);
        let operations = if random.bool() {
            // Each key once.
            let operation = |key| (key, random.bool().then_some(key));
            (0..keys).map(operation).collect()
        } else {
            let count = random.u64(..200);
            let operation = |n| (random.u64(..keys), random.u8(..4).ne(&0).then_some(n));
            (0..count).map(operation).collect()
        };
        Self {
            seed,
            keys,
            operations,
        }
    }

    fn id(&self, key: u64) -> String {
        format!("{}-{key}", self.seed)
    }

    /// What stands there before.
    fn before(key: u64) -> Option<u64> {
        key.is_multiple_of(3).then_some(1_000_000 + key)
    }

    /// What the key may hold after so many of its operations were done, and so many may have been.
    fn possible(&self, key: u64, done: usize, unknown: usize) -> Vec<Option<u64>> {
        let own = self.operations.iter().filter(|(k, _)| *k == key);
        let mut own = own.map(|(_, put)| *put);
        if unknown > 0 {
            // Any of them may have been the last that was carried out.
            own.chain([Self::before(key)]).collect()
        } else if done > 0 {
            own.next_back().into_iter().collect()
        } else {
            vec![Self::before(key)]
        }
    }
}

/// Puts and deletes of keys that come once or several times, in one run.
async fn report_equals_table<E>(seeds: u64)
where
    E: Counts + Entity<Key = optimist::key::Single<String>>,
{
    let (_, machine, table) = embedded::<E>().await;
    let first = seed();
    for seed in (0..seeds).map(|round| first.wrapping_add(round)) {
        let mut random = Rng::with_seed(seed);
        let told = Told::new(seed, &mut random);
        machine.transport.reset();
        let before = (0..told.keys).filter_map(|key| Told::before(key).map(|put| (key, put)));
        let before = before.map(|(key, put)| E::new(told.id(key), put));
        let before: Vec<_> = before.collect();
        let batch = machine.db.batch().put_all_unchecked(&table, before);
        batch.await.unwrap().require_complete().unwrap();

        let poison = format!("\"{}\"", told.id(POISON));
        break_network(&machine, seed, &poison);
        let mut batch = machine
            .db
            .batch()
            .keep_done()
            .concurrency(random.usize(1..9));
        if random.bool() {
            batch = batch.sole_writer();
        }
        for (key, put) in &told.operations {
            batch = match put {
                Some(count) => batch.put_unchecked(&table, E::new(told.id(*key), *count)),
                None => batch.delete_unchecked(&table, told.id(*key)),
            };
        }
        let report = report(batch.await);
        let told_of = report.done() + report.undone().len() as u64;
        assert_eq!(told_of, told.operations.len() as u64, "seed {seed}");

        // By key: how many were done, and how many perhaps.
        let mut fates: HashMap<String, (usize, usize)> = HashMap::new();
        for entry in report.done_entries() {
            fates.entry(entry.key().to_string()).or_default().0 += 1;
        }
        for undone in report.undone() {
            let key = undone.key().unwrap().to_string();
            match undone.why() {
                Why::Unknown => fates.entry(key).or_default().1 += 1,
                Why::Refused => assert_eq!(key, poison, "seed {seed}"),
                why => panic!("seed {seed}: {why}, {}", undone.error()),
            }
        }
        machine.transport.reset();
        let ids: Vec<_> = (0..told.keys).map(|key| told.id(key)).collect();
        let found = table.get_many(ids).entities().collect().await.unwrap();
        for (key, found) in (0..told.keys).zip(found) {
            let shown = format!("{:?}", told.id(key));
            let (done, unknown) = fates.get(&shown).copied().unwrap_or_default();
            let possible = if shown == poison {
                vec![Told::before(key)]
            } else {
                told.possible(key, done, unknown)
            };
            let found = found.map(|item| item.count());
            assert!(
                possible.contains(&found),
                "seed {seed}, {shown}: {found:?} of {possible:?}; {done} done, {unknown} unknown"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_a_version() {
    report_equals_table::<Counter>(80).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_a_uuid() {
    report_equals_table::<UuidCounter>(80).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_under_values() {
    report_equals_table::<ValueCounter>(80).await;
}

#[tokio::test(start_paused = true)]
async fn the_report_equals_the_table_with_the_journal_off() {
    report_equals_table::<PlainCounter>(40).await;
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
    for seed in (0..60).map(|round| first.wrapping_add(round)) {
        let (backend, _, table) = embedded::<Counter>().await;
        let machine = backend.machine_with(Duration::from_millis(5), |db| db);
        break_network(&machine, seed, "\"c37\"");
        let acknowledged = Acknowledged::default();
        let batch = machine
            .db
            .batch()
            .put_all_unchecked(&table, counters(0..300));
        let run = batch.observe(acknowledged.clone()).into_future();
        let patience = Duration::from_millis(Rng::with_seed(seed).u64(..250));
        let ended = tokio::time::timeout(patience, run).await;
        let acknowledged = acknowledged.0.lock().unwrap().clone();
        let keys = acknowledged
            .iter()
            .map(|key| key.trim_matches('"').to_owned());
        let found = table.get_many(keys.collect::<Vec<_>>()).entities();
        let found = found.collect().await.unwrap();
        assert!(found.iter().all(Option::is_some), "seed {seed}");
        if let Ok(ended) = ended {
            assert_eq!(
                report(ended).done(),
                acknowledged.len() as u64,
                "seed {seed}"
            );
        }
    }
}
