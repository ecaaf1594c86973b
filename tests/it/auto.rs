//! What is filled by itself, and the token that leaves the process.

use std::time::{Duration, SystemTime};

use optimist::{Entity, Stored, Table, Token};
use uuid::Uuid;

use crate::support::{Counter, UuidCounter, counter, n, put_raw, s, update_raw, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "posts")]
struct Post {
    #[entity(partition_key, auto_uuid)]
    id: Uuid,
    #[entity(created_at)]
    created: SystemTime,
    #[entity(updated_at)]
    updated: SystemTime,
    text: String,
    views: u64,
}

fn post() -> Post {
    Post {
        id: Uuid::nil(),
        created: SystemTime::UNIX_EPOCH,
        updated: SystemTime::UNIX_EPOCH,
        text: String::new(),
        views: 0,
    }
}

fn recent(time: SystemTime) -> bool {
    SystemTime::now().duration_since(time).unwrap() < Duration::from_mins(1)
}

/// Sets the time of change back, so that a new one shows.
async fn age(posts: &Table<Post>, id: Uuid) {
    let epoch = posts.require(id).await.unwrap();
    assert!(recent(epoch.updated));
    posts
        .apply(id, Post::UPDATED.set(SystemTime::UNIX_EPOCH))
        .await
        .unwrap();
    assert_eq!(
        posts.require(id).await.unwrap().updated,
        SystemTime::UNIX_EPOCH
    );
}

#[tokio::test]
async fn every_write_path_sets_the_times() {
    let (_, machine, posts) = world!(Post, needs Transactions);
    let mut stored = posts.insert(post()).await.unwrap();
    let id = stored.id;
    assert!(!id.is_nil() && recent(stored.created));
    let created = stored.created;
    age(&posts, id).await;
    posts.reload(&mut stored).await.unwrap();
    stored.text = "a".into();
    posts.save(&mut stored).await.unwrap();
    age(&posts, id).await;
    posts.modify(id, |post| post.views += 1).await.unwrap();
    age(&posts, id).await;
    posts.modify_with(id, |_| Post::VIEWS.add(1)).await.unwrap();
    age(&posts, id).await;
    posts.reload(&mut stored).await.unwrap();
    posts.update(&mut stored, Post::VIEWS.add(1)).await.unwrap();
    assert!(recent(stored.updated));
    age(&posts, id).await;
    posts.apply(id, Post::VIEWS.add(1)).await.unwrap();
    age(&posts, id).await;
    posts
        .apply(id, Post::VIEWS.add(1))
        .exactly_once()
        .await
        .unwrap();
    let end = posts.require(id).await.unwrap();
    assert!(recent(end.updated));
    assert_eq!((end.created, end.views), (created, 5));
    machine.transport.reset();
    posts
        .modify(id, |post| post.updated = SystemTime::UNIX_EPOCH)
        .await
        .unwrap();
    assert_eq!(
        machine.transport.count("UpdateItem"),
        0,
        "the time alone is no change"
    );
    let other = Uuid::from_u128(7);
    let made = posts.apply(other, Post::VIEWS.add(1)).or_insert(Post {
        id: other,
        ..post()
    });
    let made = made.await.unwrap();
    assert!(recent(made.created) && recent(made.updated));
    let third = Uuid::from_u128(8);
    let modify = posts.modify(third, |post| post.views += 1);
    let made = modify
        .or_insert_with(|| Post {
            id: third,
            ..post()
        })
        .await
        .unwrap()
        .stored;
    assert!(recent(made.created) && recent(made.updated));
    posts
        .put_unchecked(Post {
            id: third,
            ..post()
        })
        .await
        .unwrap();
    assert!(recent(posts.require(third).await.unwrap().updated));
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "notes")]
struct Note {
    #[entity(partition_key, auto_uuid)]
    id: String,
}

#[tokio::test]
async fn a_text_key_is_generated_where_it_is_empty_and_kept_where_it_is_not() {
    let (_, _, notes) = world!(Note);
    let note = |id: &str| Note { id: id.into() };
    let one = notes.insert(note("")).await.unwrap();
    let other = notes.insert(note("")).await.unwrap();
    assert_ne!(one.id, other.id);
    assert!(Uuid::parse_str(&one.id).is_ok(), "{}", one.id);
    assert_eq!(notes.require(&*one.id).await.unwrap().id, one.id);
    assert_eq!(notes.insert(note("mine")).await.unwrap().id, "mine");
}

#[tokio::test]
async fn save_as_keeps_the_time_of_creation() {
    let (_, _, posts) = world!(Post);
    let stored = posts.insert(post()).await.unwrap();
    let body = Post {
        id: stored.id,
        text: "new".into(),
        ..post()
    };
    let saved = posts
        .save_as(body, Stored::token(&stored).unwrap())
        .await
        .unwrap();
    assert_eq!(
        (saved.created, saved.text.as_str()),
        (stored.created, "new")
    );
    let body = Post {
        id: stored.id,
        ..post()
    };
    let refused = posts
        .save_as(body, Stored::token(&saved).unwrap())
        .condition(Post::VIEWS.gt(5))
        .await;
    assert!(refused.unwrap_err().is_condition_refused());
}

#[tokio::test]
async fn a_token_saves_what_it_names_and_nothing_newer() {
    let (_, machine, counters) = world!(Counter);
    let stored = counters.insert(counter("c")).await.unwrap();
    let token = Stored::token(&stored).unwrap().to_string();
    update_raw(&counters, "c", "foreign", n(1)).await;
    machine.transport.reset();
    let parsed: Token = token.parse().unwrap();
    let saved = counters
        .save_as(
            Counter {
                id: "c".into(),
                count: 5,
            },
            parsed.clone(),
        )
        .await
        .unwrap();
    assert_eq!(machine.transport.total(), 2);
    assert_eq!((saved.count, &Stored::image(&saved)["foreign"]), (5, &n(1)));
    let error = counters
        .save_as(
            Counter {
                id: "c".into(),
                count: 6,
            },
            parsed,
        )
        .await
        .unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.current::<Counter>().unwrap().unwrap().count, 5);
    let token = Stored::token(&saved).unwrap();
    machine.transport.reset();
    counters
        .save_as(
            Counter {
                id: "c".into(),
                count: 5,
            },
            token.clone(),
        )
        .await
        .unwrap();
    assert_eq!(machine.transport.total(), 1, "unchanged");
    // Another life with the same version has another token.
    let _ = counters
        .delete(counters.require("c").await.unwrap())
        .await
        .unwrap();
    counters.insert(counter("c")).await.unwrap();
    counters.modify("c", |c| c.count = 1).await.unwrap();
    let reborn = counters.require("c").await.unwrap();
    assert_eq!(Stored::lock(&reborn), Stored::lock(&saved));
    assert!(
        counters
            .save_as(counter("c"), token)
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(
        counters
            .save_as(counter("x"), Stored::token(&reborn).unwrap())
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn tokens_of_a_uuid_and_of_a_legacy_item() {
    let (_, _, counters) = world!(UuidCounter);
    put_raw(&counters, [("id", s("c")), ("count", n(1))]).await;
    let legacy = counters.require("c").await.unwrap();
    assert_eq!(Stored::token(&legacy), None);
    let stored = counters.modify("c", |c| c.count += 1).await.unwrap().stored;
    let token: Token = Stored::token(&stored).unwrap().to_string().parse().unwrap();
    counters
        .save_as(
            UuidCounter {
                id: "c".into(),
                count: 9,
            },
            token,
        )
        .await
        .unwrap();
    assert_eq!(counters.require("c").await.unwrap().count, 9);
}
