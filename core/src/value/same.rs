use super::{AttributeValue, canonical};

/// Whether DynamoDB would call two values equal: numbers by value, sets whatever their order.
pub(crate) fn same(a: &AttributeValue, b: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, N, Ns, Ss};
    match (a, b) {
        (N(a), N(b)) => a == b || canonical(a) == canonical(b),
        (Ss(a), Ss(b)) => a.len() == b.len() && a.iter().all(|member| b.contains(member)),
        (Bs(a), Bs(b)) => a.len() == b.len() && a.iter().all(|member| b.contains(member)),
        (Ns(a), Ns(b)) => {
            let canonical = |set: &[String]| {
                let mut set: Vec<_> = set.iter().map(|n| canonical(n)).collect();
                set.sort_unstable();
                set
            };
            canonical(a) == canonical(b)
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
