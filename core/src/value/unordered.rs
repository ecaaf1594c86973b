use std::hash::{BuildHasher, RandomState};

use super::{AttributeValue, canonical};

/// Whether two values differ in nothing but the order of lists in them, as two encodings of one `HashSet` do.
pub(crate) fn same_but_for_order(a: &AttributeValue, b: &AttributeValue) -> bool {
    let state = RandomState::new();
    fingerprint(a, &state) == fingerprint(b, &state)
}

/// A hash that does not depend on the order of members.
fn fingerprint(value: &AttributeValue, state: &RandomState) -> u64 {
    use AttributeValue::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    let sum = |members: &mut dyn Iterator<Item = u64>| members.fold(0, u64::wrapping_add);
    match value {
        S(s) => state.hash_one((1, s)),
        N(n) => state.hash_one((2, canonical(n))),
        B(b) => state.hash_one((3, b.as_ref())),
        Bool(b) => state.hash_one((4, b)),
        Null(_) => state.hash_one(5),
        L(list) => state.hash_one((6, sum(&mut list.iter().map(|v| fingerprint(v, state))))),
        M(map) => {
            let entry = |(key, value)| state.hash_one((key, fingerprint(value, state)));
            state.hash_one((7, sum(&mut map.iter().map(entry))))
        }
        Ss(set) => state.hash_one((8, sum(&mut set.iter().map(|s| state.hash_one(s))))),
        Ns(set) => {
            let hash = |n: &String| state.hash_one(canonical(n));
            state.hash_one((9, sum(&mut set.iter().map(hash))))
        }
        Bs(set) => state.hash_one((10, sum(&mut set.iter().map(|b| state.hash_one(b.as_ref()))))),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::value::encode;

    #[test]
    fn a_hash_set_is_the_same_in_any_order_and_another_set_is_not() {
        let set = |range: std::ops::Range<u8>| {
            let set: HashSet<(u8, String)> = range.map(|n| (n, n.to_string())).collect();
            encode(&set).unwrap().unwrap()
        };
        assert!(same_but_for_order(&set(0..9), &set(0..9)));
        assert!(!same_but_for_order(&set(0..9), &set(1..10)));
        assert!(!same_but_for_order(&set(0..9), &set(0..8)));
    }
}
