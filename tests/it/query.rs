//! Queries: what they find, and what they are told is wrong.

use std::collections::BTreeMap;

use fastrand::Rng;
use optimist::query::ResumeToken;
use optimist::{Entity, Number, Table};
use optimist_tests::seed;

use crate::support::{n, put_raw, s, world};

macro_rules! entity {
    ($entity:ident, $table:literal, $sort:ty) => {
        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = $table)]
        pub struct $entity {
            #[entity(partition_key)]
            pub id: String,
            #[entity(sort_key)]
            pub sort: $sort,
            #[serde(alias = "old-weight")]
            pub weight: u64,
        }
    };
}
entity!(ByText, "by-text", String);
entity!(ByNumber, "by-number", Number);
entity!(ByBytes, "by-bytes", Vec<u8>);

fn text(random: &mut Rng) -> String {
    let length = random.usize(1..5);
    let letter = |_| ['a', 'b', 'ä', '😀', '\u{ffff}'][random.usize(..5)];
    (0..length).map(letter).collect()
}

fn bytes(random: &mut Rng) -> Vec<u8> {
    let length = random.usize(1..4);
    (0..length)
        .map(|_| [0, 1, 127, 255][random.usize(..4)])
        .collect()
}

/// Up to 38 digits, of any sign and magnitude.
fn number(random: &mut Rng) -> Number {
    let digits = random.usize(1..=38);
    let digits: String = (0..digits).map(|_| random.digit(10)).collect();
    let sign = if random.bool() { "-" } else { "" };
    let exponent = random.i32(-40..40);
    format!("{sign}{digits}e{exponent}").parse().unwrap()
}

/// Fills a partition beside another, and queries it with every condition in both directions.
macro_rules! equals_a_sorted_map {
    ($entity:ident, $key:ident) => {{
        let (_, _, table) = world!($entity, needs ByteOrder);
        let random = &mut Rng::with_seed(seed());
        let mut map = BTreeMap::new();
        for weight in 0..40 {
            let (id, sort) = ("p".to_owned(), $key(random));
            if map.insert(sort.clone(), weight).is_none() {
                table.insert($entity { id, sort, weight }).await.unwrap();
            } else {
                let item = table.get(("p", &sort)).await.unwrap().unwrap();
                map.insert(sort, item.weight);
            }
        }
        let other = $entity {
            id: "q".into(),
            sort: $key(random),
            weight: 0,
        };
        table.insert(other).await.unwrap();
        for round in 0..70 {
            let mut one = || {
                if random.bool() {
                    map.keys().nth(random.usize(..map.len())).unwrap().clone()
                } else {
                    $key(random)
                }
            };
            let (a, b) = (one(), one());
            let reverse = random.bool();
            let query = table.query("p").page_size(random.u32(1..50));
            let query = if reverse { query.reverse() } else { query };
            let (query, holds): (_, Box<dyn Fn(&_) -> bool>) = match round % 7 {
                0 => (query, Box::new(|_| true)),
                1 => (query.sort_key(|k| k.eq(&a)), Box::new(|k| *k == a)),
                2 => (query.sort_key(|k| k.lt(&a)), Box::new(|k| *k < a)),
                3 => (query.sort_key(|k| k.le(&a)), Box::new(|k| *k <= a)),
                4 => (query.sort_key(|k| k.gt(&a)), Box::new(|k| *k > a)),
                5 => (query.sort_key(|k| k.ge(&a)), Box::new(|k| *k >= a)),
                _ => (
                    query.sort_key(|k| k.between(&a, &b)),
                    Box::new(|k| a <= *k && *k <= b),
                ),
            };
            let mut wanted: Vec<_> = map.iter().filter(|&(k, _)| holds(k)).collect();
            if reverse {
                wanted.reverse();
            }
            let found = query.entities().collect().await.unwrap();
            let found: Vec<_> = found.iter().map(|e| (&e.sort, &e.weight)).collect();
            assert_eq!(found, wanted, "condition {} of {a:?}, {b:?}", round % 7);
        }
    }};
}

#[tokio::test]
async fn a_query_equals_a_filter_over_a_sorted_map_of_strings() {
    equals_a_sorted_map!(ByText, text);
}

#[tokio::test]
async fn a_query_equals_a_filter_over_a_sorted_map_of_numbers() {
    equals_a_sorted_map!(ByNumber, number);
}

#[tokio::test]
async fn a_query_equals_a_filter_over_a_sorted_map_of_bytes() {
    equals_a_sorted_map!(ByBytes, bytes);
}

pub async fn fill(table: &Table<ByText>, items: u64) {
    for weight in 0..items {
        let (id, sort) = ("p".into(), format!("{weight:03}"));
        table.insert(ByText { id, sort, weight }).await.unwrap();
    }
}

pub fn weights(items: &[ByText]) -> Vec<u64> {
    items.iter().map(|item| item.weight).collect()
}

#[tokio::test]
async fn prefixes_are_those_of_text_and_of_bytes() {
    let (_, machine, texts) = world!(ByText);
    fill(&texts, 12).await;
    let of = |prefix: &'static str| texts.query("p").sort_key(move |k| k.begins_with(prefix));
    assert_eq!(of("01").count().await.unwrap(), 2);
    assert_eq!(of("").count().await.unwrap(), 12, "an empty one is none");
    let long = "x".repeat(1025);
    let refused = texts.query("p").sort_key(|k| k.begins_with(&long));
    machine.transport.reset();
    assert!(refused.count().await.unwrap_err().is_invalid_input());
    assert_eq!(machine.transport.total(), 0);

    let (_, _, binaries) = world!(ByBytes, needs BinaryPrefix);
    for (weight, sort) in [(0, vec![1, 2]), (1, vec![1, 3]), (2, vec![2])] {
        let id = "p".into();
        binaries.insert(ByBytes { id, sort, weight }).await.unwrap();
    }
    let found = binaries.query("p").sort_key(|k| k.begins_with(&[1]));
    assert_eq!(found.count().await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_told_before_a_request() {
    let (_, machine, table) = world!(ByText);
    fill(&table, 3).await;
    let mut stream = table.query("p").stream();
    stream.try_next().await.unwrap();
    let token = stream.resume_token().unwrap();
    machine.transport.reset();
    let wrong = [
        table.query(""),
        table.query("p").sort_key(|k| k.eq("")),
        table.query("p").sort_key(|k| k.between("a", "")),
        table.query("p").filter(ByText::SORT.gt("a")),
        table
            .query("p")
            .filter(ByText::WEIGHT.gt(1) | !ByText::ID.exists()),
        table.query("p").page_size(0),
        table.query("q").resume(token.clone()),
        table.query("p").reverse().resume(token.clone()),
        table
            .query("p")
            .filter(ByText::WEIGHT.gt(1))
            .resume(token.clone()),
        table
            .query("p")
            .sort_key(|k| k.ge("0"))
            .resume(token.clone()),
    ];
    for (index, query) in wrong.into_iter().enumerate() {
        let mut stream = query.stream();
        let error = stream.try_next().await.unwrap_err();
        assert!(error.is_invalid_input(), "{index}: {error}");
        assert_eq!(error.table(), Some(table.name()), "{index}");
        assert!(stream.try_next().await.unwrap().is_none());
        assert!(stream.resume_token().is_none());
    }
    let text = token.to_string();
    assert!(text[1..].parse::<ResumeToken>().is_err());
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_filter_tests_older_names_where_the_name_is_missing() {
    let (_, _, table) = world!(ByText);
    fill(&table, 2).await;
    for (sort, weight) in [("x", 0), ("y", 7)] {
        let item = [("id", s("p")), ("sort", s(sort)), ("old-weight", n(weight))];
        put_raw(&table, item).await;
    }
    let both = [("weight", n(0)), ("old-weight", n(9))];
    put_raw(
        &table,
        [("id", s("p")), ("sort", s("z"))].into_iter().chain(both),
    )
    .await;
    for (filter, passing) in [
        (ByText::WEIGHT.gt(5), vec![7]),
        (!ByText::WEIGHT.eq(0), vec![1, 7]),
        (ByText::WEIGHT.exists(), vec![0, 1, 0, 7, 0]),
        (ByText::WEIGHT.missing(), vec![]),
        (ByText::WEIGHT.eq(9) | ByText::WEIGHT.eq(1), vec![1]),
    ] {
        let found = table.query("p").filter(filter.clone()).entities();
        assert_eq!(
            weights(&found.collect().await.unwrap()),
            passing,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn what_was_queried_can_be_saved() {
    let (_, _, table) = world!(ByText);
    fill(&table, 3).await;
    let mut all = table.query("p").collect().await.unwrap();
    for item in &mut all {
        item.weight += 10;
        table.save(item).await.unwrap();
    }
    let now = table.query("p").entities().collect().await.unwrap();
    assert_eq!(weights(&now), [10, 11, 12]);
}
