use std::mem;
use std::ops::Deref;

use super::{AttributeValue, Item, NULL};

/// What a field is read from; `None` if there is no attribute.
pub type Found<'a> = Option<Source<'a>>;

/// An attribute that is read: as an image shows it, or to be taken, so that its strings and bytes become those of the
/// field.
pub enum Source<'a> {
    /// It stays as it is.
    Shown(&'a AttributeValue),
    /// What is taken leaves an empty text, or a NULL.
    Taken(&'a mut AttributeValue),
}

impl Source<'_> {
    /// The whole value.
    pub(super) fn into_owned(self) -> AttributeValue {
        match self {
            Self::Shown(value) => value.clone(),
            Self::Taken(value) => mem::replace(value, NULL.clone()),
        }
    }
}

impl Deref for Source<'_> {
    type Target = AttributeValue;

    fn deref(&self) -> &AttributeValue {
        match self {
            Self::Shown(value) => value,
            Self::Taken(value) => value,
        }
    }
}

/// The attributes of an item that is read: shown, or to be taken.
pub enum Attributes<'a> {
    /// All of it stays as it is.
    Shown(&'a Item),
    /// Keys stay as they are.
    Taken(&'a mut Item),
}

impl Attributes<'_> {
    /// As [`find`].
    pub(crate) fn find(&mut self, name: &str, aliases: &[&str]) -> Found<'_> {
        match self {
            Self::Shown(item) => find(item, name, aliases).map(Source::Shown),
            Self::Taken(item) => {
                let mut names = std::iter::once(name).chain(aliases.iter().copied());
                let there = names.find(|name| aliases.is_empty() || item.contains_key(*name))?;
                let found = item.get_mut(there).filter(|value| !value.is_null());
                found.map(Source::Taken)
            }
        }
    }
}

impl Deref for Attributes<'_> {
    type Target = Item;

    fn deref(&self) -> &Item {
        match self {
            Self::Shown(item) => item,
            Self::Taken(item) => item,
        }
    }
}

/// The attribute `name`, or the first alias that is there. A NULL that another tool left counts as absent.
pub(crate) fn find<'a>(item: &'a Item, name: &str, aliases: &[&str]) -> Option<&'a AttributeValue> {
    let mut names = std::iter::once(name).chain(aliases.iter().copied());
    let found = names.find_map(|name| item.get(name));
    found.filter(|value| !value.is_null())
}
