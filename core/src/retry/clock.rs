use std::fmt;
use std::pin::Pin;
use std::time::{Instant, SystemTime};

/// Where a [`Db`](crate::Db) takes its time from. The default is [`SystemClock`]; a test may give each `Db` a clock of its
/// own, set the monotonic and the wall clock apart, or let one run faster.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The monotonic clock: waits and deadlines.
    fn now(&self) -> Instant;

    /// The wall clock: times of creation and change, and what must be measured while the machine may be suspended.
    fn wall(&self) -> SystemTime;

    /// Completes when [`now`](Self::now) has reached this.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Tokio's clock, and the system's time of day.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep_until(deadline.into()))
    }
}
