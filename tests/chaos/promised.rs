//! Where zero is promised, zero it is.

use crate::client::{Mix, Uuid, Version};
use crate::scenario::{Length, Scenario, Tally, all_faults, check};

const SEEDS: Length = Length::Seeds(120);

/// Both kinds of lock.
fn both(scenario: &Scenario) -> Tally {
    let version = check::<Version>(scenario, SEEDS, true);
    let uuid = check::<Uuid>(scenario, SEEDS, true);
    Tally {
        histories: version.histories + uuid.histories,
        violations: version.violations + uuid.violations,
        unknown: version.unknown + uuid.unknown,
    }
}

fn known(scenario: &Scenario) {
    assert_eq!(both(scenario).unknown, 0, "{}", scenario.name);
}

#[test]
fn every_fault_at_two_percent() {
    known(&Scenario {
        faults: all_faults(0.02),
        ..Scenario::new("2 % each")
    });
}

#[test]
fn every_fault_at_six_percent() {
    known(&Scenario {
        faults: all_faults(0.06),
        ..Scenario::new("6 % each, 72 % in all")
    });
}

#[test]
fn clients_that_share_a_db() {
    known(&Scenario {
        machines: 2,
        clients_each: 2,
        operations_each: 3,
        faults: all_faults(0.04),
        ..Scenario::new("shared Db")
    });
}

#[test]
fn several_keys() {
    known(&Scenario {
        keys: 3,
        operations_each: 5,
        faults: all_faults(0.04),
        ..Scenario::new("three keys")
    });
}

#[test]
fn as_many_writers_as_k() {
    known(&Scenario {
        machines: 2,
        operations_each: 5,
        journal_writers: &[2],
        faults: all_faults(0.05),
        ..Scenario::new("K = 2, two writers")
    });
}

#[test]
fn more_writers_than_k_are_unknown_at_times_and_never_wrong() {
    let tally = both(&Scenario {
        machines: 5,
        operations_each: 3,
        journal_writers: &[2],
        faults: all_faults(0.06),
        ..Scenario::new("K = 2, five writers")
    });
    assert!(tally.unknown > 0, "the scenario is to show unknowns");
}

#[test]
fn machines_of_different_k() {
    both(&Scenario {
        journal_writers: &[2, 8, 1],
        faults: all_faults(0.05),
        ..Scenario::new("mixed K")
    });
}

#[test]
fn two_machines_with_one_writer_id() {
    let tally = both(&Scenario {
        machines: 4,
        operations_each: 3,
        shared_writer_ids: true,
        faults: all_faults(0.06),
        ..Scenario::new("shared writer ids")
    });
    assert!(tally.unknown > 0, "the scenario is to show unknowns");
}

#[test]
fn items_that_come_and_go() {
    both(&Scenario {
        mix: Mix::Lives,
        operations_each: 5,
        faults: all_faults(0.04),
        ..Scenario::new("inserts and deletes")
    });
}
