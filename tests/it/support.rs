//! The entities that several files use, and raw access behind the library's back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use optimist::schema::LockKind;
use optimist::{AttributeValue, Db, Entity, Item, Table};
use optimist_tests::{Backend, Capability, Machine};
use serde::{Deserialize, Serialize};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "users")]
pub struct User {
    #[entity(partition_key)]
    pub id: String,
    pub email: String,
    #[entity(set)]
    pub friends: BTreeSet<String>,
    pub tags: Vec<String>,
    pub logins: u64,
    pub nickname: Option<String>,
    pub address: Address,
    #[entity(default)]
    pub limits: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
pub struct Address {
    pub city: String,
    pub street: Option<String>,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "counters", lock = version)]
pub struct Counter {
    #[entity(partition_key)]
    pub id: String,
    pub count: u64,
}

/// The same items under another kind of lock.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "uuid-counters", lock = uuid)]
pub struct UuidCounter {
    #[entity(partition_key)]
    pub id: String,
    pub count: u64,
}

/// The format of other mappers: a version and no journal.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "counters", lock(version, journal = off))]
pub struct PlainCounter {
    #[entity(partition_key)]
    pub id: String,
    pub count: u64,
}

pub fn user(id: &str) -> User {
    User {
        id: id.into(),
        email: "old@example.org".into(),
        friends: BTreeSet::new(),
        tags: vec!["a".into()],
        logins: 0,
        nickname: None,
        address: Address::default(),
        limits: BTreeMap::new(),
    }
}

pub fn counter(id: &str) -> Counter {
    Counter {
        id: id.into(),
        count: 0,
    }
}

/// A backend with the table of an entity, and one machine on it. A test that needs what the engine lacks ends here, and
/// says so: `world!(Counter, needs Image, Transactions)`.
macro_rules! world {
    ($entity:ty $(, needs $($capability:ident),+)?) => {{
        let needs = [$($(optimist_tests::Capability::$capability),+)?];
        let Some(world) = crate::support::world_with::<$entity>(&needs).await else {
            return;
        };
        world
    }};
}
pub(crate) use world;

/// The embedded engine, whatever the environment names, with the table of `E` and one machine on it: for tests that pause the
/// clock, which no socket follows.
pub async fn embedded<E: Entity>() -> (Backend, Machine, Table<E>) {
    let backend = Backend::at(None).unwrap();
    backend.create_table::<E>().await.unwrap();
    let machine = backend.machine();
    let table = machine.db.table::<E>();
    (backend, machine, table)
}

/// A backend with the table of `E`, and one machine on it, if the engine has what is needed: the tests' own `needs`, and what
/// every save of `E` needs.
pub async fn world_with<E: Entity>(needs: &[Capability]) -> Option<(Backend, Machine, Table<E>)> {
    let lock = E::SCHEMA.lock;
    let prefix = lock.kind == LockKind::Version && lock.journal.is_some();
    let mut needs = needs
        .iter()
        .chain(prefix.then_some(&Capability::BinaryPrefix));
    let lacks = optimist_tests::lacks().await;
    if let Some(lacking) = needs.find(|needed| lacks.contains(needed)) {
        let test = std::thread::current();
        let test = test.name().unwrap_or_default();
        // Not `eprintln!`, which the harness shows of failed tests only.
        let _ = writeln!(std::io::stderr(), "{test} skipped: needs {lacking}");
        return None;
    }
    let backend = Backend::from_env().unwrap();
    backend.create_table::<E>().await.unwrap();
    let machine = backend.machine();
    let table = machine.db.table::<E>();
    Some((backend, machine, table))
}

pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub fn n(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// Puts an item as another tool would.
pub async fn put_raw<E: Entity>(
    table: &Table<E>,
    item: impl IntoIterator<Item = (&str, AttributeValue)>,
) {
    let item: Item = item.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    let put = client(table.db()).put_item().table_name(table.name());
    put.set_item(Some(item)).send().await.unwrap();
}

/// Changes an item as another tool would.
pub async fn update_raw<E: Entity>(table: &Table<E>, id: &str, name: &str, value: AttributeValue) {
    let update = client(table.db()).update_item().table_name(table.name());
    update
        .key("id", s(id))
        .update_expression("SET #n = :v")
        .expression_attribute_names("#n", name)
        .expression_attribute_values(":v", value)
        .send()
        .await
        .unwrap();
}

/// Deletes an item as another tool would.
pub async fn delete_raw<E: Entity>(table: &Table<E>, id: &str) {
    let delete = client(table.db()).delete_item().table_name(table.name());
    delete.key("id", s(id)).send().await.unwrap();
}

pub async fn read_raw<E: Entity>(table: &Table<E>, id: &str) -> Option<Item> {
    let get = client(table.db()).get_item().table_name(table.name());
    let get = get.key("id", s(id)).consistent_read(true);
    get.send().await.unwrap().item
}

pub fn client(db: &Db) -> &aws_sdk_dynamodb::Client {
    db.client()
}

/// Runs something to its end on another thread, from inside a closure that cannot await.
pub fn elsewhere(what: impl Future<Output = ()> + Send + 'static) {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(what);
    };
    std::thread::spawn(run).join().unwrap();
}
