use std::time::Duration;

use tokio::time::Instant;

use super::RetryPolicy;

const MOST_RESERVE: Duration = Duration::from_secs(1);

/// What is left of a policy during one call.
pub(crate) struct Budget {
    started: Instant,
    /// When the last request must be over.
    deadline: Instant,
    /// Kept back for the read that settles a write in doubt.
    reserve: Duration,
    attempts: u32,
    most_attempts: u32,
    backoff: Box<dyn Iterator<Item = Duration> + Send + Sync>,
}

/// No attempt, or no time, is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Spent {
    #[error("the last attempt was made")]
    Attempts,
    #[error("the deadline passed")]
    Deadline,
}

impl Budget {
    pub(crate) fn start(policy: &RetryPolicy) -> Self {
        let started = Instant::now();
        let reserve = (policy.most_time() / 10).min(MOST_RESERVE);
        // A deadline beyond what the clock can hold is a year away.
        let deadline = started
            .checked_add(policy.most_time().saturating_sub(reserve))
            .unwrap_or_else(|| started + Duration::from_hours(24 * 365));
        Self {
            started,
            deadline,
            reserve,
            attempts: 0,
            most_attempts: policy.most_attempts(),
            backoff: Box::new(policy.backoff()),
        }
    }

    /// What is used up, if anything is.
    pub(crate) fn spent(&self) -> Option<Spent> {
        if self.attempts >= self.most_attempts {
            Some(Spent::Attempts)
        } else if Instant::now() >= self.deadline {
            Some(Spent::Deadline)
        } else {
            None
        }
    }

    /// Takes one attempt.
    pub(crate) fn spend(&mut self) -> Result<(), Spent> {
        if let Some(spent) = self.spent() {
            return Err(spent);
        }
        self.attempts += 1;
        Ok(())
    }

    /// The last request was sent: what was kept back for a read may be used.
    pub(crate) fn open_reserve(&mut self) {
        self.deadline += std::mem::take(&mut self.reserve);
    }

    /// Begins the waits where they would be after so many.
    pub(crate) fn skip_waits(&mut self, waits: u32) {
        for _ in 0..waits {
            self.backoff.next();
        }
    }

    /// Waits for the next turn, at most until the deadline.
    pub(crate) async fn back_off(&mut self) {
        let wait = self.backoff.next().unwrap_or_default();
        tokio::time::sleep_until(self.deadline.min(Instant::now() + wait)).await;
    }

    /// Runs `future` until the deadline.
    pub(crate) async fn within<F: Future>(&self, future: F) -> Result<F::Output, Spent> {
        tokio::time::timeout_at(self.deadline, future)
            .await
            .map_err(|_| Spent::Deadline)
    }

    pub(crate) fn most_attempts(&self) -> u32 {
        self.most_attempts
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
