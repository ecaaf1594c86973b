use std::time::Duration;

use super::options::{Options, Page};
use super::plan::{Plan, Reads};
use super::reading::{Reading, Terms};
use super::{Items, ReadsConsistently, ResumeToken, Source};
use crate::db::Table;
use crate::entity::{Entity, Expires, Stored};
use crate::error::Result;
use crate::expr::Condition;
use crate::retry::RetryPolicy;
use crate::wire::Meter;

/// Reads many items of one table or index. [`Table::query`], [`Table::scan`], [`Table::query_index`] and
/// [`Table::scan_index`] make one; set options, then say what is to become of
/// the items: [`stream`](Self::stream), [`entities`](Self::entities), [`collect`](Self::collect), [`first`](Self::first),
/// [`count`](Self::count) or [`page`](Self::page).
#[must_use = "it reads nothing until `stream`, `entities`, `collect`, `first`, `count` or `page`"]
pub struct Read<E, Of> {
    pub(super) table: Table<E>,
    pub(super) of: Of,
    pub(super) options: Options<E>,
}

/// What can be read: a [`Partition`](super::Partition) or the [`Whole`](super::Whole) of a table or index.
#[allow(private_interfaces)]
pub trait ReadOf<E: Entity>: Sized {
    /// Where it is read.
    type Source: Source<E>;

    /// The same, read elsewhere or as something else.
    #[doc(hidden)]
    type Through<I: Source<E>>: ReadOf<E, Source = I>;

    #[doc(hidden)]
    fn through<I: Source<E>>(self) -> Self::Through<I>;

    #[doc(hidden)]
    fn reads(self) -> Result<Reads>;
}

/// What a read gives: a [`Stored`], or a [`Projected`](super::Projected) where an index has less than the item.
pub(super) type Row<E, Of> = <<Of as ReadOf<E>>::Source as Source<E>>::Row;

impl<E: Entity, Of: ReadOf<E>> Read<E, Of> {
    pub(super) fn new(table: &Table<E>, of: Of, consistent: bool) -> Self {
        Self {
            table: table.clone(),
            of,
            options: Options::new(consistent),
        }
    }

    /// Gives only items that meet this condition; several must all be met. DynamoDB evaluates, and charges, the others too.
    ///
    /// An item that stores an attribute under an alias is tested under the alias. A query cannot be filtered by a key
    /// attribute: that is an `InvalidInput` before a request. A scan can.
    pub fn filter(mut self, condition: Condition<E>) -> Self {
        self.options.filter = Some(match self.options.filter.take() {
            Some(filter) => filter & condition,
            None => condition,
        });
        self
    }

    /// Leaves out items that have expired and that DynamoDB has not removed yet, which takes up to days. An entity that says
    /// `#[entity(ttl, hide_expired)]` leaves them out anyway.
    ///
    /// Adds to the filter of the request that the attribute marked `#[entity(ttl)]` holds no number, or one greater than the
    /// seconds since 1970 by this machine's clock when the read begins. DynamoDB evaluates, and charges, the others too.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity, Debug)]
    /// #[entity(table = "sessions")]
    /// struct Session {
    ///     #[entity(partition_key)]
    ///     id: String,
    ///     #[entity(ttl)]
    ///     expires: Option<SystemTime>,
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Session>().await?;
    /// let sessions = db.table::<Session>();
    /// let (hour, now) = (Duration::from_secs(3600), SystemTime::now());
    /// for (id, expires) in [("over", Some(now - hour)), ("open", Some(now + hour)), ("for ever", None)] {
    ///     sessions.insert(Session { id: id.into(), expires }).await?;
    /// }
    /// assert_eq!(sessions.scan().count().await?, 3);
    /// assert_eq!(sessions.scan().live_only().count().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Where no field is marked `#[entity(ttl)]` this does not compile:
    /// ```compile_fail
    /// # use optimist::{Entity, Table};
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # fn live(users: &Table<User>) {
    /// let _ = users.scan().live_only();
    /// # }
    /// ```
    pub fn live_only(mut self) -> Self
    where
        E: Expires,
    {
        self.options.live_only = true;
        self
    }

    /// Gives so many items at most, one that cannot be read included. What a filter holds back does not count. Nothing is
    /// asked beyond it: without a filter no request evaluates more items than are still wanted.
    pub fn limit(mut self, items: usize) -> Self {
        self.options.limit = Some(items);
        self
    }

    /// Evaluates so many items a request at most. By default a page ends at 1 MB.
    pub fn page_size(mut self, items: u32) -> Self {
        self.options.page_size = Some(items);
        self
    }

    /// Reads with `ConsistentRead`: every page shows all writes that were answered before it was asked. The default of a
    /// query of a table or local index. A global index has no such reads:
    /// ```compile_fail
    /// # use optimist::{Db, Entity, local};
    /// #[derive(Entity)]
    /// #[entity(table = "users")]
    /// struct User {
    ///     #[entity(partition_key)]
    ///     id: String,
    ///     #[entity(index("by-email", partition_key))]
    ///     email: String,
    /// }
    /// # fn main() -> optimist::Result<()> {
    /// let users = Db::new(local::client()?).table::<User>();
    /// let _ = users.query_index(User::BY_EMAIL, "a@b").consistent();
    /// # Ok(())
    /// # }
    /// ```
    pub fn consistent(mut self) -> Self
    where
        Of::Source: ReadsConsistently,
    {
        self.options.consistent = true;
        self
    }

    /// Reads without `ConsistentRead`: half the price, and perhaps older states. A save based on one still lands only if
    /// nobody wrote in between. The default of a scan.
    pub fn eventually_consistent(mut self) -> Self {
        self.options.consistent = false;
        self
    }

    /// The most time that the whole read may take, from its first poll. Then it ends in `Exhausted`.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options.time_limit = Some(limit);
        self
    }

    /// How long and how often failures that pass are waited out, anew for each page. Default: the policy of the `Db`, with
    /// ten times its deadline and its time of one attempt: 5 min and 30 s unless set.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.policy = Some(policy);
        self
    }

    /// Counts what the requests of this read consume, instead of the meter of the `Db`.
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.table.set_meter(meter);
        self
    }

    /// Goes on where a token was taken. Table, key condition, direction, filter, `live_only` and number of segments must be
    /// those of the token, else it is an `InvalidInput` before a request; limits and page size may differ.
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.options.resume = Some(token);
        self
    }

    /// The items one after the other, as handles that can be saved.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "orders")]
    /// # struct Order { #[entity(partition_key)] customer: String, #[entity(sort_key)] day: String, open: bool }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Order>().await?;
    /// # let orders = db.table::<Order>();
    /// # for day in ["2025-12-24", "2026-01-02", "2026-05-01"] {
    /// #     orders.insert(Order { customer: "ann".into(), day: day.into(), open: true }).await?;
    /// # }
    /// let mut of_2026 = orders.query("ann").sort_key(|k| k.begins_with("2026-")).stream();
    /// while let Some(mut order) = of_2026.try_next().await? {
    ///     order.open = false;
    ///     orders.save(&mut order).await?;
    /// }
    /// assert_eq!(orders.query("ann").filter(Order::OPEN.eq(true)).count().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Items<Row<E, Of>> {
        Items::new(self.into_reading(), Of::Source::row)
    }

    /// The items one after the other, as plain values: without image and lock, so they cannot be saved, and take less memory.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, logins: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), logins: 2 }).await?;
    /// let all: Vec<User> = users.scan().entities().collect().await?;
    /// assert_eq!(all[0].logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn entities(self) -> Items<E>
    where
        Of::Source: Source<E, Row = Stored<E>>,
    {
        Items::taken(self.into_reading(), E::take_from)
    }

    /// All items, as handles. Set a [`limit`](Self::limit) where there may be many.
    ///
    /// # Errors
    /// The first error ends it, also that of an item that cannot be read; see [`Items::try_next`].
    pub async fn collect(self) -> Result<Vec<Row<E, Of>>> {
        self.stream().collect().await
    }

    /// The first item. Without a filter it sends one request for one item, with one as many as it takes to find it.
    ///
    /// # Errors
    /// As [`Items::try_next`].
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "readings")]
    /// # struct Reading { #[entity(partition_key)] sensor: String, #[entity(sort_key)] second: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Reading>().await?;
    /// # let readings = db.table::<Reading>();
    /// for second in [7, 90] {
    ///     readings.insert(Reading { sensor: "a".into(), second }).await?;
    /// }
    /// let latest = readings.query("a").reverse().first().await?;
    /// assert_eq!(latest.map(|reading| reading.second), Some(90));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn first(mut self) -> Result<Option<Row<E, Of>>> {
        self.options.limit = Some(self.options.limit.unwrap_or(1).min(1));
        self.stream().try_next().await
    }

    /// How many items there are, up to the limit. DynamoDB counts (`Select = COUNT`), page by page, and charges as for
    /// reading them.
    ///
    /// # Errors
    /// As [`Items::try_next`], but that no item is read.
    pub async fn count(self) -> Result<usize> {
        self.into_reading()?.count().await
    }

    /// Sends one request, and gives what it brought: for a service that pages by itself. Of a scan in segments it reads the
    /// first that is not done.
    ///
    /// # Errors
    /// As [`Items::try_next`]; items that cannot be read are errors among the items.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "readings")]
    /// # struct Reading { #[entity(partition_key)] sensor: String, #[entity(sort_key)] second: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Reading>().await?;
    /// # let readings = db.table::<Reading>();
    /// # for second in 0..5 {
    /// #     readings.insert(Reading { sensor: "a".into(), second }).await?;
    /// # }
    /// let page = readings.query("a").page_size(3).page().await?;
    /// assert_eq!((page.items.len(), page.scanned), (3, 3));
    /// let cursor = page.resume.expect("there is more").to_string(); // to the client and back
    /// let page = readings.query("a").page_size(3).resume(cursor.parse()?).page().await?;
    /// assert_eq!(page.items.len(), 2);
    /// assert!(page.resume.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn page(self) -> Result<Page<Row<E, Of>>> {
        let mut reading = self.into_reading()?;
        let (scanned, items) = reading.page().await?;
        let items = items
            .into_iter()
            .map(|(target, item)| Of::Source::row(&target, item));
        Ok(Page {
            items: items.collect(),
            scanned,
            resume: reading.token(),
        })
    }

    fn into_reading(self) -> Result<Reading> {
        self.into_terms().map(Terms::read)
    }

    /// What is read and how, for any number of times.
    pub(super) fn into_terms(self) -> Result<Terms> {
        let Self {
            table,
            of,
            mut options,
        } = self;
        let reads = of.reads();
        let plan = reads.and_then(|reads| Plan::new::<E, Of::Source>(&table, reads, &mut options));
        let plan = plan.map_err(|error| error.in_table(table.physical_name()))?;
        Ok(Terms {
            db: table.db().clone(),
            plan,
            policy: options.policy,
            limit: options.limit,
            time_limit: options.time_limit,
        })
    }
}
