use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{Stream, StreamExt};

use super::images::Images;
use crate::db::Db;
use crate::entity::{Expiry, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Key, Target};
use crate::retry::Span;
use crate::value::Item;

/// What stands under each of many keys, in the order asked: a [`Stream`](futures::Stream) of keys and what was found, with a
/// [`try_next`](Self::try_next) of its own.
///
/// Nothing is asked before it is polled. No task is spawned, so a stream that nobody polls goes no further.
///
/// An item that cannot be read as the entity is an error in its place that names its [`key`](Error::key), and the stream
/// goes on behind it. An error that names no key is the last item.
#[must_use = "a stream does nothing until it is polled"]
pub struct Found<T> {
    state: State,
    schema: &'static Schema,
    read: fn(&Target, Item) -> Result<T>,
}

/// A place, and what stands there.
type Place<T> = (Target, Option<T>);

enum State {
    Reads {
        db: Db,
        images: Images,
        time: Span,
    },
    /// The call was wrong, or the stream has ended.
    Over(Option<Error>),
}

impl<T> Found<T> {
    pub(super) fn new(
        db: &Db,
        images: Result<Images>,
        time: Span,
        schema: &'static Schema,
        read: fn(&Target, Item) -> Result<T>,
    ) -> Self {
        let db = db.clone();
        let state = match images {
            Ok(images) => State::Reads { db, images, time },
            Err(error) => State::Over(Some(error)),
        };
        Self {
            state,
            schema,
            read,
        }
    }

    /// The next key, and what stands under it; `None` at the end. May be dropped at any time: nothing is lost.
    ///
    /// # Errors
    /// `Marshalling`, with a key: this item cannot be read as the entity; go on. Otherwise the stream has ended.
    /// `InvalidInput`: a key is empty or too long, and nothing was sent; the error names it. `Exhausted`: no answer within the
    /// policy, or the time limit passed. `Service`: DynamoDB refused.
    pub async fn try_next(&mut self) -> Result<Option<(Key, Option<T>)>> {
        let next = std::future::poll_fn(|context| self.poll(context)).await;
        next.map(keyed).transpose()
    }

    /// What was found for each key.
    ///
    /// # Errors
    /// The first error ends it, also that of an item that cannot be read; see [`try_next`](Self::try_next).
    pub async fn collect(mut self) -> Result<Vec<Option<T>>> {
        let mut all = Vec::new();
        while let Some(next) = std::future::poll_fn(|context| self.poll(context)).await {
            all.push(next?.1);
        }
        Ok(all)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Place<T>>>> {
        let (db, images, time) = match &mut self.state {
            State::Reads { db, images, time } => (db, images, time),
            State::Over(error) => return Poll::Ready(error.take().map(Err)),
        };
        if time.is_over(db.clock(), context) {
            self.state = State::Over(None);
            return Poll::Ready(Some(Err(Error::new(
                ErrorKind::Exhausted,
                "the time limit of the whole read passed; ask for fewer keys, or raise `.time_limit(…)`",
            ))));
        }
        let (read, expiry) = (self.read, Expiry::hiding(self.schema, || db.clock().wall()));
        images.poll_next_unpin(context).map(|next| {
            Some(next?.and_then(|(target, image)| {
                let alive = |image: &Item| expiry.is_none_or(|expiry| !expiry.is_past(image));
                let image = image.filter(alive);
                let found = image.map(|image| read(&target, image)).transpose()?;
                Ok((target, found))
            }))
        })
    }
}

impl<T> Stream for Found<T> {
    type Item = Result<(Key, Option<T>)>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.get_mut().poll(context);
        next.map(|next| next.map(keyed))
    }
}

fn keyed<T>(next: Result<Place<T>>) -> Result<(Key, Option<T>)> {
    next.map(|(target, found)| (target.key().clone(), found))
}
