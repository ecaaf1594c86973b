use std::cmp::Ordering;

use super::{AttributeValue, Number};

/// How DynamoDB orders two values: numbers by value, strings and binaries by their bytes; `None` of others, and of unlike types.
pub(crate) fn order(a: &AttributeValue, b: &AttributeValue) -> Option<Ordering> {
    use AttributeValue::{B, N, S};
    match (a, b) {
        (S(a), S(b)) => Some(a.cmp(b)),
        (B(a), B(b)) => Some(a.as_ref().cmp(b.as_ref())),
        (N(a), N(b)) => Some(a.parse::<Number>().ok()?.cmp(&b.parse().ok()?)),
        _ => None,
    }
}
