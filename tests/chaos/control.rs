//! A test of the test: with the judges that others have, the same histories show doubled updates; and a seed replays.

use optimist::Judging;

use crate::client::Version;
use crate::scenario::{Length, Scenario, all_faults, check, run};

fn others(judge: Judging) -> Scenario {
    Scenario {
        judge,
        faults: all_faults(0.05),
        ..Scenario::new("the judge of others")
    }
}

#[test]
fn a_conditional_failure_taken_for_a_conflict_doubles_updates() {
    let tally = check::<Version>(
        &others(Judging::EveryRefusalIsAConflict),
        Length::Seeds(60),
        false,
    );
    assert!(tally.violations > 0, "{tally:?}");
}

#[test]
fn a_memory_of_the_last_writer_alone_doubles_updates() {
    let tally = check::<Version>(&others(Judging::LastWriterOnly), Length::Seeds(200), false);
    assert!(tally.violations > 0, "{tally:?}");
}

#[test]
fn a_seed_replays_exactly() {
    let scenario = Scenario {
        faults: all_faults(0.05),
        ..Scenario::new("replay")
    };
    for seed in 0..20 {
        let (first, second) = (
            run::<Version>(&scenario, seed),
            run::<Version>(&scenario, seed),
        );
        assert_eq!(first, second, "seed {seed}");
    }
}
