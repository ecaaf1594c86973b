use std::marker::PhantomData;

use super::{Partition, Read, ReadsConsistently, Source, Whole};
use crate::db::Table;
use crate::entity::{Entities, Entity, Found, Includes, IndexSchema, Schema, TableOf};
use crate::error::Result;
use crate::key::{IntoPartition, Target};
use crate::value::Item;

/// A table whose items are read as the entities of `S` that they are.
#[derive(Debug, Clone, Copy)]
pub struct Shared<S>(PhantomData<S>);

/// Reads the items of one partition, of all entities. See [`Table::query_all`].
pub type QueryAll<E, S> = Read<E, Partition<<E as Entity>::Key, Shared<S>>>;

/// Reads the items of a whole table, of all entities. See [`Table::scan_all`].
pub type ScanAll<E, S> = Read<E, Whole<Shared<S>>>;

impl<E: Entity> Table<E> {
    /// The items under one partition key, of whatever entity, in the order of their sort keys. `S` is an enum of the
    /// entities that share the table, this one among them.
    ///
    /// An item is told by its kind, else by the text that begins its keys. One that is none of the entities goes into the
    /// variant marked `#[entities(other)]`; without one it is an error in its place. Conditions on the sort key are made with the
    /// parts of this entity: those that begin with them are given, of all entities. A filter tests attributes by their
    /// names.
    ///
    /// Sends what [`query`](Self::query) sends, without asking for one kind.
    ///
    /// ```
    /// # use optimist::{Db, Entities, Entity, Item, Stored, local};
    /// #[derive(Entity)]
    /// #[entity(table = "shop", partition_key(pk = "USER#{id}"), sort_key(sk = "PROFILE"))]
    /// struct User { id: String, orders: u32 }
    ///
    /// #[derive(Entity)]
    /// #[entity(table = "shop", partition_key(pk = "USER#{user}"), sort_key(sk = "ORDER#{number:05}"))]
    /// struct Order { user: String, number: u32 }
    ///
    /// #[derive(Entities)]
    /// enum OfShop {
    ///     User(Stored<User>), // can be saved
    ///     Order(Order),
    ///     #[entities(other)]
    ///     Other(Item),
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<OfShop>().await?;
    /// let (users, orders) = (db.table::<User>(), db.table::<Order>());
    /// users.insert(User { id: "ann".into(), orders: 0 }).await?;
    /// orders.insert(Order { user: "ann".into(), number: 7 }).await?;
    /// orders.insert(Order { user: "ann".into(), number: 8 }).await?;
    ///
    /// let (mut ann, mut count) = (None, 0);
    /// let mut all = users.query_all::<OfShop>("ann").stream(); // one request
    /// while let Some(item) = all.try_next().await? {
    ///     match item {
    ///         OfShop::User(user) => ann = Some(user),
    ///         OfShop::Order(_) => count += 1,
    ///         OfShop::Other(item) => println!("{} attributes of something else", item.len()),
    ///     }
    /// }
    /// let mut ann = ann.expect("inserted above");
    /// ann.orders = count;
    /// users.save(&mut ann).await?;
    /// # assert_eq!(users.require("ann").await?.orders, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn query_all<S: Includes<E>>(
        &self,
        partition: impl IntoPartition<E::Key>,
    ) -> QueryAll<E, S> {
        Read::new(self, Partition::new(partition), true)
    }

    /// All items of the table, of whatever entity, in no order: otherwise as [`query_all`](Self::query_all). Sends what
    /// [`scan`](Self::scan) sends, without asking for one kind.
    pub fn scan_all<S: Includes<E>>(&self) -> ScanAll<E, S> {
        Read::new(self, Whole::new(), false)
    }
}

impl<S> ReadsConsistently for Shared<S> {}

#[allow(private_interfaces)]
impl<E: Entity, S: Entities> Source<E> for Shared<S> {
    type Row = S;
    const CONSISTENT: bool = true;
    const OF_ALL: Option<&'static [&'static Schema]> = Some(<S as TableOf>::SCHEMAS);
    const INDEX: Option<&'static IndexSchema> = None;

    fn row(target: &Target, item: Item) -> Result<S> {
        S::read(Found::new(target, item))
    }
}
