//! Several entities in one table: all of them from one query, each as what it is.

use optimist::{AttributeValue, Entities, Entity, ErrorKind, Item, Stored, Table};

use crate::support::{n, put_raw, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "family",
    partition_key(pk = "USER#{id}"),
    sort_key(sk = "PROFILE")
)]
struct User {
    id: String,
    orders: u32,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "family",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "ORDER#{day}#{number:05}"),
    kind = "order"
)]
struct Order {
    user: String,
    day: String,
    number: u32,
}

/// Stands right behind its order.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "family",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "ORDER#{day}#{order:05}#LINE#{place:02}"),
    kind = "line"
)]
struct Line {
    user: String,
    day: String,
    order: u32,
    place: u8,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "family",
    partition_key(pk = "PRODUCT#{sku}"),
    sort_key(sk = "PROFILE")
)]
struct Product {
    sku: String,
}

#[derive(Entities, Debug)]
#[allow(clippy::large_enum_variant)]
enum Of {
    User(Stored<User>),
    Order(Stored<Order>),
    Line(Line),
    Product(Product),
    #[entities(other)]
    Other(Item),
}

#[derive(Entities, Debug)]
enum OrdersAlone {
    Order(Order),
    Line(Line),
}

fn name(of: &Of) -> String {
    match of {
        Of::User(user) => format!("user {}", user.id),
        Of::Order(order) => format!("order {} {}", order.day, order.number),
        Of::Line(line) => format!("line {} {} {}", line.day, line.order, line.place),
        Of::Product(product) => format!("product {}", product.sku),
        Of::Other(item) => format!("other {}", item.len()),
    }
}

const ALL: [&str; 8] = [
    "other 3",
    "order 1 7",
    "line 1 7 1",
    "line 1 7 2",
    "order 1 8",
    "order 2 9",
    "line 2 9 1",
    "user ann",
];

async fn fill(users: &Table<User>) {
    let ann = || "ann".to_owned();
    let (orders, lines) = (users.db().table::<Order>(), users.db().table::<Line>());
    users
        .insert(User {
            id: ann(),
            orders: 0,
        })
        .await
        .unwrap();
    for (day, number) in [("1", 7), ("1", 8), ("2", 9)] {
        let (user, day) = (ann(), day.to_owned());
        orders.insert(Order { user, day, number }).await.unwrap();
    }
    for (day, order, place) in [("1", 7, 1), ("1", 7, 2), ("2", 9, 1)] {
        let (user, day) = (ann(), day.to_owned());
        let line = Line {
            user,
            day,
            order,
            place,
        };
        lines.insert(line).await.unwrap();
    }
    let (pk, kind) = (("pk", s("USER#ann")), ("kind", s("address")));
    put_raw(users, [pk, ("sk", s("ADDRESS#1")), kind]).await;
    let products = users.db().table::<Product>();
    products
        .insert(Product { sku: "tea".into() })
        .await
        .unwrap();
}

#[tokio::test]
async fn one_query_gives_all_of_a_partition_in_order() {
    let (_, machine, users) = world!(User);
    fill(&users).await;
    machine.transport.reset();
    let all = users.query_all::<Of>("ann").collect().await.unwrap();
    assert_eq!(machine.transport.total(), 1);
    assert_eq!(all.iter().map(name).collect::<Vec<_>>(), ALL);

    // Each that is held as a handle can be saved.
    for of in all {
        match of {
            Of::User(mut user) => {
                user.orders = 3;
                users.save(&mut user).await.unwrap();
            }
            Of::Order(order) => {
                let orders = users.db().table::<Order>();
                orders.delete(order).await.unwrap();
            }
            _ => {}
        }
    }
    assert_eq!(users.require("ann").await.unwrap().orders, 3);
    let left = users.query_all::<Of>("ann").reverse().limit(3).collect();
    let left = left.await.unwrap();
    let left: Vec<_> = left.iter().map(name).collect();
    assert_eq!(left, ["user ann", "line 2 9 1", "line 1 7 2"]);
    assert_eq!(users.query_all::<Of>("ann").count().await.unwrap(), 5);
}

#[tokio::test]
async fn each_entity_alone_is_asked_for_by_its_text_and_kind() {
    let (_, machine, users) = world!(User);
    fill(&users).await;
    let (orders, lines) = (machine.db.table::<Order>(), machine.db.table::<Line>());
    assert_eq!(users.query("ann").count().await.unwrap(), 1);
    assert_eq!(orders.query("ann").count().await.unwrap(), 3);
    assert_eq!(lines.query("ann").count().await.unwrap(), 3);
    let of_seven = lines.query("ann").sort_key(|k| k.day("1").order(7));
    assert_eq!(of_seven.count().await.unwrap(), 2);
}

#[tokio::test]
async fn parts_of_one_entity_ask_for_all_that_begins_with_them() {
    let (_, machine, users) = world!(User);
    fill(&users).await;
    let orders = machine.db.table::<Order>();
    let of_day = orders.query_all::<Of>("ann").sort_key(|k| k.day("1"));
    let of_day = of_day.collect().await.unwrap();
    assert_eq!(of_day.iter().map(name).collect::<Vec<_>>(), ALL[1..5]);
}

#[tokio::test]
async fn a_scan_gives_all_of_a_table() {
    let (_, _, users) = world!(User);
    fill(&users).await;
    let all = users.scan_all::<Of>().segments(3).collect().await.unwrap();
    let mut all: Vec<_> = all.iter().map(name).collect();
    all.sort_unstable();
    let mut expected = Vec::from(ALL);
    expected.push("product tea");
    expected.sort_unstable();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn what_is_none_of_the_entities_is_an_error_in_its_place() {
    let (_, machine, users) = world!(User);
    fill(&users).await;
    let orders = machine.db.table::<Order>();
    let mut all = orders.query_all::<OrdersAlone>("ann").stream();
    let error = all.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Marshalling);
    let text = error.to_string();
    assert!(text.contains("`OrdersAlone`"), "{text}");
    assert!(text.contains("\"ADDRESS#1\""), "{text}");
    let mut found = 0;
    let mut strangers = 1;
    loop {
        match all.try_next().await {
            Ok(Some(
                OrdersAlone::Order(Order { user, .. }) | OrdersAlone::Line(Line { user, .. }),
            )) => {
                assert_eq!(user, "ann");
                found += 1;
            }
            Ok(None) => break,
            Err(_) => strangers += 1,
        }
    }
    assert_eq!((found, strangers), (6, 2));
}

#[tokio::test]
async fn an_item_with_the_kind_and_not_the_attributes_is_an_error_too() {
    let (_, _, users) = world!(User);
    let bad: [(&str, AttributeValue); 4] = [
        ("pk", s("USER#ann")),
        ("sk", s("ORDER#1#00001")),
        ("kind", s("order")),
        ("number", n(1)),
    ];
    put_raw(&users, bad).await;
    let error = users.query_all::<Of>("ann").collect().await.unwrap_err();
    assert!(error.to_string().contains("attribute `user`"), "{error}");
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "visits",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "SESSION#{id}"),
    kind = "session"
)]
struct Session {
    user: String,
    id: String,
    #[entity(ttl, hide_expired)]
    until: u64,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "visits",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "VISIT#{id}"),
    kind = "visit"
)]
struct Visit {
    user: String,
    id: String,
}

#[derive(Entities, Debug)]
#[allow(dead_code)]
enum OfVisits {
    Session(Session),
    Visit(Visit),
}

#[tokio::test]
async fn what_one_entity_hides_is_hidden_among_all() {
    let (_, _, visits) = world!(Visit);
    let sessions = visits.db().table::<Session>();
    let user = || "ann".to_owned();
    for (id, until) in [("old", 1), ("new", 99_999_999_999)] {
        let (user, id) = (user(), id.into());
        sessions.insert(Session { user, id, until }).await.unwrap();
    }
    visits
        .insert(Visit {
            user: user(),
            id: "v".into(),
        })
        .await
        .unwrap();
    let all = visits.query_all::<OfVisits>("ann").collect().await.unwrap();
    assert!(matches!(&all[..], [OfVisits::Session(s), OfVisits::Visit(_)] if s.id == "new"));
    let mut ids: Vec<_> = sessions.query("ann").entities().collect().await.unwrap();
    assert_eq!(ids.pop().map(|session| session.id), Some("new".into()));
    assert!(ids.is_empty());
}
