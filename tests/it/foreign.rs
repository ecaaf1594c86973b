//! Tables that other tools write too: legacy items, other mappers' versions, odd names.

use aws_sdk_dynamodb::primitives::Blob;
use optimist::{AttributeValue, Entity, ErrorKind, Lock};

use crate::support::{
    Counter, PlainCounter, UuidCounter, counter, n, put_raw, read_raw, s, update_raw, world,
};

#[tokio::test]
async fn a_legacy_item_is_adopted_by_its_first_save() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let mut first = counters.require("c").await.unwrap();
    let mut second = counters.require("c").await.unwrap();
    assert_eq!(first.lock(), None);
    first.count += 1;
    counters.save(&mut first).await.unwrap();
    assert_eq!(first.lock(), Some(&Lock::Version(1)));
    second.count += 1;
    let error = counters.save(&mut second).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let stored = read_raw(&counters, "c").await.unwrap();
    assert_eq!((&stored["count"], &stored["version"]), (&n(6), &n(1)));
    assert!(stored["journal"].is_b());
}

#[tokio::test]
async fn a_legacy_item_is_deleted_while_it_is_one() {
    let (_, _, counters) = world!(UuidCounter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let stale = counters.require("c").await.unwrap();
    let adopted = counters.modify("c", |c| c.count += 1).await.unwrap();
    assert!(counters.delete(stale).await.unwrap_err().is_conflict());
    assert_eq!(
        counters.delete(adopted.stored).await.unwrap(),
        optimist::Deleted::Done
    );
}

#[tokio::test]
async fn an_item_with_a_version_and_no_journal_is_updated_and_gains_one() {
    for version in [0, 7] {
        let (_, _, counters) = world!(Counter);
        put_raw(
            &counters,
            [("id", s("c")), ("count", n(5)), ("version", n(version))],
        )
        .await;
        let mut stale = counters.require("c").await.unwrap();
        let stored = counters.modify("c", |c| c.count += 1).await.unwrap().stored;
        assert_eq!(stored.lock(), Some(&Lock::Version(version + 1)));
        assert!(stored.image()["journal"].is_b());
        stale.count = 0;
        assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    }
}

#[tokio::test]
async fn with_the_journal_off_items_are_those_of_other_mappers() {
    let (_, _, plain) = world!(PlainCounter);
    let mut handle = plain
        .insert(PlainCounter {
            id: "c".into(),
            count: 0,
        })
        .await
        .unwrap();
    handle.count = 1;
    plain.save(&mut handle).await.unwrap();
    let stored = read_raw(&plain, "c").await.unwrap();
    let expected = [("id", s("c")), ("count", n(1)), ("version", n(2))];
    assert_eq!(stored, expected.map(|(k, v)| (k.to_owned(), v)).into());
    // Another mapper writes: `SET count, version = version + 1`.
    update_raw(&plain, "c", "version", n(3)).await;
    handle.count = 2;
    assert!(plain.save(&mut handle).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_journal_that_another_tool_spoilt_begins_anew() {
    for spoilt in [
        s("text"),
        AttributeValue::B(Blob::new([1, 8, 3])),
        AttributeValue::Null(true),
    ] {
        let (_, _, counters) = world!(Counter);
        counters.insert(counter("c")).await.unwrap();
        update_raw(&counters, "c", "journal", spoilt.clone()).await;
        let mut stale = counters.require("c").await.unwrap();
        let stored = counters.modify("c", |c| c.count += 1).await.unwrap().stored;
        assert_eq!(stored.lock(), Some(&Lock::Version(2)));
        assert_ne!(stored.image()["journal"], spoilt);
        stale.count = 9;
        assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_format_is_read_past_and_never_overwritten() {
    let (_, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let newer = AttributeValue::B(Blob::new([9, 1, 2, 3]));
    update_raw(&counters, "c", "journal", newer.clone()).await;
    let mut handle = counters.require("c").await.unwrap();
    handle.count = 1;
    let error = counters.save(&mut handle).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Marshalling);
    assert!(error.to_string().contains("format 9"), "{error}");
    assert!(counters.delete(handle).await.is_err());
    assert_eq!(read_raw(&counters, "c").await.unwrap()["journal"], newer);
}

#[tokio::test]
async fn a_version_at_its_maximum_is_refused_before_a_request() {
    let (_, machine, counters) = world!(Counter);
    put_raw(
        &counters,
        [("id", s("c")), ("count", n(5)), ("version", n(i64::MAX))],
    )
    .await;
    let mut handle = counters.require("c").await.unwrap();
    machine.transport.reset();
    handle.count = 1;
    let error = counters.save(&mut handle).await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`version`"),
        "{error}"
    );
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_lock_that_is_none_names_the_attribute_and_both_types() {
    let (_, _, counters) = world!(Counter);
    put_raw(
        &counters,
        [("id", s("c")), ("count", n(5)), ("version", s("one"))],
    )
    .await;
    let error = counters.get("c").await.unwrap_err();
    assert!(error.is_marshalling());
    let text = error.to_string();
    for part in [
        "counters",
        "\"c\"",
        "`version`",
        "N, an integer",
        "S (string)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "odd.names-1",
    lock(version, attribute = "status.#:v", journal = "order by")
)]
struct Odd {
    #[entity(partition_key, rename = "name")]
    key: String,
    #[entity(sort_key, rename = "range")]
    sort: i64,
    #[entity(rename = "a.b[0]")]
    dotted: u32,
    #[entity(rename = "#n0")]
    hash: u32,
    #[entity(rename = ":v0")]
    colon: u32,
    #[entity(rename = "ünï 🦀")]
    unicode: Option<String>,
    r#type: String,
}

#[tokio::test]
async fn reserved_and_odd_names_work_everywhere() {
    let (_, _, table) = world!(Odd);
    let odd = Odd {
        key: "k".into(),
        sort: -1,
        dotted: 1,
        hash: 2,
        colon: 3,
        unicode: Some("x".into()),
        r#type: "t".into(),
    };
    table.insert(odd.clone()).await.unwrap();
    let mut read = table.require(("k", -1)).await.unwrap();
    assert_eq!(*read, odd);
    (read.dotted, read.hash, read.colon, read.unicode) = (10, 20, 30, None);
    read.r#type = "u".into();
    table.save(&mut read).await.unwrap();
    let again = table.require(("k", -1i64)).await.unwrap();
    assert_eq!(*again, *read);
    assert_eq!(again.image()["status.#:v"], n(2));
    assert_eq!(table.delete(again).await.unwrap(), optimist::Deleted::Done);
}
