use super::tree::Operand;
use super::{Condition, Path, Tree};
use crate::error::{Error, Result};
use crate::value::Item;

/// A condition by which pages are filtered.
#[derive(Clone)]
pub(crate) struct Filter(Tree);

impl Filter {
    /// Where an attribute has older names, an item that lacks the name is tested under the first of them that it has, as it
    /// is read.
    pub(crate) fn new<E>(
        condition: Condition<E>,
        aliases: impl Fn(&str) -> &'static [&'static str],
    ) -> Result<Self> {
        Ok(Self::of(condition.into_tree()?, aliases))
    }

    /// As [`new`](Self::new), of an untyped condition.
    pub(crate) fn of(tree: Tree, aliases: impl Fn(&str) -> &'static [&'static str]) -> Self {
        Self(under_aliases(tree, &aliases))
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0))
    }

    /// DynamoDB refuses a filter of a Query that names a key.
    ///
    /// # Errors
    /// The filter names one of these attributes.
    pub(crate) fn names_none_of(&self, mut keys: impl Iterator<Item = &'static str>) -> Result<()> {
        match keys.find(|key| self.0.find_name(&|name| name == *key).is_some()) {
            None => Ok(()),
            Some(key) => Err(Error::invalid(format!(
                "the filter of a query names the key attribute `{key}`; ask for keys by the query itself and `.sort_key(…)`, or scan"
            ))),
        }
    }

    /// A global index that does not have an attribute would call it absent in every item; of a local one DynamoDB refuses it.
    ///
    /// # Errors
    /// The filter names an attribute that `has` denies.
    pub(crate) fn names_only(&self, has: impl Fn(&str) -> bool, index: &str) -> Result<()> {
        match self.0.find_name(&|name| !has(name)) {
            None => Ok(()),
            Some(name) => Err(Error::invalid(format!(
                "the filter names attribute `{name}`, which index `{index}` does not have; include it in the projection of the index, or, of a global one, use `.fresh()`"
            ))),
        }
    }

    /// Whether it holds on an item that is at hand.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        self.0.holds(item)
    }

    pub(crate) fn into_tree(self) -> Tree {
        self.0
    }
}

/// The path of a test, by reference as the test is.
macro_rules! looked_at {
    ($tree:expr) => {
        match $tree {
            Tree::Compare(Operand::Value(path) | Operand::Size(path), ..)
            | Tree::Between(Operand::Value(path) | Operand::Size(path), ..)
            | Tree::In(path, _)
            | Tree::Exists(path)
            | Tree::Missing(path)
            | Tree::Something(path)
            | Tree::Nothing(path)
            | Tree::BeginsWith(path, _)
            | Tree::Contains(path, _)
            | Tree::TypeIs(path, _) => Some(path),
            Tree::All(_) | Tree::Any(_) | Tree::Not(_) => None,
        }
    };
}

impl Tree {
    /// The first attribute named of which `test` is true.
    fn find_name(&self, test: &impl Fn(&str) -> bool) -> Option<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().find_map(|part| part.find_name(test))
            }
            Self::Not(tree) => tree.find_name(test),
            leaf => leaf.path().map(Path::root).filter(|name| test(name)),
        }
    }

    /// What a test looks at; `None` of those that join others.
    fn path(&self) -> Option<&Path> {
        looked_at!(self)
    }

    fn path_mut(&mut self) -> Option<&mut Path> {
        looked_at!(self)
    }
}

fn under_aliases(tree: Tree, aliases: &impl Fn(&str) -> &'static [&'static str]) -> Tree {
    let each = |parts: Vec<Tree>| {
        let parts = parts.into_iter();
        parts.map(|part| under_aliases(part, aliases)).collect()
    };
    match tree {
        Tree::All(parts) => Tree::All(each(parts)),
        Tree::Any(parts) => Tree::Any(each(parts)),
        Tree::Not(tree) => Tree::Not(Box::new(under_aliases(*tree, aliases))),
        leaf => {
            let older = leaf.path().map_or(&[][..], |path| aliases(path.root()));
            under_each(leaf, older)
        }
    }
}

/// The test under the attribute's name if the item has it, else under the first of `older`, and so on.
fn under_each(leaf: Tree, older: &[&'static str]) -> Tree {
    let Some((&next, older)) = older.split_first() else {
        return leaf;
    };
    let Some(name) = leaf.path().map(|path| path.clone().into_root()) else {
        return leaf;
    };
    let mut renamed = leaf.clone();
    if let Some(path) = renamed.path_mut() {
        *path = path.clone().renamed(next);
    }
    let here = Tree::Exists(name.clone()).and(leaf);
    let there = Tree::Missing(name).and(under_each(renamed, older));
    here.or(there)
}
