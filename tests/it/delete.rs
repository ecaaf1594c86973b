//! A delete takes what was read, or nothing.

use optimist::Deleted;

use crate::support::{User, delete_raw, user, world};

#[tokio::test]
async fn only_the_unchanged_item_is_deleted() {
    let (_, _, users) = world!(User);
    let stale = users.insert(user("ann")).await.unwrap();
    users.modify("ann", |ann| ann.logins += 1).await.unwrap();
    let error = users.delete(stale).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let current = error.current::<User>().unwrap().unwrap();
    assert_eq!(current.logins, 1);
    assert_eq!(users.delete(current).await.unwrap(), Deleted::Done);
    assert!(users.get("ann").await.unwrap().is_none());
}

#[tokio::test]
async fn an_item_that_another_deleted_is_not_found() {
    let (_, _, users) = world!(User);
    let ann = users.insert(user("ann")).await.unwrap();
    delete_raw(&users, "ann").await;
    assert!(users.delete(ann).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn of_two_deletes_one_is_done() {
    let (_, _, users) = world!(User);
    let one = users.insert(user("ann")).await.unwrap();
    let two = one.clone();
    let (one, two) = futures::future::join(
        users.delete(one).into_future(),
        users.delete(two).into_future(),
    )
    .await;
    let done = [&one, &two]
        .into_iter()
        .filter(|d| matches!(d, Ok(Deleted::Done)))
        .count();
    assert_eq!(done, 1, "{one:?} {two:?}");
}
