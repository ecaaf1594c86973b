//! Writes that depend on no read: they have no lock condition to be judged by, take no lane, and are not sent again after
//! an ambiguous failure, unless a client request token makes every copy the same write, or the caller says that twice is as
//! good as once.

use std::time::{Duration, Instant, SystemTime};

use super::Call;
use crate::error::{Error, ErrorKind, Result, Source as Cause};
use crate::lock::fresh_uuid;
use crate::value::Item;
use crate::wire::{Answer, WriteRequest};

/// How a blind write is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Delivery {
    /// As it is; an ambiguous failure is the end.
    #[default]
    Once,
    /// As it is, again until it is answered: twice does no harm.
    Idempotent,
    /// As a transaction of one item with a client request token, again until it is answered.
    ExactlyOnce,
}

/// DynamoDB knows a client request token for ten minutes; no answer of a later copy tells anything.
const TOKEN_WINDOW: Duration = Duration::from_mins(9);

/// What became of a blind write, known.
pub(crate) enum Blind {
    Done(Option<Item>),
    /// Its condition did not hold.
    Refused(Option<Item>, Cause),
}

impl Call {
    /// Sends a blind write; refusals that pass are waited out.
    ///
    /// # Errors
    /// `OutcomeUnknown` after an ambiguous failure, `Exhausted` and `Service` where nothing was written.
    pub(crate) async fn send_blindly(
        &mut self,
        request: &WriteRequest,
        delivery: Delivery,
    ) -> Result<Blind> {
        let token = (delivery == Delivery::ExactlyOnce).then(|| fresh_uuid().to_string());
        let window = Window::opens(self.db.clock().now(), self.db.clock().wall());
        let (mut doubtful, mut last) = (false, None);
        loop {
            let closed = doubtful && token.is_some() && self.is_over(&window);
            if let Err(spent) = self.budget.spend() {
                return Err(match last {
                    Some(failure) if !doubtful => self.gave_up(spent, Some(failure)),
                    None => self.gave_up(spent, None),
                    Some(failure) => self.blindly_unknown(request, delivery, failure.source),
                });
            }
            if let (true, Some(failure)) = (closed, last.take()) {
                return Err(self.blindly_unknown(request, delivery, failure.source));
            }
            let (wire, limit) = (self.db.wire(), self.budget.request_time());
            let answer = match &token {
                None => wire.write(request, limit).await,
                Some(token) => wire.transact(request, token, limit).await,
            };
            // A machine that slept finds its token forgotten: the copy before may have been carried out, and this one too.
            let late = doubtful && token.is_some() && self.is_over(&window);
            match answer {
                Answer::Done(item) if !late => {
                    self.budget.give_back();
                    return Ok(Blind::Done(item));
                }
                Answer::Done(_) => {
                    let slept = "the client request token was forgotten before the answer came";
                    return Err(self.blindly_unknown(request, delivery, slept.into()));
                }
                Answer::Refused { image, source } if !doubtful => {
                    self.budget.give_back();
                    // Some engines send no image with a refusal; then a read tells a missing item from a false condition.
                    let image = match image {
                        Some(image) => Some(image),
                        None => self.read(true).await?,
                    };
                    return Ok(Blind::Refused(image, source));
                }
                Answer::Refused { source, .. } => {
                    return Err(self.blindly_unknown(request, delivery, source));
                }
                Answer::Failed(failure) => {
                    doubtful |= failure.kind.is_doubt();
                    if late || doubtful && delivery == Delivery::Once {
                        return Err(self.blindly_unknown(request, delivery, failure.source));
                    }
                    if let Err(spent) = self.send_again(&failure, doubtful) {
                        return Err(if doubtful {
                            self.blindly_unknown(request, delivery, failure.source)
                        } else {
                            self.gave_up(spent, Some(failure))
                        });
                    }
                    self.budget.back_off(failure.retry_after).await;
                    last = Some(failure);
                }
            }
        }
    }

    fn is_over(&self, window: &Window) -> bool {
        let clock = self.db.clock();
        window.age(clock.now(), clock.wall()) > TOKEN_WINDOW
    }

    fn blindly_unknown(&self, request: &WriteRequest, delivery: Delivery, cause: Cause) -> Error {
        let operation = request.name();
        let advice = match delivery {
            Delivery::Once => {
                "an answer was lost, and a blind write leaves nothing to know it by. Read the item and decide; with \
                 `.exactly_once()` it is sent again until it is answered"
            }
            Delivery::Idempotent | Delivery::ExactlyOnce => {
                "it was sent again until the policy, or the time for which DynamoDB knows its token, was over, and a copy \
                 of it was never answered. Read the item and decide"
            }
        };
        let message = format!("{operation} may have been carried out or may yet be: {advice}");
        self.tried(Error::new(ErrorKind::OutcomeUnknown, message))
            .because(cause)
    }
}

/// When the first copy was sent, by both clocks: the monotonic one stands still while a machine is suspended, and the wall
/// clock may be set back.
struct Window {
    monotonic: Instant,
    wall: SystemTime,
}

impl Window {
    fn opens(monotonic: Instant, wall: SystemTime) -> Self {
        Self { monotonic, wall }
    }

    /// How long it has been open, by the clock that says more.
    fn age(&self, monotonic: Instant, wall: SystemTime) -> Duration {
        let by_wall = wall.duration_since(self.wall).unwrap_or_default();
        monotonic
            .saturating_duration_since(self.monotonic)
            .max(by_wall)
    }
}
