use super::Schema;
use crate::error::{Error, Result};
use crate::expr::{Action, Path, Tree};
use crate::key::{KeyScalar, Template};
use crate::value::{Encoded, Item};

/// How an attribute is made of others. It is written with every change, and is no change by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeSchema {
    /// Its template; the fields have the places of `of`.
    pub template: Template,
    /// The attributes that it is made of.
    pub of: &'static [&'static str],
    /// Those of them that can change: that are in no key of the table.
    pub changing: &'static [&'static str],
    /// The most bytes that it can have.
    pub limit: usize,
}

impl MadeSchema {
    /// The attribute, where all that it is made of is there.
    #[doc(hidden)]
    pub fn make(&self, parts: &[Option<KeyScalar>]) -> Encoded {
        let parts: Option<Vec<_>> = parts.iter().cloned().collect();
        match parts {
            None => Ok(None),
            Some(parts) => Ok(Some(self.template.make(&parts, self.limit)?.into())),
        }
    }
}

impl MadeSchema {
    /// The attribute after these changes; `None` where they touch nothing that it is made of.
    ///
    /// # Errors
    /// They leave open what it is made of.
    fn after(&self, name: &str, changes: &[Action]) -> Result<Option<Encoded>> {
        let is_of = |change: &&Action| self.of.contains(&change.path().root());
        if !changes.iter().any(|change| is_of(&change)) {
            return Ok(None);
        }
        let part = |attribute: &&str| {
            let mut own = changes
                .iter()
                .filter(|change| change.path().root() == *attribute);
            match own.next()? {
                Action::Set(_, value) => KeyScalar::of(value).map(Some),
                Action::Remove(_) => Some(None),
                _ => None,
            }
        };
        let parts: Option<Vec<_>> = self.of.iter().map(part).collect();
        let parts = parts.ok_or_else(|| {
            let fields = self.of.join("`, `");
            Error::invalid(format!(
                "the change touches what index key `{name}` is made of: set all of `{fields}` in it, or use `modify` or `save`, which know the others"
            ))
        })?;
        Ok(Some(self.make(&parts)))
    }
}

/// Adds what follows from changes whose effect the server computes: the keys of indexes that are made of what they set.
///
/// # Errors
/// The changes set only some of the fields of such a key, or a field does not fit its template.
pub(crate) fn complete(schema: &Schema, changes: &mut Vec<Action>) -> Result<()> {
    for attribute in schema.attributes {
        let Some(made) = &attribute.made else {
            continue;
        };
        let path = || Path::attribute(attribute.name);
        match made.after(attribute.name, changes)? {
            None => {}
            Some(key) => changes.push(match key.map_err(|error| error.of(attribute.name))? {
                Some(key) => Action::Set(path(), key),
                None => Action::Remove(path()),
            }),
        }
    }
    Ok(())
}

/// What an item must be so that an index key of a new item, where it is missing, is right: not there, with that key, or without
/// what of the key can change.
pub(crate) fn takes_keys(schema: &Schema, changes: &[Action]) -> Option<Tree> {
    let untouched = made(schema).filter(|(name, made)| {
        let is_set = changes.iter().any(|change| change.path().root() == *name);
        !is_set && !made.changing.is_empty()
    });
    let is_whole = untouched.map(|(name, made)| {
        let missing = made
            .changing
            .iter()
            .map(|of| Tree::Missing(Path::attribute(of)));
        let none = missing.reduce(Tree::and);
        let there = Tree::Exists(Path::attribute(name));
        none.into_iter().fold(there, Tree::or)
    });
    let whole = is_whole.reduce(Tree::and)?;
    Some(Tree::Missing(Path::attribute(schema.key.partition.name)).or(whole))
}

/// The index key that keeps [`takes_keys`] from holding.
pub(crate) fn lacks_key(schema: &Schema, item: &Item) -> Option<Error> {
    let lacks = |(name, made): &(&str, &MadeSchema)| {
        !item.contains_key(*name) && made.changing.iter().any(|of| item.contains_key(*of))
    };
    let (name, _) = made(schema).find(lacks)?;
    Some(Error::invalid(format!(
        "the item lacks index key `{name}` and has what it is made of; write it once with `modify` or `save`"
    )))
}

fn made(schema: &Schema) -> impl Iterator<Item = (&'static str, &'static MadeSchema)> {
    let attributes = schema.attributes.iter();
    attributes.filter_map(|attribute| Some((attribute.name, attribute.made.as_ref()?)))
}
