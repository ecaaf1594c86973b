//! Many items by their keys: in the order asked, each read once, and none lost on the way.

use std::time::Duration;

use fastrand::Rng;
use optimist::{Entity, ErrorKind, Number, RetryPolicy, Stored, Table};
use optimist_tests::{Fault, seed};

use crate::support::{Counter, counter, embedded, n, put_raw, s, update_raw, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "numbered")]
struct Numbered {
    #[entity(partition_key)]
    id: Number,
    name: String,
}

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    customer: String,
    #[entity(sort_key)]
    day: u32,
}

/// `c0`, `c1`, … up to `items`, with their numbers as counts.
async fn fill(table: &Table<Counter>, items: u64) {
    for count in 0..items {
        let mut item = counter(&format!("c{count}"));
        item.count = count;
        table.insert(item).await.unwrap();
    }
}

fn keys(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    let numbers = numbers.into_iter();
    numbers.map(|number| format!("c{number}")).collect()
}

fn counts(found: &[Option<Stored<Counter>>]) -> Vec<Option<u64>> {
    let counts = found.iter();
    counts.map(|item| item.as_ref().map(|i| i.count)).collect()
}

#[tokio::test]
async fn any_number_of_keys_comes_in_the_order_asked_and_each_is_asked_once() {
    let (_, machine, table) = world!(Counter);
    fill(&table, 220).await;
    let mut random = Rng::with_seed(seed());
    // 230 keys, ten of them missing, and twenty asked twice.
    let mut asked: Vec<u64> = (0..230).chain(5..25).collect();
    random.shuffle(&mut asked);
    machine.transport.reset();
    let found = table.get_many(keys(asked.clone())).collect().await.unwrap();
    let there = |number: &u64| (*number < 220).then_some(*number);
    let wanted: Vec<_> = asked.iter().map(there).collect();
    assert_eq!(counts(&found), wanted);
    assert_eq!(machine.transport.count("BatchGetItem"), 3);
    assert_eq!(machine.transport.total(), 3);

    let mut stream = table.get_many(keys(asked.clone())).entities();
    for number in asked {
        let (key, item) = stream.try_next().await.unwrap().unwrap();
        assert_eq!(key.to_string(), format!("\"c{number}\""));
        assert_eq!(item.map(|item| item.count), there(&number));
    }
    assert!(stream.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn equal_numbers_are_one_key() {
    let (_, machine, table) = world!(Numbered);
    let number = |text: &str| text.parse::<Number>().unwrap();
    let one = Numbered {
        id: number("1"),
        name: "one".into(),
    };
    table.insert(one).await.unwrap();
    machine.transport.reset();
    let asked = ["1", "1.0", "-0", "1e0", "0"].map(number);
    let found = table.get_many(asked).entities().collect().await.unwrap();
    let names: Vec<_> = found.iter().map(|i| i.as_ref().map(|i| &*i.name)).collect();
    assert_eq!(names, [Some("one"), Some("one"), None, Some("one"), None]);
    assert_eq!(machine.transport.total(), 1);
}

#[tokio::test]
async fn keys_with_a_sort_key_and_handles_that_can_be_saved() {
    let (_, _, table) = world!(Order);
    for day in 0..3 {
        let customer = "ann".into();
        table.insert(Order { customer, day }).await.unwrap();
    }
    let found = table.get_many([("ann", 2), ("ann", 7), ("ann", 0)]);
    let found = found.collect().await.unwrap();
    let days: Vec<_> = found.iter().map(|o| o.as_ref().map(|o| o.day)).collect();
    assert_eq!(days, [Some(2), None, Some(0)]);
    for order in found.into_iter().flatten() {
        table.delete(order).await.unwrap();
    }
    assert!(table.get(("ann", 2)).await.unwrap().is_none());
    assert!(table.get(("ann", 1)).await.unwrap().is_some());
}

#[tokio::test]
async fn no_keys_and_wrong_keys_send_nothing() {
    let (_, machine, table) = world!(Counter);
    machine.transport.reset();
    let none = table.get_many(Vec::<String>::new()).collect().await;
    assert!(none.unwrap().is_empty());
    let long = "x".repeat(2049);
    for wrong in ["", &long] {
        let mut stream = table.get_many(["c0", wrong]).stream();
        let error = stream.try_next().await.unwrap_err();
        assert!(
            error.is_marshalling() || error.is_invalid_input(),
            "{error}"
        );
        assert_eq!(error.kind(), table.get(wrong).await.unwrap_err().kind());
        assert!(error.key().is_some(), "{error}");
        assert!(stream.try_next().await.unwrap().is_none());
    }
    // Nor before anybody polls.
    let _ = table.get_many(["c0"]).stream();
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn an_item_that_does_not_read_is_an_error_in_its_place() {
    let (_, _, table) = world!(Counter);
    fill(&table, 3).await;
    put_raw(&table, [("id", s("c1")), ("count", s("secret"))]).await;
    let mut stream = table.get_many(keys([0, 1, 2, 1, 0])).stream();
    for number in [0, 1, 2, 1, 0] {
        let next = stream.try_next().await;
        if number == 1 {
            let error = next.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Marshalling);
            assert!(error.key().unwrap().to_string().contains("c1"));
            assert!(!format!("{error} {error:?}").contains("secret"));
        } else {
            assert_eq!(next.unwrap().unwrap().1.unwrap().count, number);
        }
    }
    assert!(stream.try_next().await.unwrap().is_none());
    let all = table.get_many(keys([0, 1, 2])).collect().await;
    assert_eq!(all.unwrap_err().kind(), ErrorKind::Marshalling);
}

#[tokio::test]
async fn reads_are_consistent_unless_told_otherwise() {
    let (_, machine, table) = world!(Counter);
    fill(&table, 1).await;
    let old = table.get_many(["c0"]).eventually_consistent();
    assert_eq!(counts(&old.collect().await.unwrap()), [Some(0)]);
    update_raw(&table, "c0", "count", n(5)).await;
    let stale = [(Fault::Stale, 1.0)];
    machine.transport.plan(1, &["BatchGetItem"], stale);
    let old = table.get_many(["c0"]).eventually_consistent();
    assert_eq!(counts(&old.collect().await.unwrap()), [Some(0)]);
    let new = table.get_many(["c0"]).collect().await.unwrap();
    assert_eq!(counts(&new), [Some(5)]);
}

#[tokio::test]
async fn what_is_left_unprocessed_is_asked_again_alone() {
    let (_, machine, table) = world!(Counter, needs AnySignature);
    fill(&table, 9).await;
    machine.transport.reset();
    // 10 keys, then 5, then 2, then 1; one is missing.
    let half = [Fault::Unprocessed; 3];
    machine.transport.script("BatchGetItem", half);
    let asked = table.get_many(keys(0..10)).retry(RetryPolicy::never());
    let found = asked.collect().await.unwrap();
    let wanted: Vec<_> = (0..10)
        .map(|number| (number < 9).then_some(number))
        .collect();
    assert_eq!(counts(&found), wanted);
    assert_eq!(machine.transport.count("BatchGetItem"), 4);
}

/// On an engine that cuts its answers as DynamoDB does.
#[tokio::test]
async fn what_an_answer_has_no_room_for_is_asked_again() {
    let (_, machine, table) = embedded::<Counter>().await;
    let large = "x".repeat(390_000);
    let ids = keys(0..60);
    for id in &ids {
        let item = [("id", s(id)), ("count", n(1)), ("large", s(&large))];
        put_raw(&table, item).await;
    }
    machine.transport.reset();
    let found = table.get_many(ids).entities().collect().await.unwrap();
    assert_eq!(found.into_iter().flatten().count(), 60);
    assert_eq!(machine.transport.count("BatchGetItem"), 2);
}

#[tokio::test(start_paused = true)]
async fn only_answers_that_bring_nothing_are_waited_out() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 8).await;
    let nothing = Fault::UnprocessedShare(100, 0);
    let began = tokio::time::Instant::now();
    let half = [Fault::Unprocessed; 3];
    machine.transport.script("BatchGetItem", half);
    table.get_many(keys(0..8)).collect().await.unwrap();
    assert!(began.elapsed().is_zero(), "half came each time");

    // Progress begins the policy anew: two attempts each for 8, 4, 2 and 1 keys.
    let script = [nothing, Fault::Unprocessed].repeat(3);
    let script = [script, vec![nothing, Fault::Pass]].concat();
    machine.transport.script("BatchGetItem", script);
    let policy = RetryPolicy::default().attempts(2);
    let found = table.get_many(keys(0..8)).retry(policy).collect().await;
    assert_eq!(found.unwrap().into_iter().flatten().count(), 8);
    assert!(!began.elapsed().is_zero());

    machine.transport.reset();
    machine.transport.script("BatchGetItem", [nothing; 2]);
    let found = table.get_many(keys(0..8)).retry(policy).collect().await;
    let error = found.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    assert!(error.key().is_none() && error.table().is_some());
    assert_eq!(machine.transport.count("BatchGetItem"), 2);
}

#[tokio::test(start_paused = true)]
async fn neither_throttling_nor_unprocessed_keys_draw_on_the_quota() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 8).await;
    for fault in [Fault::Throttle, Fault::UnprocessedShare(100, 0)] {
        // 600 of them: any cost would use up 500.
        machine.transport.script("BatchGetItem", [fault; 600]);
        let policy = RetryPolicy::default().attempts(1000);
        let policy = policy.deadline(Duration::from_hours(1));
        let asked = table.get_many(keys(0..8)).retry(policy);
        assert_eq!(asked.collect().await.unwrap().len(), 8);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_of_chunks_is_in_flight_and_nothing_beyond_it() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 1).await;
    machine.transport.reset();
    let mut stream = table.get_many(keys(0..2000)).stream();
    assert_eq!(machine.transport.total(), 0, "nobody polled");
    stream.try_next().await.unwrap().unwrap();
    let sent = machine.transport.count("BatchGetItem");
    assert!((1..=9).contains(&sent), "{sent} of 20 chunks");
    // As long as one chunk is at hand, nothing more is asked.
    for _ in 1..100 {
        stream.try_next().await.unwrap().unwrap();
    }
    assert_eq!(machine.transport.count("BatchGetItem"), sent);
    drop(stream);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(machine.transport.count("BatchGetItem"), sent);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_bounds_the_whole() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 1).await;
    let silence = [(Fault::Silence, 1.0)];
    machine.transport.plan(1, &["BatchGetItem"], silence);
    let began = tokio::time::Instant::now();
    let limit = Duration::from_secs(7);
    let mut stream = table.get_many(["c0"]).time_limit(limit).stream();
    let error = stream.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    assert_eq!(began.elapsed(), limit);
    assert!(stream.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_error_that_does_not_pass_is_the_last() {
    let (_, machine, table) = world!(Counter);
    fill(&table, 1).await;
    let refused = Fault::Answer(400, "AccessDeniedException");
    machine.transport.script("BatchGetItem", [refused]);
    let mut stream = table.get_many(["c0", "c1"]).stream();
    let error = stream.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    assert!(stream.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn unprocessed_keys_throttling_and_lost_answers_leave_nothing_out() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 250).await;
    let first = seed();
    for seed in (0..300).map(|round| first.wrapping_add(round)) {
        machine.transport.reset();
        let faults = [
            (Fault::UnprocessedShare(30, 0), 0.5),
            (Fault::Throttle, 0.1),
            (Fault::LoseAnswer, 0.05),
            (Fault::FailBefore(500), 0.05),
            (Fault::UnprocessedShare(100, 0), 0.05),
            (Fault::Silence, 0.01),
        ];
        let mut random = Rng::with_seed(seed);
        let asked: Vec<u64> = (0..random.u64(..400)).map(|_| random.u64(..280)).collect();
        machine.transport.plan(seed, &["BatchGetItem"], faults);
        let found = table.get_many(keys(asked.clone())).collect().await.unwrap();
        let there = |number: &u64| (*number < 250).then_some(*number);
        let wanted: Vec<_> = asked.iter().map(there).collect();
        assert_eq!(counts(&found), wanted, "seed {seed}");
    }
}
