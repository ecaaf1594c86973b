//! What counts as a change of an entity, and what is written of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use optimist::{AttributeValue, Entity, Stored};
use serde::{Deserialize, Serialize};

use crate::support::{n, put_raw, read_raw, s, world};

fn eleven() -> u32 {
    11
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Place {
    city: String,
    visitors: HashSet<String>,
}

#[derive(Entity, Debug, Clone)]
#[entity(table = "trips")]
struct Trip {
    #[entity(partition_key)]
    id: String,
    cities: HashSet<String>,
    place: Place,
    rough: f32,
    #[entity(default = "eleven")]
    days: u32,
    #[serde(alias = "remark")]
    note: Option<String>,
    route: Vec<String>,
}

fn names<C: FromIterator<String>>(count: u32) -> C {
    (0..count).map(|i| format!("name-{i}")).collect()
}

fn list(count: u32) -> AttributeValue {
    AttributeValue::L(names::<Vec<_>>(count).iter().map(|name| s(name)).collect())
}

fn stored_by_others() -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let place = [
        ("city", s("Rome")),
        ("visitors", list(2)),
        ("mayor", s("Remus")),
    ];
    let place: HashMap<_, _> = place.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    [
        ("id", s("t")),
        ("cities", list(2)),
        ("place", AttributeValue::M(place)),
        ("rough", AttributeValue::N("0.123456789012345".into())),
        ("remark", s("from before")),
        ("route", list(3)),
    ]
    .into_iter()
}

#[tokio::test]
async fn what_the_struct_reads_with_loss_or_in_another_order_is_no_change() {
    let (_, machine, trips) = world!(Trip);
    put_raw(&trips, stored_by_others()).await;
    machine.transport.reset();
    for _ in 0..20 {
        let unchanged = trips.modify("t", |trip| trip.days = 11).await.unwrap();
        assert_eq!(unchanged.stored.cities.len(), 2);
    }
    assert_eq!(machine.transport.count("UpdateItem"), 0);
}

#[tokio::test]
async fn what_changes_is_written_alone() {
    let (_, _, trips) = world!(Trip, needs ListEquality);
    put_raw(&trips, stored_by_others()).await;
    let change = trips.modify("t", |trip| {
        trip.place.city = "Roma".into();
        trip.days += 1;
        trip.route.swap(0, 1);
        trip.cities.insert("Ostia".into());
    });
    let mut stored = change.await.unwrap().stored;
    let item = read_raw(&trips, "t").await.unwrap();
    assert_eq!(&item, Stored::image(&stored));
    let place = item["place"].as_m().unwrap();
    assert_eq!((&place["city"], &place["mayor"]), (&s("Roma"), &s("Remus")));
    assert_eq!(item["days"], n(12));
    assert_eq!(item["route"].as_l().unwrap()[0], s("name-1"));
    assert_eq!(item["cities"].as_l().unwrap().len(), 3);
    let rough = AttributeValue::N("0.123456789012345".into());
    assert_eq!(
        (&item["rough"], &item["remark"]),
        (&rough, &s("from before"))
    );
    stored.note = None;
    trips.save(&mut stored).await.unwrap();
    assert!(!Stored::image(&stored).contains_key("remark"));
}

#[tokio::test]
async fn an_edit_that_is_taken_back_is_no_change() {
    let (_, machine, trips) = world!(Trip);
    let new = Trip {
        id: "t".into(),
        cities: names(9),
        place: Place {
            city: "Rome".into(),
            visitors: names(9),
        },
        rough: 0.1,
        days: 11,
        note: None,
        route: names(3),
    };
    let mut trip = trips.insert(new).await.unwrap();
    let before = trip.clone();
    machine.transport.reset();
    trip.route.clear();
    trip.note = Some("x".into());
    *trip = Stored::into_inner(before);
    trips.save(&mut trip).await.unwrap();
    assert_eq!(machine.transport.total(), 0);
    let map = BTreeMap::from([("rough", 0.2)]);
    trip.rough = map["rough"];
    trips.save(&mut trip).await.unwrap();
    assert_eq!(machine.transport.total(), 1);
}
