use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use super::plan::Plan;
use super::resume::{Position, ResumeToken};
use super::segment::{Opened, Segment};
use super::stream::Take;
use crate::db::Db;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Target;
use crate::retry::{RetryPolicy, Span};
use crate::value::Item;
use crate::wire::{Page, PageRequest};

/// Keeps the pages of one query or scan coming: one at hand and one ahead for each segment. Nothing is asked before it is
/// polled, and nothing beyond what is wanted.
pub(super) struct Reader {
    db: Db,
    plan: Plan,
    policy: Option<RetryPolicy>,
    /// Only numbers of items are asked for.
    counts: bool,
    counted: usize,
    /// How many items are still to be given; `None`: all.
    wanted: Option<usize>,
    segments: Vec<Segment>,
    in_flight: FuturesUnordered<BoxFuture<'static, (usize, Result<Page>)>>,
    /// A page came or went, so that another may be due.
    stirred: bool,
    /// The segment whose turn it is.
    turn: usize,
    time: Span,
    over: bool,
}

impl Reader {
    pub(super) fn new(
        db: &Db,
        plan: Plan,
        policy: Option<RetryPolicy>,
        limit: Option<usize>,
        time_limit: Option<Duration>,
    ) -> Self {
        let segments = plan.start.iter().map(Segment::new).collect();
        Self {
            db: db.clone(),
            plan,
            policy,
            counts: false,
            counted: 0,
            wanted: limit,
            segments,
            in_flight: FuturesUnordered::new(),
            stirred: true,
            turn: 0,
            time: Span::new(time_limit),
            over: false,
        }
    }

    /// The next item, by its place.
    pub(super) fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Target, Item)>>> {
        let (segment, item) = match ready!(self.poll_next(context)) {
            Some(Ok(next)) => next,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let position = |plan: &Plan| plan.position_of(&item);
        match self
            .reach(segment, position)
            .and_then(|()| self.plan.target_of(&item))
        {
            Ok(target) => Poll::Ready(Some(Ok((target, item)))),
            Err(error) => self.end(Some(error)),
        }
    }

    /// The next item, by what is taken out of it.
    pub(super) fn poll_taken<T>(
        &mut self,
        context: &mut Context<'_>,
        take: Take<T>,
    ) -> Poll<Option<Result<T>>> {
        let (segment, mut item) = match ready!(self.poll_next(context)) {
            Some(Ok(next)) => next,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let taken = take(&mut item).map_err(|error| match self.plan.target_of(&item) {
            Ok(target) => Error::from(error).at(&target),
            Err(error) => error,
        });
        // The keys are left.
        let position = |plan: &Plan| plan.take_position(&mut item);
        match self.reach(segment, position) {
            Ok(()) => Poll::Ready(Some(taken)),
            Err(error) => self.end(Some(error)),
        }
    }

    /// Notes where a segment stands behind an item, unless a page ended there.
    fn reach(
        &mut self,
        segment: usize,
        position: impl FnOnce(&Plan) -> Result<Position>,
    ) -> Result<()> {
        let segment = &mut self.segments[segment];
        if segment.is_open() {
            segment.position = position(&self.plan)?;
        }
        Ok(())
    }

    /// The next item, and its segment.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<(usize, Item)>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.is_out_of_time(context) {
            return self.end(Some(self.out_of_time()));
        }
        loop {
            if self.wanted == Some(0) {
                return self.end(None);
            }
            if std::mem::take(&mut self.stirred) {
                self.open();
                self.ask();
            }
            while let Poll::Ready(Some((segment, page))) = self.in_flight.poll_next_unpin(context) {
                self.arrive(segment, page);
            }
            match self.give() {
                Some(next) => return Poll::Ready(Some(Ok(next))),
                None if self.stirred => {}
                None if self.in_flight.is_empty() => {
                    let failed = self.segments.iter_mut().find_map(Segment::take_failure);
                    return self.end(failed);
                }
                None => match self.segments.iter_mut().find_map(Segment::take_failure) {
                    Some(error) => return self.end(Some(error)),
                    None => return Poll::Pending,
                },
            }
        }
    }

    /// One of the items that were given does not count: another is wanted in its place.
    pub(super) fn want_another(&mut self) {
        if let Some(wanted) = &mut self.wanted {
            self.over &= *wanted > 0;
            *wanted += 1;
            self.stirred = true;
        }
    }

    /// Where it stands; `None` where nothing is left.
    pub(super) fn token(&self) -> Option<ResumeToken> {
        let positions = self.segments.iter().map(|segment| segment.position.clone());
        let positions: Vec<_> = positions.collect();
        let left = positions.iter().any(|position| *position != Position::Done);
        left.then(|| self.plan.token(positions))
    }

    /// How many items there are.
    pub(super) async fn count(mut self) -> Result<usize> {
        self.counts = true;
        match std::future::poll_fn(|context| self.poll_item(context)).await {
            Some(Err(error)) => Err(error),
            // Pages that count bring no items.
            _ => Ok(self.counted),
        }
    }

    /// One request of the first segment that is not done: what it evaluated, and its items by their places.
    pub(super) async fn page(&mut self) -> Result<(usize, Vec<(Target, Item)>)> {
        let left = |segment: &Segment| segment.ask != Position::Done;
        let Some(index) = self.segments.iter().position(left) else {
            return Ok((0, Vec::new()));
        };
        if self.wanted == Some(0) {
            return Ok((0, Vec::new()));
        }
        let request = self.request(index, self.plan.limit(self.wanted));
        let mut asked = Box::pin(fetch(self.db.clone(), request, self.policy));
        let page = std::future::poll_fn(|context| {
            if let Poll::Ready(page) = asked.as_mut().poll(context) {
                return Poll::Ready(page);
            }
            if self.is_out_of_time(context) {
                return Poll::Ready(Err(self.out_of_time()));
            }
            Poll::Pending
        });
        let mut page = page.await?;
        let next = self.position(page.next)?;
        // With a filter more can pass than are wanted; then the next page begins behind the last that is given.
        let most = self.wanted.unwrap_or(usize::MAX);
        let cut = page.items.len() > most;
        page.items.truncate(most);
        let mut given = Vec::with_capacity(page.items.len());
        for item in page.items {
            given.push((self.plan.target_of(&item)?, item));
        }
        let last = given.last().filter(|_| cut);
        self.segments[index].position = match last {
            Some((_, item)) => self.plan.position_of(item)?,
            None => next,
        };
        Ok((page.scanned, given))
    }

    fn end<T>(&mut self, error: Option<Error>) -> Poll<Option<Result<T>>> {
        self.over = true;
        self.in_flight.clear();
        Poll::Ready(error.map(Err))
    }

    /// Takes the page ahead of each segment that has none at hand.
    fn open(&mut self) {
        for segment in &mut self.segments {
            let Some(count) = segment.open() else {
                continue;
            };
            if self.counts {
                let count = count.min(self.wanted.unwrap_or(usize::MAX));
                self.counted += count;
                self.wanted = self.wanted.map(|wanted| wanted - count);
            }
            self.stirred |= !segment.is_open();
        }
    }

    /// Asks for the pages that are due.
    fn ask(&mut self) {
        for index in 0..self.segments.len() {
            let segment = &self.segments[index];
            if segment.asked || segment.ahead.is_some() || segment.ask == Position::Done {
                continue;
            }
            let unclaimed = self.unclaimed();
            if unclaimed == Some(0) {
                return;
            }
            let limit = self.plan.limit(unclaimed);
            let request = self.request(index, limit);
            let asked = fetch(self.db.clone(), request, self.policy);
            self.in_flight
                .push(Box::pin(async move { (index, asked.await) }));
            let segment = &mut self.segments[index];
            segment.asked = true;
            segment.promised = match limit {
                Some(limit) if !self.plan.is_filtered() => {
                    usize::try_from(limit).unwrap_or_default()
                }
                _ => 0,
            };
        }
    }

    /// How many of the items wanted are neither at hand nor on their way.
    fn unclaimed(&self) -> Option<usize> {
        let claimed = || self.segments.iter().map(Segment::claimed).sum();
        self.wanted.map(|wanted| wanted.saturating_sub(claimed()))
    }

    fn request(&self, segment: usize, limit: Option<i32>) -> PageRequest {
        let behind = match &self.segments[segment].ask {
            Position::Behind(keys) => Some(&keys[..]),
            Position::NotBegun | Position::Done => None,
        };
        self.plan.request(segment, behind, limit, self.counts)
    }

    fn arrive(&mut self, index: usize, page: Result<Page>) {
        if page.as_ref().is_ok_and(|page| page.count < page.scanned) {
            self.plan.meets_others();
        }
        let opened = page.and_then(|page| {
            Ok(Opened {
                next: self.position(page.next)?,
                count: page.count,
                items: page.items.into(),
            })
        });
        let segment = &mut self.segments[index];
        segment.asked = false;
        segment.promised = 0;
        if let Ok(page) = &opened {
            segment.ask = page.next.clone();
        }
        segment.ahead = Some(opened);
        self.stirred = true;
    }

    fn position(&self, next: Option<Item>) -> Result<Position> {
        Ok(match next {
            Some(end) => self.plan.position_of(&end)?,
            None => Position::Done,
        })
    }

    /// The next item at hand; the segments take turns.
    fn give(&mut self) -> Option<(usize, Item)> {
        let segments = self.segments.len();
        let mut turns = (0..segments).map(|turn| (self.turn + turn) % segments);
        let index = turns.find(|index| self.segments[*index].is_open())?;
        let segment = &mut self.segments[index];
        let item = segment.next()?;
        self.stirred |= !segment.is_open();
        self.turn = (index + 1) % segments;
        self.wanted = self.wanted.map(|wanted| wanted - 1);
        Some((index, item))
    }

    fn is_out_of_time(&mut self, context: &mut Context<'_>) -> bool {
        self.time.is_over(self.db.clock(), context)
    }

    pub(super) fn out_of_time(&self) -> Error {
        let message = "the time limit of the whole read passed; go on with its resume token, or raise `.time_limit(…)`";
        Error::new(ErrorKind::Exhausted, message).in_table(&self.plan.table)
    }
}

/// Sends the request for one page, again after failures that pass.
async fn fetch(db: Db, request: PageRequest, policy: Option<RetryPolicy>) -> Result<Page> {
    let mut asking = db.asking(
        policy,
        "Go on with the resume token later, or raise the RetryPolicy",
    );
    loop {
        match db.wire().page(&request, asking.request_time()).await {
            Ok(page) => {
                asking.answered();
                return Ok(page);
            }
            Err(failure) => {
                let again = asking.again_after(failure).await;
                again.map_err(|error| error.in_table(&request.table))?;
            }
        }
    }
}
