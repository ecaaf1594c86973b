//! Scans: the whole table, in one piece or in segments.

use std::collections::HashMap;

use fastrand::Rng;
use optimist::query::{ResumeToken, Scan};
use optimist::{ErrorKind, RetryPolicy, Table};
use optimist_tests::{Fault, seed};

use crate::support::{Counter, counter, embedded, world};

async fn fill(table: &Table<Counter>, items: u64) {
    for count in 0..items {
        let mut item = counter(&format!("c{count}"));
        item.count = count;
        table.insert(item).await.unwrap();
    }
}

/// What a scan gives, sorted.
async fn counts(scan: Scan<Counter>) -> Vec<u64> {
    let all = scan.entities().collect().await.unwrap();
    let mut counts: Vec<_> = all.iter().map(|item| item.count).collect();
    counts.sort_unstable();
    counts
}

#[tokio::test]
async fn any_segments_page_size_limit_and_resume_point_equal_one_full_read() {
    let (_, _, table) = world!(Counter);
    fill(&table, 40).await;
    let mut random = Rng::with_seed(seed());
    for _ in 0..60 {
        let (segments, filtered) = (random.u32(1..7), random.bool());
        let read = || {
            if filtered {
                table.scan().filter(Counter::COUNT.lt(9))
            } else {
                table.scan()
            }
        };
        let wanted: Vec<u64> = (0..if filtered { 9 } else { 40 }).collect();
        assert_eq!(counts(read().segments(segments)).await, wanted);
        let mut pieces = Vec::new();
        let mut token: Option<ResumeToken> = None;
        loop {
            let mut scan = read().page_size(random.u32(1..20));
            scan = match &token {
                None => scan.segments(segments),
                Some(token) if random.bool() => scan.segments(segments).resume(token.clone()),
                Some(token) => scan.resume(token.to_string().parse().unwrap()),
            };
            let mut stream = scan.limit(random.usize(1..15)).stream();
            for _ in 0..random.usize(1..15) {
                let Some(item) = stream.try_next().await.unwrap() else {
                    break;
                };
                pieces.push(item.count);
            }
            token = stream.resume_token();
            if token.is_none() {
                break;
            }
        }
        pieces.sort_unstable();
        assert_eq!(pieces, wanted, "{segments} segments");
        let limit = random.usize(..50);
        let counted = read()
            .segments(segments)
            .page_size(random.u32(1..20))
            .limit(limit);
        assert_eq!(counted.count().await.unwrap(), limit.min(wanted.len()));
    }
}

#[tokio::test]
async fn single_pages_lead_through_all_segments() {
    let (_, _, table) = world!(Counter);
    fill(&table, 20).await;
    let mut seen = HashMap::<u64, u32>::new();
    let mut scan = table.scan().segments(3).page_size(4);
    loop {
        let page = scan.page().await.unwrap();
        for item in page.items {
            *seen.entry(item.unwrap().count).or_default() += 1;
        }
        let Some(token) = page.resume else {
            break;
        };
        scan = table.scan().page_size(4).resume(token);
    }
    assert_eq!(seen.len(), 20);
    assert!(seen.values().all(|times| *times == 1));
}

#[tokio::test]
async fn segments_are_read_at_the_same_time_and_not_beyond_the_limit() {
    let (_, machine, table) = world!(Counter);
    fill(&table, 40).await;
    machine.transport.reset();
    let mut stream = table.scan().segments(4).stream();
    assert_eq!(machine.transport.total(), 0, "nobody polled");
    stream.try_next().await.unwrap().unwrap();
    assert_eq!(machine.transport.count("Scan"), 4);
    machine.transport.reset();
    let few = table
        .scan()
        .segments(4)
        .page_size(3)
        .limit(3)
        .page()
        .await
        .unwrap();
    assert!(few.scanned <= 3);
    machine.transport.reset();
    let mut most = 0;
    let mut limited = table.scan().segments(4).limit(2).stream();
    while limited.try_next().await.unwrap().is_some() {
        most += 1;
    }
    assert_eq!(most, 2);
    assert!(
        machine.transport.total() <= 4,
        "a segment asks only for what is still wanted"
    );
}

#[tokio::test]
async fn a_scan_can_be_filtered_by_keys() {
    let (_, _, table) = world!(Counter);
    fill(&table, 12).await;
    let scan = table.scan().filter(Counter::ID.begins_with("c1"));
    assert_eq!(counts(scan.consistent()).await, [1, 10, 11]);
}

#[tokio::test]
async fn wrong_segments_and_foreign_tokens_are_refused_before_a_request() {
    let (_, machine, table) = world!(Counter);
    fill(&table, 5).await;
    let mut stream = table.scan().segments(3).stream();
    stream.try_next().await.unwrap();
    let token = stream.resume_token().unwrap();
    machine.transport.reset();
    for wrong in [
        table.scan().segments(0),
        table.scan().segments(1_000_001),
        table.scan().segments(2).resume(token.clone()),
        table
            .scan()
            .filter(Counter::COUNT.gt(1))
            .resume(token.clone()),
    ] {
        assert!(wrong.count().await.unwrap_err().is_invalid_input());
    }
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn faults_in_mid_stream_leave_nothing_out_and_bring_nothing_twice() {
    let (_, machine, table) = embedded::<Counter>().await;
    fill(&table, 40).await;
    let first = seed();
    let impatient = RetryPolicy::default().attempts(2);
    for seed in (0..150).map(|round| first.wrapping_add(round)) {
        machine.transport.reset();
        let faults = [
            (Fault::Throttle, 0.2),
            (Fault::FailBefore(500), 0.1),
            (Fault::LoseAnswer, 0.1),
            (Fault::Silence, 0.03),
        ];
        machine.transport.plan(seed, &["Scan"], faults);
        // Impatient, so that streams end, and go on by their tokens.
        let mut seen = Vec::new();
        let read = || table.scan().page_size(3).retry(impatient);
        let mut stream = read().segments(3).entities();
        loop {
            match stream.try_next().await {
                Ok(Some(item)) => seen.push(item.count),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
                    let token = stream.resume_token().expect("a failed page is left");
                    stream = read().resume(token).entities();
                }
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..40).collect::<Vec<_>>(), "seed {seed}");
    }
}
