use std::time::SystemTime;

use super::TtlSchema;
use crate::expr::{AttributeType, Path, Tree};
use crate::time::whole_seconds;
use crate::value::AttributeValue;

/// Which items have expired, at one moment of this machine's clock: those with a number in the attribute that is no greater.
/// Anything else there never expires, as DynamoDB has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    attribute: &'static str,
    /// Seconds since 1970.
    now: i64,
}

impl Expiry {
    pub(crate) fn at(ttl: &TtlSchema, now: SystemTime) -> Self {
        Self {
            attribute: ttl.attribute,
            now: whole_seconds(now),
        }
    }

    /// The condition that an item has not expired.
    pub(crate) fn is_not_past_condition(&self) -> Tree {
        let path = Path::attribute(self.attribute);
        let number = Tree::TypeIs(path.clone(), AttributeType::N);
        let later = Tree::above(path, self.now());
        Tree::Not(Box::new(number)).or(later)
    }

    fn now(&self) -> AttributeValue {
        AttributeValue::N(self.now.to_string())
    }
}
