use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use serde::Serialize;

use super::*;
use crate::Number;
use crate::value::{Encoded, encode, same};

#[derive(Serialize, Clone, Debug)]
enum Shape {
    Unit,
    New(i64),
    Two(f64, char),
    Named { a: Option<String>, b: Vec<bool> },
}

#[derive(Serialize, Clone, Debug)]
struct Part {
    text: String,
    shape: Shape,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    number: Number,
    exact: BTreeMap<Number, Vec<Number>>,
    #[serde(flatten)]
    flat: BTreeMap<String, (u8, ())>,
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        (0..3i64).prop_map(Shape::New),
        (prop_oneof![any::<f64>(), Just(0.5)], any::<char>()).prop_map(|(f, c)| Shape::Two(f, c)),
        (proptest::option::of("[ab]?"), any::<[bool; 2]>())
            .prop_map(|(a, b)| Shape::Named { a, b: b.into() }),
    ]
}

fn parts() -> impl Strategy<Value = Part> {
    let flat = proptest::collection::btree_map("a|b|text|skipped", (0..2u8, Just(())), 0..3);
    let exact = proptest::collection::vec((0..2u32, 0..2u32), 0..2);
    let scalars = ("[ab]?", proptest::option::of(0..2u8), 0..2u32);
    (scalars, shapes(), exact, flat).prop_map(|((text, skipped, number), shape, exact, flat)| {
        Part {
            text,
            shape,
            skipped,
            number: number.into(),
            exact: exact
                .into_iter()
                .map(|(k, v)| (k.into(), vec![v.into()]))
                .collect(),
            flat,
        }
    })
}

/// Whether what is said of `value` is so.
fn is_sound<T: Serialize>(value: &T, found: &Encoded) -> bool {
    let Ok(found) = found.as_ref() else {
        return true;
    };
    let equal = match (encode(value), found) {
        (Ok(Some(now)), Some(found)) => same(&now, found),
        (Ok(None), None) => true,
        _ => false,
    };
    !is_stored_as(value, found.as_ref()) || equal
}

proptest! {
    #[test]
    fn what_is_called_equal_is_equal(a in parts(), b in parts()) {
        prop_assert!(is_sound(&a, &encode(&b)));
        prop_assert!(is_sound(&a.shape, &encode(&b.shape)));
        prop_assert!(is_sound(&a.text, &encode(&b.shape)));
        prop_assert!(is_sound(&a.number, &encode(&b.number.to_string())));
        prop_assert!(is_sound(&a.exact, &encode(&b.exact)));
        prop_assert!(is_sound(&a.flat, &encode(&b.flat)));
        prop_assert!(is_sound(&a.skipped, &encode(&b.skipped)));
    }

    #[test]
    fn what_is_stored_is_called_equal(shape in shapes(), text in ".*", number in any::<i64>()) {
        if let Ok(stored) = encode(&shape) {
            prop_assert!(is_stored_as(&shape, stored.as_ref()));
        }
        prop_assert!(is_stored_as(&text, encode(&text).unwrap().as_ref()));
        let exact = vec![Number::from(number)];
        prop_assert!(is_stored_as(&exact, encode(&exact).unwrap().as_ref()));
    }
}

#[test]
fn a_key_that_comes_twice_hides_no_other() {
    #[derive(Serialize)]
    struct Twice {
        a: u8,
        #[serde(flatten)]
        again: BTreeMap<&'static str, u8>,
    }
    let value = Twice {
        a: 1,
        again: BTreeMap::from([("a", 1)]),
    };
    let found = encode(&BTreeMap::from([("a", 1), ("b", 2)])).unwrap();
    assert!(!is_stored_as(&value, found.as_ref()));
}

#[test]
fn sets_of_serde_dynamo_are_left_to_it() {
    let set = serde_dynamo::string_set::StringSet(HashSet::from(["a"]));
    assert!(!is_stored_as(&set, encode(&["a"]).unwrap().as_ref()));
}
