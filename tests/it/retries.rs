//! A policy bounds what it says: one attempt is one request, a wait is at most the cap, and nothing retries below.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Config, Credentials, ProvideCredentials, Region};
use optimist::local::Engine;
use optimist::{Db, Error, RetryPolicy, Table};
use optimist_tests::Fault::{self, Answer, FailBefore, LoseAnswer, Pass, Silence, Throttle};
use optimist_tests::{Machine, TestClock};

use crate::support::{Counter, PlainCounter, counter, embedded, read_raw, world};

/// What may befall every request of a call.
const FAULTS: [Fault; 17] = [
    Fault::LoseRequest,
    LoseAnswer,
    Fault::TimeoutAfter,
    FailBefore(500),
    FailBefore(503),
    Fault::FailAfter,
    Throttle,
    Fault::LimitExceeded,
    Fault::TransactionConflict,
    Fault::RetryAfter(Duration::from_secs(9)),
    Fault::ConnectionRefused,
    Fault::ConnectionFailed,
    Fault::Garble,
    Silence,
    Fault::SilenceAfter,
    Answer(400, "SignatureDoesNotMatch"),
    Answer(408, "RequestTimeout"),
];

/// On the embedded engine: these tests turn the clock.
async fn counted() -> (Machine, Table<Counter>) {
    let (_, machine, counters) = embedded::<Counter>().await;
    counters.insert(counter("c")).await.unwrap();
    machine.transport.reset();
    (machine, counters)
}

#[tokio::test(start_paused = true)]
async fn never_is_one_write_and_attempts_are_at_most_so_many() {
    for fault in FAULTS {
        for attempts in [1, 2, 5] {
            let (machine, counters) = counted().await;
            machine.transport.plan(0, &["UpdateItem"], [(fault, 1.0)]);
            let policy = match attempts {
                1 => RetryPolicy::never(),
                attempts => RetryPolicy::default().attempts(attempts),
            };
            let modify = counters.modify("c", |c| c.count += 1).retry(policy);
            let modified = modify.await;
            let sent = machine.transport.count("UpdateItem");
            assert!(
                sent >= 1 && sent <= u64::from(attempts),
                "{fault:?}: {sent} of {attempts}"
            );
            if let Err(error) = modified {
                let told = error.attempts().unwrap_or(1);
                assert_eq!(u64::from(told), sent, "{fault:?}: {error}");
            }
            machine.transport.reset();
            let count = counters.require("c").await.unwrap().count;
            assert!(count <= 1, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reads_are_at_most_so_many_too() {
    for fault in FAULTS {
        let (machine, counters) = counted().await;
        machine.transport.plan(0, &["GetItem"], [(fault, 1.0)]);
        let policy = RetryPolicy::default().attempts(3);
        counters.get("c").retry(policy).await.unwrap_err();
        let sent = machine.transport.count("GetItem");
        assert!((1..=3).contains(&sent), "{fault:?}: {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_never_above_the_cap() {
    for fault in FAULTS {
        let (machine, counters) = counted().await;
        machine.transport.plan(0, &[], [(fault, 1.0)]);
        let (cap, most) = (Duration::from_millis(2), Duration::from_millis(50));
        let policy = RetryPolicy::default()
            .attempts(20)
            .cap(cap)
            .attempt_timeout(most);
        let started = tokio::time::Instant::now();
        let mut handle = {
            machine.transport.reset();
            counters.require("c").await.unwrap()
        };
        machine.transport.plan(0, &[], [(fault, 1.0)]);
        handle.count = 1;
        let _ = counters.save(&mut handle).retry(policy).await;
        // Twenty writes and twenty reads that settle them, at most.
        let silent = matches!(fault, Silence | Fault::SilenceAfter);
        let each = if silent { cap + most } else { cap };
        assert!(
            started.elapsed() <= each * 40,
            "{fault:?}: {:?}",
            started.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_copy_is_one_attempt_and_the_same_write_goes_again() {
    for silence in [Silence, Fault::SilenceAfter] {
        let (machine, counters) = counted().await;
        machine.transport.script("UpdateItem", [silence]);
        let started = tokio::time::Instant::now();
        let modified = counters.modify("c", |c| c.count += 1).await.unwrap();
        assert_eq!((modified.stored.count, modified.attempts), (1, 1));
        assert_eq!(machine.transport.count("UpdateItem"), 2);
        let took = started.elapsed();
        assert!(
            took >= Duration::from_secs(3) && took < Duration::from_secs(4),
            "{took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn clock_skew_goes_again_once() {
    for code in [
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
    ] {
        let (machine, counters) = counted().await;
        let skew = Answer(403, code);
        machine.transport.script("UpdateItem", [skew]);
        counters.modify("c", |c| c.count += 1).await.unwrap();
        assert_eq!(machine.transport.count("UpdateItem"), 2);
        machine.transport.script("UpdateItem", [skew, skew, Pass]);
        let error = counters.modify("c", |c| c.count += 1).await.unwrap_err();
        assert!(error.is_service(), "{error}");
        assert_eq!(error.code(), Some(code));
        assert_eq!(machine.transport.count("UpdateItem"), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_never_fare_better_is_sent_once() {
    let (machine, counters) = counted().await;
    let invalid = vec![Answer(400, "ValidationException"); 10];
    machine.transport.script("GetItem", invalid.clone());
    let error = counters.get("c").await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    assert_eq!(machine.transport.count("GetItem"), 1);
    let mut handle = {
        machine.transport.reset();
        counters.require("c").await.unwrap()
    };
    machine.transport.script("UpdateItem", invalid);
    handle.count = 1;
    let error = counters.save(&mut handle).await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    assert_eq!(machine.transport.count("UpdateItem"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_service_may_ask_for_a_longer_wait_up_to_the_cap() {
    for (asked, least, most) in [(60, 60, 70), (10_000, 100, 110)] {
        let (machine, counters) = counted().await;
        let asked = Fault::RetryAfter(Duration::from_millis(asked));
        machine.transport.script("GetItem", [asked]);
        let policy = RetryPolicy::default()
            .base(Duration::from_millis(1))
            .cap(Duration::from_millis(100));
        let started = tokio::time::Instant::now();
        counters.get("c").retry(policy).await.unwrap();
        let took = started.elapsed().as_millis();
        assert!((least..=most).contains(&took), "{took} ms");
    }
}

/// The error of a call that the quota ended.
fn is_out_of_quota(error: &Error) -> bool {
    error.is_exhausted() && error.to_string().contains("retry quota")
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied_beyond_the_quota() {
    let (machine, counters) = counted().await;
    machine
        .transport
        .plan(0, &["GetItem"], [(FailBefore(500), 1.0)]);
    let policy = RetryPolicy::default().attempts(11);
    // Ten retries take 50 of 500.
    for call in 0..10 {
        let error = counters.get("c").retry(policy).await.unwrap_err();
        assert!(
            error.is_exhausted() && !is_out_of_quota(&error),
            "{call}: {error}"
        );
    }
    let sent = machine.transport.count("GetItem");
    let error = counters.get("c").retry(policy).await.unwrap_err();
    assert!(is_out_of_quota(&error), "{error}");
    assert_eq!(machine.transport.count("GetItem"), sent + 1, "no retry");
    // What succeeds gives back one, five of them pay one retry.
    machine.transport.reset();
    for _ in 0..5 {
        counters.get("c").await.unwrap();
    }
    machine.transport.script("GetItem", [FailBefore(500)]);
    counters.get("c").await.unwrap();
    machine.transport.script("GetItem", [FailBefore(500), Pass]);
    counters.get("c").await.unwrap(); // the last retry's cost came back
}

#[tokio::test(start_paused = true)]
async fn throttling_takes_nothing_and_what_settles_a_write_is_never_refused() {
    let (machine, counters) = counted().await;
    machine.transport.plan(0, &["GetItem"], [(Throttle, 1.0)]);
    for _ in 0..20 {
        let policy = RetryPolicy::default().attempts(50);
        let error = counters.get("c").retry(policy).await.unwrap_err();
        assert!(!is_out_of_quota(&error), "{error}");
    }
    // Empty it.
    machine
        .transport
        .plan(0, &["GetItem"], [(FailBefore(500), 1.0)]);
    while !is_out_of_quota(&counters.get("c").await.unwrap_err()) {}
    machine.transport.reset();
    machine
        .transport
        .script("UpdateItem", [LoseAnswer, FailBefore(503), LoseAnswer]);
    let modified = counters.modify("c", |c| c.count += 1).await.unwrap();
    assert_eq!(modified.stored.count, 1);
    assert!(machine.transport.count("UpdateItem") > 3);
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens_and_all_else_is_doubt() {
    use Fault::{ConnectionFailed, ConnectionRefused, Garble, LoseRequest};
    for (fault, doubt) in [
        (ConnectionRefused, false),
        (LoseRequest, true),
        (ConnectionFailed, true),
        (Garble, true),
        (FailBefore(500), true),
        (Answer(408, "RequestTimeout"), true),
        (Throttle, false),
    ] {
        // Without a journal nothing settles what is in doubt.
        let (_, machine, plain) = world!(PlainCounter);
        let zero = PlainCounter {
            id: "c".into(),
            count: 0,
        };
        let mut handle = plain.insert(zero).await.unwrap();
        machine.transport.plan(0, &["UpdateItem"], [(fault, 1.0)]);
        handle.count = 1;
        let save = plain.save(&mut handle).retry(RetryPolicy::never());
        let error = save.await.unwrap_err();
        assert_eq!(error.is_outcome_unknown(), doubt, "{fault:?}: {error}");
        assert_eq!(error.is_exhausted(), !doubt, "{fault:?}: {error}");
    }
}

/// Credentials that do not come.
#[derive(Debug)]
enum Provider {
    Fails,
    Hangs,
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(
        &'a self,
    ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        use aws_credential_types::provider::error::CredentialsError;
        use aws_credential_types::provider::future::ProvideCredentials;
        match self {
            Self::Fails => {
                ProvideCredentials::ready(Err(CredentialsError::not_loaded("none here")))
            }
            Self::Hangs => ProvideCredentials::new(std::future::pending::<
                Result<Credentials, CredentialsError>,
            >()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_fail_or_hang_send_nothing() {
    for (provider, hangs) in [(Provider::Fails, false), (Provider::Hangs, true)] {
        let engine = Engine::in_memory().unwrap();
        let config = optimist::local::config()
            .http_client(engine)
            .credentials_provider(provider);
        let db = Db::new(Client::from_conf(config.build()));
        let short = RetryPolicy::default().deadline(Duration::from_secs(8));
        let insert = db.table::<Counter>().insert(counter("c")).retry(short);
        let error = insert.await.unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        assert_eq!(error.is_service(), !hangs, "{error}");
    }
}

#[test]
fn the_users_client_keeps_its_retries() {
    let retries = aws_sdk_dynamodb::config::retry::RetryConfig::standard().with_max_attempts(7);
    let config = Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .retry_config(retries.clone());
    let db = Db::new(Client::from_conf(config.build()));
    assert_eq!(db.client().config().retry_config(), Some(&retries));
}

#[tokio::test]
async fn exactly_once_on_a_machine_that_slept_is_unknown_not_twice() {
    let (backend, _, counters) = world!(Counter, needs Transactions);
    counters.insert(counter("c")).await.unwrap();
    let clock = TestClock::default();
    let machine = backend.machine_with(Duration::ZERO, |db| db.clock(clock.clone()));
    let counters = machine.db.table::<Counter>();
    machine.transport.script("TransactWriteItems", [LoseAnswer]);
    clock.suspend_in_next_wait(Duration::from_mins(15));
    let add = counters.apply("c", Counter::COUNT.add(1)).exactly_once();
    let error = add.await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(!error.to_string().contains("exactly_once"), "{error}");
    assert_eq!(
        machine.transport.count("TransactWriteItems"),
        1,
        "not sent again"
    );
    let item = read_raw(&counters, "c").await.unwrap();
    assert_eq!(item["count"].as_n().unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn deadlines_follow_the_clock_of_the_db() {
    let (backend, _, _) = embedded::<Counter>().await;
    let clock = TestClock::with_rate(2.0);
    let machine = backend.machine_with(Duration::ZERO, |db| db.clock(clock));
    let counters = machine.db.table::<Counter>();
    machine.transport.plan(0, &["GetItem"], [(Silence, 1.0)]);
    let started = tokio::time::Instant::now();
    let short = RetryPolicy::default().deadline(Duration::from_secs(20));
    counters.get("c").retry(short).await.unwrap_err();
    let took = started.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(11),
        "{took:?}"
    );
}
