//! Writes that depend on no read: they have no lock condition to be judged by, and take no lane.

use super::Call;
use super::copies::{Copies, Delivery, Ended};
use super::plan_blind::remove_expired;
use crate::entity::Expiry;
use crate::error::{Error, ErrorKind, Result, Source};
use crate::value::Item;
use crate::wire::WriteRequest;

/// What became of a blind write, known.
pub(crate) enum Blind {
    Done(Option<Item>),
    /// Its condition did not hold.
    Refused(Option<Item>, Source),
}

/// What an item that has expired is to a blind write of an entity that hides it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expired {
    /// The write has no eye for it, or the entity hides nothing.
    Counts,
    /// No item, and the write needs one.
    Missing(Expiry),
    /// No item, and the write begins with none: it is removed first, as DynamoDB does at any time.
    Removed(Expiry),
}

impl Call {
    /// Sends a blind write; refusals that pass are waited out. An item that has expired is what `expired` says.
    ///
    /// # Errors
    /// `OutcomeUnknown` after a copy that nobody answered, `Exhausted` and `Service` where nothing was written.
    pub(crate) async fn send_blindly(
        &mut self,
        request: &WriteRequest,
        delivery: Delivery,
        expired: Expired,
    ) -> Result<Blind> {
        let mut copies = Copies::new(delivery, self.db.clock());
        let cause = loop {
            let (image, source) = match self.send(request, &mut copies).await {
                Ended::Done(item) => return Ok(Blind::Done(item)),
                Ended::Refused { image, source } if !copies.unanswered => (image, source),
                Ended::Refused { source, .. } => break Some(source),
                Ended::Spent(spent) if !copies.unanswered => {
                    return Err(self.gave_up(spent, copies.last));
                }
                Ended::Spent(_) => break copies.last.map(|failure| failure.source),
            };
            // Some engines send no image with a refusal; then a read tells a missing item from a false condition.
            let image = match image {
                Some(image) => Some(image),
                None => self.read_to(true, false).await?,
            };
            match (expired, image) {
                (Expired::Missing(expiry), Some(image)) if expiry.is_past(&image) => {
                    return Ok(Blind::Refused(None, source));
                }
                // Under the same token, if it has one: of all its copies one is carried out.
                (Expired::Removed(expiry), Some(image)) if expiry.is_past(&image) => {
                    self.remove_expired(&image, expiry).await?;
                }
                (_, image) => return Ok(Blind::Refused(image, source)),
            }
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

    /// Removes an item that has expired, if it is still as the image shows it. Whether or not it was: what comes next finds
    /// out.
    async fn remove_expired(&mut self, image: &Item, expiry: Expiry) -> Result<()> {
        let request = remove_expired(self.schema, &self.target, image, expiry);
        let request = request.map_err(|error| self.named(error))?;
        let mut copies = Copies::new(Delivery::Again, self.db.clock());
        match self.send(&request, &mut copies).await {
            Ended::Done(_) | Ended::Refused { .. } => Ok(()),
            Ended::Spent(spent) => Err(self.gave_up(spent, copies.last)),
        }
    }
}
