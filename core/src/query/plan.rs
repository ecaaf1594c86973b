use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::options::Options;
use super::resume::{Fingerprint, Position, ResumeToken, first};
use crate::db::Table;
use crate::entity::{Entity, Expiry};
use crate::error::{Error, Result};
use crate::expr::{Compiled, Compiler, Filter, KeyCondition, Tree};
use crate::key::{Key, KeySchema};
use crate::value::{AttributeValue, Item};
use crate::wire::{PageOf, PageRequest};

/// What every page of a query or scan asks, and where it begins.
pub(super) struct Plan {
    pub(super) table: Arc<str>,
    pub(super) schema: &'static KeySchema,
    pub(super) of: Reads,
    expression: Arc<Compiled>,
    consistent: bool,
    page_size: Option<u32>,
    /// What passes may be less than what is evaluated.
    filtered: bool,
    fingerprint: Fingerprint,
    /// One of a query, one a segment of a scan.
    pub(super) start: Vec<Position>,
}

/// What is read.
#[derive(Clone)]
pub(super) enum Reads {
    Query {
        condition: KeyCondition,
        reverse: bool,
    },
    Scan {
        /// `None`: as the resume token says, or one.
        segments: Option<u32>,
    },
}

/// The most that DynamoDB takes (API reference, Scan, `TotalSegments`).
const MAX_SEGMENTS: u32 = 1_000_000;

impl Plan {
    /// # Errors
    /// The options do not fit together, or the token is another's.
    pub(super) fn new<E: Entity>(
        table: &Table<E>,
        of: Reads,
        options: &mut Options<E>,
    ) -> Result<Self> {
        if options.page_size == Some(0) {
            return Err(Error::invalid("page_size(0): a page has at least one item"));
        }
        let schema = &E::SCHEMA.key;
        let aliases = |name: &str| {
            let attributes = E::SCHEMA.attributes.iter();
            let mut named = attributes.filter(|attribute| attribute.name == name);
            named.next().map_or(&[][..], |attribute| attribute.aliases)
        };
        let filter = options.filter.take();
        let filter = filter.map(|filter| Filter::new(filter, aliases));
        let filter = filter.transpose()?;
        if let (Reads::Query { .. }, Some(filter)) = (&of, &filter) {
            let keys = [Some(schema.partition), schema.sort];
            filter.names_none_of(keys.into_iter().flatten().map(|key| key.name))?;
        }
        let compile = |filter: Option<Tree>| {
            let mut compiler = Compiler::default();
            if let Reads::Query { condition, .. } = &of {
                compiler = compiler.key_condition(condition.clone());
            }
            match filter {
                Some(filter) => compiler.condition(filter)?.finish(),
                None => compiler.finish(),
            }
        };
        let filter = filter.map(Filter::into_tree);
        let live = E::SCHEMA
            .ttl
            .filter(|ttl| options.live_only || ttl.hides_expired)
            .map(|ttl| {
                let expiry = Expiry::at(&ttl, table.db().clock().wall());
                Filter::of(expiry.is_not_past_condition(), aliases).into_tree()
            });
        // The time of this plan is no part of what is asked: a token goes on at a later one.
        let timeless = live.as_ref().map(|_| compile(filter.clone())).transpose()?;
        let filter = filter.into_iter().chain(live).reduce(Tree::and);
        let filtered = filter.is_some();
        let expression = compile(filter)?;
        let fingerprint = match &timeless {
            Some(timeless) => fingerprint(table.name(), &of, timeless, true),
            None => fingerprint(table.name(), &of, &expression, false),
        };
        let start = match options.resume.take() {
            Some(token) => resumed(token, fingerprint, &of)?,
            None => begun(&of)?,
        };
        Ok(Self {
            table: Arc::clone(table.physical_name()),
            schema,
            of,
            expression: Arc::new(expression),
            consistent: options.consistent,
            page_size: options.page_size,
            filtered,
            fingerprint,
            start,
        })
    }

    /// How many items the next page evaluates at most, where so many more are wanted (`None`: all); with a filter nobody
    /// knows how many will pass.
    pub(super) fn limit(&self, wanted: Option<usize>) -> Option<i32> {
        let wanted = if self.filtered { None } else { wanted };
        let page_size = self
            .page_size
            .map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let limit = page_size.into_iter().chain(wanted).min()?;
        Some(i32::try_from(limit).unwrap_or(i32::MAX))
    }

    /// The request for a page that begins behind `behind`.
    pub(super) fn request(
        &self,
        segment: usize,
        behind: Option<&Key>,
        limit: Option<i32>,
        counts: bool,
    ) -> PageRequest {
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let of = match &self.of {
            Reads::Query { reverse, .. } => PageOf::Query { reverse: *reverse },
            Reads::Scan { .. } => PageOf::Scan {
                segment: (self.start.len() > 1)
                    .then(|| (number(segment), number(self.start.len()))),
            },
        };
        PageRequest {
            table: Arc::clone(&self.table),
            of,
            expression: Arc::clone(&self.expression),
            consistent: self.consistent,
            limit,
            start: behind.map(|key| key.to_item(self.schema, 2)),
            counts,
        }
    }

    /// Where a page ends that says so.
    ///
    /// # Errors
    /// The keys are not those of the entity.
    pub(super) fn key_of(&self, item: &Item) -> Result<Key> {
        Key::of_item(self.schema, item).ok_or_else(|| {
            Error::invalid(
                "the table's keys are not those of the entity; map its key attributes, with their types",
            )
            .in_table(&self.table)
        })
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    pub(super) fn token(&self, positions: Vec<Position>) -> ResumeToken {
        ResumeToken {
            of: self.fingerprint,
            positions,
        }
    }
}

/// Where a query or scan begins by itself.
fn begun(of: &Reads) -> Result<Vec<Position>> {
    match of {
        Reads::Query { condition, .. } if condition.is_impossible() => Ok(vec![Position::Done]),
        Reads::Query { .. } => Ok(vec![Position::NotBegun]),
        Reads::Scan { segments } => {
            let segments = segments.unwrap_or(1);
            if !(1..=MAX_SEGMENTS).contains(&segments) {
                return Err(Error::invalid(format!(
                    "segments({segments}): a scan has 1 to {MAX_SEGMENTS} segments"
                )));
            }
            Ok((0..segments).map(|_| Position::NotBegun).collect())
        }
    }
}

/// Where it goes on.
fn resumed(token: ResumeToken, own: Fingerprint, of: &Reads) -> Result<Vec<Position>> {
    if token.of != own {
        return Err(Error::invalid(
            "the resume token is of another query or scan: table, key condition, direction and filter must be the same",
        ));
    }
    let segments = token.positions.len();
    let fits = match of {
        Reads::Query { .. } => segments == 1,
        Reads::Scan { segments: None } => segments > 0,
        Reads::Scan {
            segments: Some(asked),
        } => usize::try_from(*asked).is_ok_and(|asked| asked == segments),
    };
    if fits {
        return Ok(token.positions);
    }
    Err(Error::invalid(format!(
        "the resume token is of a scan of {segments} segments; leave `.segments(…)` out, or give the same number"
    )))
}

fn fingerprint(table: &str, of: &Reads, expression: &Compiled, live_only: bool) -> Fingerprint {
    let mut hash = Sha256::new();
    feed(&mut hash, table.as_bytes());
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
