use std::sync::atomic::{AtomicU32, Ordering};

/// What the retries of one `Db` may cost together, so that an outage is not multiplied: failures draw from it, successes give
/// back ("Retry behavior", AWS SDKs and Tools reference guide: the retry quota of standard mode).
#[derive(Debug)]
pub(crate) struct Quota(AtomicU32);

const MAX_QUOTA: u32 = 500;

impl Default for Quota {
    fn default() -> Self {
        Self(AtomicU32::new(MAX_QUOTA))
    }
}

impl Quota {
    /// Takes the cost of a retry; `false` if it is not there, and then nothing is taken.
    pub(crate) fn take(&self, cost: u32) -> bool {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(cost)
            });
        taken.is_ok()
    }

    /// Takes the cost of a retry that is never refused: as much of it as is there.
    pub(crate) fn take_what_is_there(&self, cost: u32) {
        self.update(|left| left.saturating_sub(cost));
    }

    pub(crate) fn give_back(&self, cost: u32) {
        // A full quota is not written to: calls that succeed do not contend for it.
        if self.0.load(Ordering::Relaxed) < MAX_QUOTA {
            self.update(|left| (left + cost).min(MAX_QUOTA));
        }
    }

    fn update(&self, change: impl Fn(u32) -> u32) {
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(change(left))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_draw_and_successes_give_back_up_to_the_brim() {
        let quota = Quota::default();
        assert!((0..50).all(|_| quota.take(10)));
        assert!(!quota.take(1));
        quota.take_what_is_there(10);
        quota.give_back(7);
        assert!(!quota.take(10), "what is not there is not taken");
        quota.take_what_is_there(10);
        assert!(!quota.take(1));
        quota.give_back(1000);
        assert!(quota.take(MAX_QUOTA) && !quota.take(1));
    }
}
