use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};

use super::operation::Planned;

/// Operations that were not taken yet: some that were given, some that come, in this order.
#[derive(Default)]
pub(super) struct Source(VecDeque<Part>);

enum Part {
    Given(VecDeque<Planned>),
    Comes(BoxStream<'static, Planned>),
}

impl Source {
    pub(super) fn push(&mut self, operation: Planned) {
        match self.0.back_mut() {
            Some(Part::Given(given)) => given.push_back(operation),
            _ => self.0.push_back(Part::Given([operation].into())),
        }
    }

    pub(super) fn append(&mut self, operations: BoxStream<'static, Planned>) {
        self.0.push_back(Part::Comes(operations));
    }

    pub(super) fn put_before(&mut self, operations: impl Iterator<Item = Planned>) {
        self.0.push_front(Part::Given(operations.collect()));
    }
}

impl Stream for Source {
    type Item = Planned;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Planned>> {
        loop {
            let next = match self.0.front_mut() {
                None => return Poll::Ready(None),
                Some(Part::Given(given)) => given.pop_front(),
                Some(Part::Comes(operations)) => match operations.poll_next_unpin(context) {
                    Poll::Ready(next) => next,
                    Poll::Pending => return Poll::Pending,
                },
            };
            match next {
                Some(operation) => return Poll::Ready(Some(operation)),
                None => drop(self.0.pop_front()),
            }
        }
    }
}

/// What many entities or keys can come from: an iterator, or a [`Stream`], of any length. It is taken from as
/// room is made.
///
/// `K` tells the two apart; the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no `{T}`",
    label = "neither an iterator nor a stream of `{T}`",
    note = "give a collection, an iterator or a `futures::Stream` that is `Send` and owns what it gives"
)]
pub trait IntoSource<T, K> {
    #[doc(hidden)]
    fn into_source(self) -> BoxStream<'static, T>;
}

/// Kinds of sources.
#[doc(hidden)]
pub mod source_kind {
    #[derive(Debug)]
    pub struct Iterated;
    #[derive(Debug)]
    pub struct Streamed;
}

impl<T, I> IntoSource<T, source_kind::Iterated> for I
where
    I: IntoIterator<Item = T>,
    I::IntoIter: Send + 'static,
{
    fn into_source(self) -> BoxStream<'static, T> {
        stream::iter(self).boxed()
    }
}

impl<T, S> IntoSource<T, source_kind::Streamed> for S
where
    S: Stream<Item = T> + Send + 'static,
{
    fn into_source(self) -> BoxStream<'static, T> {
        self.boxed()
    }
}
