//! Items that are read by value give what images give: values, errors, and places.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use optimist::query::Items;
use optimist::{AttributeValue, Entity, Item, KeyValue, Number, Stored};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde::{Deserialize, Serialize};

use crate::support::{embedded, n, put_raw, s};

#[derive(KeyValue, Debug, Clone, PartialEq)]
struct Name(String);

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Inner {
    text: String,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(flatten)]
    rest: HashMap<String, Loose>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Shape {
    Unit,
    New(String),
    Two(Number, String),
    Named { a: Option<String>, b: Vec<u8> },
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Loose {
    Number(f64),
    Text(String),
    Texts(Vec<String>),
    Other(()),
}

mod joined {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(words: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        words.join(" ").serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<String>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(text.split(' ').map(str::to_owned).collect())
    }
}

#[derive(Entity, Debug, PartialEq)]
#[entity(table = "mixtures")]
struct Mixture {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(index("by-name", partition_key))]
    name: Option<Name>,
    #[entity(index("by-name", sort_key))]
    blob: Vec<u8>,
    #[serde(alias = "headline", alias = "caption")]
    title: String,
    letter: Option<char>,
    flag: bool,
    number: Number,
    float: f64,
    #[serde(default)]
    words: Vec<String>,
    #[entity(with = "joined")]
    joined: Vec<String>,
    #[entity(set)]
    texts: BTreeSet<String>,
    #[entity(set)]
    numbers: BTreeSet<u32>,
    #[entity(set)]
    exact: BTreeSet<Number>,
    limits: BTreeMap<u8, Number>,
    pair: (String, i8),
    inner: Inner,
    #[entity(skip)]
    local: u8,
}

fn texts() -> impl Strategy<Value = AttributeValue> {
    "[ab]{1,3}|Unit".prop_map(AttributeValue::S)
}

fn numbers() -> impl Strategy<Value = AttributeValue> {
    prop_oneof!["[0-9]{1,2}", "-?[0-9]{1,30}", "-?[0-9]\\.[1-9]"].prop_map(AttributeValue::N)
}

fn blobs() -> impl Strategy<Value = AttributeValue> {
    vec(any::<u8>(), 1..4).prop_map(|bytes| AttributeValue::B(Blob::new(bytes)))
}

/// Anything, with names that nested fields have.
fn values() -> impl Strategy<Value = AttributeValue> {
    let scalars = prop_oneof![
        texts(),
        numbers(),
        blobs(),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
        vec("[ab]{1,3}", 1..4).prop_map(AttributeValue::Ss),
        vec("[0-9]{1,3}", 1..4).prop_map(AttributeValue::Ns),
    ];
    scalars.prop_recursive(3, 12, 3, |inner| {
        let names = "text|shape|New|Two|Named|Unit|a|b|[0-9]";
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(AttributeValue::L),
            hash_map(names, inner, 0..3).prop_map(AttributeValue::M),
        ]
    })
}

fn lists(of: impl Strategy<Value = AttributeValue>) -> impl Strategy<Value = AttributeValue> {
    vec(of, 0..4).prop_map(AttributeValue::L)
}

fn maps(entries: Vec<(&str, AttributeValue)>) -> AttributeValue {
    let entries = entries.into_iter();
    AttributeValue::M(
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn shapes() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        Just(s("Unit")),
        texts().prop_map(|text| maps(vec![("New", text)])),
        (numbers(), texts()).prop_map(|(a, b)| maps(vec![("Two", AttributeValue::L(vec![a, b]))])),
        (texts(), lists((0..9u8).prop_map(n)))
            .prop_map(|(a, b)| maps(vec![("Named", maps(vec![("a", a), ("b", b)]))])),
    ]
}

fn inner() -> impl Strategy<Value = AttributeValue> {
    (
        texts(),
        shapes(),
        "[xy]",
        prop_oneof![texts(), numbers(), lists(texts())],
    )
        .prop_map(|(text, shape, name, loose)| {
            maps(vec![("text", text), ("shape", shape), (&name, loose)])
        })
}

/// An attribute that is mostly as its field wants it, and at times absent or anything.
fn attribute(
    name: &'static str,
    fitting: impl Strategy<Value = AttributeValue> + 'static,
) -> BoxedStrategy<Option<(String, AttributeValue)>> {
    let value = prop_oneof![
        30 => fitting.prop_map(Some),
        1 => values().prop_map(Some),
        1 => Just(None),
    ];
    let named = move |value| (name.to_owned(), value);
    value.prop_map(move |value| value.map(named)).boxed()
}

fn items() -> impl Strategy<Value = Item> {
    let limits = hash_map("[0-9]", numbers(), 0..3).prop_map(AttributeValue::M);
    let pair = (texts(), -9..9i8).prop_map(|(a, b)| AttributeValue::L(vec![a, n(b)]));
    let attributes = vec![
        attribute("id", texts()),
        attribute("part", (0..99u8).prop_map(n)),
        attribute("name", texts()),
        attribute("blob", blobs()),
        prop_oneof![
            attribute("title", texts()),
            attribute("headline", texts()),
            attribute("caption", texts()),
        ]
        .boxed(),
        attribute("letter", "[ab]".prop_map(AttributeValue::S)),
        attribute("flag", any::<bool>().prop_map(AttributeValue::Bool)),
        attribute("number", numbers()),
        attribute("float", numbers()),
        attribute("words", lists(texts())),
        attribute("joined", texts()),
        attribute("texts", vec("[ab]{1,3}", 1..4).prop_map(AttributeValue::Ss)),
        attribute(
            "numbers",
            vec("[0-9]{1,3}", 1..4).prop_map(AttributeValue::Ns),
        ),
        attribute(
            "exact",
            vec("[0-9]{1,30}", 1..4).prop_map(AttributeValue::Ns),
        ),
        attribute("limits", limits),
        attribute("pair", pair),
        attribute("inner", inner()),
        attribute("unknown", values()),
    ];
    attributes.prop_map(|attributes| attributes.into_iter().flatten().collect())
}

#[test]
fn what_is_taken_is_what_is_shown_and_keys_stay() {
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(optimist_tests::seed()),
        ..ProptestConfig::default()
    };
    let (read, refused) = (Cell::new(0), Cell::new(0));
    let run = TestRunner::new(config).run(&items(), |item| {
        let mut left = item.clone();
        let shown = Mixture::decode(&item);
        let taken = Mixture::take_from(&mut left);
        prop_assert_eq!(&taken, &shown);
        let counter = if shown.is_ok() { &read } else { &refused };
        counter.set(counter.get() + 1);
        for key in ["id", "part", "name", "blob"] {
            prop_assert_eq!(left.get(key), item.get(key));
        }
        Ok(())
    });
    run.unwrap();
    let (read, refused) = (read.get(), refused.get());
    assert!(read > 50 && refused > 50, "{read} read, {refused} refused");
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "entries")]
struct Entry {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(index("by-author", partition_key))]
    author: String,
    #[entity(index("by-author", sort_key))]
    score: i64,
    words: Vec<String>,
}

/// Both streams to their ends, step by step.
async fn are_the_same(mut handles: Items<Stored<Entry>>, mut entities: Items<Entry>, items: usize) {
    for given in 0.. {
        let (handle, entity) = (handles.try_next().await, entities.try_next().await);
        match (handle, entity) {
            (Ok(Some(handle)), Ok(Some(entity))) => assert_eq!(*handle, entity),
            (Ok(None), Ok(None)) => {
                assert_eq!(given, items);
                break;
            }
            (Err(one), Err(other)) => {
                assert!(one.key().is_some() && one.key() == other.key());
                assert_eq!(one.to_string(), other.to_string());
            }
            (handle, entity) => panic!("{handle:?}, and {entity:?}"),
        }
        assert_eq!(handles.resume_token(), entities.resume_token());
    }
}

#[tokio::test]
async fn a_stream_of_entities_stands_where_one_of_handles_does() {
    // In memory: over a socket the segments of two scans answer in other orders.
    let (_, _, entries) = embedded::<Entry>().await;
    for part in 0..40u8 {
        let unreadable = part % 7 == 3;
        let words = if unreadable {
            s("none")
        } else {
            AttributeValue::L(vec![s("a")])
        };
        let item = [
            ("id", s(["a", "b", "c"][usize::from(part) % 3])),
            ("part", n(part)),
            ("author", s("ann")),
            ("score", n(part / 4)),
            ("words", words),
        ];
        put_raw(&entries, item).await;
    }
    let query = || entries.query("a").page_size(4);
    are_the_same(query().stream(), query().entities(), 14).await;
    let scan = || entries.scan().segments(3).page_size(5);
    are_the_same(scan().stream(), scan().entities(), 40).await;
    let index = || entries.query_index(Entry::BY_AUTHOR, "ann").page_size(6);
    are_the_same(index().stream(), index().entities(), 40).await;
    let fresh = || index().fresh();
    are_the_same(fresh().stream(), fresh().entities(), 40).await;
}
