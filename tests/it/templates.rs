//! Keys by template: how they are made, what is refused, and how their parts are asked for.

use std::collections::BTreeSet;

use fastrand::Rng;
use optimist::{Entity, ErrorKind, Item, KeyValue, Table};
use optimist_tests::seed;
use uuid::Uuid;

use crate::support::{n, s, world};

#[derive(KeyValue, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UserId(String);

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "shop",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "ORDER#{day}#{number:05}")
)]
struct Order {
    total: u64,
    number: u32,
    day: String,
    user: UserId,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "shop",
    partition_key(pk = "USER#{id}"),
    sort_key(sk = "PROFILE")
)]
struct User {
    id: UserId,
    name: String,
}

fn order(day: &str, number: u32) -> Order {
    Order {
        total: 10,
        number,
        day: day.into(),
        user: UserId("ann".into()),
    }
}

async fn raw<E: Entity>(table: &Table<E>, pk: &str, sk: &str) -> Item {
    let get = table.db().client().get_item().table_name(table.name());
    let get = get.key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
    get.send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn keys_are_made_of_fields_which_stay_attributes() {
    let (_, _, orders) = world!(Order);
    orders.insert(order("2026-11-03", 7)).await.unwrap();
    let item = raw(&orders, "USER#ann", "ORDER#2026-11-03#00007").await;
    for (name, value) in [
        ("user", s("ann")),
        ("day", s("2026-11-03")),
        ("number", n(7)),
    ] {
        assert_eq!(item[name], value);
    }
    let ann = UserId("ann".into());
    let key = || (&ann, "2026-11-03", 7);
    let mut read = orders.require(key()).await.unwrap();
    assert_eq!(*read, order("2026-11-03", 7));
    read.total = 11;
    orders.save(&mut read).await.unwrap();
    orders.modify(key(), |o| o.total += 1).await.unwrap();
    orders.apply(key(), Order::TOTAL.add(1)).await.unwrap();
    let read = orders.require(key()).await.unwrap();
    assert_eq!(read.total, 13);
    orders.delete(read).await.unwrap();
    assert!(orders.get(key()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_constant_sort_key_leaves_a_key_of_one_field() {
    let (_, _, users) = world!(User);
    let ann = User {
        id: UserId("ann".into()),
        name: "Ann".into(),
    };
    users.insert(ann.clone()).await.unwrap();
    assert_eq!(*users.require(&ann.id).await.unwrap(), ann);
    raw(&users, "USER#ann", "PROFILE").await;
    let orders = users.db().table::<Order>();
    orders.insert(order("2026-11-03", 7)).await.unwrap();
    assert_eq!(users.query(&ann.id).count().await.unwrap(), 1);
}

#[tokio::test]
async fn an_edit_of_a_field_in_a_template_is_an_edit_of_the_key() {
    let (_, machine, orders) = world!(Order);
    let mut read = orders.insert(order("2026-11-03", 7)).await.unwrap();
    machine.transport.reset();
    for number in [8, 100_000] {
        read.number = number;
        let error = orders.save(&mut read).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        for part in ["`pk` or `sk`", "`user`, `day`, `number`", "cannot change"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert_eq!(machine.transport.total(), 0);
    let key = (UserId("ann".into()), "2026-11-03", 7);
    let error = orders.modify(key, |o| o.day.clear()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_a_request() {
    let (_, machine, orders) = world!(Order);
    machine.transport.reset();
    let ann = || UserId("ann".into());
    let mut errors = Vec::new();
    for (day, number) in [("2026#11", 7), ("2026!11", 7), ("", 7), ("2026", 100_000)] {
        errors.push(orders.insert(order(day, number)).await.unwrap_err());
        errors.push(orders.put_unchecked(order(day, number)).await.unwrap_err());
        errors.push(orders.get((ann(), day, number)).await.unwrap_err());
        let change = Order::TOTAL.set(1);
        errors.push(
            orders
                .apply((ann(), day, number), change)
                .await
                .unwrap_err(),
        );
        let query = orders.query(ann()).sort_key(|k| k.day(day).number(number));
        errors.push(query.collect().await.unwrap_err());
        let query = orders
            .query(ann())
            .sort_key(|k| k.day(day).number_between(0, number));
        errors.push(query.collect().await.unwrap_err());
    }
    let nobody = UserId(String::new());
    errors.push(orders.query(nobody.clone()).collect().await.unwrap_err());
    errors.push(orders.get((nobody, "2026", 7)).await.unwrap_err());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let text = format!("{error:?} {error}");
        assert!(text.contains(orders.name()), "{text}");
        assert!(text.contains("`sk`") || text.contains("`pk`"), "{text}");
    }
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_query_asks_for_the_text_that_begins_its_sort_keys() {
    let (_, _, orders) = world!(Order);
    let users = orders.db().table::<User>();
    let id = UserId("ann".into());
    let name = "Ann".into();
    users.insert(User { id, name }).await.unwrap();
    for number in [1, 10] {
        orders.insert(order("2026-11-03", number)).await.unwrap();
    }
    let of_ann = || orders.query(UserId("ann".into()));
    let page = of_ann().page().await.unwrap();
    assert_eq!((page.items.len(), page.scanned), (2, 2));
    let all = of_ann().reverse().entities().collect().await.unwrap();
    assert_eq!(all, [order("2026-11-03", 10), order("2026-11-03", 1)]);
    // An unfinished day is no prefix.
    let of_day = |day| of_ann().sort_key(move |k| k.day(day)).count();
    assert_eq!(of_day("2026-11-0").await.unwrap(), 0);
    assert_eq!(of_day("2026-11-03").await.unwrap(), 2);
    let all = of_ann().sort_key(|k| k).count().await.unwrap();
    assert_eq!(all, 2);
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "places",
    partition_key("p-k" = "{site}:{hall:03}"),
    sort_key("type" = "{{{rack}#{slot:03}/{label}")
)]
struct Place {
    site: String,
    #[entity(rename = "h")]
    hall: u8,
    rack: String,
    slot: u16,
    label: String,
}

fn text(random: &mut Rng) -> String {
    let length = random.usize(1..4);
    let letter = |_| ['$', '0', 'a', 'b', 'ä', '\u{10ffff}'][random.usize(..6)];
    (0..length).map(letter).collect()
}

/// Rack, slot and label.
type Parts = (String, u16, String);

type Holds<'a> = Box<dyn Fn(&&Parts) -> bool + 'a>;

#[tokio::test]
async fn a_query_by_parts_equals_a_filter_over_a_sorted_set() {
    let (_, _, table) = world!(Place, needs ByteOrder);
    let random = &mut Rng::with_seed(seed());
    let mut all = BTreeSet::new();
    for _ in 0..60 {
        let rack: String = text(random).chars().take(2).collect();
        let (slot, label) = (random.u16(..4) * 111, text(random));
        if all.insert((rack.clone(), slot, label.clone())) {
            let (site, hall) = ("a".to_owned(), 7);
            let place = Place {
                site,
                hall,
                rack,
                slot,
                label,
            };
            table.insert(place).await.unwrap();
        }
    }
    for round in 0..60 {
        let mut one = || all.iter().nth(random.usize(..all.len())).unwrap();
        let ((rack, slot, label), (rack2, slot2, label2)) = (one(), one());
        let (slot, slot2) = (*slot, *slot2);
        let query = table.query(("a", 7)).page_size(random.u32(1..50));
        let (query, holds): (_, Holds<'_>) = match round % 6 {
            0 => (query.sort_key(|k| k.rack(rack)), Box::new(|p| p.0 == *rack)),
            1 => (
                query.sort_key(|k| k.rack(rack).slot(slot)),
                Box::new(|p| p.0 == *rack && p.1 == slot),
            ),
            2 => (
                query.sort_key(|k| k.rack(rack).slot(slot).label(label)),
                Box::new(|p| p.0 == *rack && p.1 == slot && p.2 == *label),
            ),
            3 => (
                query.sort_key(|k| k.rack_between(rack, rack2)),
                Box::new(|p| *rack <= p.0 && p.0 <= *rack2),
            ),
            4 => (
                query.sort_key(|k| k.rack(rack).slot_between(slot, slot2)),
                Box::new(|p| p.0 == *rack && slot <= p.1 && p.1 <= slot2),
            ),
            _ => (
                query.sort_key(|k| k.rack(rack).slot(slot).label_between(label, label2)),
                Box::new(|p| p.0 == *rack && p.1 == slot && *label <= p.2 && p.2 <= *label2),
            ),
        };
        let wanted: Vec<_> = all.iter().filter(&holds).cloned().collect();
        let found = query.entities().collect().await.unwrap();
        let found: Vec<Parts> = found
            .into_iter()
            .map(|s| (s.rack, s.slot, s.label))
            .collect();
        let asked = (rack, slot, label, rack2, slot2, label2);
        assert_eq!(found, wanted, "round {}: {asked:?}", round % 6);
    }
}

/// One key is a field, the other is made of fields, which may be the same.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "mixed", sort_key(sk = "LINE#{id}#{line:02}"))]
struct Line {
    #[entity(partition_key)]
    id: Uuid,
    line: u8,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "sorted", partition_key(pk = "S#{sensor}#{room}"))]
struct Reading {
    #[entity(sort_key)]
    second: i64,
    sensor: String,
    room: String,
}

#[tokio::test]
async fn a_key_that_is_a_field_stands_beside_one_that_is_made() {
    let (_, _, lines) = world!(Line);
    let id = Uuid::from_u128(7);
    lines.insert(Line { id, line: 3 }).await.unwrap();
    assert_eq!(lines.require((id, 3)).await.unwrap().line, 3);
    let some = lines.query(id).sort_key(|k| k.id(id).line_between(1, 3));
    assert_eq!(some.count().await.unwrap(), 1);

    let (_, _, readings) = world!(Reading);
    for second in [-5, 5] {
        let (sensor, room) = ("a".into(), "b".into());
        let reading = Reading {
            second,
            sensor,
            room,
        };
        readings.insert(reading).await.unwrap();
    }
    assert_eq!(readings.require(("a", "b", -5)).await.unwrap().second, -5);
    let late = readings.query(("a", "b")).sort_key(|k| k.gt(0));
    assert_eq!(late.count().await.unwrap(), 1);
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "autos", partition_key(pk = "A#{id}"))]
struct Auto {
    #[entity(auto_uuid)]
    id: String,
}

#[tokio::test]
async fn a_field_of_a_template_is_generated_as_a_key_is() {
    let (_, _, autos) = world!(Auto);
    let auto = autos.insert(Auto { id: String::new() }).await.unwrap();
    assert!(!auto.id.is_empty());
    assert_eq!(*autos.require(&auto.id).await.unwrap(), *auto);
}
