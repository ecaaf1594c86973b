use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::operation::{
    batch_get_item::BatchGetItemOutput, batch_write_item::BatchWriteItemOutput,
    delete_item::DeleteItemOutput, get_item::GetItemOutput, put_item::PutItemOutput,
    query::QueryOutput, scan::ScanOutput, transact_write_items::TransactWriteItemsOutput,
    update_item::UpdateItemOutput,
};
use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Counts what calls consume, as the server reports it. Give it to a call (`.meter(&meter)`), or to a `Db` for all calls that
/// have none of their own ([`DbBuilder::meter`](crate::DbBuilder::meter)). Cheap to clone; clones count together.
///
/// A read unit (RCU) is a consistent read of up to 4 KB or two eventually consistent ones, a write unit (WCU) a write of up
/// to 1 KB, in the table and in each of its indexes that the write changes; in a transaction each costs two. The requests
/// of a call with a meter ask for the total (`ReturnConsumedCapacity`), which costs some bytes; other calls ask for nothing.
///
/// Some of what is consumed nobody reports: DynamoDB charges a write whose condition did not hold, and only says that it did
/// not; so [`refusals`](Self::refusals) are counted apart. What a request consumed whose answer was lost is not known either.
///
/// ```
/// # use optimist::{Db, Entity, Meter, local};
/// # #[derive(Entity, Debug)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String, logins: u64 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> optimist::Result<()> {
/// # let db = Db::new(local::client()?);
/// # db.create_table::<User>().await?;
/// # let users = db.table::<User>();
/// let meter = Meter::new();
/// users.insert(User { id: "ann".into(), logins: 1 }).meter(&meter).await?;
/// users.modify("ann", |ann| ann.logins += 1).meter(&meter).await?;
/// users.get("ann").await?; // not counted
/// assert_eq!((meter.read_units(), meter.write_units()), (1.0, 2.0));
///
/// users.insert(User { id: "ann".into(), logins: 0 }).meter(&meter).await.unwrap_err();
/// assert_eq!((meter.requests(), meter.refusals()), (4, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Counts>>);

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    read_units: f64,
    write_units: f64,
    requests: u64,
    refusals: u64,
}

impl Meter {
    /// A meter that has counted nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Read units (RCU) that answers reported.
    #[must_use]
    pub fn read_units(&self) -> f64 {
        self.counts().read_units
    }

    /// Write units (WCU) that answers reported.
    #[must_use]
    pub fn write_units(&self) -> f64 {
        self.counts().write_units
    }

    /// Requests that were sent, answered or not.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.counts().requests
    }

    /// Writes that were refused by their condition: a conflict, a condition of the caller's, an item that is there already or
    /// not there. DynamoDB charges each by the size of the item that is there, 1 WCU at least, and reports nothing.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.counts().refusals
    }

    pub(super) fn count_request(&self) {
        self.counts().requests += 1;
    }

    pub(super) fn count_refusal(&self) {
        self.counts().refusals += 1;
    }

    pub(super) fn count_units<T: Reports>(&self, answer: &T) {
        let mut counts = self.counts();
        for report in answer.consumed() {
            let axes = (report.read_capacity_units, report.write_capacity_units);
            let (read, write) = match axes {
                // A transaction says which: one that was carried out before is only read.
                (Some(_), _) | (_, Some(_)) => axes,
                (None, None) if T::READS => (report.capacity_units, None),
                (None, None) => (None, report.capacity_units),
            };
            counts.read_units += read.unwrap_or_default();
            counts.write_units += write.unwrap_or_default();
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing in here can panic half-way, so poisoned counts are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = *self.counts();
        f.debug_struct("Meter")
            .field("read_units", &counts.read_units)
            .field("write_units", &counts.write_units)
            .field("requests", &counts.requests)
            .field("refusals", &counts.refusals)
            .finish()
    }
}

/// An answer that says what was consumed, if it was asked to.
pub(super) trait Reports {
    /// Whether the units are read units, where the report does not say.
    const READS: bool;

    /// A report for each table.
    fn consumed(&self) -> impl Iterator<Item = &ConsumedCapacity>;
}

macro_rules! reports {
    ($($answer:ident: $reads:literal),+) => {$(
        impl Reports for $answer {
            const READS: bool = $reads;

            fn consumed(&self) -> impl Iterator<Item = &ConsumedCapacity> {
                self.consumed_capacity().into_iter()
            }
        }
    )+};
}

reports!(
    GetItemOutput: true,
    BatchGetItemOutput: true,
    BatchWriteItemOutput: false,
    QueryOutput: true,
    ScanOutput: true,
    PutItemOutput: false,
    UpdateItemOutput: false,
    DeleteItemOutput: false,
    TransactWriteItemsOutput: false
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_go_where_the_report_says_or_the_operation() {
        let total = |units: f64| ConsumedCapacity::builder().capacity_units(units);
        let meter = Meter::new();
        let get = GetItemOutput::builder().consumed_capacity(total(0.5).build());
        meter.count_units(&get.build());
        let put = PutItemOutput::builder().consumed_capacity(total(3.0).build());
        meter.count_units(&put.build());
        assert_eq!((meter.read_units(), meter.write_units()), (0.5, 3.0));

        let written = total(4.0).write_capacity_units(4.0).build();
        let replayed = total(2.0).read_capacity_units(2.0).build();
        for report in [written, replayed] {
            let transaction = TransactWriteItemsOutput::builder().consumed_capacity(report);
            meter.count_units(&transaction.build());
        }
        assert_eq!((meter.read_units(), meter.write_units()), (2.5, 7.0));

        let batch = BatchGetItemOutput::builder();
        let batch = batch.consumed_capacity(total(1.0).build());
        meter.count_units(&batch.consumed_capacity(total(2.0).build()).build());
        meter.count_units(&ScanOutput::builder().build());
        assert_eq!((meter.read_units(), meter.write_units()), (5.5, 7.0));
        assert_eq!((meter.requests(), meter.refusals()), (0, 0));
    }
}
