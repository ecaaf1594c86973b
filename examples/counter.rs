//! Many machines count on one item, three times: by an unconditional read-then-put, by `modify` under a version lock, and
//! by `modify` under a UUID lock.
//!
//! ```text
//! cargo run --example counter -- [--machines 8] [--increments 50] [--latency 10] [--endpoint URL | --aws]
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use optimist::{Entity, IntoKey, Table};
use optimist_examples::{AnyError, Options, Site};
use optimist_tests::Machine;

const ID: &str = "page-views";

#[derive(Entity)]
#[entity(table = "version-counters", lock = version)]
struct VersionCounter {
    #[entity(partition_key)]
    id: String,
    count: u64,
}

#[derive(Entity)]
#[entity(table = "uuid-counters", lock = uuid)]
struct UuidCounter {
    #[entity(partition_key)]
    id: String,
    count: u64,
}

/// How many count, how often, and how far away.
#[derive(Clone, Copy)]
struct Race {
    machines: u64,
    increments: u64,
    latency: Duration,
}

/// What one way of counting came to.
struct Row {
    way: &'static str,
    counted: u64,
    requests: u64,
    conflicts: u64,
    took: Duration,
}

#[tokio::main]
async fn main() -> Result<ExitCode, AnyError> {
    let options = Options::of_process(
        "counter",
        [("machines", 8), ("increments", 50), ("latency", 10)],
    );
    let [machines, increments, latency] = options.numbers;
    let race = Race {
        machines: machines.max(1),
        increments,
        latency: Duration::from_millis(latency),
    };
    // For an increment: 2 unconditional, 4 to 7 with each lock.
    let requests = 16 * race.machines * race.increments;
    options
        .place
        .run(requests, async |site| count_up(site, race).await)
        .await
}

async fn count_up(site: &Site, race: Race) -> Result<ExitCode, AnyError> {
    let expected = race.machines * race.increments;
    println!(
        "{} machines × {} increments of one item, {} ms added to each request\n",
        race.machines,
        race.increments,
        race.latency.as_millis()
    );
    println!(
        "{:14} {:>8} {:>8} {:>6} {:>8} {:>10} {:>10} {:>8}",
        "", "expected", "final", "lost", "doubled", "req/incr", "conflicts", "seconds"
    );
    let rows = [
        unconditional(site, race).await?,
        optimistic::<VersionCounter>("version", site, race).await?,
        optimistic::<UuidCounter>("uuid", site, race).await?,
    ];
    for row in &rows {
        println!(
            "{:14} {:>8} {:>8} {:>6} {:>8} {:>10.2} {:>10} {:>8.2}",
            row.way,
            expected,
            row.counted,
            expected.saturating_sub(row.counted),
            row.counted.saturating_sub(expected),
            ratio(row.requests, expected),
            row.conflicts,
            row.took.as_secs_f64(),
        );
    }
    let wrong = rows[1..].iter().any(|row| row.counted != expected);
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Read, add one, write the whole item back: what loses updates.
async fn unconditional(site: &Site, race: Race) -> Result<Row, AnyError> {
    site.create_table::<VersionCounter>().await?;
    let machines = machines(site, race);
    let table = machines[0].db.table::<VersionCounter>().name().to_owned();
    let key = || AttributeValue::S(ID.to_owned());
    let put = |client: &aws_sdk_dynamodb::Client, count: u64| {
        let put = client.put_item().table_name(&table).item("id", key());
        put.item("count", AttributeValue::N(count.to_string()))
            .send()
    };
    put(machines[0].db.client(), 0).await?;
    let started = Instant::now();
    let increments = race.increments;
    futures::future::try_join_all(machines.iter().map(|machine| async {
        for _ in 0..increments {
            let client = machine.db.client();
            let read = client.get_item().table_name(&table).key("id", key());
            let item = read.consistent_read(true).send().await?.item;
            put(client, count(item.as_ref()) + 1).await?;
        }
        Ok::<_, AnyError>(())
    }))
    .await?;
    let took = started.elapsed();
    let requests = sent(&machines);
    let read = machines[0].db.client().get_item().table_name(&table);
    let item = read
        .key("id", key())
        .consistent_read(true)
        .send()
        .await?
        .item;
    let cleanup = machines[0].db.client().delete_item().table_name(&table);
    cleanup.key("id", key()).send().await?;
    Ok(Row {
        way: "unconditional",
        counted: count(item.as_ref()),
        requests: requests - 1,
        conflicts: 0,
        took,
    })
}

fn count(item: Option<&optimist::Item>) -> u64 {
    let count = item.and_then(|item| item.get("count")?.as_n().ok());
    count.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// An entity that counts.
trait Counts: Entity {
    fn new() -> Self;
    fn count(&mut self) -> &mut u64;
}

impl Counts for VersionCounter {
    fn new() -> Self {
        Self {
            id: ID.to_owned(),
            count: 0,
        }
    }

    fn count(&mut self) -> &mut u64 {
        &mut self.count
    }
}

impl Counts for UuidCounter {
    fn new() -> Self {
        Self {
            id: ID.to_owned(),
            count: 0,
        }
    }

    fn count(&mut self) -> &mut u64 {
        &mut self.count
    }
}

/// `modify`: read, add one, write on the condition of the lock, again until it lands.
async fn optimistic<E: Counts>(way: &'static str, site: &Site, race: Race) -> Result<Row, AnyError>
where
    &'static str: IntoKey<E::Key>,
{
    site.create_table::<E>().await?;
    let machines = machines(site, race);
    machines[0].db.table::<E>().insert(E::new()).await?;
    let before = sent(&machines);
    let started = Instant::now();
    let tasks = machines.iter().map(|machine| {
        let (counters, increments): (Table<E>, _) = (machine.db.table(), race.increments);
        tokio::spawn(async move {
            let mut conflicts = 0;
            for _ in 0..increments {
                let modified = counters.modify(ID, |counter| *counter.count() += 1).await?;
                conflicts += u64::from(modified.conflicts);
            }
            Ok::<_, optimist::Error>(conflicts)
        })
    });
    let mut conflicts = 0;
    for task in tasks.collect::<Vec<_>>() {
        conflicts += task.await??;
    }
    let took = started.elapsed();
    let requests = sent(&machines) - before;
    let mut end = machines[0].db.table::<E>().require(ID).await?;
    Ok(Row {
        way,
        counted: *end.count(),
        requests,
        conflicts,
        took,
    })
}

/// Each its own client, its own `Db`, its own writer id.
fn machines(site: &Site, race: Race) -> Vec<Machine> {
    (0..race.machines)
        .map(|_| site.machine_with(race.latency, |db| db))
        .collect()
}

fn sent(machines: &[Machine]) -> u64 {
    machines.iter().map(|m| m.transport.total()).sum()
}

#[allow(clippy::cast_precision_loss)]
fn ratio(requests: u64, increments: u64) -> f64 {
    requests as f64 / increments.max(1) as f64
}
