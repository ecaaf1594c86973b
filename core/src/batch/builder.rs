use std::future::IntoFuture;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;

use super::operation::Operation;
use super::run::Run;
use super::source::{IntoSource, Source};
use super::{Observer, Report, Stopped};
use crate::db::{Db, Table};
use crate::entity::Replaceable;
use crate::key::IntoKey;
use crate::retry::RetryPolicy;
use crate::wire::Meter;

/// How many requests are in flight at most, where nothing is said.
const CONCURRENCY: usize = 8;

/// Puts and deletes of many items, whatever is there. See [`Db::batch`].
#[must_use = "a batch does nothing until it is awaited"]
pub struct Batch {
    pub(super) db: Db,
    pub(super) source: Source,
    pub(super) options: Options,
}

pub(super) struct Options {
    pub(super) policy: Option<RetryPolicy>,
    pub(super) time_limit: Option<Duration>,
    pub(super) concurrency: usize,
    pub(super) sole_writer: bool,
    pub(super) refuse_duplicates: bool,
    pub(super) keep_done: bool,
    pub(super) observer: Option<Box<dyn Observer>>,
}

impl Db {
    /// Puts and deletes many items, of several tables and entities, whatever is there, for those who mean it.
    ///
    /// Sends BatchWriteItem requests of up to 25 operations and 16 MB, several at a time; each operation costs what it costs
    /// alone, 1 WCU per KB. It ends in a [`Report`]: what was done, and by table and key what was not, and why. No operation
    /// stands in the way of another: an item over 400 KB is refused alone; a batch that DynamoDB refuses as a whole is split
    /// until the offender stands alone, which costs requests and no units; a missing table refuses its own entries.
    ///
    /// What DynamoDB leaves unprocessed, or throttles, is sent again after a wait. An operation whose **answer was lost** is
    /// not: it may have been carried out, and another may have changed the item since. The items are read, consistently, 1 RCU
    /// per 4 KB: a put is known by the life that it began, a delete by the absence of its item; what shows nothing is
    /// [`Why::Unknown`](super::Why::Unknown). Where nobody else writes these keys, [`Batch::sole_writer`] sends it again.
    ///
    /// Of two operations on one key the later waits for the earlier.
    ///
    /// Each put begins a **new life** of its item, as [`put_unchecked`](Table::put_unchecked) does, so that who holds an older
    /// read conflicts. What no batch can hold goes singly, in the same window, one request each: with
    /// `lock(version, journal = off)`, where lives cannot be told apart, a put is an UpdateItem that adds to the version, and
    /// unknown where its answer was lost; a delete of an entity with a `kind` is a DeleteItem, on the condition that no item
    /// of another kind is there. With `lock = values` there is nothing that moves: a holder of an older read conflicts only
    /// where the values that it replaces have changed, and a put whose answer was lost is unknown.
    ///
    /// # Errors
    /// [`Stopped`], with the report so far, where the rest would fare no better: access denied, the retry quota of the
    /// `Db` used up, or the time limit passed. [`Report::into_remaining`] is what is left, ready to be run.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, email: String }
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "orders")]
    /// # struct Order { #[entity(partition_key)] customer: String, #[entity(sort_key)] day: u32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # db.create_table::<Order>().await?;
    /// # let (users, orders) = (db.table::<User>(), db.table::<Order>());
    /// let report = db
    ///     .batch()
    ///     .put_unchecked(&users, User { id: "ann".into(), email: "a@b".into() })
    ///     .delete_unchecked(&orders, ("ann", 7))
    ///     .put_all_unchecked(&users, (0..100).map(|n| User { id: format!("u{n}"), email: String::new() }))
    ///     .await?;
    /// assert_eq!(report.done(), 102);
    /// for undone in report.undone() {
    ///     println!("{:?} in {}: {}", undone.key(), undone.table(), undone.error());
    /// }
    /// report.require_complete()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch(&self) -> Batch {
        Batch {
            db: self.clone(),
            source: Source::default(),
            options: Options {
                policy: None,
                time_limit: None,
                concurrency: CONCURRENCY,
                sole_writer: false,
                refuse_duplicates: false,
                keep_done: false,
                observer: None,
            },
        }
    }
}

impl Batch {
    /// Stores an item, whatever is there.
    pub fn put_unchecked<E: Replaceable>(mut self, table: &Table<E>, entity: E) -> Self {
        let put = Operation::put(&self.db, table, entity);
        self.source.push(put);
        self
    }

    /// Deletes an item, whatever is there; none there is no error.
    pub fn delete_unchecked<E: Replaceable>(
        mut self,
        table: &Table<E>,
        key: impl IntoKey<E::Key>,
    ) -> Self {
        let delete = Operation::delete(&self.db, table, key);
        self.source.push(delete);
        self
    }

    /// Stores items of an iterator or a stream of any length, whatever is there. It is taken from as room is made, so that
    /// only what is on its way is held in memory.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// let stream = futures::stream::iter(0..1000).map(|n| User { id: n.to_string() });
    /// # use futures::StreamExt;
    /// let report = db.batch().put_all_unchecked(&users, stream).await?;
    /// assert!(report.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_all_unchecked<E: Replaceable, K>(
        mut self,
        table: &Table<E>,
        entities: impl IntoSource<E, K>,
    ) -> Self {
        let (db, table) = (self.db.clone(), table.clone());
        let entities = entities.into_source();
        let puts = entities.map(move |entity| Operation::put(&db, &table, entity));
        self.source.append(puts.boxed());
        self
    }

    /// Deletes the items under keys of an iterator or a stream of any length, whatever is there.
    pub fn delete_all_unchecked<E: Replaceable, T: IntoKey<E::Key> + 'static, K>(
        mut self,
        table: &Table<E>,
        keys: impl IntoSource<T, K>,
    ) -> Self {
        let (db, table) = (self.db.clone(), table.clone());
        let keys = keys.into_source();
        let deletes = keys.map(move |key| Operation::delete(&db, &table, key));
        self.source.append(deletes.boxed());
        self
    }

    /// Nobody else writes these keys meanwhile: an operation whose answer was lost is sent again, as often as the policy
    /// allows. Should another have written the item since, that is erased.
    pub fn sole_writer(mut self) -> Self {
        self.options.sole_writer = true;
        self
    }

    /// A second operation on a key of this run is an error in the report, instead of being carried out after the first. Keeps
    /// every key of the run in memory.
    pub fn refuse_duplicates(mut self) -> Self {
        self.options.refuse_duplicates = true;
        self
    }

    /// The report says by table and key what was carried out, too. Keeps every key of the run in memory.
    pub fn keep_done(mut self) -> Self {
        self.options.keep_done = true;
        self
    }

    /// How many requests are in flight at most; at least 1, default 8. Where DynamoDB throttles, or leaves a part
    /// unprocessed, it is halved, and grows again by one with every request that goes through.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.options.concurrency = most.clamp(1, tokio::sync::Semaphore::MAX_PERMITS / 4);
        self
    }

    /// The most time that the whole run may take, from its first poll. Then it is [`Stopped`]; the last tenth, at most a
    /// second, is kept for reads that settle what is in doubt.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options.time_limit = Some(limit);
        self
    }

    /// How long and how often failures that pass, and answers that leave everything unprocessed, are waited out: for each
    /// chunk of up to 25 operations, and anew after each answer that carried out a part. Default: the policy of the `Db`, with
    /// ten times its deadline and its time of one attempt: 5 min and 30 s unless set. Operations that go singly take the
    /// policy as it is.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.policy = Some(policy);
        self
    }

    /// Counts what the requests of this run consume, instead of the meter of the `Db`.
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.db = self.db.metered(meter);
        self
    }

    /// Tells an observer of what is done, while the run goes on.
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.options.observer = Some(Box::new(observer));
        self
    }
}

impl IntoFuture for Batch {
    type Output = Result<Report, Stopped>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Run::new(self.db, self.source, self.options).finish().await })
    }
}
