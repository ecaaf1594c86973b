//! Random changes and conditions, compiled and run on a real engine, do what an evaluator in plain Rust says.

use std::collections::{BTreeMap, BTreeSet};

use optimist::{Change, Condition, Entity, Number, Table};
use optimist_tests::Capability;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::support::world_with;

/// Names that are reserved, dotted, or look like placeholders.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "things")]
struct Thing {
    #[entity(partition_key)]
    id: String,
    #[entity(rename = "size")]
    number: Option<Number>,
    #[entity(rename = "a.b[0]")]
    text: Option<String>,
    #[entity(rename = "#n0")]
    list: Option<Vec<i64>>,
    #[entity(rename = ":v0 ünï", set)]
    set: BTreeSet<String>,
    #[entity(rename = "order")]
    map: Option<BTreeMap<String, i64>>,
}

#[derive(Debug, Clone)]
enum Op {
    SetNumber(Number),
    SetNumberIfMissing(Number),
    RemoveNumber,
    Add(Number),
    Sub(Number),
    SetText(String),
    SetTextNone,
    Append(Vec<i64>),
    Prepend(Vec<i64>),
    SetList(Vec<i64>),
    Insert(Vec<String>),
    Delete(Vec<String>),
    SetKey(String, i64),
    AddKey(String, i64),
    RemoveKey(String),
}

/// The engine refuses: the number does not fit, or a parent is missing.
#[derive(Debug, PartialEq)]
struct Refused;

impl Op {
    fn change(&self) -> Change<Thing> {
        match self.clone() {
            Op::SetNumber(n) => Thing::NUMBER.set(n),
            Op::SetNumberIfMissing(n) => Thing::NUMBER.set_if_missing(n),
            Op::RemoveNumber => Thing::NUMBER.remove(),
            Op::Add(n) => Thing::NUMBER.add(n),
            Op::Sub(n) => Thing::NUMBER.sub(n),
            Op::SetText(t) => Thing::TEXT.set(t),
            Op::SetTextNone => Thing::TEXT.set(None),
            Op::Append(e) => Thing::LIST.append(e),
            Op::Prepend(e) => Thing::LIST.prepend(e),
            Op::SetList(l) => Thing::LIST.set(l),
            Op::Insert(m) => Thing::SET.insert(m),
            Op::Delete(m) => Thing::SET.delete(m),
            Op::SetKey(k, v) => Thing::MAP.key(&k).set(v),
            Op::AddKey(k, v) => Thing::MAP.key(&k).add(v),
            Op::RemoveKey(k) => Thing::MAP.key(&k).remove(),
        }
    }

    /// Which place it changes; two of one place overlap.
    fn place(&self) -> String {
        match self {
            Op::SetNumber(_)
            | Op::SetNumberIfMissing(_)
            | Op::RemoveNumber
            | Op::Add(_)
            | Op::Sub(_) => "number".into(),
            Op::SetText(_) | Op::SetTextNone => "text".into(),
            Op::Append(e) | Op::Prepend(e) if e.is_empty() => "nothing".into(),
            Op::Append(_) | Op::Prepend(_) | Op::SetList(_) => "list".into(),
            Op::Insert(m) | Op::Delete(m) if m.is_empty() => "nothing".into(),
            Op::Insert(_) | Op::Delete(_) => "set".into(),
            Op::SetKey(k, _) | Op::AddKey(k, _) | Op::RemoveKey(k) => format!("map.{k}"),
        }
    }

    fn evaluate(&self, thing: &mut Thing) -> Result<(), Refused> {
        let zero = || Number::from(0);
        match self.clone() {
            Op::SetNumber(n) => thing.number = Some(n),
            Op::SetNumberIfMissing(n) => thing.number = thing.number.take().or(Some(n)),
            Op::RemoveNumber => thing.number = None,
            Op::Add(n) => {
                let sum = thing.number.take().unwrap_or_else(zero).checked_add(&n);
                thing.number = Some(sum.ok_or(Refused)?);
            }
            Op::Sub(n) => {
                let difference = thing.number.take().unwrap_or_else(zero).checked_sub(&n);
                thing.number = Some(difference.ok_or(Refused)?);
            }
            Op::SetText(t) => thing.text = Some(t),
            Op::SetTextNone => thing.text = None,
            Op::Append(e) | Op::Prepend(e) if e.is_empty() => {}
            Op::Append(e) => thing.list.get_or_insert_default().extend(e),
            Op::Prepend(mut e) => {
                e.extend(thing.list.take().unwrap_or_default());
                thing.list = Some(e);
            }
            Op::SetList(l) => thing.list = Some(l),
            Op::Insert(m) => thing.set.extend(m),
            Op::Delete(m) => thing.set.retain(|member| !m.contains(member)),
            Op::SetKey(k, v) => drop(thing.map.as_mut().ok_or(Refused)?.insert(k, v)),
            Op::AddKey(k, v) => *thing.map.as_mut().ok_or(Refused)?.entry(k).or_insert(0) += v,
            Op::RemoveKey(k) => drop(thing.map.as_mut().ok_or(Refused)?.remove(&k)),
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
enum Test {
    NumberGt(Number),
    NumberLe(Number),
    NumberNe(Number),
    NumberBetween(Number, Number),
    NumberIn(Vec<Number>),
    NumberMissing,
    TextEq(String),
    TextBegins(String),
    TextContains(String),
    TextSizeLt(usize),
    ListContains(i64),
    ListAt(usize, i64),
    SetHas(String),
    SetSizeGe(usize),
    KeyExists(String),
    KeyLt(String, i64),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
}

impl Test {
    fn condition(&self) -> Condition<Thing> {
        match self.clone() {
            Test::NumberGt(n) => Thing::NUMBER.gt(n),
            Test::NumberLe(n) => Thing::NUMBER.le(n),
            Test::NumberNe(n) => Thing::NUMBER.ne(n),
            Test::NumberBetween(a, b) => Thing::NUMBER.between(a, b),
            Test::NumberIn(n) => Thing::NUMBER.is_in(n),
            Test::NumberMissing => Thing::NUMBER.missing(),
            Test::TextEq(t) => Thing::TEXT.eq(t),
            Test::TextBegins(t) => Thing::TEXT.begins_with(&t),
            Test::TextContains(t) => Thing::TEXT.contains(t),
            Test::TextSizeLt(n) => Thing::TEXT.size().lt(n),
            Test::ListContains(n) => Thing::LIST.contains(n),
            Test::ListAt(i, n) => Thing::LIST.at(i).eq(n),
            Test::SetHas(m) => Thing::SET.contains(m),
            Test::SetSizeGe(n) => Thing::SET.size().ge(n),
            Test::KeyExists(k) => Thing::MAP.key(&k).exists(),
            Test::KeyLt(k, n) => Thing::MAP.key(&k).lt(n),
            Test::And(a, b) => a.condition() & b.condition(),
            Test::Or(a, b) => a.condition() | b.condition(),
            Test::Not(a) => !a.condition(),
        }
    }

    /// A comparison with what is absent does not hold, but `ne` does.
    fn evaluate(&self, thing: &Thing) -> bool {
        let number = |test: &dyn Fn(&Number) -> bool| thing.number.as_ref().is_some_and(test);
        let text = |test: &dyn Fn(&str) -> bool| thing.text.as_deref().is_some_and(test);
        let key = |k: &str| thing.map.as_ref().and_then(|map| map.get(k));
        match self {
            Test::NumberGt(n) => number(&|m| m > n),
            Test::NumberLe(n) => number(&|m| m <= n),
            Test::NumberNe(n) => thing.number.as_ref() != Some(n),
            Test::NumberBetween(a, b) => number(&|m| a <= m && m <= b),
            Test::NumberIn(all) => number(&|m| all.contains(m)),
            Test::NumberMissing => thing.number.is_none(),
            Test::TextEq(t) => text(&|s| s == t),
            Test::TextBegins(t) => text(&|s| s.starts_with(t)),
            Test::TextContains(t) => text(&|s| s.contains(t)),
            Test::TextSizeLt(n) => text(&|s| s.encode_utf16().count() < *n),
            Test::ListContains(n) => thing.list.as_ref().is_some_and(|list| list.contains(n)),
            Test::ListAt(i, n) => thing.list.as_ref().and_then(|list| list.get(*i)) == Some(n),
            Test::SetHas(m) => thing.set.contains(m),
            Test::SetSizeGe(n) => !thing.set.is_empty() && thing.set.len() >= *n,
            Test::KeyExists(k) => key(k).is_some(),
            Test::KeyLt(k, n) => key(k).is_some_and(|v| v < n),
            Test::And(a, b) => a.evaluate(thing) && b.evaluate(thing),
            Test::Or(a, b) => a.evaluate(thing) || b.evaluate(thing),
            Test::Not(a) => !a.evaluate(thing),
        }
    }
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-3i64..4).prop_map(Number::from),
        (any::<i128>(), 0u32..40).prop_map(|(digits, places)| {
            let digits = digits % 10i128.pow(38);
            format!("{digits}e-{places}").parse().unwrap()
        }),
    ]
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a.b".to_owned()),
        Just("#n1".into()),
        Just("ü🦀".into()),
        Just("x".into()),
        "[a-z]{0,3}"
    ]
}

/// Entries of maps have names.
fn keys() -> impl Strategy<Value = String> {
    words().prop_filter("a name", |word| !word.is_empty())
}

fn lists() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(-2i64..3, 0..4)
}

fn things() -> impl Strategy<Value = Thing> {
    (
        proptest::option::of(numbers()),
        proptest::option::of(words()),
        proptest::option::of(lists()),
        proptest::collection::btree_set(words(), 0..4),
        proptest::option::of(proptest::collection::btree_map(keys(), -2i64..3, 0..3)),
    )
        .prop_map(|(number, text, list, set, map)| Thing {
            id: "thing".into(),
            number,
            text,
            list,
            set,
            map,
        })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let set = || proptest::collection::vec(words(), 0..3);
    let op = prop_oneof![
        numbers().prop_map(Op::SetNumber),
        numbers().prop_map(Op::SetNumberIfMissing),
        Just(Op::RemoveNumber),
        numbers().prop_map(Op::Add),
        numbers().prop_map(Op::Sub),
        words().prop_map(Op::SetText),
        Just(Op::SetTextNone),
        lists().prop_map(Op::Append),
        lists().prop_map(Op::Prepend),
        lists().prop_map(Op::SetList),
        set().prop_map(Op::Insert),
        set().prop_map(Op::Delete),
        (keys(), -2i64..3).prop_map(|(k, v)| Op::SetKey(k, v)),
        (keys(), -2i64..3).prop_map(|(k, v)| Op::AddKey(k, v)),
        keys().prop_map(Op::RemoveKey),
    ];
    proptest::collection::vec(op, 1..5)
}

fn tests() -> impl Strategy<Value = Test> {
    let leaf = prop_oneof![
        numbers().prop_map(Test::NumberGt),
        numbers().prop_map(Test::NumberLe),
        numbers().prop_map(Test::NumberNe),
        (numbers(), numbers())
            .prop_map(|(a, b)| if a <= b { (a, b) } else { (b, a) })
            .prop_map(|(a, b)| Test::NumberBetween(a, b)),
        proptest::collection::vec(numbers(), 0..4).prop_map(Test::NumberIn),
        Just(Test::NumberMissing),
        words().prop_map(Test::TextEq),
        words().prop_map(Test::TextBegins),
        words().prop_map(Test::TextContains),
        (0usize..8).prop_map(Test::TextSizeLt),
        (-2i64..3).prop_map(Test::ListContains),
        ((0usize..4), (-2i64..3)).prop_map(|(i, n)| Test::ListAt(i, n)),
        words().prop_map(Test::SetHas),
        (0usize..4).prop_map(Test::SetSizeGe),
        keys().prop_map(Test::KeyExists),
        (keys(), -2i64..3).prop_map(|(k, n)| Test::KeyLt(k, n)),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Test::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Test::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|a| Test::Not(Box::new(a))),
        ]
    })
}

async fn agrees(
    things: &Table<Thing>,
    thing: Thing,
    ops: Vec<Op>,
    test: Test,
) -> Result<(), TestCaseError> {
    things.put_unchecked(thing.clone()).await.unwrap();
    let change = ops.iter().map(Op::change).reduce(|a, b| a + b).unwrap();
    let mut places: Vec<_> = ops
        .iter()
        .map(Op::place)
        .filter(|p| p != "nothing")
        .collect();
    places.sort();
    let nothing = places.is_empty();
    let overlap = places.windows(2).any(|two| two[0] == two[1]);
    let result = things
        .apply("thing", change)
        .condition(test.condition())
        .await;
    if overlap || nothing {
        prop_assert!(result.unwrap_err().is_invalid_input());
        return Ok(());
    }
    let mut expected = thing.clone();
    let evaluated: Result<Vec<()>, Refused> =
        ops.iter().map(|op| op.evaluate(&mut expected)).collect();
    match (test.evaluate(&thing), evaluated, result) {
        (false, Ok(_), Err(error)) => prop_assert!(error.is_condition_refused(), "{error:?}"),
        (false, Err(Refused), Err(error)) => prop_assert!(
            error.is_condition_refused() || error.is_service(),
            "{error:?}"
        ),
        (true, Err(Refused), Err(error)) => prop_assert!(error.is_service(), "{error:?}"),
        (true, Ok(_), Ok(stored)) => {
            prop_assert_eq!(&*stored, &expected);
            prop_assert_eq!(&*things.require("thing").await.unwrap(), &expected);
        }
        (held, evaluated, result) => prop_assert!(
            false,
            "condition {held} ({}), evaluator {evaluated:?}, engine {result:?}",
            test.condition()
        ),
    }
    Ok(())
}

#[test]
fn the_engine_and_the_evaluator_agree() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let needs = [Capability::UnlikeTypes, Capability::DigitLimit];
    let Some((_, _, table)) = runtime.block_on(world_with::<Thing>(&needs)) else {
        return;
    };
    let config = ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(optimist_tests::seed()),
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&(things(), ops(), tests()), |(thing, ops, test)| {
            runtime.block_on(agrees(&table, thing, ops, test))
        })
        .unwrap();
}
