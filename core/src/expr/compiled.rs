use std::borrow::Cow;
use std::collections::HashMap;

use crate::value::AttributeValue;

/// An expression as DynamoDB takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compiled {
    pub(crate) update: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) key_condition: Option<String>,
    pub(crate) projection: Option<String>,
    pub(super) names: Vec<Cow<'static, str>>,
    pub(super) values: Vec<AttributeValue>,
}

impl Compiled {
    /// What stands behind `#n0`, `#n1`, …
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        placeholders(NAME, &self.names, |name| name.clone().into_owned())
    }

    /// What stands behind `:v0`, `:v1`, …
    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        placeholders(VALUE, &self.values, AttributeValue::clone)
    }

    /// Names and values in the order of their placeholders.
    pub(crate) fn placeholders(
        &self,
    ) -> (
        impl Iterator<Item = &str>,
        impl Iterator<Item = &AttributeValue>,
    ) {
        (self.names.iter().map(|name| &**name), self.values.iter())
    }

    /// Whether an update adds to sets or takes from them.
    pub(crate) fn changes_sets(&self) -> bool {
        let update = self.update.as_deref().unwrap_or_default();
        update.contains("ADD ") || update.contains("DELETE ")
    }
}

pub(super) const NAME: &str = "#n";
pub(super) const VALUE: &str = ":v";

/// DynamoDB refuses empty maps.
fn placeholders<T, V>(
    mark: &str,
    known: &[T],
    owned: impl Fn(&T) -> V,
) -> Option<HashMap<String, V>> {
    let entry = |(index, known)| {
        let mut placeholder = String::with_capacity(8);
        push_placeholder(&mut placeholder, mark, index);
        (placeholder, owned(known))
    };
    (!known.is_empty()).then(|| known.iter().enumerate().map(entry).collect())
}

pub(super) fn push_placeholder(text: &mut String, mark: &str, index: usize) {
    text.push_str(mark);
    push_number(text, index);
}

/// Most have one digit, and `write!` costs as much as the rest of a clause.
pub(super) fn push_number(text: &mut String, number: usize) {
    if number > 9 {
        push_number(text, number / 10);
    }
    let digit = number % 10;
    text.push_str(&"0123456789"[digit..=digit]);
}
