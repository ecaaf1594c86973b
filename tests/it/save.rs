//! Only what changed travels, what the struct does not know stays, and a stale holder never wins.

use std::collections::{BTreeMap, HashMap, HashSet};

use optimist::{AttributeValue, Entity, ErrorKind, Lock, Stored};
use serde::{Deserialize, Serialize};

use crate::support::{
    Address, User, UuidCounter, n, put_raw, read_raw, s, update_raw, user, world,
};

#[tokio::test]
async fn a_stale_holder_conflicts_and_sees_the_current_item() {
    let (_, _, users) = world!(User);
    let mut one = users.insert(user("ann")).await.unwrap();
    let mut two = users.require("ann").await.unwrap();
    one.email = "one".into();
    users.save(&mut one).await.unwrap();
    two.email = "two".into();
    let error = users.save(&mut two).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let mut current = error.current::<User>().unwrap().unwrap();
    assert_eq!(current.email, "one");
    current.email = "two".into();
    users.save(&mut current).await.unwrap();
    assert_eq!(users.require("ann").await.unwrap().email, "two");
}

#[tokio::test]
async fn a_stale_holder_cannot_save_after_delete_and_re_create_with_the_same_version() {
    let (_, _, users) = world!(User);
    let mut stale = users.insert(user("ann")).await.unwrap();
    users.delete(stale.clone()).await.unwrap();
    let again = users.insert(user("ann")).await.unwrap();
    assert_eq!(Stored::lock(&again), Some(&Lock::Version(1)));
    assert_eq!(Stored::lock(&stale), Some(&Lock::Version(1)));
    stale.email = "from a former life".into();
    assert!(users.save(&mut stale).await.unwrap_err().is_conflict());
    assert!(users.delete(stale).await.unwrap_err().is_conflict());
    assert_eq!(users.require("ann").await.unwrap().email, again.email);
}

#[tokio::test]
async fn a_deleted_item_is_not_brought_back() {
    let (_, _, users) = world!(User);
    let mut stale = users.insert(user("ann")).await.unwrap();
    users.delete(stale.clone()).await.unwrap();
    stale.email = "ghost".into();
    let error = users.save(&mut stale).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(read_raw(&users, "ann").await.is_none());
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Nested {
    known: u32,
    maybe: Option<String>,
}

#[derive(Entity, Debug)]
#[entity(table = "odd")]
struct Odd {
    #[entity(partition_key)]
    id: String,
    nested: Nested,
    #[entity(default)]
    added_later: u32,
    none: Option<String>,
    long: f64,
    unmarked: HashSet<String>,
    #[entity(set)]
    marked: HashSet<String>,
}

#[tokio::test]
async fn an_untouched_round_trip_sends_nothing() {
    let (_, machine, table) = world!(Odd);
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let nested = HashMap::from([
        ("known".to_owned(), n(1)),
        ("unknown".to_owned(), s("of a newer service")),
    ]);
    put_raw(
        &table,
        [
            ("id", s("o")),
            ("nested", AttributeValue::M(nested)),
            ("long", n(123_456_789_012_345_678_901_234_567_890i128)),
            (
                "unmarked",
                AttributeValue::L(
                    words(&["c", "a", "b"])
                        .into_iter()
                        .map(AttributeValue::S)
                        .collect(),
                ),
            ),
            ("marked", AttributeValue::Ss(words(&["z", "y", "x"]))),
            ("foreign", AttributeValue::Bool(true)),
        ],
    )
    .await;
    let before = read_raw(&table, "o").await;
    machine.transport.reset();
    let mut odd = table.require("o").await.unwrap();
    let _touched: &mut Odd = &mut odd;
    table.save(&mut odd).await.unwrap();
    table.modify("o", |_| ()).await.unwrap();
    assert_eq!(machine.transport.count("UpdateItem"), 0);
    assert_eq!(read_raw(&table, "o").await, before);
}

#[tokio::test]
async fn a_service_on_an_older_struct_leaves_newer_attributes_alone() {
    let (_, _, table) = world!(Odd);
    table
        .insert(Odd {
            id: "o".into(),
            nested: Nested {
                known: 1,
                maybe: Some("x".into()),
            },
            added_later: 0,
            none: None,
            long: 0.5,
            unmarked: HashSet::new(),
            marked: HashSet::new(),
        })
        .await
        .unwrap();
    update_raw(&table, "o", "newer", n(1)).await;
    let nested = HashMap::from([
        ("known".to_owned(), n(1)),
        ("maybe".to_owned(), s("x")),
        ("newer".to_owned(), s("nested")),
    ]);
    update_raw(&table, "o", "nested", AttributeValue::M(nested.clone())).await;
    let mut odd = table.require("o").await.unwrap();
    odd.nested.known = 2;
    table.save(&mut odd).await.unwrap();
    let stored = read_raw(&table, "o").await.unwrap();
    let mut expected = nested;
    expected.insert("known".into(), n(2));
    assert_eq!(stored["nested"], AttributeValue::M(expected));
    assert_eq!(stored["newer"], n(1));
    assert_eq!(&stored, Stored::image(&odd));
}

#[tokio::test]
async fn every_kind_of_field_is_changed_removed_and_read_back() {
    let (_, _, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    ann.friends = ["bob".to_owned(), "cat".to_owned()].into();
    ann.nickname = Some("annie".into());
    ann.address = Address {
        city: "Rome".into(),
        street: Some("Via Appia".into()),
    };
    ann.limits = BTreeMap::from([("a.b".into(), 1), ("#c".into(), 2)]);
    users.save(&mut ann).await.unwrap();
    assert_eq!(*users.require("ann").await.unwrap(), *ann);
    ann.friends.clear();
    ann.nickname = None;
    ann.address.street = None;
    ann.limits.remove("a.b");
    ann.limits.insert("d".into(), 3);
    ann.tags.clear();
    users.save(&mut ann).await.unwrap();
    let read = users.require("ann").await.unwrap();
    assert_eq!(*read, *ann);
    assert_eq!(Stored::image(&read), Stored::image(&ann));
    assert!(
        !Stored::image(&read).contains_key("friends"),
        "an empty set is an absent attribute"
    );
    assert!(!Stored::image(&read).contains_key("nickname"));
}

#[tokio::test]
async fn a_changed_key_is_refused_before_a_request() {
    let (_, machine, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    machine.transport.reset();
    ann.id = "bob".into();
    let error = users.save(&mut ann).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("`id`"), "{error}");
    let error = users
        .modify("ann", |ann| ann.id = "bob".into())
        .await
        .unwrap_err();
    assert!(error.is_invalid_input());
    assert_eq!(machine.transport.count("UpdateItem"), 0);
    ann.id = "ann".into();
    ann.logins = 1;
    users.save(&mut ann).await.unwrap();
}

#[derive(Entity, Debug)]
#[entity(table = "viewed")]
struct Viewed {
    #[entity(partition_key)]
    id: String,
    #[entity(lock)]
    revision: Option<u64>,
    text: String,
}

#[tokio::test]
async fn the_lock_view_is_refreshed_and_read_only() {
    let (_, _, table) = world!(Viewed);
    let new = Viewed {
        id: "v".into(),
        revision: Some(99),
        text: String::new(),
    };
    let mut viewed = table.insert(new).await.unwrap();
    assert_eq!(viewed.revision, Some(1), "ignored on insert");
    viewed.text = "b".into();
    table.save(&mut viewed).await.unwrap();
    assert_eq!(viewed.revision, Some(2));
    let modified = table.modify("v", |v| v.text.push('c')).await.unwrap();
    assert_eq!(modified.stored.revision, Some(3));
    assert_eq!(table.require("v").await.unwrap().revision, Some(3));
    table.reload(&mut viewed).await.unwrap();
    viewed.revision = Some(7);
    let error = table.save(&mut viewed).await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`version`"),
        "{error}"
    );
}

#[tokio::test]
async fn of_several_conditions_all_must_hold() {
    let (_, _, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    let (holds, fails) = (|| User::LOGINS.eq(0), || User::LOGINS.eq(7));
    for (one, other) in [(holds(), fails()), (fails(), holds())] {
        ann.email = "new".into();
        let saved = users.save(&mut ann).condition(one).condition(other);
        assert!(saved.await.unwrap_err().is_condition_refused());
    }
    let saved = users.save(&mut ann).condition(holds());
    saved.condition(User::TAGS.exists()).await.unwrap();
    assert_eq!(users.require("ann").await.unwrap().email, "new");
}

#[tokio::test]
async fn under_a_uuid_the_journal_is_not_compared() {
    let (_, _, counters) = world!(UuidCounter);
    let zero = |id: &str| UuidCounter {
        id: id.into(),
        count: 0,
    };
    let mut handle = counters.insert(zero("c")).await.unwrap();
    let other = counters.insert(zero("d")).await.unwrap();
    let journal = Stored::image(&other)["journal"].clone();
    update_raw(&counters, "c", "journal", journal).await;
    handle.count = 1;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 1);
}

#[tokio::test]
async fn a_change_inside_a_map_leaves_what_another_tool_put_beside_it() {
    let (_, _, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    let address = [("city", s("old")), ("unmapped", s("of a tool"))];
    let address = address.map(|(name, value)| (name.to_owned(), value));
    let address = AttributeValue::M(address.into());
    update_raw(&users, "ann", "address", address).await;
    ann.address.city = "new".into();
    users.save(&mut ann).await.unwrap();
    let stored = read_raw(&users, "ann").await.unwrap();
    let stored = stored["address"].as_m().unwrap();
    assert_eq!(stored["city"], s("new"));
    assert_eq!(stored["unmapped"], s("of a tool"));
}

#[tokio::test]
async fn an_item_that_a_save_makes_too_large_is_refused_before_a_request() {
    let (_, machine, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    // What is replaced does not count.
    for letter in ["x", "y"] {
        ann.email = letter.repeat(390 * 1024);
        users.save(&mut ann).await.unwrap();
    }
    machine.transport.reset();
    ann.email = "z".repeat(400 * 1024 - 20);
    let error = users.save(&mut ann).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(error.to_string().contains("`email`"), "{error}");
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_handle_shows_entity_and_lock_to_a_developer() {
    let (_, _, users) = world!(User);
    let stored = users.insert(user("ann")).await.unwrap();
    let shown = format!("{stored:?}");
    assert!(
        shown.contains("\"ann\"") && shown.contains("Version(1)"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_handle_of_another_table_is_refused() {
    let (backend, machine, users) = world!(User);
    let mut ann = users.insert(user("ann")).await.unwrap();
    let other = optimist::Db::builder(machine.db.client().clone())
        .table_prefix("other-")
        .build()
        .unwrap();
    ann.logins = 1;
    let error = other.table::<User>().save(&mut ann).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    drop(backend);
}

#[tokio::test]
async fn a_map_with_more_changes_than_an_expression_holds_is_saved_and_keeps_what_is_unknown() {
    let (_, _, users) = world!(User);
    let mut new = user("ann");
    new.limits = BTreeMap::from([("known".to_owned(), 1)]);
    users.insert(new).await.unwrap();
    let nested = HashMap::from([("known".to_owned(), n(1)), ("unknown".to_owned(), n(7))]);
    update_raw(&users, "ann", "limits", AttributeValue::M(nested)).await;
    let mut ann = users.require("ann").await.unwrap();
    ann.limits
        .extend((0..400).map(|i| (format!("entry-{i}"), i)));
    users.save(&mut ann).await.unwrap();
    let read = users.require("ann").await.unwrap();
    assert_eq!(read.limits.len(), 402);
    assert_eq!(read.limits["unknown"], 7);
    assert_eq!(Stored::image(&read), Stored::image(&ann));
}
