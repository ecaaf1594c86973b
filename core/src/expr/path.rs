use std::borrow::Cow;
use std::fmt;

use crate::value::{AttributeValue, Item};

/// One step from an attribute into its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a map, by key.
    Key(Cow<'static, str>),
    /// Into a list, by index.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(Cow::Owned(key.to_owned()))
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// Where in an item: an attribute, and the way from it into nested maps and lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    attribute: Cow<'static, str>,
    steps: Vec<Step>,
}

impl Path {
    /// A top-level attribute.
    pub(crate) const fn attribute(name: &'static str) -> Self {
        Self {
            attribute: Cow::Borrowed(name),
            steps: Vec::new(),
        }
    }

    /// One step further.
    pub(crate) fn then(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The attribute that this path begins with.
    pub(crate) fn into_root(self) -> Self {
        Self {
            attribute: self.attribute,
            steps: Vec::new(),
        }
    }

    /// The same place under another attribute.
    pub(crate) fn renamed(mut self, attribute: &'static str) -> Self {
        self.attribute = Cow::Borrowed(attribute);
        self
    }

    /// The path `other`, which starts in the map at this path.
    pub(super) fn join(mut self, other: Self) -> Self {
        self.steps.push(Step::Key(other.attribute));
        self.steps.extend(other.steps);
        self
    }

    pub(super) fn into_parts(self) -> (Cow<'static, str>, Vec<Step>) {
        (self.attribute, self.steps)
    }

    /// The attribute that this path begins with, where the program names it; else nothing.
    pub(super) const fn literal(&self) -> &'static str {
        match self.attribute {
            Cow::Borrowed(name) => name,
            Cow::Owned(_) => "",
        }
    }

    pub(crate) fn root(&self) -> &str {
        &self.attribute
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The bytes of its names.
    pub(crate) fn bytes(&self) -> usize {
        let steps = self.steps.iter().map(|step| match step {
            Step::Key(key) => key.len(),
            Step::Index(_) => 0,
        });
        self.attribute.len() + steps.sum::<usize>()
    }

    /// Whether an index is on the way.
    pub(crate) fn is_in_list(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Index(_)))
    }

    /// The list and the index, where this is an element of a list.
    pub(super) fn split_index(&self) -> Option<(Self, usize)> {
        let (Step::Index(index), list) = self.steps.split_last()? else {
            return None;
        };
        let attribute = self.attribute.clone();
        let steps = list.to_vec();
        Some((Self { attribute, steps }, *index))
    }

    /// Whether this is a place inside an attribute.
    pub(super) fn is_inside(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether the two may not stand in one update: equal, or one inside the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.attribute == other.attribute
            && self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// The value at this path.
    pub(crate) fn find<'a>(&self, item: &'a Item) -> Option<&'a AttributeValue> {
        self.steps
            .iter()
            .try_fold(item.get(&*self.attribute)?, |value, step| {
                match (step, value) {
                    (Step::Key(key), AttributeValue::M(map)) => map.get(&**key),
                    (Step::Index(index), AttributeValue::L(list)) => list.get(*index),
                    _ => None,
                }
            })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attribute)?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}
