//! One history: machines, clients, faults, a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use optimist::{Db, IntoKey, RetryPolicy};
use optimist_tests::{Backend, Fault, Machine};

use crate::client::{self, Counts, Mix};
use crate::history::{History, Item};

/// Who races, and what befalls them.
#[derive(Debug, Clone)]
pub struct Scenario {
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
    ]
    .map(|fault| (fault, each))
    .to_vec()
}

/// What came of a history.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub histories: u32,
    pub violations: u32,
    pub unknown: u32,
}

/// How many histories. The suite uses one, `soak` the other.
#[allow(dead_code)]
#[derive(Debug, Clone, Copy)]
pub enum Length {
    Seeds(u64),
    Time(Duration),
}

/// Runs the histories of many seeds; fails at the first violation if `promised`.
pub fn check<E: Counts>(scenario: &Scenario, length: Length, promised: bool) -> Tally
where
    &'static str: IntoKey<E::Key>,
{
    let only = std::env::var("OPTIMIST_CHAOS_SEED");
    let only: Option<u64> = only.ok().and_then(|seed| seed.parse().ok());
    let started = Instant::now();
    let mut tally = Tally::default();
    for seed in only.unwrap_or(0).. {
        let enough = match (only, length) {
            (Some(only), _) => seed > only,
            (None, Length::Time(time)) => started.elapsed() > time,
            (None, Length::Seeds(seeds)) => seed >= seeds,
        };
        if enough {
            break;
        }
        let (linearizable, unknown, log) = run::<E>(scenario, seed);
        tally.histories += 1;
        tally.unknown += unknown;
        tally.violations += u32::from(!linearizable);
        assert!(
            linearizable || !promised,
            "{} is not linearizable; replay it with OPTIMIST_CHAOS_SEED={seed}\n{log}",
            scenario.name
        );
    }
    println!(
        "{} ({}): {tally:?}",
        scenario.name,
        std::any::type_name::<E>()
    );
    tally
}

/// One history. Everything that is random comes from the seed, and the clock moves only when all wait.
pub fn run<E: Counts>(scenario: &Scenario, seed: u64) -> (bool, u32, String)
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

async fn history<E: Counts>(scenario: &Scenario, seed: u64) -> (bool, u32, String)
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
    let mut histories = Vec::new();
    for key in keys {
        let present = scenario.mix == Mix::Writes;
        if present {
            let table = machines[0].db.table::<E>();
            table.insert(E::new(key, 0)).await.expect("a new item");
        }
        histories.push(History::of(Item(present.then_some(0))));
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
            let (db, histories): (Db, _) = (machine.db.clone(), histories.clone());
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
    for client in clients {
        client.await.expect("a client does not panic");
    }
    // Whatever is still on its way arrives, then everybody sees the end.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let reader = backend.machine();
    let (mut linearizable, mut log) = (true, String::new());
    for (key, history) in keys.iter().zip(&histories) {
        client::read::<E>(&reader.db, key, history).await;
        linearizable &= history.is_linearizable();
        log += &history.log();
    }
    (linearizable, unknown.load(Ordering::Relaxed), log)
}
