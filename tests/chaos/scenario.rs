//! One history: machines, clients, faults, a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use optimist::{Db, IntoKey, RetryPolicy};
use optimist_tests::{Backend, Fault, Machine};

use crate::client::{self, Counts, Mix};
use crate::events::Events;
use crate::history::{History, Item};
use crate::replay::Replay;

/// Who races, and what befalls them.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name of its test.
    pub name: &'static str,
    pub machines: usize,
    /// Clients that share one `Db`.
    pub clients_each: usize,
    pub operations_each: usize,
    pub keys: usize,
    /// K of each machine's `Db`, in turn.
    pub journal_writers: &'static [u8],
    pub mix: Mix,
    pub faults: Vec<(Fault, f64)>,
    /// The second machine of each pair writes under the first one's writer id.
    pub shared_writer_ids: bool,
    pub judge: optimist::Judging,
}

impl Scenario {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            machines: 3,
            clients_each: 1,
            operations_each: 4,
            keys: 1,
            journal_writers: &[8],
            mix: Mix::Writes,
            faults: Vec::new(),
            shared_writer_ids: false,
            judge: optimist::Judging::Evidence,
        }
    }

    /// This scenario under the lock of `E`, from one seed.
    pub fn replay<E: Counts>(&self, seed: u64) -> Replay {
        Replay {
            scenario: self.name.to_owned(),
            // The tables are named after their locks.
            lock: E::SCHEMA.table.to_owned(),
            seed,
        }
    }
}

/// Every fault that a write or read can meet, each with this probability.
pub fn all_faults(each: f64) -> Vec<(Fault, f64)> {
    let late = Duration::from_millis(60);
    [
        Fault::LoseRequest,
        Fault::LoseAnswer,
        Fault::TimeoutAfter,
        Fault::FailBefore(503),
        Fault::FailAfter,
        Fault::Twice,
        Fault::Late(late),
        Fault::LateCopy(late),
        Fault::Slow(late),
        Fault::Throttle,
        Fault::LimitExceeded,
        Fault::TransactionConflict,
        Fault::TransactionInProgress,
        Fault::Stale,
        Fault::WithoutImage,
    ]
    .map(|fault| (fault, each))
    .to_vec()
}

/// What came of one history.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub linearizable: bool,
    pub unknown: u32,
    /// What happened, as a table.
    pub events: String,
}

/// One history. Everything that is random comes from the seed, and the clock moves only when all wait.
pub fn run<E: Counts>(scenario: &Scenario, seed: u64) -> Outcome
where
    &'static str: IntoKey<E::Key>,
{
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(history::<E>(scenario, seed))
}

async fn history<E: Counts>(scenario: &Scenario, seed: u64) -> Outcome
where
    &'static str: IntoKey<E::Key>,
{
    let backend = Backend::at(None).expect("an engine");
    backend.create_table::<E>().await.expect("a table");
    let machines: Vec<Machine> = (0..scenario.machines)
        .map(|i| {
            let writers = scenario.journal_writers[i % scenario.journal_writers.len()];
            let shared = scenario.shared_writer_ids.then_some((i / 2) as u64);
            backend.machine_with(Duration::from_millis(5), |db| {
                let patient = RetryPolicy::default()
                    .deadline(Duration::from_hours(1))
                    .attempts(500);
                let db = db
                    .journal_writers(writers)
                    .retry(patient)
                    .judging(scenario.judge);
                match shared {
                    Some(id) => db.writer_id(id),
                    None => db,
                }
            })
        })
        .collect();
    let keys = &["a", "b", "c", "d"][..scenario.keys];
    let events = Events::new();
    let mut histories = Vec::new();
    for key in keys {
        let present = scenario.mix == Mix::Writes;
        if present {
            let table = machines[0].db.table::<E>();
            table.insert(E::new(key, 0)).await.expect("a new item");
        }
        histories.push(History::of(key, Item(present.then_some(0)), &events));
    }
    for (i, machine) in machines.iter().enumerate() {
        let faults = scenario.faults.iter().copied();
        machine
            .transport
            .plan(seed.wrapping_mul(31) + i as u64, &[], faults);
    }
    let (changes, unknown) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut clients = Vec::new();
    for machine in &machines {
        for _ in 0..scenario.clients_each {
            let client = clients.len();
            let db: Db = machine.db.clone();
            let histories: Vec<_> = histories.iter().map(|h| h.told_by(client)).collect();
            let (changes, unknown) = (Arc::clone(&changes), Arc::clone(&unknown));
            let (keys, mix, operations) = (keys.to_vec(), scenario.mix, scenario.operations_each);
            let mut random = fastrand::Rng::with_seed(fastrand::u64(..));
            clients.push(tokio::spawn(async move {
                for _ in 0..operations {
                    let at = random.usize(..keys.len());
                    let digit = changes.fetch_add(1, Ordering::Relaxed);
                    let change = 1 << (2 * digit);
                    let known =
                        client::act::<E>(&db, keys[at], &histories[at], mix, change, &mut random);
                    unknown.fetch_add(u32::from(!known.await), Ordering::Relaxed);
                }
            }));
        }
    }
    let last = clients.len();
    for client in clients {
        client.await.expect("a client does not panic");
    }
    // Whatever is still on its way arrives, then everybody sees the end.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let reader = backend.machine();
    let mut linearizable = true;
    for (key, history) in keys.iter().zip(&histories) {
        client::read::<E>(&reader.db, key, &history.told_by(last)).await;
        linearizable &= history.is_linearizable();
    }
    Outcome {
        linearizable,
        unknown: unknown.load(Ordering::Relaxed),
        events: events.to_string(),
    }
}
