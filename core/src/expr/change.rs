use std::fmt;
use std::iter::Sum;
use std::marker::PhantomData;
use std::ops::Add;

use serde::Serialize;

use super::kinds::{ListField, NumberField, NumberForm, Operand, PlainForm, SetForm, Settable};
use super::{Action, Attr, Path};
use crate::value::{AttributeValue, SetField, ValueError, ValueErrorKind, encode, encode_set};

/// A change of an item of `E` that needs no read: it is atomic and safe to send blindly. Changes are made by the methods of
/// [`Attr`] and joined by `+`.
///
/// ```
/// # use std::collections::BTreeSet;
/// # use optimist::{Change, Entity};
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User {
/// #     #[entity(partition_key)] id: String, logins: u64, tags: Vec<String>,
/// #     #[entity(set)] friends: BTreeSet<String>,
/// # }
/// let change: Change<User> = User::LOGINS.add(1) + User::FRIENDS.insert(["cat"]) + User::TAGS.append(["new"]);
/// let many: Change<User> = [User::LOGINS.add(1), User::FRIENDS.delete(["bob"])].into_iter().sum();
/// ```
#[must_use = "a change does nothing until it is given to a verb"]
pub struct Change<E> {
    actions: Result<Vec<Action>, ValueError>,
    of: PhantomData<fn() -> E>,
}

impl<E> Change<E> {
    pub(super) fn of(action: Result<Action, ValueError>) -> Self {
        Self {
            actions: action.map(|action| vec![action]),
            of: PhantomData,
        }
    }

    /// A change of nothing, to begin a sum with.
    pub fn nothing() -> Self {
        Self {
            actions: Ok(Vec::new()),
            of: PhantomData,
        }
    }

    /// Whether it changes no place.
    pub(crate) fn is_nothing(&self) -> bool {
        self.actions.as_ref().is_ok_and(Vec::is_empty)
    }

    /// Whether this place is one of those that change.
    pub(crate) fn touches(&self, place: &Path) -> bool {
        let mut actions = self.actions.iter().flatten();
        actions.any(|action| action.path() == place)
    }

    pub(crate) fn into_actions(self) -> Result<Vec<Action>, ValueError> {
        self.actions
    }
}

impl<E> Add for Change<E> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            actions: self.actions.and_then(|mut all| {
                all.extend(other.actions?);
                Ok(all)
            }),
            of: PhantomData,
        }
    }
}

impl<E> Sum for Change<E> {
    fn sum<I: Iterator<Item = Self>>(changes: I) -> Self {
        changes.fold(Self::nothing(), Add::add)
    }
}

impl<E> Clone for Change<E> {
    fn clone(&self) -> Self {
        Self {
            actions: self.actions.clone(),
            of: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Change<E> {
    /// The places, not the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.actions.as_ref().map(|actions| {
            let paths = actions.iter().map(|action| action.path().to_string());
            paths.collect::<Vec<_>>()
        });
        f.debug_tuple("Change").field(&places).finish()
    }
}

pub(super) fn at(path: &Path) -> impl Fn(ValueError) -> ValueError + use<> {
    let path = path.to_string();
    move |error| error.of(&path)
}

impl<E, T, K> Attr<E, T, K> {
    /// Sets the value. One that is stored as an absent attribute (`None`, the empty set) removes it; inside a part, a map or a
    /// list serde stores `None` as NULL, and so does this.
    pub fn set(self, value: impl Operand<T>) -> K::Made<E>
    where
        K: Settable,
    {
        let action = self.encode(&value.into_value()).map(|value| match value {
            Some(value) => Action::Set(self.path, value),
            None => Action::Remove(self.path),
        });
        Change::of(action).into()
    }

    /// Sets the value, if there is none. A NULL is a value to DynamoDB: an Option inside a part or map, which is stored as
    /// one, is refused; change it with `set` and the condition `missing()`.
    pub fn set_if_missing(self, value: impl Operand<T>) -> K::Made<E>
    where
        K: Settable,
    {
        let change = match self.encode(&value.into_value()) {
            Ok(_) if self.path.is_inside() && self.form.stores_null() => {
                let advice = "`set_if_missing` would take the NULL of a `None` for a value; use `set` with the condition `missing()`";
                let refused = ValueError::new(ValueErrorKind::NotStorable(advice.to_owned()));
                Change::of(Err(at(&self.path)(refused)))
            }
            Ok(None) => Change::nothing(),
            Ok(Some(value)) => Change::of(Ok(Action::SetIfMissing(self.path, value))),
            Err(error) => Change::of(Err(error)),
        };
        change.into()
    }

    /// Removes the value. A field that is no Option and has no default cannot be read afterwards.
    #[must_use = "a change does nothing until it is given to a verb"]
    pub fn remove(self) -> K::Made<E>
    where
        K: Settable,
    {
        Change::of(Ok(Action::Remove(self.path))).into()
    }
}

impl<E, T, K> Attr<E, T, K> {
    // Not `std::ops::Add`: the sum of an attribute and a number is a change, and changes are what `+` joins.
    #[allow(clippy::should_implement_trait)]
    /// Adds to the number; a missing one counts as zero. DynamoDB computes exactly, to 38 digits.
    pub fn add(self, by: impl Operand<T>) -> K::Made<E>
    where
        T: NumberField,
        K: NumberForm,
    {
        self.arithmetic(by, |path, from, by| Action::Add { path, from, by })
            .into()
    }

    #[allow(clippy::should_implement_trait)]
    /// Subtracts from the number; a missing one counts as zero. It may become negative: a stock is guarded by a
    /// condition, `User::STOCK.ge(n)`.
    pub fn sub(self, by: impl Operand<T>) -> K::Made<E>
    where
        T: NumberField,
        K: NumberForm,
    {
        self.arithmetic(by, |path, from, by| Action::Subtract { path, from, by })
            .into()
    }

    fn arithmetic(
        self,
        by: impl Operand<T>,
        action: fn(Path, AttributeValue, AttributeValue) -> Action,
    ) -> Change<E>
    where
        T: NumberField,
        K: NumberForm,
    {
        let by = self.form.encode(&by.into_value()).and_then(|by| {
            let none = || {
                ValueError::new(ValueErrorKind::NotStorable(
                    "there is no number to add".into(),
                ))
            };
            by.ok_or_else(none)
        });
        let zero = AttributeValue::N("0".to_owned());
        Change::of(
            by.map_err(at(&self.path))
                .map(|by| action(self.path, zero, by)),
        )
    }
}

impl<E, T, K> Attr<E, T, K> {
    /// Puts elements at the end of the list; a missing one counts as empty.
    pub fn append<V>(self, elements: impl IntoIterator<Item = V>) -> K::Made<E>
    where
        T: ListField<Element: Serialize>,
        K: PlainForm,
        V: Operand<T::Element>,
    {
        self.extend(elements, |path, to, elements| Action::Append {
            path,
            to,
            elements,
        })
        .into()
    }

    /// Puts elements at the front of the list, in their order; a missing one counts as empty.
    pub fn prepend<V>(self, elements: impl IntoIterator<Item = V>) -> K::Made<E>
    where
        T: ListField<Element: Serialize>,
        K: PlainForm,
        V: Operand<T::Element>,
    {
        self.extend(elements, |path, to, elements| Action::Prepend {
            path,
            to,
            elements,
        })
        .into()
    }

    fn extend<V: Operand<T::Element>>(
        self,
        elements: impl IntoIterator<Item = V>,
        action: fn(Path, AttributeValue, AttributeValue) -> Action,
    ) -> Change<E>
    where
        T: ListField<Element: Serialize>,
        K: PlainForm,
    {
        let elements: Result<Vec<_>, _> = elements
            .into_iter()
            .map(|element| element_value(&element.into_value()))
            .collect();
        let empty = AttributeValue::L(Vec::new());
        match elements.map_err(at(&self.path)) {
            Ok(elements) if elements.is_empty() => Change::nothing(),
            elements => Change::of(
                elements.map(|elements| action(self.path, empty, AttributeValue::L(elements))),
            ),
        }
    }
}

/// Inside a list, nothing is stored as NULL.
pub(super) fn element_value<T: Serialize>(element: &T) -> Result<AttributeValue, ValueError> {
    Ok(encode(element)?.unwrap_or(AttributeValue::Null(true)))
}

impl<E, T, K> Attr<E, T, K> {
    /// Adds members to the set; those that are in it stay. Safe to send blindly and twice.
    pub fn insert<V>(self, members: impl IntoIterator<Item = V>) -> Change<E>
    where
        T: SetField,
        K: SetForm,
        V: Operand<T::Member>,
    {
        self.members(members, Action::Insert)
    }

    /// Takes members out of the set; those that are not in it do not matter. Without its last member the attribute is
    /// absent, and reads back as the empty set. Safe to send blindly and twice.
    pub fn delete<V>(self, members: impl IntoIterator<Item = V>) -> Change<E>
    where
        T: SetField,
        K: SetForm,
        V: Operand<T::Member>,
    {
        self.members(members, Action::Delete)
    }

    fn members<V: Operand<T::Member>>(
        self,
        members: impl IntoIterator<Item = V>,
        action: fn(Path, AttributeValue) -> Action,
    ) -> Change<E>
    where
        T: SetField,
        K: SetForm,
    {
        let members: Vec<_> = members.into_iter().map(Operand::into_value).collect();
        match encode_set(&members).map_err(at(&self.path)) {
            Ok(None) => Change::nothing(),
            Ok(Some(members)) => Change::of(Ok(action(self.path, members))),
            Err(error) => Change::of(Err(error)),
        }
    }
}
