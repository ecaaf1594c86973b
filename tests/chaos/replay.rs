//! One history by its name, so that a failure can be looked at again.

use std::fmt;
use std::str::FromStr;

/// Which scenario, under which lock, from which seed: `several_keys:version:17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The scenario, which has the name of its test.
    pub scenario: String,
    pub lock: String,
    pub seed: u64,
}

impl Replay {
    /// What `OPTIMIST_CHAOS` names.
    ///
    /// # Panics
    /// If it is set and names nothing.
    pub fn from_env() -> Option<Self> {
        let named = std::env::var("OPTIMIST_CHAOS").ok()?;
        Some(named.parse().unwrap_or_else(|()| {
            panic!("OPTIMIST_CHAOS is scenario:lock:seed (several_keys:version:17), not {named}")
        }))
    }

    /// The command that replays it: `runs` names the test or example that knows the scenario.
    pub fn command(&self, runs: &str) -> String {
        format!("replay: OPTIMIST_CHAOS=\"{self}\" cargo {runs}")
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.scenario, self.lock, self.seed)
    }
}

impl FromStr for Replay {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let (Some(scenario), Some(lock), Some(seed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        if !["version", "uuid"].contains(&lock) {
            return Err(());
        }
        Ok(Self {
            scenario: scenario.to_owned(),
            lock: lock.to_owned(),
            seed: seed.parse().map_err(|_| ())?,
        })
    }
}
