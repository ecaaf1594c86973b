//! Typed changes of what was read: one request, one winner, nothing wrong removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use optimist::{AttributeValue, Change, Entity, ErrorKind, Lock, Part, Stored};
use optimist_tests::Fault;
use serde::{Deserialize, Serialize};

use crate::support::{n, put_raw, read_raw, s, update_raw, world};

#[derive(Part, Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    pub city_name: String,
    pub rooms: Vec<u32>,
    pub note: Option<String>,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "people")]
pub struct Person {
    #[entity(partition_key)]
    pub id: String,
    pub logins: u64,
    pub score: Option<f64>,
    pub tags: Vec<String>,
    #[entity(set)]
    pub friends: BTreeSet<String>,
    #[entity(set, const = "LUCKY_NUMBERS")]
    pub lucky: Vec<u32>,
    pub home: Home,
    #[entity(default)]
    pub limits: BTreeMap<String, i64>,
}

pub fn person(id: &str) -> Person {
    Person {
        id: id.into(),
        logins: 0,
        score: None,
        tags: ["a", "b", "c", "b"].map(String::from).to_vec(),
        friends: BTreeSet::new(),
        lucky: Vec::new(),
        home: Home {
            city_name: "Rome".into(),
            rooms: vec![1, 2],
            note: None,
        },
        limits: BTreeMap::new(),
    }
}

#[tokio::test]
async fn one_request_and_the_handle_is_current() {
    let (_, machine, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    machine.transport.reset();
    let change = Person::LOGINS.add(2)
        + Person::SCORE.set(0.5)
        + Person::TAGS.append(["d"])
        + Person::FRIENDS.insert(["bob", "cat"])
        + Person::LUCKY_NUMBERS.insert([7u32])
        + Person::HOME.field(Home::CITY_NAME).set("Oslo")
        + Person::HOME.field(Home::ROOMS).prepend([0u32])
        + Person::LIMITS.key("x.y").set(-1);
    people.update(&mut ann, change).await.unwrap();
    assert_eq!(machine.transport.total(), 1);
    let mut expected = person("ann");
    expected.logins = 2;
    expected.score = Some(0.5);
    expected.tags.push("d".into());
    expected.friends = ["bob".into(), "cat".into()].into();
    expected.lucky = vec![7];
    expected.home = Home {
        city_name: "Oslo".into(),
        rooms: vec![0, 1, 2],
        note: None,
    };
    expected.limits = [("x.y".to_owned(), -1)].into();
    assert_eq!(*ann, expected);
    let read = people.require("ann").await.unwrap();
    assert_eq!(
        (&*read, Stored::lock(&read), Stored::image(&read)),
        (&expected, Stored::lock(&ann), Stored::image(&ann))
    );
    people
        .update(&mut ann, Person::LOGINS.sub(1) + Person::SCORE.remove())
        .await
        .unwrap();
    assert_eq!((ann.logins, ann.score), (1, None));
    assert_eq!(Stored::lock(&ann), Some(&Lock::Version(3)));
}

#[tokio::test]
async fn a_stale_lock_and_a_refused_condition_are_different_kinds() {
    let (_, _, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    let mut stale = ann.clone();
    let refused = people
        .update(&mut ann, Person::LOGINS.add(1))
        .condition(Person::LOGINS.gt(5));
    let error = refused.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionRefused, "{error}");
    people
        .update(&mut ann, Person::LOGINS.add(1))
        .condition(Person::LOGINS.lt(5))
        .await
        .unwrap();
    let conflict = people
        .update(&mut stale, Person::LOGINS.add(1))
        .condition(Person::LOGINS.gt(5));
    assert_eq!(conflict.await.unwrap_err().kind(), ErrorKind::Conflict);
    ann.logins = 7;
    let refused = people
        .save(&mut ann)
        .condition(Person::TAGS.contains("z"))
        .await
        .unwrap_err();
    assert!(refused.is_condition_refused());
    people
        .save(&mut ann)
        .condition(Person::TAGS.contains("a"))
        .await
        .unwrap();
    let refused = people
        .modify("ann", |ann| ann.logins = 0)
        .condition(Person::LOGINS.eq(0));
    assert!(refused.await.unwrap_err().is_condition_refused());
    let refused = people
        .delete(ann.clone())
        .condition(Person::HOME.field(Home::NOTE).exists() & Person::ID.eq("x"));
    assert!(refused.await.unwrap_err().is_condition_refused());
    let _ = people
        .delete(ann)
        .condition(Person::TAGS.size().eq(4))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_handle_with_unsaved_edits_is_refused() {
    let (_, machine, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    machine.transport.reset();
    ann.logins = 3;
    let error = people
        .update(&mut ann, Person::LOGINS.add(1))
        .await
        .unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_set_operation_on_a_list_or_null_says_how_to_convert() {
    let (_, _, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    // A tool that keeps no lock stores a list.
    let list = AttributeValue::L(["x", "y", "x"].map(s).to_vec());
    update_raw(&people, "ann", "friends", list).await;
    let error = people
        .apply("ann", Person::FRIENDS.insert(["z"]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("convert_to_set"), "{error}");
    let converted = people
        .convert_to_set("ann", Person::FRIENDS)
        .await
        .unwrap()
        .stored;
    assert_eq!(converted.friends, ["x".into(), "y".into()].into());
    assert_eq!(
        read_raw(&people, "ann").await.unwrap()["friends"],
        AttributeValue::Ss(vec!["x".into(), "y".into()])
    );
    ann.logins = 1;
    assert!(
        people.save(&mut ann).await.unwrap_err().is_conflict(),
        "the conversion moved the lock"
    );
    update_raw(&people, "ann", "friends", AttributeValue::Null(true)).await;
    let mut read = people.require("ann").await.unwrap();
    let error = people
        .update(&mut read, Person::FRIENDS.insert(["z"]))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("NULL") && error.to_string().contains("convert_to_set"),
        "{error}"
    );
    people.convert_to_set("ann", Person::FRIENDS).await.unwrap();
    people
        .apply("ann", Person::FRIENDS.insert(["z"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn lost_answers_change_once() {
    for fault in [
        Fault::LoseAnswer,
        Fault::FailAfter,
        Fault::Twice,
        Fault::LoseRequest,
    ] {
        let (_, machine, people) = world!(Person);
        let mut ann = people.insert(person("ann")).await.unwrap();
        machine.transport.script("UpdateItem", [fault]);
        people
            .update(&mut ann, Person::LOGINS.add(1))
            .await
            .unwrap();
        assert_eq!(ann.logins, 1, "{fault:?}");
        machine.transport.script("UpdateItem", [fault]);
        let modified = people
            .modify_with("ann", |ann| Person::LOGINS.add(ann.logins))
            .await
            .unwrap();
        assert_eq!(
            (modified.stored.logins, modified.attempts),
            (2, 1),
            "{fault:?}"
        );
        assert_eq!(
            Stored::image(&people.require("ann").await.unwrap()),
            Stored::image(&modified.stored)
        );
    }
}

#[tokio::test]
async fn modify_with_sends_two_requests_and_none_to_write_nothing() {
    let (_, machine, people) = world!(Person);
    people.insert(person("ann")).await.unwrap();
    machine.transport.reset();
    people
        .modify_with("ann", |_| Person::TAGS.remove_value("a"))
        .await
        .unwrap();
    assert_eq!(machine.transport.total(), 2);
    let unchanged = people
        .modify_with("ann", |_| Person::TAGS.remove_value("a"))
        .await
        .unwrap();
    assert_eq!(unchanged.output.gone, [s("a")]);
    people
        .modify_with("ann", |_| Change::<Person>::nothing())
        .await
        .unwrap();
    assert_eq!(machine.transport.count("UpdateItem"), 1);
    assert!(
        people
            .modify_with("nobody", |_| Person::LOGINS.add(1))
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn unknown_attributes_and_elements_survive_typed_changes() {
    let (_, _, people) = world!(Person);
    put_raw(
        &people,
        [
            ("id", s("ann")),
            ("logins", n(1)),
            ("tags", AttributeValue::L(vec![s("a")])),
            (
                "home",
                AttributeValue::M(HashMap::from([
                    ("cityName".to_owned(), s("Rome")),
                    ("rooms".to_owned(), AttributeValue::L(vec![])),
                    ("pool".to_owned(), AttributeValue::Bool(true)),
                ])),
            ),
            ("foreign", n(1)),
        ],
    )
    .await;
    let mut ann = people.require("ann").await.unwrap();
    people
        .update(&mut ann, Person::HOME.field(Home::CITY_NAME).set("Oslo"))
        .await
        .unwrap();
    let home = Stored::image(&ann)["home"].as_m().unwrap();
    assert_eq!(
        (&home["cityName"], &home["pool"]),
        (&s("Oslo"), &AttributeValue::Bool(true))
    );
    assert_eq!(Stored::image(&ann)["foreign"], n(1));
}

#[tokio::test]
async fn a_change_that_leaves_what_the_entity_cannot_hold_is_told_as_carried_out() {
    let (_, _, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    let error = people
        .apply("ann", Person::LOGINS.sub(1))
        .await
        .unwrap_err();
    assert!(error.is_written_unreadable(), "{error}");
    assert_eq!(error.current_item().unwrap()["logins"], n(-1));
    people.apply("ann", Person::LOGINS.set(0u64)).await.unwrap();
    people.reload(&mut ann).await.unwrap();
    let error = people
        .update(&mut ann, Person::LOGINS.sub(1))
        .await
        .unwrap_err();
    assert!(error.is_written_unreadable(), "{error}");
    let nothing = people.apply("ann", Change::nothing()).await.unwrap_err();
    assert!(nothing.is_invalid_input());
}

#[derive(Entity, Debug)]
#[entity(table = "renamed")]
struct Renamed {
    #[entity(partition_key)]
    id: String,
    #[serde(alias = "loginCount")]
    logins: u64,
}

#[tokio::test]
async fn a_typed_change_of_a_value_under_an_older_name_is_refused_until_it_moved() {
    let (_, _, table) = world!(Renamed);
    put_raw(&table, [("id", s("a")), ("loginCount", n(41))]).await;
    let mut read = table.require("a").await.unwrap();
    let errors = [
        table
            .update(&mut read, Renamed::LOGINS.add(1))
            .await
            .unwrap_err(),
        table.apply("a", Renamed::LOGINS.add(1)).await.unwrap_err(),
    ];
    for error in errors {
        assert!(
            error.is_invalid_input() && error.to_string().contains("`loginCount`"),
            "{error}"
        );
    }
    table.modify("a", |a| a.logins += 1).await.unwrap();
    let moved = table.apply("a", Renamed::LOGINS.add(1)).await.unwrap();
    assert_eq!(moved.logins, 43);
    assert!(!Stored::image(&moved).contains_key("loginCount"));
}

#[tokio::test]
async fn apply_at_the_last_version_or_on_a_foreign_lock_says_so() {
    let (_, _, people) = world!(Renamed, needs UnlikeTypes);
    put_raw(
        &people,
        [("id", s("a")), ("logins", n(1)), ("version", n(i64::MAX))],
    )
    .await;
    let error = people.apply("a", Renamed::LOGINS.add(1)).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    put_raw(
        &people,
        [("id", s("a")), ("logins", n(1)), ("version", s("one"))],
    )
    .await;
    let error = people.apply("a", Renamed::LOGINS.add(1)).await.unwrap_err();
    assert!(error.is_marshalling(), "{error}");
}
