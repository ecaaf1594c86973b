use std::pin::Pin;
use std::task::Context;
use std::time::{Duration, Instant};

use super::Clock;

/// The bound of a whole stream. It begins with the first poll.
pub(crate) enum Span {
    Unbounded,
    NotBegun(Duration),
    Until(Instant, Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Span {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        limit.map_or(Self::Unbounded, Self::NotBegun)
    }

    /// Whether it is over; if not, the task is woken when it is.
    pub(crate) fn is_over(&mut self, clock: &dyn Clock, context: &mut Context<'_>) -> bool {
        if let Self::NotBegun(limit) = *self {
            *self = match clock.now().checked_add(limit) {
                Some(end) => Self::Until(end, clock.sleep_until(end)),
                None => Self::Unbounded,
            };
        }
        match self {
            Self::Until(end, sleep) => {
                clock.now() >= *end || sleep.as_mut().poll(context).is_ready()
            }
            _ => false,
        }
    }
}
