//! Typed changes of what was read: one request, one winner, nothing wrong removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use optimist::{AttributeValue, Change, Entity, ErrorKind, Lock, Part, Table};
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
    let (_, machine, people) = world::<Person>().await;
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
        (&*read, read.lock(), read.image()),
        (&expected, ann.lock(), ann.image())
    );
    people
        .update(&mut ann, Person::LOGINS.sub(1) + Person::SCORE.remove())
        .await
        .unwrap();
    assert_eq!((ann.logins, ann.score), (1, None));
    assert_eq!(ann.lock(), Some(&Lock::Version(3)));
}

#[tokio::test]
async fn a_stale_lock_and_a_refused_condition_are_different_kinds() {
    let (_, _, people) = world::<Person>().await;
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
async fn list_edits_find_their_elements_and_report_what_is_gone() {
    let (_, machine, people) = world::<Person>().await;
    let mut ann = people.insert(person("ann")).await.unwrap();
    let edited = people
        .update(&mut ann, Person::TAGS.remove_values(["b", "x", "b"]))
        .await
        .unwrap();
    assert_eq!(ann.tags, ["a", "c"]);
    assert_eq!(edited.gone, [s("x")]);
    people
        .update(&mut ann, Person::TAGS.replace_value("c", "z"))
        .await
        .unwrap();
    assert_eq!(ann.tags, ["a", "z"]);
    people
        .update(
            &mut ann,
            Person::TAGS.set_at(0, "q") + Person::TAGS.remove_at(1),
        )
        .await
        .unwrap();
    assert_eq!(ann.tags, ["q"]);
    machine.transport.reset();
    let edited = people
        .update(&mut ann, Person::TAGS.remove_value("gone"))
        .await
        .unwrap();
    assert_eq!((edited.gone.len(), machine.transport.total()), (1, 0));
    let error = people
        .update(&mut ann, Person::TAGS.remove_value("gone").required())
        .await
        .unwrap_err();
    assert!(error.is_element_not_found(), "{error}");
    let error = people
        .update(&mut ann, Person::TAGS.set_at(1, "x"))
        .await
        .unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`tags`"),
        "{error}"
    );
    let overlapping = Person::TAGS.remove_at(0) + Person::TAGS.set(Vec::new());
    assert!(
        people
            .update(&mut ann, overlapping)
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    assert_eq!(machine.transport.total(), 0);
    let even = |room: &u32| room.is_multiple_of(2);
    people
        .update(&mut ann, Person::HOME.field(Home::ROOMS).remove_where(even))
        .await
        .unwrap();
    assert_eq!(ann.home.rooms, [1]);
}

#[tokio::test]
async fn a_handle_with_unsaved_edits_is_refused() {
    let (_, machine, people) = world::<Person>().await;
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
    let (_, _, people) = world::<Person>().await;
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
        let (_, machine, people) = world::<Person>().await;
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
            people.require("ann").await.unwrap().image(),
            modified.stored.image()
        );
    }
}

#[tokio::test]
async fn modify_with_sends_two_requests_and_none_to_write_nothing() {
    let (_, machine, people) = world::<Person>().await;
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

/// Sixteen machines each remove one value from a list of 200.
async fn race(remove: fn(&str) -> optimist::Edit<Person>) -> (Vec<String>, BTreeSet<String>, u32) {
    let (backend, _, people) = world::<Person>().await;
    let mut new = person("ann");
    new.tags = (0..200).map(|i| format!("t{i}")).collect();
    new.friends = new.tags.iter().cloned().collect();
    people.insert(new).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|i| {
            let people: Table<Person> = backend.machine().db.table();
            tokio::spawn(async move {
                let value = format!("t{}", i * 12);
                let modified = people.modify_with("ann", |_| remove(&value)).await.unwrap();
                assert!(modified.output.gone.is_empty());
                modified.conflicts
            })
        })
        .collect();
    let mut conflicts = 0;
    for task in tasks {
        conflicts += task.await.unwrap();
    }
    let end = people.require("ann").await.unwrap().into_inner();
    (end.tags, end.friends, conflicts)
}

fn kept() -> Vec<String> {
    (0..200)
        .filter(|i| i % 12 != 0 || *i >= 192)
        .map(|i| format!("t{i}"))
        .collect()
}

#[tokio::test]
async fn sixteen_racing_removers_take_just_what_they_asked_for() {
    let (tags, _, _) = race(|value| Person::TAGS.remove_value(value)).await;
    assert_eq!(tags, kept());
}

#[tokio::test]
async fn sixteen_racing_removers_of_a_set_need_no_retries() {
    let (backend, _, people) = world::<Person>().await;
    let mut new = person("ann");
    new.friends = (0..200).map(|i| format!("t{i}")).collect();
    people.insert(new).await.unwrap();
    let machines: Vec<_> = (0..16).map(|_| backend.machine()).collect();
    let tasks = machines.iter().enumerate().map(|(i, machine)| {
        let people: Table<Person> = machine.db.table();
        let change = Person::FRIENDS.delete([format!("t{}", i * 12)]);
        tokio::spawn(people.apply("ann", change).into_future())
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    let requests: u64 = machines.iter().map(|m| m.transport.total()).sum();
    assert_eq!(requests, 16);
    let end = people.require("ann").await.unwrap();
    assert_eq!(end.friends, kept().into_iter().collect());
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "plain-people", lock = values)]
struct PlainPerson {
    #[entity(partition_key)]
    id: String,
    email: String,
    tags: Vec<String>,
    logins: u64,
}

#[tokio::test]
async fn with_values_two_writers_of_different_attributes_do_not_conflict_and_of_one_do() {
    let (_, machine, people) = world::<PlainPerson>().await;
    let new = PlainPerson {
        id: "ann".into(),
        email: "old".into(),
        tags: ["a", "b", "c"].map(String::from).to_vec(),
        logins: 0,
    };
    let mut one = people.insert(new.clone()).await.unwrap();
    assert!(people.insert(new).await.unwrap_err().is_already_exists());
    let (mut two, mut three) = (one.clone(), one.clone());
    one.email = "new".into();
    people.save(&mut one).await.unwrap();
    two.logins = 1;
    people.save(&mut two).await.unwrap();
    three.email = "other".into();
    let error = people.save(&mut three).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let stored = read_raw(&people, "ann").await.unwrap();
    assert_eq!(stored.len(), 4, "no attribute is added: {stored:?}");
    // A guard makes what was read part of the condition.
    two.logins = 2;
    let guarded = people.save(&mut two).guard(PlainPerson::EMAIL).await;
    assert!(guarded.unwrap_err().is_conflict());
    // The element alone guards a removal; it is found again when it moved.
    let mut mover = people.require("ann").await.unwrap();
    let mut stale = mover.clone();
    people
        .update(&mut mover, PlainPerson::TAGS.remove_value("a"))
        .await
        .unwrap();
    let error = people
        .update(&mut stale, PlainPerson::TAGS.remove_value("b"))
        .await
        .unwrap_err();
    assert!(error.is_conflict(), "{error}");
    people
        .modify_with("ann", |_| PlainPerson::TAGS.remove_value("b"))
        .await
        .unwrap();
    assert_eq!(people.require("ann").await.unwrap().tags, ["c"]);
    // Its own condition, with all values as read.
    let mut read = people.require("ann").await.unwrap();
    let refused = people
        .update(&mut read, PlainPerson::EMAIL.set("x"))
        .condition(PlainPerson::LOGINS.gt(9));
    assert!(refused.await.unwrap_err().is_condition_refused());
    // An ambiguous answer is the end, and the SDK sends no copies.
    machine.transport.reset();
    machine.transport.script("UpdateItem", [Fault::LoseAnswer]);
    let error = people
        .update(&mut read, PlainPerson::EMAIL.set("x"))
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(machine.transport.count("UpdateItem"), 1);
    // A delete guards everything that is mapped.
    let stale = people.require("ann").await.unwrap();
    people
        .apply("ann", PlainPerson::LOGINS.add(1))
        .await
        .unwrap();
    assert!(people.delete(stale).await.unwrap_err().is_conflict());
    let current = people.require("ann").await.unwrap();
    assert_eq!(
        people.delete(current).await.unwrap(),
        optimist::Deleted::Done
    );
}

#[tokio::test]
async fn unknown_attributes_and_elements_survive_typed_changes() {
    let (_, _, people) = world::<Person>().await;
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
    let home = ann.image()["home"].as_m().unwrap();
    assert_eq!(
        (&home["cityName"], &home["pool"]),
        (&s("Oslo"), &AttributeValue::Bool(true))
    );
    assert_eq!(ann.image()["foreign"], n(1));
}

#[tokio::test]
async fn a_path_through_an_index_makes_an_edit_of_what_was_read() {
    let (_, _, people) = world::<Person>().await;
    let mut ann = people.insert(person("ann")).await.unwrap();
    people
        .update(
            &mut ann,
            Person::TAGS.at(1).set("B") + Person::HOME.field(Home::ROOMS).at(0).add(5u32),
        )
        .await
        .unwrap();
    assert_eq!(
        (ann.tags.join(""), ann.home.rooms[0]),
        ("aBcb".to_owned(), 6)
    );
    let seen = people
        .apply("ann", Person::LOGINS.add(1))
        .condition(Person::TAGS.at(1).eq("B"));
    assert_eq!(seen.returning(Person::TAGS.at(2)).await.unwrap(), "c");
}

#[tokio::test]
async fn a_change_that_leaves_what_the_entity_cannot_hold_is_told_as_carried_out() {
    let (_, _, people) = world::<Person>().await;
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
    let (_, _, table) = world::<Renamed>().await;
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
    assert!(!moved.image().contains_key("loginCount"));
}

#[tokio::test]
async fn apply_at_the_last_version_or_on_a_foreign_lock_says_so() {
    let (_, _, people) = world::<Renamed>().await;
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

#[derive(Entity, Debug, Clone)]
#[entity(table = "plain-posts", lock = values)]
struct PlainPost {
    #[entity(partition_key)]
    id: String,
    text: String,
    views: u64,
    #[entity(updated_at)]
    updated: std::time::SystemTime,
}

#[tokio::test]
async fn with_values_the_time_of_change_is_no_conflict_and_doubt_is_told() {
    let (_, machine, posts) = world::<PlainPost>().await;
    let new = PlainPost {
        id: "p".into(),
        text: "old".into(),
        views: 0,
        updated: std::time::UNIX_EPOCH,
    };
    let mut one = posts.insert(new).await.unwrap();
    let mut two = one.clone();
    one.text = "x".into();
    posts.save(&mut one).await.unwrap();
    two.views = 1;
    posts.save(&mut two).await.unwrap();
    machine.transport.script("UpdateItem", [Fault::LoseAnswer]);
    one.text = "y".into();
    assert!(posts.save(&mut one).await.unwrap_err().is_outcome_unknown());
    one.text = "x".into();
    let error = posts.save(&mut one).await.unwrap_err();
    assert!(
        error.is_outcome_unknown(),
        "taken back, but is it there? {error}"
    );
    one.views = 9;
    assert!(
        posts.save(&mut one).await.unwrap_err().is_conflict(),
        "it was there"
    );
}
