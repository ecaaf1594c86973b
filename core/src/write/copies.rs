//! The copies of one write: sent until one is answered, or none may follow.

use std::time::{Duration, Instant, SystemTime};

use super::Call;
use crate::error::Source;
use crate::lock::fresh_uuid;
use crate::retry::{Clock, Spent};
use crate::value::Item;
use crate::wire::{Answer, Failure, WriteRequest};

/// What may follow a copy that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Delivery {
    /// Nothing: another copy could be carried out too.
    #[default]
    Once,
    /// Another copy: at most one of them can land, or twice does no harm.
    Again,
    /// Another copy: all are transactions of one item with one client request token.
    ExactlyOnce,
}

/// The copies of a write that may have been carried out.
pub(super) struct Copies {
    delivery: Delivery,
    token: Option<Token>,
    pub(super) sent: u32,
    /// One of them was not answered.
    pub(super) unanswered: bool,
    /// What the last of them came to, if it failed.
    pub(super) last: Option<Failure>,
}

/// What became of the last copy.
pub(super) enum Ended {
    Done(Option<Item>),
    Refused {
        image: Option<Item>,
        source: Source,
    },
    /// It failed, and no other may follow.
    Spent(Spent),
}

impl Copies {
    pub(super) fn new(delivery: Delivery, clock: &dyn Clock) -> Self {
        Self {
            delivery,
            token: (delivery == Delivery::ExactlyOnce).then(|| Token::new(clock)),
            sent: 0,
            unanswered: false,
            last: None,
        }
    }

    /// The same write goes on under another condition. What was answered for sure is over and done with.
    pub(super) fn go_on(&mut self) {
        if self.answered_once() {
            self.sent = 0;
        }
    }

    pub(super) fn answered_once(&self) -> bool {
        self.sent == 1 && !self.unanswered
    }

    /// Whether DynamoDB may have forgotten the token of a copy that nobody answered: then another can be carried out too.
    fn is_late(&self, clock: &dyn Clock) -> bool {
        let token = self.token.as_ref().filter(|_| self.unanswered);
        token.is_some_and(|token| token.age(clock) > TOKEN_WINDOW)
    }
}

impl Call {
    /// Sends copies of a write until one is answered, or no other may follow.
    pub(super) async fn send(&mut self, request: &WriteRequest, copies: &mut Copies) -> Ended {
        let judged = self.is_in_lane();
        copies.last = None;
        loop {
            if let Err(spent) = self.budget.spend() {
                return Ended::Spent(spent);
            }
            if copies.is_late(self.db.clock()) {
                return Ended::Spent(Spent::Deadline);
            }
            // Should this future be dropped while the copy is under way.
            self.in_doubt = judged;
            let (wire, limit) = (self.db.wire(), self.budget.request_time());
            let answer = match &copies.token {
                None => wire.write(request, limit).await,
                Some(token) => wire.transact(request, &token.text, limit).await,
            };
            let late = copies.is_late(self.db.clock());
            let failure = match answer {
                // A machine that slept finds its token forgotten: two copies may have been carried out.
                Answer::Done(_) if late => return Ended::Spent(Spent::Deadline),
                Answer::Done(item) => {
                    self.in_doubt = false;
                    self.budget.give_back();
                    return Ended::Done(item);
                }
                Answer::Refused { image, source } => {
                    self.budget.give_back();
                    copies.sent += 1;
                    copies.last = None;
                    return Ended::Refused { image, source };
                }
                Answer::Failed(failure) => failure,
            };
            if failure.kind.is_doubt() {
                copies.sent += 1;
                copies.unanswered = true;
            }
            self.in_doubt = judged && copies.sent > 0;
            let again = if late || copies.unanswered && copies.delivery == Delivery::Once {
                Err(Spent::Attempts)
            } else {
                self.send_again(&failure, copies.sent > 0)
            };
            let wait = failure.retry_after;
            copies.last = Some(failure);
            if let Err(spent) = again {
                return Ended::Spent(spent);
            }
            self.budget.back_off(wait).await;
        }
    }
}

/// DynamoDB knows a client request token for ten minutes.
const TOKEN_WINDOW: Duration = Duration::from_mins(9);

/// A client request token, and when it was made, by both clocks: the monotonic one stands still while a machine is
/// suspended, and the wall clock may be set back.
struct Token {
    text: String,
    monotonic: Instant,
    wall: SystemTime,
}

impl Token {
    fn new(clock: &dyn Clock) -> Self {
        Self {
            text: fresh_uuid().to_string(),
            monotonic: clock.now(),
            wall: clock.wall(),
        }
    }

    /// Its age by the clock that says more.
    fn age(&self, clock: &dyn Clock) -> Duration {
        let by_wall = clock.wall().duration_since(self.wall).unwrap_or_default();
        clock
            .now()
            .saturating_duration_since(self.monotonic)
            .max(by_wall)
    }
}
