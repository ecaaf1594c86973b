use std::marker::PhantomData;

use super::{Base, Read, ReadOf, ReadsConsistently, Source};
use crate::entity::{Entity, Global, IndexSchema, Local, Partial, Projection, read_entry};
use crate::error::Result;
use crate::key::Target;
use crate::value::Item;

/// A table or index, read as views. See [`Read::select`].
#[derive(Debug, Clone, Copy)]
pub struct Selected<I, P>(PhantomData<fn() -> (I, P)>);

/// What can be read as views: tables and indexes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as views",
    note = "`.select()` stands once, on a read of a table or index; what `.fresh()` reads again is read whole"
)]
pub trait Selectable {}
impl Selectable for Base {}
impl<const N: usize> Selectable for Global<N> {}
impl<const N: usize> Selectable for Partial<N> {}
impl<const N: usize> Selectable for Local<N> {}

#[allow(private_interfaces)]
impl<E: Entity, I: Source<E>, P: Projection<Of = E>> Source<E> for Selected<I, P> {
    type Row = P;
    const CONSISTENT: bool = I::CONSISTENT;
    const INDEX: Option<&'static IndexSchema> = I::INDEX;
    const NAMES: Option<&'static [&'static str]> = Some(P::NAMES);

    fn row(target: &Target, item: Item) -> Result<P> {
        read_entry(target, item)
    }
}

impl<I: ReadsConsistently, P> ReadsConsistently for Selected<I, P> {}

impl<E: Entity, Of: ReadOf<E>> Read<E, Of> {
    /// Gives views instead of whole items: their attributes and the keys alone travel. Options, counts and resume tokens are as
    /// without it, and so is the price: DynamoDB charges for whole items, or for whole entries of an index. Of a local index the
    /// entries alone are read, and not the table as for whole items.
    ///
    /// A filter may name attributes that the view does not show, in an index those that the index has. A token may be taken of
    /// one view and used with another, or with none.
    ///
    /// ```
    /// # use optimist::{Db, Entity, Projection, local};
    /// # #[derive(Entity, Debug)]
    /// # #[entity(table = "orders")]
    /// # struct Order { #[entity(partition_key)] customer: String, #[entity(sort_key)] day: String, total: u64, lines: Vec<String> }
    /// #[derive(Projection)]
    /// #[projection(of = Order)]
    /// struct Line {
    ///     day: String,
    ///     total: u64,
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> optimist::Result<()> {
    /// # let db = Db::new(local::client()?);
    /// # db.create_table::<Order>().await?;
    /// # let orders = db.table::<Order>();
    /// # for (day, total) in [("2025-12-24", 90), ("2026-01-02", 10), ("2026-05-01", 70)] {
    /// #     orders.insert(Order { customer: "ann".into(), day: day.into(), total, lines: vec![] }).await?;
    /// # }
    /// let mut lines = orders.query("ann").sort_key(|k| k.ge("2026-")).select::<Line>().stream();
    /// let mut total = 0;
    /// while let Some(line) = lines.try_next().await? {
    ///     total += line.total;
    /// }
    /// assert_eq!(total, 80);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A view of what an index lacks does not compile. `cargo build` and `cargo test` say so, `cargo check` does not see it:
    /// ```
    /// # use optimist::{Db, Entity, Projection, local};
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User {
    /// #     #[entity(partition_key)] id: String,
    /// #     #[entity(index("by-email", partition_key, projection = include(name)))] email: String,
    /// #     name: String,
    /// #     age: u8,
    /// # }
    /// # #[derive(Projection)]
    /// # #[projection(of = User)]
    /// # struct Card { id: String, email: String, name: String }
    /// # fn main() -> optimist::Result<()> {
    /// # let users = Db::new(local::client()?).table::<User>();
    /// let _ = users.query_index(User::BY_EMAIL, "a@b").select::<Card>(); // id, email, name: the index has them
    /// # Ok(())
    /// # }
    /// ```
    /// ```compile_fail
    /// # use optimist::{Db, Entity, Projection, local};
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User {
    /// #     #[entity(partition_key)] id: String,
    /// #     #[entity(index("by-email", partition_key, projection = include(name)))] email: String,
    /// #     name: String,
    /// #     age: u8,
    /// # }
    /// # #[derive(Projection)]
    /// # #[projection(of = User)]
    /// # struct Person { id: String, name: String, age: u8 }
    /// # fn main() -> optimist::Result<()> {
    /// # let users = Db::new(local::client()?).table::<User>();
    /// let _ = users.query_index(User::BY_EMAIL, "a@b").select::<Person>(); // and no age
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<P: Projection<Of = E>>(self) -> Read<E, Of::Through<Selected<Of::Source, P>>>
    where
        Of::Source: Selectable,
    {
        const {
            assert!(
                has::<E, Of::Source>(P::NAMES),
                "the index does not have all attributes of this view: include them in the projection of the index, or \
                 leave them out of the view"
            );
        }
        Read {
            table: self.table,
            of: self.of.through(),
            options: self.options,
        }
    }
}

/// Whether these attributes are there.
const fn has<E: Entity, I: Source<E>>(names: &[&str]) -> bool {
    match I::INDEX {
        Some(index) => index.projects_all(&E::SCHEMA.key, names),
        None => true,
    }
}
