use super::Path;
use crate::value::{AttributeValue, Item};

/// One change of one place in an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Set(Path, AttributeValue),
    Remove(Path),
}

impl Action {
    /// Does to `item` what the server does. A place below a map that is not there is left alone: the server would have
    /// refused it.
    pub(crate) fn apply(&self, item: &mut Item) {
        let (path, value) = match self {
            Self::Set(path, value) => (path, Some(value)),
            Self::Remove(path) => (path, None),
        };
        let Some((last, parents)) = path.names().split_last() else {
            return;
        };
        let mut map = item;
        for name in parents {
            match map.get_mut(name) {
                Some(AttributeValue::M(inner)) => map = inner,
                _ => return,
            }
        }
        match value {
            Some(value) => map.insert(last.clone(), value.clone()),
            None => map.remove(last),
        };
    }
}
