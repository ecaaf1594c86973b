//! Puts and deletes of many items: all of them in few requests, and none lost on the way.

mod chaos;
mod faults;
mod limits;
mod lost;

use fastrand::Rng;
use futures::StreamExt;
use optimist::batch::{Report, Stopped, Why};
use optimist::{Entity, Lock, Number, Stored, Table};
use optimist_tests::seed;

use crate::support::{Counter, PlainCounter, UuidCounter, client, counter, put_raw, s, world};

/// No attribute holds its lock.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "value-counters", lock = values)]
struct ValueCounter {
    #[entity(partition_key)]
    id: String,
    count: u64,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "numbered")]
struct Numbered {
    #[entity(partition_key)]
    id: Number,
    name: String,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    customer: String,
    #[entity(sort_key)]
    day: u32,
}

fn counted(number: u64) -> Counter {
    let id = format!("c{number}");
    Counter { id, count: number }
}

fn counters(numbers: std::ops::Range<u64>) -> impl Iterator<Item = Counter> + Send {
    numbers.map(counted)
}

/// How many items stand in a table.
async fn stored<E: Entity>(table: &Table<E>) -> usize {
    table.scan().count().await.unwrap()
}

/// Reasons and keys of what was not done.
fn undone(report: &Report) -> Vec<(Why, String)> {
    let undone = report.undone().iter();
    undone
        .map(|undone| {
            assert!(!undone.table().is_empty(), "{undone:?}");
            let key = undone.key().unwrap_or_else(|| panic!("{undone:?}"));
            (undone.why(), key.to_string())
        })
        .collect()
}

/// The report of a run that stopped.
fn report(ended: Result<Report, Stopped>) -> Report {
    ended.unwrap_or_else(Stopped::into_report)
}

#[tokio::test]
async fn several_tables_and_entities_go_in_one_request() {
    let (backend, machine, counters) = world!(Counter);
    backend.create_table::<Order>().await.unwrap();
    let orders = machine.db.table::<Order>();
    let customer = || "ann".to_owned();
    let order = |day| Order {
        customer: customer(),
        day,
    };
    orders.insert(order(1)).await.unwrap();
    machine.transport.reset();
    let batch = machine.db.batch();
    let batch = batch.put_unchecked(&counters, counter("c"));
    let batch = batch.delete_unchecked(&orders, ("ann", 1));
    let report = batch.put_unchecked(&orders, order(2)).await.unwrap();
    assert_eq!((report.done(), report.is_complete()), (3, true));
    assert_eq!(machine.transport.total(), 1);
    assert_eq!(machine.transport.count("BatchWriteItem"), 1);
    assert_eq!(counters.require("c").await.unwrap().count, 0);
    assert!(orders.get(("ann", 1)).await.unwrap().is_none());
    assert_eq!(orders.require(("ann", 2)).await.unwrap().day, 2);
    report.require_complete().unwrap();
}

#[tokio::test]
async fn iterators_and_streams_go_in_chunks_of_twenty_five() {
    let (_, machine, table) = world!(Counter);
    machine.transport.reset();
    let stream = futures::stream::iter(30..60).map(counted);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..30));
    let batch = batch.put_all_unchecked(&table, stream).keep_done();
    let report = batch.await.unwrap();
    assert_eq!((report.done(), report.done_entries().len()), (60, 60));
    assert_eq!(machine.transport.count("BatchWriteItem"), 3);
    assert_eq!(stored(&table).await, 60);
    let keys: Vec<_> = (0..59).map(|number| format!("c{number}")).collect();
    let batch = machine.db.batch().delete_all_unchecked(&table, keys);
    let report = batch.await.unwrap();
    assert_eq!((report.done(), report.done_entries().len()), (59, 0));
    assert_eq!(stored(&table).await, 1);
}

#[tokio::test]
async fn a_stream_that_pauses_holds_nothing_back() {
    let (_, machine, table) = world!(Counter);
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let batch = machine.db.batch().put_all_unchecked(&table, receiver);
    let run = tokio::spawn(batch.into_future());
    sender.unbounded_send(counted(1)).unwrap();
    // Nobody says that this was the last.
    while table.get("c1").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    sender.unbounded_send(counted(2)).unwrap();
    drop(sender);
    assert_eq!(run.await.unwrap().unwrap().done(), 2);
    assert_eq!(stored(&table).await, 2);
}

#[tokio::test]
async fn an_empty_batch_sends_nothing_nor_does_one_that_nobody_awaits() {
    let (_, machine, table) = world!(Counter);
    machine.transport.reset();
    let report = machine.db.batch().await.unwrap();
    assert_eq!((report.done(), report.is_complete()), (0, true));
    assert_eq!(report.into_remaining().await.unwrap().done(), 0);
    let _ = machine.db.batch().put_unchecked(&table, counter("c"));
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_batch_put_begins_a_new_life_so_that_older_holders_conflict() {
    let (_, machine, table) = world!(Counter);
    let mut stale = table.insert(counter("c")).await.unwrap();
    let batch = machine.db.batch().put_unchecked(&table, counter("c"));
    batch.await.unwrap().require_complete().unwrap();
    let fresh = table.require("c").await.unwrap();
    assert_eq!(Stored::lock(&fresh), Some(&Lock::Version(1)));
    stale.count = 9;
    assert!(table.save(&mut stale).await.unwrap_err().is_conflict());

    let (_, machine, table) = world!(UuidCounter);
    let item = || UuidCounter {
        id: "c".into(),
        count: 0,
    };
    let mut stale = table.insert(item()).await.unwrap();
    let batch = machine.db.batch().put_unchecked(&table, item());
    batch.await.unwrap().require_complete().unwrap();
    stale.count = 9;
    assert!(table.save(&mut stale).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_version_without_journal_goes_singly_and_grows() {
    let (_, machine, table) = world!(PlainCounter);
    let item = |count| PlainCounter {
        id: "c".into(),
        count,
    };
    let mut stale = table.insert(item(0)).await.unwrap();
    machine.transport.reset();
    let batch = machine.db.batch().put_unchecked(&table, item(5));
    let batch = batch.delete_unchecked(&table, "other");
    assert_eq!(batch.await.unwrap().done(), 2);
    assert_eq!(machine.transport.count("UpdateItem"), 1);
    assert_eq!(machine.transport.count("BatchWriteItem"), 1);
    let fresh = table.require("c").await.unwrap();
    assert_eq!(Stored::lock(&fresh), Some(&Lock::Version(2)));
    assert_eq!(fresh.count, 5);
    stale.count = 9;
    assert!(table.save(&mut stale).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_delete_leaves_an_item_of_another_kind_alone() {
    #[derive(Entity, Debug, Clone, PartialEq)]
    #[entity(table = "pets", kind = "cat")]
    struct Cat {
        #[entity(partition_key)]
        name: String,
    }
    #[derive(Entity, Debug, Clone, PartialEq)]
    #[entity(table = "pets", kind = "dog")]
    struct Dog {
        #[entity(partition_key)]
        name: String,
    }
    let (_, machine, cats) = world!(Cat);
    let dogs = machine.db.table::<Dog>();
    let (cat, dog) = (
        |name: &str| Cat { name: name.into() },
        |name: &str| Dog { name: name.into() },
    );
    let batch = machine.db.batch().put_unchecked(&cats, cat("tom"));
    let batch = batch.put_unchecked(&dogs, dog("rex"));
    batch.await.unwrap().require_complete().unwrap();
    machine.transport.reset();
    let script = [optimist_tests::Fault::LoseAnswer; 3];
    machine.transport.script("DeleteItem", script);
    let batch = machine.db.batch();
    let batch = batch.delete_all_unchecked(&dogs, ["tom", "rex", "nobody"]);
    let report = batch.concurrency(1).await.unwrap();
    assert_eq!(machine.transport.count("DeleteItem"), 3);
    assert_eq!(undone(&report), [(Why::Unknown, "\"tom\"".to_owned())]);
    assert_eq!((report.done(), stored(&cats).await), (2, 1));
    let report = machine
        .db
        .batch()
        .delete_unchecked(&dogs, "tom")
        .await
        .unwrap();
    assert_eq!(undone(&report), [(Why::Refused, "\"tom\"".to_owned())]);
    let error = report.undone()[0].error().to_string();
    assert!(error.contains("of kind `cat`"), "{error}");
    assert!(cats.get("tom").await.unwrap().is_some());
}

#[tokio::test]
async fn with_values_for_a_lock_nothing_moves() {
    let (_, machine, table) = world!(ValueCounter);
    let item = || ValueCounter {
        id: "c".into(),
        count: 0,
    };
    let mut stale = table.insert(item()).await.unwrap();
    let batch = machine.db.batch().put_unchecked(&table, item());
    batch.await.unwrap().require_complete().unwrap();
    stale.count = 9;
    table.save(&mut stale).await.unwrap();
}

#[tokio::test]
async fn of_two_operations_on_one_key_the_later_waits_for_the_earlier() {
    let (_, machine, table) = world!(Counter);
    let first = seed();
    for seed in (0..20).map(|round| first.wrapping_add(round)) {
        let mut random = Rng::with_seed(seed);
        let mut last = [None; 40];
        let mut batch = machine.db.batch().concurrency(random.usize(1..6));
        for count in 0..random.u64(..300) {
            let key = random.usize(..40);
            if random.bool() {
                let mut item = counted(key as u64);
                item.count = count;
                batch = batch.put_unchecked(&table, item);
                last[key] = Some(Some(count));
            } else {
                batch = batch.delete_unchecked(&table, format!("c{key}"));
                last[key] = Some(None);
            }
        }
        batch.await.unwrap().require_complete().unwrap();
        for (key, wanted) in last.iter().enumerate() {
            let found = table.get(format!("c{key}")).await.unwrap();
            let found = found.map(|item| item.count);
            assert!(wanted.is_none_or(|w| w == found), "seed {seed}, key {key}");
        }
    }
}

#[tokio::test]
async fn a_second_operation_on_a_key_may_be_refused() {
    let (_, machine, table) = world!(Counter);
    let batch = machine.db.batch().refuse_duplicates();
    let batch = batch.put_all_unchecked(&table, counters(0..40));
    let batch = batch.delete_unchecked(&table, "c1");
    let report = batch.put_unchecked(&table, counted(2)).await.unwrap();
    assert_eq!(report.done(), 40);
    let duplicate = |key: &str| (Why::Duplicate, format!("{key:?}"));
    assert_eq!(undone(&report), [duplicate("c1"), duplicate("c2")]);
    assert_eq!(stored(&table).await, 40);
    let error = report.require_complete().unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(
        error.to_string().contains("40 done, 2 duplicate"),
        "{error}"
    );
}

#[tokio::test]
async fn equal_numbers_are_one_key() {
    let (_, machine, table) = world!(Numbered, needs AnySignature);
    let item = |number: &str| Numbered {
        id: number.parse().unwrap(),
        name: number.into(),
    };
    let script = [optimist_tests::Fault::Unprocessed; 2];
    machine.transport.script("BatchWriteItem", script);
    let items = ["1.0", "2", "1e0", "30", "0.5", "1"].map(item);
    let batch = machine.db.batch().put_all_unchecked(&table, items);
    assert_eq!(batch.await.unwrap().done(), 6);
    let found = table.require("1".parse::<Number>().unwrap()).await.unwrap();
    assert_eq!((&*found.name, stored(&table).await), ("1", 4));
}

#[tokio::test]
async fn a_legacy_item_is_replaced_and_one_of_another_tool_deleted() {
    let (_, machine, table) = world!(Counter);
    for id in ["c0", "c1"] {
        put_raw(&table, [("id", s(id)), ("other", s("x"))]).await;
    }
    let batch = machine.db.batch().put_unchecked(&table, counted(0));
    let report = batch.delete_unchecked(&table, "c1").await.unwrap();
    assert_eq!(report.done(), 2);
    let scan = client(table.db()).scan().table_name(table.name());
    let items = scan.send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    assert!(!items[0].contains_key("other"));
}
