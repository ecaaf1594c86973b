//! `Db`: a client and what all its calls share: the writer's identity, the lanes, the defaults.

mod asking;
mod identity;
mod lanes;
mod pressure;
mod table;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;

pub(crate) use asking::Asking;
pub(crate) use identity::{Identity, Issued};
pub(crate) use lanes::Lane;
pub use table::Table;

use crate::entity::Entity;
use crate::error::{Error, Result};
#[cfg(feature = "_test-judges")]
use crate::lock::Judging;
use crate::lock::MAX_WRITERS;
use crate::lock::{Evidence, Verdict, Write};
use crate::retry::{Budget, Clock, Quota, RetryPolicy, SystemClock, Waiting};
use crate::wire::{Connection, Meter, Wire};
use lanes::Lanes;
use pressure::Pressure;

/// A DynamoDB client with the identity of one writer. Cheap to clone; clones share everything.
///
/// Build one for a process and share it: calls of one `Db` on one item queue in the process (see
/// [`RetryPolicy::deadline`]) instead of racing at the server.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> optimist::Result<()> {
/// # let client = optimist::local::client()?;
/// let db = optimist::Db::new(client); // AWS, DynamoDB Local, or the embedded engine
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Db {
    shared: Arc<Inner>,
    /// Counts what is sent through this view.
    meter: Option<Meter>,
}

struct Inner {
    /// As the user built it.
    client: Client,
    connection: Connection,
    clock: Arc<dyn Clock>,
    quota: Arc<Quota>,
    identity: Identity,
    lanes: Arc<Lanes>,
    pressure: Pressure,
    retry: RetryPolicy,
    table_prefix: String,
    journal_writers: u8,
    #[cfg(feature = "_test-judges")]
    judging: Judging,
}

/// Sets the defaults of a [`Db`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct DbBuilder {
    client: Client,
    clock: Arc<dyn Clock>,
    retry: RetryPolicy,
    table_prefix: String,
    journal_writers: u8,
    writer_id: Option<u64>,
    meter: Option<Meter>,
    #[cfg(feature = "_test-judges")]
    judging: Judging,
}

impl DbBuilder {
    /// The policy of every call that sets none of its own. Default: [`RetryPolicy::default`].
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Stands before the table name of every entity: `"staging-"`. Default: nothing.
    pub fn table_prefix(self, prefix: impl Into<String>) -> Self {
        Self {
            table_prefix: prefix.into(),
            ..self
        }
    }

    /// How many writers the journal of an item remembers that this `Db` creates or adopts: 1 to 64, default 8. Give it the
    /// number of machines that write one item at the same time; each costs 16 bytes in every item.
    pub fn journal_writers(self, writers: u8) -> Self {
        Self {
            journal_writers: writers,
            ..self
        }
    }

    /// Where the `Db` takes its time from. Default: [`SystemClock`].
    pub fn clock(self, clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// Counts what all calls consume that have no meter of their own. Default: nothing is counted.
    ///
    /// ```
    /// # use optimist::{Db, Entity, Meter, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let client = local::client()?;
    /// let meter = Meter::new();
    /// let db = Db::builder(client).meter(&meter).build()?;
    /// # db.create_table::<User>().await?;
    /// db.table::<User>().get("ann").eventually_consistent().await?;
    /// assert_eq!(meter.read_units(), 0.5); // the least that a read costs, also of an item that is not there
    /// # Ok(())
    /// # }
    /// ```
    pub fn meter(self, meter: &Meter) -> Self {
        Self {
            meter: Some(meter.clone()),
            ..self
        }
    }

    /// Judges lost answers in another way than the sound one.
    #[cfg(feature = "_test-judges")]
    #[doc(hidden)]
    pub fn judging(self, judging: Judging) -> Self {
        Self { judging, ..self }
    }

    /// Begins with this writer id, as a machine does that was cloned while running.
    #[cfg(feature = "_test-judges")]
    #[doc(hidden)]
    pub fn writer_id(self, id: u64) -> Self {
        Self {
            writer_id: Some(id),
            ..self
        }
    }

    /// Builds the `Db`. Sends nothing.
    ///
    /// # Errors
    /// `InvalidInput`: the number of journal writers is not from 1 to 64.
    pub fn build(self) -> Result<Db> {
        if !(1..=MAX_WRITERS).contains(&self.journal_writers) {
            return Err(Error::invalid(format!(
                "journal_writers({}): a journal remembers 1 to {MAX_WRITERS} writers",
                self.journal_writers
            )));
        }
        Ok(self.into_db())
    }

    fn into_db(self) -> Db {
        let shared = Inner {
            connection: Connection::new(&self.client),
            client: self.client,
            clock: self.clock,
            quota: Arc::default(),
            identity: Identity::new(self.writer_id),
            lanes: Arc::default(),
            pressure: Pressure::default(),
            retry: self.retry,
            table_prefix: self.table_prefix,
            journal_writers: self.journal_writers,
            #[cfg(feature = "_test-judges")]
            judging: self.judging,
        };
        Db {
            shared: Arc::new(shared),
            meter: self.meter,
        }
    }
}

impl Db {
    /// A `Db` with the defaults, and a writer id of its own.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self::builder(client).into_db()
    }

    /// A `Db` with defaults of your own.
    pub fn builder(client: Client) -> DbBuilder {
        DbBuilder {
            client,
            clock: Arc::new(SystemClock),
            retry: RetryPolicy::default(),
            table_prefix: String::new(),
            journal_writers: 8,
            writer_id: None,
            meter: None,
            #[cfg(feature = "_test-judges")]
            judging: Judging::default(),
        }
    }

    /// The table of an entity: a cheap view, sends nothing.
    #[must_use]
    pub fn table<E: Entity>(&self) -> Table<E> {
        Table::new(self.clone(), self.physical_name(E::SCHEMA.table))
    }

    /// The name of a table, with the prefix before it.
    pub(crate) fn physical_name(&self, table: &str) -> Arc<str> {
        format!("{}{table}", self.shared.table_prefix).into()
    }

    /// The table of an entity under a name that is known at run time: that of a stack's output, say. The prefix of the `Db`
    /// does not stand before it. A cheap view, sends nothing.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// let users = db.table_named::<User>("Stack-Users-1A2B");
    /// assert_eq!(users.name(), "Stack-Users-1A2B");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn table_named<E: Entity>(&self, name: &str) -> Table<E> {
        Table::new(self.clone(), name.into())
    }

    /// The client that this `Db` was made with, as it was built: with its own retries. The requests of the verbs are sent by
    /// a client derived from it, which shares its connections, credentials and endpoint and has the SDK's retries off.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// How many items are held or waited for by calls of this `Db`, for monitoring.
    #[must_use]
    pub fn lanes_in_use(&self) -> usize {
        self.shared.lanes.in_use()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    pub(crate) fn lanes(&self) -> &Arc<Lanes> {
        &self.shared.lanes
    }

    pub(crate) fn pressure(&self) -> &Pressure {
        &self.shared.pressure
    }

    pub(crate) fn wire(&self) -> Wire<'_> {
        self.shared.connection.wire(self.meter.as_ref())
    }

    /// The same `Db`, whose calls another meter counts.
    pub(crate) fn metered(&self, meter: &Meter) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            meter: Some(meter.clone()),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// The budget of one call, by its own policy or the default.
    pub(crate) fn budget(&self, policy: Option<RetryPolicy>) -> Budget {
        let policy = policy.unwrap_or(self.shared.retry);
        Budget::start(policy, &self.shared.clock, &self.shared.quota)
    }

    /// The budget of one page.
    fn page_budget(&self, policy: Option<RetryPolicy>) -> Budget {
        self.budget(Some(
            policy.unwrap_or_else(|| self.shared.retry.for_pages()),
        ))
    }

    /// The waits of a policy, or of the default, for something that others do.
    pub(crate) fn waiting(&self, policy: Option<RetryPolicy>, within: Duration) -> Waiting {
        Waiting::new(
            &policy.unwrap_or(self.shared.retry),
            within,
            &self.shared.clock,
        )
    }

    /// What became of a write.
    #[cfg(not(feature = "_test-judges"))]
    #[allow(clippy::unused_self)] // the other one does use it
    pub(crate) fn judge(&self, write: &Write, evidence: &Evidence<'_>) -> Verdict {
        crate::lock::judge(write, evidence)
    }

    /// What became of a write, as a test has it judged.
    #[cfg(feature = "_test-judges")]
    pub(crate) fn judge(&self, write: &Write, evidence: &Evidence<'_>) -> Verdict {
        self.shared.judging.judge(write, evidence)
    }

    pub(crate) fn journal_writers(&self) -> u8 {
        self.shared.journal_writers
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("table_prefix", &self.shared.table_prefix)
            .field("retry", &self.shared.retry)
            .finish_non_exhaustive()
    }
}
