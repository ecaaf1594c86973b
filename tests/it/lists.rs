//! Lists and sets: just what was asked for is removed.

use optimist::{Change, Edit, Table};

use crate::support::{s, world};
use crate::update::{Home, Person, person};

#[tokio::test]
async fn an_element_moves_to_the_end_and_nothing_asked_for_changes_nothing() {
    let (_, machine, people) = world!(Person);
    let mut ann = people.insert(person("ann")).await.unwrap();
    let tags = || Person::TAGS;
    let moved = tags().remove_value("a") + tags().append(["a"]);
    people.update(&mut ann, moved).await.unwrap();
    assert_eq!(ann.tags, ["b", "c", "b", "a"]);
    machine.transport.reset();
    let none = || Vec::<String>::new();
    let nothing: Edit<Person> = [
        tags().remove_values(none()),
        tags().append(none()).into(),
        tags().prepend(none()).into(),
        Person::FRIENDS.insert(none()).into(),
        Person::FRIENDS.delete(none()).into(),
        std::iter::empty::<Change<Person>>()
            .sum::<Change<_>>()
            .into(),
    ]
    .into_iter()
    .sum();
    people.update(&mut ann, nothing).await.unwrap();
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn list_edits_find_their_elements_and_report_what_is_gone() {
    let (_, machine, people) = world!(Person, needs RemovalsAtOnce);
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

/// Of 200 values, those that sixteen removers leave.
fn kept() -> Vec<String> {
    (0..200)
        .filter(|i| i % 12 != 0 || *i >= 192)
        .map(|i| format!("t{i}"))
        .collect()
}

#[tokio::test]
async fn sixteen_racing_removers_take_just_what_they_asked_for() {
    let (backend, _, people) = world!(Person);
    let mut new = person("ann");
    new.tags = (0..200).map(|i| format!("t{i}")).collect();
    people.insert(new).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|i| {
            let people: Table<Person> = backend.machine().db.table();
            tokio::spawn(async move {
                let value = format!("t{}", i * 12);
                let modified =
                    people.modify_with("ann", |_| Person::TAGS.remove_value(value.as_str()));
                assert!(modified.await.unwrap().output.gone.is_empty());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(people.require("ann").await.unwrap().tags, kept());
}

#[tokio::test]
async fn sixteen_racing_removers_of_a_set_need_no_retries() {
    let (backend, _, people) = world!(Person);
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

#[tokio::test]
async fn a_path_through_an_index_makes_an_edit_of_what_was_read() {
    let (_, _, people) = world!(Person);
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
