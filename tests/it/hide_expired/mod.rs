//! What has expired is no item to an entity that hides it: to every verb, under every lock, whatever answers are lost.

mod faults;
mod verbs;

use std::time::{Duration, SystemTime};

use optimist::{Entity, Replaceable, Stored, Table};
use optimist_tests::{Backend, Machine, TestClock};

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
    Replaceable<Key = optimist::key::Single<String>> + Clone + PartialEq + std::fmt::Debug + Sync
{
    fn new(id: &str, hits: u32, expires: Option<SystemTime>) -> Self;
    fn hits(&mut self) -> &mut u32;
    fn expires(&mut self) -> &mut Option<SystemTime>;
    fn path() -> optimist::Attr<Self, u32>;
}

const START: u64 = 1_000_000;

/// So many seconds after the start.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// The same, as what an item says.
#[allow(clippy::unnecessary_wraps)]
fn after(seconds: u64) -> Option<SystemTime> {
    Some(at(seconds))
}

struct World<S> {
    backend: Backend,
    clock: TestClock,
    machine: Machine,
    sessions: Table<S>,
}

impl<S: Session> World<S> {
    fn at(&self, seconds: u64) {
        self.clock.set_wall(at(seconds));
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
use under_every_lock;
