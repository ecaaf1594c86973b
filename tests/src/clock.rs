use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use optimist::{Clock, SystemClock};

/// A clock of one `Db`'s own: a machine that is suspended while it waits, or whose clocks run at another rate. Clones are the
/// same clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// When the clock was made, by the system's.
    made: Instant,
    wall: SystemTime,
    /// How fast it runs: 1.05 gains three seconds a minute.
    rate: f64,
    /// How far the wall clock has run away from the monotonic one.
    ahead: Duration,
    /// How long the machine is suspended in its next wait.
    suspended: Option<Duration>,
}

impl TestClock {
    /// A clock that runs so many times as fast as the system's.
    #[must_use]
    pub fn with_rate(rate: f64) -> Self {
        Self(Arc::new(Mutex::new(State {
            made: SystemClock.now(),
            wall: SystemClock.wall(),
            rate,
            ahead: Duration::ZERO,
            suspended: None,
        })))
    }

    /// In its next wait the machine is suspended: the wall clock goes on, the monotonic one stands still.
    pub fn suspend_in_next_wait(&self, time: Duration) {
        self.state().suspended = Some(time);
    }

    /// The wall clock is set to a time, from which it goes on; the monotonic one is left alone.
    pub fn set_wall(&self, time: SystemTime) {
        let mut state = self.state();
        let elapsed = state.elapsed();
        state.ahead = Duration::ZERO;
        state.wall = time - elapsed;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn elapsed(&self) -> Duration {
        (SystemClock.now() - self.made).mul_f64(self.rate)
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::with_rate(1.0)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let state = self.state();
        state.made + state.elapsed()
    }

    fn wall(&self) -> SystemTime {
        let state = self.state();
        state.wall + state.elapsed() + state.ahead
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut state = self.state();
        let suspended = state.suspended.take().unwrap_or_default();
        state.ahead += suspended;
        let wait = deadline.saturating_duration_since(state.made);
        SystemClock.sleep_until(state.made + wait.div_f64(state.rate))
    }
}
