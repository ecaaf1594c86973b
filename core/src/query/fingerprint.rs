use sha2::{Digest, Sha256};

use super::plan::Reads;
use super::resume::first;
use crate::entity::IndexSchema;
use crate::expr::Compiled;
use crate::value::AttributeValue;

/// What tells one query from another, over processes and versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(pub(super) [u8; 8]);

pub(super) fn fingerprint(
    table: &str,
    index: Option<&IndexSchema>,
    of: &Reads,
    expression: &Compiled,
    live_only: bool,
) -> Fingerprint {
    let mut hash = Sha256::new();
    feed(&mut hash, table.as_bytes());
    feed(&mut hash, index.map_or("", |index| index.name).as_bytes());
    hash.update([match of {
        Reads::Scan { .. } => 0,
        Reads::Query { reverse: false, .. } => 1,
        Reads::Query { reverse: true, .. } => 2,
    }]);
    for text in [&expression.key_condition, &expression.condition] {
        feed(&mut hash, text.as_deref().unwrap_or_default().as_bytes());
    }
    let (names, values) = expression.placeholders();
    names.for_each(|name| feed(&mut hash, name.as_bytes()));
    values.for_each(|value| feed(&mut hash, &canonical(value)));
    if live_only {
        feed(&mut hash, b"live only");
    }
    Fingerprint(first(hash.finalize().as_slice()))
}

fn feed(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(bytes);
}

/// The same bytes for the same value: maps and sets come in another order each time.
fn canonical(value: &AttributeValue) -> Vec<u8> {
    use AttributeValue::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    let sorted = |mut members: Vec<Vec<u8>>| {
        members.sort();
        members
    };
    let (kind, parts) = match value {
        S(s) => (b'S', vec![s.clone().into_bytes()]),
        N(n) => (b'N', vec![crate::value::canonical(n).as_bytes().to_vec()]),
        B(b) => (b'B', vec![b.as_ref().to_vec()]),
        Bool(b) => (b'b', vec![vec![u8::from(*b)]]),
        Null(_) => (b'0', Vec::new()),
        L(list) => (b'L', list.iter().map(canonical).collect()),
        M(map) => {
            let entry = |(key, value): (&String, _)| {
                let mut hash = Sha256::new();
                feed(&mut hash, key.as_bytes());
                feed(&mut hash, &canonical(value));
                hash.finalize().to_vec()
            };
            (b'M', sorted(map.iter().map(entry).collect()))
        }
        Ss(set) => (
            b's',
            sorted(set.iter().map(|s| s.clone().into_bytes()).collect()),
        ),
        Ns(set) => {
            let number = |n: &String| crate::value::canonical(n).as_bytes().to_vec();
            (b'n', sorted(set.iter().map(number).collect()))
        }
        Bs(set) => (
            b'p',
            sorted(set.iter().map(|b| b.as_ref().to_vec()).collect()),
        ),
        _ => (b'?', Vec::new()),
    };
    let mut hash = Sha256::new();
    hash.update([kind]);
    for part in &parts {
        feed(&mut hash, part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn equal_values_have_equal_bytes_and_others_have_not() {
        let map = |keys: std::ops::Range<u8>| {
            let entry = |k: u8| (k.to_string(), AttributeValue::N(format!("{k}.0")));
            canonical(&AttributeValue::M(
                keys.map(entry).collect::<HashMap<_, _>>(),
            ))
        };
        assert_eq!(map(0..20), map(0..20));
        assert_ne!(map(0..20), map(1..20));
        let set = |of: [&str; 2]| canonical(&AttributeValue::Ss(of.map(str::to_owned).to_vec()));
        assert_eq!(set(["a", "b"]), set(["b", "a"]));
        assert_ne!(set(["a", "b"]), set(["ab", ""]));
    }
}
