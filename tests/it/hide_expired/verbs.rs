//! Each verb on an item that has expired.

use optimist::{Deleted, ErrorKind, Lock, Stored};

use super::*;
use crate::support::{n, put_raw, read_raw, s, update_raw};

under_every_lock! {
    reads_see_none;
    writes_under_a_handle_find_none;
    combinators_find_none_and_make_one;
    an_insert_goes_over_what_has_expired needs Image;
    a_stale_holder_does_not_touch_the_next_life;
    what_is_alive_is_as_ever needs Image;
    an_insert_over_an_unlocked_item_compares_its_time;
    blind_writes_find_none;
    blind_writes_that_begin_with_nothing;
    writes_by_token needs Transactions;
}

async fn reads_see_none<S: Session>(world: World<S>) {
    let mut handle = world.expired("a").await;
    let sessions = &world.sessions;
    world.sessions.insert(S::new("b", 1, None)).await.unwrap();
    assert!(sessions.get("a").await.unwrap().is_none());
    assert!(
        sessions
            .get("a")
            .eventually_consistent()
            .await
            .unwrap()
            .is_none()
    );
    assert!(sessions.require("a").await.unwrap_err().is_not_found());
    assert!(
        sessions
            .reload(&mut handle)
            .await
            .unwrap_err()
            .is_not_found()
    );
    let many = sessions.get_many(["a", "b", "a"]).collect().await.unwrap();
    let found: Vec<_> = many.iter().map(Option::is_some).collect();
    assert_eq!(found, [false, true, false]);
    assert_eq!(sessions.query("a").count().await.unwrap(), 0);
    assert!(sessions.query("a").collect().await.unwrap().is_empty());
    let scanned = sessions.scan().consistent().collect().await.unwrap();
    assert_eq!(scanned.len(), 1);
    // By this machine's clock.
    world.at(5);
    assert_eq!(*sessions.require("a").await.unwrap().hits(), 7);
}

async fn writes_under_a_handle_find_none<S: Session>(world: World<S>) {
    let mut handle = world.expired("a").await;
    let before = read_raw(&world.sessions, "a").await;
    *handle.hits() = 8;
    let saved = world.sessions.save(&mut handle).await.unwrap_err();
    assert!(saved.is_not_found(), "{saved}");
    assert!(saved.current::<S>().unwrap().is_none());
    // Not even to give it more time: it may be gone any moment.
    *handle.expires() = after(100);
    let saved = world.sessions.save(&mut handle).await.unwrap_err();
    assert!(saved.is_not_found(), "{saved}");
    world.at(5);
    let mut handle = world.sessions.require("a").await.unwrap();
    world.at(20);
    let update = world.sessions.update(&mut handle, S::path().add(1));
    let updated = update.condition(S::path().eq(0)).await.unwrap_err();
    assert!(updated.is_not_found(), "{updated}");
    let deleted = world.sessions.delete(handle).await.unwrap_err();
    assert!(deleted.is_not_found(), "{deleted}");
    assert_eq!(read_raw(&world.sessions, "a").await, before);
}

async fn combinators_find_none_and_make_one<S: Session>(world: World<S>) {
    let sessions = &world.sessions;
    world.expired("a").await;
    let modified = sessions.modify("a", |a| *a.hits() += 1).await.unwrap_err();
    assert!(modified.is_not_found(), "{modified}");
    let modify = sessions.modify_with("a", |_| S::path().add(1));
    assert!(modify.await.unwrap_err().is_not_found());
    assert!(sessions.adopt("a").await.unwrap_err().is_not_found());
    let made = sessions
        .modify("a", |a| *a.hits() += 1)
        .or_insert_with(|| S::new("a", 0, after(60)))
        .await
        .unwrap();
    assert_eq!(*made.stored.clone().hits(), 1);
    let modified = sessions.modify("a", |a| *a.hits() += 1).await.unwrap();
    assert_eq!(*modified.stored.clone().hits(), 2);
    // It expires between the read and the write.
    let clock = world.clock.clone();
    let modified = sessions.modify("a", |a| {
        clock.set_wall(at(100));
        *a.hits() += 1;
    });
    assert!(modified.await.unwrap_err().is_not_found());
    world.at(20);
    let modified = sessions.modify("a", |a| {
        clock.set_wall(at(100));
        *a.hits() += 1;
    });
    let made = modified
        .or_insert_with(|| S::new("a", 50, after(200)))
        .await
        .unwrap();
    assert_eq!(*made.stored.clone().hits(), 51);
    assert_eq!(made.conflicts, 1);
}

async fn an_insert_goes_over_what_has_expired<S: Session>(world: World<S>) {
    world.expired("a").await;
    update_raw(&world.sessions, "a", "unmapped", s("of the old one")).await;
    world.machine.transport.reset();
    let sessions = &world.sessions;
    let new = S::new("a", 1, after(60));
    let mut handle = sessions.insert(new.clone()).await.unwrap();
    assert_eq!(world.machine.transport.count("PutItem"), 2);
    assert_eq!(world.machine.transport.total(), 2);
    let raw = read_raw(sessions, "a").await.unwrap();
    assert!(!raw.contains_key("unmapped"));
    assert_eq!(&raw, Stored::image(&handle));
    // It is an item as any other.
    let there = sessions.insert(S::new("a", 2, None)).await.unwrap_err();
    assert!(there.is_already_exists(), "{there}");
    assert_eq!(**there.current::<S>().unwrap().as_ref().unwrap(), new);
    *handle.hits() += 1;
    sessions.save(&mut handle).await.unwrap();
    assert_eq!(*sessions.require("a").await.unwrap().hits(), 2);
}

async fn a_stale_holder_does_not_touch_the_next_life<S: Session>(world: World<S>) {
    let mut stale = world.expired("a").await;
    let new = S::new("a", 1, after(60));
    world.another().insert(new.clone()).await.unwrap();
    *stale.hits() = 8;
    let saved = world.sessions.save(&mut stale).await.unwrap_err();
    assert!(saved.is_conflict(), "{saved}");
    assert_eq!(*world.sessions.require("a").await.unwrap(), new);
}

async fn what_is_alive_is_as_ever<S: Session>(world: World<S>) {
    world.at(0);
    let sessions = &world.sessions;
    for expires in [None, after(10)] {
        let id = format!("{}", expires.is_some());
        let mut handle = sessions.insert(S::new(&id, 0, expires)).await.unwrap();
        world.machine.transport.reset();
        *handle.hits() = 1;
        sessions.save(&mut handle).await.unwrap();
        sessions
            .update(&mut handle, S::path().add(1))
            .await
            .unwrap();
        let refused = sessions.update(&mut handle, S::path().add(1));
        let refused = refused.condition(S::path().eq(0)).await.unwrap_err();
        assert!(refused.is_condition_refused(), "{refused}");
        assert_eq!(world.machine.transport.total(), 3);
        sessions
            .modify(&*id, |item| *item.hits() += 1)
            .await
            .unwrap();
        sessions.apply(&*id, S::path().add(1)).await.unwrap();
        *handle.hits() = 9;
        assert!(sessions.save(&mut handle).await.unwrap_err().is_conflict());
        sessions.reload(&mut handle).await.unwrap();
        assert_eq!(*handle.hits(), 4);
        assert_eq!(sessions.delete(handle).await.unwrap(), Deleted::Done);
    }
    // What is no number never expires, as DynamoDB has it.
    let null = optimist::AttributeValue::Null(true);
    put_raw(sessions, [("id", s("n")), ("expires", null)]).await;
    sessions
        .modify("n", |item| *item.hits() += 1)
        .await
        .unwrap();
}

async fn an_insert_over_an_unlocked_item_compares_its_time<S: Session>(world: World<S>) {
    let sessions = &world.sessions;
    world.at(20);
    let expired = [("id", s("a")), ("hits", n(7)), ("expires", n(START + 10))];
    put_raw(sessions, expired).await;
    assert!(sessions.get("a").await.unwrap().is_none());
    sessions.insert(S::new("a", 1, after(60))).await.unwrap();
    assert_eq!(*sessions.require("a").await.unwrap().hits(), 1);
    // Another tool gives it more time between the refusal and the insert over it: it is an item again.
    let alive = [("id", s("b")), ("hits", n(7)), ("expires", n(START + 100))];
    put_raw(sessions, alive).await;
    let there = sessions.insert(S::new("b", 1, None)).await.unwrap_err();
    assert!(there.is_already_exists(), "{there}");
}

async fn blind_writes_find_none<S: Session>(world: World<S>) {
    world.expired("a").await;
    let sessions = &world.sessions;
    let before = read_raw(sessions, "a").await;
    let applied = sessions.apply("a", S::path().add(1)).await.unwrap_err();
    assert!(applied.is_not_found(), "{applied}");
    let returning = sessions.apply("a", S::path().add(1)).returning(S::path());
    assert!(returning.await.unwrap_err().is_not_found());
    let conditioned = sessions
        .apply("a", S::path().add(1))
        .condition(S::path().eq(7));
    assert!(conditioned.await.unwrap_err().is_not_found());
    assert_eq!(read_raw(sessions, "a").await, before);
    sessions.insert(S::new("b", 7, after(60))).await.unwrap();
    let alive = sessions
        .apply("b", S::path().add(1))
        .condition(S::path().eq(8));
    assert!(alive.await.unwrap_err().is_condition_refused());
}

async fn blind_writes_that_begin_with_nothing<S: Session>(world: World<S>) {
    let sessions = &world.sessions;
    world.expired("a").await;
    update_raw(sessions, "a", "unmapped", s("of the old one")).await;
    let apply = || sessions.apply("a", S::path().add(1));
    let made = apply()
        .or_insert(S::new("a", 100, after(60)))
        .await
        .unwrap();
    assert_eq!(*made.clone().hits(), 101);
    assert!(!Stored::image(&made).contains_key("unmapped"));
    let counted = apply().or_insert(S::new("a", 0, None)).returning(S::path());
    assert_eq!(counted.await.unwrap(), 102);

    world.expired("b").await;
    sessions
        .put_unchecked(S::new("b", 1, after(60)))
        .await
        .unwrap();
    assert_eq!(*sessions.require("b").await.unwrap().hits(), 1);
    // A condition is asked of no item.
    world.expired("c").await;
    let put = sessions.put_unchecked(S::new("c", 1, after(60)));
    let refused = put.condition(S::path().eq(7)).await.unwrap_err();
    assert!(refused.is_condition_refused(), "{refused}");
    assert!(refused.current::<S>().unwrap().is_none());
    world.expired("d").await;
    let delete = sessions.delete_unchecked("d").condition(S::path().eq(7));
    assert!(delete.await.unwrap_err().is_condition_refused());
    sessions.delete_unchecked("d").await.unwrap();
    assert!(read_raw(sessions, "d").await.is_none());
}

async fn writes_by_token<S: Session>(world: World<S>) {
    let sessions = &world.sessions;
    world.expired("a").await;
    let apply = sessions.apply("a", S::path().add(1)).exactly_once();
    assert!(apply.await.unwrap_err().is_not_found());
    let apply = sessions
        .apply("a", S::path().add(1))
        .or_insert(S::new("a", 1, after(60)));
    apply.exactly_once().await.unwrap();
    assert_eq!(*sessions.require("a").await.unwrap().hits(), 2);
    world.expired("b").await;
    let mut handle = sessions
        .insert(S::new("b", 1, after(60)))
        .exactly_once()
        .await
        .unwrap();
    *handle.hits() = 2;
    sessions.save(&mut handle).await.unwrap();
    let again = sessions.insert(S::new("b", 1, None)).exactly_once();
    assert!(again.await.unwrap_err().is_already_exists());
}

#[tokio::test]
async fn a_version_begins_anew_in_another_life_and_goes_on_where_lives_cannot_be_told_apart() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    world.expired("a").await;
    let new = world
        .sessions
        .insert(Versioned::new("a", 1, None))
        .await
        .unwrap();
    assert_eq!(Stored::lock(&new), Some(&Lock::Version(1)));
    let Some(world) = world_of::<Plain>(&[]).await else {
        return;
    };
    world.expired("a").await;
    let new = world
        .sessions
        .insert(Plain::new("a", 1, None))
        .await
        .unwrap();
    assert_eq!(Stored::lock(&new), Some(&Lock::Version(2)));
}

#[tokio::test]
async fn an_expired_item_whose_journal_is_not_ours_is_not_written_over() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    world.expired("a").await;
    update_raw(&world.sessions, "a", "journal", s("of another tool")).await;
    let before = read_raw(&world.sessions, "a").await;
    let error = world
        .sessions
        .insert(Versioned::new("a", 1, None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(read_raw(&world.sessions, "a").await, before);
}

#[derive(Entity, Debug)]
#[entity(table = "tickets")]
struct Ticket {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-seat", partition_key))]
    #[entity(index("by-hall", partition_key, projection = keys, const = "HALLS"))]
    seat: String,
    #[entity(ttl, hide_expired)]
    expires: SystemTime,
}

#[tokio::test]
async fn an_index_hides_what_has_expired_if_it_knows_the_time() {
    let Some((_, _, tickets)) = crate::support::world_with::<Ticket>(&[]).await else {
        return;
    };
    let now = SystemTime::now();
    let hour = Duration::from_hours(1);
    for (id, expires) in [("old", now - hour), ("new", now + hour)] {
        let (id, seat) = (id.to_owned(), "1a".to_owned());
        tickets.insert(Ticket { id, seat, expires }).await.unwrap();
    }
    let found = tickets.query_index(Ticket::BY_SEAT, "1a").collect().await;
    let found: Vec<_> = found.unwrap().iter().map(|t| t.id.clone()).collect();
    assert_eq!(found, ["new"]);
    assert_eq!(
        tickets.scan_index(Ticket::BY_SEAT).count().await.unwrap(),
        1
    );
    let keys = || tickets.query_index(Ticket::HALLS, "1a");
    let unknown = keys().count().await.unwrap_err();
    assert!(unknown.is_invalid_input(), "{unknown}");
    assert!(unknown.to_string().contains("`expires`"), "{unknown}");
    let fresh = keys().fresh().collect().await.unwrap();
    assert_eq!(fresh.len(), 1);
    assert_eq!((&*fresh[0].id, &*fresh[0].seat), ("new", "1a"));
}
