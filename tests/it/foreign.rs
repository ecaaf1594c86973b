//! Tables that other tools write too: legacy items, other mappers' versions, odd names.

use aws_sdk_dynamodb::primitives::Blob;
use optimist::{AttributeValue, Entity, ErrorKind, Lock, Stored};

use crate::support::{
    Counter, PlainCounter, UuidCounter, counter, n, put_raw, read_raw, s, update_raw, world,
};

#[tokio::test]
async fn a_legacy_item_is_adopted_by_its_first_save() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let mut first = counters.require("c").await.unwrap();
    let mut second = counters.require("c").await.unwrap();
    assert_eq!(Stored::lock(&first), None);
    first.count += 1;
    counters.save(&mut first).await.unwrap();
    assert_eq!(Stored::lock(&first), Some(&Lock::Version(1)));
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
        assert_eq!(Stored::lock(&stored), Some(&Lock::Version(version + 1)));
        assert!(Stored::image(&stored)["journal"].is_b());
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
async fn a_journal_that_was_damaged_begins_anew() {
    let spoilt = AttributeValue::B(Blob::new([0xFA, b'J', 1, 8, 3]));
    let (_, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    update_raw(&counters, "c", "journal", spoilt.clone()).await;
    let mut stale = counters.require("c").await.unwrap();
    let stored = counters.modify("c", |c| c.count += 1).await.unwrap().stored;
    assert_eq!(Stored::lock(&stored), Some(&Lock::Version(2)));
    assert_ne!(Stored::image(&stored)["journal"], spoilt);
    stale.count = 9;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn an_attribute_of_others_in_the_journals_place_is_never_overwritten() {
    for (locked, foreign) in [
        (false, s("years of notes")),
        (true, s("years of notes")),
        (true, AttributeValue::B(Blob::new([1, 8, 3]))),
        (false, AttributeValue::B(Blob::new(b"\x89PNG"))),
        (true, n(7)),
    ] {
        let (_, machine, counters) = world!(Counter);
        let version = locked.then(|| ("version", n(4)));
        let item = [
            ("id", s("c")),
            ("count", n(1)),
            ("journal", foreign.clone()),
        ];
        put_raw(&counters, item.into_iter().chain(version)).await;
        let before = read_raw(&counters, "c").await;
        let mut handle = counters.require("c").await.unwrap();
        machine.transport.reset();
        handle.count = 2;
        for error in [
            counters.save(&mut handle).await.unwrap_err(),
            counters.modify("c", |c| c.count += 1).await.unwrap_err(),
        ] {
            assert!(error.is_invalid_input(), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("`journal`") && text.contains("journal = off"),
                "{text}"
            );
        }
        assert_eq!(machine.transport.count("UpdateItem"), 0, "before a request");
        assert_eq!(read_raw(&counters, "c").await, before);
    }
}

#[tokio::test]
async fn an_attribute_that_appears_in_the_journals_place_meanwhile_is_not_overwritten_either() {
    for locked in [false, true] {
        let (_, _, counters) = world!(Counter);
        let version = locked.then(|| ("version", n(4)));
        let item = [("id", s("c")), ("count", n(1))];
        put_raw(&counters, item.into_iter().chain(version)).await;
        let mut handle = counters.require("c").await.unwrap();
        update_raw(&counters, "c", "journal", s("notes")).await;
        handle.count = 2;
        assert!(counters.save(&mut handle).await.unwrap_err().is_conflict());
        let item = read_raw(&counters, "c").await.unwrap();
        assert_eq!((&item["count"], &item["journal"]), (&n(1), &s("notes")));
    }
}

#[tokio::test]
async fn a_journal_whose_version_was_removed_begins_another_life() {
    let (_, _, counters) = world!(Counter);
    let mut stale = counters.insert(counter("c")).await.unwrap();
    let token = Stored::token(&stale).unwrap();
    let remove = counters.db().client().update_item().key("id", s("c"));
    let remove = remove
        .table_name(counters.name())
        .update_expression("REMOVE version");
    remove.send().await.unwrap();
    // A blind write cannot tell one life from the next.
    let error = counters
        .apply("c", Counter::COUNT.add(1))
        .await
        .unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`version`"),
        "{error}"
    );
    let stored = counters.modify("c", |c| c.count += 1).await.unwrap().stored;
    assert_eq!(Stored::lock(&stored), Some(&Lock::Version(1)));
    stale.count = 9;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    let old = counters.save_as(counter("c"), token).await.unwrap_err();
    assert!(old.is_conflict(), "{old}");
}

#[tokio::test]
async fn a_text_that_is_no_uuid_is_no_lock_and_stays() {
    let (_, _, counters) = world!(UuidCounter);
    let yale = s("Yale 1843, key no. 7");
    put_raw(
        &counters,
        [("id", s("c")), ("count", n(1)), ("lock", yale.clone())],
    )
    .await;
    let error = counters.modify("c", |c| c.count += 1).await.unwrap_err();
    assert!(
        error.is_marshalling() && error.to_string().contains("`lock`"),
        "{error}"
    );
    assert!(!error.to_string().contains("Yale"), "{error}");
    assert_eq!(read_raw(&counters, "c").await.unwrap()["lock"], yale);
}

#[tokio::test]
async fn a_journal_of_a_newer_format_is_read_past_and_never_overwritten() {
    let (_, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let newer = AttributeValue::B(Blob::new([0xFA, b'J', 9, 1, 2, 3]));
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
    assert_eq!(Stored::image(&again)["status.#:v"], n(2));
    assert_eq!(table.delete(again).await.unwrap(), optimist::Deleted::Done);
}

#[tokio::test]
async fn adopt_gives_a_legacy_item_its_lock_and_nothing_else() {
    let (_, machine, counters) = world!(Counter);
    let legacy = [("id", s("c")), ("count", n(5)), ("note", s("a"))];
    put_raw(&counters, legacy.clone()).await;
    machine.transport.reset();
    let stored = counters.adopt("c").await.unwrap().stored;
    assert_eq!(Stored::lock(&stored), Some(&Lock::Version(1)));
    assert_eq!(machine.transport.total(), 2);
    let mut item = read_raw(&counters, "c").await.unwrap();
    assert_eq!(&item, Stored::image(&stored));
    assert!(item.remove("version").is_some() && item.remove("journal").is_some());
    let legacy = legacy.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(item, legacy.into_iter().collect());
    // Once is enough, for whoever asks.
    machine.transport.reset();
    counters.adopt("c").await.unwrap();
    assert_eq!(machine.transport.count("UpdateItem"), 0);
    assert!(counters.adopt("nobody").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn machines_that_adopt_at_once_agree() {
    let (backend, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let adopted = (0..8).map(|_| {
        let counters = backend.machine().db.table::<Counter>();
        async move { counters.adopt("c").await.unwrap().stored }
    });
    let handles = futures::future::join_all(adopted).await;
    let item = read_raw(&counters, "c").await.unwrap();
    assert_eq!(item["version"], n(1));
    assert!(handles.iter().all(|handle| *Stored::image(handle) == item));
}

#[tokio::test]
async fn an_item_that_a_query_of_ones_own_brought_is_a_handle() {
    let (_, _, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let item = read_raw(&counters, "c").await.unwrap();
    let mut handle = counters.stored(item.clone()).unwrap();
    let mut stale = counters.stored(item.clone()).unwrap();
    handle.count = 1;
    counters.save(&mut handle).await.unwrap();
    stale.count = 2;
    assert!(counters.save(&mut stale).await.unwrap_err().is_conflict());
    // A projection lacks what the entity needs, or its lock.
    let mut without_count = item.clone();
    without_count.remove("count");
    let error = counters.stored(without_count).unwrap_err();
    assert!(
        error.is_marshalling() && error.to_string().contains("`count`"),
        "{error}"
    );
    let mut without_lock = item;
    without_lock.remove("version");
    let mut handle = counters.stored(without_lock).unwrap();
    handle.count = 3;
    assert!(counters.save(&mut handle).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_table_may_have_a_name_that_is_known_at_run_time() {
    let (_, machine, counters) = world!(Counter);
    let named = machine.db.table_named::<Counter>(counters.name());
    named.insert(counter("c")).await.unwrap();
    assert!(counters.get("c").await.unwrap().is_some());
}
