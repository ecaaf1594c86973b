//! Writes that depend on no read: they have no lock condition to be judged by, take no lane, and are not sent again after
//! an ambiguous failure, unless a client request token makes every copy the same write.

use std::time::Duration;

use uuid::Uuid;

use super::read::{exhausted, service};
use crate::db::{Db, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Budget, RetryPolicy};
use crate::value::Item;
use crate::wire::{self, Answer, Failure, WriteRequest};

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// How a blind write is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// As it is; an ambiguous failure is the end.
    Once,
    /// As a transaction of one item with a client request token, again until it is answered.
    ExactlyOnce,
}

/// DynamoDB knows a client request token for ten minutes; no copy may be sent after that.
const TOKEN_WINDOW: Duration = Duration::from_mins(9);

/// What became of a blind write, known.
pub(super) enum Outcome {
    Done(Option<Item>),
    /// Its condition did not hold.
    Refused(Option<Item>, Cause),
}

/// Sends a blind write; refusals that pass are waited out.
///
/// # Errors
/// `OutcomeUnknown` after an ambiguous failure, `Exhausted` and `Service` where nothing was written.
pub(super) async fn send(
    db: &Db,
    target: &Target,
    request: &WriteRequest,
    delivery: Delivery,
    policy: &RetryPolicy,
) -> Result<Outcome> {
    let policy = match delivery {
        Delivery::Once => *policy,
        Delivery::ExactlyOnce => policy.at_most(TOKEN_WINDOW),
    };
    let mut budget = Budget::start(&policy);
    let token = Uuid::new_v4().to_string();
    let (mut doubtful, mut cause) = (false, None);
    loop {
        if let Err(spent) = budget.spend() {
            return Err(if doubtful {
                unknown(target, request, cause, &budget)
            } else {
                exhausted(target, spent, cause, &budget)
            });
        }
        let attempt = async {
            match delivery {
                Delivery::Once => wire::write(db.client(), &target.table, request).await,
                Delivery::ExactlyOnce => {
                    wire::transact(db.client(), &target.table, request, &token).await
                }
            }
        };
        cause = Some(match budget.within(attempt).await {
            Err(_) => return Err(unknown(target, request, cause, &budget)),
            Ok(Answer::Done(item)) => return Ok(Outcome::Done(item)),
            Ok(Answer::Refused {
                image,
                doubtful: 0,
                source,
            }) if !doubtful => return Ok(Outcome::Refused(image, source)),
            Ok(Answer::Refused { source, .. }) => {
                return Err(unknown(target, request, Some(source), &budget));
            }
            Ok(Answer::Failed(Failure::Ambiguous { source })) => {
                doubtful = true;
                if delivery == Delivery::Once {
                    return Err(unknown(target, request, Some(source), &budget));
                }
                source
            }
            Ok(Answer::Failed(Failure::Transient { source })) => source,
            Ok(Answer::Failed(Failure::Final { source })) if doubtful => {
                return Err(unknown(target, request, Some(source), &budget));
            }
            Ok(Answer::Failed(Failure::Final { source })) => return Err(service(target, source)),
        });
        budget.back_off().await;
    }
}

fn unknown(
    target: &Target,
    request: &WriteRequest,
    cause: Option<Cause>,
    budget: &Budget,
) -> Error {
    let message = format!(
        "{} may have been carried out or may yet be: an answer was lost, and a blind write leaves nothing to know it by. \
         Read the item and decide; with `.exactly_once()` it is sent again until it is answered",
        request.name()
    );
    let error = target
        .blame(Error::new(ErrorKind::OutcomeUnknown, message))
        .after(budget.attempts(), budget.elapsed());
    match cause {
        Some(cause) => error.because(cause),
        None => error,
    }
}
