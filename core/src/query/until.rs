use std::sync::Arc;
use std::time::Duration;

use super::read::Row;
use super::reading::Terms;
use super::{Items, Read, ReadOf, Source};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};

impl<E: Entity, Of: ReadOf<E>> Read<E, Of> {
    /// Reads again and again until the items are `enough`, and gives those: waits for a write of one's own to show in an index,
    /// and for tests.
    ///
    /// Sends the whole read each time, with growing waits between (those of the `RetryPolicy`), within the time given. It
    /// promises nothing of the next read: another request may be answered by a copy of the index that is further behind.
    ///
    /// # Errors
    /// `Exhausted`: they were not enough in time. Otherwise as [`collect`](Self::collect).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use optimist::{Db, Entity, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, #[entity(index("by-email", partition_key))] email: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<User>().await?;
    /// # let users = db.table::<User>();
    /// users.insert(User { id: "ann".into(), email: "a@b".into() }).await?;
    /// let with_email = users.query_index(User::BY_EMAIL, "a@b");
    /// let hits = with_email.until(|hits| !hits.is_empty(), Duration::from_secs(10)).await?;
    /// assert_eq!(hits[0].id, "ann");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn until(
        self,
        enough: impl Fn(&[Row<E, Of>]) -> bool,
        within: Duration,
    ) -> Result<Vec<Row<E, Of>>> {
        let terms = self.into_terms()?;
        let table = Arc::clone(&terms.plan.table);
        let mut waiting = terms.db.waiting(terms.policy, within);
        loop {
            let read = Terms {
                time_limit: Some(waiting.left()),
                ..terms.clone()
            };
            let rows = Items::new(Ok(read.read()), Of::Source::row).collect().await;
            match rows {
                Ok(rows) if enough(&rows) => return Ok(rows),
                Err(error) if !waiting.left().is_zero() => return Err(error),
                _ => {}
            }
            waiting.again().await.map_err(|spent| {
                let message = format!(
                    "what was read was not enough: {spent}; wait longer, or read without `until`"
                );
                Error::new(ErrorKind::Exhausted, message).in_table(&table)
            })?;
        }
    }
}
