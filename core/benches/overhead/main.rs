//! What Optimist adds to the bare SDK: CPU time and allocations of the same requests, by hand and through Optimist.
//!
//! ```text
//! cargo bench -p optimist --bench overhead -- [--rounds N] [--quick] [OPERATION]…
//! ```
//!
//! Both run in one process, in turn, a round each; `docs/performance.md` says how to read the table.

mod account;
mod by_hand;
mod by_optimist;
mod canned;
mod contender;
mod many;
mod measure;
mod options;
mod replay;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::HttpClient;
use optimist::Db;
use optimist::local::{self, Engine};
use tokio::runtime::Runtime;

use account::{Account, ByHandTable, JournalOff, JournalOffEntry, Journaled, JournaledEntry, Row};
use by_hand::ByHand;
use by_optimist::ByOptimist;
use canned::Canned;
use contender::{Contender, Operation};
use measure::{Round, compare};
use options::Options;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    // Everything on this thread: the CPU time of the process is that of the calls.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    println!(
        "CPU µs and allocations of one call; medians of {} rounds of {} calls\n",
        options.effort.rounds, options.effort.calls
    );
    tables::<Journaled>("version and journal", &runtime, &options)?;
    tables::<JournalOff>("version, journal = off", &runtime, &options)?;
    many::tables::<JournaledEntry>("version and journal", &runtime, &options)?;
    many::tables::<JournalOffEntry>("version, journal = off", &runtime, &options)
}

/// One lock, on canned answers and on the engine.
fn tables<E: Account>(lock: &str, runtime: &Runtime, options: &Options) -> Result<()> {
    let engine = Engine::in_memory()?;
    let (by_hand, optimist) = runtime.block_on(fill::<E>(&engine, options.effort.calls))?;
    let canned = |table: &str| runtime.block_on(Canned::of(&engine, table, &measure::key(0)));
    println!("{lock}; canned answers");
    let canned_by_hand = ByHand::new(client(canned(by_hand.table())?));
    let canned_optimist = ByOptimist(Db::new(client(canned(optimist.0.name())?)).table::<E>());
    // A connector that answers with one item answers for one key.
    rows(&canned_by_hand, &canned_optimist, runtime, options, 1)?;
    println!("{lock}; embedded engine");
    rows(&by_hand, &optimist, runtime, options, options.effort.calls)
}

fn client(connector: impl HttpClient + 'static) -> Client {
    Client::from_conf(local::config().http_client(connector).build())
}

/// Both tables, with an item for each call of a round. The journals of Optimist's items hold three writers.
async fn fill<E: Account>(engine: &Engine, calls: u32) -> Result<(ByHand, ByOptimist<E>)> {
    let db = || Db::new(client(engine.clone()));
    let (by_hand, ours) = (db(), db());
    by_hand.create_table::<ByHandTable>().await?;
    ours.create_table::<E>().await?;
    let by_hand = ByHand::new(by_hand.client().clone());
    let others = [db(), db(), db()];
    for key in (0..calls).map(measure::key) {
        by_hand.insert(Row::new(&key)).await?;
        ours.table::<E>().insert(E::filled(&key)).await?;
        for other in &others {
            other.table::<E>().modify(key.as_str(), E::edit).await?;
        }
    }
    Ok((by_hand, ByOptimist(ours.table())))
}

fn rows<E: Account>(
    by_hand: &ByHand,
    optimist: &ByOptimist<E>,
    runtime: &Runtime,
    options: &Options,
    items: u32,
) -> Result<()> {
    measure::head();
    for operation in Operation::ALL {
        let name = operation.name();
        if options.asks_for(&name) {
            let calls = options.effort.calls;
            let round = Round { calls, items };
            let compared = compare(
                &options.effort,
                &|| operation.cost(by_hand, runtime, round),
                &|| operation.cost(optimist, runtime, round),
            )?;
            println!("{name:20}{compared}");
        }
    }
    println!();
    Ok(())
}
