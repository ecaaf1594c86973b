//! What happens to a counter when answers get lost: the usual loop on the bare SDK (read, write on the condition of the
//! version, again after a conditional failure), and Optimist's `modify`, under the same faults.
//!
//! ```text
//! cargo run --release --example lost_answers -- [--writers 8] [--increments 50] [--endpoint URL | --aws]
//! ```
//!
//! The faults happen in this process, between the SDK and the place. With the embedded engine the clock jumps over waits, so this
//! takes seconds of computing and none of sleeping; a socket waits as long as it waits.

use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use optimist::key::Single;
use optimist::{Entity, RetryPolicy};
use optimist_examples::{AnyError, Options, Place, Site};
use optimist_tests::{Fault, Machine};

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

/// What one way of counting came to under one fault.
#[derive(Default)]
struct Count {
    succeeded: i64,
    errors: u32,
    unknown: u32,
    requests: u64,
    counted: i64,
}

impl Count {
    /// Counted, but not told; or told, but not counted.
    fn off_by(&self) -> i64 {
        self.counted - self.succeeded
    }
}

#[derive(Clone, Copy)]
struct Race {
    writers: u64,
    increments: u64,
}

fn main() -> Result<ExitCode, AnyError> {
    let options = Options::of_process("lost_answers", [("writers", 8), ("increments", 50)]);
    let [writers, increments] = options.numbers;
    let race = Race {
        writers,
        increments,
    };
    // On one thread. Nobody waits for the embedded engine, so the clock may jump.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(options.place == Place::Embedded)
        .build()?;
    // Ten faults, and 19 to 22 requests for an increment done three times.
    let requests = 220 * writers * increments;
    runtime.block_on(
        options
            .place
            .run(requests, async |site| compare(site, race).await),
    )
}

async fn compare(site: &Site, race: Race) -> Result<ExitCode, AnyError> {
    let late = Duration::from_millis(3);
    let faults = [
        ("answer lost", Fault::LoseAnswer),
        ("500 after executing", Fault::FailAfter),
        ("timeout after executing", Fault::TimeoutAfter),
        ("delivered twice", Fault::Twice),
        ("delivered late", Fault::Late(late)),
    ];
    println!(
        "{} writers × {} increments of one item, 10 ms added to each request\n",
        race.writers, race.increments
    );
    println!(
        "{:30} {:>22} {:>22} {:>22}\n{:30} {:>22} {:>22} {:>22}",
        "fault on writes",
        "bare SDK loop",
        "optimist version",
        "optimist uuid",
        "",
        "off / errors / req",
        "off / errors / req",
        "off / errors / req",
    );
    let (mut doubled, mut right) = (0, true);
    for (name, fault) in faults {
        for probability in [0.05, 0.2] {
            let name = format!("{name}, {:.0} %", probability * 100.0);
            let run = async |way| replayable(way, site, race, &name, (fault, probability)).await;
            let counts = [
                run(Way::BareSdk).await?,
                run(Way::Version).await?,
                run(Way::Uuid).await?,
            ];
            let cells = counts.each_ref().map(|count| {
                let requests = ratio(count.requests, race);
                format!("{:+} / {} / {requests:.1}", count.off_by(), count.errors)
            });
            println!(
                "{name:30} {:>22} {:>22} {:>22}",
                cells[0], cells[1], cells[2]
            );
            let [bare, optimist @ ..] = &counts;
            doubled += bare.off_by();
            right &= optimist
                .iter()
                .all(|c| c.off_by() == 0 && c.errors == 0 && c.unknown == 0);
        }
    }
    println!(
        "\nThe bare loop counted {doubled} increments that nobody made{}",
        if right {
            "; Optimist counted each once."
        } else {
            "."
        }
    );
    Ok(if right && doubled > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Clone, Copy)]
enum Way {
    BareSdk,
    Version,
    Uuid,
}

/// With seeded randomness, on an item of its own.
async fn replayable(
    way: Way,
    site: &Site,
    race: Race,
    id: &str,
    fault: (Fault, f64),
) -> Result<Count, AnyError> {
    fastrand::seed(7);
    let machines: Vec<_> = (0..race.writers)
        .map(|seed| {
            let machine = site.machine_with(Duration::from_millis(10), |db| {
                db.retry(
                    RetryPolicy::default()
                        .deadline(Duration::from_mins(10))
                        .attempts(1000),
                )
            });
            machine.transport.plan(seed, &["UpdateItem"], [fault]);
            machine
        })
        .collect();
    let count = 0;
    match way {
        Way::BareSdk => bare(site, &machines, race, &format!("{id}, by hand")).await,
        Way::Version => {
            let new = |id| VersionCounter { id, count };
            optimist(site, &machines, race, id, new, |c| &mut c.count).await
        }
        Way::Uuid => {
            let new = |id| UuidCounter { id, count };
            optimist(site, &machines, race, id, new, |c| &mut c.count).await
        }
    }
}

async fn optimist<E: Entity<Key = Single<String>>>(
    site: &Site,
    machines: &[Machine],
    race: Race,
    id: &str,
    new: impl FnOnce(String) -> E,
    count: fn(&mut E) -> &mut u64,
) -> Result<Count, AnyError> {
    site.create_table::<E>().await?;
    let all = site.machine().db.table::<E>();
    all.insert(new(id.to_owned())).await?;
    let writers = machines.iter().map(|machine| async {
        let (table, mut counted) = (machine.db.table::<E>(), Count::default());
        for _ in 0..race.increments {
            match table.modify(id, |counter| *count(counter) += 1).await {
                Ok(_) => counted.succeeded += 1,
                Err(error) => {
                    counted.errors += 1;
                    counted.unknown += u32::from(error.is_outcome_unknown());
                }
            }
        }
        counted
    });
    let counts = futures::future::join_all(writers).await;
    let mut end = all.require(id).await?;
    Ok(sum(counts, machines, i64::try_from(*count(&mut end))?))
}

/// The loop that everybody writes by hand.
async fn bare(site: &Site, machines: &[Machine], race: Race, id: &str) -> Result<Count, AnyError> {
    site.create_table::<VersionCounter>().await?;
    let reader = site.machine();
    let table = reader.db.table::<VersionCounter>().name().to_owned();
    let number = |n: i64| AttributeValue::N(n.to_string());
    let id = || AttributeValue::S(id.to_owned());
    let put = reader
        .db
        .client()
        .put_item()
        .table_name(&table)
        .item("id", id());
    put.item("count", number(0))
        .item("version", number(1))
        .send()
        .await?;
    let read = |client: &aws_sdk_dynamodb::Client| {
        let get = client.get_item().table_name(&table).key("id", id());
        get.consistent_read(true).send()
    };
    let attribute = |item: Option<&optimist::Item>, name| -> i64 {
        let value = item.and_then(|item| item.get(name)?.as_n().ok());
        value.and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let writers = machines.iter().map(|machine| async {
        let (client, mut counted) = (machine.db.client(), Count::default());
        for _ in 0..race.increments {
            let outcome = loop {
                let item = match read(client).await {
                    Ok(output) => output.item,
                    Err(_) => break false,
                };
                let (count, version) = (
                    attribute(item.as_ref(), "count"),
                    attribute(item.as_ref(), "version"),
                );
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
                    Ok(_) => break true,
                    Err(error) => {
                        let service = error.as_service_error();
                        if !service
                            .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
                        {
                            break false;
                        }
                    }
                }
            };
            counted.succeeded += i64::from(outcome);
            counted.errors += u32::from(!outcome);
        }
        counted
    });
    let counts = futures::future::join_all(writers).await;
    let end = read(reader.db.client()).await?.item;
    Ok(sum(counts, machines, attribute(end.as_ref(), "count")))
}

fn sum(counts: Vec<Count>, machines: &[Machine], counted: i64) -> Count {
    let requests = machines
        .iter()
        .map(|machine| machine.transport.total())
        .sum();
    let total = Count {
        requests,
        counted,
        ..Count::default()
    };
    counts.into_iter().fold(total, |total, one| Count {
        succeeded: total.succeeded + one.succeeded,
        errors: total.errors + one.errors,
        unknown: total.unknown + one.unknown,
        ..total
    })
}

#[allow(clippy::cast_precision_loss)]
fn ratio(requests: u64, race: Race) -> f64 {
    requests as f64 / (race.writers * race.increments).max(1) as f64
}
