use super::{Path, Step};
use crate::value::{AttributeValue, Item, assign};

/// One change of one place in an item, as UpdateItem knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Set(Path, AttributeValue),
    SetIfMissing(Path, AttributeValue),
    Remove(Path),
    /// Adds to a number; one that is missing counts as `from`.
    Add {
        path: Path,
        from: AttributeValue,
        by: AttributeValue,
    },
    /// As `Add`.
    Subtract {
        path: Path,
        from: AttributeValue,
        by: AttributeValue,
    },
    /// Puts elements behind those of a list; one that is missing counts as `to`.
    Append {
        path: Path,
        to: AttributeValue,
        elements: AttributeValue,
    },
    /// Puts elements before those of a list; one that is missing counts as `to`.
    Prepend {
        path: Path,
        to: AttributeValue,
        elements: AttributeValue,
    },
    /// Adds members to a set.
    Insert(Path, AttributeValue),
    /// Takes members out of a set.
    Delete(Path, AttributeValue),
}

impl Action {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Set(path, _)
            | Self::SetIfMissing(path, _)
            | Self::Remove(path)
            | Self::Add { path, .. }
            | Self::Subtract { path, .. }
            | Self::Append { path, .. }
            | Self::Prepend { path, .. }
            | Self::Insert(path, _)
            | Self::Delete(path, _) => path,
        }
    }
}

/// Where an action stands in an update, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clause {
    Set,
    Remove,
    Add,
    Delete,
}

impl Clause {
    pub(super) fn of(action: &Action) -> Self {
        match action {
            Action::Set(..)
            | Action::SetIfMissing(..)
            | Action::Add { .. }
            | Action::Subtract { .. }
            | Action::Append { .. }
            | Action::Prepend { .. } => Self::Set,
            Action::Remove(_) => Self::Remove,
            Action::Insert(..) => Self::Add,
            Action::Delete(..) => Self::Delete,
        }
    }

    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Set => "SET ",
            Self::Remove => "REMOVE ",
            Self::Add => "ADD ",
            Self::Delete => "DELETE ",
        }
    }
}

/// A place in nested maps and what it becomes; nothing is a removal. Unlike an [`Action`], its effect on an image is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) path: Path,
    pub(crate) value: Option<AttributeValue>,
}

impl Assignment {
    /// Does to `item` what the server does. A place below a map that is not there is left alone: the server would have
    /// refused it.
    pub(crate) fn apply(&self, item: &mut Item) {
        self.clone().apply_to(item);
    }

    /// As [`apply`](Self::apply), for the last time.
    pub(crate) fn apply_to(self, item: &mut Item) {
        let mut key = self.path.root();
        let mut map = item;
        for step in self.path.steps() {
            match (map.get_mut(key), step) {
                (Some(AttributeValue::M(inner)), Step::Key(next)) => (map, key) = (inner, next),
                _ => return,
            }
        }
        match self.value {
            Some(value) => assign(map, key, value),
            None => {
                map.remove(key);
            }
        }
    }
}

impl From<Assignment> for Action {
    fn from(assignment: Assignment) -> Self {
        match assignment.value {
            Some(value) => Self::Set(assignment.path, value),
            None => Self::Remove(assignment.path),
        }
    }
}
