//! What happened in one run, in order, for whoever has to understand a failure.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::history::{Op, Ret};

/// The events of one run. Clones share them.
#[derive(Clone)]
pub struct Events {
    began: Instant,
    all: Arc<Mutex<Vec<Event>>>,
}

struct Event {
    /// Since the run began, on the virtual clock.
    at: Duration,
    client: usize,
    key: &'static str,
    operation: u32,
    what: What,
}

pub enum What {
    Begins(Op),
    Ends(Ret),
    /// It may or may not have happened.
    StaysOpen,
}

impl Events {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            all: Arc::default(),
        }
    }

    pub fn push(&self, client: usize, key: &'static str, operation: u32, what: What) {
        let at = self.began.elapsed();
        self.all().push(Event {
            at,
            client,
            key,
            operation,
            what,
        });
    }

    fn all(&self) -> MutexGuard<'_, Vec<Event>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>10}  client  key  operation", "ms")?;
        for event in &*self.all() {
            let milliseconds = event.at.as_secs_f64() * 1000.0;
            let (client, key, operation) = (event.client, event.key, event.operation);
            write!(
                f,
                "{milliseconds:>10.3}  {client:>6}  {key:>3}  #{operation} "
            )?;
            match &event.what {
                What::Begins(op) => writeln!(f, "begins {op:?}")?,
                What::Ends(ret) => writeln!(f, "ends {ret:?}")?,
                What::StaysOpen => writeln!(f, "stays open: it may or may not have happened")?,
            }
        }
        Ok(())
    }
}
