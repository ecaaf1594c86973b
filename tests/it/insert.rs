//! A new item never overwrites an existing one, and what cannot be stored fails before a request.

use optimist::{Entity, ErrorKind, Stored};

use crate::support::{Counter, User, counter, n, put_raw, read_raw, s, user, world};

#[tokio::test]
async fn an_existing_item_is_never_overwritten() {
    let (_, _, users) = world!(User);
    let mut first = user("ann");
    first.logins = 7;
    users.insert(first.clone()).await.unwrap();
    let error = users.insert(user("ann")).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    assert_eq!(*error.current::<User>().unwrap().unwrap(), first);
}

#[tokio::test]
async fn a_legacy_item_without_a_lock_is_never_overwritten() {
    let (_, _, counters) = world!(Counter);
    put_raw(&counters, [("id", s("c")), ("count", n(5))]).await;
    let error = counters.insert(counter("c")).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    assert_eq!(read_raw(&counters, "c").await.unwrap()["count"], n(5));
}

#[tokio::test]
async fn the_handle_of_an_insert_is_current() {
    let (_, _, counters) = world!(Counter);
    let mut handle = counters.insert(counter("c")).await.unwrap();
    handle.count = 1;
    counters.save(&mut handle).await.unwrap();
    handle.count = 2;
    counters.save(&mut handle).await.unwrap();
    let read = counters.require("c").await.unwrap();
    assert_eq!(*read, *handle);
    assert_eq!(Stored::lock(&read), Stored::lock(&handle));
    assert_eq!(Stored::image(&read), Stored::image(&handle));
}

#[derive(Entity, Debug)]
#[entity(table = "readings")]
struct Reading {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    at: Vec<u8>,
    celsius: f64,
}

#[tokio::test]
async fn bad_input_fails_before_a_request() {
    let (_, machine, readings) = world!(Reading);
    let reading = |id: &str, at: &[u8], celsius| Reading {
        id: id.into(),
        at: at.into(),
        celsius,
    };
    machine.transport.reset();
    let empty = readings.insert(reading("", b"1", 0.0)).await.unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::InvalidInput);
    assert!(empty.to_string().contains("`id`"), "{empty}");
    let empty = readings.insert(reading("r", b"", 0.0)).await.unwrap_err();
    assert!(empty.to_string().contains("`at`"), "{empty}");
    let long = readings
        .get(("x".repeat(2049), &b"1"[..]))
        .await
        .unwrap_err();
    assert_eq!(long.kind(), ErrorKind::InvalidInput);
    let long = readings.get(("x", vec![0; 1025])).await.unwrap_err();
    assert!(long.to_string().contains("1025 bytes"), "{long}");
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let error = readings.insert(reading("r", b"1", bad)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Marshalling);
        assert!(error.to_string().contains("`celsius`"), "{error}");
    }
    assert_eq!(machine.transport.total(), 0);
}

#[tokio::test]
async fn an_insert_by_token_holds_no_lane_and_so_has_no_entry_in_the_journal() {
    let (_, _, counters) = world!(Counter, needs Transactions);
    let insert = counters.insert(counter("c")).exactly_once();
    let mut handle = insert.await.unwrap();
    let journal = Stored::image(&handle)["journal"]
        .as_b()
        .unwrap()
        .as_ref()
        .len();
    assert_eq!(journal, 20, "magic, format, K and birth");
    handle.count = 1;
    counters.save(&mut handle).await.unwrap();
    assert_eq!(
        read_raw(&counters, "c").await.as_ref(),
        Some(Stored::image(&handle))
    );
}
