//! What a request and an item may hold.

use optimist::batch::Why;
use optimist::{Entity, ErrorKind};
use optimist_tests::Fault;

use super::{counted, counters, stored, undone};
use crate::support::{Counter, world};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "blobs")]
struct Blob {
    #[entity(partition_key)]
    id: String,
    numbers: Vec<u8>,
    text: String,
}

fn blob(number: u32, numbers: usize, text: usize) -> Blob {
    Blob {
        id: format!("b{number}"),
        numbers: vec![1; numbers],
        text: "\u{1}".repeat(text),
    }
}

/// A control character is six bytes on its way.
#[tokio::test]
async fn bodies_stay_below_sixteen_megabytes_as_sent() {
    let (_, machine, table) = world!(Blob);
    machine.transport.reset();
    let blobs = (0..8).map(move |number| blob(number, 10, 390_000));
    let batch = machine.db.batch().put_all_unchecked(&table, blobs);
    let report = batch.await.unwrap();
    assert_eq!(
        (report.done(), report.is_complete()),
        (8, true),
        "{report:?}"
    );
    let largest = machine.transport.largest_body("BatchWriteItem");
    assert!((12_000_000..=16_000_000).contains(&largest), "{largest}");
    assert_eq!(machine.transport.count("BatchWriteItem"), 2);
}

#[tokio::test]
async fn an_oversized_item_is_refused_alone() {
    let (_, machine, table) = world!(Blob);
    machine.transport.reset();
    let blobs = [blob(0, 1, 1), blob(1, 0, 410_000), blob(2, 1, 1)];
    let batch = machine.db.batch().put_all_unchecked(&table, blobs);
    let report = batch.await.unwrap();
    assert_eq!(undone(&report), [(Why::Oversized, "\"b1\"".to_owned())]);
    let error = report.undone()[0].error();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("`text`"), "{error}");
    assert_eq!((report.done(), stored(&table).await), (2, 2));
    assert_eq!(machine.transport.count("BatchWriteItem"), 1);
}

#[tokio::test]
async fn a_body_that_was_too_large_all_the_same_is_split() {
    let (_, machine, table) = world!(Counter);
    machine
        .transport
        .script("BatchWriteItem", [Fault::TooLarge; 2]);
    let batch = machine
        .db
        .batch()
        .put_all_unchecked(&table, counters(0..20));
    let report = batch.await.unwrap();
    assert_eq!((report.done(), stored(&table).await), (20, 20));
    // 20, 10, 5 and 5, 10.
    assert_eq!(machine.transport.count("BatchWriteItem"), 5);
}

#[tokio::test]
async fn wrong_keys_are_refused_alone() {
    let (_, machine, table) = world!(Counter);
    let mut wrong = counted(1);
    wrong.id = String::new();
    let batch = machine.db.batch().put_unchecked(&table, wrong);
    let long = "x".repeat(2049);
    let batch = batch.delete_all_unchecked(&table, ["c0".to_owned(), long]);
    let report = batch.put_unchecked(&table, counted(2)).await.unwrap();
    assert_eq!((report.done(), report.count(Why::Refused)), (2, 2));
    for undone in report.undone() {
        assert!(undone.key().is_some(), "{undone:?}");
        assert_eq!(undone.table(), table.name());
    }
}

/// The table's key is a string, the entity's a number.
#[tokio::test]
async fn a_key_of_the_wrong_type_names_table_and_key() {
    #[derive(Entity, Debug, Clone, PartialEq)]
    #[entity(table = "counters")]
    struct Wrong {
        #[entity(partition_key)]
        id: u32,
        count: u64,
    }
    let (_, machine, table) = world!(Counter);
    let wrong = machine.db.table::<Wrong>();
    let batch = machine.db.batch().put_all_unchecked(&table, counters(0..5));
    let batch = batch.put_unchecked(&wrong, Wrong { id: 7, count: 0 });
    let report = batch.delete_unchecked(&wrong, 8).await.unwrap();
    let refused = |key: &str| (Why::Refused, key.to_owned());
    assert_eq!(undone(&report), [refused("7"), refused("8")]);
    let error = report.undone()[0].error();
    assert_eq!(error.code(), Some("ValidationException"), "{error}");
    assert_eq!((report.done(), stored(&table).await), (5, 5));
}
