//! Puts of many items: a loop of BatchWriteItem by hand and a batch of Optimist, with the same concurrency, on one engine.
//!
//! ```text
//! cargo bench -p optimist --bench batches -- [--items N] [--rounds N] [--concurrency N] [--endpoint URL]
//! ```
//!
//! Both put the same items, a round each in turn; the loop by hand keeps no lock and no journal. The medians are compared.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures::{StreamExt, TryStreamExt, stream};
use optimist::local::{self, Engine};
use optimist::{Db, Entity};
use serde::Serialize;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Entity, Serialize, Debug, Clone)]
#[entity(table = "batch-accounts")]
struct Account {
    #[entity(partition_key)]
    id: String,
    name: String,
    email: String,
    city: String,
    logins: u64,
    balance: i64,
    tags: Vec<String>,
    active: bool,
}

/// The same items, as who writes by hand keeps them.
#[derive(Entity)]
#[entity(table = "batch-accounts-by-hand", lock = values)]
#[allow(dead_code)] // its table is created, and no more
struct ByHand {
    #[entity(partition_key)]
    id: String,
}

fn account(number: usize) -> Account {
    Account {
        id: format!("account-{number}"),
        name: format!("Name {number}"),
        email: format!("mail-{number}@example.org"),
        city: "Reykjavík".into(),
        logins: number as u64,
        balance: -17,
        tags: vec!["a".into(), "b".into()],
        active: true,
    }
}

struct Options {
    items: usize,
    rounds: usize,
    concurrency: usize,
    endpoint: Option<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            items: 5000,
            rounds: 15,
            concurrency: 8,
            endpoint: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or("a value is missing");
            match &*argument {
                "--items" => options.items = value()?.parse()?,
                "--rounds" => options.rounds = value()?.parse()?,
                "--concurrency" => options.concurrency = value()?.parse()?,
                "--endpoint" => options.endpoint = Some(value()?),
                "--bench" => {}
                unknown => return Err(format!("unknown option {unknown}").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(compare(&options))
}

async fn compare(options: &Options) -> Result<()> {
    let config = local::config();
    let config = match &options.endpoint {
        None => config.http_client(Engine::in_memory()?),
        Some(url) => {
            let http = aws_smithy_http_client::Builder::new().build_http();
            config.endpoint_url(url).http_client(http)
        }
    };
    let client = Client::from_conf(config.build());
    let db = Db::new(client.clone());
    db.create_table::<Account>().await?;
    db.create_table::<ByHand>().await?;
    let (mut hand, mut optimist) = (Vec::new(), Vec::new());
    // The first round of each warms up.
    for round in 0..=options.rounds {
        let first = by_hand(&client, options).await?;
        let second = by_optimist(&db, options).await?;
        if round > 0 {
            hand.push(first);
            optimist.push(second);
        }
    }
    let (hand, optimist) = (median(hand), median(optimist));
    let rate = |time: Duration| options.items as f64 / time.as_secs_f64();
    println!("{} puts, {} in flight", options.items, options.concurrency);
    println!("by hand  {:8.0} items/s", rate(hand));
    println!("Optimist {:8.0} items/s", rate(optimist));
    println!(
        "ratio    {:8.2}",
        hand.as_secs_f64() / optimist.as_secs_f64()
    );
    Ok(())
}

async fn by_optimist(db: &Db, options: &Options) -> Result<Duration> {
    let began = Instant::now();
    let batch = db.batch().concurrency(options.concurrency);
    let accounts = (0..options.items).map(account);
    let report = batch.put_all_unchecked(&db.table::<Account>(), accounts);
    report.await?.require_complete()?;
    Ok(began.elapsed())
}

async fn by_hand(client: &Client, options: &Options) -> Result<Duration> {
    let began = Instant::now();
    let accounts = stream::iter((0..options.items).map(account));
    let chunks = accounts.chunks(25).map(|chunk| put(client, chunk));
    let mut puts = chunks.buffer_unordered(options.concurrency);
    while puts.try_next().await?.is_some() {}
    Ok(began.elapsed())
}

async fn put(client: &Client, accounts: Vec<Account>) -> Result<()> {
    let mut entries = Vec::with_capacity(accounts.len());
    for account in accounts {
        let item = serde_dynamo::to_item(account)?;
        let put = PutRequest::builder().set_item(Some(item)).build()?;
        entries.push(WriteRequest::builder().put_request(put).build());
    }
    let table = "batch-accounts-by-hand".to_owned();
    let mut left = Some([(table, entries)].into());
    while let Some(entries) = left.take() {
        let put = client.batch_write_item().set_request_items(Some(entries));
        let unprocessed = put.send().await?.unprocessed_items;
        left = unprocessed.filter(|tables| !tables.is_empty());
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
