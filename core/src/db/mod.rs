//! `Db`: a client and what all its calls share: the writer's identity, the lanes, the defaults.

mod identity;
mod lanes;
mod pressure;
mod table;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub(crate) use identity::Issued;
pub(crate) use lanes::{Lane, LaneKey};
pub use table::Table;
pub(crate) use table::Target;

use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::lock::{Judging, MAX_WRITERS};
use crate::retry::RetryPolicy;
use identity::Identity;
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
pub struct Db(Arc<Inner>);

struct Inner {
    client: Client,
    identity: Identity,
    lanes: Arc<Lanes>,
    pressure: Pressure,
    retry: RetryPolicy,
    table_prefix: String,
    journal_writers: u8,
    judging: Judging,
}

/// Sets the defaults of a [`Db`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct DbBuilder {
    client: Client,
    retry: RetryPolicy,
    table_prefix: String,
    journal_writers: u8,
    judging: Judging,
    writer_id: Option<u64>,
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

    /// Judges lost answers in another way than the sound one.
    #[cfg(feature = "test-judges")]
    #[doc(hidden)]
    pub fn judging(self, judging: Judging) -> Self {
        Self { judging, ..self }
    }

    /// Begins with this writer id, as a machine does that was cloned while running.
    #[cfg(feature = "test-judges")]
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
        Db(Arc::new(Inner {
            client: self.client,
            identity: Identity::new(self.writer_id),
            lanes: Arc::default(),
            pressure: Pressure::default(),
            retry: self.retry,
            table_prefix: self.table_prefix,
            journal_writers: self.journal_writers,
            judging: self.judging,
        }))
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
            retry: RetryPolicy::default(),
            table_prefix: String::new(),
            journal_writers: 8,
            judging: Judging::Evidence,
            writer_id: None,
        }
    }

    /// The table of an entity: a cheap view, sends nothing.
    #[must_use]
    pub fn table<E: Entity>(&self) -> Table<E> {
        let name = format!("{}{}", self.0.table_prefix, E::SCHEMA.table);
        Table::new(self.clone(), name.into())
    }

    /// The client that this `Db` sends with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// How many items are held or waited for by calls of this `Db`, for monitoring.
    #[must_use]
    pub fn lanes_in_use(&self) -> usize {
        self.0.lanes.in_use()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }

    pub(crate) fn lanes(&self) -> &Arc<Lanes> {
        &self.0.lanes
    }

    pub(crate) fn pressure(&self) -> &Pressure {
        &self.0.pressure
    }

    pub(crate) fn retry(&self) -> RetryPolicy {
        self.0.retry
    }

    pub(crate) fn judging(&self) -> Judging {
        self.0.judging
    }

    pub(crate) fn journal_writers(&self) -> u8 {
        self.0.journal_writers
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("table_prefix", &self.0.table_prefix)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}
