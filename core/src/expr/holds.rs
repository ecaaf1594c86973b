//! Whether conditions hold on an item that is at hand, as DynamoDB would say.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::key_condition::{KeyCondition, SortTest};
use super::tree::{AttributeType, Comparator, Operand, Tree};
use crate::key::KeyScalar;
use crate::value::{AttributeValue, Item, order, same};

impl Tree {
    pub(crate) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare(operand, comparator, value) => {
                comparator.holds(operand.of(item).as_deref(), value)
            }
            Self::Between(operand, low, high) => {
                let found = operand.of(item);
                let found = found.as_deref();
                Comparator::Ge.holds(found, low) && Comparator::Le.holds(found, high)
            }
            Self::In(path, values) => path
                .find(item)
                .is_some_and(|found| values.iter().any(|value| same(found, value))),
            Self::Exists(path) => path.find(item).is_some(),
            Self::Missing(path) => path.find(item).is_none(),
            Self::Something(path) => path.find(item).is_some_and(|found| !found.is_null()),
            Self::Nothing(path) => path.find(item).is_none_or(AttributeValue::is_null),
            Self::BeginsWith(path, start) => path
                .find(item)
                .is_some_and(|found| begins_with(found, start)),
            Self::Contains(path, member) => {
                path.find(item).is_some_and(|found| contains(found, member))
            }
            Self::TypeIs(path, of_type) => path
                .find(item)
                .is_some_and(|found| AttributeType::of(found) == Some(*of_type)),
            Self::All(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(item)),
            Self::Not(tree) => !tree.holds(item),
        }
    }
}

impl KeyCondition {
    pub(crate) fn holds(&self, item: &Item) -> bool {
        let key = |name: &str| item.get(name).and_then(KeyScalar::of);
        let (partition, value) = &self.partition;
        let sort = |(name, test): &(&str, SortTest)| key(name).is_some_and(|key| test.holds(key));
        key(partition).as_ref() == Some(value) && self.sort.as_ref().is_none_or(sort)
    }
}

impl SortTest {
    fn holds(&self, key: KeyScalar) -> bool {
        let key: AttributeValue = key.into();
        let compare = |comparator: Comparator, value: &KeyScalar| {
            comparator.holds(Some(&key), &value.to_attribute())
        };
        match self {
            Self::Compare(comparator, value) => compare(*comparator, value),
            Self::Between(low, high) => {
                compare(Comparator::Ge, low) && compare(Comparator::Le, high)
            }
            Self::BeginsWith(prefix) => begins_with(&key, &prefix.to_attribute()),
        }
    }
}

impl Operand {
    fn of<'a>(&self, item: &'a Item) -> Option<Cow<'a, AttributeValue>> {
        match self {
            Self::Value(path) => path.find(item).map(Cow::Borrowed),
            Self::Size(path) => {
                let size = size(path.find(item)?)?;
                Some(Cow::Owned(AttributeValue::N(size.to_string())))
            }
        }
    }
}

impl Comparator {
    /// An absent value and one of another type are other values, and have no order.
    fn holds(self, found: Option<&AttributeValue>, value: &AttributeValue) -> bool {
        let is_same = || found.is_some_and(|found| same(found, value));
        let order = || order(found?, value);
        match self {
            Self::Eq => is_same(),
            Self::Ne => !is_same(),
            Self::Lt => order() == Some(Ordering::Less),
            Self::Le => order().is_some_and(Ordering::is_le),
            Self::Gt => order() == Some(Ordering::Greater),
            Self::Ge => order().is_some_and(Ordering::is_ge),
        }
    }
}

impl AttributeType {
    fn of(value: &AttributeValue) -> Option<Self> {
        Some(match value {
            AttributeValue::S(_) => Self::S,
            AttributeValue::N(_) => Self::N,
            AttributeValue::B(_) => Self::B,
            AttributeValue::Bool(_) => Self::Bool,
            AttributeValue::Null(_) => Self::Null,
            AttributeValue::L(_) => Self::List,
            AttributeValue::M(_) => Self::Map,
            AttributeValue::Ss(_) => Self::Ss,
            AttributeValue::Ns(_) => Self::Ns,
            AttributeValue::Bs(_) => Self::Bs,
            _ => return None,
        })
    }
}

fn begins_with(found: &AttributeValue, start: &AttributeValue) -> bool {
    use AttributeValue::{B, S};
    match (found, start) {
        (S(found), S(start)) => found.starts_with(start),
        (B(found), B(start)) => found.as_ref().starts_with(start.as_ref()),
        _ => false,
    }
}

/// A substring, an element of a list, a member of a set.
fn contains(found: &AttributeValue, member: &AttributeValue) -> bool {
    use AttributeValue::{B, Bs, L, N, Ns, S, Ss};
    match (found, member) {
        (S(found), S(part)) => found.contains(part.as_str()),
        (B(found), B(part)) => {
            let (found, part) = (found.as_ref(), part.as_ref());
            part.is_empty() || found.windows(part.len()).any(|window| window == part)
        }
        (L(found), member) => found.iter().any(|element| same(element, member)),
        (Ss(found), S(member)) => found.contains(member),
        (Bs(found), B(member)) => found.contains(member),
        (Ns(found), N(_)) => {
            let mut found = found.iter().map(|n| AttributeValue::N(n.clone()));
            found.any(|element| same(&element, member))
        }
        _ => false,
    }
}

/// Bytes of a string or binary, entries of the others; numbers, booleans and NULL have no size.
fn size(value: &AttributeValue) -> Option<usize> {
    use AttributeValue::{B, Bs, L, M, Ns, S, Ss};
    match value {
        S(s) => Some(s.len()),
        B(b) => Some(b.as_ref().len()),
        L(list) => Some(list.len()),
        M(map) => Some(map.len()),
        Ss(set) | Ns(set) => Some(set.len()),
        Bs(set) => Some(set.len()),
        _ => None,
    }
}
