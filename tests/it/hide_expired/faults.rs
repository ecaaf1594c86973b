//! Lost answers and doubled requests on items that have expired.

use optimist::Stored;
use optimist_tests::Fault;

use super::*;
use crate::support::read_raw;

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

/// Machines race to replace an item that has expired, while answers get lost and requests are doubled.
async fn race<S: Session>(seed: u64) {
    let (backend, _, _) = crate::support::embedded::<S>().await;
    let clock = TestClock::default();
    clock.set_wall(at(0));
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
    clock.set_wall(at(20));
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

#[tokio::test]
async fn a_blind_write_that_removes_what_has_expired_survives_a_lost_answer() {
    let Some(world) = world_of::<Versioned>(&[]).await else {
        return;
    };
    for fault in [Fault::LoseAnswer, Fault::LoseRequest, Fault::Twice] {
        let id = format!("{fault:?}");
        world.expired(&id).await;
        world.machine.transport.script("DeleteItem", [fault]);
        let apply = world.sessions.apply(&*id, Versioned::HITS.add(1));
        let made = apply.or_insert(Versioned::new(&id, 1, after(60))).await;
        assert_eq!(made.unwrap().hits, 2, "{fault:?}");
    }
}

under_every_lock! {
    an_insert_that_goes_on_and_finds_another_has_failed_for_sure;
}

/// Each of its copies was answered: none can have been stored.
async fn an_insert_that_goes_on_and_finds_another_has_failed_for_sure<S: Session>(world: World<S>) {
    world.expired("a").await;
    let transport = &world.machine.transport;
    transport.script("PutItem", [Fault::Slow(Duration::from_millis(200))]);
    let insert = async { world.sessions.insert(S::new("a", 1, after(60))).await };
    let other = async {
        while transport.count("PutItem") == 0 {
            tokio::task::yield_now().await;
        }
        let alive = S::new("a", 9, after(90));
        world.another().put_unchecked(alive).await.unwrap();
    };
    let (inserted, ()) = tokio::join!(insert, other);
    let error = inserted.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    assert_eq!(*world.sessions.require("a").await.unwrap().hits(), 9);
}
