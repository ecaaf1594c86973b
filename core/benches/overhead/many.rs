//! Reads of many items: by hand, as plain entities, and as handles.

use std::collections::HashMap;
use std::hint::black_box;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use optimist::local::Engine;
use optimist::{Db, Entity, Table};
use serde_dynamo::aws_sdk_dynamodb_1::{from_items, to_item};
use tokio::runtime::Runtime;

use crate::account::{ByHandEntries, Entry, PARTITION, Row, sort_key};
use crate::measure::{Cost, Round, compare, cost, head};
use crate::options::Options;
use crate::replay::Replay;
use crate::{Result, client};

/// How many items one read brings.
const ITEMS: u32 = 100;

trait ReadsMany {
    /// The whole of a partition.
    async fn query(&self) -> Result<()>;
    /// All items by their keys.
    async fn get_many(&self) -> Result<()>;
    /// The whole of the table.
    async fn scan(&self) -> Result<()>;
}

struct ByHand(Client);
struct AsEntities<E>(Table<E>);
struct AsHandles<E>(Table<E>);

fn keys() -> impl Iterator<Item = (&'static str, String)> {
    (0..ITEMS).map(|number| (PARTITION, sort_key(number)))
}

/// What was read, which must be all.
fn whole<T>(read: Vec<T>) -> Result<()> {
    if black_box(read).len() == ITEMS as usize {
        return Ok(());
    }
    Err("a read did not bring all items".into())
}

impl ReadsMany for ByHand {
    async fn query(&self) -> Result<()> {
        let read = self.0.query().table_name(ByHandEntries::SCHEMA.table);
        let read = read
            .key_condition_expression("#id = :id")
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":id", AttributeValue::S(PARTITION.to_owned()))
            .consistent_read(true);
        let items = read.send().await?.items.ok_or("no items")?;
        whole::<Row>(from_items(items)?)
    }

    async fn get_many(&self) -> Result<()> {
        let table = ByHandEntries::SCHEMA.table;
        let key = |(id, name): (&str, String)| {
            let entry = |name: &str, value| (name.to_owned(), AttributeValue::S(value));
            HashMap::from([entry("id", id.to_owned()), entry("name", name)])
        };
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys().map(key).collect()))
            .consistent_read(true)
            .build()?;
        let read = self.0.batch_get_item().request_items(table, keys);
        let read = read.send().await?;
        if read.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
            return Err("keys were left unprocessed".into());
        }
        let items = read.responses.and_then(|mut found| found.remove(table));
        whole::<Row>(from_items(items.ok_or("no items")?)?)
    }

    async fn scan(&self) -> Result<()> {
        let read = self.0.scan().table_name(ByHandEntries::SCHEMA.table);
        let items = read.send().await?.items.ok_or("no items")?;
        whole::<Row>(from_items(items)?)
    }
}

impl<E: Entry> ReadsMany for AsEntities<E> {
    async fn query(&self) -> Result<()> {
        whole(self.0.query(PARTITION).entities().collect().await?)
    }

    async fn get_many(&self) -> Result<()> {
        whole(self.0.get_many(keys()).entities().collect().await?)
    }

    async fn scan(&self) -> Result<()> {
        whole(self.0.scan().entities().collect().await?)
    }
}

impl<E: Entry> ReadsMany for AsHandles<E> {
    async fn query(&self) -> Result<()> {
        whole(self.0.query(PARTITION).collect().await?)
    }

    async fn get_many(&self) -> Result<()> {
        whole(self.0.get_many(keys()).collect().await?)
    }

    async fn scan(&self) -> Result<()> {
        whole(self.0.scan().collect().await?)
    }
}

#[derive(Clone, Copy)]
enum Operation {
    Query,
    GetMany,
    Scan,
}

impl Operation {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Query, "query"),
        (Self::GetMany, "get_many"),
        (Self::Scan, "scan"),
    ];

    fn cost(self, by: &impl ReadsMany, runtime: &Runtime, calls: u32) -> Result<Cost> {
        let nothing = async |_: &str| Ok(());
        let round = Round { calls, items: 1 };
        match self {
            Self::Query => cost(runtime, round, &nothing, async |()| by.query().await),
            Self::GetMany => cost(runtime, round, &nothing, async |()| by.get_many().await),
            Self::Scan => cost(runtime, round, &nothing, async |()| by.scan().await),
        }
    }
}

/// One lock, on canned answers and on the engine.
pub fn tables<E: Entry>(lock: &str, runtime: &Runtime, options: &Options) -> Result<()> {
    if !Operation::ALL
        .iter()
        .any(|(_, name)| options.asks_for(name))
    {
        return Ok(());
    }
    let engine = Engine::in_memory()?;
    runtime.block_on(fill::<E>(&engine))?;
    println!("{ITEMS} items, {lock}; canned answers");
    let replay = || client(Replay::of(&engine));
    rows::<E>(replay(), replay(), runtime, options)?;
    println!("{ITEMS} items, {lock}; embedded engine");
    let engine = || client(engine.clone());
    rows::<E>(engine(), engine(), runtime, options)
}

fn rows<E: Entry>(
    by_hand: Client,
    optimist: Client,
    runtime: &Runtime,
    options: &Options,
) -> Result<()> {
    let table = Db::new(optimist).table::<E>();
    let (by_hand, entities, handles) =
        (ByHand(by_hand), AsEntities(table.clone()), AsHandles(table));
    let effort = options.effort_of_many();
    head();
    for (operation, name) in Operation::ALL {
        if !options.asks_for(name) {
            continue;
        }
        let by_hand = || operation.cost(&by_hand, runtime, effort.calls);
        let compared = compare(&effort, &by_hand, &|| {
            operation.cost(&entities, runtime, effort.calls)
        })?;
        println!("{:20}{compared}", format!("{name} .entities()"));
        let compared = compare(&effort, &by_hand, &|| {
            operation.cost(&handles, runtime, effort.calls)
        })?;
        println!("{:20}{compared}", format!("{name} Stored"));
    }
    println!();
    Ok(())
}

/// Both tables. The journals of Optimist's items hold three writers.
async fn fill<E: Entry>(engine: &Engine) -> Result<()> {
    let db = || Db::new(client(engine.clone()));
    let own = db();
    own.create_table::<ByHandEntries>().await?;
    own.create_table::<E>().await?;
    let others = [db(), db(), db()];
    for number in 0..ITEMS {
        let name = sort_key(number);
        let row = Row {
            name: name.clone(),
            ..Row::new(PARTITION)
        };
        own.client()
            .put_item()
            .table_name(ByHandEntries::SCHEMA.table)
            .set_item(Some(to_item(&row)?))
            .send()
            .await?;
        own.table::<E>().insert(E::numbered(number)).await?;
        for other in &others {
            let entries = other.table::<E>();
            entries.modify((PARTITION, name.as_str()), E::edit).await?;
        }
    }
    Ok(())
}
