//! Minimal traffic: how many requests each verb sends.

use crate::support::{Counter, User, counter, user, world};

#[tokio::test]
async fn each_verb_sends_one_request_and_modify_two() {
    let (_, machine, users) = world!(User);
    let sent = |operation| {
        let (of_it, all) = (
            machine.transport.count(operation),
            machine.transport.total(),
        );
        machine.transport.reset();
        assert_eq!(of_it, all, "only {operation}");
        of_it
    };
    let mut ann = users.insert(user("ann")).await.unwrap();
    assert_eq!(sent("PutItem"), 1);
    users.get("ann").await.unwrap().unwrap();
    assert_eq!(sent("GetItem"), 1);
    users.reload(&mut ann).await.unwrap();
    assert_eq!(sent("GetItem"), 1);
    ann.logins = 3;
    users.save(&mut ann).await.unwrap();
    assert_eq!(sent("UpdateItem"), 1);
    users.save(&mut ann).await.unwrap();
    assert_eq!(sent("UpdateItem"), 0);
    ann.logins = 4;
    ann.logins = 3;
    users.save(&mut ann).await.unwrap();
    assert_eq!(sent("UpdateItem"), 0);
    users.modify("ann", |ann| ann.logins = 3).await.unwrap();
    assert_eq!(sent("GetItem"), 1);
    users.delete(ann).await.unwrap();
    assert!(users.get("ann").await.unwrap().is_none());
    machine.transport.reset();
    users.insert(user("ann")).await.unwrap();
    machine.transport.reset();
    users.modify("ann", |ann| ann.logins += 1).await.unwrap();
    assert_eq!(machine.transport.count("GetItem"), 1);
    assert_eq!(machine.transport.count("UpdateItem"), 1);
    assert_eq!(machine.transport.total(), 2);
}

#[tokio::test]
async fn a_conflict_costs_no_read_of_its_own() {
    let (_, machine, users) = world!(User, needs Image);
    let mut stale = users.insert(user("ann")).await.unwrap();
    users.modify("ann", |ann| ann.logins += 1).await.unwrap();
    machine.transport.reset();
    stale.logins = 9;
    let error = users.save(&mut stale).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.current::<User>().unwrap().unwrap().logins, 1);
    assert_eq!(machine.transport.total(), 1);
}

#[tokio::test]
async fn tasks_of_one_db_take_turns_instead_of_conflicting() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    machine.transport.reset();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let counters = counters.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    counters.modify("c", |c| c.count += 1).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let total = machine.transport.total();
    assert_eq!(counters.require("c").await.unwrap().count, 400);
    assert!(total <= 840, "{total} requests for 400 modifies");
}
