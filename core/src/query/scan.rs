use std::marker::PhantomData;

use super::plan::Reads;
use super::{Base, Read, ReadOf, Source};
use crate::db::Table;
use crate::entity::Entity;
use crate::error::Result;

/// Reads the items of a whole table. See [`Table::scan`].
pub type Scan<E> = Read<E, Whole>;

/// All items of the table, or of the index `I`.
pub struct Whole<I = Base> {
    segments: Option<u32>,
    of: PhantomData<fn() -> I>,
}

impl<I> Whole<I> {
    pub(super) fn new() -> Self {
        Self {
            segments: None,
            of: PhantomData,
        }
    }
}

impl<E: Entity> Table<E> {
    /// All items of the table, in no order.
    ///
    /// Sends Scan requests without `ConsistentRead` as its items are taken: 1 RCU per 8 KB evaluated;
    /// [`consistent`](Read::consistent) doubles that. Pages are no snapshot: what is written meanwhile may be seen or not. An
    /// item that stays is given once.
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
    /// for (id, logins) in [("ann", 1), ("bob", 0), ("cid", 5)] {
    ///     users.insert(User { id: id.into(), logins }).await?;
    /// }
    /// let mut active = users.scan().filter(User::LOGINS.gt(0)).segments(4).stream();
    /// let mut logins = 0;
    /// while let Some(user) = active.try_next().await? {
    ///     logins += user.logins;
    /// }
    /// assert_eq!(logins, 6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan(&self) -> Scan<E> {
        Read::new(self, Whole::new(), false)
    }
}

impl<E: Entity, I: Source<E>> Read<E, Whole<I>> {
    /// Reads so many parts of the table or index at the same time, 1 to 1,000,000: each has one request in flight and two pages in
    /// memory at most. No task is spawned: all are polled with the stream.
    pub fn segments(mut self, segments: u32) -> Self {
        self.of.segments = Some(segments);
        self
    }
}

#[allow(private_interfaces)]
impl<E: Entity, I: Source<E>> ReadOf<E> for Whole<I> {
    type Source = I;
    type Through<J: Source<E>> = Whole<J>;

    fn through<J: Source<E>>(self) -> Whole<J> {
        Whole {
            segments: self.segments,
            of: PhantomData,
        }
    }

    fn reads(self) -> Result<Reads> {
        Ok(Reads::Scan {
            segments: self.segments,
        })
    }
}
