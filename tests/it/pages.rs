//! Pages: how what was found comes, one by one and page by page, and what befalls it on the way.

use std::time::Duration;

use fastrand::Rng;
use optimist::query::ResumeToken;
use optimist::{ErrorKind, RetryPolicy};
use optimist_tests::{Fault, seed};

use crate::query::{ByText, fill, weights};
use crate::support::{embedded, put_raw, s, world};

#[tokio::test]
async fn any_page_size_limit_and_resume_point_equal_one_full_read() {
    let (_, _, table) = world!(ByText);
    fill(&table, 30).await;
    let mut random = Rng::with_seed(seed());
    for _ in 0..60 {
        let (reverse, filtered) = (random.bool(), random.bool());
        let read = || {
            let query = table.query("p");
            let query = if reverse { query.reverse() } else { query };
            if filtered {
                query.filter(ByText::WEIGHT.is_in([1, 2, 3, 11, 17, 18, 29]))
            } else {
                query
            }
        };
        let full = weights(&read().entities().collect().await.unwrap());
        assert_eq!(full.len(), if filtered { 7 } else { 30 });
        let mut pieces = Vec::new();
        let mut token: Option<ResumeToken> = None;
        loop {
            let mut piece = read().page_size(random.u32(1..40));
            if let Some(token) = &token {
                // By way of its text.
                piece = piece.resume(token.to_string().parse().unwrap());
            }
            let (limit, most) = (random.usize(1..12), random.usize(1..12));
            let mut stream = piece.limit(limit).entities();
            let before = pieces.len();
            while pieces.len() < before + most {
                let Some(item) = stream.try_next().await.unwrap() else {
                    break;
                };
                pieces.push(item.weight);
            }
            assert!(pieces.len() - before <= limit);
            token = stream.resume_token();
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pieces, full);
        let (limit, size) = (random.usize(..40), random.u32(1..40));
        let counted = read().limit(limit).page_size(size).count().await.unwrap();
        assert_eq!(counted, limit.min(full.len()));
    }
}

#[tokio::test]
async fn single_pages_lead_from_one_to_the_next() {
    let (_, _, table) = world!(ByText);
    fill(&table, 10).await;
    let mut random = Rng::with_seed(seed());
    for _ in 0..20 {
        let read = || table.query("p").filter(!ByText::WEIGHT.between(3, 7));
        let (mut all, mut scanned, mut token) = (Vec::new(), 0, None);
        loop {
            let mut query = read().page_size(random.u32(1..6)).limit(random.usize(1..5));
            if let Some(token) = token {
                query = query.resume(token);
            }
            let page = query.page().await.unwrap();
            all.extend(page.items.into_iter().map(|item| item.unwrap().weight));
            scanned += page.scanned;
            token = page.resume;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(all, [0, 1, 2, 8, 9]);
        assert!(scanned >= 10);
    }
}

#[tokio::test]
async fn nothing_is_asked_before_the_poll_nor_beyond_the_limit() {
    let (_, machine, table) = world!(ByText);
    fill(&table, 20).await;
    let asked = || {
        let asked = machine.transport.total();
        machine.transport.reset();
        asked
    };
    asked();
    let mut stream = table.query("p").page_size(5).stream();
    assert_eq!(asked(), 0, "nobody polled");
    stream.try_next().await.unwrap();
    assert_eq!(asked(), 2, "a page, and one ahead");
    for _ in 1..5 {
        stream.try_next().await.unwrap();
    }
    assert_eq!(asked(), 0, "the page ahead is not asked again, nor a third");
    drop(stream);
    for (limit, requests) in [(0, 0), (1, 1), (5, 1), (6, 2), (10, 2)] {
        let query = table.query("p").page_size(5).limit(limit);
        assert_eq!(query.collect().await.unwrap().len(), limit);
        assert_eq!(asked(), requests, "limit {limit}");
    }
    table.query("p").first().await.unwrap().unwrap();
    assert_eq!(asked(), 1);
    assert_eq!(table.query("p").limit(1).page().await.unwrap().scanned, 1);
    assert_eq!(asked(), 1);
    let filtered = table.query("p").filter(ByText::WEIGHT.ge(4)).page_size(5);
    assert_eq!(filtered.first().await.unwrap().unwrap().weight, 4);
    assert_eq!(asked(), 1, "what is wanted is at hand");
    let reversed = table.query("p").sort_key(|k| k.between("9", "1"));
    assert!(reversed.collect().await.unwrap().is_empty());
    assert_eq!(asked(), 0, "reversed bounds");
}

#[tokio::test]
async fn an_unreadable_item_is_an_error_in_its_place() {
    let (_, _, table) = world!(ByText);
    fill(&table, 4).await;
    let poison = [("id", s("p")), ("sort", s("001")), ("weight", s("heavy"))];
    put_raw(&table, poison).await;
    for page_size in 1..6 {
        let mut stream = table.query("p").page_size(page_size).stream();
        let mut seen = Vec::new();
        loop {
            match stream.try_next().await {
                Ok(Some(item)) => seen.push(Ok(item.weight)),
                Ok(None) => break,
                Err(error) => {
                    assert!(error.is_marshalling(), "{error}");
                    seen.push(Err(error.key().unwrap().to_string()));
                    let token = stream.resume_token().unwrap();
                    stream = table.query("p").resume(token).stream();
                }
            }
        }
        let bad = r#""p" / "001""#.to_owned();
        assert_eq!(seen, [Ok(0), Err(bad), Ok(2), Ok(3)]);
    }
    let mut entities = table.query("p").entities();
    assert!(entities.try_next().await.is_ok() && entities.try_next().await.is_err());
    assert_eq!(entities.try_next().await.unwrap().unwrap().weight, 2);
    assert!(table.query("p").collect().await.is_err());
    let page = table.query("p").page().await.unwrap();
    assert_eq!(page.items.iter().filter(|item| item.is_err()).count(), 1);
}

/// What befalls pages in mid-stream.
const FAULTS: [(Fault, f64); 6] = [
    (Fault::Throttle, 0.15),
    (Fault::FailBefore(500), 0.1),
    (Fault::FailAfter, 0.05),
    (Fault::LoseAnswer, 0.1),
    (Fault::LoseRequest, 0.05),
    (Fault::Silence, 0.03),
];

#[tokio::test(start_paused = true)]
async fn faults_in_mid_stream_leave_nothing_out_and_bring_nothing_twice() {
    let (backend, _, table) = embedded::<ByText>().await;
    fill(&table, 40).await;
    let first = seed();
    for seed in (0..150).map(|round| first.wrapping_add(round)) {
        // Each with a retry quota of its own.
        let machine = backend.machine();
        let table = machine.db.table::<ByText>();
        machine.transport.plan(seed, &["Query"], FAULTS);
        let query = table.query("p").page_size(3);
        let found = weights(&query.entities().collect().await.unwrap());
        assert_eq!(found, (0..40).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_stream_and_its_token_goes_on() {
    let (_, machine, table) = embedded::<ByText>().await;
    fill(&table, 9).await;
    let failures = [Fault::Pass, Fault::Throttle, Fault::Throttle];
    machine.transport.script("Query", failures);
    let impatient = RetryPolicy::default().attempts(2);
    let read = || table.query("p").page_size(4);
    let mut stream = read().retry(impatient).entities();
    let mut seen = Vec::new();
    let error = loop {
        match stream.try_next().await {
            Ok(item) => seen.push(item.unwrap().weight),
            Err(error) => break error,
        }
    };
    assert_eq!(seen, [0, 1, 2, 3], "what came before is given first");
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Exhausted, Some(2))
    );
    assert_eq!((error.table(), error.key()), (Some(table.name()), None));
    assert_eq!(error.code(), Some("ThrottlingException"));
    assert!(
        stream.try_next().await.unwrap().is_none(),
        "it was the last"
    );
    let rest = read().resume(stream.resume_token().unwrap()).entities();
    assert_eq!(weights(&rest.collect().await.unwrap()), [4, 5, 6, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_bounds_one_page_and_the_time_limit_the_whole() {
    let (backend, _, table) = embedded::<ByText>().await;
    fill(&table, 20).await;
    let slow = backend.machine_with(Duration::from_secs(2), |db| db);
    let table = slow.db.table::<ByText>();
    let of_a_page = RetryPolicy::default().deadline(Duration::from_secs(4));
    let read = || table.query("p").page_size(1).retry(of_a_page);
    assert_eq!(read().count().await.unwrap(), 20, "40 s, each page in time");
    let limit = Duration::from_secs(9);
    let mut stream = read().time_limit(limit).entities();
    let begun = tokio::time::Instant::now();
    let mut seen = 0;
    let error = loop {
        match stream.try_next().await {
            Ok(item) => seen += u64::from(item.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), seen), (ErrorKind::Exhausted, 4), "{error}");
    assert!(begun.elapsed() < limit + Duration::from_millis(10));
    let rest = table.query("p").resume(stream.resume_token().unwrap());
    assert_eq!(rest.count().await.unwrap(), 16);
    let page = read().time_limit(Duration::from_secs(1)).page().await;
    assert!(page.unwrap_err().is_exhausted());
    let counted = read().time_limit(limit).count().await;
    assert!(counted.unwrap_err().is_exhausted());
}
