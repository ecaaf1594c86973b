//! Many histories of one scenario, and what a failure says.

use std::time::{Duration, Instant};

use optimist::IntoKey;

use crate::client::Counts;
use crate::replay::Replay;
use crate::scenario::{Outcome, Scenario, run};

/// Which seeds. The suite uses one, `soak` the other.
#[allow(dead_code)]
#[derive(Debug, Clone, Copy)]
pub enum Seeds {
    /// So many, the same in every run.
    First(u64),
    /// From this one on, for so long.
    From(u64, Duration),
}

/// What every history of a scenario must be.
#[allow(dead_code)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    Nothing,
    Linearizable,
    /// And the client is never told `OutcomeUnknown`.
    Known,
}

impl Promise {
    fn kept(self, outcome: &Outcome) -> bool {
        let linearizable = outcome.linearizable || self < Promise::Linearizable;
        linearizable && (outcome.unknown == 0 || self < Promise::Known)
    }
}

/// What came of some histories.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub histories: u32,
    pub violations: u32,
    pub unknown: u32,
}

/// Runs the histories of many seeds (`OPTIMIST_CHAOS_HISTORIES`: at most so many), or the one that `OPTIMIST_CHAOS` names;
/// fails at the first that breaks the promise.
pub fn check<E: Counts>(scenario: &Scenario, seeds: Seeds, promise: Promise) -> Tally
where
    &'static str: IntoKey<E::Key>,
{
    let mut tally = Tally::default();
    let mut add = |seed| {
        let outcome = run::<E>(scenario, seed);
        tally.histories += 1;
        tally.unknown += outcome.unknown;
        tally.violations += u32::from(!outcome.linearizable);
        assert!(
            promise.kept(&outcome),
            "{}",
            failure(&scenario.replay::<E>(seed), seeds, &outcome)
        );
        outcome
    };
    let named = Replay::from_env();
    let started = Instant::now();
    match (named, seeds) {
        (Some(named), _) if named == scenario.replay::<E>(named.seed) => {
            println!("{}", add(named.seed).events);
        }
        (Some(_), _) => {}
        (None, Seeds::First(count)) => (0..count.min(at_most())).for_each(|seed| drop(add(seed))),
        (None, Seeds::From(first, time)) => (first..u64::MAX)
            .take_while(|_| started.elapsed() < time)
            .for_each(|seed| drop(add(seed))),
    }
    let (name, lock) = (scenario.name, E::SCHEMA.table);
    println!("{name} under {lock}: {tally:?}");
    tally
}

fn at_most() -> u64 {
    let histories = std::env::var("OPTIMIST_CHAOS_HISTORIES").ok();
    histories.map_or(u64::MAX, |histories| {
        let number = "OPTIMIST_CHAOS_HISTORIES is a number";
        histories.parse().expect(number)
    })
}

/// What was broken, how to see it again, and what happened.
pub fn failure(replay: &Replay, seeds: Seeds, outcome: &Outcome) -> String {
    let broken = if outcome.linearizable {
        "an outcome is unknown"
    } else {
        "not linearizable"
    };
    let runs = match seeds {
        Seeds::First(_) => format!("test -p optimist-tests --test chaos {}", replay.scenario),
        Seeds::From(..) => "run --release -p optimist-tests --example soak".to_owned(),
    };
    let (command, events) = (replay.command(&runs), &outcome.events);
    format!("{broken}\n{command}\n{events}")
}
