use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use super::ResumeToken;
use super::reading::Reading;
use crate::error::{Error, Result};
use crate::key::Target;
use crate::value::{Item, ValueError};

/// The items of a query or scan, one after the other: a [`Stream`](futures::Stream) with a [`try_next`](Self::try_next) of
/// its own.
///
/// Nothing is asked before it is polled. While the items of one page are taken, the next page is on its way; no task is
/// spawned, so a stream that nobody polls goes no further.
///
/// An item that cannot be read as the entity is an error in its place that names its [`key`](Error::key), and the stream
/// goes on behind it. An error that names no key is the last item; [`resume_token`](Self::resume_token) then says where to
/// go on.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T> {
    state: State,
    how: How<T>,
}

/// How an item becomes what is given.
enum How<T> {
    /// With its image.
    Read(fn(&Target, Item) -> Result<T>),
    /// By value.
    Take(Take<T>),
}

/// Takes something out of an item, and leaves its keys.
pub(super) type Take<T> = fn(&mut Item) -> Result<T, ValueError>;

enum State {
    Reads(Box<Reading>),
    /// The call was wrong.
    Wrong(Option<Error>),
}

impl State {
    fn new(reading: Result<Reading>) -> Self {
        match reading {
            Ok(reading) => Self::Reads(Box::new(reading)),
            Err(error) => Self::Wrong(Some(error)),
        }
    }
}

impl<T> Items<T> {
    pub(super) fn new(reading: Result<Reading>, read: fn(&Target, Item) -> Result<T>) -> Self {
        let (state, how) = (State::new(reading), How::Read(read));
        Self { state, how }
    }

    /// Of what is taken out of the items.
    pub(super) fn taken(reading: Result<Reading>, take: Take<T>) -> Self {
        let (state, how) = (State::new(reading), How::Take(take));
        Self { state, how }
    }

    /// The next item; `None` at the end. May be dropped at any time: nothing is lost.
    ///
    /// # Errors
    /// `Marshalling`, with a key: this item cannot be read as the entity; go on. Without a key the stream has ended:
    /// `InvalidInput`: the call was wrong, nothing was sent. `Exhausted`: a page did not come within the policy, or the time
    /// limit passed. `Service`: DynamoDB refused.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    /// All items.
    ///
    /// # Errors
    /// The first error ends it, also that of an item that cannot be read; see [`try_next`](Self::try_next).
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(item) = self.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }

    /// Where the stream stands: behind the last item that it gave, an unreadable one included. `None` if nothing is left, or
    /// the call was wrong.
    #[must_use]
    pub fn resume_token(&self) -> Option<ResumeToken> {
        match &self.state {
            State::Reads(reading) => reading.token(),
            State::Wrong(_) => None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let reading = match &mut self.state {
            State::Reads(reading) => reading,
            State::Wrong(error) => return Poll::Ready(error.take().map(Err)),
        };
        match self.how {
            How::Read(read) => reading
                .poll_item(context)
                .map(|item| Some(item?.and_then(|(target, item)| read(&target, item)))),
            How::Take(take) => reading.poll_taken(context, take),
        }
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}
