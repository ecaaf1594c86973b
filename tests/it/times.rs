//! Times of every library are set by themselves, and as numbers are compared by order.

use std::time::{Duration, SystemTime};

use optimist::{AttributeValue, Entity, Part, Stored, time::epoch_seconds};
use serde::{Deserialize, Serialize};

use crate::support::{n, world};

#[derive(Part, Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Stay {
    #[serde(with = "optimist::time::epoch_seconds")]
    until: jiff::Timestamp,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "visits")]
struct Visit {
    #[entity(partition_key)]
    id: String,
    #[entity(created_at, with = optimist::time::epoch_millis)]
    chrono: chrono::DateTime<chrono::Utc>,
    #[entity(created_at, with = "optimist::time::epoch_millis")]
    time: time::OffsetDateTime,
    #[entity(created_at, with = epoch_seconds, ordered)]
    jiff: jiff::Timestamp,
    #[entity(updated_at)]
    plain: jiff::Timestamp,
    #[entity(with = optimist::time::epoch_seconds::option)]
    left: Option<SystemTime>,
    stay: Stay,
    count: u32,
}

fn visit() -> Visit {
    Visit {
        id: "v".into(),
        chrono: chrono::DateTime::UNIX_EPOCH,
        time: time::OffsetDateTime::UNIX_EPOCH,
        jiff: jiff::Timestamp::UNIX_EPOCH,
        plain: jiff::Timestamp::UNIX_EPOCH,
        left: None,
        stay: Stay {
            until: jiff::Timestamp::UNIX_EPOCH,
        },
        count: 0,
    }
}

#[tokio::test]
async fn times_of_every_library_are_set_and_stored_as_numbers() {
    let (_, machine, visits) = world!(Visit);
    let before = SystemTime::now() - Duration::from_secs(1);
    let visit = visits.insert(visit()).await.unwrap();
    for time in [
        visit.chrono.into(),
        visit.time.into(),
        visit.jiff.into(),
        SystemTime::from(visit.plain),
    ] {
        assert!(before <= time && time <= SystemTime::now());
    }
    for name in ["chrono", "time", "jiff"] {
        assert!(Stored::image(&visit)[name].is_n(), "{name}");
    }
    assert!(!Stored::image(&visit).contains_key("left"));
    assert_eq!(Stored::image(&visit)["stay"].as_m().unwrap()["until"], n(0));
    // Milliseconds are less than the struct holds; that is no change.
    machine.transport.reset();
    let read = visits
        .modify("v", |visit| visit.count += 0)
        .await
        .unwrap()
        .stored;
    assert_eq!(machine.transport.count("UpdateItem"), 0);
    let changed = visits.apply("v", Visit::COUNT.add(1)).await.unwrap();
    assert!(changed.plain > read.plain);
}

#[tokio::test]
async fn times_as_numbers_are_compared_by_order() {
    let (_, _, visits) = world!(Visit);
    let stored = visits.insert(visit()).await.unwrap();
    let later = stored.chrono + Duration::from_millis(1);
    let day = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
    let holds = Visit::CHRONO.lt(later)
        & Visit::CHRONO.between(chrono::DateTime::UNIX_EPOCH, stored.chrono)
        & Visit::CHRONO.eq(stored.chrono)
        & Visit::TIME.gt(time::OffsetDateTime::UNIX_EPOCH)
        & Visit::JIFF.ge(jiff::Timestamp::UNIX_EPOCH)
        & Visit::LEFT.missing()
        & !Visit::LEFT.le(day);
    let change = Visit::LEFT.set(day) + Visit::COUNT.add(1);
    let changed = visits.apply("v", change).condition(holds).await.unwrap();
    assert_eq!(
        Stored::image(&changed)["left"],
        AttributeValue::N("86400".into())
    );
    let left = Visit::LEFT.eq(day) & Visit::LEFT.gt(SystemTime::UNIX_EPOCH);
    visits
        .apply("v", Visit::LEFT.set(None))
        .condition(left)
        .await
        .unwrap();
}
