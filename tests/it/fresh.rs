//! Reads of indexes that lag: what `fresh` shows and cannot show, and what `until` waits for.

use std::collections::BTreeSet;
use std::time::Duration;

use optimist::attr::AttributeType;
use optimist::{AttributeValue, Condition, Entity, Table};
use optimist_tests::{Backend, Fault, Machine, seed};

use crate::support::{n, put_raw, s, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "tasks")]
pub struct Task {
    #[entity(partition_key)]
    id: u64,
    #[entity(index("by-state", partition_key, projection = keys))]
    state: String,
    #[entity(index("by-state", sort_key))]
    due: u64,
    title: Option<String>,
}

const LAG: Duration = Duration::from_secs(2);

async fn lagging(seed: u64) -> (Backend, Machine, Table<Task>) {
    let backend = Backend::lagging(seed, LAG).unwrap();
    backend.create_table::<Task>().await.unwrap();
    let machine = backend.machine();
    let tasks = machine.db.table();
    (backend, machine, tasks)
}

fn task(id: u64, state: &str, due: u64) -> Task {
    Task {
        id,
        state: state.into(),
        due,
        title: None,
    }
}

fn ids<'a>(tasks: impl IntoIterator<Item = &'a optimist::Stored<Task>>) -> Vec<u64> {
    tasks.into_iter().map(|task| task.id).collect()
}

#[tokio::test(start_paused = true)]
async fn fresh_shows_no_old_value_and_misses_what_has_not_arrived() {
    let (_, _, tasks) = lagging(seed()).await;
    for id in 0..6 {
        tasks.insert(task(id, "open", id)).await.unwrap();
    }
    tokio::time::sleep(LAG * 2).await;
    tasks
        .modify(0, |task| task.state = "done".into())
        .await
        .unwrap();
    tasks.modify(1, |task| task.due = 90).await.unwrap();
    tasks
        .modify(2, |task| task.title = Some("new".into()))
        .await
        .unwrap();
    let gone = tasks.require(3).await.unwrap();
    tasks.delete(gone).await.unwrap();
    tasks.insert(task(7, "open", 7)).await.unwrap();

    let stale = tasks
        .query_index(Task::BY_STATE, "open")
        .collect()
        .await
        .unwrap();
    let keys: Vec<_> = stale.iter().map(|task| task.key().to_string()).collect();
    assert_eq!(keys, ["0", "1", "2", "3", "4", "5"], "what was");
    let read = || {
        tasks
            .query_index(Task::BY_STATE, "open")
            .sort_key(|k| k.le(80))
    };
    let fresh = read().fresh().collect().await.unwrap();
    assert_eq!(ids(&fresh), [2, 4, 5]);
    assert_eq!(fresh[0].title.as_deref(), Some("new"));
    assert_eq!(read().fresh().count().await.unwrap(), 3);
    assert_eq!(
        tasks
            .scan_index(Task::BY_STATE)
            .fresh()
            .count()
            .await
            .unwrap(),
        5
    );
    let titled = read().filter(Task::TITLE.eq("new")).fresh();
    assert_eq!(ids(&titled.collect().await.unwrap()), [2]);

    let enough = |hits: &[optimist::Stored<Task>]| hits.iter().any(|task| task.id == 7);
    let waited = read().fresh().until(enough, LAG * 2).await.unwrap();
    assert!(ids(&waited).contains(&7));
    let never = |hits: &[optimist::Stored<Task>]| hits.len() > 50;
    let error = read().fresh().until(never, LAG).await.unwrap_err();
    assert!(error.is_exhausted(), "{error}");
    assert_eq!(error.table(), Some(tasks.name()));
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_what_is_given_and_asks_no_more() {
    let (_, machine, tasks) = lagging(seed()).await;
    for id in 0..300 {
        tasks.insert(task(id, "open", id)).await.unwrap();
    }
    tokio::time::sleep(LAG * 2).await;
    for id in (0..300).step_by(2) {
        tasks
            .modify(id, |task| task.state = "done".into())
            .await
            .unwrap();
    }
    let read = || tasks.query_index(Task::BY_STATE, "open");
    machine.transport.reset();
    let first = read().fresh().first().await.unwrap().unwrap();
    assert_eq!(first.id, 1);
    assert_eq!(
        (
            machine.transport.count("Query"),
            machine.transport.count("BatchGetItem")
        ),
        (2, 2)
    );
    for (limit, page_size) in [(1, 7), (40, 9), (120, 500), (1000, 31)] {
        let found = read()
            .limit(limit)
            .page_size(page_size)
            .fresh()
            .collect()
            .await
            .unwrap();
        let wanted: Vec<_> = (0..300).filter(|id| id % 2 == 1).take(limit).collect();
        assert_eq!(ids(&found), wanted, "limit {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_old_is_shown_and_nothing_twice_whatever_befalls_the_reads() {
    let base = seed();
    for history in 0..30 {
        let seed = base.wrapping_add(history);
        let (backend, machine, tasks) = lagging(seed).await;
        let mut random = fastrand::Rng::with_seed(seed);
        for id in 0..30 {
            tasks
                .insert(task(id, "open", random.u64(0..5)))
                .await
                .unwrap();
        }
        tokio::time::sleep(LAG * 2).await;
        let mut moved = BTreeSet::new();
        for _ in 0..20 {
            let (id, due) = (random.u64(0..30), random.u64(0..5));
            let state = if random.bool() { "open" } else { "done" };
            tasks
                .modify(id, |task| (task.state, task.due) = (state.into(), due))
                .await
                .unwrap();
            moved.insert(id);
        }
        let faults = [
            (Fault::Throttle, 0.1),
            (Fault::LoseAnswer, 0.1),
            (Fault::FailBefore(500), 0.1),
            (Fault::Unprocessed, 0.3),
        ];
        machine
            .transport
            .plan(seed, &["Query", "BatchGetItem"], faults);
        let mut found = BTreeSet::new();
        let mut stream = tasks
            .query_index(Task::BY_STATE, "open")
            .page_size(4)
            .fresh()
            .stream();
        let mut once = BTreeSet::new();
        let mut given = 0;
        loop {
            let next = stream.try_next().await;
            let Some(hit) = next.unwrap_or_else(|error| panic!("seed {seed}: {error}")) else {
                break;
            };
            assert!(once.insert(hit.id), "seed {seed}: {} comes twice", hit.id);
            found.insert(hit.id);
            given += 1;
            if given == 7 {
                // Another stream from here on: an entry that arrives meanwhile under another sort key may come again.
                let token = stream.resume_token().unwrap();
                let read = tasks.query_index(Task::BY_STATE, "open").page_size(9);
                stream = read.fresh().resume(token).stream();
                once.clear();
            }
        }
        machine.transport.reset();
        let check = backend.machine().db.table::<Task>();
        for id in 0..30 {
            let now = check.require(id).await.unwrap();
            if now.state != "open" {
                assert!(!found.contains(&id), "seed {seed}: {id} is {}", now.state);
            } else if !moved.contains(&id) {
                assert!(found.contains(&id), "seed {seed}: {id} is missing");
            }
        }
    }
}

/// What other tools may have stored in the place of a title.
fn foreign(random: &mut fastrand::Rng) -> Option<AttributeValue> {
    let number = |random: &mut fastrand::Rng| AttributeValue::N(random.i32(-3..3).to_string());
    let text = |random: &mut fastrand::Rng| s(["", "a", "ab", "b"][random.usize(..4)]);
    Some(match random.u8(..9) {
        0 => return None,
        1 => AttributeValue::Null(true),
        2 => number(random),
        3 => AttributeValue::N(format!("{}.00", random.i32(-3..3))),
        4 => AttributeValue::Bool(random.bool()),
        5 => AttributeValue::L(vec![text(random), number(random)]),
        6 => AttributeValue::Ss(vec!["a".into(), "b".into()]),
        _ => text(random),
    })
}

fn condition(random: &mut fastrand::Rng, depth: u8) -> Condition<Task> {
    let word = ["a", "ab", "b"][random.usize(..3)];
    let other = ["a", "b"][random.usize(..2)];
    let size = random.usize(1..3);
    let of_type = |of_type| Task::TITLE.attribute_type(of_type);
    match random.u8(..if depth == 0 { 13 } else { 16 }) {
        0 => Task::TITLE.eq(word),
        1 => Task::TITLE.ne(word),
        2 => Task::TITLE.lt(word),
        3 => Task::TITLE.le(word),
        4 => Task::TITLE.gt(word),
        5 => Task::TITLE.ge(word),
        6 => Task::TITLE.between("a", word),
        7 => Task::TITLE.is_in([word, other]),
        8 => Task::TITLE.exists(),
        9 => Task::TITLE.missing(),
        10 => Task::TITLE.begins_with(other),
        11 => Task::TITLE.contains(other),
        // Engines differ on the size of what has none.
        12 => {
            !of_type(AttributeType::N)
                & !of_type(AttributeType::Bool)
                & !of_type(AttributeType::Null)
                & Task::TITLE.size().ge(size)
        }
        13 => condition(random, depth - 1) & condition(random, depth - 1),
        14 => condition(random, depth - 1) | condition(random, depth - 1),
        _ => !condition(random, depth - 1),
    }
}

#[tokio::test]
async fn the_verdict_on_a_fresh_item_is_that_of_the_server() {
    let (_, _, tasks) = world!(Task, needs UnlikeTypes);
    let mut random = fastrand::Rng::with_seed(seed());
    for id in 0..40 {
        let mut item = vec![
            ("id", n(id)),
            ("state", s("open")),
            ("due", n(random.u8(..9))),
            ("version", n(1)),
        ];
        item.extend(foreign(&mut random).map(|title| ("title", title)));
        put_raw(&tasks, item).await;
    }
    for _ in 0..150 {
        let filter = condition(&mut random, 2);
        let (low, high) = (random.u64(..9), random.u64(..9));
        // The server's verdict is that of a scan of the table.
        let bounds =
            Task::STATE.eq("open") & Task::DUE.ge(low.min(high)) & Task::DUE.le(low.max(high));
        let mut scan = tasks
            .scan()
            .filter(filter.clone() & bounds)
            .consistent()
            .stream();
        let mut wanted = BTreeSet::new();
        let key = |error: &optimist::Error| error.key().unwrap().to_string();
        loop {
            match scan.try_next().await {
                Ok(Some(task)) => wanted.insert(task.id.to_string()),
                Ok(None) => break,
                Err(error) => wanted.insert(key(&error)),
            };
        }
        let query = tasks.query_index(Task::BY_STATE, "open");
        let query = query.sort_key(|k| k.between(low.min(high), low.max(high)));
        let mut query = query.filter(filter.clone()).fresh().stream();
        let mut found = BTreeSet::new();
        loop {
            match query.try_next().await {
                Ok(Some(task)) => found.insert(task.id.to_string()),
                Ok(None) => break,
                Err(error) => found.insert(key(&error)),
            };
        }
        assert_eq!(found, wanted, "{filter}");
    }
}
