//! Times to live are whole seconds, and what has expired is left out where that is asked for.

use std::time::{Duration, SystemTime};

use optimist::time::EpochSeconds;
use optimist::{Entity, Stored, Table};
use optimist_tests::{Backend, TestClock};

use crate::support::{n, put_raw, read_raw, s, world};

macro_rules! expiring {
    ($name:ident, $table:literal, $ttl:ty) => {
        #[derive(Entity, Debug, Clone, PartialEq)]
        #[entity(table = $table)]
        struct $name {
            #[entity(partition_key)]
            id: String,
            #[entity(ttl, rename = "expires")]
            until: $ttl,
        }
    };
}
expiring!(Std, "std", SystemTime);
expiring!(Chrono, "chrono", chrono::DateTime<chrono::Utc>);
expiring!(Time, "time", Option<time::OffsetDateTime>);
expiring!(Jiff, "jiff", Option<jiff::Timestamp>);
expiring!(Plain, "plain", u64);
expiring!(Seconds, "seconds", EpochSeconds);
expiring!(Signed, "signed", Option<i64>);

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_time_to_live_of_every_library_is_stored_as_whole_seconds() {
    let precise = at(86_400) + Duration::from_millis(900);
    macro_rules! stored {
        ($name:ident, $until:expr, $whole:expr) => {{
            let (_, machine, table) = world!($name);
            assert_eq!($name::SCHEMA.ttl.map(|ttl| ttl.attribute), Some("expires"));
            let (id, until) = ("a".to_owned(), $until);
            let handle = table.insert($name { id, until }).await.unwrap();
            assert_eq!(Stored::image(&handle)["expires"], n(86_400));
            let read = table.require("a").await.unwrap();
            assert_eq!(read.until, $whole);
            // What the attribute cannot hold is no change.
            machine.transport.reset();
            let modify = table.modify("a", |item| item.until = $until);
            modify.await.unwrap();
            assert_eq!(machine.transport.count("UpdateItem"), 0);
            let holds = $name::UNTIL.eq($whole) & $name::UNTIL.ge($whole);
            let apply = table.apply("a", $name::UNTIL.set($whole)).condition(holds);
            apply.await.unwrap();
            assert_eq!(read_raw(&table, "a").await.unwrap()["expires"], n(86_400));
        }};
    }
    stored!(Std, precise, at(86_400));
    stored!(Chrono, precise.into(), chrono::DateTime::from(at(86_400)));
    stored!(
        Time,
        Some(precise.into()),
        Some(time::OffsetDateTime::from(at(86_400)))
    );
    stored!(
        Jiff,
        Some(precise.try_into().unwrap()),
        Some(jiff::Timestamp::try_from(at(86_400)).unwrap())
    );
    stored!(Plain, 86_400, 86_400);
    let seconds = EpochSeconds(86_400);
    stored!(Seconds, seconds, seconds);
    stored!(Signed, Some(86_400), Some(86_400));
}

#[tokio::test]
async fn a_count_of_seconds_can_be_added_to_and_no_time_is_no_attribute() {
    let (_, _, plain) = world!(Plain);
    let (id, until) = ("a".to_owned(), 100);
    plain.insert(Plain { id, until }).await.unwrap();
    let later = plain.apply("a", Plain::UNTIL.add(3600)).await.unwrap();
    assert_eq!(later.until, 3700);

    let (_, _, jiff) = world!(Jiff);
    let (id, until) = ("a".to_owned(), None);
    let handle = jiff.insert(Jiff { id, until }).await.unwrap();
    assert!(!Stored::image(&handle).contains_key("expires"));
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "visits")]
struct Visit {
    #[entity(partition_key)]
    who: String,
    #[entity(sort_key)]
    day: u32,
    count: u32,
    #[entity(ttl)]
    #[serde(alias = "until")]
    expires: Option<SystemTime>,
}

/// Visits on days 0 to 9, of which each third has expired at 1,000 s.
async fn visits() -> Option<(Backend, TestClock, Table<Visit>)> {
    let (backend, _, _) = crate::support::world_with::<Visit>(&[]).await?;
    let clock = TestClock::default();
    clock.set_wall(at(1000));
    let machine = backend.machine_with(Duration::ZERO, |db| db.clock(clock.clone()));
    let visits = machine.db.table::<Visit>();
    for day in 0..10 {
        let expires = match day % 3 {
            0 => Some(at(1000 - u64::from(day))),
            1 => Some(at(1001 + u64::from(day))),
            _ => None,
        };
        let (who, count) = ("ann".to_owned(), day);
        let visit = Visit {
            who,
            day,
            count,
            expires,
        };
        visits.insert(visit).await.unwrap();
    }
    Some((backend, clock, visits))
}

fn days(visits: &[Stored<Visit>]) -> Vec<u32> {
    let mut days: Vec<_> = visits.iter().map(|visit| visit.day).collect();
    days.sort_unstable();
    days
}

#[tokio::test]
async fn live_only_leaves_out_what_has_expired() {
    let Some((_, clock, visits)) = visits().await else {
        return;
    };
    let all = visits.query("ann").collect().await.unwrap();
    assert_eq!(all.len(), 10);
    let live = || visits.query("ann").live_only();
    let live_days = [1, 2, 4, 5, 7, 8];
    assert_eq!(days(&live().collect().await.unwrap()), live_days);
    assert_eq!(live().count().await.unwrap(), 6);
    let scanned = visits.scan().live_only().segments(2).consistent();
    assert_eq!(days(&scanned.collect().await.unwrap()), live_days);
    // With a filter, in either order.
    let few = Visit::COUNT.lt(2) | Visit::COUNT.gt(6);
    let filtered = live().filter(few.clone()).collect().await.unwrap();
    assert_eq!(days(&filtered), [1, 7, 8]);
    let filtered = visits.query("ann").filter(few).live_only();
    assert_eq!(filtered.count().await.unwrap(), 3);
    // By the clock of the `Db`.
    clock.set_wall(at(1002));
    assert_eq!(days(&live().collect().await.unwrap()), [2, 4, 5, 7, 8]);
}

#[tokio::test]
async fn what_holds_no_number_never_expires_and_an_older_name_counts() {
    let Some((_, _, visits)) = visits().await else {
        return;
    };
    let null = optimist::AttributeValue::Null(true);
    let expires = [("expires", null), ("until", n(999)), ("until", n(1001))];
    for (day, expires) in (20..).zip(expires) {
        let item = [("who", s("bob")), ("day", n(day)), ("count", n(0)), expires];
        put_raw(&visits, item).await;
    }
    assert_eq!(visits.query("bob").count().await.unwrap(), 3);
    let live = visits.query("bob").live_only().collect().await.unwrap();
    assert_eq!(days(&live), [20, 22]);
}

#[tokio::test]
async fn a_token_goes_on_at_a_later_time_and_belongs_to_live_only() {
    let Some((_, clock, visits)) = visits().await else {
        return;
    };
    let live = || visits.query("ann").filter(Visit::COUNT.ge(0)).live_only();
    let page = live().page_size(3).page().await.unwrap();
    let token = page.resume.unwrap();
    clock.set_wall(at(1007));
    let rest = live().resume(token.clone()).collect().await.unwrap();
    assert_eq!(days(&rest), [5, 7, 8], "4 has expired meanwhile");
    let all = visits.query("ann").filter(Visit::COUNT.ge(0));
    let other = all.resume(token).collect().await.unwrap_err();
    assert!(other.to_string().contains("another query"), "{other}");
}

#[derive(Entity, Debug)]
#[entity(table = "parcels")]
struct Parcel {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-shelf", partition_key))]
    shelf: u32,
    #[entity(ttl, index("by-shelf", sort_key))]
    until: EpochSeconds,
}

#[tokio::test]
async fn a_time_to_live_can_be_the_key_of_an_index() {
    let (_, _, parcels) = world!(Parcel);
    for (id, until) in [("a", 100), ("b", 200)] {
        let (id, until) = (id.to_owned(), EpochSeconds(until));
        let parcel = Parcel {
            id,
            shelf: 1,
            until,
        };
        let stored = parcels.insert(parcel).await.unwrap();
        assert_eq!(Stored::image(&stored)["until"], n(until.0));
    }
    let shelf = || parcels.query_index(Parcel::BY_SHELF, 1);
    let late = shelf().sort_key(|until| until.gt(EpochSeconds(150)));
    assert_eq!(late.count().await.unwrap(), 1);
    // Of a key the query itself asks, not a filter.
    let live = shelf().live_only().count().await.unwrap_err();
    assert!(live.is_invalid_input(), "{live}");
}
