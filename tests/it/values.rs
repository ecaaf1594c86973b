//! `lock = values`: no attribute is added, and what a write replaces is compared.

use optimist::Entity;
use optimist_tests::Fault;

use crate::support::{read_raw, world};

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
    let (_, machine, people) = world!(PlainPerson, needs ListEquality);
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
    let (_, machine, posts) = world!(PlainPost);
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
