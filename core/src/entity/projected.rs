use std::fmt;
use std::marker::PhantomData;

use super::{Entity, IndexSchema};
use crate::error::{Error, Result};
use crate::expr::Attr;
use crate::key::{Key, Target};
use crate::value::Item;

/// An entry of an index that has some attributes of its item: keys, and views of what is there. It cannot be saved.
///
/// [`select`](crate::query::Read::select) gives a struct of your own instead.
///
/// It shows the item as it was some time ago. To change it, go by its key: `users.modify(…)`, or read the hits again with
/// [`fresh`](crate::query::Read::fresh).
///
/// ```compile_fail
/// # use optimist::{Entity, Table};
/// #[derive(Entity)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(partition_key)]
///     id: String,
///     #[entity(index("by-email", partition_key, projection = keys))]
///     email: String,
///     logins: u64,
/// }
/// # async fn save(users: Table<User>) -> optimist::Result<()> {
/// let mut ann = users.query_index(User::BY_EMAIL, "ann@example.org").first().await?.unwrap();
/// users.save(&mut ann).await?; // only what was read whole can be saved
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Projected<E> {
    item: Item,
    target: Target,
    index: &'static IndexSchema,
    of: PhantomData<fn() -> E>,
}

impl<E: Entity> Projected<E> {
    pub(crate) fn new(target: &Target, item: Item, index: &'static IndexSchema) -> Self {
        Self {
            item,
            target: target.clone(),
            index,
            of: PhantomData,
        }
    }

    /// The key of the item in its table.
    #[must_use]
    pub fn key(&self) -> &Key {
        self.target.key()
    }

    /// The entry, attribute by attribute.
    #[must_use]
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// The value at this path, as the index shows it.
    ///
    /// # Errors
    /// `InvalidInput`: the index does not have this attribute. `Marshalling`: the value does not fit its field, or is absent
    /// where the field is no Option and has no default.
    pub fn get<T, K>(&self, attribute: Attr<E, T, K>) -> Result<T> {
        let form = attribute.form;
        let path = attribute.into_path();
        let name = path.root();
        if !self.index.projects(&E::SCHEMA.key, name) {
            return Err(Error::invalid(format!(
                "index `{}` does not have attribute `{name}`; include it in the projection of the index, or read the item from the table",
                self.index.name
            ))
            .at(&self.target));
        }
        let aliases = E::SCHEMA.aliases(name);
        let older = aliases.iter().map(|alias| path.clone().renamed(alias));
        let found = std::iter::once(path.clone())
            .chain(older)
            .find_map(|path| path.find(&self.item));
        form.decode(found)
            .map_err(|error| Error::from(error.of(&path.to_string())).at(&self.target))
    }
}

impl<E> fmt::Debug for Projected<E> {
    /// Without the item.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Projected({:?}, index `{}`)",
            self.target, self.index.name
        )
    }
}
