//! What has expired is no item to an entity that hides it: to every verb, under every lock, whatever answers are lost.

use std::time::{Duration, SystemTime};

use optimist::{Deleted, Entity, ErrorKind, Lock, Stored, Table};
use optimist_tests::{Backend, Fault, Machine, TestClock};

use crate::support::{n, put_raw, read_raw, s, update_raw};

macro_rules! sessions {
    ($name:ident, $($lock:tt)+) => {
        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = "sessions", $($lock)+)]
        struct $name {
            #[entity(partition_key)]
            id: String,
            #[entity(default)]
            hits: u32,
            #[entity(ttl, hide_expired)]
            expires: Option<SystemTime>,
        }

        impl Session for $name {
            fn new(id: &str, hits: u32, expires: Option<SystemTime>) -> Self {
                Self { id: id.into(), hits, expires }
            }
            fn hits(&mut self) -> &mut u32 {
                &mut self.hits
            }
            fn expires(&mut self) -> &mut Option<SystemTime> {
                &mut self.expires
            }
            fn path() -> optimist::Attr<Self, u32> {
                Self::HITS
            }
        }
    };
}
sessions!(Versioned, lock = version);
sessions!(Uuid, lock = uuid);
sessions!(Plain, lock(version, journal = off));
sessions!(PlainUuid, lock(uuid, journal = off));
sessions!(Values, lock = values);

trait Session:
    Entity<Key = optimist::key::Single<String>> + Clone + PartialEq + std::fmt::Debug + Sync
{
    fn new(id: &str, hits: u32, expires: Option<SystemTime>) -> Self;
    fn hits(&mut self) -> &mut u32;
    fn expires(&mut self) -> &mut Option<SystemTime>;
    fn path() -> optimist::Attr<Self, u32>;
}

const START: u64 = 1_000_000;

/// So many seconds after the start.
fn after(seconds: u64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(START + seconds))
}

struct World<S> {
    backend: Backend,
    clock: TestClock,
    machine: Machine,
    sessions: Table<S>,
}

impl<S: Session> World<S> {
    fn at(&self, seconds: u64) {
        self.clock.set_wall(after(seconds).unwrap());
    }

    fn another(&self) -> Table<S> {
        let clock = self.clock.clone();
        let machine = self
            .backend
            .machine_with(Duration::ZERO, |db| db.clock(clock));
        machine.db.table()
    }

    /// An item that has expired, and the handle on it from before.
    async fn expired(&self, id: &str) -> Stored<S> {
        self.at(0);
        let handle = self
            .sessions
            .insert(S::new(id, 7, after(10)))
            .await
            .unwrap();
        self.at(20);
        self.machine.transport.reset();
        handle
    }
}

async fn world_of<S: Session>(needs: &[optimist_tests::Capability]) -> Option<World<S>> {
    let (backend, _, _) = crate::support::world_with::<S>(needs).await?;
    let clock = TestClock::default();
    let machine = backend.machine_with(Duration::ZERO, |db| db.clock(clock.clone()));
    let sessions = machine.db.table();
    Some(World {
        backend,
        clock,
        machine,
        sessions,
    })
}

/// A test under each kind of lock.
macro_rules! under_every_lock {
    ($($test:ident $(needs $capability:ident)?;)+) => {$(
        mod $test {
            use super::*;
            under_every_lock!(@ $test $($capability)?, versioned Versioned, uuid Uuid, plain Plain, plain_uuid PlainUuid, values Values);
        }
    )+};
    (@ $test:ident $($capability:ident)?, $($kind:ident $entity:ident),+) => {
        under_every_lock!(% $test, [$(optimist_tests::Capability::$capability)?], $($kind $entity),+);
    };
    (% $test:ident, $needs:tt, $($kind:ident $entity:ident),+) => {$(
        #[tokio::test]
        async fn $kind() {
            if let Some(world) = world_of::<$entity>(&$needs).await {
                super::$test(world).await;
            }
        }
    )+};
}

under_every_lock! {
    reads_see_none;
    writes_under_a_handle_find_none;
    combinators_find_none_and_make_one;
    an_insert_goes_over_what_has_expired;
    a_stale_holder_does_not_touch_the_next_life;
    what_is_alive_is_as_ever;
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
        clock.set_wall(after(100).unwrap());
        *a.hits() += 1;
    });
    assert!(modified.await.unwrap_err().is_not_found());
    world.at(20);
    let modified = sessions.modify("a", |a| {
        clock.set_wall(after(100).unwrap());
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

/// The faults that lose an answer, on the first or second copy of an insert over an item that has expired.
async fn lost_answers<S: Session>(settled: bool) {
    let lost = [
        Fault::LoseAnswer,
        Fault::FailAfter,
        Fault::LoseRequest,
        Fault::Twice,
        Fault::WithoutImage,
    ];
    for fault in lost {
        for position in 0..2 {
            let Some(world) = world_of::<S>(&[]).await else {
                return;
            };
            world.expired("a").await;
            let mut script = vec![Fault::Pass; position];
            script.push(fault);
            world.machine.transport.script("PutItem", script);
            let insert = world.sessions.insert(S::new("a", 1, after(60))).await;
            let raw = read_raw(&world.sessions, "a").await.unwrap();
            match insert {
                Ok(handle) => assert_eq!(&raw, Stored::image(&handle), "{fault:?} {position}"),
                Err(error) if !settled && error.is_outcome_unknown() => {}
                // Without a journal nobody knows that the network delivered twice.
                Err(error) if !settled && fault == Fault::Twice && error.is_already_exists() => {}
                Err(error) => panic!("{fault:?} at {position}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn lost_answers_of_an_insert_over_an_expired_item_are_settled() {
    lost_answers::<Versioned>(true).await;
    lost_answers::<Uuid>(true).await;
    lost_answers::<PlainUuid>(false).await;
    lost_answers::<Plain>(false).await;
    lost_answers::<Values>(false).await;
}

#[tokio::test]
async fn lost_answers_of_a_write_that_finds_an_expired_item_are_settled() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    for fault in [
        Fault::LoseAnswer,
        Fault::FailAfter,
        Fault::LoseRequest,
        Fault::Twice,
    ] {
        let id = format!("{fault:?}");
        let mut handle = world.expired(&id).await;
        world.machine.transport.script("UpdateItem", [fault]);
        handle.hits += 1;
        let saved = world.sessions.save(&mut handle).await.unwrap_err();
        assert!(saved.is_not_found(), "{fault:?}: {saved}");
        world.machine.transport.script("DeleteItem", [fault]);
        let deleted = world.sessions.delete(handle).await.unwrap_err();
        assert!(deleted.is_not_found(), "{fault:?}: {deleted}");
    }
}

#[tokio::test]
async fn a_save_that_landed_before_the_item_expired_is_known_afterwards() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    world.at(0);
    let sessions = &world.sessions;
    let mut handle = sessions
        .insert(Versioned::new("a", 0, after(10)))
        .await
        .unwrap();
    // The write itself ends its life.
    handle.expires = after(0);
    world
        .machine
        .transport
        .script("UpdateItem", [Fault::LoseAnswer]);
    sessions.save(&mut handle).await.unwrap();
    assert!(sessions.get("a").await.unwrap().is_none());
    handle.hits += 1;
    assert!(sessions.save(&mut handle).await.unwrap_err().is_not_found());
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
async fn of_many_inserts_over_an_expired_item_one_lands() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    world.expired("a").await;
    let inserts = (0..8).map(|hits| {
        let sessions = world.another();
        async move { sessions.insert(Versioned::new("a", hits, after(60))).await }
    });
    let inserted = futures::future::join_all(inserts).await;
    let (landed, refused): (Vec<_>, Vec<_>) = inserted.into_iter().partition(Result::is_ok);
    assert_eq!(landed.len(), 1);
    let exist = |result: &optimist::Result<_>| {
        result
            .as_ref()
            .is_err_and(optimist::Error::is_already_exists)
    };
    assert!(refused.iter().all(exist), "{refused:?}");
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

/// Machines race to replace an item that has expired, while answers get lost and requests are doubled.
async fn race<S: Session>(seed: u64) {
    let (backend, _, _) = crate::support::embedded::<S>().await;
    let clock = TestClock::default();
    clock.set_wall(after(0).unwrap());
    let tables: Vec<Table<S>> = (0..3)
        .map(|machine| {
            let clock = clock.clone();
            let machine_with = backend.machine_with(Duration::ZERO, |db| db.clock(clock));
            let faults = [
                Fault::LoseRequest,
                Fault::LoseAnswer,
                Fault::FailBefore(503),
                Fault::FailAfter,
                Fault::Twice,
                Fault::Throttle,
                Fault::WithoutImage,
            ];
            let faults = faults.map(|fault| (fault, 0.1));
            if machine > 0 {
                let seed = seed.wrapping_mul(31) + machine;
                machine_with.transport.plan(seed, &[], faults);
            }
            machine_with.db.table()
        })
        .collect();
    tables[0].insert(S::new("a", 9, after(10))).await.unwrap();
    clock.set_wall(after(20).unwrap());
    let inserts = tables[1..]
        .iter()
        .zip(1..)
        .map(|(sessions, hits)| async move {
            let inserted = sessions.insert(S::new("a", hits, after(60))).await;
            (hits, inserted)
        });
    let outcomes = futures::future::join_all(inserts).await;
    let stored = *tables[0].require("a").await.unwrap().hits();
    let mut landed = Vec::new();
    for (hits, outcome) in outcomes {
        match outcome {
            Ok(_) => landed.push(hits),
            Err(error) => assert!(error.is_already_exists(), "{error}: seed {seed}"),
        }
    }
    assert_eq!(landed, [stored], "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn of_machines_that_replace_an_expired_item_over_a_bad_network_one_does() {
    let first = optimist_tests::seed();
    for seed in (0..60).map(|n| first.wrapping_add(n)) {
        race::<Versioned>(seed).await;
        race::<Uuid>(seed).await;
    }
}
