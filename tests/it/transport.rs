//! The transport does what it says, so that what is shown with it is shown.

use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use optimist_tests::{Event, Fault};

use crate::support::{Counter, counter, n, s, update_raw, world};

#[tokio::test]
async fn half_of_a_batch_is_unprocessed() {
    let (_, machine, counters) = world!(Counter, needs AnySignature);
    let client = machine.db.client();
    let put = |id: &str| {
        let put = PutRequest::builder().item("id", s(id)).item("count", n(1));
        WriteRequest::builder()
            .put_request(put.build().unwrap())
            .build()
    };
    let writes = ["a", "b", "c"].map(put).to_vec();
    machine
        .transport
        .script("BatchWriteItem", [Fault::Unprocessed]);
    let batch = client
        .batch_write_item()
        .request_items(counters.name(), writes);
    let left = batch.send().await.unwrap().unprocessed_items.unwrap();
    assert_eq!(left[counters.name()].len(), 1);
    assert!(
        counters.get("b").await.unwrap().is_some() && counters.get("c").await.unwrap().is_none()
    );
    machine
        .transport
        .script("BatchGetItem", [Fault::Unprocessed]);
    let keys = ["a", "b"]
        .map(|id| [("id".to_owned(), s(id))].into())
        .to_vec();
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .build()
        .unwrap();
    let batch = client.batch_get_item().request_items(counters.name(), keys);
    let answer = batch.send().await.unwrap();
    assert_eq!(answer.responses.unwrap()[counters.name()].len(), 1);
    assert_eq!(
        answer.unprocessed_keys.unwrap()[counters.name()]
            .keys()
            .len(),
        1
    );
}

#[tokio::test]
async fn only_eventually_consistent_reads_are_stale() {
    let (_, machine, counters) = world!(Counter);
    counters.insert(counter("c")).await.unwrap();
    let old = counters
        .get("c")
        .eventually_consistent()
        .await
        .unwrap()
        .unwrap();
    update_raw(&counters, "c", "count", n(5)).await;
    machine
        .transport
        .plan(1, &["GetItem"], [(Fault::Stale, 1.0)]);
    let stale = counters
        .get("c")
        .eventually_consistent()
        .await
        .unwrap()
        .unwrap();
    assert_eq!((stale.count, old.count), (0, 0));
    assert_eq!(counters.require("c").await.unwrap().count, 5);
}

#[tokio::test]
async fn a_plan_is_recorded_and_the_same_for_the_same_seed() {
    let (backend, _, _) = world!(Counter);
    let run = async |seed| {
        let machine = backend.machine();
        let counters = machine.db.table::<Counter>();
        counters.put_unchecked(counter("c")).await.unwrap();
        let faults = [
            (Fault::Throttle, 0.3),
            (Fault::LimitExceeded, 0.2),
            (Fault::FailBefore(503), 0.2),
        ];
        machine.transport.plan(seed, &["UpdateItem"], faults);
        for _ in 0..10 {
            counters.modify("c", |c| c.count += 1).await.unwrap();
        }
        assert_eq!(counters.require("c").await.unwrap().count, 10);
        machine.transport.events()
    };
    let (one, two, other): (Vec<Event>, _, _) = (run(7).await, run(7).await, run(8).await);
    assert!(!one.is_empty() && one.iter().all(|event| event.operation == "UpdateItem"));
    assert_eq!(one, two);
    assert_ne!(one, other);
}
