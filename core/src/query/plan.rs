use std::sync::Arc;

use super::Source;
use super::fingerprint::{Fingerprint, fingerprint};
use super::options::Options;
use super::recheck::Recheck;
use super::resume::{Position, ResumeToken};
use crate::db::Table;
use crate::entity::{self, Entity, Expiry, IndexSchema};
use crate::error::{Error, Result};
use crate::expr::{Compiled, Compiler, Filter, KeyCondition};
use crate::key::{Key, KeyAttributeSchema, KeyScalar, KeySchema, Target};
use crate::value::Item;
use crate::wire::{PageOf, PageRequest, PageSelect};

/// What every page of a query or scan asks, and where it begins.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) table: Arc<str>,
    index: Option<&'static IndexSchema>,
    pub(super) schema: &'static KeySchema,
    pub(super) of: Reads,
    expression: Arc<Compiled>,
    /// The same, with which attributes of the items are asked for.
    selecting: Arc<Compiled>,
    consistent: bool,
    select: PageSelect,
    page_size: Option<u32>,
    /// What passes may be less than what is evaluated.
    filtered: bool,
    /// What is tested again on what the table has.
    pub(super) recheck: Option<Recheck>,
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
    pub(super) fn new<E: Entity, I: Source<E>>(
        table: &Table<E>,
        of: Reads,
        options: &mut Options<E>,
    ) -> Result<Self> {
        if options.page_size == Some(0) {
            return Err(Error::invalid("page_size(0): a page has at least one item"));
        }
        let (schema, index) = (&E::SCHEMA.key, I::INDEX);
        let filter = match options.filter.take() {
            Some(filter) => Some(Filter::new(filter, |name| E::SCHEMA.aliases(name))?),
            None => None,
        };
        let kind = kind::<E, I>();
        let mut filtered = filter.is_some() || kind.is_some() && !is_apart::<I, E>(&of);
        let filter = filter.into_iter().chain(kind).reduce(Filter::and);
        // A table has one such attribute, of whichever entity.
        let entities = I::OF_ALL.unwrap_or(&[]).iter().copied();
        let mut ttls = entities.chain([E::SCHEMA]).filter_map(|schema| schema.ttl);
        let live = ttls.find(|ttl| options.live_only || ttl.hides_expired);
        let live = live.map(|ttl| {
            let expiry = Expiry::at(&ttl, table.db().clock().wall());
            Filter::of(expiry.is_not_past_condition(), |name| {
                E::SCHEMA.aliases(name)
            })
        });
        filtered |= live.is_some();
        // The time of this plan is no part of what a token belongs to: it goes on at a later one.
        let timeless = match &live {
            Some(_) => Some(compile(&of, filter.clone())?),
            None => None,
        };
        let filter = filter.into_iter().chain(live).reduce(Filter::and);
        if let (Some(filter), Some(index), false) = (&filter, index, I::FRESH) {
            filter.names_only(|name| index.projects(schema, name), index.name)?;
        }
        if let (Some(filter), Reads::Query { .. }, false) = (&filter, &of, I::FRESH) {
            filter.names_none_of(I::key().attributes().map(|key| key.name))?;
        }
        let whole = compile(&of, filter.clone())?;
        let fingerprint = match &timeless {
            Some(timeless) => fingerprint(table.name(), index, &of, timeless, true),
            None => fingerprint(table.name(), index, &of, &whole, false),
        };
        let (expression, recheck) = match (I::FRESH, index) {
            (true, Some(index)) => {
                let recheck = Recheck::new(index, &of, filter.clone());
                (compile(&of, None)?, Some(recheck))
            }
            _ => (whole, None),
        };
        let filtered = filtered && recheck.is_none();
        let start = match options.resume.take() {
            Some(token) => resumed(token, fingerprint, &of)?,
            None => begun(&of)?,
        };
        let expression = Arc::new(expression);
        let selecting = match I::NAMES {
            Some(names) => Arc::new(entity::select::<E>(
                names,
                index,
                Compiled::clone(&expression),
            )?),
            None => Arc::clone(&expression),
        };
        Ok(Self {
            table: Arc::clone(table.physical_name()),
            index,
            schema,
            of,
            expression,
            selecting,
            consistent: options.consistent,
            select: I::select(),
            page_size: options.page_size,
            filtered,
            recheck,
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
        behind: Option<&[KeyScalar]>,
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
            index: self.index.map(|index| index.name),
            of,
            expression: Arc::clone(if counts {
                &self.expression
            } else {
                &self.selecting
            }),
            consistent: self.consistent,
            limit,
            start: behind.map(|keys| self.start(keys)),
            select: if counts {
                PageSelect::Count
            } else {
                self.select
            },
        }
    }

    /// The place of an item in its table.
    ///
    /// # Errors
    /// The keys are not those of the entity.
    pub(super) fn target_of(&self, item: &Item) -> Result<Target> {
        let key = Key::of_item(self.schema, item).ok_or_else(|| self.other_keys())?;
        Ok(Target::new(&self.table, key, self.schema))
    }

    /// Where an item, or the end of a page, stands.
    ///
    /// # Errors
    /// As `target_of`.
    pub(super) fn position_of(&self, item: &Item) -> Result<Position> {
        self.behind(|name| KeyScalar::of(item.get(name)?))
    }

    /// The same of an item that is needed no more: it loses its keys.
    ///
    /// # Errors
    /// As `target_of`.
    pub(super) fn take_position(&self, item: &mut Item) -> Result<Position> {
        self.behind(|name| KeyScalar::taken(item.get_mut(name)?))
    }

    fn behind(&self, mut key: impl FnMut(&str) -> Option<KeyScalar>) -> Result<Position> {
        let keys = self.position().map(|attribute| {
            key(attribute.name).filter(|key| key.key_type() == attribute.key_type)
        });
        let keys: Option<_> = keys.collect();
        keys.map(Position::Behind).ok_or_else(|| self.other_keys())
    }

    /// The key behind which a page begins.
    fn start(&self, keys: &[KeyScalar]) -> Item {
        let attributes = self.position().map(|attribute| attribute.name.to_owned());
        let values = keys.iter().map(KeyScalar::to_attribute);
        attributes.zip(values).collect()
    }

    /// The attributes that say where an item stands: the keys of the table, then of the index, each once.
    fn position(&self) -> impl Iterator<Item = KeyAttributeSchema> + use<> {
        let table = self.schema;
        let index = self
            .index
            .into_iter()
            .flat_map(|index| index.key.attributes());
        let more = index.filter(|key| table.attributes().all(|own| own.name != key.name));
        table.attributes().chain(more)
    }

    fn other_keys(&self) -> Error {
        let message = "the keys of the table or index are not those of the entity; map its key attributes, with their types";
        Error::invalid(message).in_table(&self.table)
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// Others stand between what is asked for: more must be evaluated than is wanted.
    pub(super) fn meets_others(&mut self) {
        self.filtered = true;
    }

    pub(super) fn token(&self, positions: Vec<Position>) -> ResumeToken {
        ResumeToken {
            of: self.fingerprint,
            positions,
        }
    }
}

fn compile(of: &Reads, filter: Option<Filter>) -> Result<Compiled> {
    let mut compiler = Compiler::default();
    if let Reads::Query { condition, .. } = of {
        compiler = compiler.key_condition(condition.clone());
    }
    if let Some(filter) = filter {
        compiler = compiler.condition(filter.into_tree())?;
    }
    compiler.finish()
}

/// What asks for the entity's own kind; an index may not show it.
fn kind<E: Entity, I: Source<E>>() -> Option<Filter> {
    let kind = E::SCHEMA.kind.filter(|_| I::OF_ALL.is_none())?;
    let shows = |index: &IndexSchema| index.projects(&E::SCHEMA.key, kind.attribute);
    let is_shown = I::FRESH || I::select() == PageSelect::Whole || I::INDEX.is_none_or(shows);
    is_shown.then(|| Filter::of(kind.test(), |_| &[]))
}

/// Whether the text that begins its sort keys tells the entity's items from others.
fn is_apart<I: Source<E>, E: Entity>(of: &Reads) -> bool {
    let template = I::key().sort.and_then(|sort| sort.template);
    let has_text = template.is_some_and(|template| !template.constant().is_empty());
    has_text && matches!(of, Reads::Query { .. })
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
            "the resume token is of another query or scan: table, index, key condition, direction and filter must be the same",
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
