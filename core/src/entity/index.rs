use std::fmt;
use std::marker::PhantomData;

use super::Entity;
use crate::expr::SortTemplate;
use crate::key::{KeySchema, KeyTemplates};

/// A secondary index of the table of `E`, with keys of shape `K`: what the derive makes of `#[entity(index("by-email", …))]`,
/// as a constant of the entity: `User::BY_EMAIL`. `I` says what kind it is: [`Global`], [`Partial`] or [`Local`].
#[must_use]
pub struct Index<E, K, I> {
    of: PhantomData<fn(E, K, I)>,
}

/// A global index whose entries have all attributes: what is read from it can be saved, on the condition that the item was not
/// written since. `N` is its place in [`Schema::indexes`](crate::schema::Schema::indexes).
#[derive(Debug, Clone, Copy)]
pub struct Global<const N: usize>;

/// A global index whose entries have some attributes: they can be looked at, not saved. `N` as in [`Global`].
#[derive(Debug, Clone, Copy)]
pub struct Partial<const N: usize>;

/// A local index: the items of one partition in another order. What is read from it is read whole, consistently if asked, and
/// can be saved. `N` as in [`Global`].
#[derive(Debug, Clone, Copy)]
pub struct Local<const N: usize>;

/// The index at `N` of [`Schema::indexes`](crate::schema::Schema::indexes), as what its keys by template are of.
#[doc(hidden)]
pub struct IndexOf<E, const N: usize>(PhantomData<E>);

/// What the derive says of an index that has a sort key, where it has a key by template.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this index has no sort key",
    note = "entries under one partition key of it stand in no order"
)]
pub trait IndexSortTemplate<const N: usize> {
    /// What asks for its sort keys.
    type SortKey;

    fn sort_key() -> Self::SortKey;
}

impl<E: Entity, const N: usize> KeyTemplates for IndexOf<E, N> {
    const KEY: KeySchema = E::SCHEMA.indexes[N].key;
}

impl<E: IndexSortTemplate<N>, const N: usize> SortTemplate for IndexOf<E, N> {
    type SortKey = E::SortKey;

    fn sort_key() -> E::SortKey {
        E::sort_key()
    }
}

impl<E, K, I> Index<E, K, I> {
    /// What the derive calls.
    #[doc(hidden)]
    pub const fn derived() -> Self {
        Self { of: PhantomData }
    }
}

impl<E, K, I> Clone for Index<E, K, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, K, I> Copy for Index<E, K, I> {}

impl<E, K, I> fmt::Debug for Index<E, K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({})", std::any::type_name::<I>())
    }
}
