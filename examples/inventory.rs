//! Bounded counters under contention: many machines sell the last of a stock. The stock never falls below zero, nothing is
//! sold twice, and every sale has a number of its own.
//!
//! ```text
//! cargo run --example inventory -- [--endpoint URL | --aws]
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use optimist::{Entity, Table};
use optimist_examples::{AnyError, Options, Site};

#[derive(Entity, Debug)]
#[entity(table = "stock")]
struct Stock {
    #[entity(partition_key)]
    sku: String,
    left: u32,
    sold: u32,
}

#[derive(Entity, Debug)]
#[entity(table = "sequences")]
struct Sequence {
    #[entity(partition_key)]
    id: String,
    last: u64,
}

const MACHINES: u32 = 8;
const CUSTOMERS_EACH: u32 = 20;
const STOCK: u32 = 100;

/// How one machine's customers fared.
#[derive(Default)]
struct Sales {
    numbers: Vec<u64>,
    sold_out: u32,
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let options = Options::of_process("inventory", []);
    options.place.run(1_200, sell_out).await
}

async fn sell_out(site: &Site) -> Result<(), AnyError> {
    site.create_table::<Stock>().await?;
    site.create_table::<Sequence>().await?;
    let machines: Vec<_> = (0..MACHINES)
        .map(|_| site.machine_with(Duration::from_millis(2), |db| db))
        .collect();
    let stock = machines[0].db.table::<Stock>();
    for sku in ["blind", "computed"] {
        let left = STOCK;
        stock
            .insert(Stock {
                sku: sku.into(),
                left,
                sold: 0,
            })
            .await?;
    }
    println!(
        "{MACHINES} machines, {CUSTOMERS_EACH} customers each, {STOCK} pieces, sold in two ways\n"
    );
    println!(
        "{:10} {:>6} {:>9} {:>5} {:>9} {:>13}",
        "", "sold", "sold out", "left", "numbers", "req/customer"
    );
    let mut right = true;
    for way in [Way::Blind, Way::Computed] {
        let before: u64 = machines.iter().map(|m| m.transport.total()).sum();
        let tasks: Vec<_> = machines
            .iter()
            .map(|machine| {
                let (stock, sequences) = (machine.db.table(), machine.db.table());
                tokio::spawn(async move { sell(way, &stock, &sequences).await })
            })
            .collect();
        let (mut numbers, mut sold, mut sold_out) = (BTreeSet::new(), 0, 0);
        for task in tasks {
            let sales = task.await??;
            sold += sales.numbers.len();
            sold_out += sales.sold_out;
            numbers.extend(sales.numbers);
        }
        let requests = machines.iter().map(|m| m.transport.total()).sum::<u64>() - before;
        let end = stock.require(way.sku()).await?;
        println!(
            "{:10} {:>6} {:>9} {:>5} {:>9} {:>13.2}",
            way.sku(),
            sold,
            sold_out,
            end.left,
            numbers.len(),
            f64::from(u32::try_from(requests)?) / f64::from(MACHINES * CUSTOMERS_EACH),
        );
        right &= end.left == 0 && end.sold == STOCK && sold == STOCK as usize;
        right &= numbers.len() == sold && sold_out == MACHINES * CUSTOMERS_EACH - STOCK;
    }
    if right {
        Ok(())
    } else {
        Err("the stock, the sales and their numbers do not agree".into())
    }
}

#[derive(Debug, Clone, Copy)]
enum Way {
    /// One atomic request, bounded by a condition: never waits.
    Blind,
    /// Read, compute, write: for rules that a condition cannot say.
    Computed,
}

impl Way {
    fn sku(self) -> &'static str {
        match self {
            Self::Blind => "blind",
            Self::Computed => "computed",
        }
    }
}

async fn sell(
    way: Way,
    stock: &Table<Stock>,
    sequences: &Table<Sequence>,
) -> optimist::Result<Sales> {
    let mut sales = Sales::default();
    for _ in 0..CUSTOMERS_EACH {
        let sold = match way {
            Way::Blind => {
                let change = Stock::LEFT.sub(1) + Stock::SOLD.add(1);
                match stock
                    .apply(way.sku(), change)
                    .condition(Stock::LEFT.gt(0))
                    .await
                {
                    Ok(_) => true,
                    Err(error) if error.is_condition_refused() => false,
                    Err(error) => return Err(error),
                }
            }
            Way::Computed => {
                let take = |stock: &mut Stock| {
                    let available = stock.left > 0;
                    if available {
                        stock.left -= 1;
                        stock.sold += 1;
                    }
                    Ok::<_, optimist::Error>(available)
                };
                stock.try_modify(way.sku(), take).await?.output
            }
        };
        if !sold {
            sales.sold_out += 1;
            continue;
        }
        let first = Sequence {
            id: way.sku().into(),
            last: 0,
        };
        let number = sequences
            .apply(way.sku(), Sequence::LAST.add(1))
            .or_insert(first)
            .returning(Sequence::LAST)
            .await?;
        sales.numbers.push(number);
    }
    Ok(sales)
}
