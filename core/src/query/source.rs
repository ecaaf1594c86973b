use std::marker::PhantomData;

use crate::entity::{
    Entity, Global, IndexSchema, Local, Partial, Projected, Schema, Stored, read_stored,
};
use crate::error::Result;
use crate::key::{KeySchema, Target};
use crate::value::Item;
use crate::wire::PageSelect;

/// The table itself, as opposed to an index of it.
#[derive(Debug, Clone, Copy)]
pub struct Base;

/// Where items are read: in the table ([`Base`]) or in an index ([`Global`], [`Partial`], [`Local`]).
#[allow(private_interfaces)]
pub trait Source<E: Entity>: Sized {
    /// What is read there: a [`Stored`] where all of an item is there, else a [`Projected`].
    type Row;

    /// Whether a query reads consistently unless told otherwise.
    const CONSISTENT: bool;

    /// The entities of whatever is wanted; `None`: the one alone.
    #[doc(hidden)]
    const OF_ALL: Option<&'static [&'static Schema]> = None;

    /// Whether what is found is read again from the table.
    #[doc(hidden)]
    const FRESH: bool = false;

    /// The index, if it is one.
    #[doc(hidden)]
    const INDEX: Option<&'static IndexSchema>;

    /// Which attributes are asked for; `None`: all.
    #[doc(hidden)]
    const NAMES: Option<&'static [&'static str]> = None;

    /// What an item is read as.
    #[doc(hidden)]
    fn row(target: &Target, item: Item) -> Result<Self::Row>;

    /// The keys by which it is queried.
    #[doc(hidden)]
    #[must_use]
    fn key() -> &'static KeySchema {
        Self::INDEX.map_or(&E::SCHEMA.key, |index| &index.key)
    }

    /// What is asked of each item.
    #[doc(hidden)]
    #[must_use]
    fn select() -> PageSelect {
        PageSelect::Own
    }
}

/// A global index whose hits are read again from the table. See [`Read::fresh`](super::Read::fresh).
#[derive(Debug, Clone, Copy)]
pub struct Fresh<I>(PhantomData<I>);

/// Global indexes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no global index",
    note = "tables and local indexes are read consistently: use `.consistent()`"
)]
pub trait GlobalIndex {}
impl<const N: usize> GlobalIndex for Global<N> {}
impl<const N: usize> GlobalIndex for Partial<N> {}

/// Where DynamoDB reads consistently.
#[diagnostic::on_unimplemented(
    message = "a global index has no consistent reads",
    label = "`{Self}` is a global index",
    note = "DynamoDB writes to a global index after it has answered the write to the table, and has no `ConsistentRead` there; `.fresh()` reads what the index finds again from the table"
)]
pub trait ReadsConsistently {}
impl ReadsConsistently for Base {}
impl<const N: usize> ReadsConsistently for Local<N> {}

#[allow(private_interfaces)]
impl<E: Entity> Source<E> for Base {
    type Row = Stored<E>;
    const CONSISTENT: bool = true;
    const INDEX: Option<&'static IndexSchema> = None;

    fn row(target: &Target, item: Item) -> Result<Stored<E>> {
        read_stored(target, item)
    }
}

#[allow(private_interfaces)]
impl<E: Entity, const N: usize> Source<E> for Global<N> {
    type Row = Stored<E>;
    const CONSISTENT: bool = false;
    const INDEX: Option<&'static IndexSchema> = Some(&E::SCHEMA.indexes[N]);

    fn row(target: &Target, item: Item) -> Result<Stored<E>> {
        read_stored(target, item)
    }
}

#[allow(private_interfaces)]
impl<E: Entity, const N: usize> Source<E> for Local<N> {
    type Row = Stored<E>;
    const CONSISTENT: bool = true;
    const INDEX: Option<&'static IndexSchema> = Some(&E::SCHEMA.indexes[N]);

    fn row(target: &Target, item: Item) -> Result<Stored<E>> {
        read_stored(target, item)
    }

    fn select() -> PageSelect {
        PageSelect::Whole
    }
}

#[allow(private_interfaces)]
impl<E: Entity, const N: usize> Source<E> for Partial<N> {
    type Row = Projected<E>;
    const CONSISTENT: bool = false;
    const INDEX: Option<&'static IndexSchema> = Some(&E::SCHEMA.indexes[N]);

    fn row(target: &Target, item: Item) -> Result<Projected<E>> {
        Ok(Projected::new(target, item, &E::SCHEMA.indexes[N]))
    }
}

#[allow(private_interfaces)]
impl<E: Entity, I: Source<E>> Source<E> for Fresh<I> {
    type Row = Stored<E>;
    const CONSISTENT: bool = false;
    const FRESH: bool = true;
    const INDEX: Option<&'static IndexSchema> = I::INDEX;
    /// The keys, which travel always.
    const NAMES: Option<&'static [&'static str]> = Some(&[]);

    fn row(target: &Target, item: Item) -> Result<Stored<E>> {
        read_stored(target, item)
    }
}
