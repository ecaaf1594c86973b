//! Writes that depend on no read: they have no lock condition to be judged by, and take no lane.

use super::Call;
use super::copies::{Copies, Delivery, Ended};
use crate::error::{Error, ErrorKind, Result, Source};
use crate::value::Item;
use crate::wire::WriteRequest;

/// What became of a blind write, known.
pub(crate) enum Blind {
    Done(Option<Item>),
    /// Its condition did not hold.
    Refused(Option<Item>, Source),
}

impl Call {
    /// Sends a blind write; refusals that pass are waited out.
    ///
    /// # Errors
    /// `OutcomeUnknown` after a copy that nobody answered, `Exhausted` and `Service` where nothing was written.
    pub(crate) async fn send_blindly(
        &mut self,
        request: &WriteRequest,
        delivery: Delivery,
    ) -> Result<Blind> {
        let mut copies = Copies::new(delivery, self.db.clock());
        let cause = match self.send(request, &mut copies).await {
            Ended::Done(item) => return Ok(Blind::Done(item)),
            Ended::Refused { image, source } if !copies.unanswered => {
                // Some engines send no image with a refusal; then a read tells a missing item from a false condition.
                let image = match image {
                    Some(image) => Some(image),
                    None => self.read(true).await?,
                };
                return Ok(Blind::Refused(image, source));
            }
            Ended::Refused { source, .. } => Some(source),
            Ended::Spent(spent) if !copies.unanswered => {
                return Err(self.gave_up(spent, copies.last));
            }
            Ended::Spent(_) => copies.last.map(|failure| failure.source),
        };
        let advice = match delivery {
            Delivery::Once => {
                "an answer was lost, and a blind write leaves nothing to know it by. Read the item and decide; with \
                 `.exactly_once()` it is sent again until it is answered"
            }
            Delivery::Again | Delivery::ExactlyOnce => {
                "a copy of it was never answered, and it was sent again until the policy, or the time for which DynamoDB \
                 knows its token, was over. Read the item and decide"
            }
        };
        let operation = request.name();
        let message = format!("{operation} may have been carried out or may yet be: {advice}");
        let error = self.tried(Error::new(ErrorKind::OutcomeUnknown, message));
        Err(error.caused_by(cause))
    }
}
