//! What others wrote (numbers, keys, tokens, journals) is read or refused: no panic, and no allocation beyond the order of
//! its length.

use allocation_counter::measure;
use aws_sdk_dynamodb::primitives::Blob;
use optimist::{AttributeValue, KeyValue, Number, Token};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::{Counter, counter, read_raw, update_raw, world_with};

/// Text that is nearly a number, with exponents that would fill the memory, and any other.
fn nearly_numbers() -> impl Strategy<Value = String> {
    let exponents = prop_oneof![
        "[0-9]{1,25}",
        Just("999999999".to_owned()),
        Just(i64::MAX.to_string()),
        Just(i64::MIN.unsigned_abs().to_string()),
        Just(i128::MAX.to_string()),
    ];
    let number = (
        "[+-]?[0-9_]{0,60}",
        "(\\.[0-9_]{0,60})?",
        prop_oneof![Just(""), Just("e"), Just("E-"), Just("e+"), Just("e--")],
        exponents,
    );
    let number = number.prop_map(|(integer, fraction, e, exponent)| {
        let exponent = if e.is_empty() { "" } else { &exponent };
        format!("{integer}{fraction}{e}{exponent}")
    });
    prop_oneof![4 => number, 1 => ".{0,40}", 1 => "[0-9.eE+-]{0,200}"]
}

/// Runs `read` on `text`; it may take a few KB, and more only as the text is longer.
fn within_measure<T>(text: &str, read: impl FnOnce() -> T) -> Result<T, TestCaseError> {
    let mut result = None;
    let used = measure(|| result = Some(read()));
    let most = 8 * 1024 + 64 * u64::try_from(text.len()).unwrap();
    prop_assert!(used.bytes_max <= most, "{text:?} took {}", used.bytes_max);
    Ok(result.expect("it ran"))
}

#[test]
fn any_text_is_a_number_or_none() {
    run(2000, &nearly_numbers(), |text| {
        let parsed = within_measure(&text, || text.parse::<Number>())?;
        if let Ok(number) = parsed {
            let shown = within_measure(&text, || number.to_string())?;
            prop_assert!(shown.len() <= 180, "{shown}");
            prop_assert_eq!(shown.parse::<Number>(), Ok(number.clone()));
            within_measure(&text, || number.checked_add(&Number::from(1)))?;
            within_measure(&text, || number.partial_cmp(&Number::from(1)))?;
        }
        Ok(())
    });
}

#[test]
fn any_number_is_a_key_or_none() {
    run(2000, &nearly_numbers(), |text| {
        let stored = AttributeValue::N(text.clone());
        within_measure(&text, || drop(u8::from_key(&stored)))?;
        if let Ok(key) = within_measure(&text, || i64::from_key(&stored))? {
            let again = AttributeValue::from(key.to_key());
            prop_assert_eq!(i64::from_key(&again), Ok(key));
        }
        let stored = AttributeValue::S(text.clone());
        within_measure(&text, || drop(Uuid::from_key(&stored)))?;
        Ok(())
    });
}

#[test]
fn any_text_is_a_token_or_none() {
    let tokens = (
        prop_oneof![Just("v."), Just("u."), Just("")],
        nearly_numbers(),
        prop_oneof![Just(String::new()), "\\.[0-9a-fA-F-]{0,40}", "\\..{0,40}"],
    );
    run(2000, &tokens, |(kind, version, birth)| {
        let text = format!("{kind}{version}{birth}");
        if let Ok(token) = within_measure(&text, || text.parse::<Token>())? {
            prop_assert_eq!(token.to_string().parse::<Token>(), Ok(token));
        }
        Ok(())
    });
}

#[test]
fn any_journal_is_read_and_continued_or_left_alone() {
    let runtime = Runtime::new().unwrap();
    let Some((_, _, counters)) = runtime.block_on(world_with::<Counter>(&[])) else {
        return;
    };
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        // The format of today, and what may be whole ids.
        (0u8..70, 0usize..70, any::<u8>()).prop_map(|(writers, ids, fill)| [
            vec![1, writers],
            vec![fill; ids * 16]
        ]
        .concat()),
    ];
    run(200, &bytes, |bytes| {
        runtime.block_on(async {
            let of_another_format = bytes.first().is_some_and(|format| *format != 1);
            let journal = AttributeValue::B(Blob::new(bytes));
            counters.put_unchecked(counter("c")).await.unwrap();
            update_raw(&counters, "c", "journal", journal.clone()).await;
            let added = counters.modify("c", |c| c.count += 1).await;
            if of_another_format {
                prop_assert!(added.unwrap_err().is_marshalling());
                let stored = read_raw(&counters, "c").await.unwrap();
                prop_assert_eq!(&stored["journal"], &journal);
            } else {
                prop_assert_eq!(added.unwrap().stored.count, 1);
                let again = counters.modify("c", |c| c.count += 1).await;
                prop_assert_eq!(again.unwrap().stored.count, 2);
            }
            Ok(())
        })
    });
}

fn run<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(optimist_tests::seed()),
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(strategy, test).unwrap();
}
