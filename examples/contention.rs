//! Many machines write one item at a 10 ms round trip, without faults: two loops by hand on the bare SDK (one that retries
//! at once, one that backs off), and `modify`. Requests, time and fairness, on a clock that jumps over waits.
//!
//! ```text
//! cargo run --release --example contention -- [--increments 25]
//! ```
//!
//! On the embedded engine alone: a socket does not follow such a clock.

use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use optimist::{Entity, Item, RetryPolicy};
use optimist_examples::{AnyError, Options, Place, Site};
use optimist_tests::Machine;
use tokio::time::Instant;

const ID: &str = "page-views";

#[derive(Entity)]
#[entity(table = "counters")]
struct Counter {
    #[entity(partition_key)]
    id: String,
    count: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    NoBackOff,
    BackOff,
    Optimist,
}

/// What one way cost.
struct Cost {
    requests: f64,
    seconds: f64,
    /// The slowest writer's time over the fastest's.
    unfairness: f64,
}

fn main() -> Result<ExitCode, AnyError> {
    let options = Options::of_process("contention", [("increments", 25)]);
    if options.place != Place::Embedded {
        return Err("contention tells time by a clock that jumps over waits, and a socket does not follow it: \
                    run it without --endpoint and --aws".into());
    }
    let increments = u32::try_from(options.numbers[0])?;
    println!(
        "{:32} {:>10} {:>9} {:>14}",
        "", "req/incr", "seconds", "slowest/fastest"
    );
    let mut kept = true;
    for writers in [8, 32] {
        let cost = |way| average(way, writers, increments);
        let [none, waiting, ours] = [
            cost(Way::NoBackOff)?,
            cost(Way::BackOff)?,
            cost(Way::Optimist)?,
        ];
        for (name, cost) in [
            ("by hand, no back-off", &none),
            ("by hand, back-off", &waiting),
            ("optimist", &ours),
        ] {
            println!(
                "{:32} {:>10.2} {:>9.2} {:>14.2}",
                format!("{writers} writers, {name}"),
                cost.requests,
                cost.seconds,
                cost.unfairness
            );
        }
        kept &= ours.requests * 2.0 <= none.requests && ours.seconds <= none.seconds;
        kept &= ours.requests <= waiting.requests && ours.seconds < waiting.seconds;
    }
    println!(
        "\nat most half the requests of the loop without back-off in no more time, and less time than the loop with \
         back-off for no more requests: {}",
        if kept { "yes" } else { "no" }
    );
    Ok(ExitCode::SUCCESS)
}

/// The average of some seeds.
fn average(way: Way, writers: u32, increments: u32) -> Result<Cost, AnyError> {
    let seeds = 3;
    let mut sum = Cost {
        requests: 0.0,
        seconds: 0.0,
        unfairness: 0.0,
    };
    for seed in 0..seeds {
        fastrand::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        let work = async |site: &Site| race(site, way, writers, increments).await;
        let cost = runtime.block_on(Place::Embedded.run(0, work))?;
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / seeds as f64;
        sum.requests += cost.requests * share;
        sum.seconds += cost.seconds * share;
        sum.unfairness += cost.unfairness * share;
    }
    Ok(sum)
}

async fn race(site: &Site, way: Way, writers: u32, increments: u32) -> Result<Cost, AnyError> {
    site.create_table::<Counter>().await?;
    let machines: Vec<_> = (0..writers)
        .map(|_| {
            site.machine_with(Duration::from_millis(10), |db| {
                db.retry(
                    RetryPolicy::default()
                        .deadline(Duration::from_mins(10))
                        .attempts(10_000),
                )
            })
        })
        .collect();
    let table = machines[0].db.table::<Counter>();
    table
        .insert(Counter {
            id: ID.into(),
            count: 0,
        })
        .await?;
    let before: u64 = machines.iter().map(|m| m.transport.total()).sum();
    let started = Instant::now();
    let times = futures::future::try_join_all(machines.iter().map(|machine| async move {
        for _ in 0..increments {
            match way {
                Way::Optimist => {
                    machine
                        .db
                        .table::<Counter>()
                        .modify(ID, |c| c.count += 1)
                        .await?;
                }
                _ => by_hand(machine, way == Way::BackOff).await?,
            }
        }
        Ok::<_, AnyError>(started.elapsed().as_secs_f64())
    }))
    .await?;
    let count = table.require(ID).await?.count;
    if count != u64::from(writers * increments) {
        return Err(format!("counted {count}").into());
    }
    let requests = machines.iter().map(|m| m.transport.total()).sum::<u64>() - before - 1;
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let fastest = times.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(Cost {
        requests: f64::from(u32::try_from(requests)?) / f64::from(writers * increments),
        seconds: slowest,
        unfairness: slowest / fastest,
    })
}

/// Read, write on the condition of the version, again after a conditional failure.
async fn by_hand(machine: &Machine, back_off: bool) -> Result<(), AnyError> {
    let (client, table) = (
        machine.db.client(),
        machine.db.table::<Counter>().name().to_owned(),
    );
    let id = || AttributeValue::S(ID.to_owned());
    let number = |n: u64| AttributeValue::N(n.to_string());
    let attribute = |item: &Item, name: &str| -> u64 {
        let value = item.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let mut most = Duration::from_millis(25);
    loop {
        let get = client.get_item().table_name(&table).key("id", id());
        let item = get
            .consistent_read(true)
            .send()
            .await?
            .item
            .unwrap_or_default();
        let (count, version) = (attribute(&item, "count"), attribute(&item, "version"));
        let update = client.update_item().table_name(&table).key("id", id());
        let written = update
            .update_expression("SET #c = :c, #v = :next")
            .condition_expression("#v = :v")
            .expression_attribute_names("#c", "count")
            .expression_attribute_names("#v", "version")
            .expression_attribute_values(":c", number(count + 1))
            .expression_attribute_values(":v", number(version))
            .expression_attribute_values(":next", number(version + 1))
            .send()
            .await;
        match written {
            Ok(_) => return Ok(()),
            Err(error) => {
                let service = error.as_service_error();
                if !service.is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
                    return Err(error.into());
                }
            }
        }
        if back_off {
            tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
            most = (most * 2).min(Duration::from_secs(1));
        }
    }
}
