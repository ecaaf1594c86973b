use super::{Path, Tree};
use crate::value::{AttributeValue, Item, same};

/// Values that must still be what was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard(Vec<(Path, Option<AttributeValue>)>);

impl Guard {
    /// The value at `path` must stay this, or absent.
    pub(crate) fn keep(&mut self, path: Path, value: Option<AttributeValue>) {
        if self.0.iter().all(|(known, _)| *known != path) {
            self.0.push((path, value));
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for (path, value) in other.0 {
            self.keep(path, value);
        }
    }

    /// The condition, if there is anything to guard.
    pub(crate) fn condition(&self) -> Option<Tree> {
        self.0
            .iter()
            .cloned()
            .map(|(path, value)| match value {
                Some(value) => Tree::equals(path, value),
                None => Tree::Missing(path),
            })
            .reduce(Tree::and)
    }

    /// Whether the condition would hold on this item.
    pub(crate) fn holds(&self, image: &Item) -> bool {
        self.0
            .iter()
            .all(|(path, value)| match (path.find(image), value) {
                (Some(now), Some(read)) => same(now, read),
                (now, read) => now.is_none() && read.is_none(),
            })
    }
}
