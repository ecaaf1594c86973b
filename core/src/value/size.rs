use super::{AttributeValue, Item};

/// The most bytes of an item ("Service, account, and table quotas in Amazon DynamoDB").
pub(crate) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The size of an item as DynamoDB counts it, in bytes: names in UTF-8, and values ("DynamoDB item sizes and formats").
/// Numbers are counted as DynamoDB packs them, two digits to a byte; the service calls its own formula approximate.
#[must_use]
pub fn item_size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + size_of_value(value))
        .sum()
}

pub(crate) fn size_of_value(value: &AttributeValue) -> usize {
    // A list or map costs 3 bytes, and 1 for each element or pair.
    let inside =
        |sizes: &mut dyn Iterator<Item = usize>| 3 + sizes.map(|size| size + 1).sum::<usize>();
    match value {
        AttributeValue::S(s) => s.len(),
        AttributeValue::N(n) => size_of_number(n),
        AttributeValue::B(b) => b.as_ref().len(),
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        AttributeValue::Ns(set) => set.iter().map(|n| size_of_number(n)).sum(),
        AttributeValue::Bs(set) => set.iter().map(|b| b.as_ref().len()).sum(),
        AttributeValue::L(list) => inside(&mut list.iter().map(size_of_value)),
        AttributeValue::M(map) => inside(&mut map.iter().map(|(k, v)| k.len() + size_of_value(v))),
        _ => 1,
    }
}

/// One byte for every two significant digits, one more, and one for a sign.
fn size_of_number(number: &str) -> usize {
    let (mut digits, mut zeros) = (0_usize, 0_usize);
    let (mut point, mut exponent) = (false, false);
    for byte in number.bytes() {
        match byte {
            b'0' if digits == 0 => {}
            b'0' => (digits, zeros) = (digits + 1, zeros + 1),
            b'1'..=b'9' => (digits, zeros) = (digits + 1, 0),
            b'.' => point = true,
            b'e' | b'E' => {
                exponent = true;
                break;
            }
            _ => {}
        }
    }
    let significant = if point || !exponent {
        digits - zeros
    } else {
        digits
    };
    significant.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}

/// The largest attribute of an item, for an error that helps.
pub(crate) fn largest(item: &Item) -> Option<(&str, usize)> {
    item.iter()
        .map(|(name, value)| (name.as_str(), name.len() + size_of_value(value)))
        .max_by_key(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_published_rules() {
        let n = |n: &str| AttributeValue::N(n.into());
        assert_eq!(size_of_value(&AttributeValue::S("ünï".into())), 5);
        assert_eq!(size_of_value(&n("0")), 1);
        assert_eq!(size_of_value(&n("1")), 2);
        assert_eq!(size_of_value(&n("-123")), 4);
        assert_eq!(size_of_value(&n("12300")), 3);
        assert_eq!(size_of_value(&n("0.0012")), 2);
        assert_eq!(size_of_value(&AttributeValue::Bool(true)), 1);
        assert_eq!(
            size_of_value(&AttributeValue::L(vec![n("1"), n("1")])),
            3 + 2 * 3
        );
        let map = [("ab".to_owned(), n("1"))].into();
        assert_eq!(size_of_value(&AttributeValue::M(map)), 3 + 1 + 2 + 2);
        let item = Item::from([("id".to_owned(), AttributeValue::S("x".into()))]);
        assert_eq!(item_size(&item), 3);
        assert_eq!(largest(&item), Some(("id", 3)));
    }
}
