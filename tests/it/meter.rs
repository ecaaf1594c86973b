//! What calls consume, as the server reports it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use futures::TryStreamExt;
use optimist::local::{self, Engine};
use optimist::{Entity, Meter, RetryPolicy};
use optimist_tests::{Backend, Fault};

use crate::support::{Counter, UuidCounter, counter, embedded, n, put_raw, s, world};

/// Read units, write units, requests and refusals.
type Reading = (f64, f64, u64, u64);

fn reading(meter: &Meter) -> Reading {
    let units = (meter.read_units(), meter.write_units());
    (units.0, units.1, meter.requests(), meter.refusals())
}

/// Runs a call with a meter of its own.
macro_rules! metered {
    ($call:expr) => {{
        let meter = Meter::new();
        let output = $call.meter(&meter);
        (output, meter)
    }};
}

#[tokio::test]
async fn every_verb_can_be_counted() {
    let (_, machine, table) = world!(Counter);
    machine.transport.reset();
    let mut requests = 0;
    // An item below 1 KB: 1 WCU a write, 1 RCU a consistent read.
    macro_rules! costs {
        ($call:expr, $reading:expr) => {{
            let (call, meter) = metered!($call);
            let output = call.await.unwrap();
            assert_eq!(reading(&meter), $reading, "{}", stringify!($call));
            requests += meter.requests();
            assert_eq!(machine.transport.total(), requests);
            output
        }};
    }
    let mut handle = costs!(table.insert(counter("c")), (0.0, 1.0, 1, 0));
    handle.count = 1;
    costs!(table.save(&mut handle), (0.0, 1.0, 1, 0));
    costs!(table.save(&mut handle), (0.0, 0.0, 0, 0));
    costs!(
        table.update(&mut handle, Counter::COUNT.add(1)),
        (0.0, 1.0, 1, 0)
    );
    costs!(table.apply("c", Counter::COUNT.add(1)), (0.0, 1.0, 1, 0));
    costs!(
        table
            .apply("c", Counter::COUNT.add(1))
            .returning(Counter::COUNT),
        (0.0, 1.0, 1, 0)
    );
    costs!(table.reload(&mut handle), (1.0, 0.0, 1, 0));
    costs!(table.get("c"), (1.0, 0.0, 1, 0));
    costs!(table.get("c").eventually_consistent(), (0.5, 0.0, 1, 0));
    costs!(table.require("c"), (1.0, 0.0, 1, 0));
    costs!(table.modify("c", |c| c.count += 1), (1.0, 1.0, 2, 0));
    costs!(
        table.try_modify("c", |c| -> optimist::Result<()> {
            c.count += 1;
            Ok(())
        }),
        (1.0, 1.0, 2, 0)
    );
    costs!(
        table.modify_with("c", |_| Counter::COUNT.add(1)),
        (1.0, 1.0, 2, 0)
    );
    let token = optimist::Stored::token(&table.require("c").await.unwrap()).unwrap();
    requests += 1;
    costs!(table.save_as(counter("c"), token), (1.0, 1.0, 2, 0));
    let handle = table.require("c").await.unwrap();
    requests += 1;
    costs!(table.delete(handle), (0.0, 1.0, 1, 0));
    costs!(table.put_unchecked(counter("c")), (0.0, 1.0, 1, 0));
    costs!(table.delete_unchecked("c"), (0.0, 1.0, 1, 0));
}

#[tokio::test]
async fn transactions_and_adoptions_are_counted() {
    // As DynamoDB counts: two WCU a write in a transaction.
    let (_, machine, table) = embedded::<Counter>().await;
    let (insert, meter) = metered!(table.insert(counter("c")).exactly_once());
    insert.await.unwrap();
    assert_eq!(reading(&meter), (0.0, 2.0, 1, 0));
    let change = Counter::COUNT.add(1);
    let (apply, meter) = metered!(table.apply("c", change).exactly_once());
    apply.await.unwrap();
    assert_eq!(reading(&meter), (0.0, 2.0, 1, 0));
    let (insert, meter) = metered!(table.insert(counter("c")).exactly_once());
    insert.await.unwrap_err();
    assert_eq!((meter.requests(), meter.refusals()), (1, 1));

    put_raw(&table, [("id", s("old")), ("count", n(1))]).await;
    machine.transport.reset();
    let (adopt, meter) = metered!(table.adopt("old"));
    adopt.await.unwrap();
    assert_eq!(meter.requests(), machine.transport.total());
    assert!(meter.read_units() >= 1.0 && meter.write_units() >= 1.0);
}

#[tokio::test]
async fn streams_count_all_their_pages() {
    let (_, machine, table) = world!(Counter);
    for id in ["a", "b", "c"] {
        table.insert(counter(id)).await.unwrap();
    }
    machine.transport.reset();
    let (scan, meter) = metered!(table.scan().page_size(1).consistent());
    assert_eq!(scan.collect().await.unwrap().len(), 3);
    let pages = machine.transport.count("Scan");
    assert!(pages >= 3);
    assert_eq!(meter.requests(), pages);
    assert!(meter.read_units() > 0.0);

    let (query, meter) = metered!(table.query("a"));
    query.count().await.unwrap();
    assert_eq!(reading(&meter), (1.0, 0.0, 1, 0));
    let (query, meter) = metered!(table.query("a"));
    query.page().await.unwrap();
    assert_eq!(reading(&meter), (1.0, 0.0, 1, 0));

    let (many, meter) = metered!(table.get_many(["a", "b", "a", "c"]));
    let found: Vec<_> = many.stream().try_collect().await.unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!(reading(&meter), (3.0, 0.0, 1, 0));
    let many = table.get_many(["a", "b"]).eventually_consistent();
    let (many, meter) = metered!(many);
    many.collect().await.unwrap();
    assert_eq!(reading(&meter), (1.0, 0.0, 1, 0));
}

#[tokio::test]
async fn refusals_are_counted_apart() {
    let (_, _, table) = world!(Counter, needs Image);
    let meter = Meter::new();
    let mut stale = table.insert(counter("c")).meter(&meter).await.unwrap();
    let insert = table.insert(counter("c")).meter(&meter);
    assert!(insert.await.unwrap_err().is_already_exists());
    assert_eq!(reading(&meter), (0.0, 1.0, 2, 1));
    table.modify("c", |c| c.count += 1).await.unwrap();
    stale.count = 7;
    let save = table.save(&mut stale).meter(&meter);
    assert!(save.await.unwrap_err().is_conflict());
    assert_eq!(reading(&meter), (0.0, 1.0, 3, 2));
    let apply = table.apply("nobody", Counter::COUNT.add(1)).meter(&meter);
    assert!(apply.await.unwrap_err().is_not_found());
    // A refusal without an image is followed by a read.
    assert_eq!((meter.requests(), meter.refusals()), (5, 3));
}

#[tokio::test]
async fn requests_that_fail_are_counted_and_their_units_are_not_known() {
    let (_, machine, table) = embedded::<UuidCounter>().await;
    let item = || UuidCounter {
        id: "c".into(),
        count: 0,
    };
    let faults = [Fault::Throttle, Fault::LoseAnswer];
    machine.transport.script("PutItem", faults);
    let (insert, meter) = metered!(table.insert(item()));
    insert.await.unwrap();
    // Throttled, carried out and lost, and refused: the item is its own.
    assert_eq!(reading(&meter), (0.0, 0.0, 3, 1));

    machine.transport.reset();
    machine.transport.script("GetItem", [Fault::Garble]);
    let get = table.get("c").retry(RetryPolicy::never());
    let (get, meter) = metered!(get);
    get.await.unwrap_err();
    assert_eq!(reading(&meter), (0.0, 0.0, 1, 0));
}

#[tokio::test]
async fn the_meter_of_a_db_counts_what_has_none_of_its_own() {
    let (backend, _, _) = world!(Counter);
    let (all, own) = (Meter::new(), Meter::new());
    let machine = backend.machine_with(Duration::ZERO, |db| db.meter(&all));
    let table = machine.db.table::<Counter>();
    table.insert(counter("c")).await.unwrap();
    table.get("c").meter(&own).await.unwrap();
    table.clone().get("c").await.unwrap();
    assert_eq!(reading(&all), (1.0, 1.0, 2, 0));
    assert_eq!(reading(&own), (1.0, 0.0, 1, 0));
}

#[derive(Entity, Debug, Clone)]
#[entity(table = "people")]
struct Person {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-city", partition_key))]
    city: Option<String>,
}

#[tokio::test]
async fn indexes_cost_their_own_units() {
    let (_, _, table) = embedded::<Person>().await;
    let meter = Meter::new();
    let person = |id: &str, city: Option<&str>| Person {
        id: id.into(),
        city: city.map(str::to_owned),
    };
    let insert = table.insert(person("ann", Some("Rome")));
    insert.meter(&meter).await.unwrap();
    assert_eq!(reading(&meter), (0.0, 2.0, 1, 0));
    let insert = table.insert(person("bob", None));
    insert.meter(&meter).await.unwrap();
    assert_eq!(reading(&meter), (0.0, 3.0, 2, 0));
    let query = table.query_index(Person::BY_CITY, "Rome").meter(&meter);
    assert_eq!(query.collect().await.unwrap().len(), 1);
    let scan = table.scan_index(Person::BY_CITY).meter(&meter);
    assert_eq!(scan.collect().await.unwrap().len(), 1);
    assert_eq!(reading(&meter), (1.0, 3.0, 4, 0));
    // A read of the index, and one of the table.
    let (fresh, meter) = metered!(table.query_index(Person::BY_CITY, "Rome"));
    assert_eq!(fresh.fresh().collect().await.unwrap().len(), 1);
    assert_eq!(reading(&meter), (1.5, 0.0, 2, 0));
}

/// Counts the requests that ask for a report.
#[derive(Debug, Clone)]
struct Listening {
    inner: SharedHttpClient,
    asked: Arc<AtomicU64>,
}

#[derive(Debug)]
struct ListeningOn(SharedHttpConnector, Arc<AtomicU64>);

impl HttpClient for Listening {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(ListeningOn(inner, Arc::clone(&self.asked)))
    }
}

impl HttpConnector for ListeningOn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        if String::from_utf8_lossy(body).contains("ReturnConsumedCapacity") {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        self.0.call(request)
    }
}

#[tokio::test]
async fn only_calls_with_a_meter_ask_for_a_report() {
    let asked = Arc::new(AtomicU64::new(0));
    let http = SharedHttpClient::new(Listening {
        inner: SharedHttpClient::new(Engine::in_memory().unwrap()),
        asked: Arc::clone(&asked),
    });
    let backend = Backend::of(http, local::config(), "listening");
    backend.create_table::<Counter>().await.unwrap();
    let table = backend.machine().db.table::<Counter>();
    table.insert(counter("c")).await.unwrap();
    table.modify("c", |c| c.count += 1).await.unwrap();
    let change = Counter::COUNT.add(1);
    table.apply("c", change).exactly_once().await.unwrap();
    table.scan().collect().await.unwrap();
    table.query("c").collect().await.unwrap();
    table.get_many(["c"]).collect().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let meter = Meter::new();
    table.scan().meter(&meter).collect().await.unwrap();
    let modify = table.modify("c", |c| c.count += 1).meter(&meter);
    modify.await.unwrap();
    table.get("c").await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert_eq!(meter.requests(), 3);
}
