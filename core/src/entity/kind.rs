use crate::expr::{Path, Tree};
use crate::value::{AttributeValue, Item, ValueError, ValueErrorKind};

/// The attribute that tells the items of an entity from others in its table: `#[entity(kind = "user")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSchema {
    /// Its name in the item.
    pub attribute: &'static str,
    /// Its value, a string, in every item of the entity.
    pub value: &'static str,
}

/// A longer kind is cut where it is shown.
const MAX_SHOWN: usize = 64;

impl KindSchema {
    /// Refuses an item of another kind.
    #[doc(hidden)]
    pub fn check(&self, item: &Item) -> Result<(), ValueError> {
        let found = match item.get(self.attribute) {
            Some(AttributeValue::S(found)) if found == self.value => return Ok(()),
            Some(AttributeValue::S(found)) => Some(found.chars().take(MAX_SHOWN).collect()),
            Some(other) => return Err(ValueError::wrong_type::<String>(other).of(self.attribute)),
            None => None,
        };
        let expected = self.value;
        Err(ValueError::new(ValueErrorKind::OtherKind { expected, found }).of(self.attribute))
    }

    /// Whether an item has none.
    pub(crate) fn is_missing_in(&self, item: &Item) -> bool {
        !item.contains_key(self.attribute)
    }

    pub(crate) fn to_attribute(self) -> AttributeValue {
        AttributeValue::S(self.value.to_owned())
    }

    /// The item is of this kind.
    pub(crate) fn test(&self) -> Tree {
        Tree::equals(Path::attribute(self.attribute), self.to_attribute())
    }
}
