//! What is traced of a request: its table, operation and outcome, and no value of an item.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::Once;
use std::time::Duration;

use optimist::RetryPolicy;
use optimist_tests::Fault::{self, Answer, ConnectionRefused, LoseAnswer, Silence, Throttle};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{User, embedded, user};

thread_local! {
    /// The events of this thread's test, a line each.
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// The subscriber of the whole process: one of a single thread would be missed by what another thread comes by first.
struct Lines;

impl Lines {
    fn begin() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
        LINES.set(Some(Vec::new()));
    }

    fn take() -> Vec<String> {
        LINES.replace(Some(Vec::new())).unwrap()
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("optimist")
    }

    fn event(&self, event: &Event<'_>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                write!(self.0, "{field}={value:?} ").unwrap();
            }
        }
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                let mut line = Line(String::new());
                event.record(&mut line);
                lines.push(line.0);
            }
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn traced(line: &str, operation: &str, outcome: &str) -> bool {
    line.contains("-users\"")
        && line.contains(&format!("operation=\"{operation}\""))
        && line.contains(&format!("outcome=\"{outcome}\""))
}

#[tokio::test(start_paused = true)]
async fn every_request_is_traced_with_its_outcome_and_without_values() {
    let (_, machine, users) = embedded::<User>().await;
    Lines::begin();
    users.insert(user("ann")).await.unwrap();
    assert!(users.insert(user("ann")).await.is_err());
    users.get("ann").await.unwrap();
    let add = || User::LOGINS.add(1);
    users.apply("ann", add()).exactly_once().await.unwrap();
    users.query("ann").page().await.unwrap();
    users.scan().page().await.unwrap();
    users.delete_unchecked("ann").await.unwrap();
    let told = Lines::take();
    for (operation, outcome) in [
        ("PutItem", "done"),
        ("PutItem", "refused"),
        ("GetItem", "done"),
        ("TransactWriteItems", "done"),
        ("Query", "done"),
        ("Scan", "done"),
        ("DeleteItem", "done"),
    ] {
        let of = told.iter().filter(|line| traced(line, operation, outcome));
        assert_eq!(of.count(), 1, "{operation}: {told:#?}");
    }
    assert!(!told.concat().contains("example.org"), "{told:#?}");

    users.insert(user("ann")).await.unwrap();
    for (fault, outcome) in [
        (Fault::Pass, "done"),
        (Silence, "silent"),
        (LoseAnswer, "broken"),
        (ConnectionRefused, "unreachable"),
        (Throttle, "throttled"),
        (Answer(403, "InvalidSignatureException"), "skewed"),
        (Answer(400, "ValidationException"), "final"),
    ] {
        machine.transport.reset();
        machine.transport.script("UpdateItem", [fault]);
        let policy = RetryPolicy::never().attempt_timeout(Duration::from_millis(50));
        let applied = users.apply("ann", add()).retry(policy).await;
        assert_eq!(applied.is_ok(), outcome == "done");
        let told = Lines::take();
        let of = told
            .iter()
            .filter(|line| traced(line, "UpdateItem", outcome));
        assert_eq!(of.count(), 1, "{fault:?}: {told:#?}");
        machine.transport.script("GetItem", [fault]);
        let read = users.get("ann").retry(policy).await;
        assert_eq!(read.is_ok(), outcome == "done");
        let told = Lines::take();
        let of = told.iter().filter(|line| traced(line, "GetItem", outcome));
        assert_eq!(of.count(), 1, "{fault:?}: {told:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_write_in_doubt_was_judged_is_traced() {
    let (_, machine, users) = embedded::<User>().await;
    users.insert(user("ann")).await.unwrap();
    Lines::begin();
    machine.transport.script("UpdateItem", [LoseAnswer]);
    users.modify("ann", |ann| ann.logins += 1).await.unwrap();
    let told = Lines::take();
    let judged = |line: &&String| line.contains("judged") && line.contains("verdict=Landed");
    assert_eq!(told.iter().filter(judged).count(), 1, "{told:#?}");
}
