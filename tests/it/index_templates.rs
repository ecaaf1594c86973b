//! Keys of indexes by template: written with every change of what they are made of.

use optimist::query::Query;
use optimist::{AttributeValue, Entity, ErrorKind, Item, Table};

use crate::support::{n, put_raw, read_raw, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "tasks",
    index(
        "by-day",
        partition_key(day_key = "DAY#{day}"),
        sort_key(state_key = "{state}#{urgency:02}")
    )
)]
struct Task {
    #[entity(partition_key)]
    id: String,
    day: Option<String>,
    state: String,
    urgency: u8,
    title: String,
}

fn task(id: &str, urgency: u8) -> Task {
    Task {
        id: id.into(),
        day: Some("2026-11-03".into()),
        state: "open".into(),
        urgency,
        title: String::new(),
    }
}

async fn keys(tasks: &Table<Task>, id: &str) -> [Option<AttributeValue>; 2] {
    let item = read_raw(tasks, id).await.unwrap();
    ["day_key", "state_key"].map(|key| item.get(key).cloned())
}

#[tokio::test]
async fn an_index_is_queried_by_the_fields_of_its_templates() {
    let (_, _, tasks) = world!(Task);
    for (id, urgency) in [("a", 1), ("b", 5), ("c", 10)] {
        tasks.insert(task(id, urgency)).await.unwrap();
    }
    tasks
        .modify("c", |task| task.state = "opening".into())
        .await
        .unwrap();
    let of_day = || tasks.query_index(Task::BY_DAY, "2026-11-03");
    assert_eq!(of_day().count().await.unwrap(), 3);
    let open = of_day().sort_key(|k| k.state("open")).reverse();
    let open = open.entities().collect().await.unwrap();
    assert_eq!(open.iter().map(|t| &*t.id).collect::<String>(), "ba");
    let urgent = of_day().sort_key(|k| k.state("open").urgency_between(2, 99));
    assert_eq!(urgent.fresh().first().await.unwrap().unwrap().id, "b");
    let one = of_day().sort_key(|k| k.state("opening").urgency(10));
    assert_eq!(one.count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_change_of_a_field_moves_the_key() {
    let (_, _, tasks) = world!(Task);
    let mut a = tasks.insert(task("a", 1)).await.unwrap();
    let key = |day: &str, state: &str| [Some(s(day)), Some(s(state))];
    assert_eq!(keys(&tasks, "a").await, key("DAY#2026-11-03", "open#01"));
    a.urgency = 2;
    tasks.save(&mut a).await.unwrap();
    assert_eq!(keys(&tasks, "a").await, key("DAY#2026-11-03", "open#02"));
    a.day = None;
    tasks.save(&mut a).await.unwrap();
    assert_eq!(keys(&tasks, "a").await, [None, Some(s("open#02"))]);
    tasks.put_unchecked(task("a", 9)).await.unwrap();
    assert_eq!(keys(&tasks, "a").await, key("DAY#2026-11-03", "open#09"));
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_before_a_request() {
    let (_, machine, tasks) = world!(Task);
    let mut a = tasks.insert(task("a", 1)).await.unwrap();
    machine.transport.reset();
    for (state, urgency) in [("o#pen", 1), ("", 1), ("open", 100)] {
        let mut wrong = task("b", urgency);
        wrong.state = state.into();
        let error = tasks.insert(wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        (a.state, a.urgency) = (state.into(), urgency);
        let error = tasks.save(&mut a).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let change = Task::STATE.set(state) + Task::URGENCY.set(urgency);
        let error = tasks.apply("a", change).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn a_change_by_the_server_sets_all_of_a_key_or_nothing_of_it() {
    let (_, machine, tasks) = world!(Task);
    let mut a = tasks.insert(task("a", 1)).await.unwrap();
    machine.transport.reset();
    let refused = [
        tasks.apply("a", Task::STATE.set("done")).await.unwrap_err(),
        tasks.apply("a", Task::URGENCY.add(1)).await.unwrap_err(),
        tasks
            .apply("a", Task::STATE.set("done") + Task::URGENCY.add(1))
            .await
            .unwrap_err(),
        tasks
            .update(&mut a, Task::STATE.set("done"))
            .await
            .unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        let names = ["`state_key`", "`state`, `urgency`"];
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
    }
    assert_eq!(machine.transport.total(), 0);

    let all = || Task::STATE.set("done") + Task::URGENCY.set(3);
    tasks.apply("a", all()).await.unwrap();
    let day = || Some(s("DAY#2026-11-03"));
    assert_eq!(keys(&tasks, "a").await, [day(), Some(s("done#03"))]);
    tasks.apply("a", Task::DAY.remove()).await.unwrap();
    assert_eq!(keys(&tasks, "a").await, [None, Some(s("done#03"))]);
    tasks.reload(&mut a).await.unwrap();
    let edit = Task::DAY.set(Some("x".to_owned())) + Task::TITLE.set("t");
    tasks.update(&mut a, edit).await.unwrap();
    assert_eq!(keys(&tasks, "a").await[0], Some(s("DAY#x")));
    assert_eq!((a.day.as_deref(), &*a.title), (Some("x"), "t"));
}

#[tokio::test]
async fn an_upsert_gives_a_new_item_its_keys_and_no_other_a_wrong_one() {
    let (_, _, tasks) = world!(Task);
    let change = || Task::TITLE.set("t");
    tasks
        .apply("a", change())
        .or_insert(task("a", 1))
        .await
        .unwrap();
    let key = [Some(s("DAY#2026-11-03")), Some(s("open#01"))];
    assert_eq!(keys(&tasks, "a").await, key);
    tasks
        .apply("a", change())
        .or_insert(task("a", 2))
        .await
        .unwrap();
    assert_eq!(keys(&tasks, "a").await, key);

    let old = [
        ("id", s("b")),
        ("state", s("done")),
        ("urgency", n(7)),
        ("title", s("")),
    ];
    put_raw(&tasks, old.clone()).await;
    let upsert = tasks.apply("b", change()).or_insert(task("b", 1));
    let error = upsert.await.unwrap_err();
    assert!(error.to_string().contains("`state_key`"), "{error}");
    // A change moves the keys of an item that had none; nothing changed is no request.
    let machine_sent = tasks.modify("b", |_| ()).await.unwrap();
    assert_eq!(keys(&tasks, "b").await, [None, None]);
    drop(machine_sent);
    tasks.modify("b", |b| b.title = "t".into()).await.unwrap();
    assert_eq!(keys(&tasks, "b").await, [None, Some(s("done#07"))]);
}

/// Without a lock, two writers of one key must notice each other.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "lockless",
    lock = values,
    index("by-both", partition_key(both = "{left}#{right}"))
)]
struct Lockless {
    #[entity(partition_key)]
    id: String,
    left: String,
    right: String,
}

#[tokio::test]
async fn writers_of_two_fields_of_one_key_conflict_without_a_lock() {
    let (_, _, table) = world!(Lockless);
    let (left, right) = ("a".to_owned(), "b".to_owned());
    let id = "x".to_owned();
    table.insert(Lockless { id, left, right }).await.unwrap();
    let mut one = table.require("x").await.unwrap();
    let mut other = table.require("x").await.unwrap();
    one.left = "c".into();
    other.right = "d".into();
    table.save(&mut one).await.unwrap();
    assert!(table.save(&mut other).await.unwrap_err().is_conflict());
    table.modify("x", |x| x.right = "d".into()).await.unwrap();
    assert_eq!(read_raw(&table, "x").await.unwrap()["both"], s("c#d"));
}

/// The table's keys in the other order, and a local index beside keys by template.
#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(
    table = "follows",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "FOLLOWS#{other}"),
    index(
        "inverted",
        partition_key(sk = "FOLLOWS#{other}"),
        sort_key(pk = "USER#{user}")
    ),
    index("by-age", sort_key(age = "SINCE#{since:010}"), local)
)]
struct Follow {
    user: String,
    other: String,
    since: u64,
    #[entity(index("by-weight", sort_key, local))]
    weight: Option<i32>,
}

#[tokio::test]
async fn keys_of_the_table_are_keys_of_an_index_too() {
    let (_, _, follows) = world!(Follow);
    for (user, other, since) in [("a", "x", 3), ("b", "x", 2), ("a", "y", 1)] {
        let (user, other, weight) = (user.into(), other.into(), Some(-1));
        let follow = Follow {
            user,
            other,
            since,
            weight,
        };
        follows.insert(follow).await.unwrap();
    }
    let followers = follows.query_index(Follow::INVERTED, "x");
    assert_eq!(followers.count().await.unwrap(), 2);
    let one = follows
        .query_index(Follow::INVERTED, "x")
        .sort_key(|k| k.user("b"));
    assert_eq!(one.count().await.unwrap(), 1);
    let oldest = follows.query_index(Follow::BY_AGE, "a").consistent();
    assert_eq!(oldest.first().await.unwrap().unwrap().other, "y");
    let recent = follows
        .query_index(Follow::BY_AGE, "a")
        .sort_key(|k| k.since_between(2, 9));
    assert_eq!(recent.count().await.unwrap(), 1);
    let light = follows
        .query_index(Follow::BY_WEIGHT, "a")
        .sort_key(|k| k.lt(0));
    assert_eq!(light.count().await.unwrap(), 2);
    // Change by change, the fields stay settable.
    let key = ("a", "x");
    follows.apply(key, Follow::SINCE.set(5)).await.unwrap();
    let item: Item = {
        let get = follows.db().client().get_item().table_name(follows.name());
        let get = get.key("pk", s("USER#a")).key("sk", s("FOLLOWS#x"));
        get.send().await.unwrap().item.unwrap()
    };
    assert_eq!(item["age"], s("SINCE#0000000005"));
    let all: Query<Follow> = follows.query("a");
    assert_eq!(all.count().await.unwrap(), 2);
}
