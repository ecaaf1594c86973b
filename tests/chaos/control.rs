//! A test of the test: with the judges that others have, the same histories show doubled updates; and a failure can be seen
//! again.

use std::process::Command;

use optimist::Judging;

use crate::check::{Promise, Seeds, check, failure};
use crate::client::Version;
use crate::replay::Replay;
use crate::scenario::{Scenario, all_faults, run};

fn every_refusal_is_a_conflict() -> Scenario {
    Scenario {
        judge: Judging::EveryRefusalIsAConflict,
        faults: all_faults(0.05),
        ..Scenario::new("a_conditional_failure_taken_for_a_conflict_doubles_updates")
    }
}

fn shows_violations(scenario: &Scenario, seeds: u64) {
    let tally = check::<Version>(scenario, Seeds::First(seeds), Promise::Nothing);
    assert!(
        tally.violations > 0 || Replay::from_env().is_some(),
        "{tally:?}"
    );
}

#[test]
fn a_conditional_failure_taken_for_a_conflict_doubles_updates() {
    shows_violations(&every_refusal_is_a_conflict(), 60);
}

#[test]
fn a_memory_of_the_last_writer_alone_doubles_updates() {
    let scenario = Scenario {
        judge: Judging::LastWriterOnly,
        faults: all_faults(0.05),
        ..Scenario::new("a_memory_of_the_last_writer_alone_doubles_updates")
    };
    shows_violations(&scenario, 200);
}

#[test]
fn a_seed_replays_exactly() {
    let scenario = Scenario {
        faults: all_faults(0.05),
        ..Scenario::new("a_seed_replays_exactly")
    };
    for seed in 0..20 {
        let (first, second) = (
            run::<Version>(&scenario, seed),
            run::<Version>(&scenario, seed),
        );
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn the_line_that_a_failure_prints_replays_it() {
    let scenario = every_refusal_is_a_conflict();
    let (seed, broken) = (0..60)
        .map(|seed| (seed, run::<Version>(&scenario, seed)))
        .find(|(_, outcome)| !outcome.linearizable)
        .unwrap();
    let printed = failure(&scenario.replay::<Version>(seed), Seeds::First(60), &broken);
    let line = printed.lines().find(|l| l.starts_with("replay: ")).unwrap();
    let (_, named) = line.split_once("OPTIMIST_CHAOS=\"").unwrap();
    let (named, command) = named.split_once("\" cargo test ").unwrap();
    let test = command.rsplit(' ').next().unwrap();
    // What cargo would start, in another process.
    let again = Command::new(std::env::current_exe().unwrap())
        .args([test, "--nocapture"])
        .env("OPTIMIST_CHAOS", named)
        .output()
        .unwrap();
    let shown = String::from_utf8(again.stdout).unwrap();
    assert!(again.status.success(), "{shown}");
    assert!(
        shown.contains(&broken.events),
        "{line}\n{}\n{shown}",
        broken.events
    );
    assert!(shown.contains("violations: 1"), "{shown}");
}
