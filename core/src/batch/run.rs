//! One run: operations are taken from the source as room is made, and their chunks are kept in flight.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::{Context, Poll};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use super::filling::{Filling, MAX_OPERATIONS};
use super::operation::{Operation, Planned};
use super::report::{Account, Report, Stopped, Undone, Why};
use super::send::{Sender, Sent};
use super::source::Source;
use super::window::Window;
use super::writing::Fate;
use super::{Batch, Options};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::key::Target;
use crate::retry::{RunEnd, Span};

/// How many chunks there are for each place in the window: those that back off leave their place to others.
const CHUNKS_FOR_A_PLACE: usize = 2;

pub(super) struct Run {
    db: Db,
    source: Source,
    /// The source gives no more.
    ended: bool,
    filling: Filling,
    sender: Sender,
    running: FuturesUnordered<BoxFuture<'static, Sent>>,
    time: Span,
    account: Account,
    /// By key, what was taken and has no final answer.
    open: HashMap<Target, Vec<Operation>>,
    fatal: Option<Error>,
    options: Options,
}

enum Event {
    Settled(Sent),
    /// There is more to send, or room for more.
    Room,
    /// The source gives nothing now, and nothing is on its way.
    Idle,
    OutOfTime,
}

impl Run {
    pub(super) fn new(db: Db, source: Source, options: Options) -> Self {
        let sender = Sender {
            window: Window::new(options.concurrency),
            policy: options.policy,
            end: options
                .time_limit
                .and_then(|limit| RunEnd::new(limit, db.clock())),
            sole_writer: options.sole_writer,
            db: db.clone(),
        };
        Self {
            source,
            ended: false,
            filling: Filling::new(options.refuse_duplicates),
            sender,
            running: FuturesUnordered::new(),
            time: Span::new(options.time_limit.map(RunEnd::of_writes)),
            account: Account::new(options.keep_done),
            open: HashMap::new(),
            fatal: None,
            db,
            options,
        }
    }

    pub(super) async fn finish(mut self) -> Result<Report, Stopped> {
        loop {
            self.start(self.ended);
            if self.running.is_empty() && !self.takes() {
                // Operations that would wait for nothing.
                self.start(true);
                if self.running.is_empty() {
                    return self.close();
                }
            }
            match poll_fn(|context| self.poll(context)).await {
                Event::Room => {}
                Event::Settled(sent) => self.settle(sent),
                Event::Idle => self.start(true),
                Event::OutOfTime => self.stop(Error::new(
                    ErrorKind::Exhausted,
                    "the time limit of the whole run passed; go on with the report's `into_remaining()`, or raise \
                     `.time_limit(…)`",
                )),
            }
        }
    }

    fn takes(&self) -> bool {
        self.fatal.is_none() && !self.ended && self.filling.wants_more()
    }

    /// Whether another chunk may be sent: those that back off have left their places.
    fn has_room(&self) -> bool {
        self.running.len() < CHUNKS_FOR_A_PLACE * self.options.concurrency
            && self.sender.window.has_room()
    }

    /// Sends full chunks, or any.
    fn start(&mut self, any: bool) {
        while self.fatal.is_none()
            && self.has_room()
            && let Some(chunk) = self.filling.next(any)
        {
            let sending = self.sender.clone().send(chunk);
            self.running.push(Box::pin(sending));
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if self.fatal.is_none() && self.time.is_over(self.db.clock(), context) {
            return Poll::Ready(Event::OutOfTime);
        }
        if let Poll::Ready(Some(sent)) = self.running.poll_next_unpin(context) {
            return Poll::Ready(Event::Settled(sent));
        }
        if self.takes() {
            // Those in flight have their turn after as many as go into one request.
            for _ in 0..MAX_OPERATIONS {
                match self.source.poll_next_unpin(context) {
                    Poll::Ready(Some(planned)) => self.take(planned),
                    Poll::Ready(None) => {
                        self.ended = true;
                        break;
                    }
                    Poll::Pending if self.running.is_empty() && !self.filling.is_empty() => {
                        return Poll::Ready(Event::Idle);
                    }
                    Poll::Pending => return Poll::Pending,
                }
                if !self.takes() {
                    break;
                }
            }
            return Poll::Ready(Event::Room);
        }
        if self.fatal.is_none()
            && self.has_room()
            && (self.filling.is_full() || self.ended && !self.filling.is_empty())
        {
            return Poll::Ready(Event::Room);
        }
        Poll::Pending
    }

    fn take(&mut self, planned: Planned) {
        let added = planned.and_then(|operation| self.filling.add(operation));
        if let Err(undone) = added {
            self.account.undone(undone);
        }
    }

    fn settle(&mut self, sent: Sent) {
        for (operation, fate) in sent.fates {
            self.filling.settled(operation.target());
            self.keep(operation, fate);
        }
        if let Some(error) = sent.fatal {
            self.stop(error);
        }
    }

    fn keep(&mut self, operation: Operation, fate: Fate) {
        match fate {
            Ok(()) => {
                let target = operation.target();
                // Nothing is left to do of what came before.
                if !self.open.is_empty() {
                    self.open.remove(target);
                }
                self.account.done(target);
                if let Some(observer) = &mut self.options.observer {
                    observer.acknowledged(target.table(), target.key());
                }
            }
            Err(undone) => {
                if matches!(undone.why(), Why::Unprocessed | Why::Unknown) {
                    let open = self.open.entry(operation.target().clone());
                    open.or_default().push(operation);
                }
                self.account.undone(undone);
            }
        }
    }

    /// Takes and sends nothing more; what is on its way comes to its end.
    fn stop(&mut self, error: Error) {
        self.sender.window.close();
        self.fatal.get_or_insert(error);
    }

    fn close(mut self) -> Result<Report, Stopped> {
        for operation in std::mem::take(&mut self.filling).into_operations() {
            let unsent = Undone::unsent(operation.target());
            self.keep(operation, Err(unsent));
        }
        let open = self.open.into_values().flatten();
        self.source.put_before(open.map(Ok));
        let report = self.account.close(Batch {
            db: self.db,
            source: self.source,
            options: self.options,
        });
        match self.fatal {
            None => Ok(report),
            Some(error) => Err(Stopped::new(error, report)),
        }
    }
}
