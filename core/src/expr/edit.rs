use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change::{at, element_value};
use super::kinds::{ListField, Operand, PlainForm};
use super::rewrite::rewrite;
use super::{Action, Attr, Change, Guard, Path};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{AttributeValue, Item, ValueError, ValueErrorKind, decode, same};

/// A change of an item of `E` that depends on what was read: [`Change`]s, and changes of list elements. `update` and
/// `modify_with` take it; a blind verb does not.
///
/// A list operation finds its element in what was read and adds the condition that the element is still there, besides
/// that of the lock: `list[i] = :v`. Where it also adds to that list, as to move an element to its end, the whole list is
/// sent: DynamoDB takes no change of a list together with one of its elements.
///
/// ```compile_fail
/// # use optimist::{Entity, Table};
/// # #[derive(Entity)]
/// # #[entity(table = "users")]
/// # struct User { #[entity(partition_key)] id: String, tags: Vec<String> }
/// # fn blind(users: Table<User>) {
/// users.apply("ann", User::TAGS.remove_value("old")); // which index would that be?
/// # }
/// ```
#[must_use = "an edit does nothing until it is given to a verb"]
pub struct Edit<E> {
    change: Change<E>,
    lists: std::result::Result<Vec<ListEdit>, ValueError>,
}

/// Finds the elements to change in a list, and what they become.
type Find = Box<dyn Fn(&[AttributeValue]) -> std::result::Result<Found, ValueError> + Send + Sync>;

struct ListEdit {
    path: Path,
    find: Find,
    required: bool,
}

/// The elements that a list operation changes.
#[derive(Default)]
struct Found {
    /// Indices in the list as it was read, and the new elements; nothing is a removal.
    elements: Vec<(usize, Option<AttributeValue>)>,
    /// Values that were asked for and are not there.
    gone: Vec<AttributeValue>,
}

/// An edit, resolved on one image.
pub(crate) struct Resolved {
    pub(crate) actions: Vec<Action>,
    /// The elements that must still be where they were.
    pub(crate) elements: Guard,
    pub(crate) gone: Vec<AttributeValue>,
}

impl<E> Edit<E> {
    fn list(path: Path, find: std::result::Result<Find, ValueError>) -> Self {
        let lists = find.map_err(at(&path)).map(|find| {
            vec![ListEdit {
                path,
                find,
                required: false,
            }]
        });
        Self {
            change: Change::nothing(),
            lists,
        }
    }

    /// A value that is not in its list (any more) is an error, `ElementNotFound`, instead of something reported.
    pub fn required(mut self) -> Self {
        if let Ok(lists) = &mut self.lists {
            for list in lists {
                list.required = true;
            }
        }
        self
    }

    /// The actions and conditions of this edit on what was read.
    pub(crate) fn resolve(&self, image: &Item) -> Result<Resolved> {
        let mut resolved = Resolved {
            actions: self.change.clone().into_actions()?,
            elements: Guard::default(),
            gone: Vec::new(),
        };
        for list in self.lists.as_ref().map_err(Clone::clone)? {
            let elements = match list.path.find(image) {
                Some(AttributeValue::L(elements)) => elements.as_slice(),
                None | Some(AttributeValue::Null(_)) => &[],
                Some(other) => {
                    let wrong = ValueError::wrong_type::<Vec<()>>(other);
                    return Err(wrong.of(&list.path.to_string()).into());
                }
            };
            let found = (list.find)(elements).map_err(at(&list.path))?;
            if list.required && !found.gone.is_empty() {
                return Err(Error::new(
                    ErrorKind::ElementNotFound,
                    format!(
                        "{} of the values are not in list `{}`; nothing was written",
                        found.gone.len(),
                        list.path
                    ),
                ));
            }
            for (index, becomes) in found.elements {
                let path = list.path.clone().then(index);
                let element = elements.get(index).cloned();
                resolved.elements.keep(path.clone(), element);
                resolved.actions.push(match becomes {
                    Some(value) => Action::Set(path, value),
                    None => Action::Remove(path),
                });
            }
            resolved.gone.extend(found.gone);
        }
        resolved.actions = rewrite(resolved.actions, image);
        Ok(resolved)
    }
}

impl<E> From<Change<E>> for Edit<E> {
    fn from(change: Change<E>) -> Self {
        Self {
            change,
            lists: Ok(Vec::new()),
        }
    }
}

impl<E> Add for Edit<E> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            change: self.change + other.change,
            lists: self.lists.and_then(|mut all| {
                all.extend(other.lists?);
                Ok(all)
            }),
        }
    }
}

impl<E> Add<Change<E>> for Edit<E> {
    type Output = Self;

    fn add(self, other: Change<E>) -> Self {
        self + Self::from(other)
    }
}

impl<E> Add<Edit<E>> for Change<E> {
    type Output = Edit<E>;

    fn add(self, other: Edit<E>) -> Edit<E> {
        Edit::from(self) + other
    }
}

impl<E> Sum for Edit<E> {
    fn sum<I: Iterator<Item = Self>>(edits: I) -> Self {
        edits.fold(Change::nothing().into(), Add::add)
    }
}

impl<E> fmt::Debug for Edit<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

impl<E, T, K> Attr<E, T, K> {
    /// Sets the element at `index` of the list as it was read; an index behind its end is an error.
    pub fn set_at(self, index: usize, value: impl Operand<T::Element>) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
    {
        let value = element_value(&value.into_value());
        Edit::list(
            self.path,
            value.map(|value| in_range(index, move || Some(value.clone()))),
        )
    }

    /// Removes the element at `index` of the list as it was read; an index behind its end is an error.
    pub fn remove_at(self, index: usize) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
    {
        Edit::list(self.path, Ok(in_range(index, || None)))
    }

    /// Removes the first element that equals this value. A value that is gone is reported, not an error.
    pub fn remove_value(self, value: impl Operand<T::Element>) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
    {
        self.remove_values([value])
    }

    /// Removes, for each of these values, the first element that equals it and is not removed already. Values that are
    /// gone are reported.
    pub fn remove_values<V>(self, values: impl IntoIterator<Item = V>) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
        V: Operand<T::Element>,
    {
        let values: std::result::Result<Vec<_>, _> = values
            .into_iter()
            .map(|value| element_value(&value.into_value()))
            .collect();
        let find = values.map(|values| -> Find {
            Box::new(move |elements| {
                let mut found = Found::default();
                for value in &values {
                    let taken = |i: &usize| found.elements.iter().any(|(t, _)| t == i);
                    let index =
                        (0..elements.len()).find(|i| !taken(i) && same(&elements[*i], value));
                    match index {
                        Some(index) => found.elements.push((index, None)),
                        None => found.gone.push(value.clone()),
                    }
                }
                Ok(found)
            })
        });
        Edit::list(self.path, find)
    }

    /// Removes every element that the test accepts.
    pub fn remove_where(self, test: impl Fn(&T::Element) -> bool + Send + Sync + 'static) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
    {
        let find: Find = Box::new(move |elements| {
            let mut found = Found::default();
            for (index, element) in elements.iter().enumerate() {
                if test(&decode(Some(element))?) {
                    found.elements.push((index, None));
                }
            }
            Ok(found)
        });
        Edit::list(self.path, Ok(find))
    }

    /// Replaces the first element that equals `old`. One that is gone is reported, not an error.
    pub fn replace_value(
        self,
        old: impl Operand<T::Element>,
        new: impl Operand<T::Element>,
    ) -> Edit<E>
    where
        T: ListField<Element: Serialize + DeserializeOwned + 'static>,
        K: PlainForm,
    {
        let values = element_value(&old.into_value())
            .and_then(|old| Ok((old, element_value(&new.into_value())?)));
        let find = values.map(|(old, new)| -> Find {
            Box::new(move |elements| {
                let index = elements.iter().position(|element| same(element, &old));
                Ok(Found {
                    elements: index.map(|i| (i, Some(new.clone()))).into_iter().collect(),
                    gone: index.map_or_else(|| vec![old.clone()], |_| Vec::new()),
                })
            })
        });
        Edit::list(self.path, find)
    }
}

fn in_range(
    index: usize,
    becomes: impl Fn() -> Option<AttributeValue> + Send + Sync + 'static,
) -> Find {
    Box::new(move |elements| {
        if index >= elements.len() {
            let length = elements.len();
            return Err(ValueError::new(ValueErrorKind::NoSuchElement {
                index,
                length,
            }));
        }
        Ok(Found {
            elements: vec![(index, becomes())],
            gone: Vec::new(),
        })
    })
}
