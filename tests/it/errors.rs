//! Errors name table, key and attribute, carry their source, and show no values.

use std::error::Error as _;

use optimist::{Entity, ErrorKind};

use crate::support::{Counter, counter, put_raw, s, world};

#[tokio::test]
async fn a_wrong_type_names_table_key_attribute_and_both_types() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", s("a secret"))]).await;
    let error = counters.get("c").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Marshalling);
    let text = format!("{error} {error:?} {:?}", error.source());
    for part in ["counters", "\"c\"", "`count`", "u64", "S (string)"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_missing_attribute_is_named() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c"))]).await;
    let text = counters.get("c").await.unwrap_err().to_string();
    assert!(
        text.contains("`count`") && text.contains("missing"),
        "{text}"
    );
}

#[tokio::test]
async fn the_source_chain_reaches_the_sdk() {
    let (backend, _, _) = world!(Counter);
    let elsewhere = backend.machine_with(std::time::Duration::ZERO, |db| {
        db.table_prefix("no-such-table-")
    });
    let error = elsewhere
        .db
        .table::<Counter>()
        .insert(counter("c"))
        .await
        .unwrap_err();
    assert!(error.is_service(), "{error}");
    let mut chain = std::iter::successors(error.source(), |&e| e.source());
    assert!(
        chain.any(|e| format!("{e:?}").contains("ResourceNotFoundException")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_conflict_shows_no_values_of_the_item() {
    #[derive(Entity, Debug)]
    #[entity(table = "secrets")]
    struct Secret {
        #[entity(partition_key)]
        id: String,
        word: String,
    }
    let (_, _, secrets) = world!(Secret);
    let secret = |word: &str| Secret {
        id: "s".into(),
        word: word.into(),
    };
    secrets.insert(secret("swordfish")).await.unwrap();
    let error = secrets.insert(secret("sesame")).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains("swordfish") && !text.contains("sesame"),
        "{text}"
    );
    assert_eq!(
        error.current::<Secret>().unwrap().unwrap().word,
        "swordfish"
    );
}

#[test]
fn a_journal_of_no_or_too_many_writers_is_refused() {
    for writers in [0, 65, 255] {
        let client = optimist::local::client().unwrap();
        let error = optimist::Db::builder(client)
            .journal_writers(writers)
            .build()
            .unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
}

#[tokio::test]
async fn a_service_error_says_what_the_service_said() {
    let (backend, _, _) = world!(Counter);
    let elsewhere = backend.machine_with(std::time::Duration::ZERO, |db| {
        db.table_prefix("no-such-table-")
    });
    let counters = elsewhere.db.table::<Counter>();
    for error in [
        counters.get("c").await.unwrap_err(),
        counters.insert(counter("c")).await.unwrap_err(),
        counters
            .apply("c", Counter::COUNT.add(1))
            .await
            .unwrap_err(),
    ] {
        assert!(error.is_service(), "{error}");
        assert_eq!(error.code(), Some("ResourceNotFoundException"), "{error}");
        let text = error.to_string();
        assert!(text.contains("ResourceNotFoundException"), "{text}");
        assert!(text.contains("no-such-table-"), "{text}");
    }
}
