use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::Path;
use super::kinds::{Holds, InList, KeyAttribute, ListField, MapField, Plain, PlainForm};
use crate::value::{AttributeValue, Attributes, Encoded, Form, ValueError};

/// A typed path: a place of type `T` in the items of `E`, stored as `K` says ([`Plain`], [`Set`](crate::attr::Set),
/// [`Opaque`](crate::attr::Opaque), [`KeyAttribute`]) or is reached ([`InList`]).
///
/// The derive gives each attribute one, named like its field in upper case: `User::LOGINS`. From there `field`, `at` and
/// `key` lead into parts, lists and maps.
///
/// ```
/// use std::collections::BTreeMap;
/// use optimist::{Entity, Part};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Part, Serialize, Deserialize)]
/// struct Address { city: String }
///
/// #[derive(Entity)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(partition_key)]
///     id: String,
///     addresses: Vec<Address>,
///     limits: BTreeMap<String, u64>,
/// }
///
/// let rome = User::ADDRESSES.at(0).field(Address::CITY).eq("Rome");
/// assert_eq!((rome & User::LIMITS.key("a").gt(3)).to_string(), r#"addresses[0].city = "Rome" AND limits.a > 3"#);
/// ```
///
/// A key cannot be set, and the lock has no path at all:
/// ```compile_fail
/// # use optimist::Entity;
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String }
/// User::ID.set("bob");
/// ```
/// ```compile_fail
/// # use optimist::Entity;
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String }
/// User::VERSION;
/// ```
#[must_use]
pub struct Attr<E, T, K = Plain> {
    pub(super) path: Path,
    pub(crate) form: Form<T>,
    of: PhantomData<fn() -> (E, K)>,
}

/// The path of a partition or sort key: it can be compared, not changed.
pub type KeyAttr<E, T> = Attr<E, T, KeyAttribute>;

impl<E, T, K> Attr<E, T, K> {
    /// A top-level attribute, as the derive knows it.
    #[doc(hidden)]
    pub const fn stored(name: &'static str, form: Form<T>) -> Self {
        Self::new(Path::attribute(name), form)
    }

    const fn new(path: Path, form: Form<T>) -> Self {
        Self {
            path,
            form,
            of: PhantomData,
        }
    }

    /// The name of the attribute.
    #[doc(hidden)]
    #[must_use]
    pub const fn name(self) -> &'static str {
        let name = self.path.literal();
        // What the derive made owns nothing, and in a constant nothing can be dropped.
        std::mem::forget(self);
        name
    }

    /// What is stored for this value.
    #[doc(hidden)]
    pub fn to_stored(&self, value: &T) -> Encoded {
        self.form.encode(value)
    }

    /// Whether this value is known to be stored as what is found; `false` where that is not known.
    #[doc(hidden)]
    pub fn is_stored_as(&self, value: &T, found: Option<&AttributeValue>) -> bool {
        self.form.is_stored_as(value, found)
    }

    /// The value in this item, under its name or an older one.
    #[doc(hidden)]
    pub fn from_item(&self, item: &mut Attributes<'_>, aliases: &[&str]) -> Result<T, ValueError> {
        let name = self.path.root();
        let found = item.find(name, aliases);
        self.form.read(found).map_err(|error| error.of(name))
    }

    /// The value of this attribute.
    #[doc(hidden)]
    pub fn read(&self, value: Option<&AttributeValue>) -> Result<T, ValueError> {
        self.form.decode(value)
    }

    /// What is stored for what this attribute reads as.
    #[doc(hidden)]
    pub fn restored(&self, value: Option<&AttributeValue>) -> Encoded {
        self.form.restore(value)
    }

    /// What is stored for this value at this place, or why it cannot be.
    pub(super) fn encode(&self, value: &T) -> Encoded {
        let encoded = if self.path.is_inside() {
            self.form.encode_inside(value)
        } else {
            self.form.encode(value)
        };
        encoded.map_err(|error| error.of(&self.path.to_string()))
    }

    pub(crate) fn into_path(self) -> Path {
        self.path
    }
}

impl<E, T, K> Attr<E, T, K> {
    /// A field of the struct at this path; the struct derives [`Part`](derive@crate::Part).
    pub fn field<P, U, F>(self, field: Attr<P, U, F>) -> Attr<E, U, K::Inside<F>>
    where
        K: PlainForm,
        T: Holds<P>,
    {
        Attr::new(self.path.join(field.path), field.form)
    }

    /// An element of the list at this path. It can be compared in any condition; changing it makes an
    /// [`Edit`](crate::Edit), since its index holds only for what was read.
    pub fn at(self, index: usize) -> Attr<E, T::Element, InList>
    where
        K: PlainForm,
        T: ListField<Element: Serialize + DeserializeOwned>,
    {
        Attr::new(self.path.then(index), Form::plain())
    }

    /// An entry of the map at this path.
    pub fn key(self, key: &str) -> Attr<E, T::Value, K::Inside<Plain>>
    where
        K: PlainForm,
        T: MapField<Value: Serialize + DeserializeOwned>,
    {
        Attr::new(self.path.then(key), Form::plain())
    }

    /// A place inside nested maps whose keys Rust does not know, with the type you say it has.
    ///
    /// ```
    /// # use optimist::Entity;
    /// # #[derive(Entity)]
    /// # #[entity(table = "users")]
    /// # struct User { #[entity(partition_key)] id: String, extra: std::collections::BTreeMap<String, u64> }
    /// let third = User::EXTRA.dynamic::<Vec<u64>>(["scores", "2026"]).at(2);
    /// assert_eq!(third.gt(10).to_string(), "extra.scores.2026[2] > 10");
    /// ```
    pub fn dynamic<U: Serialize + DeserializeOwned>(
        self,
        keys: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Attr<E, U, K::Inside<Plain>>
    where
        K: PlainForm,
    {
        let path = keys
            .into_iter()
            .fold(self.path, |path, key| path.then(key.as_ref()));
        Attr::new(path, Form::plain())
    }
}

impl<E, T, K> Clone for Attr<E, T, K> {
    fn clone(&self) -> Self {
        Self::new(self.path.clone(), self.form)
    }
}

impl<E, T, K> fmt::Display for Attr<E, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl<E, T, K> fmt::Debug for Attr<E, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attr({})", self.path)
    }
}
