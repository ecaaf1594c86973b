//! Sends the operations of one chunk until it is known of each what became of it.

use super::Terms;
use super::chunk::Chunk;
use super::operation::Operation;
use super::report::{Undone, Why};
use super::window::Window;
use super::writing::{Fate, Part, Writing};
use crate::db::{Asking, Db};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{RetryPolicy, RunEnd};
use crate::value::Item;
use crate::wire::{Failure, FailureKind};
use crate::write::{Blind, Call, Delivery};

const ADVICE: &str = "Nothing of it was written: go on with the report's `into_remaining()` later, or raise the RetryPolicy";
const NOTHING: &str = "all was left unprocessed";

/// Sends chunks, in a window that all of them share.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) db: Db,
    pub(super) window: Window,
    pub(super) policy: Option<RetryPolicy>,
    pub(super) end: Option<RunEnd>,
    /// Nobody else writes the keys: what is in doubt may be sent again.
    pub(super) sole_writer: bool,
}

/// What became of a chunk.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) fates: Vec<(Operation, Fate)>,
    /// The run must stop.
    pub(super) fatal: Option<Error>,
}

/// What may follow a part that was sent.
enum Next {
    /// Nothing: it is settled, or will not be sent again.
    Over,
    /// The same part, or what is left of it.
    Again(Part),
}

impl Sender {
    pub(super) async fn send(self, mut chunk: Vec<Operation>) -> Sent {
        // What goes alone is a chunk of its own.
        let mut read_only = false;
        if let [operation] = &mut *chunk
            && operation.goes_alone()
        {
            if self.sole_writer || !operation.in_doubt {
                let (fate, fatal) = self.send_singly(operation).await;
                if !is_unknown(&fate) {
                    let fates = chunk.into_iter().zip([fate]).collect();
                    return Sent { fates, fatal };
                }
                operation.in_doubt = true;
            }
            read_only = true;
        }
        let mut sending = Sending {
            writing: Writing::new(chunk, self.sole_writer && !read_only),
            asking: self.asking(),
            sender: self,
            fatal: None,
        };
        while let Some(part) = sending.writing.next_part() {
            sending.asking = sending.sender.asking();
            let mut next = Next::Again(part);
            while let Next::Again(part) = next {
                next = sending.send(part).await;
            }
        }
        sending.read_back().await;
        Sent {
            fates: sending.writing.into_fates().collect(),
            fatal: sending.fatal,
        }
    }

    fn asking(&self) -> Asking {
        let mut asking = self.db.asking(self.policy, ADVICE);
        asking.end_with(self.end);
        asking
    }

    /// Sends an operation that no batch can hold, as the verb on one item does. An error of its own must stop the run.
    async fn send_singly(&self, operation: &mut Operation) -> (Fate, Option<Error>) {
        let target = operation.target().clone();
        let Some(place) = self.window.enter().await else {
            return (Err(Undone::unsent(&target)), None);
        };
        let request = match operation.request() {
            Ok(request) => request,
            Err(error) => return (Err(Undone::new(Why::Refused, error.at(&target))), None),
        };
        let mut call = Call::new(&self.db, operation.schema(), target, self.policy);
        call.end_with(self.end);
        let delivery = if self.sole_writer {
            Delivery::Again
        } else {
            Delivery::Once
        };
        let outcome = call
            .send_blindly(&request, delivery, operation.expired)
            .await;
        if call.was_tried_again() {
            place.throttled();
        } else {
            place.went_through();
        }
        match outcome {
            Ok(outcome) => (refused(outcome, operation, &call), None),
            Err(error) => self.failed(error, &call),
        }
    }

    /// A single write came to nothing, or to nobody knows what.
    fn failed(&self, error: Error, call: &Call) -> (Fate, Option<Error>) {
        let why = match error.kind() {
            ErrorKind::OutcomeUnknown => Why::Unknown,
            ErrorKind::Service if error.is_about_content() => Why::Refused,
            ErrorKind::Service | ErrorKind::Exhausted
                if error.is_service() || call.is_out_of_quota() =>
            {
                self.window.close();
                let [fatal, error] = error.twice();
                return (Err(Undone::new(Why::Unprocessed, error)), Some(fatal));
            }
            _ => Why::Unprocessed,
        };
        (Err(Undone::new(why, error)), None)
    }
}

fn is_unknown(fate: &Fate) -> bool {
    fate.as_ref()
        .is_err_and(|undone| undone.why() == Why::Unknown)
}

/// What a single write that was answered came to.
fn refused(outcome: Blind, operation: &Operation, call: &Call) -> Fate {
    let Blind::Refused(image, cause) = outcome else {
        return Ok(());
    };
    let why = (operation.stands_in_the_way)(image.as_ref()).unwrap_or_else(|| {
        let message = "an item that is not this entity's stands under the key; nothing was written";
        Error::new(ErrorKind::ConditionRefused, message)
    });
    let error = call.named(why).showing(image).because(cause);
    Err(Undone::new(Why::Refused, error))
}

/// One chunk on its way.
struct Sending {
    sender: Sender,
    writing: Writing,
    asking: Asking,
    fatal: Option<Error>,
}

impl Sending {
    /// Sends a part once, and waits where another copy may follow.
    async fn send(&mut self, mut part: Part) -> Next {
        let place = match self.asking.turn(self.sender.window.enter()).await {
            Ok(Some(place)) => place,
            // The run has stopped: what was not sent is told so in the end.
            Ok(None) => return Next::Over,
            Err(error) => return self.give_up(&part, error),
        };
        let requests = self.writing.requests(&mut part);
        if requests.is_empty() {
            return Next::Over;
        }
        let wire = self.sender.db.wire();
        let answer = wire.batch_write(requests, self.asking.request_time()).await;
        let failure = match answer {
            Ok(left) => match self.writing.take(&part, &left) {
                Some(left) if left.is_empty() => {
                    self.asking.answered();
                    place.went_through();
                    return Next::Over;
                }
                Some(left) => {
                    self.asking.answered();
                    place.throttled();
                    return self.go_on(part, left).await;
                }
                None => Failure::unlike_what_was_asked(),
            },
            Err(failure) => failure,
        };
        match failure.kind {
            FailureKind::Throttled => place.throttled(),
            _ => drop(place),
        }
        if failure.is_about_content() {
            self.asking.answered();
            let missing = failure.is_missing_table();
            let error = Error::service(failure.reply.as_ref());
            let error = error.replied(failure.reply).because(failure.source);
            self.writing.refuse(part, error, missing);
            return Next::Over;
        }
        if failure.kind.is_doubt() {
            self.writing.doubt(&part);
            if !self.sender.sole_writer {
                self.asking.lost(failure.kind);
                self.writing.lost(failure.source);
                return Next::Over;
            }
            self.asking.settles();
        }
        let is_final = failure.kind == FailureKind::Final;
        match self.asking.again_after(failure).await {
            Ok(()) => Next::Again(part),
            Err(error) if is_final || error.is_service() || self.asking.is_out_of_quota() => {
                self.stop(&part, error)
            }
            Err(error) => self.give_up(&part, error),
        }
    }

    /// Waits before what is left of a part is sent again.
    async fn go_on(&mut self, part: Part, left: Part) -> Next {
        let again = if left.len() < part.len() {
            self.asking = self.sender.asking();
            self.asking.go_on().await
        } else {
            self.asking.again_after_nothing(NOTHING).await
        };
        match again {
            Ok(()) => Next::Again(left),
            Err(error) => self.give_up(&left, error),
        }
    }

    fn give_up(&mut self, part: &Part, error: Error) -> Next {
        self.writing.give_up(part, Why::Unprocessed, error);
        Next::Over
    }

    /// No other request would fare better.
    fn stop(&mut self, part: &Part, error: Error) -> Next {
        self.sender.window.close();
        let [fatal, error] = error.twice();
        self.fatal.get_or_insert(fatal);
        self.give_up(part, error)
    }

    /// Reads what is in doubt.
    async fn read_back(&mut self) {
        for part in self.writing.in_doubt() {
            self.asking.begin_to_read();
            match self.read(&part).await {
                Ok(images) => self.writing.judge(&part, images),
                Err(error) => self.writing.stay_unknown(&part, error),
            }
        }
    }

    async fn read(&mut self, part: &Part) -> Result<impl Iterator<Item = Option<Item>> + use<>> {
        let terms = Terms {
            consistent: true,
            ..Terms::default()
        };
        let mut chunk = Chunk::new(&self.writing.targets(part));
        while let Some(request) = chunk.request(&terms) {
            let limit = self.asking.request_time();
            match self.sender.db.wire().batch_get(request, limit).await {
                Ok(answer) => {
                    self.asking.answered();
                    if !chunk.take(answer)? {
                        self.asking.again_after_nothing(NOTHING).await?;
                    }
                }
                Err(failure) => self.asking.again_after(failure).await?,
            }
        }
        Ok(chunk.into_found().map(|(_, image)| image))
    }
}
