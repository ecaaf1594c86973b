use std::task::{Context, Poll};
use std::time::Duration;

use super::ResumeToken;
use super::fresh::Rereader;
use super::plan::Plan;
use super::reader::Reader;
use super::stream::Take;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::key::Target;
use crate::retry::RetryPolicy;
use crate::value::Item;

/// What is read and how.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) db: Db,
    pub(super) plan: Plan,
    pub(super) policy: Option<RetryPolicy>,
    pub(super) limit: Option<usize>,
    pub(super) time_limit: Option<Duration>,
}

/// A read on its way: of what pages bring, or of what the table has in its place.
pub(super) enum Reading {
    Once(Box<Reader>),
    Again(Box<Rereader>),
}

impl Terms {
    pub(super) fn read(self) -> Reading {
        if self.plan.recheck.is_some() {
            return Reading::Again(Box::new(Rereader::new(self)));
        }
        let Self {
            db,
            plan,
            policy,
            limit,
            time_limit,
        } = self;
        Reading::Once(Box::new(Reader::new(&db, plan, policy, limit, time_limit)))
    }
}

impl Reading {
    /// The next item, by its place.
    pub(super) fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Target, Item)>>> {
        match self {
            Self::Once(reader) => reader.poll_item(context),
            Self::Again(reader) => reader.poll_item(context),
        }
    }

    /// The next item, by what is taken out of it.
    pub(super) fn poll_taken<T>(
        &mut self,
        context: &mut Context<'_>,
        take: Take<T>,
    ) -> Poll<Option<Result<T>>> {
        match self {
            Self::Once(reader) => reader.poll_taken(context, take),
            Self::Again(reader) => reader.poll_item(context).map(|item| {
                Some(item?.and_then(|(target, mut item)| {
                    take(&mut item).map_err(|error| Error::from(error).at(&target))
                }))
            }),
        }
    }

    /// Where it stands; `None` where nothing is left.
    pub(super) fn token(&self) -> Option<ResumeToken> {
        match self {
            Self::Once(reader) => reader.token(),
            Self::Again(reader) => reader.token(),
        }
    }

    /// How many items there are.
    pub(super) async fn count(self) -> Result<usize> {
        match self {
            Self::Once(reader) => reader.count().await,
            Self::Again(reader) => reader.count().await,
        }
    }

    /// One request for hits: what it evaluated, and the items by their places.
    pub(super) async fn page(&mut self) -> Result<(usize, Vec<(Target, Item)>)> {
        match self {
            Self::Once(reader) => reader.page().await,
            Self::Again(reader) => reader.page().await,
        }
    }
}
