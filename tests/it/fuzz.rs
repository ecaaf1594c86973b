//! What others wrote (numbers, keys, tokens, resume tokens, journals) is read or refused: no panic, and no allocation beyond the order of
//! its length.

use allocation_counter::measure;
use aws_sdk_dynamodb::primitives::Blob;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use optimist::query::ResumeToken;
use optimist::{AttributeValue, KeyValue, Number, Stored, Token};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use sha2::{Digest, Sha256};
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

/// Runs `read` on `text`; it may take a few KB, and more only as the text is longer. (Most by a resume token: a byte of it can be
/// a position, which is as large as a key.)
fn within_measure<T>(text: &str, read: impl FnOnce() -> T) -> Result<T, TestCaseError> {
    let mut result = None;
    let used = measure(|| result = Some(read()));
    let most = 8 * 1024 + 128 * u64::try_from(text.len()).unwrap();
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

/// The bytes of a resume token, with lengths that lie and types that are none.
fn nearly_positions() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        4 => (0u32..20).boxed(),
        1 => any::<u32>().boxed(),
        1 => Just(u32::MAX).boxed(),
    ];
    let kind = prop_oneof![8 => prop::sample::select(&b"SNB"[..]), 1 => any::<u8>()];
    let key = (kind, length, vec(0u8..200, 0..20)).prop_map(|(kind, length, mut content)| {
        // Mostly as long as it says.
        if length < 20 {
            content.resize(length as usize, b'7');
        }
        [&[kind][..], &length.to_be_bytes(), &content].concat()
    });
    let position = prop_oneof![
        Just(vec![0]),
        Just(vec![1]),
        key.clone().prop_map(|key| [vec![2], key].concat()),
        (key.clone(), key).prop_map(|(hash, range)| [vec![3], hash, range].concat()),
        vec(any::<u8>(), 0..4),
        (0u8..4, 0usize..300).prop_map(|(byte, times)| vec![byte; times]),
    ];
    vec(position, 0..6).prop_map(|positions| positions.concat())
}

#[test]
fn any_text_is_a_resume_token_or_none() {
    let tokens = (
        prop_oneof![8 => Just(1u8), 1 => any::<u8>()],
        any::<[u8; 8]>(),
    );
    let tokens = (
        tokens,
        nearly_positions(),
        prop_oneof![8 => Just(true), 1 => any::<bool>()],
    );
    let read = std::cell::Cell::new(0);
    run(2000, &tokens, |((format, of), positions, sealed)| {
        let mut bytes = [&[format][..], &of, &positions].concat();
        if sealed {
            bytes.extend_from_slice(&Sha256::digest(&bytes)[..4]);
        }
        let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        if let Ok(token) = within_measure(&text, || text.parse::<ResumeToken>())? {
            read.set(read.get() + 1);
            prop_assert_eq!(token.to_string(), text);
        }
        Ok(())
    });
    assert!(read.get() > 100, "only {} were tokens", read.get());
    run(500, &"[A-Za-z0-9_=-]{0,100}|.{0,40}", |text| {
        within_measure(&text, || drop(text.parse::<ResumeToken>()))?;
        Ok(())
    });
}

/// What becomes of the bytes of a journal on its way through other tools.
#[derive(Debug, Clone)]
enum Spoilt {
    Replaced(Vec<u8>),
    Cut(Index),
    Extended(Vec<u8>),
    Changed(Vec<(Index, u8)>),
}

impl Spoilt {
    fn of(self, mut journal: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Replaced(bytes) => return bytes,
            Self::Cut(at) => journal.truncate(at.index(journal.len())),
            Self::Extended(bytes) => journal.extend(bytes),
            Self::Changed(bytes) => {
                for (at, byte) in bytes {
                    let at = at.index(journal.len());
                    journal[at] = byte;
                }
            }
        }
        journal
    }
}

fn spoilt() -> impl Strategy<Value = Spoilt> {
    prop_oneof![
        vec(any::<u8>(), 0..60).prop_map(Spoilt::Replaced),
        any::<Index>().prop_map(Spoilt::Cut),
        vec(any::<u8>(), 0..40).prop_map(Spoilt::Extended),
        // Whole write ids, up to more than a journal may hold.
        (0usize..70, any::<u8>()).prop_map(|(ids, fill)| Spoilt::Extended(vec![fill; ids * 16])),
        vec((any::<Index>(), any::<u8>()), 0..4).prop_map(Spoilt::Changed),
    ]
}

#[test]
fn any_journal_is_continued_begun_anew_or_left_alone() {
    let runtime = Runtime::new().unwrap();
    let Some((_, _, counters)) = runtime.block_on(world_with::<Counter>(&[])) else {
        return;
    };
    run(300, &spoilt(), |spoilt| {
        runtime.block_on(async {
            counters.delete_unchecked("c").await.unwrap();
            let inserted = counters.insert(counter("c")).await.unwrap();
            let journal = Stored::image(&inserted)["journal"].as_b().unwrap().as_ref();
            let spoilt = spoilt.of(journal.to_vec());
            let untouched = spoilt == journal;
            let spoilt = AttributeValue::B(Blob::new(spoilt));
            update_raw(&counters, "c", "journal", spoilt.clone()).await;
            match counters.modify("c", |c| c.count += 1).await {
                Ok(added) => {
                    prop_assert_eq!(added.stored.count, 1);
                    let again = counters.modify("c", |c| c.count += 1).await;
                    prop_assert_eq!(again.unwrap().stored.count, 2);
                }
                Err(error) => {
                    prop_assert!(!untouched, "{error}");
                    let refused = error.is_marshalling() || error.is_invalid_input();
                    prop_assert!(refused, "{error}");
                    let stored = read_raw(&counters, "c").await.unwrap();
                    prop_assert_eq!(&stored["journal"], &spoilt);
                }
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
