//! Puts of many items: a loop of BatchWriteItem by hand and a batch of Optimist, with the same concurrency, on one engine.
//!
//! ```text
//! cargo bench -p optimist --bench batches -- [--items N] [--rounds N] [--concurrency N] [--endpoint URL | --canned]
//! ```
//!
//! All put the same items, a round each in turn, and the medians are compared. By hand there is a loop without lock, and one
//! that keeps a version and a binary as long as a journal, so that it sends as many bytes. `--canned` answers at once: what is left
//! is the cost of the client. In one process, where the engine is too, the CPU time counts, so that nobody else's load does;
//! with an endpoint it is the time on the clock.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use cpu_time::ProcessTime;
use futures::{StreamExt, TryStreamExt, stream};
use optimist::local::{self, Engine};
use optimist::{Db, Entity, Replaceable, Table};
use serde::Serialize;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The same items under two names.
macro_rules! account {
    ($name:ident, $table:literal, $($lock:tt)*) => {
        #[derive(Entity, Serialize, Debug, Clone)]
        #[entity(table = $table, $($lock)*)]
        struct $name {
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

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self {
                    id: format!("account-{number}"),
                    name: format!("Name {number}"),
                    email: format!("mail-{number}@example.org"),
                    city: "Reykjavík".into(),
                    logins: number.into(),
                    balance: -17,
                    tags: vec!["a".into(), "b".into()],
                    active: true,
                }
            }
        }
    };
}
account!(Account, "batch-accounts", lock = version);
account!(Bare, "batch-bare", lock = values);

struct Options {
    items: u32,
    rounds: usize,
    concurrency: usize,
    endpoint: Option<String>,
    canned: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            items: 5000,
            rounds: 15,
            concurrency: 8,
            endpoint: None,
            canned: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or("a value is missing");
            match &*argument {
                "--items" => options.items = value()?.parse()?,
                "--rounds" => options.rounds = value()?.parse()?,
                "--concurrency" => options.concurrency = value()?.parse()?,
                "--endpoint" => options.endpoint = Some(value()?),
                "--canned" => options.canned = true,
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
        None if options.canned => config.http_client(Canned),
        None => config.http_client(Engine::in_memory()?),
        Some(url) => {
            let http = aws_smithy_http_client::Builder::new().build_http();
            config.endpoint_url(url).http_client(http)
        }
    };
    let client = Client::from_conf(config.build());
    let db = Db::new(client.clone());
    if !options.canned {
        db.create_table::<Account>().await?;
        db.create_table::<Bare>().await?;
    }
    let (accounts, bare) = (db.table::<Account>(), db.table::<Bare>());
    let mut times = [const { Vec::new() }; 4];
    // The first round of each warms up.
    for round in 0..=options.rounds {
        let measured = [
            by_hand(&client, bare.name(), false, options).await?,
            by_optimist(&bare, options).await?,
            by_hand(&client, accounts.name(), true, options).await?,
            by_optimist(&accounts, options).await?,
        ];
        if round > 0 {
            let times = times.iter_mut().zip(measured);
            times.for_each(|(times, time)| times.push(time));
        }
    }
    println!("{} puts, {} in flight", options.items, options.concurrency);
    let [bare_hand, bare, hand, optimist] = times.map(median);
    for (lock, hand, optimist) in [
        ("no attribute more", bare_hand, bare),
        ("version, journal", hand, optimist),
    ] {
        let rate = |time: Duration| f64::from(options.items) / time.as_secs_f64();
        let ratio = hand.as_secs_f64() / optimist.as_secs_f64();
        let (hand, optimist) = (rate(hand), rate(optimist));
        println!(
            "{lock:18} by hand {hand:8.0} items/s, Optimist {optimist:8.0} items/s, ratio {ratio:.2}"
        );
    }
    let ratio = bare_hand.as_secs_f64() / optimist.as_secs_f64();
    println!("Optimist with version and journal beside a loop without any lock: {ratio:.2}");
    Ok(())
}

async fn by_optimist<E>(table: &Table<E>, options: &Options) -> Result<Duration>
where
    E: Replaceable + From<u32>,
{
    let began = Watch::start(options);
    let batch = table.db().batch().concurrency(options.concurrency);
    let accounts = (0..options.items).map(E::from);
    let report = batch.put_all_unchecked(table, accounts);
    report.await?.require_complete()?;
    Ok(began.elapsed())
}

async fn by_hand(
    client: &Client,
    table: &str,
    locked: bool,
    options: &Options,
) -> Result<Duration> {
    let began = Watch::start(options);
    let accounts = stream::iter((0..options.items).map(Bare::from));
    let chunks = accounts
        .chunks(25)
        .map(|chunk| put(client, table, locked, chunk));
    let mut puts = chunks.buffer_unordered(options.concurrency);
    while puts.try_next().await?.is_some() {}
    Ok(began.elapsed())
}

async fn put(client: &Client, table: &str, locked: bool, accounts: Vec<Bare>) -> Result<()> {
    let mut entries = Vec::with_capacity(accounts.len());
    for account in accounts {
        let mut item: HashMap<_, _> = serde_dynamo::to_item(account)?;
        if locked {
            item.insert("version".into(), AttributeValue::N("1".into()));
            let journal = AttributeValue::B(Blob::new([7; 20]));
            item.insert("journal".into(), journal);
        }
        let put = PutRequest::builder().set_item(Some(item)).build()?;
        entries.push(WriteRequest::builder().put_request(put).build());
    }
    let mut left = Some(HashMap::from([(table.to_owned(), entries)]));
    while let Some(entries) = left.take() {
        let put = client.batch_write_item().set_request_items(Some(entries));
        let unprocessed = put.send().await?.unprocessed_items;
        left = unprocessed.filter(|tables| !tables.is_empty());
    }
    Ok(())
}

/// Answers that all was carried out.
#[derive(Debug, Clone)]
struct Canned;

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let answer =
            StatusCode::try_from(200).map_err(|error| ConnectorError::other(error.into(), None));
        let answer = answer.map(|ok| HttpResponse::new(ok, SdkBody::from("{}")));
        HttpConnectorFuture::ready(answer)
    }
}

enum Watch {
    Clock(Instant),
    Cpu(ProcessTime),
}

impl Watch {
    fn start(options: &Options) -> Self {
        match options.endpoint {
            Some(_) => Self::Clock(Instant::now()),
            None => Self::Cpu(ProcessTime::now()),
        }
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::Clock(began) => began.elapsed(),
            Self::Cpu(began) => began.elapsed(),
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
