use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How long, how often and how patiently a call is retried. It is the only policy there is: the retries of the SDK are off,
/// so one attempt is one request, and every wait is one of these.
///
/// A full-jitter exponential backoff ("Exponential Backoff and Jitter", AWS Architecture Blog): the nth wait is random
/// between zero and `base × 2ⁿ`, at most `cap`. Throttling, failures of the service, broken and silent connections, and
/// conflicts of a combinator are waited out alike.
///
/// ```
/// use std::time::Duration;
/// let patient = optimist::RetryPolicy::default().deadline(Duration::from_secs(120)).attempts(200);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    deadline: Duration,
    attempt_timeout: Duration,
    base: Duration,
    cap: Duration,
}

impl Default for RetryPolicy {
    /// 50 attempts of 3 s each, a deadline of 30 s, waits from 25 ms to 1 s.
    fn default() -> Self {
        Self {
            attempts: 50,
            deadline: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(3),
            base: Duration::from_millis(25),
            cap: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// One attempt: the first conflict or refusal is the answer. (A doubtful answer is still settled, which may take one
    /// more read.)
    #[must_use]
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// The most times that a write is sent, or a read is; at least 1.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            ..self
        }
    }

    /// The most time that a call may take, its wait for the item's lane included. The last tenth, at most a second, is kept
    /// for the read that settles a write in doubt.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The most time that one request may take. A connection that stays silent for so long is given up, and the request is
    /// sent again; a write is the same write, so that one of its copies can land at most.
    #[must_use]
    pub fn attempt_timeout(self, attempt_timeout: Duration) -> Self {
        Self {
            attempt_timeout,
            ..self
        }
    }

    /// The upper bound of the first wait.
    #[must_use]
    pub fn base(self, base: Duration) -> Self {
        Self { base, ..self }
    }

    /// The upper bound of every wait.
    #[must_use]
    pub fn cap(self, cap: Duration) -> Self {
        Self { cap, ..self }
    }

    /// The policy of a page where the caller sets none: it brings up to a megabyte, and may take ten times as long as one item.
    pub(crate) fn for_pages(self) -> Self {
        Self {
            deadline: self.deadline.saturating_mul(10),
            attempt_timeout: self.attempt_timeout.saturating_mul(10),
            ..self
        }
    }

    pub(super) fn max_attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn max_time(&self) -> Duration {
        self.deadline
    }

    pub(super) fn max_attempt_time(&self) -> Duration {
        self.attempt_timeout
    }

    pub(super) fn max_wait(&self) -> Duration {
        self.cap
    }

    /// The waits, without end.
    pub(super) fn backoff(&self) -> Backoff {
        let bounds = ExponentialBuilder::default()
            .with_min_delay(self.base.min(self.cap))
            .with_max_delay(self.cap)
            .with_factor(2.0)
            .without_max_times()
            .build();
        let random = fastrand::Rng::new();
        Backoff { bounds, random }
    }
}

/// Waits, each random between zero and a bound that grows.
#[derive(Debug)]
pub(super) struct Backoff {
    bounds: ExponentialBackoff,
    random: fastrand::Rng,
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let bound = self.bounds.next()?;
        Some(bound.mul_f64(self.random.f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_random_and_capped() {
        let policy = RetryPolicy::default();
        let waits: Vec<_> = policy.backoff().take(1000).collect();
        assert_eq!(waits.len(), 1000);
        assert!(waits.iter().all(|w| *w <= Duration::from_secs(1)));
        assert!(waits[0] <= Duration::from_millis(25));
        let (low, high) = (Duration::from_millis(300), Duration::from_millis(700));
        assert!(waits.iter().any(|w| *w < low) && waits.iter().any(|w| *w > high));
    }

    #[test]
    fn a_cap_below_the_base_holds() {
        let policy = RetryPolicy::default()
            .base(Duration::from_secs(5))
            .cap(Duration::from_millis(1));
        assert!(
            policy
                .backoff()
                .take(10)
                .all(|w| w <= Duration::from_millis(1))
        );
    }

    #[test]
    fn an_option_sets_its_own_bound_and_a_page_may_take_ten_times_as_long() {
        let seconds = Duration::from_secs;
        let policy = RetryPolicy::default()
            .attempts(7)
            .deadline(seconds(60))
            .attempt_timeout(seconds(6))
            .base(seconds(2))
            .cap(seconds(4));
        let set = RetryPolicy {
            attempts: 7,
            deadline: seconds(60),
            attempt_timeout: seconds(6),
            base: seconds(2),
            cap: seconds(4),
        };
        assert_eq!(policy, set);
        let pages = RetryPolicy {
            deadline: seconds(600),
            attempt_timeout: seconds(60),
            ..set
        };
        assert_eq!(policy.for_pages(), pages);
    }
}
