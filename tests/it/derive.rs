//! What the derive's attributes do to items.

use std::collections::BTreeSet;

use optimist::key::{KeyScalar, KeyType};
use optimist::value::ValueError;
use optimist::{AttributeValue, Entity, KeyValue, Lock, Part, Stored};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::support::{n, put_raw, read_raw, s, world};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct DocId(u32);

impl KeyValue for DocId {
    const TYPE: KeyType = KeyType::S;

    fn to_key(&self) -> KeyScalar {
        KeyScalar::S(format!("doc-{}", self.0))
    }

    fn from_key(value: &AttributeValue) -> Result<Self, ValueError> {
        let wrong = || ValueError::wrong_type::<Self>(value);
        let text = value.as_s().map_err(|_| wrong())?;
        let number = text.strip_prefix("doc-").and_then(|n| n.parse().ok());
        number.map(DocId).ok_or_else(wrong)
    }
}

mod upper {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text.to_uppercase())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).map(|text| text.to_lowercase())
    }
}

fn forty_two() -> u32 {
    42
}

#[derive(Entity, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[entity(table = "docs", lock = uuid)]
#[serde(rename_all = "camelCase")]
struct Doc {
    #[entity(partition_key, rename = "id")]
    number: DocId,
    #[entity(lock)]
    #[serde(skip)]
    etag: Option<String>,
    last_editor: String,
    #[entity(rename = "T")]
    #[serde(rename = "title")]
    title: String,
    #[serde(alias = "oldSummary", default)]
    summary: Option<String>,
    #[serde(default = "forty_two")]
    answer: u32,
    #[serde(skip)]
    cache: Vec<u8>,
    #[serde(with = "upper")]
    shout: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    parts: Vec<u8>,
    #[entity(set)]
    readers: BTreeSet<Uuid>,
}

fn doc() -> Doc {
    Doc {
        number: DocId(1),
        etag: None,
        last_editor: "ann".into(),
        title: "One".into(),
        summary: None,
        answer: 1,
        cache: vec![1],
        shout: "hey".into(),
        parts: Vec::new(),
        readers: [Uuid::nil()].into(),
    }
}

#[tokio::test]
async fn serde_and_entity_attributes_decide_names_and_forms() {
    let (_, _, docs) = world!(Doc);
    let stored = docs.insert(doc()).await.unwrap();
    let names: BTreeSet<_> = Stored::image(&stored).keys().map(String::as_str).collect();
    let expected = [
        "id",
        "lastEditor",
        "T",
        "answer",
        "shout",
        "readers",
        "lock",
        "journal",
    ];
    assert_eq!(names, expected.into());
    assert_eq!(Stored::image(&stored)["id"], s("doc-1"));
    assert_eq!(Stored::image(&stored)["shout"], s("HEY"));
    assert!(Stored::image(&stored)["readers"].is_ss());
    let read = docs.require(DocId(1)).await.unwrap();
    let Some(Lock::Uuid(uuid)) = Stored::lock(&read) else {
        panic!("{read:?}")
    };
    assert_eq!(read.etag.as_ref(), Some(uuid));
    assert_eq!(Uuid::parse_str(uuid).unwrap().get_version_num(), 8);
    let expected = Doc {
        etag: Some(uuid.clone()),
        cache: Vec::new(),
        ..doc()
    };
    assert_eq!(*read, expected);
}

#[tokio::test]
async fn defaults_and_aliases_are_read_and_a_written_alias_moves() {
    let (_, _, docs) = world!(Doc);
    let bare = [
        ("id", s("doc-1")),
        ("lastEditor", s("a")),
        ("T", s("t")),
        ("shout", s("X")),
    ];
    put_raw(
        &docs,
        bare.into_iter().chain([("oldSummary", s("from before"))]),
    )
    .await;
    let mut read = docs.require(DocId(1)).await.unwrap();
    assert_eq!(
        (read.answer, read.summary.as_deref()),
        (42, Some("from before"))
    );
    read.summary = None;
    docs.save(&mut read).await.unwrap();
    let stored = read_raw(&docs, "doc-1").await.unwrap();
    assert!(!stored.contains_key("oldSummary") && !stored.contains_key("summary"));
    assert_eq!(docs.require(DocId(1)).await.unwrap().summary, None);
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "pairs", rename_all = "SCREAMING-KEBAB-CASE")]
#[serde(default)]
struct Pair<T: Serialize + DeserializeOwned + Send + Default + 'static> {
    #[entity(partition_key)]
    part_key: i32,
    #[entity(sort_key)]
    sort_key: Uuid,
    payload: T,
    number: u8,
}

impl<T: Serialize + DeserializeOwned + Send + Default> Default for Pair<T> {
    fn default() -> Self {
        Self {
            part_key: 0,
            sort_key: Uuid::nil(),
            payload: T::default(),
            number: 7,
        }
    }
}

#[tokio::test]
async fn generic_entities_with_composite_keys_and_container_defaults() {
    let (_, _, pairs) = world!(Pair<Vec<Option<String>>>);
    let id = Uuid::from_u128(7);
    let pair = Pair {
        part_key: -3,
        sort_key: id,
        payload: vec![None, Some("x".into())],
        number: 1,
    };
    pairs.insert(pair.clone()).await.unwrap();
    let read: Stored<_> = pairs.require((-3, id)).await.unwrap();
    assert_eq!(*read, pair);
    assert!(Stored::image(&read).contains_key("PART-KEY"));
    put_raw(
        &pairs,
        [("PART-KEY", n(5)), ("SORT-KEY", s(&id.to_string()))],
    )
    .await;
    assert_eq!(pairs.require((5, &id)).await.unwrap().number, 7);
}

#[tokio::test]
async fn number_and_binary_keys_are_found_again() {
    #[derive(Entity, Debug)]
    #[entity(table = "numbers")]
    struct Number {
        #[entity(partition_key)]
        n: u64,
        #[entity(sort_key)]
        bytes: Vec<u8>,
    }
    let (_, machine, numbers) = world!(Number);
    numbers
        .insert(Number {
            n: u64::MAX,
            bytes: vec![0, 255],
        })
        .await
        .unwrap();
    assert!(
        numbers
            .get((u64::MAX, &[0u8, 255][..]))
            .await
            .unwrap()
            .is_some()
    );
    assert!(numbers.get((1, vec![0])).await.unwrap().is_none());
    assert_eq!(machine.db.lanes_in_use(), 0);
}

#[derive(KeyValue, Debug, Clone, PartialEq)]
struct Owner(String);

#[derive(KeyValue, Debug, Clone, PartialEq)]
struct Place<T> {
    index: T,
}

#[tokio::test]
async fn a_newtype_is_a_key_by_derive() {
    #[derive(Entity, Debug)]
    #[entity(table = "places")]
    struct Thing {
        #[entity(partition_key)]
        owner: Owner,
        #[entity(sort_key)]
        place: Place<u64>,
        count: u8,
    }
    let (_, _, things) = world!(Thing);
    let key = || (Owner("ann".into()), Place { index: 7 });
    let (owner, place) = key();
    let thing = Thing {
        owner,
        place,
        count: 0,
    };
    let stored = things.insert(thing).await.unwrap();
    assert_eq!(
        (
            &Stored::image(&stored)["owner"],
            &Stored::image(&stored)["place"]
        ),
        (&s("ann"), &n(7))
    );
    let change = Thing::COUNT.add(1);
    let last = Thing::PLACE.eq(Place { index: 7 });
    things.apply(key(), change).condition(last).await.unwrap();
    assert_eq!(things.require(key()).await.unwrap().place, key().1);
    assert_eq!(Place::<i32>::TYPE, KeyType::N);
}

#[derive(Part, Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Node {
    label: String,
    next: Option<Box<Node>>,
}

#[derive(Entity, Debug)]
#[entity(table = "chains")]
struct Chain {
    #[entity(partition_key)]
    id: String,
    first: Box<Node>,
}

#[tokio::test]
async fn a_boxed_part_has_paths() {
    let (_, _, chains) = world!(Chain);
    let node = |label: &str, next| {
        let label = label.into();
        Box::new(Node { label, next })
    };
    let first = node("a", Some(node("b", None)));
    chains
        .insert(Chain {
            id: "c".into(),
            first,
        })
        .await
        .unwrap();
    let next = || Chain::FIRST.field(Node::NEXT);
    let third = next().field(Node::NEXT);
    let holds = next().field(Node::LABEL).eq("b") & third.clone().missing();
    let change = third.set(node("c", None));
    let changed = chains.apply("c", change).condition(holds).await.unwrap();
    let last = changed.first.next.as_ref().unwrap().next.as_ref();
    assert_eq!(last.unwrap().label, "c");
}

macro_rules! entity {
    ($name:ident, $table:literal, $key:ty, $value:ty) => {
        #[derive(Entity, Debug)]
        #[entity(table = $table)]
        struct $name {
            #[entity(partition_key)]
            id: $key,
            #[entity(updated_at)]
            at: $value,
        }
    };
}
entity!(FromMacro, "macros", String, std::time::SystemTime);

#[tokio::test]
async fn an_entity_can_come_from_a_macro() {
    let (_, _, table) = world!(FromMacro);
    let at = std::time::UNIX_EPOCH;
    table
        .insert(FromMacro { id: "m".into(), at })
        .await
        .unwrap();
    assert!(table.require("m").await.unwrap().at > at);
}
