use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use serde::Serialize;

use super::kinds::{Container, Operand, OrderedForm, StringField, TextForm};
use super::tree::{AttributeType, Comparator, Operand as Subject, Tree};
use super::{Attr, Path};
use crate::value::{AttributeValue, Encoded, ValueError, ValueErrorKind, encode};

/// What must hold of an item of `E`. Conditions are made by the methods of [`Attr`] and joined by `&`, `|` and `!`; they
/// print as one reads them, and `Debug` shows a `?` for each value.
///
/// ```
/// # use optimist::Entity;
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String, logins: u64, nickname: Option<String> }
/// let condition = User::LOGINS.between(1, 5) | !User::NICKNAME.exists() & User::ID.begins_with("a");
/// assert_eq!(
///     condition.to_string(),
///     r#"(logins BETWEEN 1 AND 5) OR (NOT (nickname exists) AND id begins with "a")"#
/// );
/// assert_eq!(format!("{:?}", User::LOGINS.gt(5)), "Condition(logins > ?)");
/// ```
#[must_use = "a condition does nothing until it is given to a verb"]
pub struct Condition<E> {
    tree: Result<Tree, ValueError>,
    of: PhantomData<fn() -> E>,
}

/// The size of a value: UTF-16 code units of a string, bytes of a binary, elements of a list, set or map.
#[must_use]
pub struct Size<E> {
    path: Path,
    of: PhantomData<fn() -> E>,
}

impl<E> Condition<E> {
    fn new(tree: Result<Tree, ValueError>) -> Self {
        Self {
            tree,
            of: PhantomData,
        }
    }

    pub(crate) fn into_tree(self) -> Result<Tree, ValueError> {
        self.tree
    }

    fn with(self, other: Self, join: fn(Tree, Tree) -> Tree) -> Self {
        Self::new(self.tree.and_then(|tree| Ok(join(tree, other.tree?))))
    }
}

impl<E> BitAnd for Condition<E> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.with(other, Tree::and)
    }
}

impl<E> BitOr for Condition<E> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other, Tree::or)
    }
}

impl<E> Not for Condition<E> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(self.tree.map(|tree| Tree::Not(Box::new(tree))))
    }
}

impl<E> Clone for Condition<E> {
    fn clone(&self) -> Self {
        Self::new(self.tree.clone())
    }
}

impl<E> Condition<E> {
    fn write(&self, f: &mut fmt::Formatter<'_>, values: bool) -> fmt::Result {
        match &self.tree {
            Ok(tree) => write!(f, "{}", tree.shown(values)),
            Err(error) => write!(f, "invalid: {error}"),
        }
    }
}

impl<E> fmt::Display for Condition<E> {
    /// With its values: whoever prints it shows them on purpose. `Debug` shows none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

impl<E> fmt::Debug for Condition<E> {
    /// Without values, which may not stand in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition(")?;
        self.write(f, false)?;
        f.write_str(")")
    }
}

/// A value to compare with, which an absent one is not.
fn present(path: &Path, encoded: Encoded) -> Result<AttributeValue, ValueError> {
    let none = || {
        let advice =
            "an absent value has no order and is in nothing; use `exists()` or `missing()`";
        ValueError::new(ValueErrorKind::NotStorable(advice.to_owned()))
    };
    let value = encoded.and_then(|value| value.ok_or_else(none));
    value.map_err(|error| error.of(&path.to_string()))
}

impl<E, T, K> Attr<E, T, K> {
    /// What a comparison needs; nothing where an absent attribute, or the NULL of a nested `None`, is that value.
    fn comparable(&self, value: &T) -> Encoded {
        let value = self.form.encode(value);
        value.map_err(|error| error.of(&self.path.to_string()))
    }

    fn compare(self, comparator: Comparator, value: impl Operand<T>) -> Condition<E> {
        let value = present(&self.path, self.comparable(&value.into_value()));
        Condition::new(
            value.map(|value| Tree::Compare(Subject::Value(self.path), comparator, value)),
        )
    }

    /// The value equals this one. Sets are equal whatever their order; `None` equals an absent value and NULL.
    pub fn eq(self, value: impl Operand<T>) -> Condition<E> {
        let value = value.into_value();
        match self.comparable(&value) {
            Ok(None) => self.missing(),
            _ => self.compare(Comparator::Eq, value),
        }
    }

    /// The value is another than this one, or absent; with `None`: there is one.
    pub fn ne(self, value: impl Operand<T>) -> Condition<E> {
        let value = value.into_value();
        match self.comparable(&value) {
            Ok(None) => self.exists(),
            _ => self.compare(Comparator::Ne, value),
        }
    }

    /// The value equals one of these, at most 100.
    pub fn is_in<V: Operand<T>>(self, values: impl IntoIterator<Item = V>) -> Condition<E> {
        let values = values.into_iter();
        let values: Result<Vec<_>, _> = values
            .map(|value| present(&self.path, self.comparable(&value.into_value())))
            .collect();
        Condition::new(values.map(|values| Tree::In(self.path, values)))
    }

    /// The item has a value here. Where an absent attribute reads as a value (an Option, a set, a default), NULL counts as
    /// none.
    pub fn exists(self) -> Condition<E> {
        Condition::new(Ok(if self.form.reads_absent() {
            Tree::Something(self.path)
        } else {
            Tree::Exists(self.path)
        }))
    }

    /// The item has no value here. Where an absent attribute reads as a value (an Option, a set, a default), NULL counts as
    /// none.
    pub fn missing(self) -> Condition<E> {
        Condition::new(Ok(if self.form.reads_absent() {
            Tree::Nothing(self.path)
        } else {
            Tree::Missing(self.path)
        }))
    }

    /// The value is stored as this DynamoDB type.
    pub fn attribute_type(self, of_type: AttributeType) -> Condition<E> {
        Condition::new(Ok(Tree::TypeIs(self.path, of_type)))
    }

    /// The size of the value, to be compared.
    pub fn size(self) -> Size<E> {
        Size {
            path: self.path,
            of: PhantomData,
        }
    }

    /// The string contains this one, the list this element, the set this member.
    pub fn contains(self, member: impl Operand<<T as Container<K>>::Member>) -> Condition<E>
    where
        T: Container<K, Member: Serialize>,
    {
        let member = present(&self.path, encode(&member.into_value()));
        Condition::new(member.map(|member| Tree::Contains(self.path, member)))
    }
}

impl<E, T, K> Attr<E, T, K> {
    /// The value is less than this one. Strings are compared by their bytes.
    pub fn lt(self, value: impl Operand<T>) -> Condition<E>
    where
        K: OrderedForm<T>,
    {
        self.compare(Comparator::Lt, value)
    }

    /// The value is this one or less.
    pub fn le(self, value: impl Operand<T>) -> Condition<E>
    where
        K: OrderedForm<T>,
    {
        self.compare(Comparator::Le, value)
    }

    /// The value is greater than this one.
    pub fn gt(self, value: impl Operand<T>) -> Condition<E>
    where
        K: OrderedForm<T>,
    {
        self.compare(Comparator::Gt, value)
    }

    /// The value is this one or greater.
    pub fn ge(self, value: impl Operand<T>) -> Condition<E>
    where
        K: OrderedForm<T>,
    {
        self.compare(Comparator::Ge, value)
    }

    /// The value is from `low` to `high`, both included.
    pub fn between(self, low: impl Operand<T>, high: impl Operand<T>) -> Condition<E>
    where
        K: OrderedForm<T>,
    {
        let low = present(&self.path, self.comparable(&low.into_value()));
        let high = present(&self.path, self.comparable(&high.into_value()));
        let tree = low.and_then(|low| Ok(Tree::Between(Subject::Value(self.path), low, high?)));
        Condition::new(tree)
    }
}

impl<E, T, K> Attr<E, T, K> {
    /// The string begins with this one.
    pub fn begins_with(self, start: &str) -> Condition<E>
    where
        T: StringField,
        K: TextForm,
    {
        let start = AttributeValue::S(start.to_owned());
        Condition::new(Ok(Tree::BeginsWith(self.path, start)))
    }
}

impl<E> Size<E> {
    fn compare(self, comparator: Comparator, size: usize) -> Condition<E> {
        let size = AttributeValue::N(size.to_string());
        Condition::new(Ok(Tree::Compare(
            Subject::Size(self.path),
            comparator,
            size,
        )))
    }

    /// The size is this.
    pub fn eq(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Eq, size)
    }

    /// The size is another.
    pub fn ne(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Ne, size)
    }

    /// The size is less.
    pub fn lt(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Lt, size)
    }

    /// The size is this or less.
    pub fn le(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Le, size)
    }

    /// The size is greater.
    pub fn gt(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Gt, size)
    }

    /// The size is this or greater.
    pub fn ge(self, size: usize) -> Condition<E> {
        self.compare(Comparator::Ge, size)
    }
}
