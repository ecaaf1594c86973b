use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};

use serde::{Serialize, de::DeserializeOwned};

use super::error::short_type_name;
use super::exact::{Exact, Text};
use super::number::same_number;
use super::{
    AttributeValue, Encoded, Found, Source, ValueError, ValueErrorKind, canonical, decode, encode,
    type_name,
};

/// A collection that can be stored as a DynamoDB set (SS, NS or BS) by `#[entity(set)]`.
///
/// Implement it for a collection of your own; `Vec`, `BTreeSet` and `HashSet` have it. Duplicates collapse when they are
/// stored: a set has each member once, and equal numbers are one member whatever their text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a DynamoDB set",
    label = "`#[entity(set)]` needs a collection of strings, numbers or binaries",
    note = "`Vec<T>`, `BTreeSet<T>` and `HashSet<T>` work; an empty set is an absent attribute, so no `Option` is needed"
)]
pub trait SetField: Sized {
    /// The type of a member.
    type Member: Serialize + DeserializeOwned;

    /// The members, in any order.
    fn members(&self) -> impl Iterator<Item = &Self::Member>;

    /// The collection of these members.
    fn from_members(members: Vec<Self::Member>) -> Self;
}

impl<T: Serialize + DeserializeOwned> SetField for Vec<T> {
    type Member = T;

    fn members(&self) -> impl Iterator<Item = &T> {
        self.iter()
    }

    fn from_members(members: Vec<T>) -> Self {
        members
    }
}

impl<T: Serialize + DeserializeOwned + Ord> SetField for BTreeSet<T> {
    type Member = T;

    fn members(&self) -> impl Iterator<Item = &T> {
        self.iter()
    }

    fn from_members(members: Vec<T>) -> Self {
        members.into_iter().collect()
    }
}

impl<T, S> SetField for HashSet<T, S>
where
    T: Serialize + DeserializeOwned + Eq + Hash,
    S: BuildHasher + Default,
{
    type Member = T;

    fn members(&self) -> impl Iterator<Item = &T> {
        self.iter()
    }

    fn from_members(members: Vec<T>) -> Self {
        members.into_iter().collect()
    }
}

/// Encodes a set member by member; an empty one is an absent attribute. The order of the result is canonical, so that
/// equal sets are equal values.
///
/// # Errors
/// A member that is no string, number or binary, or members of different types.
pub fn encode_set<C: SetField>(set: &C) -> Encoded {
    let members: Vec<_> = set
        .members()
        .map(|member| Ok(encode(member)?.unwrap_or(AttributeValue::Null(true))))
        .collect::<Result<_, _>>()?;
    set_of_values(members)
}

/// The set of these values, in canonical order; without any, an absent attribute.
pub(crate) fn set_of_values(values: impl IntoIterator<Item = AttributeValue>) -> Encoded {
    let (mut strings, mut numbers, mut binaries) = (Vec::new(), Vec::new(), Vec::new());
    for member in values {
        match member {
            AttributeValue::S(s) => strings.push(s),
            AttributeValue::N(n) => numbers.push(n),
            AttributeValue::B(b) => binaries.push(b),
            other => {
                return Err(ValueError::new(ValueErrorKind::NotASet {
                    found: super::type_name(&other),
                }));
            }
        }
    }
    match (strings.is_empty(), numbers.is_empty(), binaries.is_empty()) {
        (true, true, true) => Ok(None),
        (false, true, true) => {
            strings.sort_unstable();
            strings.dedup();
            Ok(Some(AttributeValue::Ss(strings)))
        }
        (true, false, true) => {
            numbers.sort_by(|a, b| canonical(a).cmp(&canonical(b)));
            numbers.dedup_by(|a, b| same_number(a, b));
            Ok(Some(AttributeValue::Ns(numbers)))
        }
        (true, true, false) => {
            binaries.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
            binaries.dedup();
            Ok(Some(AttributeValue::Bs(binaries)))
        }
        _ => Err(ValueError::new(ValueErrorKind::NotASet {
            found: "members of different types",
        })),
    }
}

/// Decodes a set member by member; an absent attribute, or the NULL that other tools leave, is the empty set.
///
/// # Errors
/// The attribute is no set, or a member does not fit its type.
pub fn decode_set<C: SetField>(found: Found<'_>) -> Result<C, ValueError> {
    use AttributeValue::{B, Bs, L, Ns, Null, Ss};
    let Some(found) = found else {
        return Ok(C::from_members(Vec::new()));
    };
    let kind = type_name(&found);
    let no_set = |detail: Option<&str>| {
        Err(ValueError::new(ValueErrorKind::WrongType {
            expected: short_type_name::<C>(),
            found: kind,
            detail: detail.map(str::to_owned),
        }))
    };
    let members = match found {
        Source::Shown(Ss(set)) => {
            let texts = set.iter().map(|text| Exact::S(Text::Shown(text)));
            members(texts, "S (string)")
        }
        Source::Taken(Ss(set)) => {
            let texts = set.iter_mut().map(|text| Exact::S(Text::Taken(text)));
            members(texts, "S (string)")
        }
        found => match &*found {
            Null(_) => Ok(Vec::new()),
            Ns(set) => members(set.iter().map(|text| Exact::N(text)), "N (number)"),
            Bs(set) => {
                let members = set.iter().cloned().map(B);
                members.map(|member| decode(Some(&member))).collect()
            }
            L(_) => no_set(Some(
                "the field is a set; convert the attribute once with `Table::convert_to_set`",
            )),
            _ => no_set(None),
        },
    };
    members.map(C::from_members)
}

fn members<'a, T: DeserializeOwned>(
    members: impl Iterator<Item = Exact<'a>>,
    kind: &'static str,
) -> Result<Vec<T>, ValueError> {
    let decoded = members.map(|member| {
        let decoded = T::deserialize(member);
        decoded.map_err(|error| ValueError::undecodable::<T>(Some(kind), &error))
    });
    decoded.collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Role {
        Admin,
        Reader,
    }

    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    struct Name(String);

    #[test]
    fn members_of_any_scalar_type_work() {
        let roles = BTreeSet::from([Role::Reader, Role::Admin]);
        let stored = encode_set(&roles).unwrap();
        assert_eq!(
            stored,
            Some(AttributeValue::Ss(vec!["Admin".into(), "Reader".into()]))
        );
        assert_eq!(
            decode_set::<BTreeSet<Role>>(stored.as_ref().map(Source::Shown)).unwrap(),
            roles
        );
        let names = vec![Name("b".into()), Name("a".into())];
        assert_eq!(
            encode_set(&names).unwrap(),
            Some(AttributeValue::Ss(vec!["a".into(), "b".into()]))
        );
        let ids = HashSet::from([uuid::Uuid::nil()]);
        let stored = encode_set(&ids).unwrap();
        assert_eq!(
            decode_set::<HashSet<uuid::Uuid>>(stored.as_ref().map(Source::Shown)).unwrap(),
            ids
        );
    }

    #[test]
    fn empty_is_absent_and_back_and_null_reads_as_empty() {
        assert_eq!(encode_set(&Vec::<u8>::new()).unwrap(), None);
        assert_eq!(decode_set::<Vec<u8>>(None).unwrap(), Vec::<u8>::new());
        let null = AttributeValue::Null(true);
        assert_eq!(
            decode_set::<Vec<u8>>(Some(Source::Shown(&null))).unwrap(),
            Vec::<u8>::new()
        );
    }

    #[test]
    fn duplicates_collapse() {
        assert_eq!(
            encode_set(&vec![2, 1, 2]).unwrap(),
            Some(AttributeValue::Ns(vec!["1".into(), "2".into()]))
        );
    }

    #[test]
    fn what_is_no_set_is_refused() {
        assert!(encode_set(&vec![vec![1]]).is_err());
        assert!(encode_set(&vec![Some(1), None]).is_err());
        let list = AttributeValue::L(vec![]);
        let text = decode_set::<Vec<String>>(Some(Source::Shown(&list)))
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("Vec<String>")
                && text.contains("L (list)")
                && text.contains("convert_to_set"),
            "{text}"
        );
    }
}
