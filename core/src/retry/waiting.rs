use std::sync::Arc;
use std::time::{Duration, Instant};

use super::policy::Backoff;
use super::{Clock, RetryPolicy, Spent};

/// Waits of a policy for something that others do, up to an end.
pub(crate) struct Waiting {
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    /// `None` where the clock cannot hold it.
    end: Option<Instant>,
}

impl Waiting {
    pub(crate) fn new(policy: &RetryPolicy, within: Duration, clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            backoff: policy.backoff(),
            end: clock.now().checked_add(within),
        }
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        let left = |end: Instant| end.saturating_duration_since(self.clock.now());
        self.end.map_or(Duration::MAX, left)
    }

    /// Waits for the next look.
    ///
    /// # Errors
    /// No time is left.
    pub(crate) async fn again(&mut self) -> Result<(), Spent> {
        let wait = self.backoff.next().unwrap_or_default().min(self.left());
        self.clock.sleep_until(self.clock.now() + wait).await;
        if self.left().is_zero() {
            return Err(Spent::Deadline);
        }
        Ok(())
    }
}
