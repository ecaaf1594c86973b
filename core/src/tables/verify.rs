use std::future::IntoFuture;
use std::time::Duration;

use futures::future::BoxFuture;

use super::differences::Unmapped;
use super::presence::Presence;
use super::subject::Subject;
use crate::db::Db;
use crate::entity::TableOf;
use crate::error::Result;

/// Compares a table with its entities. See [`Db::verify_table`].
#[must_use = "a call does nothing until it is awaited"]
pub struct VerifyTable {
    subject: Result<Subject>,
    time_limit: Duration,
}

impl Db {
    /// Compares the table of an entity, or of several that share one, with what they expect: keys and their types, indexes and
    /// what those project, and by which attribute items expire. For the start of a service whose table is made by infrastructure
    /// code.
    ///
    /// Sends one DescribeTable, and a DescribeTimeToLive where items expire; neither is charged. Indexes that no entity maps are
    /// accepted; billing and capacity are not compared. See [`tables`](crate::tables) for the permissions.
    ///
    /// # Errors
    /// `TableMismatch`: the table differs, or it is still being created or being deleted; the message says how.
    /// `Service`: DynamoDB refused; with the [code](crate::Error::code) `ResourceNotFoundException` there is no such table.
    /// `Exhausted`: no answer came within the [time limit](VerifyTable::time_limit).
    /// `InvalidInput`, before a request: the entities do not fit into one table.
    ///
    /// ```
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # let table_of_the_stack = "Stack-Users-1A2B";
    /// # db.create_table::<User>().named(table_of_the_stack).await?;
    /// db.verify_table::<User>().named(table_of_the_stack).await?;
    /// # let error = db.verify_table::<User>().await.unwrap_err();
    /// # assert_eq!(error.code(), Some("ResourceNotFoundException"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_table<T: TableOf>(&self) -> VerifyTable {
        VerifyTable {
            subject: Subject::of::<T>(self),
            time_limit: Duration::from_secs(30),
        }
    }
}

impl VerifyTable {
    /// The name of the table, as it is known at run time: the prefix of the `Db` does not stand before it.
    pub fn named(mut self, name: &str) -> Self {
        if let Ok(subject) = &mut self.subject {
            subject.name = name.into();
        }
        self
    }

    /// The most time that the call may take where DynamoDB does not answer. Default: 30 s.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    async fn run(self) -> Result<()> {
        let subject = self.subject?;
        let mut asking = subject.db.asking_until(
            self.time_limit,
            "Call again later, or raise `.time_limit(…)`",
        );
        let table = subject.describe(&mut asking).await?;
        let differ = match Presence::of(&table, &subject.layout.shape, Unmapped::Accepted) {
            Presence::Ready => return subject.verify_time_to_live(&mut asking).await,
            Presence::NotYet(why) => vec![why],
            Presence::Differs(how) => how,
        };
        Err(subject.mismatch(&differ, "Change the table or its entities"))
    }
}

impl IntoFuture for VerifyTable {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
