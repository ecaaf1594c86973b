use std::time::SystemTime;

use super::{KindSchema, Schema, TtlSchema};
use crate::expr::{AttributeType, Guard, Path, Tree};
use crate::time::whole_seconds;
use crate::value::{AttributeValue, Item, Number};

/// Which items have expired, at one moment of this machine's clock: those with a number in the attribute that is no greater.
/// Anything else there never expires, as DynamoDB has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    attribute: &'static str,
    /// Seconds since 1970.
    now: i64,
    /// An item of another kind is not the entity's to hide.
    kind: Option<KindSchema>,
}

impl Expiry {
    /// Where the entity hides what has expired.
    pub(crate) fn hiding(schema: &Schema, now: impl FnOnce() -> SystemTime) -> Option<Self> {
        let ttl = schema.ttl.filter(|ttl| ttl.hides_expired)?;
        let kind = schema.kind;
        Some(Self {
            kind,
            ..Self::at(&ttl, now())
        })
    }

    pub(crate) fn at(ttl: &TtlSchema, now: SystemTime) -> Self {
        Self {
            attribute: ttl.attribute,
            now: whole_seconds(now),
            kind: None,
        }
    }

    /// Whether the item has expired.
    pub(crate) fn is_past(&self, item: &Item) -> bool {
        let Some(AttributeValue::N(number)) = item.get(self.attribute) else {
            return false;
        };
        if self.kind.is_some_and(|kind| kind.check(item).is_err()) {
            return false;
        }
        match number.parse::<i64>() {
            Ok(seconds) => seconds <= self.now,
            Err(_) => number
                .parse::<Number>()
                .is_ok_and(|number| number <= Number::from(self.now)),
        }
    }

    /// The condition that an item has not expired.
    pub(crate) fn is_not_past_condition(&self) -> Tree {
        let path = Path::attribute(self.attribute);
        let number = Tree::TypeIs(path.clone(), AttributeType::N);
        let later = Tree::above(path, self.now());
        Tree::Not(Box::new(number)).or(later)
    }

    /// The condition that an item has expired.
    pub(crate) fn is_past_condition(&self) -> Tree {
        Tree::at_most(Path::attribute(self.attribute), self.now())
    }

    /// The time of the item must stay this.
    pub(crate) fn guard(&self, image: &Item, guard: &mut Guard) {
        let found = image.get(self.attribute).cloned();
        guard.keep(Path::attribute(self.attribute), found);
    }

    fn now(&self) -> AttributeValue {
        AttributeValue::N(self.now.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_holds_a_number_that_is_no_greater_has_expired() {
        let ttl = TtlSchema {
            attribute: "ttl",
            hides_expired: false,
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(100_900);
        let expiry = Expiry::at(&ttl, now);
        let number = |number: &str| AttributeValue::N(number.into());
        for (value, past) in [
            (number("100"), true),
            (number("101"), false),
            (number("1e2"), true),
            (number("100.5"), false),
            (number("99.5"), true),
            (number("-1"), true),
            (number("12345678901234567890"), false),
            (AttributeValue::S("1".into()), false),
            (AttributeValue::Null(true), false),
        ] {
            let item = Item::from([("ttl".to_owned(), value.clone())]);
            assert_eq!(expiry.is_past(&item), past, "{value:?}");
        }
        assert!(!expiry.is_past(&Item::new()));
    }
}
