use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::policy::Backoff;
use super::{Clock, Quota, RetryPolicy};

const MAX_RESERVE: Duration = Duration::from_secs(1);
/// Where a deadline is that lies beyond what the clock can hold: a year away.
const FAR: Duration = Duration::from_hours(8760);

/// What is left of a policy during one call.
pub(crate) struct Budget {
    clock: Arc<dyn Clock>,
    quota: Arc<Quota>,
    policy: RetryPolicy,
    started: Instant,
    /// When the last request must be over.
    deadline: Instant,
    /// Kept back for the read that settles a write in doubt.
    reserve: Duration,
    attempts: u32,
    /// Made with the first wait.
    backoff: Option<Backoff>,
    skipped_waits: u32,
    /// What the last retry took from the quota.
    drawn: Option<u32>,
    /// The quota refused a retry.
    out_of_quota: bool,
}

/// When a whole run must be over, and how much of its time is kept back for reads that settle writes in doubt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunEnd {
    end: Instant,
    reserve: Duration,
}

impl RunEnd {
    /// The end of a run that begins now; `None` where the clock cannot hold it.
    pub(crate) fn new(limit: Duration, clock: &dyn Clock) -> Option<Self> {
        let end = clock.now().checked_add(limit)?;
        let reserve = (limit / 10).min(MAX_RESERVE);
        Some(Self { end, reserve })
    }

    /// How long writes may be sent, of a time limit.
    pub(crate) fn of_writes(limit: Duration) -> Duration {
        limit.saturating_sub((limit / 10).min(MAX_RESERVE))
    }
}

/// Nothing is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Spent {
    #[error("the last attempt was made")]
    Attempts,
    #[error("the deadline passed")]
    Deadline,
    #[error(
        "the retry quota of this `Db` is used up: too many of its requests failed lately, and more of them would not help"
    )]
    Quota,
}

impl Budget {
    pub(crate) fn start(policy: RetryPolicy, clock: &Arc<dyn Clock>, quota: &Arc<Quota>) -> Self {
        let started = clock.now();
        let reserve = (policy.max_time() / 10).min(MAX_RESERVE);
        let deadline = started
            .checked_add(policy.max_time().saturating_sub(reserve))
            .unwrap_or_else(|| started + FAR);
        Self {
            clock: Arc::clone(clock),
            quota: Arc::clone(quota),
            policy,
            started,
            deadline,
            reserve,
            attempts: 0,
            backoff: None,
            skipped_waits: 0,
            drawn: None,
            out_of_quota: false,
        }
    }

    /// Ends it with the run that it is a part of, if that ends earlier.
    pub(crate) fn end_with(&mut self, run: RunEnd) {
        if run.end < self.deadline + self.reserve {
            self.reserve = self.reserve.min(run.reserve);
            self.deadline = run.end.checked_sub(self.reserve).unwrap_or(run.end);
        }
    }

    /// Whether there is time for another request.
    pub(crate) fn in_time(&self) -> Result<(), Spent> {
        if self.clock.now() < self.deadline {
            Ok(())
        } else {
            Err(Spent::Deadline)
        }
    }

    /// Whether another attempt is left, and time for it.
    pub(crate) fn has_more(&self) -> Result<(), Spent> {
        if self.attempts >= self.max_attempts() {
            return Err(Spent::Attempts);
        }
        self.in_time()
    }

    /// Takes one attempt.
    pub(crate) fn spend(&mut self) -> Result<(), Spent> {
        self.has_more()?;
        self.attempts += 1;
        Ok(())
    }

    /// The last request was sent: what was kept back for a read may be used.
    pub(crate) fn open_reserve(&mut self) {
        self.deadline += std::mem::take(&mut self.reserve);
    }

    /// No other write is sent: what was kept back is for reads, which are counted anew.
    pub(crate) fn begin_to_read(&mut self) {
        self.open_reserve();
        self.attempts = 0;
    }

    /// Takes what a retry costs from the quota. One that settles a write in doubt is never refused.
    pub(crate) fn draw(&mut self, cost: u32, settles: bool) -> Result<(), Spent> {
        if settles {
            self.quota.take_what_is_there(cost);
        } else if !self.quota.take(cost) {
            self.out_of_quota = true;
            return Err(Spent::Quota);
        }
        self.drawn = (cost > 0).then_some(cost);
        Ok(())
    }

    /// A request was answered: what its last retry took goes back, or a little.
    pub(crate) fn give_back(&mut self) {
        self.quota.give_back(self.drawn.take().unwrap_or(1));
    }

    /// Begins the waits where they would be after so many.
    pub(crate) fn skip_waits(&mut self, waits: u32) {
        self.skipped_waits = waits;
    }

    /// Waits for the next turn: at least `asked` (what the service asked for, up to the cap), at most until the deadline.
    pub(crate) async fn back_off(&mut self, asked: Option<Duration>) {
        let skipped = std::mem::take(&mut self.skipped_waits);
        let policy = self.policy;
        let backoff = self.backoff.get_or_insert_with(|| policy.backoff());
        let wait = backoff.nth(skipped as usize).unwrap_or_default();
        let wait = wait.max(asked.unwrap_or_default().min(policy.max_wait()));
        let until = self.deadline.min(self.clock.now() + wait);
        self.clock.sleep_until(until).await;
    }

    /// The end of one request that begins now.
    pub(crate) fn request_time(&self) -> TimeLimit {
        let now = self.clock.now();
        let end = now.checked_add(self.policy.max_attempt_time());
        TimeLimit {
            clock: Arc::clone(&self.clock),
            end: end.map_or(self.deadline, |end| end.min(self.deadline)),
        }
    }

    /// Runs `future` until the deadline.
    pub(crate) async fn within<F: Future>(&self, future: F) -> Result<F::Output, Spent> {
        let limit = TimeLimit {
            clock: Arc::clone(&self.clock),
            end: self.deadline,
        };
        limit
            .run(std::pin::pin!(future))
            .await
            .ok_or(Spent::Deadline)
    }

    /// Whether it was the quota that ended it.
    pub(crate) fn is_out_of_quota(&self) -> bool {
        self.out_of_quota
    }

    pub(crate) fn max_attempts(&self) -> u32 {
        self.policy.max_attempts()
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.started)
    }
}

/// When something must be over.
pub(crate) struct TimeLimit {
    clock: Arc<dyn Clock>,
    end: Instant,
}

impl TimeLimit {
    /// Runs `future` up to the limit; `None` if it was not ready by then.
    pub(crate) async fn run<F: Future>(&self, mut future: Pin<&mut F>) -> Option<F::Output> {
        // Made where it is needed: what is ready at once needs no timer.
        let mut sleep = None;
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let sleep = sleep.get_or_insert_with(|| self.clock.sleep_until(self.end));
            sleep.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::SystemClock;

    fn start(policy: RetryPolicy) -> Budget {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Budget::start(policy, &clock, &Arc::default())
    }

    #[test]
    fn a_deadline_beyond_all_clocks_is_far_away() {
        let policy = RetryPolicy::default().deadline(Duration::MAX);
        let budget = start(policy);
        assert_eq!(budget.has_more(), Ok(()));
        assert!(budget.deadline > Instant::now() + FAR / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_begins_at_the_deadline_and_a_tenth_at_most_a_second_is_kept() {
        for (whole, kept) in [(0, 0), (5_000, 500), (100_000, 1_000)] {
            let (whole, kept) = (Duration::from_millis(whole), Duration::from_millis(kept));
            let mut budget = start(RetryPolicy::default().deadline(whole));
            tokio::time::advance(whole.saturating_sub(kept)).await;
            assert_eq!(budget.in_time(), Err(Spent::Deadline));
            budget.open_reserve();
            assert_eq!(budget.in_time().is_ok(), kept > Duration::ZERO);
            tokio::time::advance(kept).await;
            assert_eq!(budget.in_time(), Err(Spent::Deadline));
            assert_eq!(budget.elapsed(), whole);
        }
    }

    #[test]
    fn an_answer_gives_back_what_its_retry_took_or_one() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        for (cost, left) in [(0, 101), (5, 100), (10, 100)] {
            let quota = Arc::new(Quota::default());
            quota.take_what_is_there(400);
            let mut budget = Budget::start(RetryPolicy::default(), &clock, &quota);
            budget.draw(cost, false).unwrap();
            budget.give_back();
            assert!(quota.take(left) && !quota.take(1), "{cost}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_begin_where_they_would_be_after_those_that_are_skipped() {
        let policy = RetryPolicy::default().base(Duration::from_millis(1));
        for skipped in [0, 20] {
            let mut longest = Duration::ZERO;
            for _ in 0..20 {
                let mut budget = start(policy);
                budget.skip_waits(skipped);
                let begun = budget.clock.now();
                budget.back_off(None).await;
                longest = longest.max(budget.clock.now() - begun);
            }
            assert_eq!(longest > Duration::from_millis(10), skipped > 0);
        }
    }
}
