use std::borrow::Cow;

use super::number::same_number;
use super::{AttributeValue, canonical};

/// Whether DynamoDB would call two values equal: numbers by value, sets whatever their order.
pub(crate) fn same(a: &AttributeValue, b: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, N, Ns, Ss};
    match (a, b) {
        (N(a), N(b)) => same_number(a, b),
        (Ss(a), Ss(b)) => a.len() == b.len() && a.iter().all(|member| b.contains(member)),
        (Bs(a), Bs(b)) => a.len() == b.len() && a.iter().all(|member| b.contains(member)),
        (Ns(a), Ns(b)) => {
            // Equal in the order that we store them in, most of the time.
            if a == b {
                return true;
            }
            canonical_members(a) == canonical_members(b)
        }
        (L(a), L(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (M(a), M(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn canonical_members(set: &[String]) -> Vec<Cow<'_, str>> {
    let mut set: Vec<_> = set.iter().map(|n| canonical(n)).collect();
    set.sort_unstable();
    set
}
